//! The letter keys of a keyboard, in the letter area's frame.

use swipekit::layout::Layout;
use swipekit::lexicon::Alphabet;

use crate::synth::error::Result;

/// Sizes of single keys that count, in sizes of the usual key: a space-wide key is not aimed at as
/// wildly as it is wide.
const SIZES: (f64, f64) = (0.5, 2.0);

/// One letter key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct KeyArea {
    /// Its middle.
    pub(super) centre: [f64; 2],
    /// Width and height that offsets are measured in.
    pub(super) size: [f64; 2],
}

/// The letter keys of a keyboard.
#[derive(Clone, Debug)]
pub(super) struct Board {
    /// What they type, in lower case.
    letters: Vec<char>,
    areas: Vec<KeyArea>,
    alphabet: Alphabet,
    /// Width and height of the usual key.
    pub(super) unit: [f64; 2],
}

impl Board {
    /// The letter keys of `layout`; of two that type one letter (capital and small) the first
    /// counts.
    pub(super) fn new(layout: &Layout) -> Result<Self> {
        let frame = layout.letter_area()?;
        let mut letters: Vec<char> = Vec::new();
        let mut areas = Vec::new();
        for key in layout.keys.iter().filter(|key| key.label.is_alphabetic()) {
            let label = key.label.to_lowercase().next().unwrap_or(key.label);
            if letters.contains(&label) {
                continue;
            }
            let [x, y, width, height] = [key.x, key.y, key.width, key.height].map(f64::from);
            let low = frame.normalize(x, y);
            let high = frame.normalize(x + width, y + height);
            letters.push(label);
            areas.push(KeyArea {
                centre: [0, 1].map(|axis| (low[axis] + high[axis]) / 2.0),
                // What float32 adds to a tenth is taken away.
                size: [0, 1].map(|axis| ((high[axis] - low[axis]) * 1e6).round().max(1.0) / 1e6),
            });
        }
        let unit = [0, 1].map(|axis| {
            let mut sizes: Vec<f64> = areas.iter().map(|area| area.size[axis]).collect();
            sizes.sort_by(f64::total_cmp);
            sizes.get(sizes.len() / 2).copied().unwrap_or(1.0)
        });
        for area in &mut areas {
            for axis in [0, 1] {
                area.size[axis] = area.size[axis].clamp(SIZES.0 * unit[axis], SIZES.1 * unit[axis]);
            }
        }
        let labels: Vec<String> = letters.iter().map(char::to_string).collect();
        Ok(Self {
            alphabet: Alphabet::new(&labels),
            letters,
            areas,
            unit,
        })
    }

    /// Rows of keys that are as high as the letter area.
    pub(super) fn rows(&self) -> f64 {
        1.0 / self.unit[1]
    }

    /// The keys that a finger visits for `word`; `None` where a letter has no key, and where the
    /// word is too long for a lexicon ([`swipekit::lexicon::MAX_KEY`]). As in lexicons, apostrophes
    /// and hyphens are passed over, and é is typed with e where it has no key of its own.
    pub(super) fn keys(&self, word: &str) -> Option<Vec<u8>> {
        self.alphabet.fold(word).ok()
    }

    pub(super) fn letter(&self, key: u8) -> char {
        self.letters[usize::from(key)]
    }

    pub(super) fn area(&self, key: u8) -> &KeyArea {
        &self.areas[usize::from(key)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use swipekit::layout::{Key, LetterArea};

    fn spelled(board: &Board, word: &str) -> Option<String> {
        Some(
            board
                .keys(word)?
                .iter()
                .map(|key| board.letter(*key))
                .collect(),
        )
    }

    #[test]
    fn words_are_spelled_as_lexicons_spell_them() {
        let board = Board::new(&Layout::qwerty()).unwrap();
        for (word, keys) in [
            ("don't", Some("dont")),
            ("Re-Enter", Some("reenter")),
            ("Zürich", Some("zurich")),
            ("x2", None),
            ("слово", None),
            ("'", None),
        ] {
            assert_eq!(spelled(&board, word).as_deref(), keys);
        }
    }

    #[test]
    fn the_frame_is_the_letter_areas_whatever_the_units() {
        let area = LetterArea::new(12.0, 700.0, 1080.0, 500.0).unwrap();
        for layout in [Layout::qwerty(), Layout::azerty(), Layout::dvorak()] {
            let unit = Board::new(&layout).unwrap();
            let placed = Board::new(&layout.placed(area).unwrap()).unwrap();
            assert_eq!(unit.letters, placed.letters);
            for (a, b) in unit.areas.iter().zip(&placed.areas) {
                assert!(
                    (a.centre[0] - b.centre[0]).abs() < 1e-6
                        && (a.centre[1] - b.centre[1]).abs() < 1e-6
                );
            }
            assert!((unit.unit[0] - 0.1).abs() < 1e-6 && (unit.rows() - 3.0).abs() < 1e-4);
        }
    }

    #[test]
    fn one_huge_key_is_not_aimed_at_wildly() {
        let mut layout = Layout::rows("wide", &[("abcdefghi", 0.0)]);
        layout.keys.push(Key {
            label: 'Ω',
            x: 0.0,
            y: 1.0,
            width: 1.0,
            height: 1.0,
        });
        let board = Board::new(&layout).unwrap();
        assert_eq!(board.letter(9), 'ω');
        assert!((board.area(9).size[0] - 2.0 * board.unit[0]).abs() < 1e-9);
        assert!(Board::new(&Layout::rows("none", &[])).is_err());
    }
}
