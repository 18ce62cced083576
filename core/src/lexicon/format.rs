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
//! Alphabet: for every symbol of the automaton in turn the class (u8), the length (u8) and the text
//! of its label.

use std::ops::{Range, RangeInclusive};
use std::path::Path;

use crate::error::{Error, Result};

/// The version of the file format that this crate writes and reads.
pub const LEXICON_VERSION: u32 = 1;
/// A lexicon file is this long at most.
pub const MAX_FILE: u64 = 1 << 28;

/// Nats that a step of cost may stand for.
pub(super) const COST_UNITS: RangeInclusive<f32> = 1.0 / 256.0..=8.0;

pub(super) const MAGIC: &[u8; 8] = b"swipelex";
const SECTIONS: usize = 3;
const TABLE_AT: usize = 40;
const HEADER: usize = TABLE_AT + 12 * SECTIONS + 4;

/// The header's numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Counts {
    /// Nats a step.
    pub unit: f32,
    pub words: u32,
    pub keys: u32,
    pub states: u32,
    pub longest: u32,
}

/// Where the sections lie.
pub(super) struct Sections {
    pub alphabet: Range<usize>,
    pub automaton: Range<usize>,
    pub words: Range<usize>,
}

pub(super) fn write(counts: &Counts, sections: [&[u8]; SECTIONS]) -> Result<Vec<u8>> {
    let length = HEADER + sections.iter().map(|s| s.len()).sum::<usize>();
    if length as u64 > MAX_FILE {
        return Err(Error::TooLarge {
            what: "the lexicon",
            limit: MAX_FILE,
            got: length as u64,
        });
    }
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(MAGIC);
    bytes.extend(LEXICON_VERSION.to_le_bytes());
    bytes.extend(0u32.to_le_bytes());
    bytes.extend(counts.unit.to_le_bytes());
    bytes.extend(0u32.to_le_bytes());
    for number in [counts.words, counts.keys, counts.states, counts.longest] {
        bytes.extend(number.to_le_bytes());
    }
    let mut offset = HEADER;
    for section in sections {
        for number in [
            offset as u32,
            section.len() as u32,
            crc32fast::hash(section),
        ] {
            bytes.extend(number.to_le_bytes());
        }
        offset += section.len();
    }
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    for section in sections {
        bytes.extend(section);
    }
    Ok(bytes)
}

/// Reads the header of `bytes` and checks every checksum.
pub(super) fn read(bytes: &[u8], path: &Path) -> Result<(Counts, Sections)> {
    if bytes.len() as u64 > MAX_FILE {
        return Err(Error::TooLarge {
            what: "the lexicon",
            limit: MAX_FILE,
            got: bytes.len() as u64,
        });
    }
    let damaged = |what, expected: &dyn ToString, got: &dyn ToString| {
        Error::damaged(path, what, expected.to_string(), got.to_string())
    };
    if !bytes.starts_with(MAGIC) {
        let got = bytes.get(..MAGIC.len()).unwrap_or(bytes);
        return Err(damaged(
            "start of the lexicon",
            &"\"swipelex\"",
            &format!("{got:02x?}"),
        ));
    }
    let number = |at: usize| {
        bytes
            .get(at..)
            .and_then(|b| b.first_chunk::<4>())
            .map(|b| u32::from_le_bytes(*b))
            .ok_or_else(|| {
                damaged(
                    "length of the lexicon",
                    &format!("at least {HEADER} bytes"),
                    &bytes.len(),
                )
            })
    };
    let version = number(8)?;
    if version != LEXICON_VERSION {
        return Err(Error::Unsupported {
            path: path.to_path_buf(),
            what: "lexicon format",
            expected: LEXICON_VERSION.to_string(),
            got: version.to_string(),
        });
    }
    let check = number(HEADER - 4)?;
    let sum = crc32fast::hash(&bytes[..HEADER - 4]);
    if check != sum {
        return Err(damaged("checksum of the lexicon's header", &check, &sum));
    }
    for at in [12, 20] {
        if number(at)? != 0 {
            return Err(Error::Unsupported {
                path: path.to_path_buf(),
                what: "lexicon flags",
                expected: "0".to_owned(),
                got: number(at)?.to_string(),
            });
        }
    }
    let mut ranges = [0..0, 0..0, 0..0];
    let mut end = HEADER;
    for (section, range) in ranges.iter_mut().enumerate() {
        let at = TABLE_AT + 12 * section;
        let (offset, length) = (number(at)? as usize, number(at + 4)? as usize);
        let part = offset
            .checked_add(length)
            .filter(|_| offset == end)
            .and_then(|stop| bytes.get(offset..stop));
        let Some(part) = part else {
            return Err(damaged(
                "section of the lexicon",
                &format!("{length} bytes from {end} of {}", bytes.len()),
                &offset,
            ));
        };
        end = offset + length;
        *range = offset..end;
        let (check, sum) = (number(at + 8)?, crc32fast::hash(part));
        if check != sum {
            return Err(damaged("checksum of the lexicon", &check, &sum));
        }
    }
    if end != bytes.len() {
        return Err(damaged("length of the lexicon", &end, &bytes.len()));
    }
    let counts = Counts {
        unit: f32::from_bits(number(16)?),
        words: number(24)?,
        keys: number(28)?,
        states: number(32)?,
        longest: number(36)?,
    };
    if !COST_UNITS.contains(&counts.unit) {
        return Err(damaged("cost unit", &"1/256 to 8 nats", &counts.unit));
    }
    let [alphabet, automaton, words] = ranges;
    Ok((
        counts,
        Sections {
            alphabet,
            automaton,
            words,
        },
    ))
}
