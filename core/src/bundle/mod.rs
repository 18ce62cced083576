//! Bundles: what the exporters write and the engine opens.
//!
//! A bundle is a folder, or the same files in one `.swipekit` file (a zip archive whose entries are
//! stored as they are, each at a multiple of 16 KB, so that they are mapped in place).
//! `bundle.json` lists size and SHA-256 of every other file; names are flat. [`Bundle::open`]
//! verifies all of it before anything else reads a byte.

mod archive;
mod check;
pub mod golden;
pub mod manifest;
#[cfg(test)]
mod settings_tests;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub use archive::ALIGNMENT;
pub use check::{MAX_FILES, is_file_name};
pub use golden::Golden;
pub use manifest::Manifest;

pub use crate::hash::sha256_hex;

use crate::bytes::Bytes;
use crate::error::{Error, Result};

/// File name of the manifest.
pub const MANIFEST_FILE: &str = "bundle.json";
/// File name of the golden swipes.
pub const GOLDEN_FILE: &str = "golden.json";
/// File name of the seed's description of the model, for its decoders.
pub const RUNTIME_META_FILE: &str = "runtime_meta.json";
/// File name of the exporter's validation report.
pub const REPORT_FILE: &str = "report.json";
/// Extension of a packed bundle.
pub const EXTENSION: &str = "swipekit";

/// Largest accepted `bundle.json`, in bytes.
const MAX_MANIFEST: u64 = 1 << 20;
/// Largest accepted `golden.json`, in bytes.
const MAX_GOLDEN: u64 = 4 << 20;

/// An open bundle: its manifest, and its files, mapped and verified.
///
/// The files must not be changed while the bundle is open; replace them by renaming, as the
/// exporters do.
#[derive(Clone, Debug)]
pub struct Bundle {
    path: PathBuf,
    manifest: Manifest,
    manifest_json: Bytes,
    files: BTreeMap<String, Bytes>,
    unlisted: Vec<String>,
}

