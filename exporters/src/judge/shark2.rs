//! A geometric baseline in the manner of SHARK2 (Kristensson and Zhai, UIST 2004): no network, a
//! template a word.
//!
//! A network should be better than this. The ideal path of each word, through the centres of its
//! keys, and the path of the finger are resampled to the same number of points at equal distances.
//! Two channels compare them: location and shape. Both distances are assumed to be normally
//! distributed and are combined with the word's prior. Words whose first or last key is far from
//! the ends of the path are skipped.

use std::path::Path;

use serde::Serialize;
use swipekit::layout::Layout;
use swipekit::lexicon::{Alphabet, Lexicon};
use swipekit::trace::Point;

use crate::files::FileError;
use crate::judge::accuracy::Outcome;
use crate::judge::error::Result;
use crate::swipes::visits::key_size;
use crate::swipes::{Swipe, sample};

/// Points of a path.
const POINTS: usize = 40;
/// A row's height in key widths: the median of How We Swipe's keyboards.
const ROW: f64 = 1.55;
/// How far from its first and last key a path of a word may begin and end, in key widths.
const REACH: [f32; 2] = [2.0, 2.5];
/// Candidates of a swipe.
const CANDIDATES: usize = 5;

/// Standard deviations of both channels, in key widths and in units of a path's size, and the
/// weight of the prior.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Weights {
    /// Of where a path lies.
    pub location: f32,
    /// Of its shape.
    pub shape: f32,
    /// Of the prior's logarithm.
    pub prior: f32,
}

/// The templates of a lexicon's words.
#[derive(Debug)]
pub struct Shark2 {
    alphabet: Alphabet,
    scale: [f64; 2],
    words: Vec<Template>,
    /// Weight of each point in where a path lies; the ends count more.
    emphasis: [f32; POINTS],
}

#[derive(Debug)]
struct Template {
    key: Box<[u8]>,
    log_prior: f32,
    location: [[f32; 2]; POINTS],
    shape: [[f32; 2]; POINTS],
}

/// How far a swipe is from one word.
#[derive(Clone, Copy, Debug)]
struct Distance {
    word: usize,
    location: f32,
    shape: f32,
    log_prior: f32,
}

impl Distance {
    fn score(&self, weights: &Weights) -> f32 {
        -self.location / (2.0 * weights.location.powi(2))
            - self.shape / (2.0 * weights.shape.powi(2))
            + weights.prior * self.log_prior
    }
}

impl Shark2 {
    /// The templates of the words of `lexicon`, which was built for `labels`, on `layout`. Words
    /// with a label that has no key are left out.
    ///
    /// # Errors
    /// Those of the layout.
    pub fn new(lexicon: &Lexicon, labels: &[String], layout: &Layout) -> Result<Self> {
        let area = layout.letter_area()?;
        let [width, height] = key_size(layout).unwrap_or([0.1, 1.0 / 3.0]);
        let scale = [1.0 / width, ROW / height];
        let centre = |label: &u8| {
            let letter = labels.get(usize::from(*label))?.chars().next()?;
            let [x, y] = layout.key_centre(letter)?;
            let [x, y] = area.normalize(x.into(), y.into());
            Some([x * scale[0], y * scale[1]])
        };
        let mut words = Vec::with_capacity(lexicon.keys());
        lexicon.each_key(|key, cost| {
            let Some(centres) = key.iter().map(centre).collect::<Option<Vec<_>>>() else {
                return;
            };
            let location = resampled(&centres);
            words.push(Template {
                key: key.into(),
                log_prior: -(cost as f32) * lexicon.cost_unit(),
                shape: shape(&location),
                location,
            });
        });
        let mut emphasis = [1.0; POINTS];
        for (at, weight) in [(0, 4.0), (1, 2.0), (POINTS - 2, 2.0), (POINTS - 1, 4.0)] {
            emphasis[at] = weight;
        }
        let sum: f32 = emphasis.iter().sum();
        Ok(Self {
            alphabet: Alphabet::new(labels),
            scale,
            words,
            emphasis: emphasis.map(|weight| weight / sum),
        })
    }

