//! The joint: log-probabilities of the next label or the blank, given a frame and a prefix.

use std::sync::Arc;

use pulp::{Arch, NullaryFnOnce};

use super::activation::{exp, sigmoid, tanh};
use super::file::{JointLayer, Reader};
use super::linear::Linear;
use crate::error::{Error, Result};
use crate::transducer::{Activation, ModelSpec};

/// The joint network without its prediction side's projection, which
/// [`Prediction`](super::Prediction) applies.
#[derive(Debug)]
pub struct Joint {
    projection: Arc<Linear>,
    output: Linear,
    activation: Activation,
    classes: usize,
    blank: usize,
}

/// Buffers of [`Joint`], kept between calls.
#[derive(Clone, Debug, Default)]
pub struct JointScratch {
    hidden: Vec<f32>,
    logits: Vec<f32>,
    /// `[J]` zeros.
    silence: Vec<f32>,
}

impl Joint {
    /// Bytes of the weights.
    pub(crate) fn bytes(&self) -> usize {
        self.projection.bytes() + self.output.bytes()
    }

    pub(super) fn new(
        file: &Reader<'_>,
        model: &ModelSpec,
        classes: usize,
        blank: usize,
    ) -> Result<Self> {
        let projection = Linear::of_joint(file, JointLayer::Encoder, model.encoder)?;
        let output = Linear::of_joint(file, JointLayer::Output, model.joint)?;
        Ok(Self {
            projection: Arc::new(projection),
            output,
            activation: model.activation,
            classes,
            blank,
        })
    }

    /// The same network with its classes in another `order`; it shares the projection's weights.
    pub(super) fn relabelled(&self, order: &[usize]) -> Self {
        Self {
            projection: Arc::clone(&self.projection),
            output: self.output.reordered(order),
            ..*self
        }
    }

    /// Number of classes: labels and blank.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Class of the blank.
    pub fn blank(&self) -> usize {
        self.blank
    }

    /// Width J.
    pub fn width(&self) -> usize {
        self.output.inputs()
    }

    /// Projects encoder frames `[T', D]` to `projected` `[T', J]`, once per swipe.
    ///
    /// # Errors
    /// [`Error::Shape`] where `frames` is not a whole number of frames.
    pub fn project_encoder(
        &self,
        frames: &[f32],
        projected: &mut Vec<f32>,
        scratch: &mut JointScratch,
    ) -> Result<()> {
        let width = self.projection.inputs();
        if !frames.len().is_multiple_of(width) {
            return Err(Error::Shape {
                what: "encoder frames".to_owned(),
                expected: vec![frames.len() / width, width],
                got: vec![frames.len()],
            });
        }
        let stride = self.projection.stride();
        scratch.hidden.clear();
        scratch.hidden.resize(frames.len() / width * stride, 0.0);
        self.projection.apply(frames, &mut scratch.hidden);
        projected.clear();
        for row in scratch.hidden.chunks_exact(stride) {
            projected.extend_from_slice(&row[..self.projection.outputs()]);
        }
        Ok(())
    }

