//! Whether a decoded swipe is right, and what share of many is: the one way in which this crate
//! counts.
//!
//! Targets and candidates are compared by their folded spelling (`don't`, `Dont` and `dont` are the
//! same), since that is what a finger draws. A target that the lexicon does not hold counts as a
//! miss.

use serde::{Deserialize, Serialize};
use swipekit::Candidate;
use swipekit::lexicon::{Alphabet, Lexicon};

/// How targets are compared, for reports.
pub const FOLDING: &str =
    "letters only: case, accents, apostrophes and hyphens are folded in targets and candidates";

/// What became of one swipe. Holds no word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Letters of the target's folded spelling.
    pub letters: usize,
    /// Rank of the target among the candidates, from 0; `None` where it is not among them.
    pub rank: Option<usize>,
    /// The lexicon holds the target.
    pub known: bool,
    /// Greedy decoding without the lexicon spells the target.
    pub greedy: bool,
}

impl Outcome {
    /// Whether the target is among the best `count` candidates.
    pub fn within(&self, count: usize) -> bool {
        self.rank.is_some_and(|rank| rank < count)
    }
}

/// Compares targets with what was decoded.
#[derive(Debug)]
pub struct Judge<'a> {
    alphabet: Alphabet,
    lexicon: Option<&'a Lexicon>,
}

impl<'a> Judge<'a> {
    /// For a model of the classes `labels` that decodes the words of `lexicon`.
    pub fn new<S: AsRef<str>>(labels: &[S], lexicon: Option<&'a Lexicon>) -> Self {
        Self {
            alphabet: Alphabet::new(labels),
            lexicon,
        }
    }

    /// What became of a swipe of `target` that gave `candidates`, best first, and greedily the text
    /// `greedy`.
    pub fn outcome(&self, target: &str, candidates: &[Candidate], greedy: &str) -> Outcome {
        // A word that cannot be typed has no key: nothing can be equal to it.
        let Ok(key) = self.alphabet.fold(target) else {
            return Outcome {
                letters: target.chars().filter(|c| c.is_alphabetic()).count(),
                rank: None,
                known: false,
                greedy: false,
            };
        };
        let hit = |word: &str| self.alphabet.fold(word).is_ok_and(|other| other == key);
        Outcome {
            letters: key.len(),
            rank: candidates.iter().position(|candidate| hit(&candidate.word)),
            known: self
                .lexicon
                .is_some_and(|lexicon| lexicon.contains_key(&key)),
            greedy: hit(greedy),
        }
    }
}

/// Words by their number of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Length {
    /// Up to three letters.
    #[serde(rename = "1-3")]
    UpTo3,
    /// Four to six letters.
    #[serde(rename = "4-6")]
    From4To6,
    /// Seven letters and more.
    #[serde(rename = "7+")]
    From7,
    /// Four letters and more: the two classes before together.
    #[serde(rename = "4+")]
    From4,
}

impl Length {
    /// All classes. The first three are apart from each other and hold every word.
    pub const ALL: [Self; 4] = [Self::UpTo3, Self::From4To6, Self::From7, Self::From4];

    /// Whether a word of so many letters is of the class.
    pub fn holds(self, letters: usize) -> bool {
        match self {
            Self::UpTo3 => letters <= 3,
            Self::From4To6 => (4..=6).contains(&letters),
            Self::From7 => letters >= 7,
            Self::From4 => letters >= 4,
        }
    }

    /// The class in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::UpTo3 => "1-3 letters",
            Self::From4To6 => "4-6 letters",
            Self::From7 => "7 letters and more",
            Self::From4 => "4 letters and more",
        }
    }
}

/// Accuracy on words of one length. Shares are in percent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LengthAccuracy {
    /// The words.
    pub letters: Length,
    /// Swipes of such words.
    pub n: usize,
    /// The target is the best candidate.
    pub top1: f64,
    /// The target is among the best three.
    pub top3: f64,
    /// The target is among the best five.
    pub top5: f64,
}

/// Accuracy on some swipes. Shares are in percent of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Swipes.
    pub n: usize,
    /// The target is not in the lexicon.
    pub oov: f64,
    /// The target is the best candidate.
    pub top1: f64,
    /// The target is among the best three.
    pub top3: f64,
    /// The target is among the best five.
    pub top5: f64,
    /// Greedy decoding without the lexicon spells the target.
    pub greedy: f64,
    /// The same by the length of the target, in the order of [`Length::ALL`].
    pub by_length: Vec<LengthAccuracy>,
}

