//! Why a language model could not be built or inspected.

use std::io;
use std::path::{Path, PathBuf};

/// Result of this module's functions.
pub type Result<T, E = LanguageError> = std::result::Result<T, E>;

/// Everything that can go wrong with language models. None shows what stands in a text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LanguageError {
    /// A file could not be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system or the decompressor said.
        #[source]
        source: io::Error,
    },
    /// A line of an ARPA file or of a text is not what the format calls for.
    #[error("{path}:{line}: expected {expected}, got {got}", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: u64,
        /// What the format calls for.
        expected: String,
        /// What stands there, without its content.
        got: String,
    },
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
    /// A file holds no sentence.
    #[error("{path} holds no sentence", path = path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A manifest of swipes or a list of words cannot be read.
    #[error(transparent)]
    Source(Box<crate::error::Error>),
    /// A language model's file is damaged, unsupported or too large, or could not be written.
    #[error(transparent)]
    Core(#[from] swipekit::Error),
}

impl From<crate::error::Error> for LanguageError {
    fn from(error: crate::error::Error) -> Self {
        Self::Source(Box::new(error))
    }
}

impl LanguageError {
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read {
            path: path.to_path_buf(),
            source,
        }
    }
}
