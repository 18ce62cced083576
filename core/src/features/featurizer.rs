//! The featurizer `kinematic37` and the buffer that it writes to.

use super::kinematics::{Motion, length};
use super::neighbours::{NEIGHBOURS, nearest};
use super::resample::resample;
use super::window::statistics;
use super::{FEATURES, FeaturizerSpec, KINEMATIC37, KINEMATIC37_VERSION, Sample};
use crate::error::{Error, Result};
use crate::layout::Warp;
use crate::trace::Trace;

/// Most key centres that a featurizer takes.
const MAX_KEY_CENTRES: usize = 512;

/// Largest magnitude of a scale or of a key centre's coordinate: keeps every feature finite in
/// float32.
const LARGEST_PARAMETER: f32 = 1e6;

/// Turns traces into features, by the parameters of one bundle. Cheap to clone; holds no buffer.
#[derive(Clone, Debug)]
pub struct Featurizer {
    max_points: Option<usize>,
    clamp_before_resampling: bool,
    /// Carried to [-1, 1].
    key_centres: Vec<[f64; 2]>,
    scale: [f64; FEATURES],
}

impl Featurizer {
    /// The featurizer that `spec` describes.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown id or version, a scale that is neither empty nor
    /// [`FEATURES`] long, fewer than five key centres (the five nearest are features) or parameters
    /// out of range, [`Error::TooLarge`] for more than 512 key centres, [`Error::NotFinite`] for a
    /// parameter that is NaN or infinite.
    pub fn new(spec: &FeaturizerSpec) -> Result<Self> {
        if spec.id != KINEMATIC37 {
            let got: String = spec.id.chars().take(64).collect();
            return Err(Error::invalid("the featurizer", KINEMATIC37, got));
        }
        if spec.version != KINEMATIC37_VERSION {
            return Err(Error::invalid(
                "the version of the featurizer kinematic37",
                KINEMATIC37_VERSION,
                spec.version,
            ));
        }
        if spec.max_points.is_some_and(|points| points < 2) {
            return Err(Error::invalid(
                "the featurizer's max_points",
                "at least 2",
                spec.max_points.unwrap_or(0),
            ));
        }
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
        check_parameters("the featurizer's scale", spec.scale.iter())?;
        let mut scale = [1.0; FEATURES];
        if !spec.scale.is_empty() {
            if spec.scale.len() != FEATURES {
                return Err(Error::Shape {
                    what: "the featurizer's scale".to_owned(),
                    expected: vec![FEATURES],
                    got: vec![spec.scale.len()],
                });
            }
            for (entry, value) in scale.iter_mut().zip(&spec.scale) {
                *entry = f64::from(*value);
            }
        }
        let centre = |c: &[f32; 2]| c.map(|v| f64::from(v) * 2.0 - 1.0);
        Ok(Self {
            max_points: spec.max_points,
            clamp_before_resampling: spec.clamp_before_resampling,
            key_centres: spec.key_centres.iter().map(centre).collect(),
            scale,
        })
    }

    /// Replaces the content of `out` by the features of `trace` and returns the number of samples:
    /// 49 to 111, or 1 (all zero) for a trace of fewer than two points.
    ///
    /// Every feature is finite, whatever the trace. Allocates nothing once `out` has held the
    /// longest path.
    pub fn features(&self, trace: &Trace, out: &mut Features) -> usize {
        self.features_through(None, trace, out)
    }

    /// As [`features`](Self::features), of a trace whose points go through `warp` first, where
    /// there is one: in the coordinates of the letter area, before anything is clamped.
    pub(crate) fn features_through(
        &self,
        warp: Option<&Warp>,
        trace: &Trace,
        out: &mut Features,
    ) -> usize {
        resample(
            trace,
            warp,
            self.max_points,
            self.clamp_before_resampling,
            &mut out.path,
        );
        out.samples = out.path.len().max(1);
        out.data.clear();
        out.data.resize(FEATURES * out.samples, 0.0);
        if out.path.len() >= 2 {
            for index in 0..out.path.len() {
                let row = self.sample(&out.path, index);
                for (feature, (value, scale)) in row.iter().zip(&self.scale).enumerate() {
                    out.data[feature * out.samples + index] = (value * scale) as f32;
                }
            }
        }
        out.samples
    }

    /// The features of sample `index` of a path of at least two samples, before scaling.
    fn sample(&self, path: &[Sample], index: usize) -> [f64; FEATURES] {
        let Sample { x, y, t } = path[index];
        let motion = Motion::at(path, index);
        let last = path.len() - 1;
        let flag = |set: bool| if set { 1.0 } else { 0.0 };
        let mut row = [0.0; FEATURES];
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
        row
    }
}

fn check_parameters<'a>(
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

/// Features of one path, reusable from gesture to gesture.
#[derive(Clone, Debug, Default)]
pub struct Features {
    data: Vec<f32>,
    samples: usize,
    /// The resampled path: scratch of the featurizer.
    path: Vec<Sample>,
}

impl Features {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of samples T.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// All features, [37, T] row-major: the encoder's input `features_bft` of a batch of one.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The 37 features of sample `index`; `None` past the last.
    pub fn sample(&self, index: usize) -> Option<[f32; FEATURES]> {
        (index < self.samples).then(|| std::array::from_fn(|f| self.data[f * self.samples + index]))
    }

    /// Writes the features into `out` [37, `width`] row-major with zeros behind sample T: one row
    /// of a padded batch.
    ///
    /// # Errors
    /// [`Error::Shape`] where `out` has another size or `width` is less than T.
    pub fn copy_padded(&self, width: usize, out: &mut [f32]) -> Result<()> {
        if width < self.samples || width.checked_mul(FEATURES) != Some(out.len()) {
            return Err(Error::Shape {
                what: "the padded features".to_owned(),
                expected: vec![FEATURES, width.max(self.samples)],
                got: vec![out.len()],
            });
        }
        if self.samples == 0 {
            out.fill(0.0);
            return Ok(());
        }
        for (row, padded) in self
            .data
            .chunks_exact(self.samples)
            .zip(out.chunks_exact_mut(width))
        {
            padded[..self.samples].copy_from_slice(row);
            padded[self.samples..].fill(0.0);
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn path(&self) -> &[Sample] {
        &self.path
    }
}
