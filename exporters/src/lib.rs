//! swipekit exporters: from a NeMo checkpoint to a validated bundle.
#![forbid(unsafe_code)]

pub mod accuracy;
pub mod audit;
pub mod bundle;
pub mod checkpoint;
pub mod cli;
pub mod compare;
pub mod confidence;
pub mod error;
pub mod evaluate;
pub mod export;
pub mod feed;
pub mod frames;
pub mod html;
pub mod language;
pub mod layouts;
pub mod lexicon;
pub mod network;
pub mod onnx;
pub mod precision;
pub mod pte;
pub mod quantize;
pub mod reference;
mod sha256;
pub mod shark2;
pub mod swipes;
pub mod synth;
pub mod synthetic;
#[cfg(test)]
mod testing;
pub mod times;
pub mod tune;
pub mod validate;
