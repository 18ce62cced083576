//! How far confidences are from probabilities.

use serde::Serialize;

/// Bins of the expected calibration error (Naeini et al. 2015).
pub const BINS: usize = 15;

/// The swipes whose best candidate's confidence lies in one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    /// Swipes.
    pub n: usize,
    /// Their mean confidence, 0 to 1.
    pub confidence: f64,
    /// Share of them that is right, 0 to 1.
    pub accuracy: f64,
}

/// Confidences of the best candidates next to how often they are right.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reliability {
    /// Expected calibration error: the mean distance of confidence and accuracy over [`BINS`] equal
    /// bins, weighted by their swipes, 0 to 1.
    pub ece: f64,
    /// Mean of -log P(what was the case), in nats.
    pub negative_log_likelihood: f64,
    /// Mean confidence, 0 to 1.
    pub confidence: f64,
    /// Share of the swipes whose best candidate is right, 0 to 1.
    pub accuracy: f64,
    /// The bins, from no confidence to certainty.
    pub bins: Vec<Bin>,
}

impl Reliability {
    /// Of confidences, 0 to 1, with whether they were right.
    pub fn of(pairs: impl Iterator<Item = (f64, bool)>) -> Self {
        let mut bins = vec![Bin::default(); BINS];
        let (mut n, mut loss) = (0_usize, 0.0);
        for (confidence, hit) in pairs {
            let bin = &mut bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
            bin.n += 1;
            bin.confidence += confidence;
            bin.accuracy += f64::from(u8::from(hit));
            n += 1;
            loss -= log_likelihood(confidence, hit);
        }
        let all = n.max(1) as f64;
        let sum = |part: fn(&Bin) -> f64| bins.iter().map(part).sum::<f64>() / all;
        let ece = sum(|bin| (bin.confidence - bin.accuracy).abs());
        let (confidence, accuracy) = (sum(|bin| bin.confidence), sum(|bin| bin.accuracy));
        for bin in &mut bins {
            bin.confidence /= bin.n.max(1) as f64;
            bin.accuracy /= bin.n.max(1) as f64;
        }
        Self {
            ece,
            negative_log_likelihood: loss / all,
            confidence,
            accuracy,
            bins,
        }
    }
}

/// log P of what was the case; a confidence of 0 or 1 costs much where it was wrong, not all.
pub fn log_likelihood(confidence: f64, hit: bool) -> f64 {
    let confidence = confidence.clamp(1e-9, 1.0 - 1e-9);
    if hit {
        confidence.ln()
    } else {
        (1.0 - confidence).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reliability_is_what_the_bins_say() {
        // One of two right at 0.5 and all right at 0.9: off by 0 and by 0.1.
        let pairs = [(0.5, true), (0.5, false), (0.9, true), (0.9, true)];
        let got = Reliability::of(pairs.into_iter());
        assert!((got.ece - 0.05).abs() < 1e-12);
        assert!((got.confidence - 0.7).abs() < 1e-12 && (got.accuracy - 0.75).abs() < 1e-12);
        let loss = -(2.0 * 0.5_f64.ln() + 2.0 * 0.9_f64.ln()) / 4.0;
        assert!((got.negative_log_likelihood - loss).abs() < 1e-12);
        assert_eq!(got.bins.iter().map(|bin| bin.n).collect::<Vec<_>>(), {
            let mut expected = vec![0; BINS];
            (expected[7], expected[13]) = (2, 2);
            expected
        });
        // Certainty and nothing at all have bins as well.
        let edges = Reliability::of([(0.0, false), (1.0, true)].into_iter());
        assert!(edges.ece < 1e-12 && edges.negative_log_likelihood < 1e-6);
        let none = Reliability::of(std::iter::empty());
        assert_eq!((none.ece, none.accuracy), (0.0, 0.0));
    }
}
