//! What may end a decode early: another thread or the clock.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// Ends a decode from another thread. Clones share one token. A cancelled token stays cancelled;
/// take a new one for the next gesture.
///
/// A decode checks the token before every frame of the search. ONNX Runtime is notified at once and
/// stops after its current operator. ExecuTorch finishes its encoder run, which takes some
/// milliseconds.
#[derive(Clone, Default)]
pub struct CancelToken {
    inner: Arc<Inner>,
}

type Hooks = Vec<(u64, Box<dyn Fn() + Send>)>;

#[derive(Default)]
struct Inner {
    cancelled: AtomicBool,
    /// Functions to call on cancellation, by ascending number.
    hooks: Mutex<Hooks>,
}

impl Inner {
    fn hooks(&self) -> MutexGuard<'_, Hooks> {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken")
            .field("cancelled", &self.is_cancelled())
            .finish()
    }
}

impl CancelToken {
    /// A token that has not been cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels all present and future decodes with this token.
    pub fn cancel(&self) {
        self.inner.cancelled.store(true, Ordering::Release);
        for (_, hook) in self.inner.hooks().iter() {
            hook();
        }
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.inner.cancelled.load(Ordering::Acquire)
    }

    /// [`Error::Cancelled`] where it was cancelled.
    pub(crate) fn check(&self) -> Result<()> {
        match self.is_cancelled() {
            true => Err(Error::Cancelled),
            false => Ok(()),
        }
    }

    /// Registers `hook` until the result is dropped. The hook is called when the token is
    /// cancelled, or at once if it already is.
    #[cfg(feature = "onnxruntime")]
    pub(crate) fn hook(&self, hook: Box<dyn Fn() + Send>) -> Hook<'_> {
        let mut hooks = self.inner.hooks();
        let number = hooks.last().map_or(0, |(last, _)| last + 1);
        // The lock is held: a concurrent cancel either finds the hook or has set the flag.
        if self.is_cancelled() {
            hook();
        }
        hooks.push((number, hook));
        drop(hooks);
        Hook {
            token: self,
            number,
        }
    }
}

/// A registered hook of a [`CancelToken`]; dropping it unregisters the hook.
#[cfg(feature = "onnxruntime")]
pub(crate) struct Hook<'t> {
    token: &'t CancelToken,
    number: u64,
}

#[cfg(feature = "onnxruntime")]
impl Drop for Hook<'_> {
    fn drop(&mut self) {
        let mut hooks = self.token.inner.hooks();
        hooks.retain(|(number, _)| *number != self.number);
    }
}

/// The limits of a decode.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Limits {
    /// Ends the decode from another thread, without a result.
    pub cancel: Option<CancelToken>,
    /// Time after the decode's start at which the search ends with the best words for the frames
    /// processed so far. There are none where the encoder alone took longer.
    pub deadline: Option<Duration>,
}

impl Limits {
    /// Whether the search of a gesture that began at `start` must end: true past the deadline, an
    /// error where it was cancelled.
    pub(crate) fn reached(&self, start: Instant) -> Result<bool> {
        if let Some(token) = &self.cancel {
            token.check()?;
        }
        Ok(self
            .deadline
            .is_some_and(|deadline| start.elapsed() >= deadline))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_cancelled_for_all_its_clones() {
        let token = CancelToken::new();
        let clone = token.clone();
        assert!(!clone.is_cancelled() && clone.check().is_ok());
        token.cancel();
        assert!(clone.is_cancelled());
        assert!(matches!(clone.check(), Err(Error::Cancelled)));
        assert!(!CancelToken::new().is_cancelled());
    }

    #[cfg(feature = "onnxruntime")]
    #[test]
    fn hooks_are_called_once_they_are_there() {
        use std::sync::atomic::AtomicU64;

        let (token, calls) = (CancelToken::new(), Arc::new(AtomicU64::new(0)));
        let hook = || {
            let calls = Arc::clone(&calls);
            token.hook(Box::new(move || {
                calls.fetch_add(1, Ordering::Relaxed);
            }))
        };
        drop(hook());
        let kept = hook();
        token.cancel();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        drop(kept);
        let late = hook();
        assert_eq!(calls.load(Ordering::Relaxed), 2);
        drop(late);
        token.cancel();
        assert_eq!(calls.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn limits_are_reached_by_the_clock_or_the_token() {
        let start = Instant::now();
        let mut limits = Limits::default();
        assert!(!limits.reached(start).unwrap());
        limits.deadline = Some(Duration::from_secs(3600));
        assert!(!limits.reached(start).unwrap());
        limits.deadline = Some(Duration::ZERO);
        assert!(limits.reached(start).unwrap());
        limits.cancel = Some(CancelToken::new());
        assert!(limits.reached(start).unwrap());
        limits.cancel.as_ref().unwrap().cancel();
        assert!(matches!(limits.reached(start), Err(Error::Cancelled)));
    }
}