impl Bundle {
    /// Opens the bundle at `path`, a folder or a `.swipekit` file, and verifies the manifest and
    /// the size and SHA-256 of every file that it lists.
    ///
    /// Files of a folder that the manifest does not list are ignored: nothing can reach them
    /// ([`Bundle::unlisted_files`] names them). In a packed bundle they are an error.
    ///
    /// # Errors
    /// [`Error::Io`] for what cannot be read, [`Error::Unsupported`] for a format, featurizer or
    /// runtime that this version does not know, [`Error::TooLarge`] for what exceeds the format's
    /// limits, and [`Error::Damaged`] for everything that is not as the manifest says.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let about = fs::metadata(path).map_err(|source| Error::io(path, source))?;
        if about.is_dir() {
            Self::open_folder(path)
        } else if about.is_file() {
            Self::from_bytes(Bytes::map(path)?, path)
        } else {
            Err(Error::damaged(
                path,
                "the bundle",
                "a folder or a regular file",
                "neither",
            ))
        }
    }

    fn open_folder(folder: &Path) -> Result<Self> {
        let manifest_path = folder.join(MANIFEST_FILE);
        let manifest_json = map_regular(&manifest_path, "bundle.json", Some(MAX_MANIFEST))?;
        let manifest = Manifest::parse(&manifest_json, &manifest_path)?;
        let mut files = BTreeMap::new();
        for (name, entry) in &manifest.files {
            let path = folder.join(name);
            let bytes = map_regular(&path, "a file of the bundle", None)?;
            verify(&path, &bytes, entry)?;
            files.insert(name.clone(), bytes);
        }
        let mut unlisted = Vec::new();
        for entry in fs::read_dir(folder).map_err(|source| Error::io(folder, source))? {
            let name = entry
                .map_err(|source| Error::io(folder, source))?
                .file_name();
            let name = name.to_string_lossy();
            if name != MANIFEST_FILE && !manifest.files.contains_key(&*name) {
                unlisted.push(name.into_owned());
            }
        }
        unlisted.sort();
        Ok(Self {
            path: folder.to_path_buf(),
            manifest,
            manifest_json,
            files,
            unlisted,
        })
    }

    /// Opens the packed bundle (`.swipekit`) that is `bytes`, and verifies it as
    /// [`open`](Self::open) does. Its files are parts of the bytes, nothing is copied; `name` is
    /// for errors and is what [`path`](Self::path) gives.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn from_bytes(bytes: Bytes, name: impl AsRef<Path>) -> Result<Self> {
        let path = name.as_ref();
        let mut entries = archive::read(&bytes, path)?;
        let manifest_path = path.join(MANIFEST_FILE);
        let Some(manifest) = entries.remove(MANIFEST_FILE) else {
            return Err(Error::damaged(path, "the manifest", MANIFEST_FILE, "none"));
        };
        check_size("bundle.json", manifest.bytes.len() as u64, MAX_MANIFEST)?;
        // Nothing but this sum covers the manifest: it cannot hold a hash of itself.
        let got = crc32fast::hash(&manifest.bytes);
        if got != manifest.crc32 {
            return Err(Error::damaged(
                &manifest_path,
                "the CRC-32 of the manifest",
                format!("{:08x}", manifest.crc32),
                format!("{got:08x}"),
            ));
        }
        let manifest_json = manifest.bytes;
        let manifest = Manifest::parse(&manifest_json, &manifest_path)?;
        let mut files = BTreeMap::new();
        for (name, entry) in &manifest.files {
            let Some(stored) = entries.remove(name) else {
                return Err(Error::damaged(
                    path.join(name),
                    "the packed bundle",
                    "every file of the manifest",
                    "the file is missing",
                ));
            };
            verify(&path.join(name), &stored.bytes, entry)?;
            files.insert(name.clone(), stored.bytes);
        }
        if let Some(name) = entries.into_keys().next() {
            return Err(Error::damaged(
                path.join(name),
                "the packed bundle",
                "only files of the manifest",
                "a file that it does not list",
            ));
        }
        Ok(Self {
            path: path.to_path_buf(),
            manifest,
            manifest_json,
            files,
            unlisted: Vec::new(),
        })
    }

    /// The folder or file that was opened, or the name of the bytes.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The content of `bundle.json`.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// `bundle.json` byte for byte.
    pub fn manifest_json(&self) -> &[u8] {
        &self.manifest_json
    }

    /// The content of the file `name`, mapped; cheap.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the manifest does not list it.
    pub fn file(&self, name: &str) -> Result<Bytes> {
        self.files.get(name).cloned().ok_or_else(|| {
            let got = if is_file_name(name) { name } else { "" };
            Error::damaged(
                self.path.join(got),
                "the bundle",
                "a file of this name",
                "none",
            )
        })
    }

    /// Gives the memory of the mapped files back to the system, but for the lexicon and the
    /// language model: hashing and loading have read all of them, and hardly any is read again.
    /// What is read again is mapped in again.
    pub(crate) fn forget(&self) {
        let manifest = &self.manifest;
        let searched = [
            manifest.lexicon.as_ref().map(|spec| &spec.file),
            manifest.language_model.as_ref().map(|spec| &spec.file),
        ];
        let files = self.files.iter();
        let files = files.filter(|(name, _)| !searched.contains(&Some(*name)));
        files.for_each(|(_, bytes)| bytes.forget());
    }

    /// Where the file `name` lies by itself, for runtimes that read files: `None` in a packed
    /// bundle, or where the manifest does not list it.
    pub fn file_path(&self, name: &str) -> Option<PathBuf> {
        (self.files.contains_key(name) && self.path.is_dir()).then(|| self.path.join(name))
    }

    /// Names of all files that the manifest lists, in order.
    pub fn file_names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Names of what lies in the folder besides the bundle's files, in order.
    pub fn unlisted_files(&self) -> &[String] {
        &self.unlisted
    }

    /// The golden swipes of `golden.json`; `None` where the bundle has none.
    ///
    /// # Errors
    /// [`Error::Damaged`] or [`Error::TooLarge`] where the file is not of its format.
    pub fn golden(&self) -> Result<Option<Golden>> {
        let Some(bytes) = self.files.get(GOLDEN_FILE) else {
            return Ok(None);
        };
        check_size("golden.json", bytes.len() as u64, MAX_GOLDEN)?;
        Golden::parse(bytes, &self.path.join(GOLDEN_FILE)).map(Some)
    }
}

fn check_size(what: &'static str, got: u64, limit: u64) -> Result<()> {
    if got > limit {
        return Err(Error::TooLarge { what, limit, got });
    }
    Ok(())
}

/// Maps a file after making sure that it is one: opening a pipe would wait for ever.
fn map_regular(path: &Path, what: &'static str, limit: Option<u64>) -> Result<Bytes> {
    let about = fs::metadata(path).map_err(|source| Error::io(path, source))?;
    if !about.is_file() {
        return Err(Error::damaged(path, what, "a regular file", "another kind"));
    }
    if let Some(limit) = limit {
        check_size(what, about.len(), limit)?;
    }
    Bytes::map(path)
}

fn verify(path: &Path, bytes: &[u8], entry: &manifest::FileEntry) -> Result<()> {
    if bytes.len() as u64 != entry.size {
        return Err(Error::damaged(
            path,
            "the size in bytes",
            entry.size,
            bytes.len(),
        ));
    }
    let got = sha256_hex(bytes);
    if got != entry.sha256 {
        return Err(Error::damaged(path, "the SHA-256", &entry.sha256, got));
    }
    Ok(())
}
