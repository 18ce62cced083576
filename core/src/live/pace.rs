//! Schedules decodes.

use std::time::{Duration, Instant};

/// Bounds the rate of decodes and their share of the time. It reads no clock; the caller passes the
/// time.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    interval: Duration,
    share: f64,
    next: Option<Instant>,
}

impl Pace {
    /// Decodes start at least `interval` apart and run for at most `share` of the time, 0 < share
    /// <= 1.
    pub(super) fn new(interval: Duration, share: f64) -> Self {
        Self {
            interval,
            share,
            next: None,
        }
    }

    /// Time that a decode must wait at `now`.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        self.next
            .map_or(Duration::ZERO, |next| next.saturating_duration_since(now))
    }

    /// Records a decode.
    pub(super) fn ran(&mut self, start: Instant, end: Instant) {
        let took = end.saturating_duration_since(start);
        self.next = Some(start + self.interval.max(took.div_f64(self.share)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn decodes_begin_an_interval_apart() {
        let mut pace = Pace::new(30 * MS, 1.0);
        let start = Instant::now();
        assert_eq!(pace.wait(start), Duration::ZERO);
        pace.ran(start, start + 5 * MS);
        assert_eq!(pace.wait(start + 5 * MS), 25 * MS);
        assert_eq!(pace.wait(start + 30 * MS), Duration::ZERO);
        assert_eq!(pace.wait(start + 300 * MS), Duration::ZERO);
    }

    #[test]
    fn long_decodes_come_less_often() {
        let mut pace = Pace::new(30 * MS, 0.25);
        let start = Instant::now();
        pace.ran(start, start + 20 * MS);
        assert_eq!(pace.wait(start + 20 * MS), 60 * MS);
        pace.ran(start, start + 7 * MS);
        assert_eq!(pace.wait(start), 30 * MS);
    }

    #[test]
    fn neither_bound_is_passed_however_long_decodes_take() {
        let mut random = crate::transducer::fixtures::Random::new(5);
        for share in [0.1, 0.3, 1.0] {
            let mut pace = Pace::new(33 * MS, share);
            let begin = Instant::now();
            let (mut now, mut busy, mut count) = (begin, Duration::ZERO, 0u32);
            while now < begin + 20_000 * MS {
                now += pace.wait(now);
                let took = random.below(25) as u32 * MS;
                pace.ran(now, now + took);
                (busy, count) = (busy + took, count + 1);
                now += took;
            }
            let end = now + pace.wait(now) - begin;
            assert!(end >= count * 33 * MS);
            assert!(busy.as_secs_f64() <= share * end.as_secs_f64() * (1.0 + 1e-6));
        }
    }
}
