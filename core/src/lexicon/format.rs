//! The lexicon file, version 1, little endian:
//!
//! ```text
//!  0 [8] "swipelex"          32 u32 states
//!  8 u32 version             36 u32 labels of the longest key
//! 12 u32 flags, 0            40 3 x (u32 offset, u32 length, u32 CRC-32): alphabet, automaton, word table
//! 16 f32 nats a step         76 u32 CRC-32 of bytes 0..76
//! 20 u32 0                   80 the sections, one behind the other, to the end of the file
//! 24 u32 words
//! 28 u32 keys
//! ```
//!
//! Alphabet: for each symbol of the automaton, in order, the class (u8), the length (u8) and the
//! text of its label.

use std::ops::{Range, RangeInclusive};
use std::path::Path;

use crate::error::Result;
use crate::sections::{Format, names};

pub use crate::sections::MAX_FILE;

/// The version of the file format that this crate writes and reads.
pub const LEXICON_VERSION: u32 = 1;

/// Allowed nats per step of cost.
pub(super) const COST_UNITS: RangeInclusive<f32> = 1.0 / 256.0..=8.0;

pub(super) const FORMAT: Format<3> = Format {
    mark: b"swipelex",
    version: LEXICON_VERSION,
    fields: 28,
    names: names!("lexicon"),
};

/// The header's numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Counts {
    /// Nats per step.
    pub unit: f32,
    pub words: u32,
    pub keys: u32,
    pub states: u32,
    pub longest: u32,
}

/// The byte ranges of the sections.
pub(super) struct Sections {
    pub alphabet: Range<usize>,
    pub automaton: Range<usize>,
    pub words: Range<usize>,
}

/// Writes the file: `counts`, then the alphabet, the automaton and the word table.
pub(super) fn write(counts: &Counts, sections: [&[u8]; 3]) -> Result<Vec<u8>> {
    let fields = [
        0,
        counts.unit.to_bits(),
        0,
        counts.words,
        counts.keys,
        counts.states,
        counts.longest,
    ];
    FORMAT.write(&fields.map(u32::to_le_bytes).concat(), sections)
}

/// Reads the header of `bytes` and checks every checksum.
pub(super) fn read(bytes: &[u8], path: &Path) -> Result<(Counts, Sections)> {
    let header = FORMAT.read(bytes, path)?;
    for at in [12, 20] {
        let flags = header.number(at)?;
        if flags != 0 {
            return Err(header.unsupported("lexicon flags", 0, flags));
        }
    }
    let [alphabet, automaton, words] = header.sections()?;
    let counts = Counts {
        unit: f32::from_bits(header.number(16)?),
        words: header.number(24)?,
        keys: header.number(28)?,
        states: header.number(32)?,
        longest: header.number(36)?,
    };
    if !COST_UNITS.contains(&counts.unit) {
        return Err(header.damaged("cost unit", "1/256 to 8 nats", counts.unit));
    }
    let sections = Sections {
        alphabet,
        automaton,
        words,
    };
    Ok((counts, sections))
}
