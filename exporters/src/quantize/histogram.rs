//! A histogram whose range grows with its values, and the ranges derived from it.

use super::rewrite::Range;

/// Bins, half of them below zero.
const BINS: usize = 4096;
/// Half of the bins.
const HALF: usize = BINS / 2;
/// Levels of an 8-bit magnitude, for the entropy.
const LEVELS: usize = 128;
/// Step between the tried thresholds of the entropy, in bins.
const STRIDE: usize = 8;

/// Counts of values in equal bins from -limit to limit. The limit is a power of two and doubles as
/// needed. Old bins then merge in pairs, and no value is counted again.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    limit: f32,
    bins: Vec<u64>,
    least: f32,
    greatest: f32,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            limit: 2f32.powi(-10),
            bins: vec![0; BINS],
            least: f32::INFINITY,
            greatest: f32::NEG_INFINITY,
        }
    }
}

impl Histogram {
    /// Counts `values`. If one of them is not finite, counts nothing and returns false.
    pub fn add(&mut self, values: &[f32]) -> bool {
        let (mut least, mut greatest) = (f32::INFINITY, f32::NEG_INFINITY);
        for value in values {
            if !value.is_finite() {
                return false;
            }
            least = least.min(*value);
            greatest = greatest.max(*value);
        }
        let magnitude = least.abs().max(greatest.abs());
        while !values.is_empty() && magnitude >= self.limit && self.limit < f32::MAX / 2.0 {
            self.double();
        }
        self.least = self.least.min(least);
        self.greatest = self.greatest.max(greatest);
        let scale = HALF as f32 / self.limit;
        for value in values {
            let bin = (value * scale).floor() as i64 + HALF as i64;
            self.bins[bin.clamp(0, BINS as i64 - 1) as usize] += 1;
        }
        true
    }

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        while self.limit < other.limit {
            self.double();
        }
        while other.limit < self.limit {
            other.double();
        }
        for (bin, more) in self.bins.iter_mut().zip(&other.bins) {
            *bin += more;
        }
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }

    fn double(&mut self) {
        let mut bins = vec![0; BINS];
        for (index, pair) in self.bins.as_chunks::<2>().0.iter().enumerate() {
            bins[BINS / 4 + index] = pair[0] + pair[1];
        }
        self.bins = bins;
        self.limit *= 2.0;
    }

    /// Number of values counted.
    pub fn count(&self) -> u64 {
        self.bins.iter().sum()
    }

    /// From the smallest to the largest value.
    pub fn extremes(&self) -> Range {
        if self.least > self.greatest {
            return Range::new(0.0, 0.0);
        }
        Range::new(self.least, self.greatest)
    }

    /// The range without the (100 - `percent`) / 2 percent of the values at either end, exact to
    /// the width of a bin.
    pub fn percentile(&self, percent: f64) -> Range {
        let outside = (self.count() as f64 * (100.0 - percent) / 200.0).floor() as u64;
        let bins = || self.bins.iter().copied().enumerate();
        let low = edge(bins(), outside).unwrap_or(HALF);
        let high = edge(bins().rev(), outside).unwrap_or(HALF) + 1;
        self.clipped(self.value(low), self.value(high))
    }

    /// The range whose 8-bit form preserves most information about the values: the threshold on
    /// magnitudes with the least Kullback-Leibler divergence between the clipped distribution and
    /// its 128 levels (Migacz 2017, "8-bit inference with TensorRT").
    pub fn entropy(&self) -> Range {
        let magnitudes: Vec<u64> = (0..HALF)
            .map(|bin| self.bins[HALF + bin] + self.bins[HALF - 1 - bin])
            .collect();
        let last = magnitudes.iter().rposition(|count| *count > 0);
        let last = last.map_or(0, |bin| bin + 1);
        let mut best = (f64::INFINITY, last);
        let mut threshold = LEVELS;
        while threshold < last {
            let divergence = divergence(&magnitudes, threshold);
            if divergence < best.0 {
                best = (divergence, threshold);
            }
            threshold += STRIDE;
        }
        // No clipping is a choice too. It wins only if it is better than all thresholds.
        if last > LEVELS && divergence(&magnitudes, last) < best.0 {
            best.1 = last;
        }
        let limit = best.1 as f32 * self.limit / HALF as f32;
        self.clipped(-limit, limit)
    }

    /// The extremes, clipped to two values.
    fn clipped(&self, low: f32, high: f32) -> Range {
        let extremes = self.extremes();
        Range::new(extremes.low.max(low), extremes.high.min(high))
    }

    /// Lower edge of a bin.
    fn value(&self, bin: usize) -> f32 {
        (bin as f32 - HALF as f32) * self.limit / HALF as f32
    }
}

/// The first bin at which the count exceeds `outside`.
fn edge(mut bins: impl Iterator<Item = (usize, u64)>, outside: u64) -> Option<usize> {
    let mut seen = 0;
    let first = bins.find(|(_, count)| {
        seen += count;
        seen > outside
    });
    first.map(|(bin, _)| bin)
}

/// Divergence between `counts` clipped to `threshold` bins and the same quantized to [`LEVELS`]
/// levels.
fn divergence(counts: &[u64], threshold: usize) -> f64 {
    let (kept, clipped) = counts.split_at(threshold);
    let mut reference: Vec<f64> = kept.iter().map(|count| *count as f64).collect();
    reference[threshold - 1] += clipped.iter().sum::<u64>() as f64;
    let mut quantized = vec![0.0; threshold];
    for level in 0..LEVELS {
        let (from, to) = (level * threshold / LEVELS, (level + 1) * threshold / LEVELS);
        let filled = kept[from..to].iter().filter(|count| **count > 0).count();
        if filled == 0 {
            continue;
        }
        let sum: u64 = kept[from..to].iter().sum();
        for bin in from..to {
            if kept[bin] > 0 {
                quantized[bin] = sum as f64 / filled as f64;
            }
        }
    }
    let (all, all_quantized) = (reference.iter().sum::<f64>(), quantized.iter().sum::<f64>());
    if all_quantized == 0.0 {
        return f64::INFINITY;
    }
    // A bin that the levels do not cover counts as one in ten thousand, not as infinity.
    const LEAST: f64 = 1e-4;
    let pairs = reference.iter().zip(&quantized);
    pairs
        .filter(|(p, _)| **p > 0.0)
        .map(|(p, q)| {
            let p = p / all;
            p * (p / (q / all_quantized).max(LEAST / threshold as f64)).ln()
        })
        .sum()
}
