//! Files of sections, little endian: a header of fixed length, then the sections without gaps. The
//! header ends with a table of the sections and its own checksum.
//!
//! ```text
//!  0 [8] the format's mark
//!  8 u32 version
//! 12     the format's own fields, up to the table
//!        N x (u32 offset, u32 length, u32 CRC-32): the sections
//!        u32 CRC-32 of all bytes before
//! ```

use std::ops::Range;
use std::path::Path;

use crate::error::{Error, Result};

/// Most bytes of a file.
pub const MAX_FILE: u64 = 1 << 28;

/// Offset of the version.
const VERSION_AT: usize = 8;
/// Offset of the format's own fields.
const FIELDS_AT: usize = 12;
/// Bytes of a section's entry in the table.
const ENTRY: usize = 12;

/// A format of `N` sections.
pub(crate) struct Format<const N: usize> {
    /// The first bytes of a file.
    pub(crate) mark: &'static [u8; 8],
    /// The version that this crate writes and reads.
    pub(crate) version: u32,
    /// Bytes of the format's own fields.
    pub(crate) fields: usize,
    /// Names of a file and its parts in errors.
    pub(crate) names: Names,
}

/// Names of a file and its parts in errors.
pub(crate) struct Names {
    pub(crate) file: &'static str,
    pub(crate) start: &'static str,
    pub(crate) length: &'static str,
    pub(crate) section: &'static str,
    pub(crate) checksum: &'static str,
    pub(crate) header: &'static str,
    pub(crate) format: &'static str,
}

/// The [`Names`] of a file with the name `$name`.
macro_rules! names {
    ($name:literal) => {
        $crate::sections::Names {
            file: concat!("the ", $name),
            start: concat!("start of the ", $name),
            length: concat!("length of the ", $name),
            section: concat!("section of the ", $name),
            checksum: concat!("checksum of the ", $name),
            header: concat!("checksum of the ", $name, "'s header"),
            format: concat!($name, " format"),
        }
    };
}
pub(crate) use names;

impl<const N: usize> Format<N> {
    const fn table(&self) -> usize {
        FIELDS_AT + self.fields
    }

    const fn check_at(&self) -> usize {
        self.table() + ENTRY * N
    }

    const fn header(&self) -> usize {
        self.check_at() + 4
    }

    /// Writes the file: the format's own `fields`, then the sections.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for more than [`MAX_FILE`] bytes.
    pub(crate) fn write(&self, fields: &[u8], sections: [&[u8]; N]) -> Result<Vec<u8>> {
        let length = self.header() + sections.iter().map(|s| s.len()).sum::<usize>();
        self.check_length(length)?;
        let mut bytes = Vec::with_capacity(length);
        bytes.extend(self.mark);
        bytes.extend(self.version.to_le_bytes());
        bytes.extend(fields);
        debug_assert_eq!(bytes.len(), self.table());
        let mut offset = self.header();
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

    fn check_length(&self, length: usize) -> Result<()> {
        if length as u64 > MAX_FILE {
            return Err(Error::TooLarge {
                what: self.names.file,
                limit: MAX_FILE,
                got: length as u64,
            });
        }
        Ok(())
    }

    /// Reads the header of `bytes` and checks mark, version and checksum; `path` is for errors.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Damaged`], and [`Error::Unsupported`] for another version.
    pub(crate) fn read<'a>(&'a self, bytes: &'a [u8], path: &'a Path) -> Result<Header<'a, N>> {
        self.check_length(bytes.len())?;
        let names = &self.names;
        if !bytes.starts_with(self.mark) {
            let mark = self.mark.escape_ascii();
            let got = bytes.get(..self.mark.len()).unwrap_or(bytes);
            let (expected, got) = (format!("\"{mark}\""), format!("{got:02x?}"));
            return Err(Error::damaged(path, names.start, expected, got));
        }
        let header = Header {
            format: self,
            bytes,
            path,
        };
        let version = header.number(VERSION_AT)?;
        if version != self.version {
            return Err(header.unsupported(names.format, self.version, version));
        }
        let check_at = self.check_at();
        let check = header.number(check_at)?;
        let sum = crc32fast::hash(&bytes[..check_at]);
        if check != sum {
            return Err(header.damaged(names.header, check, sum));
        }
        Ok(header)
    }
}

/// The header of a file.
pub(crate) struct Header<'a, const N: usize> {
    format: &'a Format<N>,
    bytes: &'a [u8],
    path: &'a Path,
}

impl<const N: usize> Header<'_, N> {
    /// The number at an offset.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the file ends before it.
    pub(crate) fn number(&self, at: usize) -> Result<u32> {
        let chunk = self.bytes.get(at..).and_then(|b| b.first_chunk::<4>());
        chunk.map(|b| u32::from_le_bytes(*b)).ok_or_else(|| {
            let expected = format!("at least {} bytes", self.format.header());
            self.damaged(self.format.names.length, expected, self.bytes.len())
        })
    }

    /// An error about the file.
    pub(crate) fn damaged(
        &self,
        what: &'static str,
        expected: impl ToString,
        got: impl ToString,
    ) -> Error {
        Error::damaged(self.path, what, expected, got)
    }

    /// An error about a file of a newer version.
    pub(crate) fn unsupported(&self, what: &'static str, expected: u32, got: u32) -> Error {
        Error::Unsupported {
            path: self.path.to_path_buf(),
            what,
            expected: expected.to_string(),
            got: got.to_string(),
        }
    }

    /// Checks every checksum and returns the byte ranges of the sections.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the sections do not follow one another to the end of the file, or a
    /// checksum differs.
    pub(crate) fn sections(&self) -> Result<[Range<usize>; N]> {
        let (bytes, names) = (self.bytes, &self.format.names);
        let mut ranges = [const { 0..0 }; N];
        let mut end = self.format.header();
        for (section, range) in ranges.iter_mut().enumerate() {
            let at = self.format.table() + ENTRY * section;
            let (offset, length) = (self.number(at)? as usize, self.number(at + 4)? as usize);
            let part = offset
                .checked_add(length)
                .filter(|_| offset == end)
                .and_then(|stop| bytes.get(offset..stop));
            let Some(part) = part else {
                let expected = format!("{length} bytes from {end} of {}", bytes.len());
                return Err(self.damaged(names.section, expected, offset));
            };
            end = offset + length;
            *range = offset..end;
            let (check, sum) = (self.number(at + 8)?, crc32fast::hash(part));
            if check != sum {
                return Err(self.damaged(names.checksum, check, sum));
            }
        }
        if end != bytes.len() {
            return Err(self.damaged(names.length, end, bytes.len()));
        }
        Ok(ranges)
    }
}
