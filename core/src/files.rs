//! Writing a file, all of it or nothing.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Writes `bytes` to `path`: beside it first, then renamed onto it, so that at every moment there is the old file or the new
/// one.
///
/// # Errors
/// [`Error::Write`]; the old file is as it was then.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    let part: PathBuf = path.with_file_name(name);
    let written = fs::File::create(&part)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&part, path));
    written.map_err(|source| {
        // The error of the write is the one to tell; a part that was never made cannot be removed.
        let _ = fs::remove_file(&part);
        Error::Write {
            path: path.to_path_buf(),
            source,
        }
    })
}
