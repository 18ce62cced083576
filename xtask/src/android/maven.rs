//! The Kotlin half, which Maven builds: `android/pom.xml`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Expected, toolchain};
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

/// The modules that are shipped.
const SHIPPED: &str = "--projects=swipekit,swipekit-android";

/// A call of Maven for `android/`.
fn modules(natives: &Natives) -> Result<Command> {
    let mut maven = command()?;
    maven
        .arg("--file")
        .arg(process::root().join("android/pom.xml"))
        .args(["--activate-profiles", "release"])
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
    maven.args(["-Dmaven.test.skip=true", SHIPPED, "package"]);
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

/// Runs the tests of the Kotlin interface and of the sample keyboard with `natives`, and packages
/// what is shipped.
pub fn verify(natives: &Natives, expected: &Expected) -> Result<()> {
    let mut maven = modules(natives)?;
    maven.args(tests(expected)).arg("verify");
    process::run(&mut maven)
}

/// A test that does not hold on Android: what is advised where ONNX Runtime is missing differs.
const OTHERWISE: &str = "-Dtest=!LoadingTest#no runtime anywhere";

/// Runs the tests that [`verify`] has compiled in a virtual machine whose libraries are looked for
/// in `libraries` first.
pub fn test_again(natives: &Natives, expected: &Expected, libraries: &Path) -> Result<()> {
    let mut maven = modules(natives)?;
    maven
        .args(tests(expected))
        // Tests alone: the jar keeps the host's library.
        .args(["--projects=swipekit", "surefire:test", OTHERWISE])
        .env("LD_LIBRARY_PATH", libraries);
    process::run(&mut maven)
}

fn tests(expected: &Expected) -> [String; 3] {
    [
        "-Dswipekit.required=true".to_owned(),
        define("swipekit.expected", &expected.folder.join("expected.jsonl")),
        define("swipekit.packed", &expected.packed),
    ]
}

/// The folder of the JDK.
pub fn jdk() -> Result<PathBuf> {
    if let Some(home) = env::var_os("JAVA_HOME").filter(|home| !home.is_empty()) {
        return Ok(PathBuf::from(home));
    }
    if !toolchain::is_there("javac") {
        toolchain::packages(&PACKAGES)?;
    }
    let mut java = Command::new("java");
    java.args(["-XshowSettings:properties", "-version"]);
    // It speaks on standard error.
    let output = java.output().map_err(|source| Error::Start {
        program: "java".to_owned(),
        source,
    })?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let home = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("java.home = "));
    home.map(PathBuf::from).ok_or_else(|| Error::Missing {
        what: "the folder of the JDK".to_owned(),
        by_hand: "set JAVA_HOME".to_owned(),
    })
}

/// The program `java`.
pub fn java() -> Result<Command> {
    Ok(Command::new(jdk()?.join("bin/java")))
}
