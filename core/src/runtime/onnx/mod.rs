//! ONNX Runtime, through the crate `ort`. Only this folder uses that crate.

#[cfg(feature = "onnxruntime")]
mod encoder;
#[cfg(feature = "onnxruntime")]
mod library;
#[cfg(feature = "ort")]
mod locations;
#[cfg(feature = "onnxruntime")]
mod model;
#[cfg(feature = "onnxruntime")]
mod optimize;
#[cfg(feature = "ort")]
mod probe;
#[cfg(all(test, feature = "ort"))]
mod session_tests;
#[cfg(feature = "onnxruntime")]
mod telemetry;
#[cfg(all(test, feature = "ort"))]
mod test_models;
#[cfg(all(test, feature = "ort"))]
mod tests;

use super::kind::Kind;

#[cfg(feature = "onnxruntime")]
pub use {
    encoder::OnnxEncoder,
    library::{Loaded, load, loaded},
    model::OnnxModel,
    optimize::OptimizedFormat,
};

/// ONNX Runtime.
pub(super) const KIND: Kind = Kind {
    name: "onnxruntime",
    title: "ONNX Runtime",
    runs_optimized: true,
    #[cfg(feature = "onnxruntime")]
    runner: Some(encoder::RUNNER),
    #[cfg(not(feature = "onnxruntime"))]
    runner: None,
};