    /// The distances of a swipe to all words that it may be.
    fn distances(&self, points: &[Point]) -> Vec<Distance> {
        let path: Vec<[f64; 2]> = points
            .iter()
            .map(|point| [point.x * self.scale[0], point.y * self.scale[1]])
            .collect();
        if path.is_empty() {
            return Vec::new();
        }
        let location = resampled(&path);
        let own_shape = shape(&location);
        let ends = [0, POINTS - 1];
        self.words
            .iter()
            .enumerate()
            .filter(|(_, word)| {
                ends.iter()
                    .zip(REACH)
                    .all(|(at, reach)| squared(word.location[*at], location[*at]) < reach * reach)
            })
            .map(|(index, word)| Distance {
                word: index,
                location: (word.location.iter().zip(&location).zip(&self.emphasis))
                    .map(|((one, other), weight)| weight * squared(*one, *other))
                    .sum(),
                shape: (word.shape.iter().zip(&own_shape))
                    .map(|(one, other)| squared(*one, *other))
                    .sum::<f32>()
                    / POINTS as f32,
                log_prior: word.log_prior,
            })
            .collect()
    }

    /// What becomes of a swipe.
    pub fn outcome(&self, swipe: &Swipe, weights: &Weights) -> Outcome {
        let key = self.alphabet.fold(&swipe.word).unwrap_or_default();
        let distances = self.distances(swipe.trace.points());
        Outcome {
            letters: key.len(),
            rank: self
                .rank(&distances, &key, weights)
                .filter(|rank| *rank < CANDIDATES),
            known: self.words.iter().any(|word| *word.key == *key),
            greedy: false,
        }
    }

    /// Rank of the word `key`, from 0; words that score alike come first.
    fn rank(&self, distances: &[Distance], key: &[u8], weights: &Weights) -> Option<usize> {
        let target = distances.iter().find(|d| *self.words[d.word].key == *key)?;
        let score = target.score(weights);
        let better = |d: &&Distance| d.word != target.word && d.score(weights) >= score;
        Some(distances.iter().filter(better).count())
    }

    /// The weights with the largest mean reciprocal rank on so many swipes of `swipe_file`, evenly
    /// spread, out of a grid.
    ///
    /// # Errors
    /// Those of reading the swipe file.
    pub fn fit(&self, swipe_file: &Path, samples: usize) -> Result<Weights> {
        let swipes = sample::read(swipe_file, Some(samples), false)?.swipes;
        let cases: Vec<(Vec<Distance>, Vec<u8>)> = swipes
            .iter()
            .filter_map(|swipe| {
                let key = self.alphabet.fold(&swipe.word).ok()?;
                let distances = self.distances(swipe.trace.points());
                let known = distances.iter().any(|d| *self.words[d.word].key == *key);
                known.then_some((distances, key))
            })
            .collect();
        let mut best: Option<(f64, Weights)> = None;
        for location in [0.3, 0.4, 0.5, 0.6, 0.8] {
            for shape in [0.15, 0.2, 0.3, 0.45, 9.0] {
                for prior in [0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0] {
                    let weights = Weights {
                        location,
                        shape,
                        prior,
                    };
                    let sum: f64 = cases
                        .iter()
                        .filter_map(|(distances, key)| self.rank(distances, key, &weights))
                        .map(|rank| 1.0 / (rank as f64 + 1.0))
                        .sum();
                    if best.is_none_or(|(most, _)| sum > most) {
                        best = Some((sum, weights));
                    }
                }
            }
        }
        let (_, weights) = best.ok_or_else(|| FileError::Empty {
            path: swipe_file.to_path_buf(),
            what: "swipes of words of the lexicon",
        })?;
        Ok(weights)
    }
}

fn squared(one: [f32; 2], other: [f32; 2]) -> f32 {
    (one[0] - other[0]).powi(2) + (one[1] - other[1]).powi(2)
}

