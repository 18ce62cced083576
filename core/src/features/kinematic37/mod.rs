//! The featurizer `kinematic37`, version 1: each sample of a path by 37 numbers, all in the letter
//! area's frame carried to [-1, 1] and in seconds.
//!
//! | features | what |
//! |---|---|
//! | 0-2 | x, y, time since touch-down |
//! | 3-5, 6-8 | velocity (x, y, magnitude), acceleration (x, y, magnitude) |
//! | 9-11, 12 | direction of motion (angle, sine, cosine), curvature: change of that angle |
//! | 13-17 | the five smallest distances to key centres, ascending |
//! | 18-20 | progress, whether first sample, whether last sample |
//! | 21-26 | mean x, std x, mean y, std y, range x, range y over five samples |
//! | 27-36 | zero |

mod motion;
mod neighbours;
mod window;

use std::sync::Arc;

use super::kind::{Describe, Kind, check_parameters};
use super::{FeaturizerSpec, Sample};
use crate::error::{Error, Result};
use crate::layout::LayoutPolicy;
use motion::{Motion, length};
use neighbours::{NEIGHBOURS, nearest};
use window::statistics;

/// Most key centres that the featurizer takes.
const MAX_KEY_CENTRES: usize = 512;

/// `kinematic37`. Its distances are measured to a fixed grid of keys, so traces of another layout
/// are warped.
pub(super) const KIND: Kind = Kind {
    id: "kinematic37",
    version: 1,
    features: 37,
    layout_policy: LayoutPolicy::Warp,
    open: |spec| Ok(Arc::new(Kinematic37::new(spec)?)),
};

/// Describes samples by the parameters of one bundle.
#[derive(Debug)]
struct Kinematic37 {
    /// Carried to [-1, 1].
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
