//! Why a lexicon could not be prepared, built or inspected.

use std::path::{Path, PathBuf};

use crate::files::FileError;

/// Result of this module's functions.
pub type Result<T, E = LexiconError> = std::result::Result<T, E>;

/// Everything that can go wrong with word lists and lexicons.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LexiconError {
    /// A file could not be read or written, or a lexicon file is damaged, unsupported or too large.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file exceeds the size limit.
    #[error("{path} is too large: at most {limit} {unit}", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// The unit of the limit.
        unit: &'static str,
    },
    /// A line, or an element of a JSON list, does not have the expected format.
    #[error("{path}, {location}: expected {expected}, got {got}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The line or element.
        location: String,
        /// What the format requires.
        expected: &'static str,
        /// What was found, in a word or two.
        got: String,
    },
    /// An option cannot be used.
    #[error("{option} must be {expected}, got {got}")]
    Option {
        /// The option.
        option: &'static str,
        /// What is accepted.
        expected: &'static str,
        /// What was given.
        got: String,
    },
    /// All words were left out.
    #[error(
        "no word is left of {given}: {rejected}; check the word list, the frequencies and the filters"
    )]
    NoWords {
        /// Words that were given.
        given: usize,
        /// Why, with counts.
        rejected: String,
    },
}

impl From<swipekit::Error> for LexiconError {
    fn from(error: swipekit::Error) -> Self {
        Self::File(error.into())
    }
}

impl LexiconError {
    pub(super) fn format(
        path: &Path,
        location: impl ToString,
        expected: &'static str,
        got: impl ToString,
    ) -> Self {
        Self::Format {
            path: path.to_path_buf(),
            location: location.to_string(),
            expected,
            got: got.to_string(),
        }
    }
}
