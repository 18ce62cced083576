//! Statistics of swipes: the same for real and for synthetic ones.

use super::estimate::{
    ENOUGH, axis, between, log_tail, median, rate, regression, residuals, spread, spread_of_means,
    within,
};
use super::measure::Measured;
use crate::statistics::{mean, quantile};

/// How a parameter follows from its statistic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rule {
    /// It grows by the difference.
    Add,
    /// It grows by the quotient.
    Scale,
    /// It falls by the quotient.
    Shrink,
    /// It is what is measured.
    Take,
    /// There is none: the statistic only checks.
    Check,
}

/// A statistic, and the parameter that it decides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statistic {
    pub(super) name: &'static str,
    pub(super) parameter: &'static str,
    pub(super) rule: Rule,
    get: fn(&Measured, &Summary) -> f64,
}

/// What is worked out once for several statistics.
#[derive(Debug, Default)]
struct Summary {
    /// Intercept (logarithm of ms at one key) and slope of segments' times.
    segment: [f64; 2],
    /// Spreads of residuals: between people, between a person's swipes, within a swipe.
    times: [f64; 3],
    deviation: f64,
    pauses: f64,
}

macro_rules! statistics {
    ($($name:literal, $parameter:literal, $rule:ident, |$measured:pat_param, $summary:pat_param| $value:expr;)+) => {
        /// All statistics.
        pub(super) const STATISTICS: &[Statistic] = &[$(Statistic {
            name: $name,
            parameter: $parameter,
            rule: Rule::$rule,
            get: |$measured, $summary| $value,
        },)+];
    };
}

