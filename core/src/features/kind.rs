//! What a featurizer is made of.

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
