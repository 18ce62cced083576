//! Candidates while the finger moves.
//!
//! A [`LiveSession`] takes points as they come. A thread of its own decodes the gesture so far,
//! again and again, at a bounded rate; what is newest wins, and points that came while it was busy
//! are decoded together. When the finger lifts, [`finish`](LiveSession::finish) decodes the whole
//! gesture as [`Session::decode`](crate::Session::decode) does, to the bit; where the last decode had seen all of it, its
//! encoder frames are taken and only the search runs.
//!
//! Nothing waits for a decode that nobody wants any more: it is cancelled, within ONNX Runtime's
//! run as well.

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

/// What a gesture may mean as far as it has come. Words may come and go until it is finished.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Partial {
    /// Words, best first.
    pub candidates: Vec<Candidate>,
    /// Points of the gesture that they were decoded from, its first ones.
    pub points: usize,
    /// Number of the gesture, as [`LiveSession::begin`] gave it.
    pub gesture: u64,
}

/// A gesture that was ended, to be decoded. Made by [`LiveSession::end`], and of use with that
/// session only.
#[derive(Clone)]
pub struct Ended {
    gesture: u64,
    trace: Trace,
    context: Context,
}

impl Ended {
    /// Number of the gesture, as [`LiveSession::begin`] gave it.
    pub fn gesture(&self) -> u64 {
        self.gesture
    }
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No point of a trace in a log.
        f.debug_struct("Ended")
            .field("gesture", &self.gesture)
            .finish_non_exhaustive()
    }
}

/// What a live session has done since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiveCounts {
    /// Decodes that the worker has begun.
    pub started: u64,
    /// Of these, finished.
    pub finished: u64,
    /// Of these, cancelled since their gesture was over or had gone on.
    pub cancelled: u64,
    /// Of these, failed.
    pub failed: u64,
    /// Calls of [`LiveSession::with_gesture`] and [`LiveSession::finish`] that found the encoder's
    /// frames made.
    pub reused: u64,
}

/// Decodes one gesture at a time while it is made. Made by [`Engine::live`].
///
/// It may be shared between threads: one that has the touch events, another that waits for the
/// words of a gesture. Dropping it ends its thread; a decode that is running is cancelled.
pub struct LiveSession {
    shared: Arc<Shared>,
    worker: Option<JoinHandle<()>>,
}

impl fmt::Debug for LiveSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No point of a trace in a log.
        f.debug_struct("LiveSession")
            .field("settings", &self.shared.settings)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// A session that decodes while the finger moves, with a thread of its own.
    ///
    /// # Errors
    /// [`Error::Invalid`] for options out of range, [`Error::Thread`] where the system starts no
    /// thread.
    pub fn live(&self, options: &LiveOptions) -> Result<LiveSession> {
        self.live_with(options, |_| ())
    }

    /// As [`live`](Self::live), and has `on_partial` called with each partial result, so that
    /// nobody needs to ask for it.
    ///
    /// It is called in the session's thread, which does nothing else meanwhile: it should hand the
    /// result on and return. A result that it is given may be of a gesture that has ended since;
    /// [`Partial::gesture`] tells.
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
    /// Begins a gesture on a keyboard whose letters span `area`, and abandons the one before where
    /// it was not finished. Returns its number, one more than that of the last.
    pub fn begin(&self, area: LetterArea) -> u64 {
        let mut slot = self.shared.slot();
        slot.begin(Trace::new(area));
        slot.gesture
    }

    /// The words before the gesture in its sentence, as [`Gesture::with_context`] takes them: they
    /// count in what is decoded from now on, until this is called again. It never waits for a
    /// decode.
    pub fn set_context<W: AsRef<str>>(&self, words: &[W]) {
        let context = self.shared.context(words);
        self.shared.slot().context = context;
    }

    /// Appends touch samples to the gesture. It never waits for a decode.
    ///
    /// # Errors
    /// [`Error::Invalid`] where no gesture has begun; those of [`Trace::push`], where the gesture
    /// stays as it was.
    pub fn push(&self, points: &[Point]) -> Result<()> {
        let mut slot = self.shared.slot();
        if !slot.is_open {
            return Err(no_gesture());
        }
        slot.trace.extend(points)?;
        self.shared.wake(&slot);
        Ok(())
    }

    /// The newest words for the gesture so far; `None` before the first and when the gesture is
    /// over.
    ///
    /// # Errors
    /// What the newest decode failed with, once: whatever [`Session::decode`](crate::Session::decode) gives, and
    /// [`Error::Panicked`]. The gesture goes on, and so do further decodes.
    pub fn partial(&self) -> Result<Option<Partial>> {
        let mut slot = self.shared.slot();
        match slot.failure.take() {
            Some(error) => Err(error),
            None => Ok(slot.newest.clone()),
        }
    }

    /// Ends the gesture and gives its words: those of [`Session::decode`](crate::Session::decode) for all its points. The
    /// short way of [`end`](Self::end), [`with_gesture`](Self::with_gesture) and [`Gesture::words`].
    ///
    /// A deadline counts from this call. The gesture is over whatever comes of it, and another
    /// thread may begin the next one meanwhile, which then waits for nothing.
    ///
    /// # Errors
    /// Those of the three.
    pub fn finish(&self, limits: &Limits) -> Result<Decoded> {
        self.with_gesture(&self.end()?, limits, |gesture| {
            gesture.words(self.options())
        })
    }

    /// Ends the gesture and keeps it for [`with_gesture`](Self::with_gesture). It never waits for a decode, so
    /// that the thread with the touch events may call it, begin the next gesture, and leave the
    /// words to another.
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

    /// Encodes a gesture that was ended and calls `f` with it: [`Gesture::words`] with the
    /// session's [`options`](Self::options) gives the words of [`finish`](Self::finish). The
    /// session decodes nothing else meanwhile.
    ///
    /// The encoder runs in the caller's thread, and only where the gesture has gone on since the
    /// last decode; where it does not, it counts as having taken no time. A deadline counts from
    /// this call.
    ///
    /// # Errors
    /// Those of [`Session::encode`](crate::Session::encode), and what `f` gives.
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

    /// Ends the gesture without a result. A decode that is running is cancelled and not waited for.
    pub fn abandon(&self) {
        self.shared.slot().close(false);
    }

    /// Number of points of the gesture so far, or of the last one.
    pub fn points(&self) -> usize {
        self.shared.slot().trace.len()
    }

    /// How final candidates are found.
    pub fn options(&self) -> &DecoderOptions {
        &self.shared.settings.decoder
    }

    /// How partial candidates are found.
    pub fn partial_options(&self) -> &DecoderOptions {
        &self.shared.settings.partial
    }

    /// What has been done since the session was made.
    pub fn counts(&self) -> LiveCounts {
        self.shared.slot().counts
    }

    /// Bytes that the session takes ([`Session::memory`](crate::Session::memory)), once no decode runs.
    pub fn memory(&self) -> usize {
        self.shared.work().session.memory()
    }
}

impl Drop for LiveSession {
    fn drop(&mut self) {
        self.shared.shut();
        if let Some(worker) = self.worker.take()
            // What is called with partial results may hold the session itself.
            && worker.thread().id() != thread::current().id()
        {
            // It ends by itself; a panic in it has been told of.
            let _ = worker.join();
        }
    }
}

fn no_gesture() -> Error {
    Error::invalid("the gesture", "begun with LiveSession::begin", "none")
}