statistics! {
    "start offset x, median", "start_mean_x", Add, |m, _| median(&axis(&m.starts, 0));
    "start offset y, median", "start_mean_y", Add, |m, _| median(&axis(&m.starts, 1));
    "start offset x, spread within people", "start_x", Scale, |m, _| within(&m.starts, 0);
    "start offset y, spread within people", "start_y", Scale, |m, _| within(&m.starts, 1);
    "start offset along the first stroke, median", "start_along", Add, |m, _| median(&m.alongs[0]);
    "inner offset x, median", "inner_mean_x", Add, |m, _| median(&axis(&m.inners, 0));
    "inner offset y, median", "inner_mean_y", Add, |m, _| median(&axis(&m.inners, 1));
    "inner offset x, spread within people", "inner_x", Scale, |m, _| within(&m.inners, 0);
    "inner offset y, spread within people", "inner_y", Scale, |m, _| within(&m.inners, 1);
    "end offset x, median", "end_mean_x", Add, |m, _| median(&axis(&m.ends, 0));
    "end offset y, median", "end_mean_y", Add, |m, _| median(&axis(&m.ends, 1));
    "end offset x, spread within people", "end_x", Scale, |m, _| within(&m.ends, 0);
    "end offset y, spread within people", "end_y", Scale, |m, _| within(&m.ends, 1);
    "end offset along the last stroke, median", "end_along", Add, |m, _| median(&m.alongs[1]);
    "offset x, spread between people", "bias_x", Scale, |m, _| between(&m.visits, 0);
    "offset y, spread between people", "bias_y", Scale, |m, _| between(&m.visits, 1);
    "log distance from keys, spread between people", "noise_person", Scale, |m, _| {
        let means = m.distances.values().filter(|list| list.len() >= ENOUGH).map(|list| mean(list).max(1e-3).ln());
        spread(&means.collect::<Vec<_>>())
    };
    "deviation, median", "", Check, |_, s| s.deviation;
    "deviation, 90 % over median", "noise_swipe", Scale, |m, s| quantile(&m.deviations, 0.9) / s.deviation;
    "deviation, 98 % over median", "", Check, |m, s| quantile(&m.deviations, 0.98) / s.deviation;
    "segment time at one key, ms", "segment_ms", Scale, |_, s| s.segment[0].exp();
    "segment time, power of distance", "segment_power", Add, |_, s| s.segment[1];
    "log segment time, spread between people", "speed_person", Scale, |_, s| s.times[0];
    "log segment time, spread between a person's swipes", "speed_swipe", Scale, |_, s| s.times[1];
    "log segment time, spread within swipes", "speed_segment", Scale, |_, s| s.times[2];
    "log of a swipe's highest speed, spread", "", Check, |m, _| spread(&m.tops);
    "relative speed at turns of 60 to 120 degrees, median", "overlap", Add, |m, _| median(&m.speeds[1]);
    "relative speed at turns under 60 less over 120 degrees", "overlap_turn", Add, |m, _| {
        median(&m.speeds[0]) - median(&m.speeds[2])
    };
    "relative speed at turns, spread between people", "", Check, |m, _| spread_of_means(&m.person_speeds);
    "overshoot at turns over 60 degrees, median", "overshoot", Add, |m, _| {
        median(&m.overshoots.values().flatten().copied().collect::<Vec<_>>())
    };
    "overshoot, spread between people", "overshoot_person", Scale, |m, _| spread_of_means(&m.overshoots);
    "share of a stroke's time after its highest speed, median", "skew_mean", Add, |m, _| median(&m.after_peaks);
    "share of a stroke's time after its highest speed, 75 % less 25 %", "skew", Scale, |m, _| {
        quantile(&m.after_peaks, 0.75) - quantile(&m.after_peaks, 0.25)
    };
    "median of a swipe's speeds over their mean, median", "flat", Add, |m, _| median(&m.even);
    "25 % of a swipe's speeds over their mean, median", "", Check, |m, _| median(&m.slow);
    "bow, median size", "bow", Scale, |m, _| {
        median(&m.bows.values().flatten().map(|bow| bow.abs()).collect::<Vec<_>>())
    };
    "bow, spread between people", "bow_person", Scale, |m, _| spread_of_means(&m.bows);
    "share of people without a pause", "", Check, |m, _| {
        let people: Vec<_> = m.pauses.values().filter(|(visits, _)| *visits >= 15).collect();
        people.iter().filter(|(_, pauses)| *pauses == 0).count() as f64 / people.len().max(1) as f64
    };
    "pauses an inner visit", "pause", Scale, |_, s| s.pauses;
    "pause, median ms", "pause_ms", Scale, |m, _| median(&m.pause_times);
    "pause, log of 90 % over median", "pause_spread", Scale, |m, _| log_tail(&m.pause_times);
    "rest at the start, median ms", "start_dwell_ms", Add, |m, _| median(&m.start_rests);
    "rest at the start, log of 90 % over median", "start_dwell_spread", Scale, |m, _| log_tail(&m.start_rests);
    "rest at the end, median ms", "end_dwell_ms", Add, |m, _| median(&m.end_rests);
    "rest at the end, log of 90 % over median", "end_dwell_spread", Scale, |m, _| log_tail(&m.end_rests);
    "time at doubled inner letters, ms more than at others", "double_pause_ms", Add, |m, _| {
        2.0 * (mean(&m.stays[1]) - mean(&m.stays[0]))
    };
    "loops at doubled inner letters, more than at others", "double_loop", Add, |m, _| rate(m.loops[1]) - rate(m.loops[0]);
    "loops at other inner letters", "loops", Add, |m, _| rate(m.loops[0]);
    "share of swipes with a hook", "hook", Scale, |m, _| m.hooks.len() as f64 / m.count.max(1) as f64;
    "hook, median keys", "hook_size", Scale, |m, _| median(&m.hooks);
    "angle of a hook to the last stroke, median", "hook_turn", Scale, |m, _| median(&m.hook_turns);
    "turning in steps of half a key, radians a key", "drift", Scale, |m, _| median(&m.coarse);
    "turning in steps of 0.15 keys over that in half keys", "tremor", Scale, |m, _| median(&m.fine) / median(&m.coarse);
    "share of people with 60 readings a second", "clock_60", Take, |m, _| {
        let slow = m.people.values().filter(|person| median(&person.intervals) >= 14.0).count();
        slow as f64 / m.people.len().max(1) as f64
    };
    "time between points, spread in ms", "clock_jitter_ms", Scale, |m, _| spread(&m.intervals);
    "roughness of speeds, median", "reading_ms", Scale, |m, _| median(&m.rough);
    "lost points", "lost", Scale, |m, _| rate(m.lost);
    "last points at the place of the one before", "lift_repeats", Take, |m, _| m.lifts as f64 / m.count.max(1) as f64;
    "points at the place of the one before", "still", Shrink, |m, _| rate(m.repeated);
    "swipes with a jump at the start", "slop", Scale, |m, _| m.jumps.len() as f64 / m.count.max(1) as f64;
    "jump at the start, median pixels", "slop_px", Scale, |m, _| median(&m.jumps);
    "share of people with coordinates between pixels", "fractional", Take, |m, _| {
        let fine = m.people.values().filter(|person| rate(person.between) > 0.2).count();
        fine as f64 / m.people.len().max(1) as f64
    };
    "path over the polygon of the keys, median", "", Check, |m, _| median(&m.ratios);
    "path over the polygon of the keys, 95 %", "", Check, |m, _| quantile(&m.ratios, 0.95);
    "points, median", "", Check, |m, _| median(&m.points);
    "duration, median ms", "", Check, |m, _| median(&m.durations.values().flatten().copied().collect::<Vec<_>>());
    "duration of 2 and 3 letters, median ms", "", Check, |m, _| median(&m.lasting(2, 3));
    "duration of 7 and 8 letters, median ms", "", Check, |m, _| median(&m.lasting(7, 8));
    "duration, 95 % over median", "", Check, |m, _| {
        let all: Vec<f64> = m.durations.values().flatten().copied().collect();
        quantile(&all, 0.95) / median(&all)
    };
    "share of swipes with a deviation over 1 key", "miss", Scale, |m, _| {
        m.deviations.iter().filter(|deviation| **deviation > 1.0).count() as f64 / m.count.max(1) as f64
    };
    "times between points over 60 ms", "", Check, |m, _| {
        m.intervals.iter().filter(|time| **time > 60.0).count() as f64 / m.intervals.len().max(1) as f64
    };
}

