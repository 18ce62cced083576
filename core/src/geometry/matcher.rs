//! Measures words against a path.

use super::alignment::Alignment;
use super::features::Features;
use super::path::{GesturePath, PIECES, POINTS};
use super::plane::{Line, between, distance, mean_square, normalize, square};
use super::template::{Letter, Template};

/// Greatest distance of a path's end from its letter's key.
const FAR: f64 = 4.0;
/// Greatest distance at which a point counts as near a key.
const NEAR: f64 = 0.6;
/// Most passes over a doubled letter that count.
const MOST_LOOPS: f64 = 3.0;

/// Compares words with a path. It keeps its buffers and allocates nothing once it has seen the
/// longest word.
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    template: Template,
    alignment: Alignment,
}

impl Matcher {
    /// A matcher.
    pub fn new() -> Self {
        Self::default()
    }

    /// Measures the word with the labels `word` against `path`. Labels without a key (the
    /// apostrophe) are skipped. `None` where no label is left, or `path` has not been
    /// [set](GesturePath::set).
    pub fn features(&mut self, path: &GesturePath, word: &[u8]) -> Option<Features> {
        if !self.template.set(path, word) {
            return None;
        }
        let letters = &self.template.letters;
        let (first, last) = (letters.first()?, letters.last()?);
        self.alignment.set(path, letters);
        let mut shape = [[0.0; 2]; POINTS];
        normalize(&self.template.points, &mut shape);
        let (excursion, corners) = self.departures(path);
        let mut features = Features {
            location: libm::log1p(mean_square(&path.points, &self.template.points) / 0.25),
            shape: libm::log1p(mean_square(&path.shape, &shape) / 0.1),
            start: distance(first.centre, path.points[0]).min(FAR),
            end: distance(last.centre, path.points[PIECES]).min(FAR),
            excursion: libm::log1p(excursion / 0.3),
            corners,
            letters: letters.len() as f64,
            ..Features::default()
        };
        for (letter, &piece) in letters.iter().zip(&self.alignment.pieces) {
            features.approach += libm::log1p(path.approach(letter.label)[piece] / 0.1);
            if letter.is_doubled {
                let (length, ms) = stay(path, piece);
                features.loops += (length / (2.0 * NEAR)).min(MOST_LOOPS);
                features.dwell += libm::log((ms + 20.0) / 150.0);
            }
        }
        features.approach /= letters.len() as f64;
        Some(features)
    }

    /// The path's largest squared distance from the line between the two letters around it, and its
    /// turns away from letters.
    fn departures(&self, path: &GesturePath) -> (f64, f64) {
        let (mut excursion, mut corners) = (0.0_f64, 0.0);
        let mut points = (path.points.iter().zip(&path.turns).zip(0..)).peekable();
        let mut measure = |until: usize, from: &Letter, to: &Letter| {
            let line = Line::new(from.centre, to.centre);
            while let Some(((point, turn), _)) = points.next_if(|(_, index)| *index <= until) {
                let [to_from, to_to] =
                    [from, to].map(|letter| square(between(letter.centre, *point)));
                excursion = excursion.max(line.square_to(*point));
                corners += turn * to_from.min(to_to).min(1.0);
            }
        };
        // The parts before the first letter, between two letters, and after the last.
        let (letters, pieces) = (&self.template.letters, &self.alignment.pieces);
        let ends = letters.iter().chain(letters.last());
        let untils = pieces.iter().copied().chain([PIECES]);
        let mut from = &letters[0];
        for (to, until) in ends.zip(untils) {
            measure(until, from, to);
            from = to;
        }
        (excursion, corners)
    }
}

/// Length and time for which the path stays near its position at `piece`.
fn stay(path: &GesturePath, piece: usize) -> (f64, f64) {
    let at = path.points[piece];
    let is_near = |index: &usize| square(between(at, path.points[*index])) < NEAR * NEAR;
    let start = (0..piece).rev().take_while(is_near).last().unwrap_or(piece);
    let end = (piece + 1..POINTS).take_while(is_near).last();
    let end = end.unwrap_or(piece + 1);
    let length = (end - start) as f64 * path.length / PIECES as f64;
    (length, path.times[end] - path.times[start])
}
