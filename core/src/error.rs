//! The one error type of the crate.
//!
//! Every variant says what was expected, what was found and where. None of them carries a typed
//! word or a point of a trace: an error may end in a log or a crash report.

use std::io;
use std::path::{Path, PathBuf};

/// Result of a fallible operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or mapped.
    #[error("cannot read {path}: {source}", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}: {source}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A file is truncated, altered or not of the format that its place calls for.
    #[error("{path} is damaged: {what}: expected {expected}, got {got}; write the file again", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The part that is wrong.
        what: &'static str,
        /// What stands there in a sound file.
        expected: String,
        /// What stands there.
        got: String,
    },
    /// A file is sound, but this version of the crate does not know what it asks for.
    #[error("{path} needs {what} {got}, this version of swipekit supports {expected}", path = path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is asked for: a format, a featurizer, a runtime.
        what: &'static str,
        /// What this version supports.
        expected: String,
        /// What the file asks for.
        got: String,
    },
    /// A file was made for the labels of another model.
    #[error("{path} was made for other labels: {got}, this model has {expected}; make it for this model", path = path.display())]
    WrongVocabulary {
        /// The file.
        path: PathBuf,
        /// What the model has: a label or that there is none, no word.
        expected: String,
        /// What the file was made for: a class and its label, no word.
        got: String,
    },
    /// Something is larger than this crate accepts.
    #[error("{what} is too large: at most {limit}, got {got}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The largest accepted value.
        limit: u64,
        /// The value found.
        got: u64,
    },
    /// A tensor or a list has another shape than the model calls for.
    #[error("{what}: expected shape {expected:?}, got {got:?}")]
    Shape {
        /// The tensor.
        what: String,
        /// The shape that the model calls for.
        expected: Vec<usize>,
        /// The shape found.
        got: Vec<usize>,
    },
    /// A value of an argument or an option cannot be used.
    #[error("{what} must be {expected}, got {got}")]
    Invalid {
        /// The argument or option.
        what: &'static str,
        /// What is accepted.
        expected: String,
        /// The value given, never a typed word or a point.
        got: String,
    },
    /// A number that must be finite is NaN or infinite.
    #[error("{what} holds a number that is not finite")]
    NotFinite {
        /// What holds it.
        what: &'static str,
    },
    /// A bundle does not give what its golden swipes say.
    #[error(
        "golden swipe {swipe}: {what}: expected {expected}, got {got}; the bundle does not work with this runtime"
    )]
    SelfTest {
        /// Which swipe.
        swipe: usize,
        /// What differs.
        what: &'static str,
        /// What the golden swipe says; no word.
        expected: String,
        /// What came out; no word.
        got: String,
    },
    /// A decode was ended from another thread.
    #[error("the decode was cancelled")]
    Cancelled,
    /// A thread of this crate panicked: a fault of the crate or of what the caller had it call.
    /// What the panic said went where the process sends it.
    #[error("{what} panicked")]
    Panicked {
        /// What panicked.
        what: &'static str,
    },
    /// The system started no thread.
    #[error("cannot start {what}: {source}")]
    Thread {
        /// The thread.
        what: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The native library of a runtime was not found or does not fit.
    #[error("{library} was not found or cannot be used; tried: {}; {fix}", tried.join("; "))]
    RuntimeNotFound {
        /// The library looked for.
        library: &'static str,
        /// Every place tried, with what was wrong there.
        tried: Vec<String>,
        /// What to do about it.
        fix: String,
    },
    /// The runtime refused a model or failed while running it.
    #[error("{runtime} failed to {action}: {message}")]
    Runtime {
        /// The runtime.
        runtime: &'static str,
        /// What it was asked to do.
        action: &'static str,
        /// What it said.
        message: String,
    },
}

impl Error {
    /// An [`Error::Io`] for `path`.
    pub fn io(path: impl AsRef<Path>, source: io::Error) -> Self {
        Self::Io {
            path: path.as_ref().to_path_buf(),
            source,
        }
    }

    /// An [`Error::Damaged`] for `path`.
    pub fn damaged(
        path: impl AsRef<Path>,
        what: &'static str,
        expected: impl ToString,
        got: impl ToString,
    ) -> Self {
        Self::Damaged {
            path: path.as_ref().to_path_buf(),
            what,
            expected: expected.to_string(),
            got: got.to_string(),
        }
    }

    /// An [`Error::Invalid`].
    pub fn invalid(what: &'static str, expected: impl ToString, got: impl ToString) -> Self {
        Self::Invalid {
            what,
            expected: expected.to_string(),
            got: got.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_was_not_started_says_what_and_why() {
        let error = Error::Thread {
            what: "the thread of a live session",
            source: io::Error::other("too many"),
        };
        let text = error.to_string();
        assert_eq!(text, "cannot start the thread of a live session: too many");
        assert!(std::error::Error::source(&error).is_some());
    }

    #[test]
    fn another_vocabulary_names_both_labels() {
        let error = Error::WrongVocabulary {
            path: "lexicon.fst".into(),
            expected: "\"e\"".to_owned(),
            got: "class 3 is \"é\"".to_owned(),
        };
        let expected = "lexicon.fst was made for other labels: class 3 is \"é\", this model has \
                        \"e\"; make it for this model";
        assert_eq!(error.to_string(), expected);
    }
}
