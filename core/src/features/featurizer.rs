//! Turns a trace into features.

use std::sync::Arc;

use super::buffer::Features;
use super::kind::{Describe, check_parameters};
use super::resample::resample;
use super::spec::FeaturizerSpec;
use crate::error::{Error, Result};
use crate::layout::Warp;
use crate::trace::Trace;

/// Turns traces into features, with the parameters of one bundle. Cheap to clone; holds no buffer.
#[derive(Clone, Debug)]
pub struct Featurizer {
    max_points: Option<usize>,
    clamp_before_resampling: bool,
    describe: Arc<dyn Describe>,
    /// One factor per feature.
    scale: Vec<f64>,
}

impl Featurizer {
    /// The featurizer that `spec` describes.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown id or version, fewer than five key centres (the five
    /// nearest are features) or parameters out of range, [`Error::Shape`] for a scale that is
    /// neither empty nor has one entry per feature, [`Error::TooLarge`] for more than 512 key
    /// centres, [`Error::NotFinite`] for a parameter that is NaN or infinite.
    pub fn new(spec: &FeaturizerSpec) -> Result<Self> {
        let kind = spec.kind()?;
        if spec.max_points.is_some_and(|points| points < 2) {
            return Err(Error::invalid(
                "the featurizer's max_points",
                "at least 2",
                spec.max_points.unwrap_or(0),
            ));
        }
        let describe = (kind.open)(spec)?;
        check_parameters("the featurizer's scale", spec.scale.iter())?;
        if !spec.scale.is_empty() && spec.scale.len() != kind.features {
            return Err(Error::Shape {
                what: "the featurizer's scale".to_owned(),
                expected: vec![kind.features],
                got: vec![spec.scale.len()],
            });
        }
        let scale = match spec.scale.as_slice() {
            [] => vec![1.0; kind.features],
            scale => scale.iter().copied().map(f64::from).collect(),
        };
        Ok(Self {
            max_points: spec.max_points,
            clamp_before_resampling: spec.clamp_before_resampling,
            describe,
            scale,
        })
    }

    /// Number of features F of a sample.
    pub fn width(&self) -> usize {
        self.scale.len()
    }

    /// Replaces the content of `out` with the features of `trace` and returns the number of
    /// samples: 49 to 111, or 1 (all zero) for a trace of fewer than two points.
    ///
    /// Every feature is finite, whatever the trace. Allocates nothing once `out` has held the
    /// longest path.
    pub fn features(&self, trace: &Trace, out: &mut Features) -> usize {
        self.features_through(None, trace, out)
    }

    /// As [`features`](Self::features), after mapping the points through `warp`, if given. The warp
    /// works in the letter area's coordinates, before any clamping.
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
        out.width = self.width();
        out.data.clear();
        out.data.resize(out.width * out.samples, 0.0);
        if out.path.len() >= 2 {
            for index in 0..out.path.len() {
                out.row.clear();
                out.row.resize(out.width, 0.0);
                self.describe.describe(&out.path, index, &mut out.row);
                for (feature, (value, scale)) in out.row.iter().zip(&self.scale).enumerate() {
                    out.data[feature * out.samples + index] = (value * scale) as f32;
                }
            }
        }
        out.samples
    }
}
