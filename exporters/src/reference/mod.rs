//! The network in plain Rust, written from NeMo's semantics, independently of the rest of this
//! crate.
//!
//! The exporters check every artefact against it. It is itself checked against NeMo's own outputs.
//! Activations and sums are of type `F` ([`f32`] or [`f64`]). Weights stay `f32` and are converted
//! at use, so the model is not copied. Masking is that of NeMo 2.5 and later: padding never reaches
//! a valid frame.
//!
//! Sources: Gulati et al., "Conformer" (2020); Dai et al., "Transformer-XL" (2019) for relative
//! positions; Graves, "Sequence Transduction with Recurrent Neural Networks" (2012); Saon et al.,
//! "Alignment-Length Synchronous Decoding for RNN Transducer" (2020) for the time-synchronous beam.

mod attention;
mod beam;
mod conformer;
mod convolution;
mod encoder;
mod forward;
#[cfg(test)]
mod golden_tests;
mod greedy;
mod joint;
mod matrix;
mod position;
mod prediction;
mod real;
mod subsampling;
#[cfg(test)]
mod tests;

pub use beam::{Hypothesis, time_synchronous_beam};
pub use encoder::{Encoded, FeatureBatch, encode};
pub use forward::log_likelihood;
pub use greedy::{Greedy, greedy};
pub use joint::{joint_logits, log_softmax, project_encoder, project_prediction};
pub use matrix::Matrix;
pub use prediction::{LstmState, Prediction, predict, predict_step};
pub use real::Real;

/// The network cannot take an input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The number of a tensor's values does not match its shape.
    #[error("{what}: expected {expected} values, got {got}")]
    Values {
        /// The tensor.
        what: &'static str,
        /// The number that the shape requires.
        expected: usize,
        /// The number found.
        got: usize,
    },
    /// A number is outside its range.
    #[error("{what}: expected at most {limit}, got {got}")]
    Range {
        /// The number.
        what: &'static str,
        /// The largest accepted value.
        limit: usize,
        /// The value found.
        got: usize,
    },
    /// A batch without samples.
    #[error("the features have no frames; give at least one")]
    Empty,
}
