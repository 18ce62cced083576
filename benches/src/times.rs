//! Times of a thread.

use std::time::Duration;

pub use swipekit_exporters::judge::times::Times;

/// Runs `work`, gives what it gives and adds to `times` the processor time that this thread took
/// for it: on a busy machine the time on the clock is the other programs' as well, and more so for
/// long work than for short.
///
/// Elsewhere than on Unix it is the time on the clock.
pub fn timed<T>(times: &mut Vec<Duration>, work: impl FnOnce() -> T) -> T {
    let start = now();
    let result = work();
    times.push(now().saturating_sub(start));
    result
}

#[cfg(unix)]
fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(not(unix))]
fn now() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// Processor time of a process.
pub mod cpu {
    use std::time::Duration;

    /// Processor time so far of all threads but this one. Elsewhere than on Unix it is zero.
    pub fn others() -> Duration {
        #[cfg(unix)]
        {
            use rustix::time::{ClockId, clock_gettime};
            let time = |clock| Duration::try_from(clock_gettime(clock)).unwrap_or_default();
            time(ClockId::ProcessCPUTime).saturating_sub(time(ClockId::ThreadCPUTime))
        }
        #[cfg(not(unix))]
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_timed_is_given_back() {
        let mut times = Vec::new();
        let sum = timed(&mut times, || {
            (0..100_000u64).map(std::hint::black_box).sum::<u64>()
        });
        assert_eq!(sum, 4_999_950_000);
        assert!(times.len() == 1 && times[0] > Duration::ZERO);
    }
}
