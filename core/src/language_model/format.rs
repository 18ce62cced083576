//! The language model's file, version 1, little endian:
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
//! ascend by their words, and so do triples. Numbers of words take the bits that N needs, first
//! pairs those of M, first triples those of K. b1 and b2 are left out where all of it is 0.

use std::ops::Range;
use std::path::Path;

use super::quantize::{BITS, Grid};
use crate::error::{Error, Result};

/// The version of the file format that this crate writes and reads.
pub const LANGUAGE_VERSION: u32 = 1;
/// A language model's file is this long at most.
pub const MAX_FILE: u64 = 1 << 28;

pub(super) const MAGIC: &[u8; 8] = b"swipelng";
pub(super) const SECTIONS: usize = 10;
pub(super) const GRIDS: usize = 5;
const PLAIN: u32 = 1;
const GRIDS_AT: usize = 32;
const TABLE_AT: usize = GRIDS_AT + 8 * GRIDS;
const CHECK_AT: usize = TABLE_AT + 12 * SECTIONS;
const HEADER: usize = CHECK_AT + 4;

/// The header's numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Header {
    /// No word has an apostrophe.
    pub plain: bool,
    /// N-grams by their length.
    pub counts: [u32; 3],
    /// Bits of a level.
    pub bits: u32,
    /// Grids of p1, b1, p2, b2, p3.
    pub grids: [Grid; GRIDS],
}

pub(super) fn write(header: &Header, sections: [&[u8]; SECTIONS]) -> Result<Vec<u8>> {
    let length = HEADER + sections.iter().map(|s| s.len()).sum::<usize>();
    if length as u64 > MAX_FILE {
        return Err(too_large(length));
    }
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(MAGIC);
    bytes.extend(LANGUAGE_VERSION.to_le_bytes());
    bytes.extend(u32::from(header.plain).to_le_bytes());
    for number in header.counts.into_iter().chain([header.bits]) {
        bytes.extend(number.to_le_bytes());
    }
    for grid in header.grids {
        bytes.extend(grid.step.to_le_bytes());
        bytes.extend(grid.zero.to_le_bytes());
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

fn too_large(got: usize) -> Error {
    Error::TooLarge {
        what: "the language model",
        limit: MAX_FILE,
        got: got as u64,
    }
}

/// Reads the header of `bytes` and checks every checksum.
pub(super) fn read(bytes: &[u8], path: &Path) -> Result<(Header, [Range<usize>; SECTIONS])> {
    if bytes.len() as u64 > MAX_FILE {
        return Err(too_large(bytes.len()));
    }
    let damaged = |what, expected: &dyn ToString, got: &dyn ToString| {
        Error::damaged(path, what, expected.to_string(), got.to_string())
    };
    if !bytes.starts_with(MAGIC) {
        let got = bytes.get(..MAGIC.len()).unwrap_or(bytes);
        return Err(damaged(
            "start of the language model",
            &"\"swipelng\"",
            &format!("{got:02x?}"),
        ));
    }
    let number = |at: usize| {
        let chunk = bytes.get(at..).and_then(|b| b.first_chunk::<4>());
        chunk.map(|b| u32::from_le_bytes(*b)).ok_or_else(|| {
            damaged(
                "length of the language model",
                &format!("at least {HEADER} bytes"),
                &bytes.len(),
            )
        })
    };
    let unsupported = |what, expected: u32, got: u32| Error::Unsupported {
        path: path.to_path_buf(),
        what,
        expected: expected.to_string(),
        got: got.to_string(),
    };
    let version = number(8)?;
    if version != LANGUAGE_VERSION {
        return Err(unsupported(
            "language model format",
            LANGUAGE_VERSION,
            version,
        ));
    }
    let check = number(CHECK_AT)?;
    let sum = crc32fast::hash(&bytes[..CHECK_AT]);
    if check != sum {
        return Err(damaged(
            "checksum of the language model's header",
            &check,
            &sum,
        ));
    }
    let flags = number(12)?;
    if flags & !PLAIN != 0 {
        return Err(unsupported("language model flags", PLAIN, flags));
    }
    let mut ranges = [const { 0..0 }; SECTIONS];
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
                "section of the language model",
                &format!("{length} bytes from {end} of {}", bytes.len()),
                &offset,
            ));
        };
        end = offset + length;
        *range = offset..end;
        let (check, sum) = (number(at + 8)?, crc32fast::hash(part));
        if check != sum {
            return Err(damaged("checksum of the language model", &check, &sum));
        }
    }
    if end != bytes.len() {
        return Err(damaged("length of the language model", &end, &bytes.len()));
    }
    let bits = number(28)?;
    if !BITS.contains(&bits) {
        return Err(damaged("bits of a probability", &"8 to 16", &bits));
    }
    let mut grids = [Grid { step: 0.0, zero: 0 }; GRIDS];
    for (at, grid) in grids.iter_mut().enumerate() {
        grid.step = f32::from_bits(number(GRIDS_AT + 8 * at)?);
        grid.zero = number(GRIDS_AT + 8 * at + 4)?;
        if !grid.is_sound(bits) {
            return Err(damaged(
                "grid of the language model",
                &"0 to 1 nats",
                &grid.step,
            ));
        }
    }
    let header = Header {
        plain: flags & PLAIN != 0,
        counts: [number(16)?, number(20)?, number(24)?],
        bits,
        grids,
    };
    Ok((header, ranges))
}
