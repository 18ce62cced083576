//! Words while the finger moves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use swipekit::{live, trace};

use super::error::{Result, guard};
use super::layout::LetterArea;
use super::records::{self, decoder_options, limits};
use super::{CancelToken, DecodeResult, PartialResult, Point, SwipekitError};
use crate::error::{Failure, Kind};

/// How a live session decodes. What is left open has swipekit's default, or is as the engine's
/// preset says.
#[derive(Clone, Debug, Default, PartialEq, uniffi::Record)]
pub struct LiveOptions {
    /// Milliseconds between the beginnings of two decodes at least. Default 33.
    #[uniffi(default = None)]
    pub interval_ms: Option<u32>,
    /// Share of the time that decodes run at most, 0.001 to 1. Default 0.3.
    #[uniffi(default = None)]
    pub share: Option<f64>,
    /// Points that a gesture has before it is decoded for the first time. Default 8.
    #[uniffi(default = None)]
    pub min_points: Option<u32>,
    /// Candidates at most.
    #[uniffi(default = None)]
    pub candidates: Option<u32>,
    /// Size of the final search's beam.
    #[uniffi(default = None)]
    pub beam: Option<u32>,
}

impl LiveOptions {
    fn over(&self, engine: &swipekit::Engine) -> swipekit::LiveOptions {
        let mut options = swipekit::LiveOptions::default();
        if let Some(ms) = self.interval_ms {
            options.interval = Duration::from_millis(ms.into());
        }
        options.share = self.share.unwrap_or(options.share);
        options.min_points = self
            .min_points
            .map_or(options.min_points, |points| points as usize);
        options.decoder = Some(decoder_options(
            engine.options(),
            self.candidates,
            self.beam,
        ));
        options
    }
}

/// What a listener may throw. The gesture goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ListenerError {
    /// The listener failed.
    #[error("the listener failed")]
    Failed,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ListenerError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        // What it says may hold anything.
        Self::Failed
    }
}

/// Is told of partial results, in the session's own thread, which does nothing else meanwhile: hand
/// the result on and return. It may be of a gesture that has ended since; `PartialResult.gesture`
/// tells.
///
/// Where it throws, `LiveSession.partial` says so once, and it is called again with the next
/// result.
#[uniffi::export(with_foreign)]
pub trait PartialListener: Send + Sync {
    /// Words for the gesture so far.
    ///
    /// # Errors
    /// Whatever a listener throws.
    fn on_partial(&self, partial: PartialResult) -> Result<(), ListenerError>;

    /// A decode of the gesture so far has failed; the gesture goes on.
    ///
    /// # Errors
    /// Whatever a listener throws.
    fn on_failure(&self, error: SwipekitError) -> Result<(), ListenerError>;
}

/// Decodes one gesture at a time while it is made. It may be shared between threads.
///
/// It has a thread, which `stop` ends, and so does letting go of the session; a listener that holds
/// the session keeps it alive.
#[derive(Debug, uniffi::Object)]
pub struct LiveSession {
    live: Mutex<Option<Arc<swipekit::LiveSession>>>,
    /// Whether the listener has thrown since anybody was told.
    listener_failed: Arc<AtomicBool>,
}

/// A session of `engine` that tells `listener`.
pub(super) fn open(
    engine: &swipekit::Engine,
    options: LiveOptions,
    listener: Option<Arc<dyn PartialListener>>,
) -> Result<LiveSession> {
    let options = options.over(engine);
    let listener_failed = Arc::new(AtomicBool::new(false));
    let live = match listener {
        None => engine.live(&options)?,
        Some(listener) => {
            let failed = Arc::clone(&listener_failed);
            engine.live_with(&options, move |partial| {
                let told = match partial {
                    Ok(partial) => listener.on_partial(partial.clone().into()),
                    Err(error) => listener.on_failure(Failure::from(error).into()),
                };
                if told.is_err() {
                    failed.store(true, Ordering::Relaxed);
                }
            })?
        }
    };
    Ok(LiveSession {
        live: Mutex::new(Some(Arc::new(live))),
        listener_failed,
    })
}

impl LiveSession {
    fn slot(&self) -> MutexGuard<'_, Option<Arc<swipekit::LiveSession>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn live(&self) -> Result<Arc<swipekit::LiveSession>> {
        let live = self.slot().clone();
        Ok(live.ok_or_else(|| Failure::closed("the live session"))?)
    }

    /// Calls `f` with the session, which goes on to exist meanwhile.
    fn with<T>(&self, f: impl FnOnce(&swipekit::LiveSession) -> Result<T>) -> Result<T> {
        guard(|| f(&*self.live()?))
    }
}

fn decode_ended(
    live: &swipekit::LiveSession,
    ended: &live::Ended,
    deadline_ms: Option<u32>,
    cancel: Option<&CancelToken>,
) -> Result<DecodeResult> {
    let limits = limits(deadline_ms, cancel);
    let decoded = live.with_gesture(ended, &limits, |gesture| gesture.words(live.options()))?;
    Ok(decoded.into())
}

/// A gesture that was ended, whose words are still to be found. Made by `LiveSession.end`.
#[derive(Debug, uniffi::Object)]
pub struct EndedGesture {
    ended: live::Ended,
    /// Its session, which it does not keep alive.
    live: Weak<swipekit::LiveSession>,
}

