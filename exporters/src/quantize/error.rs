//! Errors of quantization.

use crate::check::FailedCheck;

/// A graph that cannot be quantized.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuantizeError {
    /// The graph does not have the exporter's form.
    #[error("the graph cannot be quantized: {what}: expected {expected}, got {got}")]
    Graph {
        /// The part of the graph.
        what: String,
        /// The exporter's form.
        expected: &'static str,
        /// What was found.
        got: String,
    },
    /// A weight or an activation is NaN or infinite.
    #[error(
        "{what} is not finite: expected finite numbers, got NaN or infinity; check the checkpoint and the calibration swipes"
    )]
    NotFinite {
        /// The tensor.
        what: String,
    },
    /// An activation was not observed in the calibration.
    #[error(
        "no range for the activation {name}: expected one for every layer; calibrate on at least one swipe"
    )]
    NoRange {
        /// The activation.
        name: String,
    },
    /// The calibration has no usable swipe.
    #[error(
        "{path} has no swipe to calibrate on: expected swipes of two points and more; give another swipe file",
        path = path.display()
    )]
    NoSwipes {
        /// The swipe file.
        path: std::path::PathBuf,
    },
    /// No choice of layers keeps the loss of 8 bits within the budget.
    #[error(transparent)]
    Check(#[from] FailedCheck),
    /// The runtime failed.
    #[error(transparent)]
    Core(#[from] swipekit::Error),
}
