//! Why a lexicon could not be prepared, built or inspected.

use std::io;
use std::path::{Path, PathBuf};

/// Result of this module's functions.
pub type Result<T, E = LexiconError> = std::result::Result<T, E>;

/// Everything that can go wrong with word lists and lexicons.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LexiconError {
    /// A file could not be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system or the decompressor said.
        #[source]
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}: {source}", path = path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A file is larger than is accepted.
    #[error("{path} is too large: at most {limit} {unit}", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// What is counted.
        unit: &'static str,
    },
    /// A line, or an element of a JSON list, is not what the format calls for.
    #[error("{path}, {place}: expected {expected}, got {got}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The line or element.
        place: String,
        /// What the format calls for.
        expected: &'static str,
        /// What stands there, in a word or two.
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
    /// No word is left.
    #[error(
        "no word is left of {given}: {rejected}; check the word list, the frequencies and the filters"
    )]
    NoWords {
        /// Words that were given.
        given: usize,
        /// Why they were left out.
        rejected: String,
    },
    /// A lexicon file is damaged, unsupported or too large.
    #[error(transparent)]
    Core(#[from] swipekit::Error),
}

impl LexiconError {
    pub(super) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read {
            path: path.to_path_buf(),
            source,
        }
    }

    pub(super) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write {
            path: path.to_path_buf(),
            source,
        }
    }

    pub(super) fn format(
        path: &Path,
        place: impl ToString,
        expected: &'static str,
        got: impl ToString,
    ) -> Self {
        Self::Format {
            path: path.to_path_buf(),
            place: place.to_string(),
            expected,
            got: got.to_string(),
        }
    }
}
