//! Copies of a model for concurrent runs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

use crate::error::{Error, Result};

/// Most copies of a model.
const MAX_COPIES: usize = 64;

/// One or more copies of a model that allows one run at a time, each with its own lock.
#[derive(Debug)]
pub(super) struct Copies<T> {
    copies: Vec<Mutex<T>>,
    /// The copy to wait for where none is idle.
    next: AtomicUsize,
}

impl<T> Copies<T> {
    /// `count` copies: `first` and those that `more` makes.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a count that is not 1 to 64, and those of `more`.
    pub(super) fn new(count: usize, first: T, mut more: impl FnMut() -> Result<T>) -> Result<Self> {
        if count == 0 || count > MAX_COPIES {
            return Err(Error::invalid(
                "the number of copies",
                format!("1 to {MAX_COPIES}"),
                count,
            ));
        }
        let mut copies = vec![Mutex::new(first)];
        for _ in 1..count {
            copies.push(Mutex::new(more()?));
        }
        Ok(Self {
            copies,
            next: AtomicUsize::new(0),
        })
    }

    /// Runs `run` with the first idle copy; waits for one where none is idle.
    pub(super) fn with<R>(&self, run: impl FnOnce(&mut T) -> R) -> R {
        for copy in &self.copies {
            match copy.try_lock() {
                Ok(mut copy) => return run(&mut copy),
                Err(TryLockError::Poisoned(copy)) => return run(&mut copy.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let copy = &self.copies[self.next.fetch_add(1, Ordering::Relaxed) % self.copies.len()];
        run(&mut copy.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
