//! swipekit exporters: from a NeMo checkpoint to a validated bundle.
#![forbid(unsafe_code)]

pub mod audit;
pub mod check;
pub mod checkpoint;
pub mod cli;
pub mod error;
pub mod export;
pub mod files;
pub mod judge;
pub mod network;
pub mod onnx;
pub mod package;
pub mod pte;
pub mod quantize;
pub mod reference;
pub mod report;
pub mod statistics;
pub mod swipes;
pub mod synth;
pub mod synthetic;
#[cfg(test)]
mod testing;
pub mod validate;
pub mod words;
