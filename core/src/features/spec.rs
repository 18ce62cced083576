//! The featurizer block of a bundle: which featurizer, with which parameters.

use serde::{Deserialize, Serialize};

/// A featurizer and everything that its output depends on. Part of `bundle.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeaturizerSpec {
    /// Name of the featurizer; `kinematic37` is the only one known.
    pub id: String,
    /// Version of its definition; 1.
    pub version: u32,
    /// Only the first so many points are used, as the seed does with 256; `None` keeps all.
    pub max_points: Option<usize>,
    /// Whether x and y are clamped to the letter area before the path is resampled, not only after.
    pub clamp_before_resampling: bool,
    /// The letter-key centres that the distance features are measured to, in the letter area's
    /// frame (x 0 = left edge of the first row, 1 = right edge; y 0 = top of the first row, 1 =
    /// bottom of the third).
    pub key_centres: Vec<[f32; 2]>,
    /// Each feature is multiplied by its entry after it is computed; one entry a feature, or empty
    /// for no scaling.
    pub scale: Vec<f32>,
}
