//! The number of threads that XNNPACK uses.
//!
//! ExecuTorch has one thread pool per process. A swipe is too small to gain from it, so by default
//! everything runs on the calling thread; the guard of the header `threadpool_guard.h` sets this
//! per thread. A model loaded under the guard never uses the pool.

use std::sync::OnceLock;

use crate::error::{Error, Result};
use crate::runtime::MAX_THREADS;

#[repr(C)]
struct ThreadPool {
    _opaque: [u8; 0],
}

// From libexecutorch_threadpool, which offers no C functions for this.
unsafe extern "C" {
    /// `executorch::extension::threadpool::NoThreadPoolGuard::set_enabled(bool)`
    #[link_name = "_ZN10executorch9extension10threadpool17NoThreadPoolGuard11set_enabledEb"]
    safe fn set_guard(enabled: bool);
    /// `executorch::extension::threadpool::NoThreadPoolGuard::is_enabled()`
    #[link_name = "_ZN10executorch9extension10threadpool17NoThreadPoolGuard10is_enabledEv"]
    safe fn guard() -> bool;
    /// `executorch::extension::threadpool::get_threadpool()`
    #[link_name = "_ZN10executorch9extension10threadpool14get_threadpoolEv"]
    safe fn pool() -> *mut ThreadPool;
    /// `executorch::extension::threadpool::ThreadPool::_unsafe_reset_threadpool(uint32_t)`
    #[link_name = "_ZN10executorch9extension10threadpool10ThreadPool24_unsafe_reset_threadpoolEj"]
    fn reset(pool: *mut ThreadPool, threads: u32) -> bool;
}

/// Number of threads of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Threads(usize);

impl Threads {
    /// `count` threads. More than one are the threads of the process's pool, whose size is set by
    /// the first model that asks.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a number out of range, or one that differs from the pool's.
    pub(super) fn new(count: usize) -> Result<Self> {
        /// Number of threads in the pool.
        static POOL: OnceLock<Option<usize>> = OnceLock::new();
        if !(1..=MAX_THREADS).contains(&count) {
            return Err(Error::invalid(
                "the threads of the session",
                format!("1 to {MAX_THREADS}"),
                count,
            ));
        }
        if count > 1 {
            let size = POOL.get_or_init(|| {
                let pool = pool();
                // SAFETY: no code of this crate uses the pool before it is set here, once. The
                // pointer is the process's pool, which exists as long as the process.
                let is_set = !pool.is_null() && unsafe { reset(pool, count as u32) };
                is_set.then_some(count)
            });
            if *size != Some(count) {
                return Err(Error::invalid(
                    "the threads of ExecuTorch",
                    match size {
                        Some(size) => format!("1, or {size} as for the first model of the process"),
                        None => "1: the pool cannot be made".to_owned(),
                    },
                    count,
                ));
            }
        }
        Ok(Self(count))
    }

    /// Runs `run`, which loads or runs a model, with these threads.
    pub(super) fn with<R>(self, run: impl FnOnce() -> R) -> R {
        let _restore = Restore(guard());
        set_guard(self.0 == 1);
        run()
    }
}

/// Restores the guard, even if a run panics.
struct Restore(bool);

impl Drop for Restore {
    fn drop(&mut self) {
        set_guard(self.0);
    }
}
