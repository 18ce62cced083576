//! Why an artefact is refused.

use crate::check::FailedCheck;
use crate::files::FileError;

/// An artefact does not match its description.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The bytes are not an ONNX model.
    #[error("{file} is no ONNX model: {source}; export it again")]
    Decode {
        /// The file: the artefact, the baseline or the optimized artefact.
        file: &'static str,
        /// What is wrong.
        #[source]
        source: prost::DecodeError,
    },
    /// A check failed.
    #[error(transparent)]
    Check(#[from] FailedCheck),
    /// The runtime refuses the artefact.
    #[error("the artefact cannot be optimized: {0}")]
    Runtime(#[source] Box<swipekit::Error>),
    /// The optimized graph cannot be written to a temporary file.
    #[error(transparent)]
    Scratch(#[from] FileError),
}

/// A part of a model does not have the exporter's form.
pub(super) fn malformed(
    what: impl Into<String>,
    expected: impl ToString,
    got: impl ToString,
) -> AuditError {
    let failed = FailedCheck::new(what, expected, got);
    failed.advice("export it again").into()
}

/// A part of a model is missing.
pub(super) fn absent(what: &str, expected: &str) -> AuditError {
    malformed(format!("{what:?}"), expected, "none")
}

/// A constant has another shape: it is transposed, or lacks a scale.
pub(super) fn wrong_shape(tensor: &str, expected: impl ToString, got: &[usize]) -> AuditError {
    let check = format!("the shape of the constant {tensor}");
    let failed = FailedCheck::new(check, expected, format!("{got:?}"));
    failed.advice("the channel axis may be swapped").into()
}

/// A constant has another type.
pub(super) fn wrong_type(tensor: &str, expected: &str, got: &str) -> AuditError {
    malformed(
        format!("the type of the constant {tensor}"),
        expected,
        got.to_owned(),
    )
}

/// A zero point is out of range.
pub(super) fn wrong_zero(tensor: &str, expected: &str, got: impl ToString) -> AuditError {
    malformed(format!("the zero point {tensor}"), expected, got)
}
