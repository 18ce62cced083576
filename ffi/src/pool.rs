//! An engine with sessions that are kept between gestures.

use std::sync::{Mutex, MutexGuard, PoisonError};

use swipekit::layout::LetterArea;
use swipekit::trace::Point;
use swipekit::{Engine, Limits, Session, Spelling, Trace};

use crate::error::Result;

/// Sessions that are kept idle at most. Each remembers prefixes, about 2 MiB; a keyboard has one
/// gesture at a time, and its next one may begin before the last is decoded.
const IDLE: usize = 2;

/// An engine that lends sessions to callers who do not want to keep one.
#[derive(Debug)]
pub struct Pool {
    /// The engine.
    pub engine: Engine,
    idle: Mutex<Vec<Session>>,
}

impl Pool {
    /// No sessions yet.
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            idle: Mutex::default(),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `f` with a session of its own. Where `f` panics, the session is not used again.
    pub fn with_session<R>(&self, f: impl FnOnce(&mut Session) -> R) -> R {
        let kept = self.idle().pop();
        let mut session = kept.unwrap_or_else(|| self.engine.session());
        let result = f(&mut session);
        let mut idle = self.idle();
        if idle.len() < IDLE {
            idle.push(session);
        }
        result
    }

    /// The `count` likeliest spellings of a trace, with the engine's preset.
    ///
    /// # Errors
    /// What decoding gives.
    pub fn spellings(&self, trace: &Trace, count: usize) -> swipekit::Result<Vec<Spelling>> {
        let options = self.engine.options();
        self.with_session(|session| {
            let mut gesture = session.encode(trace, &Limits::default())?;
            gesture.spellings(count, options)
        })
    }

    /// Gives the memory of idle sessions back.
    pub fn trim(&self) {
        self.idle().clear();
    }

    /// Decodes an artificial gesture, so that the first real one finds everything ready.
    ///
    /// # Errors
    /// What decoding gives. An engine without words is warmed up as far as it goes.
    pub fn warm_up(&self) -> Result<()> {
        // From the left edge of the letters to the right one and back, as long as a word of medium
        // length.
        let area = LetterArea::new(0.0, 0.0, 1.0, 1.0)?;
        let points = (0..60).map(|at| {
            let along = f64::from(at) / 59.0;
            Point::new(1.0 - (2.0 * along - 1.0).abs(), 0.5, 16.0 * f64::from(at))
        });
        let trace = Trace::from_points(area, points)?;
        self.with_session(|session| {
            match self.engine.lexicon() {
                Some(_) => drop(session.decode(&trace)?),
                None => drop(session.encode(&trace, &Limits::default())?),
            }
            Ok(())
        })
    }
}
