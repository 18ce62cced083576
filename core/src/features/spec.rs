//! The featurizer block of a bundle: which featurizer, with which parameters.

use serde::{Deserialize, Serialize};

use super::kind::{self, Kind};
use super::kinematic37;
use crate::error::Result;
use crate::layout::{Layout, LayoutPolicy};

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
    /// unshifted QWERTY grid ([`Layout::qwerty_unshifted`]), no scale.
    pub fn seed() -> Self {
        Self {
            max_points: Some(256),
            clamp_before_resampling: false,
            ..Self::kinematic37(Layout::qwerty_unshifted().key_centres(), Vec::new())
        }
    }

    /// `kinematic37` over all points, clamped before resampling, with distances to `key_centres`
    /// and a scale for each of the 37 features (or none, for an empty `scale`).
    pub fn kinematic37(key_centres: Vec<[f32; 2]>, scale: Vec<f32>) -> Self {
        Self {
            id: kinematic37::KIND.id.to_owned(),
            version: kinematic37::KIND.version,
            max_points: None,
            clamp_before_resampling: true,
            key_centres,
            scale,
        }
    }

    /// What is done with traces that were made on another layout than the network was trained on.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an unknown id or version.
    pub fn layout_policy(&self) -> Result<LayoutPolicy> {
        Ok(Kind::of(self)?.layout_policy)
    }

    /// Whether this version knows the featurizer.
    pub(crate) fn is_known(&self) -> bool {
        kind::find(self).is_some()
    }
}
