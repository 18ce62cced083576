//! Why an artefact is refused.

use std::path::PathBuf;

/// An artefact that is not what it is said to be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The bytes are no ONNX model.
    #[error("{file} is no ONNX model: {source}; export it again")]
    Decode {
        /// Which file: the artefact, the baseline or the optimized artefact.
        file: &'static str,
        /// What is wrong.
        #[source]
        source: prost::DecodeError,
    },
    /// A part of a model is not as the exporter writes it.
    #[error("{what}: expected {expected}, got {got}; export it again")]
    Malformed {
        /// The part.
        what: String,
        /// What the exporter writes.
        expected: String,
        /// What is there.
        got: String,
    },
    /// An export of fewer bits is the FP32 file.
    #[error(
        "expected an encoder that differs from the FP32 one, got the same file (SHA-256 {sha256}); nothing was converted"
    )]
    SameAsBaseline {
        /// Hash of both.
        sha256: String,
    },
    /// An export of fewer bits was to convert no weight at all.
    #[error(
        "expected weights to convert to {precision}, got none; raise --max-top1-loss or leave this precision out"
    )]
    NothingConverted {
        /// The precision.
        precision: &'static str,
    },
    /// A weight that was to be converted stands in FP32.
    #[error("weight {weight}: expected {expected}, got float32; the conversion has left it out")]
    LeftFloat {
        /// Name of the weight.
        weight: String,
        /// The type that it should have.
        expected: &'static str,
    },
    /// A float constant is there that nobody chose to keep.
    #[error(
        "constant {tensor} of {values} values: expected it converted or named among those kept in float, got float32"
    )]
    UnexpectedFloat {
        /// Name of the constant.
        tensor: String,
        /// Its size.
        values: u64,
    },
    /// A constant is of another type.
    #[error("constant {tensor}: expected type {expected}, got {got}; export it again")]
    Type {
        /// Name of the constant.
        tensor: String,
        /// The type that it should have.
        expected: &'static str,
        /// The type found.
        got: String,
    },
    /// A constant is of another shape: transposed, or one scale too few.
    #[error(
        "constant {tensor}: expected shape {expected}, got {got:?}; the channel axis may be swapped"
    )]
    Shape {
        /// Name of the constant.
        tensor: String,
        /// What fits.
        expected: String,
        /// The shape found.
        got: Vec<usize>,
    },
    /// A scale cannot be one.
    #[error(
        "scale {tensor}: expected finite numbers above zero, got {got} at {index}; check the calibration"
    )]
    Scale {
        /// Name of the constant.
        tensor: String,
        /// Place of the first bad one.
        index: usize,
        /// The first bad one.
        got: f32,
    },
    /// A zero point is out of range.
    #[error("zero point {tensor}: expected {expected}, got {got}; export it again")]
    ZeroPoint {
        /// Name of the constant.
        tensor: String,
        /// What is accepted.
        expected: &'static str,
        /// What was found.
        got: String,
    },
    /// A weight is another number than the FP32 one, by more than rounding explains.
    #[error(
        "weight {weight} at {index:?}: expected {expected} within {tolerance}, got {got}; a scale is wrong, the channel \
         axis is swapped or the weight transposed"
    )]
    Value {
        /// Name of the weight.
        weight: String,
        /// Place in the FP32 weight.
        index: Vec<usize>,
        /// The FP32 number.
        expected: f32,
        /// Half a step of the conversion.
        tolerance: f64,
        /// The number that the artefact computes with.
        got: f64,
    },
    /// The scale of an integer bias is not the product of those of activation and weight, which the
    /// kernels take for granted.
    #[error(
        "bias {bias}, channel {channel}: expected the scale {expected}, the product of those of activation and weight, got {got}"
    )]
    BiasScale {
        /// Name of the bias.
        bias: String,
        /// The channel.
        channel: usize,
        /// Scale of the activation times scale of the weight.
        expected: f64,
        /// The bias's scale.
        got: f32,
    },
    /// The optimized graph has fewer integer kernels than converted products.
    #[error(
        "expected {expected} integer kernels in the optimized graph, one for each converted product, got {got}; not \
         found: {}; the runtime multiplies in float", missing.join(", ")
    )]
    TooFewKernels {
        /// Converted products.
        expected: usize,
        /// Integer kernels.
        got: usize,
        /// The first weights that no integer kernel reads by name.
        missing: Vec<String>,
    },
    /// The optimizer turned a weight back into floats.
    #[error(
        "{operator} with the weight {weight}: expected an integer kernel after the optimizer, got float; the weight was \
         folded back to float32"
    )]
    FoldedToFloat {
        /// The operator in the optimized graph.
        operator: String,
        /// Name of its weight.
        weight: String,
    },
    /// The artefact is too large for its precision.
    #[error(
        "expected at most {expected} of the FP32 encoder's bytes, got {got:.4} ({bytes} bytes); convert more weights"
    )]
    TooLarge {
        /// The greatest accepted ratio.
        expected: f64,
        /// The ratio found.
        got: f64,
        /// Size of the artefact.
        bytes: u64,
    },
    /// The runtime refuses the artefact.
    #[error("the artefact cannot be optimized: {0}")]
    Runtime(#[source] Box<swipekit::Error>),
    /// The optimized graph cannot be kept for a moment.
    #[error("cannot write {path}: {source}", path = path.display())]
    Scratch {
        /// The temporary file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
}
