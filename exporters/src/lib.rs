//! swipekit exporters: from a NeMo checkpoint to a validated bundle.
#![forbid(unsafe_code)]

pub mod bundle;
pub mod checkpoint;
pub mod cli;
pub mod error;
pub mod evaluate;
pub mod export;
pub mod lexicon;
pub mod network;
pub mod onnx;
pub mod reference;
pub mod swipes;
pub mod synthetic;
#[cfg(test)]
mod testing;
pub mod validate;
