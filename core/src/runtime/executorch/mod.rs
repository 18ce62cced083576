//! ExecuTorch, through the crates `executorch` and `executorch-sys`; everything of those crates is
//! in this folder.
//!
//! The libraries are linked into the program (see `build.rs`). A program (`.pte`) is read out of
//! the bundle's mapped and verified bytes; its loader checks little, so nothing but verified bytes
//! may reach it: a damaged file could end the process, which no error could report.

#![allow(unsafe_code)]

#[cfg(feature = "executorch")]
mod encoder;
#[cfg(all(feature = "executorch", not(target_os = "android")))]
mod link;
#[cfg(feature = "executorch")]
mod log;
#[cfg(feature = "executorch")]
mod model;
#[cfg(feature = "executorch")]
mod program;
#[cfg(all(test, feature = "executorch"))]
mod tests;
#[cfg(feature = "executorch")]
mod threads;

use super::kind::Kind;

#[cfg(feature = "executorch")]
pub use {
    encoder::{EXECUTORCH_VERSION, PteEncoder},
    model::PteModel,
};

/// ExecuTorch.
pub(super) const KIND: Kind = Kind {
    name: "executorch",
    title: "ExecuTorch",
    runs_optimized: false,
    #[cfg(feature = "executorch")]
    runner: Some(encoder::RUNNER),
    #[cfg(not(feature = "executorch"))]
    runner: None,
};
