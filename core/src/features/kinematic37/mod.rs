//! The featurizer `kinematic37`; the [parent](super) lists its features.

mod motion;
mod neighbours;
mod window;

use std::sync::Arc;

use super::Sample;
use super::kind::{Describe, Kind, check_parameters};
use super::spec::FeaturizerSpec;
use crate::error::{Error, Result};
use crate::layout::{Layout, LayoutPolicy};
use motion::{Motion, length};
use neighbours::{NEIGHBOURS, nearest};
use window::statistics;

/// Most key centres that the featurizer takes.
const MAX_KEY_CENTRES: usize = 512;

/// `kinematic37`. Its distances refer to a fixed grid of keys, so traces of other layouts are
/// warped.
pub(super) const KIND: Kind = Kind {
    id: "kinematic37",
    version: 1,
    features: 37,
    layout_policy: LayoutPolicy::Warp,
    open: |spec| Ok(Arc::new(Kinematic37::new(spec)?)),
};

impl FeaturizerSpec {
    /// `kinematic37` as the seed runs it: the first 256 points, clamped after resampling only, the
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
            id: KIND.id.to_owned(),
            version: KIND.version,
            max_points: None,
            clamp_before_resampling: true,
            key_centres,
            scale,
        }
    }
}

/// Describes samples by the parameters of one bundle.
#[derive(Debug)]
struct Kinematic37 {
    /// Mapped to [-1, 1].
    key_centres: Vec<[f64; 2]>,
}

impl Kinematic37 {
    fn new(spec: &FeaturizerSpec) -> Result<Self> {
        if spec.key_centres.len() < NEIGHBOURS {
            return Err(Error::invalid(
                "the featurizer's number of key centres",
                format!("at least {NEIGHBOURS}"),
                spec.key_centres.len(),
            ));
        }
        if spec.key_centres.len() > MAX_KEY_CENTRES {
            return Err(Error::TooLarge {
                what: "the featurizer's number of key centres",
                limit: MAX_KEY_CENTRES as u64,
                got: spec.key_centres.len() as u64,
            });
        }
        check_parameters(
            "the featurizer's key centres",
            spec.key_centres.iter().flatten(),
        )?;
        let centre = |c: &[f32; 2]| c.map(|v| f64::from(v) * 2.0 - 1.0);
        Ok(Self {
            key_centres: spec.key_centres.iter().map(centre).collect(),
        })
    }
}

impl Describe for Kinematic37 {
    fn describe(&self, path: &[Sample], index: usize, row: &mut [f64]) {
        let Sample { x, y, t } = path[index];
        let motion = Motion::at(path, index);
        let last = path.len() - 1;
        let flag = |set: bool| if set { 1.0 } else { 0.0 };
        row[0..3].copy_from_slice(&[x, y, t / 1000.0]);
        row[3..5].copy_from_slice(&motion.velocity);
        row[5] = length(motion.velocity);
        row[6..8].copy_from_slice(&motion.acceleration);
        row[8] = length(motion.acceleration);
        row[9] = motion.angle;
        row[10] = libm::sin(motion.angle);
        row[11] = libm::cos(motion.angle);
        row[12] = motion.curvature;
        row[13..13 + NEIGHBOURS].copy_from_slice(&nearest(&self.key_centres, x, y));
        row[18] = index as f64 / last as f64;
        row[19] = flag(index == 0);
        row[20] = flag(index == last);
        row[21..27].copy_from_slice(&statistics(path, index));
    }
}
