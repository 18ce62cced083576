//! ONNX Runtime, through the crate `ort`; everything of that crate is in this folder.

mod encoder;
mod library;
mod model;
mod optimize;
#[cfg(feature = "ort")]
mod places;
#[cfg(feature = "ort")]
mod probe;
#[cfg(all(test, feature = "ort"))]
mod session_tests;
mod telemetry;
#[cfg(all(test, feature = "ort"))]
mod test_models;
#[cfg(all(test, feature = "ort"))]
mod tests;

pub use encoder::OnnxEncoder;
pub use library::{Loaded, load, loaded};
pub use model::OnnxModel;
pub use optimize::OptimizedFormat;

use super::{Encoder, RuntimeInfo, RuntimeOptions, Tensor, TensorData};
use crate::bundle::Bundle;
use crate::bundle::manifest::major_minor;
use crate::error::{Error, Result};

/// Opens a bundle's encoder: the one that was optimized beforehand where there is one that fits
/// this machine.
pub(super) fn open_encoder(bundle: &Bundle, options: &RuntimeOptions) -> Result<OnnxEncoder> {
    let spec = &bundle.manifest().runtime;
    let loaded = load(options.library.as_deref())?;
    // A runtime that is linked in tells no version.
    let version = major_minor(&loaded.version);
    if version.is_some() && version < spec.minimum_version() {
        return Err(Error::Unsupported {
            path: bundle.path().to_path_buf(),
            what: "ONNX Runtime",
            expected: loaded.version,
            got: format!("{} or newer", spec.minimum),
        });
    }
    let optimized = spec
        .optimized
        .as_ref()
        .filter(|optimized| optimized.serves(std::env::consts::ARCH, &loaded.version));
    let file = optimized.map_or(&spec.encoder, |optimized| &optimized.file);
    let session = options.session.as_ref().unwrap_or(&spec.session);
    let options = RuntimeOptions {
        session: Some(session.clone()),
        ..options.clone()
    };
    OnnxEncoder::from_bytes(&bundle.file(file)?, &bundle.manifest().model, &options)
}
