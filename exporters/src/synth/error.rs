//! Why swipes could not be made.

use crate::files::FileError;
use crate::words::lexicon::LexiconError;

/// Result of this folder's functions.
pub type Result<T, E = SynthError> = std::result::Result<T, E>;

/// What can go wrong where swipes are made, measured or fed to a training.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SynthError {
    /// A file cannot be read, written or used, or an option has no such value.
    #[error(transparent)]
    File(#[from] FileError),
    /// A word list cannot be used.
    #[error(transparent)]
    Lexicon(#[from] LexiconError),
}

impl From<swipekit::Error> for SynthError {
    fn from(error: swipekit::Error) -> Self {
        Self::File(error.into())
    }
}
