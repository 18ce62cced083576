//! Encoders of fewer bits: 16-bit floats, and 8-bit integers.
//!
//! Everything here works on the finished FP32 graph, so that an artefact can be held to the one
//! that it came from:
//!
//! - [`half`]: weights stored as 16-bit floats, cast back by the graph itself;
//! - [`layers`]: the products that can run on integers; [`weights`] rounds theirs, channel by
//!   channel;
//! - [`equalize`]: evens out an input whose columns differ by orders of magnitude;
//! - [`calibrate`]: what the activations look like on real swipes, and the ranges that follow
//!   ([`histogram`]);
//! - [`rewrite`]: the integer graph, with ranges fixed beforehand (static) or taken from each swipe
//!   (dynamic);
//! - [`probe`]: what a graph does to words, swipe by swipe, and to its frames ([`frames`]);
//! - [`sensitivity`]: which layers must stay in float for the words to stay right.
//!
//! Prediction network and joint stay as they are: core runs them itself, and they are small.

pub mod calibrate;
pub mod equalize;
mod error;
pub mod frames;
pub mod half;
pub mod histogram;
pub mod layers;
mod precision;
pub mod probe;
pub mod recipe;
pub mod rewrite;
pub mod sensitivity;
#[cfg(test)]
mod tests;
pub mod weights;

pub use error::QuantizeError;
pub use precision::Precision;
pub use recipe::{ActivationType, Recipe, Scheme};

/// Result of a quantization.
pub type Result<T, E = QuantizeError> = std::result::Result<T, E>;
