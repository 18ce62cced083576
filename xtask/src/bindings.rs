//! Bindings for other languages: the library, and what UniFFI generates of it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};
use crate::{process, setup};

/// Selected with the library as in its tests, so that cargo has built both already with the same
/// features of what they share.
const GENERATOR: [&str; 2] = ["--package", "swipekit-bindgen"];

/// Builds the library, writes its bindings for `languages` (with commas between them) into
/// `output`, and the library beside them.
pub fn generate(languages: &str, output: &Path, debug: bool) -> Result<()> {
    let library = library(debug)?;
    write(&library, languages, output)?;
    put(&library, output)?;
    eprintln!("bindings for {languages}: {}", output.display());
    Ok(())
}

/// Generates the Kotlin bindings and tests them on the JVM. `expected` is what Rust decodes of real
/// swipes, where it is given.
pub fn test_jvm(expected: Option<&Path>) -> Result<()> {
    let runtime = setup::runtime()?;
    let module = process::root().join("android/uniffi-jvm");
    let target = module.join("target");
    let library = library(true)?;
    let sources = target.join("generated-sources/uniffi");
    write(&library, "kotlin", &sources)?;
    put(&library, &target.join("native"))?;
    quick_start(&target.join("generated-test-sources/quickstart"))?;

    let mut maven = Command::new("mvn");
    maven.args(["-B", "-q", "test", "-f"]);
    maven.arg(module.join("pom.xml"));
    maven.arg(property("ort.library", &runtime)?);
    if let Some(expected) = expected {
        maven.arg(property("swipekit.expected", expected)?);
    }
    process::run(&mut maven)
}

fn property(name: &str, path: &Path) -> Result<String> {
    let path = fs::canonicalize(path).map_err(Error::io(path))?;
    Ok(format!("-D{name}={}", path.display()))
}

/// Builds the library.
fn library(debug: bool) -> Result<PathBuf> {
    let mut build = process::cargo();
    build.args(["build", "--package", "swipekit-ffi", "--lib", "--locked"]);
    if debug {
        build.args(GENERATOR);
    } else {
        build.arg("--release");
    }
    process::run(&mut build)?;
    let profile = if debug { "debug" } else { "release" };
    let file = format!(
        "{}swipekit_ffi{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    );
    Ok(process::target()?.join(profile).join(file))
}

/// Writes the bindings of `library` into `folder`.
fn write(library: &Path, languages: &str, folder: &Path) -> Result<()> {
    let folder = std::path::absolute(folder).map_err(Error::io(folder))?;
    let mut build = process::cargo();
    build.args(["build", "--package", "swipekit-ffi", "--locked", "--bins"]);
    process::run(build.args(GENERATOR))?;
    let program = format!("swipekit-bindgen{}", env::consts::EXE_SUFFIX);
    let mut generator = Command::new(process::target()?.join("debug").join(program));
    process::run(
        generator
            .current_dir(process::root())
            .arg(library)
            .args(["--language", languages, "--output"])
            .arg(folder),
    )
}

/// Puts the library into `folder` under the name that bindings look for.
fn put(library: &Path, folder: &Path) -> Result<()> {
    let name = format!(
        "{}swipekit{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    );
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    // A process that has the old one loaded keeps it.
    let staging = folder.join(format!("{name}.new"));
    fs::copy(library, &staging).map_err(Error::io(&staging))?;
    fs::rename(&staging, folder.join(name)).map_err(Error::io(folder))
}

/// Puts the Kotlin program of docs/BINDINGS.md into `folder`, to be compiled and run.
fn quick_start(folder: &Path) -> Result<()> {
    let document = process::root().join("docs/BINDINGS.md");
    let text = fs::read_to_string(&document).map_err(Error::io(&document))?;
    let program = text
        .split_once("```kotlin\n")
        .and_then(|(_, rest)| rest.split_once("```"));
    let (program, _) = program.ok_or_else(|| Error::Wrong {
        path: document.clone(),
        what: "the Kotlin program",
        expected: "a block of it".to_owned(),
        got: "none".to_owned(),
    })?;
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let file = folder.join("Quickstart.kt");
    fs::write(&file, program).map_err(Error::io(&file))
}
