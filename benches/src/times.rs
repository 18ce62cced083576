//! Percentiles of times.

use std::time::Duration;

use serde::Serialize;

/// Percentiles of some times by nearest rank, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Times {
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 99th percentile.
    pub p99: f64,
}

impl Times {
    /// Of `times`, in any order; zeros where there is none.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let percentile = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100).max(1);
            times
                .get(rank - 1)
                .map_or(0.0, |time| (time.as_secs_f64() * 1e6).round() / 1e3)
        };
        Self {
            p50: percentile(50),
            p90: percentile(90),
            p99: percentile(99),
        }
    }
}

/// Runs `work`, gives what it gives and adds to `times` the processor time that this thread took for it: on a busy
/// machine the time on the clock is the other programs' as well, and more so for long work than for short.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let times = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(
            Times::of(times),
            Times {
                p50: 100.0,
                p90: 180.0,
                p99: 198.0
            }
        );
        assert_eq!(
            Times::of(vec![Duration::from_micros(1500)]),
            Times {
                p50: 1.5,
                p90: 1.5,
                p99: 1.5
            }
        );
        assert_eq!(
            Times::of(Vec::new()),
            Times {
                p50: 0.0,
                p90: 0.0,
                p99: 0.0
            }
        );
    }

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