    /// Appends the log-probabilities of all classes for one frame and N prefixes to `out`,
    /// `[N, V+1]`.
    ///
    /// `frame` is a projected frame `[J]`; `prefixes` yields projected prediction outputs `[J]`.
    pub fn log_probabilities<'a>(
        &self,
        frame: &[f32],
        prefixes: impl Iterator<Item = &'a [f32]>,
        out: &mut Vec<f32>,
        scratch: &mut JointScratch,
    ) {
        scratch.hidden.clear();
        Arch::new().dispatch(Activate {
            activation: self.activation,
            frame,
            prefixes,
            hidden: &mut scratch.hidden,
        });
        let rows = scratch.hidden.len() / self.width();
        scratch.logits.clear();
        scratch.logits.resize(rows * self.output.stride(), 0.0);
        match self.activation {
            // More than half of a ReLU's outputs are zero.
            Activation::Relu => self
                .output
                .apply_sparse(&scratch.hidden, &mut scratch.logits),
            Activation::Tanh | Activation::Sigmoid => {
                self.output.apply(&scratch.hidden, &mut scratch.logits);
            }
        }
        let start = out.len();
        for row in scratch.logits.chunks_exact(self.output.stride()) {
            out.extend_from_slice(&row[..self.classes]);
        }
        let exponentials = &mut scratch.logits[..out.len() - start];
        Arch::new().dispatch(LogSoftmax {
            classes: self.classes,
            values: &mut out[start..],
            exponentials,
        });
    }

    /// Appends the internal language model's log-probabilities of the next label to `out`,
    /// `[N, V+1]`. The blank is excluded and its entry is zero.
    ///
    /// The encoder's term of the joint's sum is set to zero (Variani et al. 2020, "Hybrid
    /// autoregressive transducer"; Meng et al. 2021, "Internal language model estimation").
    pub fn internal_lm<'a>(
        &self,
        prefixes: impl Iterator<Item = &'a [f32]>,
        out: &mut Vec<f32>,
        scratch: &mut JointScratch,
    ) {
        let mut silence = std::mem::take(&mut scratch.silence);
        silence.resize(self.width(), 0.0);
        let start = out.len();
        self.log_probabilities(&silence, prefixes, out, scratch);
        scratch.silence = silence;
        for row in out[start..].chunks_exact_mut(self.classes) {
            row[self.blank] = f32::NEG_INFINITY;
            let labels = row.iter().map(|value| exp(*value)).sum::<f32>();
            let normalizer = libm::logf(labels);
            row.iter_mut().for_each(|value| *value -= normalizer);
            row[self.blank] = 0.0;
        }
    }
}

/// The hidden layer: appends the activation of each prefix's sum with the frame to `hidden`.
struct Activate<'a, I> {
    activation: Activation,
    frame: &'a [f32],
    prefixes: I,
    hidden: &'a mut Vec<f32>,
}

impl<'p, I: Iterator<Item = &'p [f32]>> NullaryFnOnce for Activate<'_, I> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        match self.activation {
            Activation::Relu => self.run(|value| if value > 0.0 { value } else { 0.0 }),
            Activation::Tanh => self.run(tanh),
            Activation::Sigmoid => self.run(sigmoid),
        }
    }
}

impl<'p, I: Iterator<Item = &'p [f32]>> Activate<'_, I> {
    #[inline(always)]
    fn run(self, activation: impl Fn(f32) -> f32) {
        for prefix in self.prefixes {
            let sums = self.frame.iter().zip(prefix).map(|(f, g)| f + g);
            self.hidden.extend(sums.map(&activation));
        }
    }
}

/// The maximum of `row`, computed in lanes because one chain of comparisons does not vectorize.
#[inline(always)]
fn maximum(row: &[f32]) -> f32 {
    let greater = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [f32::NEG_INFINITY; 8];
    let chunks = row.chunks_exact(lanes.len());
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = greater(*lane, *value);
        }
    }
    rest.iter()
        .chain(&lanes)
        .copied()
        .fold(f32::NEG_INFINITY, greater)
}

/// Log-softmax of each row of `classes` values.
struct LogSoftmax<'a> {
    classes: usize,
    values: &'a mut [f32],
    /// A buffer as long as the values.
    exponentials: &'a mut [f32],
}

impl NullaryFnOnce for LogSoftmax<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            classes,
            values,
            exponentials,
        } = self;
        for row in values.chunks_exact_mut(classes) {
            let max = maximum(row);
            row.iter_mut().for_each(|value| *value -= max);
        }
        // Exponentials are separate from the sums, whose fixed order prevents vectorization.
        for (exponential, value) in exponentials.iter_mut().zip(&*values) {
            *exponential = exp(*value);
        }
        for (row, exponentials) in values
            .chunks_exact_mut(classes)
            .zip(exponentials.chunks_exact(classes))
        {
            let normalizer = libm::logf(exponentials.iter().sum());
            row.iter_mut().for_each(|value| *value -= normalizer);
        }
    }
}