/// A path at points of equal distance along it; a path without length stays where it is.
fn resampled(path: &[[f64; 2]]) -> [[f32; 2]; POINTS] {
    let steps: Vec<f64> = path
        .windows(2)
        .map(|pair| (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]))
        .collect();
    let total: f64 = steps.iter().sum();
    let mut out = [path[0].map(|value| value as f32); POINTS];
    let (mut at, mut before) = (0, 0.0);
    for (index, point) in out.iter_mut().enumerate() {
        let wanted = total * index as f64 / (POINTS - 1) as f64;
        while at + 1 < steps.len() && before + steps[at] < wanted {
            before += steps[at];
            at += 1;
        }
        let Some(step) = steps.get(at).filter(|step| **step > 0.0) else {
            continue;
        };
        let part = ((wanted - before) / step).clamp(0.0, 1.0);
        *point = [0, 1]
            .map(|axis| (path[at][axis] + (path[at + 1][axis] - path[at][axis]) * part) as f32);
    }
    out
}

/// A path about its middle, brought to the size 1; one of less than a third of a key is not blown
/// up further.
fn shape(location: &[[f32; 2]; POINTS]) -> [[f32; 2]; POINTS] {
    let middle =
        [0, 1].map(|axis| location.iter().map(|point| point[axis]).sum::<f32>() / POINTS as f32);
    let size = (location
        .iter()
        .map(|point| squared(*point, middle))
        .sum::<f32>()
        / POINTS as f32)
        .sqrt()
        .max(0.3);
    location.map(|point| [0, 1].map(|axis| (point[axis] - middle[axis]) / size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::synth::samples;
    use crate::words::lexicon::of_words;
    use swipekit::trace::Trace;

    const WORDS: [&str; 6] = ["the", "water", "keyboard", "too", "to", "tie"];

    fn labels() -> Vec<String> {
        ('a'..='z').map(String::from).collect()
    }

    fn baseline() -> Shark2 {
        let lexicon = of_words(WORDS, &labels()).unwrap();
        Shark2::new(&lexicon, &labels(), &Layout::qwerty()).unwrap()
    }

    fn swipe(word: &str, trace: Trace) -> Swipe {
        Swipe {
            word: word.to_owned(),
            trace,
            user: None,
            sentence: None,
            keyboard: None,
            deviation: None,
        }
    }

    const WEIGHTS: Weights = Weights {
        location: 0.5,
        shape: 0.2,
        prior: 0.3,
    };

    #[test]
    fn clean_swipes_are_their_words() {
        let baseline = baseline();
        for (seed, word) in (0..).zip(WORDS) {
            let trace = samples::trace(word, &mut Random::new(seed)).unwrap();
            let outcome = baseline.outcome(&swipe(word, trace), &WEIGHTS);
            assert!(
                outcome.known && outcome.within(3),
                "seed {seed}: {outcome:?}"
            );
            // One path serves `to` and `too`.
            let alike = usize::from(word.starts_with("to"));
            assert!(outcome.within(1 + alike), "seed {seed}: {outcome:?}");
        }
    }

    #[test]
    fn no_swipe_is_a_panic() {
        let baseline = baseline();
        let point = |x: f64, y: f64| (x, y, 0.0);
        for points in [
            vec![],
            vec![point(0.5, 0.5)],
            vec![point(1e9, -1e9), point(-1e9, 0.0)],
            vec![point(0.3, 0.3); 9],
        ] {
            let trace = Trace::in_letter_area(points).unwrap();
            assert!(!baseline.outcome(&swipe("42", trace), &WEIGHTS).known);
        }
    }

    #[test]
    fn a_resampled_path_has_equal_steps_and_keeps_its_ends() {
        let path = resampled(&[[0.0, 0.0], [3.0, 0.0], [3.0, 0.0], [3.0, 4.0]]);
        assert_eq!((path[0], path[POINTS - 1]), ([0.0, 0.0], [3.0, 4.0]));
        let step = 7.0 / (POINTS - 1) as f32;
        // All but the one around the corner.
        let equal = path
            .windows(2)
            .filter(|pair| (squared(pair[0], pair[1]).sqrt() - step).abs() < 1e-4);
        assert!(equal.count() >= POINTS - 2);
    }

    #[test]
    fn weights_are_fitted_on_swipes_of_known_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("swipes.jsonl");
        std::fs::write(&path, samples::swipe_file(&WORDS.repeat(4), 3)).unwrap();
        let weights = baseline().fit(&path, 20).unwrap();
        assert!(weights.location > 0.0 && weights.shape > 0.0);
        std::fs::write(&path, "").unwrap();
        assert!(baseline().fit(&path, 20).is_err());
    }
}
