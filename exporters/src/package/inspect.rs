//! Reports on bundles.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;
use swipekit::internals::bundle::{Bundle, Manifest, RUNTIME_META_FILE};

use super::RuntimeMeta;
use crate::files::Result;

/// A bundle that was found sound.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verification {
    /// Where it is.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// Version of the bundle format.
    pub format: u32,
    /// Whether it is one `.swipekit` file.
    pub packed: bool,
    /// Files verified, without the manifest.
    pub files: usize,
    /// Bytes verified.
    pub bytes: u64,
    /// Golden swipes; 0 where there is no `golden.json`.
    pub golden_swipes: usize,
    /// Names of what lies in the folder and is no part of the bundle.
    pub unlisted: Vec<String>,
    /// Time that opening took, in milliseconds; nearly all of it is hashing.
    pub open_ms: f64,
}

/// What is in a bundle.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is one `.swipekit` file.
    pub packed: bool,
    /// Bytes of all files, without the manifest.
    pub bytes: u64,
    /// The manifest.
    pub manifest: Manifest,
    /// Names of what lies in the folder and is no part of the bundle.
    pub unlisted: Vec<String>,
}

/// Verifies the bundle at `path`: every size and hash, the manifest, the golden swipes' form, and
/// that `runtime_meta.json` says what the manifest says. Runs no model.
///
/// # Errors
/// The first thing that is wrong, as [`Bundle::open`] says it.
pub fn verify(path: impl AsRef<Path>) -> Result<Verification> {
    let start = Instant::now();
    let bundle = Bundle::open(path)?;
    let open_ms = start.elapsed().as_secs_f64() * 1000.0;
    let manifest = bundle.manifest();
    let golden_swipes = bundle.golden()?.map_or(0, |golden| golden.swipes.len());
    if manifest.files.contains_key(RUNTIME_META_FILE) {
        let path = bundle.path().join(RUNTIME_META_FILE);
        let damaged = |got: String| {
            let expected = "what the manifest says of the model";
            swipekit::Error::damaged(&path, "the description of the model", expected, got)
        };
        let meta: RuntimeMeta = serde_json::from_slice(&bundle.file(RUNTIME_META_FILE)?)
            .map_err(|error| damaged(error.to_string()))?;
        if meta != RuntimeMeta::of(manifest) {
            return Err(damaged("something else".to_owned()).into());
        }
    }
    Ok(Verification {
        path: bundle.path().to_path_buf(),
        name: manifest.name.clone(),
        format: manifest.format,
        packed: !bundle.path().is_dir(),
        files: manifest.files.len(),
        bytes: size(manifest),
        golden_swipes,
        unlisted: bundle.unlisted_files().to_vec(),
        open_ms,
    })
}

/// Opens the bundle at `path` and tells what is in it.
///
/// # Errors
/// Those of [`Bundle::open`].
pub fn inspect(path: impl AsRef<Path>) -> Result<Inspection> {
    let bundle = Bundle::open(path)?;
    Ok(Inspection {
        path: bundle.path().to_path_buf(),
        packed: !bundle.path().is_dir(),
        bytes: size(bundle.manifest()),
        manifest: bundle.manifest().clone(),
        unlisted: bundle.unlisted_files().to_vec(),
    })
}

fn size(manifest: &Manifest) -> u64 {
    let sizes = manifest.files.values().map(|entry| entry.size);
    sizes.fold(0, u64::saturating_add)
}
