//! The network in plain Rust, written from NeMo's semantics and from nothing else in this crate.
//!
//! The exporters hold every artefact they write to it, and it is itself held to NeMo's own outputs.
//! Activations and sums are of type `F` ([`f32`] or [`f64`]); weights stay `f32` and are converted
//! at use, so no second copy of a model is made. Masking is that of NeMo 2.5 and later: padding
//! never reaches a valid frame.
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

/// An input that the network cannot take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// A tensor has another number of values than its shape calls for.
    #[error("{what}: expected {expected} values, got {got}")]
    Values {
        /// The tensor.
        what: &'static str,
        /// The number that the shape calls for.
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
    /// A batch without frames.
    #[error("the features have no frames; give at least one")]
    Empty,
}
