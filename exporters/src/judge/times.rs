//! Percentiles of times.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Percentiles of some times by nearest rank, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
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
        Self {
            p50: percentile(&times, 50.0),
            p90: percentile(&times, 90.0),
            p99: percentile(&times, 99.0),
        }
    }
}

/// The `percent`th percentile of `sorted` times by nearest rank, in milliseconds; 0 where there is
/// none.
pub fn percentile(sorted: &[Duration], percent: f64) -> f64 {
    let rank = (sorted.len() as f64 * percent / 100.0).ceil() as usize;
    sorted
        .get(rank.max(1) - 1)
        .map_or(0.0, |time| milliseconds(*time))
}

/// A time in milliseconds, to the microsecond.
pub fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let times = (1..=200).rev().map(Duration::from_millis).collect();
        let expected = Times {
            p50: 100.0,
            p90: 180.0,
            p99: 198.0,
        };
        assert_eq!(Times::of(times), expected);
        let expected = Times {
            p50: 1.5,
            p90: 1.5,
            p99: 1.5,
        };
        assert_eq!(Times::of(vec![Duration::from_micros(1500)]), expected);
        assert_eq!(Times::of(Vec::new()), Times::default());
    }

    #[test]
    fn the_ends_are_the_least_and_the_greatest() {
        let times: Vec<Duration> = (1..=7).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 0.0), 1.0);
        assert_eq!(percentile(&times, 50.0), 4.0);
        assert_eq!(percentile(&times, 100.0), 7.0);
    }
}
