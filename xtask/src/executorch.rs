//! What the feature `executorch` needs: ExecuTorch's shared libraries and libclang for its
//! bindings, out of their wheels on PyPI.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};
use crate::process;
use crate::python::{self, Environment};
use crate::wheel::{self, Wheel};

/// ExecuTorch's version, which the crates `executorch` and `executorch-sys` in Cargo.toml are
/// bindings of.
const VERSION: &str = "1.5.1";

const WHEELS: &[Wheel] = &[
    Wheel {
        os: "linux",
        arch: "x86_64",
        tag: "manylinux_2_28_x86_64",
        sha256: "04897dffff8d96e8af32f554c758d0a7d4f50af5c3530c90dc8d5319bb44c878",
    },
    Wheel {
        os: "linux",
        arch: "aarch64",
        tag: "manylinux_2_28_aarch64",
        sha256: "2c177f7922354a8a0d6111628c954519b87549598640e5e0042bef137b4cb83c",
    },
    Wheel {
        os: "macos",
        arch: "aarch64",
        tag: "macosx_14_0_arm64",
        sha256: "dfec99d4df4fd3a8e1c5bf094ee8e54859610ccefd4d37535f0b9ab77eb35750",
    },
];

/// The libraries of `core/build.rs`.
const LIBRARIES: [&str; 5] = [
    "libexecutorch",
    "libexecutorch_threadpool",
    "libexecutorch_backend_xnnpack",
    "libexecutorch_kernels_optimized",
    "libexecutorch_kernels_quantized",
];

/// libclang's version.
const CLANG: &str = "18.1.1";

const CLANG_WHEELS: &[Wheel] = &[
    Wheel {
        os: "linux",
        arch: "x86_64",
        tag: "manylinux2010_x86_64",
        sha256: "c533091d8a3bbf7460a00cb6c1a71da93bffe148f172c7d03b1c31fbf8aa2a0b",
    },
    Wheel {
        os: "linux",
        arch: "aarch64",
        tag: "manylinux2014_aarch64",
        sha256: "54dda940a4a0491a9d1532bf071ea3ef26e6dbaf03b5000ed94dd7174e8f9592",
    },
    Wheel {
        os: "macos",
        arch: "aarch64",
        tag: "macosx_11_0_arm64",
        sha256: "0b2e143f0fac830156feb56f9231ff8338c20aecfe72b4ffe96f19e5a1dbb69a",
    },
];

/// Headers of the compiler itself that bindgen reads and the libclang wheel lacks.
const HEADERS: [&str; 3] = ["stddef.h", "stdarg.h", "stdbool.h"];

/// Whether there is a wheel for this machine.
pub fn is_available() -> bool {
    WHEELS.iter().any(Wheel::is_here)
}

/// Puts the shared libraries into `native/executorch` in the target folder, unless
/// `SWIPEKIT_EXECUTORCH_LIB_DIR` names another one; and libclang into `native/libclang`, unless
/// `LIBCLANG_PATH` names another one.
pub fn libraries() -> Result<()> {
    match env::var_os("SWIPEKIT_EXECUTORCH_LIB_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => eprintln!(
            "ExecuTorch: SWIPEKIT_EXECUTORCH_LIB_DIR names {}, nothing is fetched",
            Path::new(&folder).display()
        ),
        None => {
            let by_hand = "install such a wheel and set SWIPEKIT_EXECUTORCH_LIB_DIR to its folder executorch/lib";
            let extension = if cfg!(target_os = "macos") {
                "dylib"
            } else {
                "so"
            };
            let mut members: Vec<(String, String)> = LIBRARIES
                .iter()
                .map(|library| {
                    let name = format!("{library}.{extension}");
                    (format!("executorch/lib/{name}"), name)
                })
                .collect();
            let licence = format!("executorch-{VERSION}.dist-info/licenses/LICENSE");
            members.push((licence, "LICENSE".to_owned()));
            let wheel = wheel::here(WHEELS, "executorch", by_hand)?;
            wheel::unpack(
                &process::target()?.join("native/executorch"),
                "executorch",
                VERSION,
                wheel,
                &members,
                by_hand,
            )?;
        }
    }
    clang()
}

fn clang() -> Result<()> {
    // cargo sets the variable to the folder below for what it runs, this program included: see
    // .cargo/config.toml.
    let folder = process::root().join("target/native/libclang");
    let given = env::var_os("LIBCLANG_PATH").map(PathBuf::from);
    if let Some(given) = given.filter(|given| *given != folder && !given.as_os_str().is_empty()) {
        eprintln!(
            "libclang: LIBCLANG_PATH names {}, nothing is fetched",
            given.display()
        );
        return Ok(());
    }
    let by_hand = "install libclang and set LIBCLANG_PATH to the folder of its library";
    let name = if cfg!(target_os = "macos") {
        "libclang.dylib"
    } else {
        "libclang.so"
    };
    let members = [
        (
            format!("libclang-{CLANG}.data/platlib/clang/native/{name}"),
            name.to_owned(),
        ),
        (
            format!("libclang-{CLANG}.dist-info/LICENSE.TXT"),
            "LICENSE.TXT".to_owned(),
        ),
    ];
    let wheel = wheel::here(CLANG_WHEELS, "libclang", by_hand)?;
    wheel::unpack(&folder, "libclang", CLANG, wheel, &members, by_hand)?;
    headers(&folder.join("include"))
}

/// Copies the C compiler's own headers.
fn headers(to: &Path) -> Result<()> {
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let mut words = compiler.split_whitespace();
    let mut compiler = Command::new(words.next().unwrap_or("cc"));
    let from = process::output(compiler.args(words).arg("-print-file-name=include"))?;
    let from = PathBuf::from(String::from_utf8_lossy(&from).trim());
    fs::create_dir_all(to).map_err(Error::io(to))?;
    for header in HEADERS {
        let from = from.join(header);
        fs::copy(&from, to.join(header)).map_err(Error::io(&from))?;
    }
    Ok(())
}

/// Makes the Python environment that lowers networks to `.pte`, unless it is there, and gives its
/// interpreter.
pub fn environment() -> Result<PathBuf> {
    python::environment(&Environment {
        what: "PyTorch and ExecuTorch",
        folder: "native/executorch-python",
        requirements: "exporters/python/requirements.txt",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wheel_is_pinned_by_hash() {
        wheel::check_pins(WHEELS);
        wheel::check_pins(CLANG_WHEELS);
    }

    #[test]
    fn there_is_one_version() {
        let read = |path: &str| fs::read_to_string(process::root().join(path)).unwrap();
        let pinned = format!("executorch=={VERSION} ");
        assert!(read("exporters/python/requirements.txt").contains(&pinned));
        let core = format!("EXECUTORCH_VERSION: &str = \"{VERSION}\"");
        assert!(read("core/src/runtime/executorch/encoder.rs").contains(&core));
    }

    #[test]
    fn the_libraries_are_those_that_core_links() {
        let script = fs::read_to_string(process::root().join("core/build.rs")).unwrap();
        for library in LIBRARIES {
            let name = format!("\"{}\"", library.trim_start_matches("lib"));
            assert!(script.contains(&name), "{library}");
        }
    }
}
