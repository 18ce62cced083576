//! Where a path passes a word's letters.

use super::path::{GesturePath, PIECES};
use super::template::Letter;

/// The pieces of a path at which it passes a word's letters in order, with the least sum of squared
/// distances.
#[derive(Clone, Debug, Default)]
pub(super) struct Alignment {
    /// The piece of each letter; never decreasing.
    pub(super) pieces: Vec<usize>,
    /// Least sum of the letters so far with the last one at or before each piece.
    sums: Vec<f64>,
    /// The piece that attains that sum, for each letter and piece.
    ends: Vec<u8>,
}

impl Alignment {
    /// Aligns `letters` to `path`. Of equal alignments it takes the earliest piece for the last
    /// letter, then for the one before it.
    pub(super) fn set(&mut self, path: &GesturePath, letters: &[Letter]) {
        self.sums.clear();
        self.sums.resize(PIECES, 0.0);
        self.ends.clear();
        for letter in letters {
            let (mut least, mut end) = (f64::INFINITY, 0);
            for ((sum, square), piece) in self
                .sums
                .iter_mut()
                .zip(path.approach(letter.label))
                .zip(0..)
            {
                let here = *sum + square;
                if here < least {
                    (least, end) = (here, piece);
                }
                *sum = least;
                self.ends.push(end);
            }
        }
        self.pieces.clear();
        self.pieces.resize(letters.len(), 0);
        let mut end = PIECES - 1;
        for (piece, ends) in self
            .pieces
            .iter_mut()
            .zip(self.ends.chunks_exact(PIECES))
            .rev()
        {
            end = usize::from(ends[end]);
            *piece = end;
        }
    }
}
