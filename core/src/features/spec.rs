//! The featurizer block of a bundle: which featurizer, with which parameters.

use serde::{Deserialize, Serialize};

use crate::layout::{Layout, LayoutPolicy};

/// The featurizer that this version knows.
pub const KINEMATIC37: &str = "kinematic37";

/// The version of its definition that this version knows.
pub const KINEMATIC37_VERSION: u32 = 1;

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

impl FeaturizerSpec {
    /// `kinematic37` as the seed runs it: the first 256 points, clamped after resampling, the
    /// unshifted key grid, no scale.
    pub fn seed() -> Self {
        Self {
            max_points: Some(256),
            clamp_before_resampling: false,
            ..Self::kinematic37(Vec::new())
        }
    }

    /// What is done with traces that were made on another layout than the network was trained on:
    /// its distances are measured to a fixed grid of keys, so they are warped.
    pub fn layout_policy(&self) -> LayoutPolicy {
        LayoutPolicy::Warp
    }

    /// `kinematic37` over all points, clamped before resampling, with the unshifted key grid and a
    /// scale for each of the 37 features (or none, for an empty `scale`).
    pub fn kinematic37(scale: Vec<f32>) -> Self {
        Self {
            id: KINEMATIC37.to_owned(),
            version: KINEMATIC37_VERSION,
            max_points: None,
            clamp_before_resampling: true,
            key_centres: Layout::qwerty_unshifted().key_centres(),
            scale,
        }
    }
}
