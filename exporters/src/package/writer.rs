//! Writes a bundle, all of it or nothing.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use swipekit::bytes::Bytes;
use swipekit::internals::bundle::manifest::FileEntry;
use swipekit::internals::bundle::{Bundle, MANIFEST_FILE, Manifest, is_file_name, sha256_hex};
use tempfile::TempDir;

use super::staging;
use crate::files::{FileError, Result};

/// A bundle in the making, in a temporary folder beside its destination.
///
/// Nothing appears at the destination before [`BundleWriter::finish`] has written the manifest and
/// read the whole bundle back. A writer that is dropped before leaves nothing behind.
#[derive(Debug)]
pub struct BundleWriter {
    destination: PathBuf,
    staged: TempDir,
    files: BTreeMap<String, FileEntry>,
}

impl BundleWriter {
    /// Begins a bundle that is to stand in the folder `destination`.
    ///
    /// # Errors
    /// [`FileError::InTheWay`] where something is there that is neither an empty folder nor a bundle
    /// with only its own files, [`FileError::Io`] where the folder beside cannot be written.
    pub fn create(destination: impl AsRef<Path>) -> Result<Self> {
        let destination = destination.as_ref();
        staging::check_replaceable(destination)?;
        Ok(Self {
            destination: destination.to_path_buf(),
            staged: staging::beside(destination)?,
            files: BTreeMap::new(),
        })
    }

    /// The temporary folder, for programs that write or read files by path; see
    /// [`BundleWriter::adopt`].
    pub fn folder(&self) -> &Path {
        self.staged.path()
    }

    /// Adds the file `name` with the given content.
    ///
    /// # Errors
    /// [`swipekit::Error::Invalid`] for a name that no bundle may use or that is taken,
    /// [`FileError::Io`].
    pub fn add(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.path_of(name)?;
        let mut file = File::create_new(&path).map_err(FileError::write(&path))?;
        file.write_all(content)
            .and_then(|()| file.sync_all())
            .map_err(FileError::write(&path))?;
        self.list(name, content);
        Ok(())
    }

    /// Adds the file `name` with `value` as indented JSON.
    ///
    /// # Errors
    /// Those of [`BundleWriter::add`], and [`FileError::Json`].
    pub fn add_json(&mut self, name: &str, value: &impl Serialize) -> Result<()> {
        let mut json = serde_json::to_vec_pretty(value).map_err(FileError::json(name))?;
        json.push(b'\n');
        self.add(name, &json)
    }

    /// Adds a copy of the file at `source` as `name`.
    ///
    /// # Errors
    /// Those of [`BundleWriter::add`], and [`swipekit::Error::Io`] where `source` cannot be read.
    pub fn add_file(&mut self, name: &str, source: &Path) -> Result<()> {
        self.add(name, &Bytes::map(source)?)
    }

    /// Adds the file `name` that was already written into [`BundleWriter::folder`].
    ///
    /// # Errors
    /// [`swipekit::Error::Invalid`] for a name that no bundle may use or that is taken,
    /// [`swipekit::Error::Io`] where the file cannot be read.
    pub fn adopt(&mut self, name: &str) -> Result<()> {
        let path = self.path_of(name)?;
        let file = File::open(&path).map_err(FileError::read(&path))?;
        file.sync_all().map_err(FileError::write(&path))?;
        let content = Bytes::map(&path)?;
        self.list(name, &content);
        Ok(())
    }

    /// Writes `manifest` with the sizes and hashes of the files added so far and reads the bundle
    /// back, in the temporary folder still: a bundle may be tried, and given more files, before it
    /// is finished.
    ///
    /// `manifest.files` is overwritten; everything else is the caller's.
    ///
    /// # Errors
    /// Those of [`Bundle::open`] where the manifest and the files do not make a sound bundle,
    /// [`FileError::InTheWay`], [`FileError::Io`].
    pub fn stage(&self, manifest: &mut Manifest) -> Result<Bundle> {
        manifest.files = self.files.clone();
        let path = self.staged.path().join(MANIFEST_FILE);
        manifest.check(&path)?;
        let mut json = serde_json::to_vec_pretty(&manifest).map_err(FileError::json(&path))?;
        json.push(b'\n');
        let mut file = File::create(&path).map_err(FileError::write(&path))?;
        file.write_all(&json)
            .and_then(|()| file.sync_all())
            .map_err(FileError::write(&path))?;
        let bundle = Bundle::open(self.staged.path())?;
        if let Some(name) = bundle.unlisted_files().first() {
            return Err(FileError::InTheWay {
                path: self.staged.path().join(name),
                expected: "only files that were added",
                got: "another file".to_owned(),
            });
        }
        if bundle.manifest() != manifest {
            return Err(swipekit::Error::damaged(
                &path,
                "the manifest",
                "numbers that JSON can carry",
                "others",
            )
            .into());
        }
        Ok(bundle)
    }

    /// [`stage`](Self::stage)s the bundle and moves it to its destination, replacing a bundle that
    /// is there. Gives the bundle as it stands there.
    ///
    /// # Errors
    /// Those of [`stage`](Self::stage); the destination is untouched then.
    pub fn finish(self, mut manifest: Manifest) -> Result<Bundle> {
        drop(self.stage(&mut manifest)?);
        staging::replace(self.staged, &self.destination)?;
        Ok(Bundle::open(&self.destination)?)
    }

    /// Sizes of the files added so far, by name.
    pub fn sizes(&self) -> BTreeMap<String, u64> {
        self.files
            .iter()
            .map(|(name, entry)| (name.clone(), entry.size))
            .collect()
    }

    fn path_of(&self, name: &str) -> Result<PathBuf> {
        let usable = is_file_name(name) && name != MANIFEST_FILE;
        if !usable || self.files.contains_key(name) {
            return Err(swipekit::Error::invalid(
                "the name of a file of a bundle",
                "letters, digits, '.', '_' and '-', not bundle.json, not taken",
                format!("{name:?}"),
            )
            .into());
        }
        Ok(self.staged.path().join(name))
    }

    fn list(&mut self, name: &str, content: &[u8]) {
        let entry = FileEntry {
            size: content.len() as u64,
            sha256: sha256_hex(content),
        };
        self.files.insert(name.to_owned(), entry);
    }
}
