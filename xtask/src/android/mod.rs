//! The library for Android and for Java virtual machines: `cargo xtask jni`, `aar`, `emulate`.

mod aar;
pub mod abi;
mod archive;
mod build;
mod consumer;
mod elf;
mod emulate;
mod imports;
mod maven;
mod notices;
mod pom;
mod publish;
mod repository;
mod stubs;
mod toolchain;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use swipekit_test_support::skip;

use crate::error::{Error, Result};
use crate::process;

pub use publish::{Options, publish};

/// What the library is called wherever it is shipped.
const NAME: &str = "libswipekit.so";

/// Swipes that Kotlin must decode as Rust does.
const SWIPES: &str = "500";

/// Builds everything, with the tests of the Kotlin interface, and runs what was built: the arm64
/// code under an emulator, the x86_64 code in this machine's Java, the published artifacts in a
/// project outside of the repository, their classes as an app's build would shrink them.
pub fn check() -> Result<()> {
    let natives = timed("the host's library", publish::natives)?;
    let bundle = process::root().join("models/en-qwerty");
    let expected = timed("what Rust decodes", || expected(&bundle))?;
    // Both may install programs, which is one thing at a time.
    let toolchain = toolchain::Toolchain::find()?;
    drop(maven::command()?);
    // Side by side: to optimize a library as a whole takes one core.
    let (tested, built) = thread::scope(|scope| {
        let tested = scope.spawn(|| {
            timed("Kotlin, its tests, its documentation", || {
                maven::verify(&natives, &expected)
            })
        });
        let built = timed("Android's libraries", || {
            publish::build(&toolchain, &abi::Abi::DEFAULT)
        });
        (tested.join(), built)
    });
    tested.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let published = timed("artifacts", || {
        publish::assemble(built?, natives, Some(&publish::packed()?), None)
    })?;
    timed("Android's machine code", || {
        emulate::run(&published.libraries, &bundle, &expected.folder)
    })?;
    timed("a project that uses the artifacts", || {
        consumer::check(&published, &bundle)
    })?;
    let here = abi::Abi::X64;
    let library = published
        .libraries
        .iter()
        .find(|library| library.abi == here);
    match library {
        Some(library) if cfg!(all(target_os = "linux", target_arch = "x86_64")) => {
            timed("Kotlin's tests on Android's machine code", || {
                emulate::in_jvm(library, &published.natives, &expected)
            })
        }
        _ => {
            skip(
                "Kotlin's tests on Android's machine code",
                &format!("the {here} library is for machines of another kind"),
            );
            Ok(())
        }
    }
}

/// Does a part of the above, and says how long it took.
fn timed<T>(part: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    let result = work()?;
    eprintln!("{:6.1} s  {part}", start.elapsed().as_secs_f64());
    Ok(result)
}

/// What the Kotlin tests are held to.
#[derive(Debug)]
struct Expected {
    /// What Rust decodes, and frames with what the search makes of them.
    folder: PathBuf,
    /// The bundle as one file.
    packed: PathBuf,
}

fn expected(bundle: &Path) -> Result<Expected> {
    let folder = work()?.join("expected");
    let expected = Expected {
        packed: folder.join("bundle.swipekit"),
        folder,
    };
    let mut cargo = process::cargo();
    cargo.args(["run", "--quiet", "--locked", "--package", "swipekit-tests"]);
    cargo.args(["--example", "expected", "--"]).arg(bundle);
    cargo.args(["synthetic", SWIPES]).arg(&expected.folder);
    process::run(&mut cargo)?;
    Ok(expected)
}

/// Where things are built that are not shipped.
fn work() -> Result<PathBuf> {
    Ok(process::target()?.join("native/android"))
}

/// Builds the host's library, checks what it exports, and gives its path, `native/swipekit` in the
/// target folder.
pub fn jni() -> Result<PathBuf> {
    let mut cargo = process::cargo();
    cargo.args([
        "build",
        "--release",
        "--locked",
        "--package",
        "swipekit-ffi",
        "--lib",
    ]);
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
fn host_exports(path: &Path) -> Result<()> {
    let exports = elf::exports(path)?;
    let (bindings, others): (Vec<&String>, Vec<&String>) = exports.iter().partition(|name| {
        ["uniffi_", "ffi_swipekit_ffi_", "UNIFFI_META_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
    });
    eprintln!(
        "exports JNI_OnLoad and {} names of UniFFI's",
        bindings.len()
    );
    if others == ["JNI_OnLoad"] {
        return Ok(());
    }
    Err(Error::Refused {
        path: path.to_path_buf(),
        faults: format!(
            "exports {others:?} beside UniFFI's names, where JNI_OnLoad alone should be"
        ),
    })
}
