//! Candidates while the finger moves.
//!
//! A [`LiveSession`] takes points as they arrive. Its own thread decodes the gesture so far
//! repeatedly, at a bounded rate. Points that arrive during a decode are decoded together
//! afterwards, and newer results replace older ones. When the finger lifts,
//! [`finish`](LiveSession::finish) decodes the whole gesture exactly as
//! [`Session::decode`](crate::Session::decode) does. Where the last decode had all points, its
//! encoder frames are reused and only the search runs.
//!
//! Unwanted decodes are cancelled, even within a run of ONNX Runtime, so nothing waits for them.

mod options;
mod pace;
mod worker;

use std::fmt;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

pub use options::{LiveOptions, PARTIAL_PRESET};

use crate::decoder::{Candidate, DecoderOptions};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::language_model::Context;
use crate::layout::LetterArea;
use crate::limits::Limits;
use crate::session::{Decoded, Gesture};
use crate::trace::{Point, Trace};
use options::Settings;
use worker::{OnPartial, Shared};

/// The words that an unfinished gesture may mean. They may change until it is finished.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Partial {
    /// Words, best first.
    pub candidates: Vec<Candidate>,
    /// Number of points, from the gesture's first, that they were decoded from.
    pub points: usize,
    /// Number of the gesture, as returned by [`LiveSession::begin`].
    pub gesture: u64,
}

/// A finished gesture that is to be decoded. Made by [`LiveSession::end`] and valid with that
/// session only.
#[derive(Clone)]
pub struct Ended {
    gesture: u64,
    trace: Trace,
    context: Context,
}

impl Ended {
    /// Number of the gesture, as returned by [`LiveSession::begin`].
    pub fn gesture(&self) -> u64 {
        self.gesture
    }
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A trace's points must not appear in logs.
        f.debug_struct("Ended")
            .field("gesture", &self.gesture)
            .finish_non_exhaustive()
    }
}

/// Counts of a live session's work since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiveCounts {
    /// Decodes that the worker started.
    pub started: u64,
    /// Of these, those that finished.
    pub finished: u64,
    /// Of these, those cancelled because their gesture had ended.
    pub cancelled: u64,
    /// Of these, those that failed.
    pub failed: u64,
    /// Calls of [`LiveSession::with_gesture`] and [`LiveSession::finish`] that reused the encoder's
    /// frames.
    pub reused: u64,
}

/// Decodes one gesture at a time while the finger moves. Made by [`Engine::live`].
///
/// Threads may share it: one handles touch events while another waits for a gesture's words.
/// Dropping it ends its thread and cancels a running decode.
pub struct LiveSession {
    shared: Arc<Shared>,
    worker: Option<JoinHandle<()>>,
}

impl fmt::Debug for LiveSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A trace's points must not appear in logs.
        f.debug_struct("LiveSession")
            .field("settings", &self.shared.settings)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// A session with its own thread that decodes while the finger moves.
    ///
    /// # Errors
    /// [`Error::Invalid`] for options out of range, [`Error::Thread`] where the system cannot start
    /// a thread.
    pub fn live(&self, options: &LiveOptions) -> Result<LiveSession> {
        self.live_with(options, |_| ())
    }

    /// As [`live`](Self::live), and calls `on_partial` with each partial result, so that no caller
    /// needs to poll.
    ///
    /// The call happens on the session's thread, which does nothing else meanwhile: pass the result
    /// on and return. The result may belong to a gesture that has ended since; check
    /// [`Partial::gesture`].
    ///
    /// # Errors
    /// Those of [`live`](Self::live).
    pub fn live_with(
        &self,
        options: &LiveOptions,
        on_partial: impl FnMut(Result<&Partial, &Error>) + Send + 'static,
    ) -> Result<LiveSession> {
        let settings = Settings::new(self, options)?;
        let shared = Arc::new(Shared::new(self.clone(), settings));
        let on_partial: OnPartial = Box::new(on_partial);
        let worker = thread::Builder::new().name("swipekit-live".to_owned());
        let theirs = Arc::clone(&shared);
        let worker = worker
            .spawn(move || theirs.run(on_partial))
            .map_err(|source| Error::Thread {
                what: "the thread of a live session",
                source,
            })?;
        Ok(LiveSession {
            shared,
            worker: Some(worker),
        })
    }
}

impl LiveSession {
    /// Begins a gesture on a keyboard whose letters span `area`, and abandons an unfinished one.
    /// Returns the gesture's number, one more than the last.
    pub fn begin(&self, area: LetterArea) -> u64 {
        let mut slot = self.shared.slot();
        slot.begin(Trace::new(area));
        slot.gesture
    }

