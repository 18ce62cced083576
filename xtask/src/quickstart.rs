//! The README's Kotlin program, as a stranger would build it: a project of its own outside the repository, which resolves
//! `swipekit-jvm` from the Maven repository that `cargo xtask aar` has made, compiles the program and runs it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};
use crate::{process, setup};

/// The project. The version of Kotlin is that of android/pom.xml.
const POM: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>org.example</groupId>
  <artifactId>quickstart</artifactId>
  <version>1</version>
  <properties>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <repositories>
    <repository>
      <id>swipekit</id>
      <url>@REPOSITORY@</url>
    </repository>
  </repositories>
  <dependencies>
    <dependency>
      <groupId>io.github.swipekit</groupId>
      <artifactId>swipekit-jvm</artifactId>
      <version>@VERSION@</version>
    </dependency>
  </dependencies>
  <build>
    <finalName>quickstart</finalName>
    <sourceDirectory>src</sourceDirectory>
    <plugins>
      <plugin>
        <groupId>org.jetbrains.kotlin</groupId>
        <artifactId>kotlin-maven-plugin</artifactId>
        <version>@KOTLIN@</version>
        <executions>
          <execution>
            <goals><goal>compile</goal></goals>
            <configuration><jvmTarget>11</jvmTarget></configuration>
          </execution>
        </executions>
      </plugin>
      <plugin>
        <groupId>org.apache.maven.plugins</groupId>
        <artifactId>maven-dependency-plugin</artifactId>
        <version>3.8.1</version>
      </plugin>
    </plugins>
  </build>
</project>
"#;

/// Builds and runs the README's Kotlin program against the Maven repository at `repository`.
pub fn check(repository: &Path) -> Result<()> {
    let library = setup::runtime()?;
    let readme = process::root().join("README.md");
    let text = fs::read_to_string(&readme).map_err(Error::io(&readme))?;
    let program = program(&text).ok_or_else(|| Error::Wrong {
        path: readme.clone(),
        what: "the Kotlin program",
        expected: "a kotlin block with a main function".to_owned(),
        got: "none".to_owned(),
    })?;
    let parent = process::root().join("android/pom.xml");
    let versions = fs::read_to_string(&parent).map_err(Error::io(&parent))?;
    let kotlin = between(&versions, "<kotlin.version>", "</kotlin.version>").unwrap_or_default();

    let folder = tempfile::tempdir().map_err(Error::io(env::temp_dir()))?;
    let folder = folder.path();
    let source = folder.join("src/Quickstart.kt");
    fs::create_dir_all(folder.join("src")).map_err(Error::io(folder))?;
    fs::write(&source, program).map_err(Error::io(&source))?;
    let pom = folder.join("pom.xml");
    let url = format!("file://{}", repository.display());
    let content = POM
        .replace("@REPOSITORY@", &url)
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
        .replace("@KOTLIN@", kotlin);
    fs::write(&pom, content).map_err(Error::io(&pom))?;

    // Maven keeps what it has once resolved: another build of the same version would not be seen.
    let cache = Cached(maven_cache());
    cache.forget();
    process::run(Command::new("mvn").current_dir(folder).args([
        "-B",
        "-q",
        "package",
        "dependency:copy-dependencies",
        "-DoutputDirectory=target/lib",
    ]))?;
    let classes = env::join_paths([folder.join("target/classes"), folder.join("target/lib/*")]);
    let output = process::output(
        Command::new("java")
            .current_dir(folder)
            .env("ORT_DYLIB_PATH", library)
            .arg("-cp")
            .arg(classes.unwrap_or_default())
            .arg("QuickstartKt")
            .arg(process::root().join("models/en-qwerty")),
    )?;
    let output = String::from_utf8_lossy(&output);
    let words = output.lines().filter(|line| line.ends_with('%')).count();
    if words == 0 {
        return Err(Error::Wrong {
            path: source,
            what: "what the README's Kotlin program prints",
            expected: "words with their confidence".to_owned(),
            got: output.into_owned(),
        });
    }
    eprintln!("the README's Kotlin program decodes with swipekit-jvm out of {url}:\n{output}");
    Ok(())
}

/// The first kotlin block of `document` that has a main function.
fn program(document: &str) -> Option<&str> {
    let mut rest = document;
    while let Some(at) = rest.find("```kotlin\n") {
        let block = &rest[at + "```kotlin\n".len()..];
        let end = block.find("```")?;
        if block[..end].contains("fun main(") {
            return Some(&block[..end]);
        }
        rest = &block[end + 3..];
    }
    None
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}

/// Where Maven keeps artifacts of this project.
fn maven_cache() -> Option<PathBuf> {
    Some(env::home_dir()?.join(".m2/repository/io/github/swipekit"))
}

/// What Maven has kept of this project; forgotten again at the end.
struct Cached(Option<PathBuf>);

impl Cached {
    fn forget(&self) {
        if let Some(folder) = &self.0 {
            // Where there is none, nothing is to be done.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

impl Drop for Cached {
    fn drop(&mut self) {
        self.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::program;

    #[test]
    fn the_program_is_found() {
        let document = "```kotlin\nval a = 1\n```\ntext\n```kotlin\nfun main() {}\n```\n";
        assert_eq!(program(document), Some("fun main() {}\n"));
        assert_eq!(program("```kotlin\nfun main() {}"), None);
        assert_eq!(program("no code"), None);
    }

    #[test]
    fn the_readme_has_one() {
        let readme = std::fs::read_to_string(crate::process::root().join("README.md")).unwrap();
        assert!(program(&readme).is_some());
    }
}