impl Accuracy {
    /// Of these outcomes; zeros where there is none.
    pub fn of(outcomes: &[Outcome]) -> Self {
        let (n, [top1, top3, top5]) = tops(outcomes.iter());
        let share = |counts: fn(&Outcome) -> bool| {
            percent(outcomes.iter().filter(|outcome| counts(outcome)).count(), n)
        };
        let by_length = Length::ALL.map(|letters| {
            let such = outcomes
                .iter()
                .filter(|outcome| letters.holds(outcome.letters));
            let (n, [top1, top3, top5]) = tops(such);
            LengthAccuracy {
                letters,
                n,
                top1,
                top3,
                top5,
            }
        });
        Self {
            n,
            oov: share(|outcome| !outcome.known),
            top1,
            top3,
            top5,
            greedy: share(|outcome| outcome.greedy),
            by_length: by_length.to_vec(),
        }
    }

    /// The accuracy on words of one length.
    pub fn of_length(&self, letters: Length) -> Option<&LengthAccuracy> {
        self.by_length.iter().find(|class| class.letters == letters)
    }
}

/// The number of outcomes, and the percentages within the best one, three and five.
fn tops<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> (usize, [f64; 3]) {
    let (mut n, mut hits) = (0, [0; 3]);
    for outcome in outcomes {
        n += 1;
        for (hits, count) in hits.iter_mut().zip([1, 3, 5]) {
            *hits += usize::from(outcome.within(count));
        }
    }
    (n, hits.map(|hits| percent(hits, n)))
}

/// Accuracy on swipes of one kind. Shares are in percent of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tops {
    /// Which swipes.
    pub swipes: &'static str,
    /// How many.
    pub n: usize,
    /// The target is the best candidate.
    pub top1: f64,
    /// The target is among the best three.
    pub top3: f64,
    /// The target is among the best five.
    pub top5: f64,
}

impl Tops {
    /// Of `outcomes`, which are those of the `swipes`.
    pub fn of<'a>(swipes: &'static str, outcomes: impl Iterator<Item = &'a Outcome>) -> Self {
        let (n, [top1, top3, top5]) = tops(outcomes);
        Self {
            swipes,
            n,
            top1,
            top3,
            top5,
        }
    }

    /// By how far the paths pass from the keys of their words
    /// ([`Swipe::deviation`](crate::swipes::Swipe::deviation), in keys, one for each outcome).
    /// Kinds without a swipe are left out.
    pub fn by_deviation(outcomes: &[Outcome], deviations: &[Option<f64>]) -> Vec<Self> {
        let kinds = [
            ("path within 0.5 keys", 0.0..=0.5),
            ("within 0.5 to 1", 0.5..=1.0),
            ("within 1 to 1.5", 1.0..=1.5),
            ("further than 1.5", 1.5..=f64::INFINITY),
        ];
        // The first kind that holds it, or none of them.
        let kind = |deviation: Option<f64>| {
            let holds = |r: f64| kinds.iter().position(|(_, range)| range.contains(&r));
            deviation.and_then(holds)
        };
        let all = || outcomes.iter().zip(deviations);
        let such = |wanted: Option<usize>| {
            let such = all().filter(move |(_, deviation)| kind(**deviation) == wanted);
            such.map(|(outcome, _)| outcome)
        };
        (kinds.iter().enumerate())
            .map(|(index, (name, _))| Self::of(name, such(Some(index))))
            .chain([Self::of("unknown", such(None))])
            .filter(|tops| tops.n > 0)
            .collect()
    }
}

