//! A bundle as one file, and back.

use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::path::Path;

use swipekit::internals::bundle::{ALIGNMENT, Bundle, MANIFEST_FILE};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::staging;
use crate::files::{FileError, Result};

/// Largest packed bundle: zip without its 64-bit extension ends there.
const MAX_PACKED: u64 = u32::MAX as u64;

/// Writes the bundle at `bundle` (a folder or a packed bundle) as one `.swipekit` file to `file`,
/// replacing a file that is there. The same bundle always gives the same bytes.
///
/// Files that the manifest does not list stay behind.
///
/// # Errors
/// Those of [`Bundle::open`], [`swipekit::Error::TooLarge`] beyond 4 GiB, [`FileError::InTheWay`] where
/// `file` is a folder, [`FileError::Io`].
pub fn pack(bundle: impl AsRef<Path>, file: impl AsRef<Path>) -> Result<()> {
    let (bundle, file) = (Bundle::open(bundle)?, file.as_ref());
    if file.is_dir() {
        return Err(FileError::InTheWay {
            path: file.to_path_buf(),
            expected: "nothing or a file",
            got: "a folder".to_owned(),
        });
    }
    let mut entries: Vec<(&str, swipekit::bytes::Bytes)> = Vec::new();
    for name in bundle.file_names() {
        entries.push((name, bundle.file(name)?));
    }
    entries.push((MANIFEST_FILE, bundle.manifest_json().to_vec().into()));
    entries.sort_by_key(|(name, _)| *name);
    let size = |(_, content): &(&str, swipekit::bytes::Bytes)| content.len() as u64 + 2 * ALIGNMENT;
    let total: u64 = entries.iter().map(size).sum();
    if total > MAX_PACKED {
        return Err(swipekit::Error::TooLarge {
            what: "a packed bundle",
            limit: MAX_PACKED,
            got: total,
        }
        .into());
    }
    let parent = staging::parent(file);
    fs::create_dir_all(&parent).map_err(FileError::write(&parent))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".swipekit-");
    #[cfg(unix)]
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(permissions);
    let mut temporary = builder
        .tempfile_in(&parent)
        .map_err(FileError::write(file))?;
    // Made in memory first: the crate `zip` prints to standard error where a disk is full.
    let archive = archive(&entries, total as usize).map_err(FileError::write(file))?;
    temporary
        .write_all(&archive)
        .and_then(|()| temporary.as_file().sync_all())
        .map_err(FileError::write(file))?;
    // What is about to be moved to its destination must open.
    Bundle::open(temporary.path())?;
    temporary
        .persist(file)
        .map_err(|error| FileError::write(file)(error.error))?;
    Ok(())
}

fn archive(
    entries: &[(&str, swipekit::bytes::Bytes)],
    capacity: usize,
) -> std::io::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .with_android_alignment(ALIGNMENT as u16);
    let mut archive = ZipWriter::new(Cursor::new(Vec::with_capacity(capacity)));
    for (name, content) in entries {
        archive.start_file(*name, options)?;
        archive.write_all(content)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Writes the packed bundle `file` as the folder `folder`, replacing a bundle that is there.
///
/// # Errors
/// Those of [`Bundle::open`], [`FileError::InTheWay`] where `folder` holds something else than a
/// bundle, [`FileError::Io`].
pub fn unpack(file: impl AsRef<Path>, folder: impl AsRef<Path>) -> Result<Bundle> {
    let (bundle, folder) = (Bundle::open(file)?, folder.as_ref());
    staging::check_replaceable(folder)?;
    let staged = staging::beside(folder)?;
    let write = |name: &str, content: &[u8]| {
        let path = staged.path().join(name);
        let mut file = File::create_new(&path).map_err(FileError::write(&path))?;
        file.write_all(content)
            .and_then(|()| file.sync_all())
            .map_err(FileError::write(&path))
    };
    for name in bundle.file_names() {
        write(name, &bundle.file(name)?)?;
    }
    write(MANIFEST_FILE, bundle.manifest_json())?;
    staging::replace(staged, folder)?;
    Ok(Bundle::open(folder)?)
}
