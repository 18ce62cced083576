//! Resamples a path in time.

use super::Sample;
use crate::layout::{LetterArea, Warp};
use crate::trace::{Point, Trace};

/// Most samples of a path.
pub const MAX_SAMPLES: usize = 111;

/// Paths of at most this many points are stretched to [`STRETCHED`] samples.
const SHORT: usize = 48;
const STRETCHED: usize = 56;
/// Paths of at least this many points are squeezed to [`SQUEEZED`] samples.
const LONG: usize = 112;
const SQUEEZED: usize = 96;

/// Least divisor for spans of time, in milliseconds.
const SHORTEST_SPAN: f64 = 1.0;

/// The number of samples for a path of `points` points.
fn sample_count(points: usize) -> usize {
    match points {
        0 | 1 => points,
        2..=SHORT => STRETCHED,
        LONG.. => SQUEEZED,
        _ => points,
    }
}

/// A trace's points as samples, computed on request.
struct Source<'a> {
    points: &'a [Point],
    area: LetterArea,
    warp: Option<&'a Warp>,
    clamp: bool,
    start: f64,
}

impl Source<'_> {
    fn sample(&self, index: usize) -> Sample {
        let point = self.points[index];
        let point_there = self.area.normalize(point.x, point.y);
        let [x, y] = self
            .warp
            .map_or(point_there, |warp| warp.apply(point_there));
        let sample = Sample {
            x: x * 2.0 - 1.0,
            y: y * 2.0 - 1.0,
            t: (point.t - self.start).max(0.0),
        };
        if self.clamp { clamped(sample) } else { sample }
    }
}

fn clamped(sample: Sample) -> Sample {
    Sample {
        x: sample.x.clamp(-1.0, 1.0),
        y: sample.y.clamp(-1.0, 1.0),
        t: sample.t,
    }
}

/// Replaces `samples` with the samples of the first `max_points` points of `trace`. They lie at
/// equal steps of time with linearly interpolated positions; where the number of points already
/// suits, each point is a sample. Positions are clamped to [-1, 1]; `clamp_first` also clamps the
/// points before interpolation.
pub(super) fn resample(
    trace: &Trace,
    warp: Option<&Warp>,
    max_points: Option<usize>,
    clamp_first: bool,
    samples: &mut Vec<Sample>,
) {
    samples.clear();
    let points = trace.points();
    let points = &points[..points.len().min(max_points.unwrap_or(usize::MAX))];
    let Some(first) = points.first() else { return };
    let source = Source {
        points,
        area: trace.area(),
        warp,
        clamp: clamp_first,
        start: first.t,
    };
    let count = sample_count(points.len());
    if count == points.len() {
        samples.extend((0..count).map(|index| clamped(source.sample(index))));
        return;
    }
    let last = points.len() - 1;
    let end = source.sample(last).t;
    let step = end.max(SHORTEST_SPAN) / (count - 1) as f64;
    let mut index = 0;
    let (mut here, mut next) = (source.sample(0), source.sample(1));
    for i in 0..count {
        let t = if i == count - 1 { end } else { step * i as f64 };
        while index + 2 <= last && next.t < t {
            index += 1;
            here = next;
            next = source.sample(index + 1);
        }
        let part = (t - here.t) / (next.t - here.t).max(SHORTEST_SPAN);
        let part = part.clamp(0.0, 1.0);
        samples.push(clamped(Sample {
            x: here.x + (next.x - here.x) * part,
            y: here.y + (next.y - here.y) * part,
            t,
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples_of(points: &[(f64, f64, f64)], max_points: Option<usize>) -> Vec<Sample> {
        let trace = Trace::in_letter_area(points.iter().copied()).unwrap();
        let mut samples = Vec::new();
        resample(&trace, None, max_points, true, &mut samples);
        samples
    }

    #[test]
    fn the_number_of_samples_is_bounded() {
        for (points, samples) in [
            (0, 0),
            (1, 1),
            (2, 56),
            (48, 56),
            (49, 49),
            (111, 111),
            (112, 96),
            (10_000, 96),
        ] {
            assert_eq!(sample_count(points), samples);
            assert!(samples <= MAX_SAMPLES);
            let path: Vec<_> = (0..points).map(|i| (0.5, 0.5, i as f64)).collect();
            assert_eq!(samples_of(&path, None).len(), samples);
        }
    }

    #[test]
    fn a_straight_path_is_cut_into_equal_steps() {
        let samples = samples_of(&[(0.0, 0.0, 7.0), (1.0, 0.5, 557.0)], None);
        for (i, sample) in samples.iter().enumerate() {
            let part = i as f64 / 55.0;
            assert!((sample.x - (2.0 * part - 1.0)).abs() < 1e-12);
            assert!((sample.y - (part - 1.0)).abs() < 1e-12);
            assert!((sample.t - 10.0 * i as f64).abs() < 1e-9);
        }
    }

    #[test]
    fn only_the_first_points_are_used() {
        let path: Vec<_> = (0..300)
            .map(|i| (f64::from(i) / 300.0, 0.5, i as f64))
            .collect();
        assert_eq!(samples_of(&path, Some(256)), samples_of(&path[..256], None));
        assert_eq!(samples_of(&path, Some(1)).len(), 1);
    }

    #[test]
    fn points_at_one_time_give_finite_samples() {
        let samples = samples_of(&[(0.1, 0.1, 5.0), (0.9, 0.9, 5.0), (0.5, 0.5, 5.0)], None);
        assert_eq!(samples.len(), 56);
        // The points are two sixtieths of a second apart.
        let last = 100.0 / 3.0 + 1e-9;
        assert!(samples.iter().all(|f| f.x.abs() <= 1.0 && f.t <= last));
        // Sixtieths of a second vanish beside so great a time, so all samples have one time.
        let samples = samples_of(
            &[(0.1, 0.1, 1e300), (0.9, 0.9, 1e300), (0.5, 0.5, 1e300)],
            None,
        );
        assert!(samples.iter().all(|f| f.x.abs() <= 1.0 && f.t <= 1.0));
    }
}
