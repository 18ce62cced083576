//! Latency of bundles, measured in turns on one thread.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use swipekit::{Engine, Session, Timings};

use crate::judge::error::Result;
use crate::judge::times::{Times, milliseconds};
use crate::statistics::{median, percentile};
use crate::swipes::Swipe;

/// Steps of a distribution: every 2.5 %.
const STEPS: usize = 40;
/// Number of swipes that every bundle decodes before it is timed.
const WARM_UP: usize = 20;

/// How to measure latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyOptions {
    /// Number of swipes, spread evenly over the sample. Default: 200.
    pub swipes: usize,
    /// How often each is timed. Default: 1, because a session remembers a swipe's prefixes.
    pub rounds: usize,
}

impl Default for LatencyOptions {
    fn default() -> Self {
        Self {
            swipes: 200,
            rounds: 1,
        }
    }
}

/// Wall-clock times of one stage, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Percentiles.
    #[serde(flatten)]
    pub times: Times,
    /// The whole distribution: the percentiles 0, 2.5, 5, … 100.
    pub distribution: Vec<f64>,
}

impl Stage {
    fn of(times: impl Iterator<Item = Duration>) -> Self {
        let mut times: Vec<Duration> = times.collect();
        times.sort_unstable();
        let step = |step| {
            let time = percentile(&times, 100.0 * step as f64 / STEPS as f64);
            time.map_or(0.0, milliseconds)
        };
        Self {
            distribution: (0..=STEPS).map(step).collect(),
            times: Times::of(times),
        }
    }

    /// The distribution as points: milliseconds, percent.
    pub fn points(&self) -> Vec<(f64, f64)> {
        let steps = self.distribution.len().saturating_sub(1).max(1) as f64;
        let values = self.distribution.iter().enumerate();
        values
            .map(|(step, ms)| (*ms, 100.0 * step as f64 / steps))
            .collect()
    }
}

/// Latency of a bundle on one thread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Features to frames.
    pub encoder: Stage,
    /// Frames to words.
    pub search: Stage,
    /// Points to words.
    pub total: Stage,
}

/// Speed of a bundle relative to the baseline: the baseline's time divided by the bundle's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// Ratio of the medians.
    pub of_medians: f64,
    /// Median of the ratios of single swipes. Other load on the machine affects both alike.
    pub median: f64,
}

impl Ratio {
    /// From times of the same swipes; `None` without any.
    pub fn of(baseline: &[Duration], bundle: &[Duration]) -> Option<Self> {
        let seconds = |times: &[Duration]| median(times.iter().map(Duration::as_secs_f64));
        let pairs = baseline.iter().zip(bundle);
        let ratios = pairs
            .filter(|(_, time)| !time.is_zero())
            .map(|(base, time)| base.as_secs_f64() / time.as_secs_f64());
        let of_medians = seconds(baseline)? / seconds(bundle).filter(|time| *time > 0.0)?;
        let short = |ratio: f64| (ratio * 1e3).round() / 1e3;
        Some(Self {
            of_medians: short(of_medians),
            median: short(median(ratios)?),
        })
    }
}

/// [`Ratio`]s of the stages.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Features to frames.
    pub encoder: Option<Ratio>,
    /// Frames to words.
    pub search: Option<Ratio>,
    /// Points to words.
    pub total: Option<Ratio>,
}

/// The times of one bundle: encoder, search and total of every run.
#[derive(Debug, Default)]
pub(super) struct Timed([Vec<Duration>; 3]);

impl Timed {
    pub(super) fn latency(&self) -> Latency {
        let [encoder, search, total] = &self.0;
        let stage = |times: &[Duration]| Stage::of(times.iter().copied());
        Latency {
            encoder: stage(encoder),
            search: stage(search),
            total: stage(total),
        }
    }

    pub(super) fn speed(&self, baseline: &Self) -> Speed {
        let ratio = |stage: usize| Ratio::of(&baseline.0[stage], &self.0[stage]);
        Speed {
            encoder: ratio(0),
            search: ratio(1),
            total: ratio(2),
        }
    }

    fn add(&mut self, timings: Timings) {
        for (list, time) in
            self.0
                .iter_mut()
                .zip([timings.encoder, timings.search, timings.total()])
        {
            list.push(time);
        }
    }
}

/// Times the engines, which take turns at every swipe. The first one changes from swipe to swipe.
/// `done` is called after every turn.
pub(super) fn measure(
    engines: &[Engine],
    swipes: &[&Swipe],
    rounds: usize,
    mut done: impl FnMut(),
) -> Result<Vec<Timed>> {
    for engine in engines {
        let mut session = engine.session();
        for swipe in swipes.iter().take(WARM_UP) {
            session.decode(&swipe.trace)?;
        }
    }
    // New sessions: their searches do not know the prefixes of the warm-up, and the encoders are
    // warm.
    let mut sessions: Vec<Session> = engines.iter().map(Engine::session).collect();
    let mut timed: Vec<Timed> = engines.iter().map(|_| Timed::default()).collect();
    for (turn, swipe) in std::iter::repeat_n(swipes, rounds).flatten().enumerate() {
        for step in 0..sessions.len() {
            let which = (turn + step) % sessions.len();
            let decoded = std::hint::black_box(sessions[which].decode(&swipe.trace)?);
            timed[which].add(decoded.timings);
            done();
        }
    }
    Ok(timed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(values: &[u64]) -> Vec<Duration> {
        values.iter().map(|ms| Duration::from_millis(*ms)).collect()
    }

    #[test]
    fn ratios_are_of_the_same_swipes() {
        let baseline = times(&[10, 20, 30]);
        let bundle = times(&[5, 5, 30]);
        // Medians 20 and 5; ratios 2, 4 and 1.
        let expected = Ratio {
            of_medians: 4.0,
            median: 2.0,
        };
        assert_eq!(Ratio::of(&baseline, &bundle), Some(expected));
        assert_eq!(Ratio::of(&[], &[]), None);
        assert_eq!(Ratio::of(&baseline, &times(&[0, 0, 0])), None);
    }

    #[test]
    fn a_distribution_runs_from_the_least_to_the_greatest() {
        let stage = Stage::of(times(&(1..=200).rev().collect::<Vec<_>>()).into_iter());
        assert_eq!(stage.times.p50, 100.0);
        assert_eq!(stage.distribution.len(), STEPS + 1);
        assert_eq!((stage.distribution[0], stage.distribution[1]), (1.0, 5.0));
        let points = stage.points();
        assert_eq!(
            (points[0], points[20], points[40]),
            ((1.0, 0.0), (100.0, 50.0), (200.0, 100.0))
        );
    }
}
