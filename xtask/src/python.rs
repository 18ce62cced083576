//! The machine's Python 3: fetches wheels, runs `onnx.checker`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use swipekit_test_support::skip;

use crate::error::{Error, Result};
use crate::{files, process};

/// Name of the interpreter.
fn interpreter() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

/// Fails where there is no Python 3 with the module `module`.
fn need(module: &'static str) -> Result<()> {
    let mut command = Command::new(interpreter());
    command
        .args(["-m", module, "--help"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Error::PythonModule {
            python: interpreter(),
            module,
        }),
        Err(source) => Err(Error::Python {
            python: interpreter(),
            source,
        }),
    }
}

/// Downloads the wheel that `requirement` (a pinned version with its hash) names for CPython 3.12
/// on the platform `tag` into `folder`, and gives its path. pip knows the registry that this
/// machine uses and checks the hash; nothing of a wheel is run, so the machine's own version of
/// Python does not matter.
pub fn download(requirement: &str, tag: &str, folder: &Path) -> Result<PathBuf> {
    need("pip")?;
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, requirement).map_err(Error::io(&requirements))?;
    process::run(
        Command::new(interpreter())
            .args([
                "-m",
                "pip",
                "download",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "--require-hashes",
            ])
            .args([
                "--only-binary=:all:",
                "--python-version",
                "3.12",
                "--implementation",
                "cp",
                "--platform",
                tag,
            ])
            .arg("--dest")
            .arg(folder)
            .arg("--requirement")
            .arg(&requirements)
            .stdin(Stdio::null()),
    )?;
    let entries = fs::read_dir(folder).map_err(Error::io(folder))?;
    let mut wheels = entries.flatten().map(|entry| entry.path());
    wheels
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| Error::Wrong {
            path: folder.to_path_buf(),
            what: "download",
            expected: "a wheel".to_owned(),
            got: "none".to_owned(),
        })
}

/// A Python environment of pinned packages.
#[derive(Debug)]
pub struct Environment {
    /// What it holds.
    pub what: &'static str,
    /// Where it is, in the target folder.
    pub folder: &'static str,
    /// Its packages, a requirements file of this repository.
    pub requirements: &'static str,
}

/// Makes an environment in the target folder, unless it is there, and gives the path of its
/// interpreter.
pub fn environment(environment: &Environment) -> Result<PathBuf> {
    let requirements = process::root().join(environment.requirements);
    let folder = process::target()?.join(environment.folder);
    let python = folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    let stamp = folder.join("requirements.sha256");
    let wanted = files::sha256(&requirements)?;
    if python.is_file() && fs::read_to_string(&stamp).is_ok_and(|got| got == wanted) {
        eprintln!("{}: {} is in place", environment.what, folder.display());
        return Ok(python);
    }
    need("venv")?;
    eprintln!("{}: installing into {}", environment.what, folder.display());
    process::run(
        Command::new(interpreter())
            .args(["-m", "venv", "--clear"])
            .arg(&folder)
            .stdin(Stdio::null()),
    )?;
    install(&python, &requirements)?;
    // The stamp comes last: an environment without it is made again.
    fs::write(&stamp, wanted).map_err(Error::io(&stamp))?;
    Ok(python)
}

/// Makes the environment in which `onnx.checker` judges exported graphs, unless it is there, and
/// gives its interpreter.
pub fn tools() -> Result<PathBuf> {
    environment(&Environment {
        what: "Python tools",
        folder: "native/python",
        requirements: "xtask/python/requirements.txt",
    })
}

fn install(python: &Path, requirements: &Path) -> Result<()> {
    process::run(
        Command::new(python)
            .args(["-m", "pip", "install", "--quiet"])
            .args(["--disable-pip-version-check", "--no-deps", "--no-compile"])
            .args(["--require-hashes", "--only-binary=:all:", "--requirement"])
            .arg(requirements)
            .stdin(Stdio::null()),
    )
}

/// Adds stock ONNX Runtime to the environment of [`tools`], unless it is there; false, with a
/// message, where it cannot be installed.
pub fn stock_runtime(python: &Path) -> Result<bool> {
    let requirements = process::root().join("xtask/python/onnxruntime.txt");
    let stamp = process::target()?.join("native/python/onnxruntime.sha256");
    let wanted = files::sha256(&requirements)?;
    if fs::read_to_string(&stamp).is_ok_and(|got| got == wanted) {
        return Ok(true);
    }
    let installed = install(python, &requirements);
    if let Err(error) = installed {
        let reason = format!("it cannot be installed: {error}");
        skip("stock ONNX Runtime", &reason);
        return Ok(false);
    }
    fs::write(&stamp, wanted).map_err(Error::io(&stamp))?;
    Ok(true)
}

/// Makes an environment with the oldest ONNX Runtime that bundles promise to run on, unless it is
/// there, and gives its interpreter; none, with a message, where it cannot be installed.
pub fn oldest_runtime() -> Option<PathBuf> {
    let made = environment(&Environment {
        what: "Oldest ONNX Runtime",
        folder: "native/python-oldest",
        requirements: "xtask/python/onnxruntime-oldest.txt",
    });
    made.map_err(|error| {
        let reason = format!("it cannot be installed: {error}");
        skip("the oldest ONNX Runtime", &reason);
    })
    .ok()
}
