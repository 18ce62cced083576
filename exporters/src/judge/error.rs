//! Why a bundle could not be judged.

use super::compare::error::CompareError;
use crate::files::FileError;
use crate::words::lexicon::LexiconError;

/// Result of this folder's functions.
pub type Result<T, E = JudgeError> = std::result::Result<T, E>;

/// Errors of measuring, comparing and fitting bundles.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// A swipe file, a bundle or another file cannot be used, or a runtime failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// The words cannot be used.
    #[error(transparent)]
    Lexicon(#[from] LexiconError),
    /// The bundles cannot be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
}

impl From<swipekit::Error> for JudgeError {
    fn from(error: swipekit::Error) -> Self {
        Self::File(error.into())
    }
}
