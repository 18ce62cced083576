//! Temporary folders beside their destination, and the step that moves one there.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use swipekit::internals::bundle::MANIFEST_FILE;
use tempfile::TempDir;

use crate::files::{FileError, Result};

/// Largest manifest that is read to see whether a folder is a bundle.
const MAX_MANIFEST: u64 = 1 << 20;

/// An empty temporary folder beside `destination`, on the same file system; its parent folders are
/// made where they are missing.
pub(crate) fn beside(destination: &Path) -> Result<TempDir> {
    let parent = parent(destination);
    fs::create_dir_all(&parent).map_err(FileError::write(&parent))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".swipekit-");
    // The staging folder becomes the bundle: as readable as any folder that the user makes.
    #[cfg(unix)]
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    #[cfg(unix)]
    builder.permissions(permissions);
    builder
        .tempdir_in(&parent)
        .map_err(FileError::write(&parent))
}

/// The folder that holds `path`.
pub(super) fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// Makes sure that `folder` may be replaced by a bundle: it is absent, empty, or a bundle with
/// nothing else in it.
pub(super) fn check_replaceable(folder: &Path) -> Result<()> {
    let in_the_way = |got: String| FileError::InTheWay {
        path: folder.to_path_buf(),
        expected: "nothing, an empty folder or a bundle",
        got,
    };
    match fs::symlink_metadata(folder) {
        Ok(about) if about.is_dir() => {}
        Ok(_) => return Err(in_the_way("something that is no folder".to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(FileError::read(folder)(source)),
    }
    let names = names(folder)?;
    if names.is_empty() {
        return Ok(());
    }
    let Some(listed) = listed_files(&folder.join(MANIFEST_FILE)) else {
        return Err(in_the_way("a folder that is no bundle".to_owned()));
    };
    for name in names {
        let known = name
            .to_str()
            .is_some_and(|name| name == MANIFEST_FILE || listed.contains_key(name));
        if !known {
            let got = format!("a bundle with a foreign file: {}", name.to_string_lossy());
            return Err(in_the_way(got));
        }
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<std::ffi::OsString>> {
    let failed = |source| FileError::read(folder)(source);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        names.push(entry.map_err(failed)?.file_name());
    }
    names.sort();
    Ok(names)
}

/// The files that the manifest at `path` lists, of any format and in any state of the files; `None`
/// where it is no manifest.
fn listed_files(path: &Path) -> Option<BTreeMap<String, IgnoredAny>> {
    #[derive(Deserialize)]
    struct AnyManifest {
        #[serde(rename = "format")]
        _format: u32,
        files: BTreeMap<String, IgnoredAny>,
    }
    let about = fs::metadata(path).ok()?;
    if !about.is_file() || about.len() > MAX_MANIFEST {
        return None;
    }
    let manifest: AnyManifest = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    Some(manifest.files)
}

/// Moves `staged` to `destination`, replacing the bundle that may be there: at every moment there
/// is the old bundle or the new one (on Linux; elsewhere there is none for the instant between two
/// renames, and the old one comes back where the second fails).
pub(super) fn replace(staged: TempDir, destination: &Path) -> Result<()> {
    check_replaceable(destination)?;
    sync(staged.path());
    if fs::symlink_metadata(destination).is_err() {
        fs::rename(staged.path(), destination).map_err(FileError::write(destination))?;
        // Nothing is left to be removed.
        let _ = staged.keep();
    } else if exchange(staged.path(), destination).is_ok() {
        // The staging folder holds the old bundle now, and goes with it.
        drop(staged);
    } else {
        let aside = TempDir::with_prefix_in(".swipekit-", parent(destination))
            .map_err(FileError::write(destination))?;
        let old = aside.path().join(OsStr::new("old"));
        fs::rename(destination, &old).map_err(FileError::write(destination))?;
        if let Err(source) = fs::rename(staged.path(), destination) {
            if fs::rename(&old, destination).is_err() {
                // Better a bundle in an odd folder than none.
                let _ = aside.keep();
            }
            return Err(FileError::write(destination)(source));
        }
        let _ = staged.keep();
    }
    sync(&parent(destination));
    Ok(())
}

/// Swaps two folders in one step, where the platform and the file system can.
#[cfg(target_os = "linux")]
fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Asks the file system to make a folder's entries durable; not every one can, and none needs it to
/// be consistent.
fn sync(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
