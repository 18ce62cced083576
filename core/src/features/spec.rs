//! The featurizer block of a bundle: the featurizer and its parameters.

use serde::{Deserialize, Serialize};

/// A featurizer and everything that its output depends on. Part of `bundle.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeaturizerSpec {
    /// Name of the featurizer; `kinematic37` is the only one known.
    pub id: String,
    /// Version of its definition; 1.
    pub version: u32,
    /// Only the first `max_points` points are used, as the seed does with 256; `None` uses all.
    pub max_points: Option<usize>,
    /// Whether x and y are clamped to the letter area before resampling as well as after.
    pub clamp_before_resampling: bool,
    /// The letter-key centres for the distance features, in the letter area's coordinates (x 0 =
    /// left edge of the first row, 1 = right edge; y 0 = top of the first row, 1 = bottom of the
    /// third).
    pub key_centres: Vec<[f32; 2]>,
    /// Factors of the features, one per feature; empty for no scaling.
    pub scale: Vec<f32>,
}
