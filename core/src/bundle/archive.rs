//! Reads the zip archive of a packed bundle: stored entries only, mapped in place.
//!
//! Stricter than zip (APPNOTE 6.3): no compression, encryption, comment, zip64 or data descriptor,
//! flat names, every entry aligned, nothing overlapping. What deviates was not written by
//! `swipekit bundle pack` and is refused.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use super::check::{MAX_FILES, is_file_name};
use crate::bytes::Bytes;
use crate::error::{Error, Result};

/// Every entry's content begins at a multiple of this many bytes: the largest page size of the
/// supported platforms.
pub const ALIGNMENT: u64 = 16 * 1024;

const END_SIZE: usize = 22;
const CENTRAL_SIZE: usize = 46;
const LOCAL_SIZE: usize = 30;
/// Names are UTF-8; the only flag that matters to no one here.
const FLAG_UTF8: u16 = 1 << 11;

/// One entry of the archive.
pub(super) struct Entry {
    pub bytes: Bytes,
    pub crc32: u32,
}

/// The entries of the archive `bytes` by name; `path` is for errors.
pub(super) fn read(bytes: &Bytes, path: &Path) -> Result<BTreeMap<String, Entry>> {
    let damaged = |what, expected: &str, got: String| Error::damaged(path, what, expected, got);
    let truncated = |what| damaged(what, "inside the file", "past its end".to_owned());

    let end = bytes.len().checked_sub(END_SIZE).ok_or_else(|| {
        damaged(
            "the archive",
            "a zip archive",
            format!("{} bytes", bytes.len()),
        )
    })?;
    let record = Fields(&bytes[end..]);
    if record.u32(0) != 0x0605_4b50 || record.u16(20) != 0 {
        return Err(damaged(
            "the end of the archive",
            "an end record without comment",
            "something else".to_owned(),
        ));
    }
    let count = usize::from(record.u16(10));
    if record.u16(4) != 0 || record.u16(6) != 0 || usize::from(record.u16(8)) != count {
        return Err(damaged(
            "the archive",
            "one part",
            "several parts".to_owned(),
        ));
    }
    if count > MAX_FILES + 1 {
        return Err(Error::TooLarge {
            what: "the number of files of the bundle",
            limit: MAX_FILES as u64,
            got: count as u64,
        });
    }
    let directory = record.u32(16) as usize;
    if directory.checked_add(record.u32(12) as usize) != Some(end) {
        return Err(damaged(
            "the archive's directory",
            "just before the end record",
            format!("at {directory}"),
        ));
    }

    let mut entries = BTreeMap::new();
    let mut taken: Vec<Range<usize>> = Vec::new();
    let mut at = directory;
    for _ in 0..count {
        let header = part(bytes, at, CENTRAL_SIZE, end).ok_or_else(|| truncated("an entry"))?;
        let central = Fields(header);
        let name_size = usize::from(central.u16(28));
        let name = part(bytes, at + CENTRAL_SIZE, name_size, end)
            .ok_or_else(|| truncated("the name of an entry"))?;
        if central.u32(0) != 0x0201_4b50 {
            return Err(damaged("an entry", "its signature", "another".to_owned()));
        }
        let text = std::str::from_utf8(name)
            .ok()
            .filter(|name| is_file_name(name))
            .ok_or_else(|| {
                damaged(
                    "the name of an entry",
                    "letters, digits, '.', '_' and '-'",
                    "something else".to_owned(),
                )
            })?;
        if central.u16(8) & !FLAG_UTF8 != 0 || central.u16(10) != 0 {
            return Err(damaged(
                "an entry",
                "stored, neither compressed nor encrypted",
                format!(
                    "{text} with flags {:x}, method {}",
                    central.u16(8),
                    central.u16(10)
                ),
            ));
        }
        let size = central.u32(24) as usize;
        if central.u32(20) as usize != size {
            return Err(damaged(
                "the stored size of an entry",
                "its size",
                format!("{text} with {} for {size}", central.u32(20)),
            ));
        }
        let offset = central.u32(42) as usize;
        let local = part(bytes, offset, LOCAL_SIZE, directory)
            .ok_or_else(|| truncated("the header of an entry"))?;
        let local = Fields(local);
        // Signature, flags and method, sum, sizes and name must say the same in both places.
        let same = local.u32(0) == 0x0403_4b50
            && local.u16(6) == central.u16(8)
            && local.u16(8) == 0
            && local.u32(14) == central.u32(16)
            && local.u32(18) == central.u32(20)
            && local.u32(22) == central.u32(24)
            && part(
                bytes,
                offset + LOCAL_SIZE,
                usize::from(local.u16(26)),
                directory,
            ) == Some(name);
        if !same {
            return Err(damaged(
                "the header of an entry",
                "what the archive's directory says",
                format!("another one for {text}"),
            ));
        }
        let start = offset + LOCAL_SIZE + name_size + usize::from(local.u16(28));
        let content = start
            .checked_add(size)
            .filter(|stop| *stop <= directory)
            .and_then(|stop| bytes.slice(start..stop))
            .ok_or_else(|| truncated("the content of an entry"))?;
        if !(start as u64).is_multiple_of(ALIGNMENT) {
            return Err(damaged(
                "the start of an entry",
                "a multiple of 16384, as `swipekit bundle pack` writes it",
                format!("{text} at {start}"),
            ));
        }
        taken.push(offset..start + size);
        let entry = Entry {
            bytes: content,
            crc32: central.u32(16),
        };
        if entries.insert(text.to_owned(), entry).is_some() {
            return Err(damaged(
                "the names of the entries",
                "different from each other",
                format!("{text} twice"),
            ));
        }
        at +=
            CENTRAL_SIZE + name_size + usize::from(central.u16(30)) + usize::from(central.u16(32));
    }
    if at != end {
        return Err(damaged(
            "the archive's directory",
            "as many entries as the end record says",
            "another number".to_owned(),
        ));
    }
    taken.sort_by_key(|range| range.start);
    if taken.windows(2).any(|pair| pair[0].end > pair[1].start) {
        return Err(damaged(
            "the entries",
            "one after the other",
            "entries that overlap".to_owned(),
        ));
    }
    Ok(entries)
}

/// `size` bytes from `start`, where they end at `limit` or before.
fn part(bytes: &[u8], start: usize, size: usize, limit: usize) -> Option<&[u8]> {
    let stop = start.checked_add(size)?;
    (stop <= limit).then(|| bytes.get(start..stop)).flatten()
}

/// Little-endian fields of a header whose size was checked.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.0[at], self.0[at + 1]])
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from(self.u16(at)) | u32::from(self.u16(at + 2)) << 16
    }
}
