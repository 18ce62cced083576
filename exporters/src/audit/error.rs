//! Why an artefact is refused.

use crate::check::FailedCheck;
use crate::files::FileError;

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
    /// A check failed.
    #[error(transparent)]
    Check(#[from] FailedCheck),
    /// The runtime refuses the artefact.
    #[error("the artefact cannot be optimized: {0}")]
    Runtime(#[source] Box<swipekit::Error>),
    /// The optimized graph cannot be kept for a moment.
    #[error(transparent)]
    Scratch(#[from] FileError),
}

/// A part of a model that is not as the exporter writes it.
pub(super) fn malformed(
    what: impl Into<String>,
    expected: impl ToString,
    got: impl ToString,
) -> AuditError {
    let failed = FailedCheck::new(what, expected, got);
    failed.advice("export it again").into()
}

/// A part of a model that is not there at all.
pub(super) fn absent(what: &str, expected: &str) -> AuditError {
    malformed(format!("{what:?}"), expected, "none")
}

/// A constant of another shape: transposed, or one scale too few.
pub(super) fn wrong_shape(tensor: &str, expected: impl ToString, got: &[usize]) -> AuditError {
    let check = format!("the shape of the constant {tensor}");
    let failed = FailedCheck::new(check, expected, format!("{got:?}"));
    failed.advice("the channel axis may be swapped").into()
}

/// A constant of another type.
pub(super) fn wrong_type(tensor: &str, expected: &str, got: &str) -> AuditError {
    malformed(
        format!("the type of the constant {tensor}"),
        expected,
        got.to_owned(),
    )
}

/// A zero point that is out of range.
pub(super) fn wrong_zero(tensor: &str, expected: &str, got: impl ToString) -> AuditError {
    malformed(format!("the zero point {tensor}"), expected, got)
}
