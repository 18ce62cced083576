//! What can go wrong.

/// A graph that cannot be quantized.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuantizeError {
    /// The graph is not one that the exporter writes.
    #[error("the graph cannot be quantized: {what}: expected {expected}, got {got}")]
    Graph {
        /// The part of the graph.
        what: String,
        /// What the exporter writes.
        expected: &'static str,
        /// What is there.
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
    /// An activation was never seen in the calibration.
    #[error(
        "no range for the activation {name}: expected one for every layer; calibrate on at least one swipe"
    )]
    NoRange {
        /// The activation.
        name: String,
    },
    /// The calibration has no usable swipe.
    #[error(
        "{path} has no swipe to calibrate on: expected swipes of two points and more; give another manifest",
        path = path.display()
    )]
    NoSwipes {
        /// The manifest.
        path: std::path::PathBuf,
    },
    /// No choice of layers keeps the cost within the budget.
    #[error(
        "8 bits cost {top1_loss:.2} points of top-1 accuracy and leave a mean cosine of {cosine:.4} between frames with \
         {float} of {layers} layers in float: expected at most {} and at least {}; allow more with --max-top1-loss, \
         choose another --recipe or --calibration-method", expected.max_top1_loss, expected.min_cosine
    )]
    Budget {
        /// What was accepted.
        expected: super::sensitivity::Budget,
        /// Points of top-1 accuracy lost.
        top1_loss: f64,
        /// Mean cosine between frames.
        cosine: f64,
        /// Layers that were kept in float.
        float: usize,
        /// All layers.
        layers: usize,
    },
}