    /// Sets the words before the gesture in its sentence, as for [`Gesture::with_context`]. They
    /// apply to all later decodes until the next call. Never waits for a decode.
    pub fn set_context<W: AsRef<str>>(&self, words: &[W]) {
        let context = self.shared.context(words);
        self.shared.slot().context = context;
    }

    /// Appends points to the gesture. Never waits for a decode.
    ///
    /// # Errors
    /// [`Error::Invalid`] where no gesture has begun; those of [`Trace::push`], which leave the
    /// gesture unchanged.
    pub fn push(&self, points: &[Point]) -> Result<()> {
        let mut slot = self.shared.slot();
        if !slot.is_open {
            return Err(no_gesture());
        }
        slot.trace.extend(points)?;
        self.shared.wake(&slot);
        Ok(())
    }

    /// The newest words for the gesture so far; `None` before the first and after the gesture.
    ///
    /// # Errors
    /// The error of the newest decode, once: any of [`Session::decode`](crate::Session::decode),
    /// and [`Error::Panicked`]. The gesture and later decodes continue.
    pub fn partial(&self) -> Result<Option<Partial>> {
        let mut slot = self.shared.slot();
        match slot.failure.take() {
            Some(error) => Err(error),
            None => Ok(slot.newest.clone()),
        }
    }

    /// Ends the gesture and returns its words, those of [`Session::decode`](crate::Session::decode)
    /// for all its points. Combines [`end`](Self::end), [`with_gesture`](Self::with_gesture) and
    /// [`Gesture::words`].
    ///
    /// A deadline counts from this call. The gesture ends even if decoding fails. Another thread
    /// may begin the next gesture meanwhile without waiting.
    ///
    /// # Errors
    /// Those of the three.
    pub fn finish(&self, limits: &Limits) -> Result<Decoded> {
        self.with_gesture(&self.end()?, limits, |gesture| {
            gesture.words(self.options())
        })
    }

    /// Ends the gesture and keeps it for [`with_gesture`](Self::with_gesture). Never waits for a
    /// decode, so the thread with the touch events may call it, begin the next gesture, and leave
    /// the words to another thread.
    ///
    /// # Errors
    /// [`Error::Invalid`] where no gesture has begun.
    pub fn end(&self) -> Result<Ended> {
        let mut slot = self.shared.slot();
        if !slot.is_open {
            return Err(no_gesture());
        }
        slot.close(true);
        Ok(Ended {
            gesture: slot.gesture,
            trace: slot.trace.clone(),
            context: slot.context.clone(),
        })
    }

    /// Encodes a finished gesture and calls `f` with it. [`Gesture::words`] with the session's
    /// [`options`](Self::options) gives the words of [`finish`](Self::finish). The session decodes
    /// nothing else meanwhile.
    ///
    /// The encoder runs on the caller's thread, and only if points were added since the last
    /// decode; otherwise its time counts as zero. A deadline counts from this call.
    ///
    /// # Errors
    /// Those of [`Session::encode`](crate::Session::encode) and of `f`.
    pub fn with_gesture<T>(
        &self,
        ended: &Ended,
        limits: &Limits,
        f: impl FnOnce(&mut Gesture<'_>) -> Result<T>,
    ) -> Result<T> {
        let begin = Instant::now();
        let mut work = self.shared.work();
        if work.follow(ended.gesture, &ended.trace, &ended.context) {
            self.shared.slot().counts.reused += 1;
        }
        f(&mut work.gesture(begin, limits)?)
    }

    /// Ends the gesture without a result. Cancels a running decode and does not wait for it.
    pub fn abandon(&self) {
        self.shared.slot().close(false);
    }

    /// Number of points of the gesture so far, or of the last one.
    pub fn points(&self) -> usize {
        self.shared.slot().trace.len()
    }

    /// The options for final candidates.
    pub fn options(&self) -> &DecoderOptions {
        &self.shared.settings.decoder
    }

    /// The options for partial candidates.
    pub fn partial_options(&self) -> &DecoderOptions {
        &self.shared.settings.partial
    }

    /// Counts since the session was made.
    pub fn counts(&self) -> LiveCounts {
        self.shared.slot().counts
    }

    /// Bytes of the session ([`Session::memory`](crate::Session::memory)). Waits for a running
    /// decode.
    pub fn memory(&self) -> usize {
        self.shared.work().session.memory()
    }
}

impl Drop for LiveSession {
    fn drop(&mut self) {
        self.shared.shut();
        if let Some(worker) = self.worker.take()
            // The callback for partial results may own the session.
            && worker.thread().id() != thread::current().id()
        {
            // The thread ends by itself; a panic in it has been reported.
            let _ = worker.join();
        }
    }
}

fn no_gesture() -> Error {
    Error::invalid("the gesture", "begun with LiveSession::begin", "none")
}
