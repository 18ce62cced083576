//! The library for Android and for Java virtual machines: `cargo xtask jni`, `aar`, `emulate`.

mod aar;
pub mod abi;
mod archive;
mod build;
mod elf;
mod imports;
mod maven;
mod notices;
mod pom;
mod publish;
mod repository;
mod stubs;
mod toolchain;

use std::fs;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::process;

pub use publish::{Options, publish};

/// What the library is called wherever it is shipped.
const NAME: &str = "libswipekit.so";

/// Where things are built that are not shipped.
fn work() -> Result<PathBuf> {
    Ok(process::target()?.join("native/android"))
}

/// Builds the host's library, checks what it exports, and gives its path, `native/swipekit` in the target folder.
pub fn jni() -> Result<PathBuf> {
    let mut cargo = process::cargo();
    cargo.args(["build", "--release", "--locked", "--package", "swipekit-ffi", "--lib"]);
    process::run(&mut cargo)?;
    let (built, name) = match std::env::consts::OS {
        "macos" => ("libswipekit_ffi.dylib", "libswipekit.dylib"),
        "windows" => ("swipekit_ffi.dll", "swipekit.dll"),
        _ => ("libswipekit_ffi.so", NAME),
    };
    let target = process::target()?;
    let built = target.join("release").join(built);
    if cfg!(target_os = "linux") {
        host_exports(&built)?;
    }
    let folder = target.join("native/swipekit");
    fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    let path = folder.join(name);
    // A library that is in use must not be written into.
    let staged = folder.join(format!("{name}.new"));
    fs::copy(&built, &staged).map_err(Error::io(&built))?;
    fs::rename(&staged, &path).map_err(Error::io(&path))?;
    eprintln!("{}", path.display());
    Ok(path)
}

/// The host's library exports `JNI_OnLoad` and what UniFFI's bindings call, nothing else.
fn host_exports(path: &std::path::Path) -> Result<()> {
    let exports = elf::exports(path)?;
    let (bindings, others): (Vec<&String>, Vec<&String>) = exports.iter().partition(|name| {
        ["uniffi_", "ffi_swipekit_ffi_", "UNIFFI_META_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
    });
    eprintln!("exports JNI_OnLoad and {} names of UniFFI's", bindings.len());
    if others == ["JNI_OnLoad"] {
        return Ok(());
    }
    Err(Error::Refused {
        path: path.to_path_buf(),
        faults: format!("exports {others:?} beside UniFFI's names, where JNI_OnLoad alone should be"),
    })
}
