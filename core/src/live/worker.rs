//! The thread that decodes the gesture so far, and the state that it shares with the callers.
//!
//! There are two locks. The slot holds the gesture and its results and is never held during a
//! decode. The work holds the session and is held during a decode. Code that takes both takes the
//! work first.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::options::Settings;
use super::pace::Pace;
use super::{LiveCounts, Partial};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::language_model::Context;
use crate::limits::{CancelToken, Limits};
use crate::session::{EncodeTimes, Gesture, Session};
use crate::trace::Trace;

/// The caller's function for partial results.
pub(super) type OnPartial = Box<dyn FnMut(Result<&Partial, &Error>) + Send>;

/// The gesture and its results.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// Number of the gesture, from 1.
    pub(super) gesture: u64,
    /// Whether the gesture is unfinished.
    pub(super) is_open: bool,
    pub(super) trace: Trace,
    /// The words before it in its sentence.
    pub(super) context: Context,
    /// Number of its points when the last decode began.
    begun: usize,
    /// Cancels the running decode.
    running: Option<CancelToken>,
    pub(super) newest: Option<Partial>,
    pub(super) failure: Option<Error>,
    pub(super) counts: LiveCounts,
    /// Whether the worker waits for a notification.
    is_idle: bool,
    /// Whether the worker must end.
    is_closed: bool,
}

impl Slot {
    /// Whether there are new points to decode.
    fn is_due(&self, min_points: usize) -> bool {
        let points = self.trace.len();
        self.is_open && !self.is_closed && points >= min_points.max(2) && points != self.begun
    }

    /// Ends the gesture and cancels its running decode; `keep_whole` spares a decode of all its
    /// points.
    pub(super) fn close(&mut self, keep_whole: bool) {
        if let Some(running) = &self.running
            && !(keep_whole && self.begun == self.trace.len())
        {
            running.cancel();
        }
        self.is_open = false;
        self.newest = None;
        // A panic is reported even after its gesture has ended.
        if !matches!(self.failure, Some(Error::Panicked { .. })) {
            self.failure = None;
        }
    }

    /// Begins the next gesture.
    pub(super) fn begin(&mut self, trace: Trace) {
        self.close(false);
        self.gesture += 1;
        self.is_open = true;
        self.trace = trace;
        self.begun = 0;
    }
}

/// A session and the gesture that it decodes.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) session: Session,
    gesture: u64,
    trace: Trace,
    context: Context,
    /// Whether the session's buffers hold the trace's frames.
    is_encoded: bool,
}

impl Work {
    fn new(session: Session) -> Self {
        Self {
            session,
            gesture: 0,
            trace: Trace::default(),
            context: Context::default(),
            is_encoded: false,
        }
    }

    /// Sets the gesture's number, points and context; returns whether its frames are already there.
    pub(super) fn follow(&mut self, gesture: u64, trace: &Trace, context: &Context) -> bool {
        self.context.clone_from(context);
        // Points are only appended, so their number identifies them.
        if self.gesture != gesture || self.trace.len() != trace.len() {
            self.gesture = gesture;
            self.trace.clone_from(trace);
            self.is_encoded = false;
        }
        self.is_encoded
    }

    /// Ensures that the session's buffers hold the gesture's frames and returns the time taken,
    /// zero where they were there.
    fn encode(&mut self, limits: &Limits) -> Result<EncodeTimes> {
        if self.is_encoded {
            return Ok(EncodeTimes::default());
        }
        let times = self.session.run_encoder(&self.trace, limits)?;
        self.is_encoded = true;
        Ok(times)
    }

    /// The gesture, whose limits count from `begin`.
    pub(super) fn gesture(&mut self, begin: Instant, limits: &Limits) -> Result<Gesture<'_>> {
        let times = self.encode(limits)?;
        let gesture = Gesture::new(&mut self.session, times, begin, limits);
        Ok(gesture.after(self.context.clone()))
    }
}

/// The state shared by the worker and the callers.
#[derive(Debug)]
pub(super) struct Shared {
    engine: Engine,
    pub(super) settings: Settings,
    slot: Mutex<Slot>,
    changed: Condvar,
    work: Mutex<Work>,
}

