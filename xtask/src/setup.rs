//! Fetches ONNX Runtime's shared library out of its wheel on PyPI.

use std::env;
use std::fs;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::wheel::Wheel;
use crate::{files, process};

/// ONNX Runtime's version.
const VERSION: &str = "1.32.0";

/// The library of ONNX Runtime in its wheel for one platform.
struct Library {
    wheel: Wheel,
    /// The library inside it.
    member: &'static str,
    /// SHA-256 of the library.
    sha256: &'static str,
    /// What the library is called here.
    name: &'static str,
}

const LIBRARIES: &[Library] = &[
    Library {
        wheel: Wheel {
            os: "linux",
            arch: "x86_64",
            tag: "manylinux_2_28_x86_64",
            sha256: "99e1074c4b2197accd5073052a465361be17b89c093b8ffb6e6bd8f986c52df8",
        },
        member: "onnxruntime/capi/libonnxruntime.so.1.32.0",
        sha256: "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f",
        name: "libonnxruntime.so",
    },
    Library {
        wheel: Wheel {
            os: "linux",
            arch: "aarch64",
            tag: "manylinux_2_28_aarch64",
            sha256: "e36c187006e7a7c8b8d6d57f1a209dd63f52430dca6c282b177718ad6b841054",
        },
        member: "onnxruntime/capi/libonnxruntime.so.1.32.0",
        sha256: "49852228a93995158b2a813d4df487d47a1b76b0eaa894507ef49e91b6d7954a",
        name: "libonnxruntime.so",
    },
    Library {
        wheel: Wheel {
            os: "macos",
            arch: "aarch64",
            tag: "macosx_14_0_arm64",
            sha256: "d52510bbbcc880c13b826f7d75cdf33ac5cf0bb864d960000fc29ce73f0cb83e",
        },
        member: "onnxruntime/capi/libonnxruntime.1.32.0.dylib",
        sha256: "fa585fabbea65b823b9a8f7e27d46aee3989d1be7e36b528203d3a1fd613aae7",
        name: "libonnxruntime.dylib",
    },
    Library {
        wheel: Wheel {
            os: "windows",
            arch: "x86_64",
            tag: "win_amd64",
            sha256: "efe7456952c243a05a53d5b8732953625144642c2f3989094277f6217f0c0c40",
        },
        member: "onnxruntime/capi/onnxruntime.dll",
        sha256: "443c0065fcdba17618ddef05050308f4b471893c5c7da0337d6957c9073ad8a7",
        name: "onnxruntime.dll",
    },
];

/// Puts ONNX Runtime's library into `native/onnxruntime` in the target folder, unless it is there
/// or `ORT_DYLIB_PATH` names another one, and gives its path.
pub fn runtime() -> Result<PathBuf> {
    if let Some(path) = env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        eprintln!(
            "ONNX Runtime: ORT_DYLIB_PATH names {}, nothing is fetched",
            path.display()
        );
        return Ok(path);
    }
    let by_hand = "install ONNX Runtime 1.17 or newer yourself and set ORT_DYLIB_PATH";
    let library = LIBRARIES.iter().find(|library| library.wheel.is_here());
    let library = library.ok_or_else(|| Error::Platform {
        package: "onnxruntime",
        platform: format!("{} {}", env::consts::OS, env::consts::ARCH),
        by_hand: by_hand.to_owned(),
    })?;
    let folder = process::target()?.join("native/onnxruntime");
    let path = folder.join(library.name);
    if path.is_file() && files::sha256(&path)? == library.sha256 {
        eprintln!("ONNX Runtime {VERSION}: {} is in place", path.display());
        return Ok(path);
    }
    fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    let staging = tempfile::tempdir_in(&folder).map_err(Error::io(&folder))?;
    eprintln!(
        "ONNX Runtime {VERSION}: fetching the wheel for {}",
        library.wheel.tag
    );
    let by_hand = format!(
        "take {} out of such a wheel (SHA-256 {}) and put it at {}, or {by_hand}",
        library.member,
        library.sha256,
        path.display()
    );
    let archive = library
        .wheel
        .fetch("onnxruntime", VERSION, &by_hand, staging.path())?;
    let unpacked = staging.path().join(library.name);
    files::extract(&archive, library.member, &unpacked)?;
    let got = files::sha256(&unpacked)?;
    if got != library.sha256 {
        return Err(Error::Wrong {
            path: unpacked,
            what: "SHA-256",
            expected: library.sha256.to_owned(),
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
    fs::rename(&unpacked, &path).map_err(Error::io(&path))?;
    eprintln!("ONNX Runtime {VERSION}: {}", path.display());
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wheel_is_pinned_by_hash() {
        for library in LIBRARIES {
            let Library {
                wheel,
                member,
                sha256,
                ..
            } = library;
            crate::wheel::check_pins(std::slice::from_ref(wheel));
            assert_eq!(sha256.len(), 64, "{}", wheel.tag);
            assert!(sha256.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert!(member.ends_with(".dll") || member.contains(VERSION));
        }
    }
}
