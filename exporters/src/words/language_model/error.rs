//! Why a language model could not be built or inspected.

use std::path::PathBuf;

use crate::files::FileError;
use crate::words::lexicon::LexiconError;

/// Result of this module's functions.
pub type Result<T, E = LanguageError> = std::result::Result<T, E>;

/// Everything that can go wrong with language models. None shows what stands in a text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LanguageError {
    /// A text, an ARPA file, a manifest of swipes or a language model's file could not be read,
    /// written or used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A list of words could not be used.
    #[error(transparent)]
    Lexicon(#[from] LexiconError),
    /// A model looks back further than this program's do.
    #[error(
        "{path} has n-grams of {got} words, at most {limit} can be used; give --order {limit} to leave the longer ones out",
        path = path.display()
    )]
    Order {
        /// The file.
        path: PathBuf,
        /// Words of an n-gram at most.
        limit: usize,
        /// Words of the file's longest n-grams.
        got: usize,
    },
}

impl From<swipekit::Error> for LanguageError {
    fn from(error: swipekit::Error) -> Self {
        Self::File(error.into())
    }
}
