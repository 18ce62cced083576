//! Two bundles on the same swipes: what one gets right and the other does not.

use serde::{Deserialize, Serialize};

use crate::judge::accuracy::{Length, Outcome};

/// Standard normal quantile of a two-sided interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// A paired difference of two shares. Only the swipes that one of the two gets right, and the other
/// does not, say anything about it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paired {
    /// Percentage points: above 0 the bundle is better than the baseline.
    pub difference: f64,
    /// Interval of 95 % of the difference, in percentage points (Bonett and Price 2012: Wald's
    /// interval with one swipe added to either kind of discordant pairs).
    pub interval: [f64; 2],
    /// Swipes that only the baseline gets right.
    pub lost: usize,
    /// Swipes that only the bundle gets right.
    pub won: usize,
    /// Two-sided p value of McNemar's exact test: how likely so uneven a split, or a worse one, is
    /// where neither bundle is better.
    pub p: f64,
    /// The mid-p variant, which counts the observed split half: less conservative.
    pub mid_p: f64,
}

impl Paired {
    /// Of `lost` and `won` swipes among `n`.
    pub fn new(lost: usize, won: usize, n: usize) -> Self {
        let (p, mid_p) = mcnemar(lost, won);
        let share = |count: usize| 100.0 * count as f64 / n.max(1) as f64;
        let (only_base, only_this) = (lost as f64 + 1.0, won as f64 + 1.0);
        let adjusted = n as f64 + 2.0;
        let centre = (only_this - only_base) / adjusted;
        let spread = (only_this + only_base) / adjusted - centre * centre;
        let half = Z * (spread.max(0.0) / adjusted).sqrt();
        let points = |value: f64| round(100.0 * value.clamp(-1.0, 1.0), 3);
        Self {
            difference: round(share(won) - share(lost), 3),
            interval: [points(centre - half), points(centre + half)],
            lost,
            won,
            p,
            mid_p,
        }
    }

    /// Of what two bundles, the baseline first, got right of the same swipes.
    pub fn of(pairs: impl Iterator<Item = (bool, bool)>) -> Self {
        let (mut n, mut lost, mut won) = (0, 0, 0);
        for (base, this) in pairs {
            n += 1;
            lost += usize::from(base && !this);
            won += usize::from(this && !base);
        }
        Self::new(lost, won, n)
    }
}

/// McNemar's exact test on the discordant pairs: the p value of two sides, and the mid-p.
///
/// Under the null hypothesis either kind is as likely: the smaller one is binomial with a chance of
/// one half.
pub fn mcnemar(lost: usize, won: usize) -> (f64, f64) {
    let (n, least) = ((lost + won) as f64, lost.min(won));
    if lost + won == 0 {
        return (1.0, 1.0);
    }
    // Logarithms of the binomial's terms, one from the one before: 2^-n itself may be too small for
    // a number.
    let mut log_term = -n * std::f64::consts::LN_2;
    let mut tail = 0.0;
    let mut term = log_term.exp();
    for i in 0..=least {
        term = log_term.exp();
        tail += term;
        log_term += ((n - i as f64) / (i as f64 + 1.0)).ln();
    }
    let p = (2.0 * tail).min(1.0);
    (p, (2.0 * tail - term).min(1.0))
}

/// The differences on some of the swipes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopDifference {
    /// Swipes.
    pub n: usize,
    /// The target is the best candidate.
    pub top1: Paired,
    /// The target is among the best three.
    pub top3: Paired,
    /// The target is among the best five.
    pub top5: Paired,
}

impl TopDifference {
    /// Of the outcomes of a baseline and of a bundle on the same swipes, of those words that
    /// `holds` says; outcomes without a counterpart are left out.
    pub fn of(baseline: &[Outcome], bundle: &[Outcome], holds: impl Fn(usize) -> bool) -> Self {
        let pairs: Vec<_> = baseline
            .iter()
            .zip(bundle)
            .filter(|(base, _)| holds(base.letters))
            .collect();
        let within = |count: usize| {
            Paired::of(
                pairs
                    .iter()
                    .map(|(base, this)| (base.within(count), this.within(count))),
            )
        };
        Self {
            n: pairs.len(),
            top1: within(1),
            top3: within(3),
            top5: within(5),
        }
    }
}

/// The differences on words of one length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LengthDifference {
    /// The words.
    pub letters: Length,
    /// The differences.
    #[serde(flatten)]
    pub difference: TopDifference,
}

/// The accuracy of a bundle against a baseline's on the same swipes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccuracyDifference {
    /// On all swipes.
    pub overall: TopDifference,
    /// By the length of the target, in the order of [`Length::ALL`].
    pub by_length: Vec<LengthDifference>,
    /// Greedy decoding without the lexicon spells the target.
    pub greedy: Paired,
}

impl AccuracyDifference {
    /// Of the outcomes of a baseline and of a bundle on the same swipes.
    pub fn of(baseline: &[Outcome], bundle: &[Outcome]) -> Self {
        let by_length = Length::ALL.map(|letters| LengthDifference {
            letters,
            difference: TopDifference::of(baseline, bundle, |count| letters.holds(count)),
        });
        let pairs = baseline.iter().zip(bundle);
        Self {
            overall: TopDifference::of(baseline, bundle, |_| true),
            by_length: by_length.to_vec(),
            greedy: Paired::of(pairs.map(|(base, this)| (base.greedy, this.greedy))),
        }
    }

