//! Why a language model could not be built or inspected.

use std::path::PathBuf;

use crate::files::FileError;
use crate::words::lexicon::LexiconError;

/// Result of this module's functions.
pub type Result<T, E = LanguageError> = std::result::Result<T, E>;

/// Errors of language models. None shows content of a text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LanguageError {
    /// A text, an ARPA file, a swipe file or a language model file cannot be read, written or used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A list of words could not be used.
    #[error(transparent)]
    Lexicon(#[from] LexiconError),
    /// The n-grams of a model are longer than this program supports.
    #[error(
        "{path} has n-grams of {got} words, at most {limit} can be used; give --order {limit} to leave the longer ones out",
        path = path.display()
    )]
    Order {
        /// The file.
        path: PathBuf,
        /// Largest supported number of words in an n-gram.
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
