//! Fetches ONNX Runtime's shared library out of its wheel on PyPI.

use std::env;
use std::fs;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::{files, process, python};

/// ONNX Runtime's version.
const VERSION: &str = "1.32.0";

/// A wheel of ONNX Runtime for one platform.
struct Wheel {
    os: &'static str,
    arch: &'static str,
    /// Platform tag that pip chooses the wheel by.
    tag: &'static str,
    /// SHA-256 of the wheel.
    sha256: &'static str,
    /// The library inside it.
    member: &'static str,
    /// SHA-256 of the library.
    library_sha256: &'static str,
    /// What the library is called here.
    name: &'static str,
}

const WHEELS: &[Wheel] = &[
    Wheel {
        os: "linux",
        arch: "x86_64",
        tag: "manylinux_2_28_x86_64",
        sha256: "99e1074c4b2197accd5073052a465361be17b89c093b8ffb6e6bd8f986c52df8",
        member: "onnxruntime/capi/libonnxruntime.so.1.32.0",
        library_sha256: "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f",
        name: "libonnxruntime.so",
    },
    Wheel {
        os: "linux",
        arch: "aarch64",
        tag: "manylinux_2_28_aarch64",
        sha256: "e36c187006e7a7c8b8d6d57f1a209dd63f52430dca6c282b177718ad6b841054",
        member: "onnxruntime/capi/libonnxruntime.so.1.32.0",
        library_sha256: "49852228a93995158b2a813d4df487d47a1b76b0eaa894507ef49e91b6d7954a",
        name: "libonnxruntime.so",
    },
    Wheel {
        os: "macos",
        arch: "aarch64",
        tag: "macosx_14_0_arm64",
        sha256: "d52510bbbcc880c13b826f7d75cdf33ac5cf0bb864d960000fc29ce73f0cb83e",
        member: "onnxruntime/capi/libonnxruntime.1.32.0.dylib",
        library_sha256: "fa585fabbea65b823b9a8f7e27d46aee3989d1be7e36b528203d3a1fd613aae7",
        name: "libonnxruntime.dylib",
    },
    Wheel {
        os: "windows",
        arch: "x86_64",
        tag: "win_amd64",
        sha256: "efe7456952c243a05a53d5b8732953625144642c2f3989094277f6217f0c0c40",
        member: "onnxruntime/capi/onnxruntime.dll",
        library_sha256: "443c0065fcdba17618ddef05050308f4b471893c5c7da0337d6957c9073ad8a7",
        name: "onnxruntime.dll",
    },
];

/// Puts ONNX Runtime's library into `native/onnxruntime` in the target folder, unless it is there or `ORT_DYLIB_PATH`
/// names another one, and gives its path.
pub fn runtime() -> Result<PathBuf> {
    if let Some(path) = env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        eprintln!(
            "ONNX Runtime: ORT_DYLIB_PATH names {}, nothing is fetched",
            path.display()
        );
        return Ok(path);
    }
    let (os, arch) = (env::consts::OS, env::consts::ARCH);
    let wheel = WHEELS
        .iter()
        .find(|wheel| (wheel.os, wheel.arch) == (os, arch))
        .ok_or_else(|| Error::Platform {
            platform: format!("{os} {arch}"),
        })?;
    let folder = process::target()?.join("native/onnxruntime");
    let library = folder.join(wheel.name);
    if library.is_file() && files::sha256(&library)? == wheel.library_sha256 {
        eprintln!("ONNX Runtime {VERSION}: {} is in place", library.display());
        return Ok(library);
    }
    fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    let staging = tempfile::tempdir_in(&folder).map_err(Error::io(&folder))?;
    eprintln!(
        "ONNX Runtime {VERSION}: fetching the wheel for {}",
        wheel.tag
    );
    let requirement = format!("onnxruntime=={VERSION} --hash=sha256:{}\n", wheel.sha256);
    let archive = python::download(&requirement, wheel.tag, staging.path()).map_err(|source| Error::Fetch {
        what: format!("the wheel onnxruntime {VERSION} for {}", wheel.tag),
        by_hand: format!(
            "take {} out of such a wheel (SHA-256 {}) and put it at {}, or set ORT_DYLIB_PATH to an installed library \
             of version 1.17 or newer",
            wheel.member,
            wheel.library_sha256,
            library.display()
        ),
        source: Box::new(source),
    })?;
    let unpacked = staging.path().join(wheel.name);
    files::extract(&archive, wheel.member, &unpacked)?;
    let got = files::sha256(&unpacked)?;
    if got != wheel.library_sha256 {
        return Err(Error::Wrong {
            path: unpacked,
            what: "SHA-256",
            expected: wheel.library_sha256.to_owned(),
            got,
        });
    }
    for notice in ["LICENSE", "ThirdPartyNotices.txt"] {
        files::extract(
            &archive,
            &format!("onnxruntime/{notice}"),
            &folder.join(notice),
        )?;
    }
    fs::rename(&unpacked, &library).map_err(Error::io(&library))?;
    eprintln!("ONNX Runtime {VERSION}: {}", library.display());
    Ok(library)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wheel_is_pinned_by_hash() {
        for wheel in WHEELS {
            for hash in [wheel.sha256, wheel.library_sha256] {
                assert_eq!(hash.len(), 64, "{}", wheel.tag);
                assert!(
                    hash.bytes().all(|byte| byte.is_ascii_hexdigit()),
                    "{}",
                    wheel.tag
                );
            }
            assert!(
                wheel.member.ends_with(".dll") || wheel.member.contains(VERSION),
                "{}",
                wheel.tag
            );
        }
    }
}
