//! A folder laid out as a Maven repository.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::Digest;

use super::pom::{self, GROUP, Pom};
use crate::error::{Error, Result};

/// A repository in the making.
#[derive(Debug)]
pub struct Repository {
    folder: PathBuf,
}

impl Repository {
    /// An empty one at `folder`.
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
        }
    }

    /// Adds an artifact: its POM, and files by what follows the version in their names (`.aar`,
    /// `-sources.jar`).
    pub fn add(&self, pom: &Pom<'_>, files: &[(&str, &Path)]) -> Result<()> {
        let of = self.folder.join(GROUP.replace('.', "/")).join(pom.artifact);
        let folder = of.join(pom.version);
        fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let name = |rest: &str| folder.join(format!("{}-{}{rest}", pom.artifact, pom.version));
        for (rest, from) in files {
            let bytes = fs::read(from).map_err(Error::io(from))?;
            put(&name(rest), &bytes)?;
        }
        put(&name(".pom"), pom.text().as_bytes())?;
        let versions = pom::versions(pom.artifact, pom.version);
        put(&of.join("maven-metadata.xml"), versions.as_bytes())
    }
}

/// Writes a file and its checksums.
fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).map_err(Error::io(path))?;
    let sums = [
        ("md5", hex(&md5::Md5::digest(bytes))),
        ("sha1", hex(&sha1::Sha1::digest(bytes))),
        ("sha256", hex(&sha2::Sha256::digest(bytes))),
    ];
    for (extension, sum) in sums {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".");
        beside.push(extension);
        fs::write(&beside, sum).map_err(Error::io(&beside))?;
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_and_checksums() {
        let folder = tempfile::tempdir().unwrap();
        let jar = folder.path().join("x");
        fs::write(&jar, "abc").unwrap();
        let pom = Pom {
            artifact: "a",
            version: "1",
            packaging: "jar",
            name: "",
            description: "",
            dependencies: Vec::new(),
        };
        let repository = Repository::at(&folder.path().join("repository"));
        repository.add(&pom, &[(".jar", &jar)]).unwrap();
        let read = |name: &str| {
            let group = folder.path().join("repository/io/github/swipekit");
            fs::read_to_string(group.join(name)).unwrap()
        };
        assert_eq!(read("a/1/a-1.jar"), "abc");
        assert_eq!(read("a/1/a-1.jar.md5"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(
            read("a/1/a-1.jar.sha1"),
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        );
        assert!(read("a/1/a-1.pom").contains("<version>1</version>"));
        assert!(read("a/maven-metadata.xml").contains("<release>1</release>"));
        assert_eq!(read("a/maven-metadata.xml.sha256").len(), 64);
    }
}
