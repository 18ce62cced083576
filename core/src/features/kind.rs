//! The definition of a featurizer.

use std::fmt::Debug;
use std::sync::Arc;

use super::Sample;
use super::spec::FeaturizerSpec;
use crate::error::{Error, Result};
use crate::layout::LayoutPolicy;

/// Largest magnitude of a parameter: keeps every feature finite in float32.
const LARGEST_PARAMETER: f32 = 1e6;

/// A definition of features.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) id: &'static str,
    pub(super) version: u32,
    /// Number of features per sample.
    pub(super) features: usize,
    /// How to treat traces of a layout other than the trained one.
    pub(super) layout_policy: LayoutPolicy,
    /// Checks the featurizer's own parameters.
    pub(super) open: fn(&FeaturizerSpec) -> Result<Arc<dyn Describe>>,
}

/// Describes the samples of paths.
pub(super) trait Describe: Debug + Send + Sync {
    /// Writes the unscaled features of sample `index` into `row`, which is zero. The path has at
    /// least two samples.
    fn describe(&self, path: &[Sample], index: usize, row: &mut [f64]);
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