impl Shared {
    pub(super) fn new(engine: Engine, settings: Settings) -> Self {
        let work = Mutex::new(Work::new(engine.session()));
        Self {
            engine,
            settings,
            slot: Mutex::default(),
            changed: Condvar::new(),
            work,
        }
    }

    /// The words before a gesture, for the engine's language model.
    pub(super) fn context<W: AsRef<str>>(&self, words: &[W]) -> Context {
        self.engine
            .language_model()
            .map(|model| model.context(words))
            .unwrap_or_default()
    }

    pub(super) fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session, after any running decode. A session that a panic left half changed is replaced.
    pub(super) fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(|poisoned| {
            let mut work = poisoned.into_inner();
            *work = Work::new(self.engine.session());
            self.work.clear_poison();
            work
        })
    }

    /// Wakes the worker if it is idle and has work, or must end.
    pub(super) fn wake(&self, slot: &Slot) {
        if slot.is_closed || slot.is_idle && slot.is_due(self.settings.min_points) {
            self.changed.notify_one();
        }
    }

    /// Tells the worker to end.
    pub(super) fn shut(&self) {
        let mut slot = self.slot();
        slot.close(false);
        slot.is_closed = true;
        self.wake(&slot);
    }

    /// The worker's loop: decodes the newest points until the session is dropped.
    pub(super) fn run(&self, mut on_partial: OnPartial) {
        let mut pace = Pace::new(self.settings.interval, self.settings.share);
        while self.wait(&pace) {
            let start = Instant::now();
            let step = AssertUnwindSafe(|| self.step(&mut pace, start, &mut on_partial));
            if catch_unwind(step).is_err() {
                pace.ran(start, Instant::now());
                let mut slot = self.slot();
                // A panic in the callback comes after the decode, which then is no longer running.
                slot.counts.failed += u64::from(slot.running.take().is_some());
                slot.failure = Some(Error::Panicked {
                    what: "the worker of a live session",
                });
            }
        }
    }

    /// Waits until there are points to decode and the pace allows it; false when the worker must
    /// end.
    fn wait(&self, pace: &Pace) -> bool {
        let mut slot = self.slot();
        while !slot.is_closed {
            if slot.is_due(self.settings.min_points) {
                let wait = pace.wait(Instant::now());
                if wait.is_zero() {
                    return true;
                }
                let waited = self.changed.wait_timeout(slot, wait);
                slot = waited.unwrap_or_else(PoisonError::into_inner).0;
            } else {
                slot.is_idle = true;
                let waited = self.changed.wait(slot);
                slot = waited.unwrap_or_else(PoisonError::into_inner);
                slot.is_idle = false;
            }
        }
        false
    }

    /// Decodes the gesture so far, unless it has ended in the meantime.
    fn step(&self, pace: &mut Pace, start: Instant, on_partial: &mut OnPartial) {
        let cancel = CancelToken::new();
        let mut work = self.work();
        let (gesture, points);
        {
            let mut slot = self.slot();
            if !slot.is_due(self.settings.min_points) {
                return;
            }
            work.follow(slot.gesture, &slot.trace, &slot.context);
            (gesture, points) = (slot.gesture, slot.trace.len());
            slot.begun = points;
            slot.running = Some(cancel.clone());
            slot.counts.started += 1;
        }
        let limits = Limits {
            cancel: Some(cancel),
            ..Limits::default()
        };
        let gesture_so_far = work.gesture(start, &limits);
        let found = gesture_so_far.and_then(|mut found| found.words(&self.settings.partial));
        drop(work);
        pace.ran(start, Instant::now());
        let mut slot = self.slot();
        slot.running = None;
        let is_wanted = slot.is_open && slot.gesture == gesture;
        match found {
            Ok(decoded) => {
                slot.counts.finished += 1;
                if is_wanted {
                    let partial = Partial {
                        candidates: decoded.candidates,
                        points,
                        gesture,
                    };
                    slot.newest = Some(partial.clone());
                    drop(slot);
                    on_partial(Ok(&partial));
                }
            }
            Err(Error::Cancelled) => slot.counts.cancelled += 1,
            Err(error) => {
                slot.counts.failed += 1;
                if is_wanted {
                    drop(slot);
                    on_partial(Err(&error));
                    let mut slot = self.slot();
                    if slot.is_open && slot.gesture == gesture {
                        slot.failure = Some(error);
                    }
                }
            }
        }
    }
}
