//! Two shares of the same cases: McNemar's exact test, and an interval of their difference.

use serde::{Deserialize, Serialize};

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
}
