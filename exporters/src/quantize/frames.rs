//! Difference between two encoders' frames.

use serde::{Deserialize, Serialize};

/// Histogram bins per decade.
const PER_DECADE: i32 = 4;
/// Exponents of the lowest and the highest edge.
const DECADES: std::ops::RangeInclusive<i32> = -7..=1;

/// A histogram of absolute differences in logarithmic bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorHistogram {
    /// Edges of the bins, one more than bins. A bin includes its lower edge.
    pub edges: Vec<f64>,
    /// Number of values per bin.
    pub counts: Vec<u64>,
    /// Number of values below the lowest edge, including zeros.
    pub below: u64,
    /// Number of values from the highest edge on.
    pub above: u64,
}

impl Default for ErrorHistogram {
    fn default() -> Self {
        let edge = |step: i32| {
            let edge = 10f64.powf(f64::from(step) / f64::from(PER_DECADE));
            // Rounded to four digits, so that a report shows the exact edges.
            let unit = 10f64.powi(3 - step.div_euclid(PER_DECADE));
            (edge * unit).round() / unit
        };
        let edges: Vec<f64> = (DECADES.start() * PER_DECADE..=DECADES.end() * PER_DECADE)
            .map(edge)
            .collect();
        Self {
            counts: vec![0; edges.len() - 1],
            edges,
            below: 0,
            above: 0,
        }
    }
}

impl ErrorHistogram {
    /// Counts a difference.
    pub fn add(&mut self, difference: f64) {
        match self.edges.partition_point(|edge| *edge <= difference) {
            0 => self.below += 1,
            edge if edge == self.edges.len() => self.above += 1,
            edge => self.counts[edge - 1] += 1,
        }
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: &Self) {
        let counts = self.counts.iter_mut().zip(&other.counts);
        counts.for_each(|(sum, count)| *sum += count);
        self.below += other.below;
        self.above += other.above;
    }
}

/// The difference between two encoders' frames on the same swipes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncoderError {
    /// Number of swipes compared, spread evenly over the sample.
    pub swipes: usize,
    /// Number of frames compared.
    pub frames: usize,
    /// Smallest cosine of the angle between two frames.
    pub cosine_min: f64,
    /// Mean cosine.
    pub cosine_mean: f64,
    /// Largest absolute difference of a value.
    pub max_abs: f64,
    /// Root mean square of the difference relative to that of the baseline.
    pub rms_relative: f64,
    /// Histogram of absolute differences.
    pub histogram: ErrorHistogram,
}

/// The difference on one swipe. These are summed in the order of the swipes, because sums of floats
/// depend on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SwipeError {
    frames: usize,
    cosine_min: f64,
    cosine_sum: f64,
    max_abs: f64,
    square_error: f64,
    square: f64,
}

impl SwipeError {
    /// The error between frames `[T', D]` with D = `width`, equal in number. Differences are
    /// counted into `histogram`.
    pub fn of(
        baseline: &[f32],
        bundle: &[f32],
        width: usize,
        histogram: &mut ErrorHistogram,
    ) -> Self {
        let mut error = Self {
            frames: 0,
            cosine_min: 1.0,
            cosine_sum: 0.0,
            max_abs: 0.0,
            square_error: 0.0,
            square: 0.0,
        };
        let width = width.max(1);
        for (base, this) in baseline.chunks_exact(width).zip(bundle.chunks_exact(width)) {
            let (mut product, mut base_square, mut this_square) = (0.0, 0.0, 0.0);
            for (base, this) in base.iter().zip(this) {
                let (base, this) = (f64::from(*base), f64::from(*this));
                product += base * this;
                base_square += base * base;
                this_square += this * this;
                let difference = (this - base).abs();
                histogram.add(difference);
                error.max_abs = error.max_abs.max(difference);
                error.square_error += difference * difference;
            }
            error.square += base_square;
            let cosine = cosine(product, base_square, this_square);
            error.cosine_min = error.cosine_min.min(cosine);
            error.cosine_sum += cosine;
            error.frames += 1;
        }
        error
    }
}

/// The cosine of two vectors' angle from their product and squares. It is 1 for two zero vectors
/// and 0 if only one is zero.
fn cosine(product: f64, a: f64, b: f64) -> f64 {
    match (a == 0.0, b == 0.0) {
        (true, true) => 1.0,
        (false, false) => (product / (a.sqrt() * b.sqrt())).clamp(-1.0, 1.0),
        _ => 0.0,
    }
}

