//! What Maven and Gradle read: POMs and the list of versions.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::process;

/// Group of all artifacts.
pub const GROUP: &str = "io.github.swipekit";

/// An artifact.
#[derive(Debug)]
pub struct Pom<'a> {
    /// Its id.
    pub artifact: &'a str,
    /// Its version.
    pub version: &'a str,
    /// `jar` or `aar`.
    pub packaging: &'a str,
    /// Its name in words.
    pub name: &'a str,
    /// What it is, in a sentence.
    pub description: &'a str,
    /// What it needs.
    pub dependencies: Vec<Dependency<'a>>,
}

/// A dependency.
#[derive(Debug, Clone)]
pub struct Dependency<'a> {
    /// Its group.
    pub group: &'a str,
    /// Its id.
    pub artifact: &'a str,
    /// Its version.
    pub version: &'a str,
    /// `jar` or `aar`.
    pub kind: &'a str,
    /// `compile` or `runtime`.
    pub scope: &'a str,
}

impl Pom<'_> {
    /// The file's text.
    pub fn text(&self) -> String {
        let mut text = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://maven.apache.org/POM/4.0.0 http://maven.apache.org/xsd/maven-4.0.0.xsd">
  <modelVersion>4.0.0</modelVersion>
  <groupId>{GROUP}</groupId>
  <artifactId>{}</artifactId>
  <version>{}</version>
  <packaging>{}</packaging>
  <name>{}</name>
  <description>{}</description>
  <url>https://github.com/swipekit/swipekit</url>
  <licenses>
    <license>
      <name>Apache-2.0</name>
      <url>https://www.apache.org/licenses/LICENSE-2.0.txt</url>
      <comments>or MIT, at your choice; those of dependencies that are linked in: NOTICE</comments>
    </license>
    <license>
      <name>MIT</name>
      <url>https://opensource.org/license/mit</url>
    </license>
  </licenses>
  <developers>
    <developer>
      <name>The swipekit developers</name>
      <url>https://github.com/swipekit/swipekit</url>
    </developer>
  </developers>
  <scm>
    <connection>scm:git:https://github.com/swipekit/swipekit.git</connection>
    <url>https://github.com/swipekit/swipekit</url>
  </scm>
"#,
            escape(self.artifact),
            escape(self.version),
            escape(self.packaging),
            escape(self.name),
            escape(self.description),
        );
        if !self.dependencies.is_empty() {
            text.push_str("  <dependencies>\n");
            for dependency in &self.dependencies {
                dependency.write(&mut text);
            }
            text.push_str("  </dependencies>\n");
        }
        text.push_str("</project>\n");
        text
    }
}

impl Dependency<'_> {
    fn write(&self, text: &mut String) {
        let elements = [
            ("groupId", self.group),
            ("artifactId", self.artifact),
            ("version", self.version),
            ("type", self.kind),
            ("scope", self.scope),
        ];
        text.push_str("    <dependency>\n");
        for (element, value) in elements {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "      <{element}>{}</{element}>", escape(value));
        }
        text.push_str("    </dependency>\n");
    }
}

/// The list of an artifact's versions.
pub fn versions(artifact: &str, version: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<metadata>
  <groupId>{GROUP}</groupId>
  <artifactId>{artifact}</artifactId>
  <versioning>
    <latest>{version}</latest>
    <release>{version}</release>
    <versions>
      <version>{version}</version>
    </versions>
    <lastUpdated>20260101000000</lastUpdated>
  </versioning>
</metadata>
"#
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A property of `android/pom.xml`, where versions are pinned.
pub fn property(name: &str) -> Result<String> {
    let path = process::root().join("android/pom.xml");
    let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
    find(&path, &text, name)
}

fn find(path: &Path, text: &str, name: &str) -> Result<String> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let value = text
        .split_once(&start)
        .and_then(|(_, rest)| rest.split_once(&end));
    value
        .map(|(value, _)| value.to_owned())
        .ok_or_else(|| Error::Wrong {
            path: path.to_path_buf(),
            what: "properties",
            expected: name.to_owned(),
            got: "none".to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poms() {
        let pom = Pom {
            artifact: "a",
            version: "1",
            packaging: "aar",
            name: "A & B",
            description: "x < y",
            dependencies: vec![Dependency {
                group: "g",
                artifact: "d",
                version: "2",
                kind: "aar",
                scope: "runtime",
            }],
        };
        let text = pom.text();
        for part in [
            "<artifactId>a</artifactId>",
            "<packaging>aar</packaging>",
            "<name>A &amp; B</name>",
            "<description>x &lt; y</description>",
            "<type>aar</type>",
            "<scope>runtime</scope>",
        ] {
            assert!(text.contains(part), "{part}");
        }
    }

    #[test]
    fn properties() {
        let path = Path::new("pom.xml");
        let text = "<properties><a.version>1.2</a.version></properties>";
        assert_eq!(find(path, text, "a.version").unwrap(), "1.2");
        assert!(find(path, text, "b.version").is_err());
    }
}
