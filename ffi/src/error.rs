//! What went wrong, as other languages see it.
//!
//! [`swipekit::Error`] has the detail; outside there are few kinds, each with a message that says
//! what to do. None holds a word or a point of a trace.

use swipekit::Error;

/// Result of a call from another language.
pub type Result<T> = std::result::Result<T, Failure>;

/// Kinds of failure. The numbers are those of the Kotlin library's `Failures`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Kind {
    /// A file cannot be read.
    NotFound = 1,
    /// A file is not what it should be.
    Damaged = 2,
    /// A file asks for more than this version knows.
    Unsupported = 3,
    /// The runtime's library is missing or does not fit.
    RuntimeLibrary = 4,
    /// An argument or option cannot be used.
    Argument = 5,
    /// A number is NaN or infinite.
    NotFinite = 6,
    /// The object was closed.
    Closed = 7,
    /// A bundle does not give what its golden swipes say.
    SelfTest = 8,
    /// The runtime failed, or swipekit itself.
    Decode = 9,
    /// Ended by the caller.
    Cancelled = 10,
    /// A file cannot be written.
    Storage = 11,
}

/// A failure with its message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind it is.
    pub kind: Kind,
    /// What happened and what to do.
    pub message: String,
}

impl Failure {
    /// A failure of `kind`.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// An argument that cannot be used.
    pub fn argument(what: &str, expected: &str, got: impl std::fmt::Display) -> Self {
        Self::new(
            Kind::Argument,
            format!("{what} must be {expected}, got {got}"),
        )
    }

    /// An object that was closed.
    pub fn closed(what: &str) -> Self {
        Self::new(
            Kind::Closed,
            format!("{what} is closed; open another one and keep it as long as it is used"),
        )
    }

    /// A caught panic. Its message may hold anything and stays where the process sends panics.
    pub fn panicked() -> Self {
        Self::new(
            Kind::Decode,
            "swipekit failed internally; please report it with the version; the object can go on being used",
        )
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let (kind, advice) = match error {
            Error::Io { .. } => (
                Kind::NotFound,
                "; check that the file is there and may be read",
            ),
            Error::Write { .. } => (
                Kind::Storage,
                "; check that the folder is there, may be written and is not full",
            ),
            Error::Damaged { .. } => (Kind::Damaged, ""),
            Error::Unsupported { .. } => (
                Kind::Unsupported,
                "; update swipekit, or take a bundle made for this version",
            ),
            Error::WrongVocabulary { .. } => (Kind::Unsupported, ""),
            Error::NotFinite { .. } => (
                Kind::NotFinite,
                "; leave out touch samples that are not finite",
            ),
            Error::SelfTest { .. } => (Kind::SelfTest, ""),
            Error::Cancelled => (Kind::Cancelled, ""),
            Error::RuntimeNotFound { .. } => (Kind::RuntimeLibrary, RUNTIME),
            Error::Runtime { .. } | Error::Thread { .. } | Error::Panicked { .. } => {
                (Kind::Decode, "")
            }
            Error::TooLarge { .. } | Error::Shape { .. } | Error::Invalid { .. } => {
                (Kind::Argument, "")
            }
            // The enum may grow.
            _ => (Kind::Decode, ""),
        };
        Self::new(kind, format!("{error}{advice}"))
    }
}

/// What an app does about a runtime that is not there.
const RUNTIME: &str = if cfg!(target_os = "android") {
    "; in an app: depend on com.microsoft.onnxruntime:onnxruntime-android and keep libonnxruntime.so of the phone's ABI in the package"
} else {
    "; or name the library in the options of the engine"
};

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn every_error_has_a_kind_and_says_what_to_do() {
        let gone = io::Error::from(io::ErrorKind::NotFound);
        for (error, kind) in [
            (Error::io("a", gone), Kind::NotFound),
            (Error::damaged("a", "the size", 1, 2), Kind::Damaged),
            (Error::invalid("the beam", "small", 9), Kind::Argument),
            (Error::NotFinite { what: "a point" }, Kind::NotFinite),
            (Error::Cancelled, Kind::Cancelled),
            (Error::Panicked { what: "a thread" }, Kind::Decode),
            (
                Error::Thread {
                    what: "a thread",
                    source: io::Error::from(io::ErrorKind::WouldBlock),
                },
                Kind::Decode,
            ),
            (
                Error::WrongVocabulary {
                    path: "a".into(),
                    expected: "\"e\"".to_owned(),
                    got: "class 3 is \"é\"".to_owned(),
                },
                Kind::Unsupported,
            ),
        ] {
            let text = error.to_string();
            let failure = Failure::from(error);
            assert_eq!(failure.kind, kind);
            assert!(failure.message.starts_with(&text), "{failure}");
        }
    }
}