impl EncoderError {
    /// The total of the swipes' errors in their order; `None` without frames.
    pub fn of(errors: &[SwipeError], histogram: ErrorHistogram) -> Option<Self> {
        let frames: usize = errors.iter().map(|error| error.frames).sum();
        let sum = |part: fn(&SwipeError) -> f64| errors.iter().map(part).sum::<f64>();
        let square = sum(|error| error.square);
        let square_error = sum(|error| error.square_error);
        (frames > 0).then(|| Self {
            swipes: errors.len(),
            frames,
            cosine_min: errors.iter().fold(1.0, |least, e| least.min(e.cosine_min)),
            cosine_mean: sum(|error| error.cosine_sum) / frames as f64,
            max_abs: errors.iter().fold(0.0, |most, e| most.max(e.max_abs)),
            rms_relative: match square > 0.0 {
                true => (square_error / square).sqrt(),
                false => 0.0,
            },
            histogram,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(swipes: &[(&[f32], &[f32])], width: usize) -> Option<EncoderError> {
        let mut histogram = ErrorHistogram::default();
        let errors: Vec<SwipeError> = swipes
            .iter()
            .map(|(base, this)| SwipeError::of(base, this, width, &mut histogram))
            .collect();
        EncoderError::of(&errors, histogram)
    }

    #[test]
    fn errors_are_those_worked_out_by_hand() {
        let first: (&[f32], &[f32]) = (&[3.0, 4.0, 1.0, 0.0], &[3.0, 4.0, 0.0, 1.0]);
        let second: (&[f32], &[f32]) = (&[0.0, 2.0], &[0.0, 1.5]);
        let error = error(&[first, second], 2).unwrap();
        assert_eq!((error.swipes, error.frames), (2, 3));
        assert_eq!(error.cosine_min, 0.0);
        assert!((error.cosine_mean - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(error.max_abs, 1.0);
        assert!((error.rms_relative - (2.25f64 / 30.0).sqrt()).abs() < 1e-12);
        assert_eq!(error.histogram.below, 3);
        assert_eq!(error.histogram.counts.iter().sum::<u64>(), 3);
    }

    #[test]
    fn an_output_is_like_itself_and_unlike_its_opposite() {
        let frames = [0.3f32, -2.0, 0.7, 1e-20, 5.0, 0.0];
        let same = error(&[(&frames, &frames)], 3).unwrap();
        assert!((same.cosine_min - 1.0).abs() < 1e-12 && same.cosine_mean <= 1.0);
        assert_eq!(
            (same.max_abs, same.rms_relative, same.histogram.below),
            (0.0, 0.0, 6)
        );
        let turned = frames.map(|value| -value);
        let turned = error(&[(&frames, &turned)], 3).unwrap();
        assert!((turned.cosine_mean + 1.0).abs() < 1e-12);
        assert!((turned.rms_relative - 2.0).abs() < 1e-12);
        let zeros = [0.0f32; 6];
        assert_eq!(error(&[(&zeros, &zeros)], 3).unwrap().cosine_min, 1.0);
        assert_eq!(error(&[(&zeros, &frames)], 3).unwrap().cosine_min, 0.0);
        assert_eq!(error(&[(&[], &[])], 3), None);
        assert_eq!(error(&[], 3), None);
    }

    #[test]
    fn every_difference_is_in_the_bin_between_its_edges() {
        let histogram = ErrorHistogram::default();
        assert_eq!(histogram.edges.len(), histogram.counts.len() + 1);
        assert!(histogram.edges.is_sorted());
        assert_eq!(
            (histogram.edges[0], *histogram.edges.last().unwrap()),
            (1e-7, 10.0)
        );
        for (bin, pair) in histogram.edges.windows(2).enumerate() {
            for value in [pair[0], (pair[0] + pair[1]) / 2.0] {
                let mut histogram = ErrorHistogram::default();
                histogram.add(value);
                assert_eq!(histogram.counts[bin], 1, "{value}");
            }
        }
        let mut ends = ErrorHistogram::default();
        for value in [0.0, 9.9e-8, 10.0, 1e30] {
            ends.add(value);
        }
        assert_eq!((ends.below, ends.above), (2, 2));
        let mut sum = ends.clone();
        sum.merge(&ends);
        sum.add(1.0);
        assert_eq!((sum.below, sum.above), (4, 4));
        assert_eq!(sum.counts.iter().sum::<u64>(), 1);
    }
}
