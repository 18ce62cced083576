//! Encoders of fewer bits: 16-bit floats and 8-bit integers.
//!
//! Everything here transforms the finished FP32 graph, so that the result can be compared with it:
//!
//! - [`half`]: weights stored as 16-bit floats, cast back by the graph itself;
//! - [`layers`]: the products that can run on integers; [`weights`] rounds their weights per
//!   channel;
//! - [`equalize`]: equalizes an input whose columns differ by orders of magnitude;
//! - [`calibrate`]: observes activations on real swipes and computes their ranges ([`histogram`]);
//! - [`rewrite`]: the integer graph, with calibrated ranges (static) or those of each swipe
//!   (dynamic);
//! - [`probe`]: the effect of a graph on words, swipe by swipe, and on frames ([`frames`]);
//! - [`sensitivity`]: which layers must stay in float to keep the words right.
//!
//! Prediction network and joint are not quantized: core runs them itself, and they are small.

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