/// `count` of `of` in percent with two digits; 0 of nothing.
pub fn percent(count: usize, of: usize) -> f64 {
    if of == 0 {
        return 0.0;
    }
    (1e4 * count as f64 / of as f64).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use swipekit::lexicon::LexiconBuilder;

    fn outcome(letters: usize, rank: Option<usize>) -> Outcome {
        Outcome {
            letters,
            rank,
            known: rank.is_some(),
            greedy: rank == Some(0),
        }
    }

    #[test]
    fn words_are_compared_by_their_folded_spelling() {
        let labels: Vec<String> = ('a'..='z').map(String::from).collect();
        let mut builder = LexiconBuilder::new(&labels);
        for word in ["don't", "the"] {
            builder.add(word, 1.0).unwrap();
        }
        let bytes = builder.build().unwrap().bytes;
        let lexicon = Lexicon::from_bytes(bytes.into(), &labels, "test").unwrap();
        let judge = Judge::new(&labels, Some(&lexicon));

        let greedy = judge.outcome("DONT", &[], "dont");
        assert_eq!(
            greedy,
            Outcome {
                letters: 4,
                rank: None,
                known: true,
                greedy: true
            }
        );
        assert!(!judge.outcome("zebra", &[], "zebr").known);
        assert!(!judge.outcome("zebra", &[], "zebr").greedy);
        // What cannot be typed is equal to nothing, not even to what cannot be typed either.
        assert_eq!(
            judge.outcome("日本語", &[], "日本語"),
            Outcome {
                letters: 3,
                rank: None,
                known: false,
                greedy: false
            }
        );
        assert!(!Judge::new(&labels, None).outcome("the", &[], "the").known);
    }

    #[test]
    fn every_word_is_in_one_class_of_three_and_the_fourth_joins_two() {
        for letters in 0..40 {
            let [short, medium, long, from4] = Length::ALL.map(|class| class.holds(letters));
            assert_eq!(
                [short, medium, long].iter().filter(|held| **held).count(),
                1
            );
            assert_eq!(from4, medium || long);
        }
    }

    #[test]
    fn shares_are_of_the_swipes_of_a_class() {
        let outcomes = [
            outcome(2, Some(0)),
            outcome(3, Some(2)),
            outcome(4, Some(4)),
            outcome(7, None),
            outcome(6, Some(0)),
            outcome(9, Some(5)),
        ];
        let accuracy = Accuracy::of(&outcomes);
        assert_eq!((accuracy.n, accuracy.oov), (6, 16.67));
        assert_eq!(
            (accuracy.top1, accuracy.top3, accuracy.top5, accuracy.greedy),
            (33.33, 50.0, 66.67, 33.33)
        );
        let class = |letters| {
            let class = accuracy.of_length(letters).unwrap();
            (class.n, class.top1, class.top3, class.top5)
        };
        assert_eq!(class(Length::UpTo3), (2, 50.0, 100.0, 100.0));
        assert_eq!(class(Length::From4To6), (2, 50.0, 50.0, 100.0));
        assert_eq!(class(Length::From7), (2, 0.0, 0.0, 0.0));
        assert_eq!(class(Length::From4), (4, 25.0, 25.0, 50.0));
    }

    #[test]
    fn paths_are_counted_by_how_far_they_pass() {
        let outcomes = [
            outcome(2, Some(0)),
            outcome(3, Some(2)),
            outcome(4, None),
            outcome(4, Some(0)),
            outcome(5, Some(0)),
        ];
        let deviations = [Some(0.5), Some(0.2), Some(1.7), None, Some(f64::NAN)];
        let classes = Tops::by_deviation(&outcomes, &deviations);
        let plain: Vec<_> = (classes.iter())
            .map(|class| (class.swipes, class.n, class.top1, class.top3))
            .collect();
        let expected = [
            ("path within 0.5 keys", 2, 50.0, 100.0),
            ("further than 1.5", 1, 0.0, 0.0),
            ("unknown", 2, 100.0, 100.0),
        ];
        assert_eq!(plain, expected);
    }

    #[test]
    fn nothing_gives_zeros() {
        let accuracy = Accuracy::of(&[]);
        assert_eq!((accuracy.n, accuracy.top1, accuracy.oov), (0, 0.0, 0.0));
        assert!(accuracy.by_length.iter().all(|class| class.n == 0));
    }

    #[test]
    fn accuracy_survives_json() {
        let accuracy = Accuracy::of(&[outcome(2, Some(0)), outcome(8, None)]);
        let json = serde_json::to_value(&accuracy).unwrap();
        assert_eq!(json["by_length"][0]["letters"], "1-3");
        assert_eq!(serde_json::from_value::<Accuracy>(json).unwrap(), accuracy);
    }
}
