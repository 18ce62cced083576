//! ExecuTorch, through the crates `executorch` and `executorch-sys`; everything of those crates is
//! in this folder.
//!
//! The libraries are linked into the program (see `build.rs`). A program (`.pte`) is read out of
//! the bundle's mapped and verified bytes; its loader checks little, so nothing but verified bytes
//! may reach it: a damaged file could end the process, which no error could report.

#![allow(unsafe_code)]

mod encoder;
#[cfg(not(target_os = "android"))]
mod link;
mod log;
mod model;
mod program;
#[cfg(test)]
mod tests;
mod threads;

pub use encoder::PteEncoder;
pub use model::PteModel;

use super::RuntimeOptions;
use crate::bundle::Bundle;
use crate::bundle::manifest::major_minor;
use crate::error::{Error, Result};

/// What the runtime is called in messages.
const RUNTIME: &str = "ExecuTorch";

/// The version of ExecuTorch that the crate `executorch` is made for and the libraries are pinned
/// to; they cannot be asked.
pub const EXECUTORCH_VERSION: &str = "1.5.1";

/// Opens a bundle's encoder.
pub(super) fn open_encoder(bundle: &Bundle, options: &RuntimeOptions) -> Result<PteEncoder> {
    let spec = &bundle.manifest().runtime;
    if major_minor(EXECUTORCH_VERSION) < spec.minimum_version() {
        return Err(Error::Unsupported {
            path: bundle.path().to_path_buf(),
            what: RUNTIME,
            expected: EXECUTORCH_VERSION.to_owned(),
            got: format!("{} or newer", spec.minimum),
        });
    }
    let options = RuntimeOptions {
        threads: Some(options.threads.unwrap_or(spec.session.threads)),
        ..options.clone()
    };
    PteEncoder::from_bytes(
        bundle.file(&spec.encoder)?,
        &bundle.manifest().model,
        &options,
    )
}

/// For `map_err`: an [`Error::Runtime`] about `action`, with what ExecuTorch printed about it.
fn failed(action: &'static str) -> impl FnOnce(executorch::Error) -> Error {
    move |error| {
        let printed = log::take();
        let message = if printed.is_empty() {
            error.to_string()
        } else {
            format!("{error}: {printed}")
        };
        Error::Runtime {
            runtime: RUNTIME,
            action,
            message,
        }
    }
}
