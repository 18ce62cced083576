//! The one error of the bindings.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Failure, Kind};

/// What went wrong. The message says what to do, and holds no word and no point of a trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[uniffi(flat_error)]
pub enum SwipekitError {
    /// A file cannot be read.
    #[error("{message}")]
    NotFound {
        /// What happened and what to do.
        message: String,
    },
    /// A file is not what it should be.
    #[error("{message}")]
    Damaged {
        /// What happened and what to do.
        message: String,
    },
    /// A file asks for more than this version knows.
    #[error("{message}")]
    Unsupported {
        /// What happened and what to do.
        message: String,
    },
    /// ONNX Runtime's library is missing or does not fit.
    #[error("{message}")]
    RuntimeLibrary {
        /// What happened and what to do.
        message: String,
    },
    /// An argument or option cannot be used.
    #[error("{message}")]
    Argument {
        /// What happened and what to do.
        message: String,
    },
    /// A number is NaN or infinite.
    #[error("{message}")]
    NotFinite {
        /// What happened and what to do.
        message: String,
    },
    /// The object was closed.
    #[error("{message}")]
    Closed {
        /// What happened and what to do.
        message: String,
    },
    /// A bundle does not give what its golden swipes say.
    #[error("{message}")]
    SelfTest {
        /// What happened and what to do.
        message: String,
    },
    /// The runtime failed, or swipekit itself.
    #[error("{message}")]
    Decode {
        /// What happened and what to do.
        message: String,
    },
    /// Ended by the caller.
    #[error("{message}")]
    Cancelled {
        /// What happened and what to do.
        message: String,
    },
    /// A file cannot be written.
    #[error("{message}")]
    Storage {
        /// What happened and what to do.
        message: String,
    },
}

impl From<Failure> for SwipekitError {
    fn from(Failure { kind, message }: Failure) -> Self {
        match kind {
            Kind::NotFound => Self::NotFound { message },
            Kind::Damaged => Self::Damaged { message },
            Kind::Unsupported => Self::Unsupported { message },
            Kind::RuntimeLibrary => Self::RuntimeLibrary { message },
            Kind::Argument => Self::Argument { message },
            Kind::NotFinite => Self::NotFinite { message },
            Kind::Closed => Self::Closed { message },
            Kind::SelfTest => Self::SelfTest { message },
            Kind::Decode => Self::Decode { message },
            Kind::Cancelled => Self::Cancelled { message },
            Kind::Storage => Self::Storage { message },
        }
    }
}

impl From<swipekit::Error> for SwipekitError {
    fn from(error: swipekit::Error) -> Self {
        Failure::from(error).into()
    }
}

/// Result of a call from another language.
pub type Result<T, E = SwipekitError> = std::result::Result<T, E>;

/// Calls `f` and makes an error of a panic. UniFFI would do that too, but hand on what the panic
/// says, which may be a word.
///
/// What `f` shares with other calls is left in order by a panic: sessions are given up, locks are
/// not poisoned.
pub(super) fn guard<T>(f: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|_| Err(Failure::panicked().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_keeps_its_message_to_itself() {
        let error = guard::<()>(|| panic!("zanzibar")).unwrap_err();
        assert!(matches!(error, SwipekitError::Decode { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("zanzibar"));
        assert_eq!(guard(|| Ok(3)), Ok(3));
    }

    #[test]
    fn every_kind_has_its_own_error() {
        let kinds = [
            Kind::NotFound,
            Kind::Damaged,
            Kind::Unsupported,
            Kind::RuntimeLibrary,
            Kind::Argument,
            Kind::NotFinite,
            Kind::Closed,
            Kind::SelfTest,
            Kind::Decode,
            Kind::Cancelled,
            Kind::Storage,
        ];
        for kind in kinds {
            let error = SwipekitError::from(Failure::new(kind, "what to do"));
            assert_eq!(error.to_string(), "what to do");
            let name = format!("{error:?}");
            assert!(name.starts_with(&format!("{kind:?} ")), "{name}");
        }
    }
}