#[uniffi::export]
impl EndedGesture {
    /// Number of the gesture, as `begin` gave it.
    pub fn gesture(&self) -> u64 {
        self.ended.gesture()
    }

    /// The words of the gesture: those of `Engine.decode` for all its points. A deadline in
    /// milliseconds counts from this call.
    ///
    /// # Errors
    /// Those of `Engine.decode`, and `Closed` where the session is stopped or gone.
    #[uniffi::method(default(deadline_ms = None, cancel = None))]
    pub fn decode(
        &self,
        deadline_ms: Option<u32>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<DecodeResult> {
        guard(|| {
            let live = self.live.upgrade();
            let live = live.ok_or_else(|| Failure::closed("the live session"))?;
            decode_ended(&live, &self.ended, deadline_ms, cancel.as_deref())
        })
    }
}

#[uniffi::export]
impl LiveSession {
    /// Begins a gesture on a keyboard whose letters span `area`, and abandons the one before where
    /// it was not finished. Gives its number, one more than that of the last.
    ///
    /// # Errors
    /// `Argument` and `NotFinite` for an area that is none, `Closed`.
    pub fn begin(&self, area: LetterArea) -> Result<u64> {
        self.with(|live| Ok(live.begin(area.checked()?)))
    }

    /// Appends touch samples to the gesture. It never waits for a decode.
    ///
    /// # Errors
    /// `Argument` where no gesture has begun or it grows too long; `NotFinite`; the gesture stays
    /// as it was. `Closed`.
    pub fn push(&self, points: Vec<Point>) -> Result<()> {
        self.with(|live| {
            let points: Vec<trace::Point> = points.into_iter().map(Into::into).collect();
            Ok(live.push(&points)?)
        })
    }

    /// As `push`, of points in bytes, as `Engine.decode_packed` takes them.
    ///
    /// # Errors
    /// Those of `push`, and `Argument` where the bytes end within a point.
    pub fn push_packed(&self, points: &[u8]) -> Result<()> {
        self.with(|live| Ok(live.push(&records::unpack(points)?)?))
    }

    /// The words before the gesture in its sentence, oldest first: they count in what is decoded
    /// from now on.
    ///
    /// # Errors
    /// `Closed`.
    pub fn set_context(&self, words: Vec<String>) -> Result<()> {
        self.with(|live| {
            live.set_context(&words);
            Ok(())
        })
    }

    /// The newest words for the gesture so far; nothing before the first and when the gesture is
    /// over.
    ///
    /// # Errors
    /// What the newest decode failed with, or `Argument` where the listener has thrown, once. The
    /// gesture goes on. `Closed`.
    pub fn partial(&self) -> Result<Option<PartialResult>> {
        self.with(|live| {
            if self.listener_failed.swap(false, Ordering::Relaxed) {
                let message = "the listener threw an exception; it must catch its own and return";
                return Err(Failure::new(Kind::Argument, message).into());
            }
            Ok(live.partial()?.map(Into::into))
        })
    }

    /// Ends the gesture and gives its words: those of `Engine.decode` for all its points. A
    /// deadline in milliseconds counts from this call. The gesture is over whatever comes of it.
    ///
    /// # Errors
    /// `Argument` where no gesture has begun, otherwise those of `Engine.decode`, and `Closed`.
    #[uniffi::method(default(deadline_ms = None, cancel = None))]
    pub fn finish(
        &self,
        deadline_ms: Option<u32>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<DecodeResult> {
        self.with(|live| decode_ended(live, &live.end()?, deadline_ms, cancel.as_deref()))
    }

    /// The first half of `finish`: ends the gesture, and leaves its words to `EndedGesture.decode`,
    /// on another thread. It never waits for a decode, and the next gesture may begin at once.
    ///
    /// # Errors
    /// `Argument` where no gesture has begun, and `Closed`.
    pub fn end(&self) -> Result<Arc<EndedGesture>> {
        guard(|| {
            let live = self.live()?;
            Ok(Arc::new(EndedGesture {
                ended: live.end()?,
                live: Arc::downgrade(&live),
            }))
        })
    }

    /// Ends the gesture without a result. A decode that is running is cancelled and not waited for.
    ///
    /// # Errors
    /// `Closed`.
    pub fn abandon(&self) -> Result<()> {
        self.with(|live| {
            live.abandon();
            Ok(())
        })
    }

    /// Number of points of the gesture so far, or of the last one.
    ///
    /// # Errors
    /// `Closed`.
    pub fn points(&self) -> Result<u64> {
        self.with(|live| Ok(live.points() as u64))
    }

    /// Ends the session and its thread, and lets go of the listener; a call that runs goes on to
    /// its end. Everything else fails with `Closed` afterwards. Nothing happens where it was
    /// stopped before.
    ///
    /// # Errors
    /// `Decode` where swipekit itself fails.
    pub fn stop(&self) -> Result<()> {
        guard(|| {
            // Dropped outside the lock: it waits for the thread, which may be in the listener,
            // which may call this session.
            let live = self.slot().take();
            drop(live);
            Ok(())
        })
    }
}
