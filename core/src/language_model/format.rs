//! The file format of language models, version 1, little endian:
//!
//! ```text
//!  0 [8] "swipelng"        16 3 x u32 words, pairs, triples
//!  8 u32 version           28 u32 bits of a level, 8 to 16
//! 12 u32 flags, bit 0:     32 5 x (f32 step, u32 zero): grids of p1, b1, p2, b2, p3
//!        no word has an    72 10 x (u32 offset, u32 length, u32 CRC-32): the sections
//!        apostrophe       192 u32 CRC-32 of bytes 0..192
//!                         196 the sections, one behind the other, to the end of the file
//! ```
//!
//! Sections: the words, then packed arrays. With N words, M pairs, K triples: levels of p1 [N] and
//! b1 [N], first pair of each word [N + 1]; second word of each pair [M], levels of p2 [M] and b2
//! [M], first triple of each pair [M + 1]; third word of each triple [K] and level of p3 [K]. Pairs
//! and triples ascend by their words. Word numbers take the bits that N needs, first pairs those of
//! M, first triples those of K. An array b1 or b2 that is all 0 is not stored.

use std::ops::Range;
use std::path::Path;

use super::quantize::{BITS, Grid};
use crate::error::Result;
use crate::sections::{Format, names};

pub use crate::sections::MAX_FILE;

/// The version of the file format that this crate writes and reads.
pub const LANGUAGE_VERSION: u32 = 1;

pub(super) const SECTIONS: usize = 10;
pub(super) const GRIDS: usize = 5;
const PLAIN: u32 = 1;
const GRIDS_AT: usize = 32;

pub(super) const FORMAT: Format<SECTIONS> = Format {
    mark: b"swipelng",
    version: LANGUAGE_VERSION,
    fields: 20 + 8 * GRIDS,
    names: names!("language model"),
};

/// The header's numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Header {
    /// No word has an apostrophe.
    pub plain: bool,
    /// Number of n-grams by length.
    pub counts: [u32; 3],
    /// Bits of a level.
    pub bits: u32,
    /// Grids of p1, b1, p2, b2, p3.
    pub grids: [Grid; GRIDS],
}

/// Writes the file: the header, then the sections in order.
pub(super) fn write(header: &Header, sections: [&[u8]; SECTIONS]) -> Result<Vec<u8>> {
    let [words, pairs, triples] = header.counts;
    let mut fields = vec![header.plain.into(), words, pairs, triples, header.bits];
    for grid in header.grids {
        fields.extend([grid.step.to_bits(), grid.zero]);
    }
    let fields: Vec<u8> = fields.into_iter().flat_map(u32::to_le_bytes).collect();
    FORMAT.write(&fields, sections)
}

/// Reads the header of `bytes` and checks every checksum.
pub(super) fn read(bytes: &[u8], path: &Path) -> Result<(Header, [Range<usize>; SECTIONS])> {
    let header = FORMAT.read(bytes, path)?;
    let flags = header.number(12)?;
    if flags & !PLAIN != 0 {
        return Err(header.unsupported("language model flags", PLAIN, flags));
    }
    let sections = header.sections()?;
    let bits = header.number(28)?;
    if !BITS.contains(&bits) {
        return Err(header.damaged("bits of a probability", "8 to 16", bits));
    }
    let mut grids = [Grid { step: 0.0, zero: 0 }; GRIDS];
    for (at, grid) in grids.iter_mut().enumerate() {
        grid.step = f32::from_bits(header.number(GRIDS_AT + 8 * at)?);
        grid.zero = header.number(GRIDS_AT + 8 * at + 4)?;
        if !grid.is_sound(bits) {
            return Err(header.damaged("grid of the language model", "0 to 1 nats", grid.step));
        }
    }
    let header = Header {
        plain: flags & PLAIN != 0,
        counts: [header.number(16)?, header.number(20)?, header.number(24)?],
        bits,
        grids,
    };
    Ok((header, sections))
}
