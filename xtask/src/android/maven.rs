//! The Kotlin half, which Maven builds: `android/pom.xml`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::toolchain;
use crate::error::{Error, Result};
use crate::process;

/// Packages of Debian and Ubuntu with a JDK and Maven.
const PACKAGES: [&str; 2] = ["openjdk-17-jdk-headless", "maven"];

/// What the Kotlin code is built and tested with.
#[derive(Debug, Clone)]
pub struct Natives {
    /// The host's libswipekit.
    pub library: PathBuf,
    /// The host's ONNX Runtime.
    pub runtime: PathBuf,
}

/// Jars of one module.
#[derive(Debug)]
pub struct Jars {
    /// The classes.
    pub classes: PathBuf,
    /// The sources.
    pub sources: PathBuf,
    /// The documentation.
    pub documentation: PathBuf,
}

/// Maven, called without questions and in the colours of a log.
pub fn command() -> Result<Command> {
    if !toolchain::is_there("mvn") || !toolchain::is_there("javac") {
        toolchain::packages(&PACKAGES)?;
    }
    let mut maven = Command::new(if cfg!(windows) { "mvn.cmd" } else { "mvn" });
    maven
        .args(["--batch-mode", "--quiet", "--no-transfer-progress"])
        .arg("-Dstyle.color=never")
        .stdin(Stdio::null());
    Ok(maven)
}

/// A call of Maven for the modules of `android/` that are shipped.
pub fn modules(natives: &Natives) -> Result<Command> {
    let mut maven = command()?;
    maven
        .arg("--file")
        .arg(process::root().join("android/pom.xml"))
        .args(["--projects", "swipekit,swipekit-android", "--activate-profiles", "release"])
        .arg(define("swipekit.library", &natives.library))
        .arg(define("ort.library", &natives.runtime));
    Ok(maven)
}

/// `-Dname=value`.
pub fn define(name: &str, value: &Path) -> String {
    format!("-D{name}={}", value.display())
}

/// Builds the jars; nothing is tested.
pub fn package(natives: &Natives) -> Result<()> {
    let mut maven = modules(natives)?;
    // What tests need is not fetched either.
    maven.args(["-Dmaven.test.skip=true", "-Dmdep.skip=true", "package"]);
    process::run(&mut maven)
}

/// The jars of a module that has been packaged.
pub fn jars(module: &str, artifact: &str, version: &str) -> Result<Jars> {
    let folder = process::root().join("android").join(module).join("target");
    let jar = |rest: &str| {
        let path = folder.join(format!("{artifact}-{version}{rest}.jar"));
        if path.is_file() {
            return Ok(path);
        }
        Err(Error::Missing {
            what: path.display().to_string(),
            by_hand: "mvn --file android/pom.xml --activate-profiles release package".to_owned(),
        })
    };
    Ok(Jars {
        classes: jar("")?,
        sources: jar("-sources")?,
        documentation: jar("-javadoc")?,
    })
}

/// The program `java`.
pub fn java() -> PathBuf {
    let home = env::var_os("JAVA_HOME").filter(|home| !home.is_empty());
    home.map_or_else(|| PathBuf::from("java"), |home| Path::new(&home).join("bin/java"))
}
