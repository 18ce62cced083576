//! Two bundles on the same swipes: what one gets right and the other does not.

use serde::{Deserialize, Serialize};

use crate::judge::accuracy::{Length, Outcome};
use crate::statistics::Paired;

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

#[cfg(test)]
mod tests {
    use super::*;

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
