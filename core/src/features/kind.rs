//! What a featurizer is made of; each has a folder, and a line in [`KINDS`].

use std::fmt::Debug;
use std::sync::Arc;

use super::{FeaturizerSpec, Sample, kinematic37};
use crate::error::{Error, Result};
use crate::layout::LayoutPolicy;

/// Largest magnitude of a parameter: keeps every feature finite in float32.
const LARGEST_PARAMETER: f32 = 1e6;

/// The featurizers that this version knows, by id and version.
static KINDS: [Kind; 1] = [kinematic37::KIND];

/// A definition of features.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) id: &'static str,
    pub(super) version: u32,
    /// Features a sample.
    pub(super) features: usize,
    /// What is done with traces of another layout than the network was trained on.
    pub(super) layout_policy: LayoutPolicy,
    /// Checks the parameters that are its own.
    pub(super) open: fn(&FeaturizerSpec) -> Result<Arc<dyn Describe>>,
}

/// Describes the samples of paths.
pub(super) trait Describe: Debug + Send + Sync {
    /// Writes the features of sample `index` of a path of at least two samples, before scaling,
    /// into `row`, which is zero.
    fn describe(&self, path: &[Sample], index: usize, row: &mut [f64]);
}

impl Kind {
    /// The featurizer of `spec`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown id or version.
    pub(super) fn of(spec: &FeaturizerSpec) -> Result<&'static Self> {
        find(spec).ok_or_else(|| {
            let id: String = spec.id.chars().take(64).collect();
            let got = format!("{id} version {}", spec.version);
            Error::invalid("the featurizer", known().join(", "), got)
        })
    }
}

/// The featurizer of `spec`; `None` where this version does not know it.
pub(super) fn find(spec: &FeaturizerSpec) -> Option<&'static Kind> {
    let mut kinds = KINDS.iter();
    kinds.find(|kind| kind.id == spec.id && kind.version == spec.version)
}

/// The featurizers that this version knows, each with its version.
pub(crate) fn known() -> Vec<String> {
    let name = |kind: &Kind| format!("{} version {}", kind.id, kind.version);
    KINDS.iter().map(name).collect()
}

/// Checks that parameters are finite and not too large.
pub(super) fn check_parameters<'a>(
    what: &'static str,
    mut values: impl Iterator<Item = &'a f32> + Clone,
) -> Result<()> {
    if !values.clone().all(|value| value.is_finite()) {
        return Err(Error::NotFinite { what });
    }
    match values.find(|value| value.abs() > LARGEST_PARAMETER) {
        Some(value) => Err(Error::invalid(
            what,
            format!("at most {LARGEST_PARAMETER} in magnitude"),
            value,
        )),
        None => Ok(()),
    }
}
