//! Zip archives whose bytes depend on their contents alone: sorted names, one time stamp.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::error::{Error, Result};

/// Contents by name; a folder's name ends with `/` and has none.
#[derive(Debug, Default)]
pub struct Entries(BTreeMap<String, Vec<u8>>);

impl Entries {
    /// Adds bytes.
    pub fn add(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> &mut Self {
        self.0.insert(name.into(), bytes.into());
        self
    }

    /// Adds the file at `path`.
    pub fn add_file(&mut self, name: impl Into<String>, path: &Path) -> Result<&mut Self> {
        let bytes = fs::read(path).map_err(Error::io(path))?;
        Ok(self.add(name, bytes))
    }

    /// Writes them to `path`. A name of `stored` is not compressed.
    pub fn write(&self, path: &Path, stored: &[&str]) -> Result<()> {
        let failed = |error: ZipError| Error::io(path)(io::Error::from(error));
        let mut zip = ZipWriter::new(File::create(path).map_err(Error::io(path))?);
        for (name, bytes) in &self.0 {
            let method = if stored.contains(&name.as_str()) {
                CompressionMethod::Stored
            } else {
                CompressionMethod::Deflated
            };
            // The time is 1980-01-01, the format's first.
            let options = SimpleFileOptions::default()
                .compression_method(method)
                .unix_permissions(0o644);
            zip.start_file(name.as_str(), options).map_err(failed)?;
            zip.write_all(bytes).map_err(Error::io(path))?;
        }
        let file = zip.finish().map_err(failed)?;
        file.sync_all().map_err(Error::io(path))
    }
}

/// The entries of the archive at `path`, folders left out.
pub fn read(path: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let failed = |error: ZipError| Error::io(path)(io::Error::from(error));
    let file = File::open(path).map_err(Error::io(path))?;
    let mut zip = ZipArchive::new(file).map_err(failed)?;
    let mut entries = BTreeMap::new();
    for at in 0..zip.len() {
        let mut entry = zip.by_index(at).map_err(failed)?;
        if entry.is_dir() {
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(Error::io(path))?;
        entries.insert(entry.name().map_err(failed)?.into_owned(), bytes);
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_contents_are_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        let mut entries = Entries::default();
        entries.add("z", "last").add("a", vec![7; 1000]);
        entries.write(&a, &["a"]).unwrap();
        let mut entries = Entries::default();
        entries.add("a", vec![7; 1000]).add("z", "last");
        entries.write(&b, &["a"]).unwrap();
        assert_eq!(fs::read(&a).unwrap(), fs::read(&b).unwrap());
        let back = read(&a).unwrap();
        assert_eq!(back.keys().collect::<Vec<_>>(), ["a", "z"]);
        assert_eq!(back["a"], [7; 1000]);
        fs::write(&a, "no archive").unwrap();
        assert!(read(&a).is_err());
    }
}
