//! A project outside of this repository that uses what was published: resolved, compiled, run, and
//! run again after its classes were shrunk and renamed by the rules in the AAR.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::publish::{Published, VERSION};
use super::{archive, maven, pom, work};
use crate::error::{Error, Result};
use crate::process;

/// Where the project's own files are.
const PROJECT: &str = "xtask/android/consumer";

/// Goals of the dependency plugin, pinned.
const DEPENDENCIES: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0";

/// Builds and runs the project with the bundle at `bundle`.
pub fn check(published: &Published, bundle: &Path) -> Result<()> {
    let place = tempfile::tempdir().map_err(Error::io(std::env::temp_dir()))?;
    let project = Project {
        folder: place.path().join("consumer"),
        published,
        bundle,
    };
    project.make()?;
    project.compile()?;
    project.run(
        maven::java()?.arg("-cp").arg(project.classpath()),
        "QuickStartKt",
    )?;
    eprintln!("the README's quick start was compiled against the published artifacts and run");
    project.shrink()
}

struct Project<'a> {
    folder: PathBuf,
    published: &'a Published,
    bundle: &'a Path,
}

impl Project<'_> {
    fn make(&self) -> Result<()> {
        let sources = self.folder.join("src");
        fs::create_dir_all(&sources).map_err(Error::io(&sources))?;
        for name in ["pom.xml", "src/Consumer.kt"] {
            let from = process::root().join(PROJECT).join(name);
            fs::copy(&from, self.folder.join(name)).map_err(Error::io(&from))?;
        }
        let readme = process::root().join("README.md");
        let text = fs::read_to_string(&readme).map_err(Error::io(&readme))?;
        let program = quick_start(&text).ok_or_else(|| Error::Wrong {
            path: readme,
            what: "quick start",
            expected: "a program in Kotlin".to_owned(),
            got: "none".to_owned(),
        })?;
        let to = sources.join("QuickStart.kt");
        fs::write(&to, program).map_err(Error::io(&to))
    }

    fn compile(&self) -> Result<()> {
        let mut maven = maven::command()?;
        // What an earlier run has put into Maven's cache is of an earlier build.
        maven
            .current_dir(&self.folder)
            .arg(format!("{DEPENDENCIES}:purge-local-repository"))
            .arg("-DmanualInclude=io.github.swipekit:swipekit-jvm,io.github.swipekit:swipekit-android")
            .args(["-DreResolve=false", "-DactTransitively=false"]);
        self.properties(&mut maven)?;
        process::run(&mut maven)?;
        let mut maven = maven::command()?;
        maven.current_dir(&self.folder).arg("process-classes");
        self.properties(&mut maven)?;
        process::run(&mut maven)
    }

    fn properties(&self, maven: &mut Command) -> Result<()> {
        maven
            .arg(format!(
                "-Dswipekit.repository=file://{}",
                self.published.repository.display()
            ))
            .arg(format!("-Dswipekit.version={VERSION}"))
            .arg(format!(
                "-Dkotlin.version={}",
                pom::property("kotlin.version")?
            ));
        Ok(())
    }

    fn classes(&self) -> PathBuf {
        self.folder.join("target/classes")
    }

    fn dependency(&self, name: &str) -> PathBuf {
        self.folder.join("target/dependency").join(name)
    }

    fn classpath(&self) -> String {
        format!(
            "{}:{}",
            self.classes().display(),
            self.dependency("*").display()
        )
    }

    /// Runs a class of the project, which gets the bundle's path.
    fn run(&self, java: &mut Command, class: &str) -> Result<()> {
        java.arg(class)
            .arg(self.bundle)
            .env("ORT_DYLIB_PATH", &self.published.natives.runtime)
            .stdin(Stdio::null());
        process::run(java)
    }

    /// Shrinks, optimizes and renames the program with the classes and rules of the AAR, and runs
    /// what is left with the host's library.
    fn shrink(&self) -> Result<()> {
        let aar = archive::read(&self.published.aar)?;
        let unpack = |entry: &str| {
            let to = self.folder.join("target").join(entry);
            let bytes = aar.get(entry).map_or(&[][..], Vec::as_slice);
            fs::write(&to, bytes).map_err(Error::io(&to))?;
            Ok::<_, Error>(to)
        };
        let (classes, rules) = (unpack("classes.jar")?, unpack("proguard.txt")?);
        let shrunk = self.folder.join("target/shrunk.jar");
        self.proguard(&classes, Some(&rules), &shrunk)?;
        let names = archive::read(&shrunk)?;
        let ours = names
            .keys()
            .filter(|name| name.starts_with("io/github/swipekit/"))
            .count();
        let is_kept = names.contains_key("io/github/swipekit/internal/Native.class");
        // Classes that no rule keeps are renamed.
        if !is_kept || names.contains_key("io/github/swipekit/SwipeEngine.class") {
            return Err(Error::Refused {
                path: shrunk,
                faults: "was not shrunk by the rules".to_owned(),
            });
        }
        self.run(&mut self.java(&shrunk)?, "ConsumerKt")?;
        // The rules are needed: without them the library cannot be loaded.
        let bare = self.folder.join("target/bare.jar");
        self.proguard(&classes, None, &bare)?;
        let mut java = self.java(&bare)?;
        java.arg("ConsumerKt").arg(self.bundle).stdin(Stdio::null());
        let output = java.output().map_err(Error::io(&bare))?;
        if output.status.success() {
            return Err(Error::Refused {
                path: rules,
                faults: "changes nothing: the program runs without it".to_owned(),
            });
        }
        eprintln!(
            "ProGuard, by the AAR's rules alone: {ours} of our classes are left, the program runs; without the rules it does not load"
        );
        Ok(())
    }

    fn java(&self, shrunk: &Path) -> Result<Command> {
        let mut java = maven::java()?;
        java.arg(format!(
            "-Dio.github.swipekit.library={}",
            self.published.natives.library.display()
        ));
        let libraries: Vec<String> = self
            .libraries()?
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        java.arg("-cp")
            .arg(format!("{}:{}", shrunk.display(), libraries.join(":")));
        Ok(java)
    }

    /// Everything of others that the program runs with.
    fn libraries(&self) -> Result<Vec<PathBuf>> {
        let folder = self.folder.join("target/dependency");
        let entries = fs::read_dir(&folder).map_err(Error::io(&folder))?.flatten();
        let mut jars: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                name.ends_with(".jar") && !name.starts_with("swipekit")
            })
            .collect();
        jars.sort();
        Ok(jars)
    }

    fn proguard(&self, classes: &Path, rules: Option<&Path>, to: &Path) -> Result<()> {
        let mut text = String::from("-dontwarn android.**\n-dontnote **\n");
        text += &format!(
            "-injars {}\n-injars {}\n",
            self.classes().display(),
            classes.display()
        );
        text += &format!("-outjars {}\n", to.display());
        let jdk = maven::jdk()?.join("jmods/java.base.jmod");
        text += &format!(
            "-libraryjars {}(!**.jar;!module-info.class)\n",
            jdk.display()
        );
        for library in self.libraries()? {
            text += &format!("-libraryjars {}(!META-INF/**)\n", library.display());
        }
        for class in ["ConsumerKt", "QuickStartKt"] {
            text += &format!(
                "-keep class {class} {{ public static void main(java.lang.String[]); }}\n"
            );
        }
        if let Some(rules) = rules {
            text += &format!("-include {}\n", rules.display());
        }
        let configuration = to.with_extension("pro");
        fs::write(&configuration, text).map_err(Error::io(&configuration))?;
        let mut java = maven::java()?;
        java.arg("-cp").arg(format!("{}/*", proguard()?.display()));
        java.arg("proguard.ProGuard")
            .arg(format!("@{}", configuration.display()));
        process::output(java.stdin(Stdio::null())).map(drop)
    }
}

/// Fetches ProGuard and gives the folder of its jars. R8, which reads the same rules, is not on
/// Maven Central.
fn proguard() -> Result<PathBuf> {
    let folder = work()?.join("proguard");
    if folder.join("proguard-base-7.8.1.jar").is_file() {
        return Ok(folder);
    }
    let mut maven = maven::command()?;
    maven
        .arg("--file")
        .arg(process::root().join("xtask/android/proguard/pom.xml"))
        .arg(format!("{DEPENDENCIES}:copy-dependencies"))
        .arg(maven::define("outputDirectory", &folder));
    process::run(&mut maven)?;
    Ok(folder)
}

/// The first program in Kotlin.
fn quick_start(readme: &str) -> Option<&str> {
    let (_, rest) = readme.split_once("```kotlin\n")?;
    let (program, _) = rest.split_once("```")?;
    program.contains("fun main(").then_some(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_in_text() {
        assert_eq!(
            quick_start("a\n```kotlin\nfun main() {}\n```\nb"),
            Some("fun main() {}\n")
        );
        assert_eq!(quick_start("```kotlin\nval x = 1\n```"), None);
        assert_eq!(quick_start("no code"), None);
    }
}
