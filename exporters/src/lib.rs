//! swipekit exporters: from a NeMo checkpoint to a validated bundle.
#![forbid(unsafe_code)]

mod arguments;
pub mod audit;
pub mod checkpoint;
pub mod cli;
pub mod error;
pub mod export;
pub mod frames;
pub mod judge;
pub mod layouts;
pub mod network;
pub mod onnx;
pub mod package;
pub mod precision;
pub mod pte;
pub mod quantize;
pub mod reference;
pub mod report;
mod sha256;
pub mod statistics;
pub mod swipes;
pub mod synth;
#[cfg(test)]
mod testing;
pub mod validate;
pub mod words;
