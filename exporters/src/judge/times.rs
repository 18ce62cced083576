//! Times in milliseconds, and their percentiles.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::statistics::percentile;

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
        let at = |percent| percentile(&times, percent).map_or(0.0, milliseconds);
        Self {
            p50: at(50.0),
            p90: at(90.0),
            p99: at(99.0),
        }
    }
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
}
