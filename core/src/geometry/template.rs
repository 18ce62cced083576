//! A word's letters and the lines between them.

use super::path::{GesturePath, PIECES, POINTS};
use super::plane::{Vector, along, distance};

/// A letter of a word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter {
    pub(super) label: u8,
    /// Centre of its key.
    pub(super) centre: Vector,
    /// Whether it occurs twice or more in a row.
    pub(super) is_doubled: bool,
}

/// A word as a path: straight lines from key to key.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// The word's letters that have keys, doubled ones once.
    pub(super) letters: Vec<Letter>,
    /// Points at equal steps of length along the lines.
    pub(super) points: [Vector; POINTS],
}

impl Default for Template {
    fn default() -> Self {
        Self {
            letters: Vec::new(),
            points: [[0.0; 2]; POINTS],
        }
    }
}

impl Template {
    /// Takes the word with the labels `word` on the keyboard of `path`; false where no letter has a
    /// key.
    pub(super) fn set(&mut self, path: &GesturePath, word: &[u8]) -> bool {
        self.letters.clear();
        for &label in word {
            let Some(centre) = path.centre(label) else {
                continue;
            };
            match self.letters.last_mut() {
                Some(last) if last.label == label => last.is_doubled = true,
                _ => self.letters.push(Letter {
                    label,
                    centre,
                    is_doubled: false,
                }),
            }
        }
        let Some(first) = self.letters.first() else {
            return false;
        };
        self.points = [first.centre; POINTS];
        let lines = || {
            self.letters
                .windows(2)
                .map(|pair| (pair[0].centre, pair[1].centre))
        };
        let step = lines().map(|(a, b)| distance(a, b)).sum::<f64>() / PIECES as f64;
        let (mut before, mut index) = (0.0, 0);
        for (a, b) in lines() {
            let length = distance(a, b);
            while index < POINTS && index as f64 * step <= before + length {
                // Two labels may have the same position.
                let share = if length > 0.0 {
                    ((index as f64 * step - before) / length).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                self.points[index] = along(a, b, share);
                index += 1;
            }
            before += length;
        }
        // Rounding may leave points over; the end is always among them.
        if let Some(last) = self.letters.last() {
            self.points[index.min(PIECES)..].fill(last.centre);
        }
        true
    }
}
