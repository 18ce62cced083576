//! Fits what a preset may set on swipes with their words.
//!
//! [`blend`] fits the weights of a score that is a sum of weighted terms; [`geometry`] gathers those terms for geometric
//! evidence (`swipekit::geometry`) and makes options of the weights.

pub mod blend;
pub mod geometry;
#[cfg(test)]
mod tests;

pub use blend::{Blend, ScoredList, fit};
