//! Writes a file completely or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};

/// A temporary file beside its target; removed unless it was renamed.
pub(crate) struct Partial(PathBuf);

impl Partial {
    /// Creates an empty file with a unique name in the folder of `to`. A `private` file is
    /// accessible to its owner only.
    pub(crate) fn beside(to: &Path, private: bool) -> Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let mut name = OsString::from(".");
        name.push(to.file_name().unwrap_or_default());
        name.push(format!(".{process}-{count}.partial"));
        let path = to.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if private {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        #[cfg(not(unix))]
        let _ = private;
        options.open(&path).map_err(write_error(&path))?;
        Ok(Self(path))
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Moves the complete file to `to`.
    pub(crate) fn rename(self, to: &Path) -> Result<()> {
        File::open(&self.0)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.0, to))
            .map_err(write_error(to))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After a rename, no file is left at this path.
        let _ = fs::remove_file(&self.0);
    }
}

/// Writes `bytes` to a temporary file beside `path`, then renames it to `path`, so that `path`
/// always holds the old file or the new one. A `private` file is accessible to its owner only.
///
/// # Errors
/// [`Error::Write`]; the old file is then unchanged.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8], private: bool) -> Result<()> {
    let partial = Partial::beside(path, private)?;
    OpenOptions::new()
        .write(true)
        .open(partial.path())
        .and_then(|mut file| file.write_all(bytes))
        .map_err(write_error(path))?;
    partial.rename(path)
}

/// For `map_err`: an [`Error::Write`] of `path`.
pub(crate) fn write_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Write {
        path: path.to_path_buf(),
        source,
    }
}