impl Measured {
    /// The values of [`STATISTICS`], in their order. What cannot be told of too few swipes is NaN.
    pub(super) fn statistics(&self) -> Vec<f64> {
        let (visits, pauses) = self
            .pauses
            .values()
            .fold((0, 0), |sum, person| (sum.0 + person.0, sum.1 + person.1));
        let segment = regression(&self.segments);
        let summary = Summary {
            segment,
            times: residuals(&self.segments, segment),
            deviation: median(&self.deviations),
            pauses: rate((pauses, visits)),
        };
        STATISTICS
            .iter()
            .map(|statistic| (statistic.get)(self, &summary))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::board::Board;
    use crate::synth::fit::path::Target;
    use swipekit::layout::Layout;

    #[test]
    fn a_known_swipe_is_measured() {
        let board = Board::new(&Layout::qwerty()).unwrap();
        let keys = board.keys("qp").unwrap();
        let target = Target::new(&board, &keys);
        // Rests for 100 ms a tenth of a key right of q, moves to p in ten steps of 20 ms, rests for
        // 60 ms.
        let mut points: Vec<_> = (0..=5)
            .map(|at| (0.06, 1.0 / 6.0, 20.0 * f64::from(at)))
            .collect();
        points.extend((1..=10).map(|at| {
            (
                0.06 + 0.089 * f64::from(at),
                1.0 / 6.0,
                100.0 + 20.0 * f64::from(at),
            )
        }));
        points.extend((1..=3).map(|at| (0.95, 1.0 / 6.0, 300.0 + 20.0 * f64::from(at))));
        let mut measured = Measured::default();
        measured.add(
            &board,
            &target,
            2,
            0,
            [360.0, 160.0],
            points.iter().copied(),
        );
        let values = measured.statistics();
        let value = |name: &str| {
            let at = STATISTICS
                .iter()
                .position(|statistic| statistic.name == name)
                .unwrap();
            values[at]
        };
        for (name, expected) in [
            ("start offset x, median", 0.1),
            ("end offset x, median", 0.0),
            ("deviation, median", 0.1),
            ("rest at the start, median ms", 120.0),
            ("rest at the end, median ms", 80.0),
            ("duration, median ms", 360.0),
            ("points, median", 19.0),
            ("path over the polygon of the keys, median", 8.9 / 9.0),
            ("turning in steps of half a key, radians a key", 0.0),
            ("points at the place of the one before", 8.0 / 18.0),
            ("lost points", 0.0),
        ] {
            assert!(
                (value(name) - expected).abs() < 1e-3,
                "{name}: {}",
                value(name)
            );
        }
        // One swipe tells nothing of people.
        assert!(value("offset x, spread between people").is_nan());
    }

    #[test]
    fn every_fitted_parameter_has_one_statistic() {
        use crate::synth::PARAMETERS;
        for parameter in PARAMETERS {
            let count = STATISTICS
                .iter()
                .filter(|statistic| statistic.parameter == parameter.name)
                .count();
            assert_eq!(
                count,
                usize::from(parameter.meaning.contains("Fitted to")),
                "{}",
                parameter.name
            );
        }
        let known =
            |statistic: &&Statistic| PARAMETERS.iter().any(|p| p.name == statistic.parameter);
        for statistic in STATISTICS
            .iter()
            .filter(|statistic| statistic.rule != Rule::Check)
        {
            assert!(known(&statistic), "{}", statistic.name);
        }
    }
}
