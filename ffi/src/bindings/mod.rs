//! What UniFFI makes bindings of: all of swipekit that other languages need.
//!
//! Every call that can fail gives a [`SwipekitError`]. So does one that finds a fault of swipekit's
//! own: a panic is caught here, and what it says, which may hold anything, is not handed on.

pub mod engine;
pub mod error;
pub mod layout;
pub mod records;
pub mod session;
pub mod words;

pub use engine::{Engine, LexiconFile, WithWords};
pub use error::SwipekitError;
pub use layout::{Key, KeyboardLayout, LetterArea, NamedLayout};
pub use records::{
    Candidate, DecodeOptions, DecodeResult, EngineInfo, EngineOptions, MemoryUse, PartialResult,
    Point, SelfTestReport, Spelling, Timings,
};
pub use session::{EndedGesture, ListenerError, LiveOptions, LiveSession, PartialListener};
pub use words::{RejectedWord, UserWord, UserWords, WeightedWord, WordRejection};

use std::sync::Arc;

/// swipekit's version.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Ends decodes from another thread. One that was cancelled stays so: take a new one for the next
/// gesture.
#[derive(Debug, Default, uniffi::Object)]
pub struct CancelToken {
    token: swipekit::CancelToken,
}

#[uniffi::export]
impl CancelToken {
    /// A token that has not been cancelled.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Ends the decodes that were given this token, now and later: they fail with `Cancelled`.
    pub fn cancel(&self) {
        self.token.cancel();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }
}
