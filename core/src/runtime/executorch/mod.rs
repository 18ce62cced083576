//! ExecuTorch, through the crates `executorch` and `executorch-sys`. Only this folder uses those
//! crates.
//!
//! The libraries are linked into the program (see `build.rs`). A `.pte` program is read from the
//! bundle's mapped and verified bytes. ExecuTorch's loader checks little, so it must receive
//! verified bytes only: a damaged file could end the process without an error.

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