    /// The differences on words of one length.
    pub fn of_length(&self, letters: Length) -> Option<&TopDifference> {
        let found = self.by_length.iter().find(|class| class.letters == letters);
        found.map(|class| &class.difference)
    }
}

fn round(value: f64, digits: i32) -> f64 {
    let factor = 10f64.powi(digits);
    // Adding 0 makes 0 of -0.
    (value * factor).round() / factor + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, expected: f64) {
        assert!(
            (got - expected).abs() <= 1e-12 + 1e-9 * expected.abs(),
            "{got} {expected}"
        );
    }

    #[test]
    fn the_exact_test_gives_values_worked_out_by_hand() {
        // P(X <= 0) = 1/32, P(X <= 1) = 6/32, P(X <= 2) = 1/2 of five tosses.
        for (lost, won, p, mid_p) in [
            (0, 0, 1.0, 1.0),
            (1, 0, 1.0, 0.5),
            (5, 0, 2.0 / 32.0, 1.0 / 32.0),
            (1, 4, 12.0 / 32.0, 7.0 / 32.0),
            (2, 3, 1.0, 22.0 / 32.0),
            (3, 3, 1.0, 1.0),
            // P(X <= 2) of twelve tosses is (1 + 12 + 66) / 4096.
            (10, 2, 158.0 / 4096.0, 92.0 / 4096.0),
            (6, 16, 0.052_478_790_283_203_125, 0.034_689_664_840_698_24),
        ] {
            let got = mcnemar(lost, won);
            close(got.0, p);
            close(got.1, mid_p);
            assert_eq!(got, mcnemar(won, lost), "the test has two sides");
        }
    }

    #[test]
    fn many_pairs_neither_overflow_nor_vanish() {
        let (p, mid_p) = mcnemar(50_000, 50_000);
        assert_eq!((p, mid_p), (1.0, 1.0));
        // The normal approximation: z = 400 / sqrt(20000) = 2.83.
        let (p, mid_p) = mcnemar(9_800, 10_200);
        assert!((0.0045..0.0050).contains(&p) && mid_p < p, "{p} {mid_p}");
        let (p, _) = mcnemar(0, 5_000);
        assert!((0.0..1e-300).contains(&p));
    }

    #[test]
    fn the_interval_is_that_of_bonett_and_price() {
        // (16 + 1) and (6 + 1) of 202: difference -10/202, variance (24/202 - (10/202)^2) / 202.
        let paired = Paired::new(16, 6, 200);
        assert_eq!(paired.difference, -5.0);
        let half: f64 = Z * ((24.0 / 202.0 - (10.0f64 / 202.0).powi(2)) / 202.0).sqrt();
        let ends = [-10.0 / 202.0 - half, -10.0 / 202.0 + half];
        for (got, expected) in paired.interval.iter().zip(ends) {
            assert!((got - 100.0 * expected).abs() < 6e-4, "{got} {expected}");
        }
        assert!(paired.interval[0] < -9.0 && paired.interval[1] < 0.0);
        // Nothing discordant leaves an interval around 0 that narrows with the number of swipes.
        let (few, many) = (Paired::new(0, 0, 10), Paired::new(0, 0, 1000));
        assert_eq!(few.difference, 0.0);
        assert!(few.interval[1] > many.interval[1] && many.interval[1] > 0.0);
        assert_eq!(few.interval[0], -few.interval[1]);
        let none = Paired::new(0, 0, 0);
        assert!(
            none.interval
                .iter()
                .all(|end| (-100.0..=100.0).contains(end))
        );
    }

    #[test]
    fn pairs_are_of_the_same_swipes() {
        let outcome = |letters, rank, greedy| Outcome {
            letters,
            rank,
            known: true,
            greedy,
        };
        let base = [
            outcome(2, Some(0), true),
            outcome(3, Some(0), true),
            outcome(5, Some(4), false),
            outcome(8, None, false),
            outcome(8, Some(1), true),
        ];
        let this = [
            outcome(2, Some(1), false),
            outcome(3, Some(0), true),
            outcome(5, Some(0), false),
            outcome(8, Some(4), false),
            outcome(8, Some(0), false),
        ];
        let difference = AccuracyDifference::of(&base, &this);
        let pair = |paired: &Paired| (paired.lost, paired.won, paired.difference);
        assert_eq!(difference.overall.n, 5);
        assert_eq!(pair(&difference.overall.top1), (1, 2, 20.0));
        assert_eq!(pair(&difference.overall.top3), (0, 1, 20.0));
        assert_eq!(pair(&difference.overall.top5), (0, 1, 20.0));
        assert_eq!(pair(&difference.greedy), (2, 0, -40.0));
        let class = |letters| {
            let class = difference.of_length(letters).unwrap();
            (class.n, class.top1.lost, class.top1.won)
        };
        assert_eq!(class(Length::UpTo3), (2, 1, 0));
        assert_eq!(class(Length::From4To6), (1, 0, 1));
        assert_eq!(class(Length::From7), (2, 0, 1));
        assert_eq!(class(Length::From4), (3, 0, 2));
    }
}
