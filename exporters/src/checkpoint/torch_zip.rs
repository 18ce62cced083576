//! The zip archive that `torch.save` writes: one pickle, and one stored entry per storage.
//!
//! Layout (torch `caffe2/serialize/inline_container.h`): `PREFIX/data.pkl`, `PREFIX/byteorder`,
//! `PREFIX/data/KEY`, with any prefix; entries are stored, padded to 64 bytes, and carry a CRC-32
//! that is checked here.

use std::cell::Cell;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::container::{Window, safe_name};
use super::error::Problem;

/// Most bytes read on opening. The central directory of a large model takes about 100 KB.
const MAX_DIRECTORY: u64 = 32 << 20;
const MAX_PICKLE: u64 = 64 << 20;

/// An open torch archive.
pub(super) struct TorchZip {
    archive: ZipArchive<Metered>,
    prefix: String,
    length: u64,
}

impl TorchZip {
    /// Opens the archive in `window` and finds its pickle.
    pub(super) fn open(window: Window) -> Result<Self, Problem> {
        let length = window.length();
        let left = Rc::new(Cell::new(MAX_DIRECTORY));
        let reader = Metered {
            inner: BufReader::new(window),
            left: Rc::clone(&left),
        };
        let archive = ZipArchive::new(reader).map_err(|error| {
            if left.get() == 0 {
                return Problem::TooLarge {
                    what: "the directory of the zip archive",
                    limit: MAX_DIRECTORY,
                    got: length,
                };
            }
            zip_problem("the zip archive", &error)
        })?;
        left.set(u64::MAX);
        if archive.has_duplicate_names() {
            return Err(Problem::damaged(
                "the zip archive",
                "entries with different names",
                "a repeated name",
            ));
        }
        let mut prefixes = Vec::new();
        for raw in archive.file_names_raw() {
            let name = safe_name(raw)?;
            match name.strip_suffix("data.pkl") {
                Some(prefix) if prefix.is_empty() || prefix.ends_with('/') => {
                    prefixes.push(prefix.to_owned())
                }
                _ => {}
            }
        }
        let prefix = match prefixes.as_slice() {
            [prefix] => prefix.clone(),
            [] => {
                return Err(Problem::NotACheckpoint {
                    found: "a zip archive without data.pkl",
                    advice: "give a NeMo archive (.nemo) or a Lightning checkpoint (.ckpt)",
                });
            }
            _ => {
                return Err(Problem::damaged(
                    "the zip archive",
                    "one data.pkl",
                    "several",
                ));
            }
        };
        let mut torch = Self {
            archive,
            prefix,
            length,
        };
        if torch
            .archive
            .index_for_name(&format!("{}constants.pkl", torch.prefix))
            .is_some()
        {
            return Err(Problem::NotACheckpoint {
                found: "a TorchScript program",
                advice: "give the checkpoint it was made from",
            });
        }
        torch.check_byte_order()?;
        Ok(torch)
    }

    /// Length of the archive in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The pickle.
    pub(super) fn pickle(&mut self) -> Result<Vec<u8>, Problem> {
        self.entry("data.pkl", MAX_PICKLE)
    }

    /// The bytes of the storage `key`. The pickle says that there are `size`.
    pub(super) fn storage(&mut self, key: &str, size: u64) -> Result<Vec<u8>, Problem> {
        let bytes = self.entry(&format!("data/{key}"), size)?;
        if bytes.len() as u64 != size {
            return Err(Problem::damaged(
                format!("storage {key:?}"),
                format!("{size} bytes"),
                bytes.len().to_string(),
            ));
        }
        Ok(bytes)
    }

    fn check_byte_order(&mut self) -> Result<(), Problem> {
        if self
            .archive
            .index_for_name(&format!("{}byteorder", self.prefix))
            .is_none()
        {
            return Ok(()); // torch before 2.1 did not write it
        }
        let order = self.entry("byteorder", 16)?;
        if order.trim_ascii() != b"little" {
            let got = String::from_utf8_lossy(&order).into_owned();
            return Err(Problem::damaged(
                "byteorder",
                "little (save the checkpoint on a little-endian machine)",
                got,
            ));
        }
        Ok(())
    }

    /// The content of one entry of at most `limit` bytes; its checksum is verified.
    fn entry(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, Problem> {
        let path = format!("{}{name}", self.prefix);
        let length = self.length;
        let mut entry = self
            .archive
            .by_name(&path)
            .map_err(|error| zip_problem(&path, &error))?;
        if entry.compression() != CompressionMethod::Stored {
            return Err(Problem::damaged(
                path,
                "a stored entry, as torch writes it",
                "a compressed one",
            ));
        }
        let size = entry.size();
        if size != entry.compressed_size() || size > length {
            return Err(Problem::damaged(
                path,
                "a size within the file",
                size.to_string(),
            ));
        }
        if size > limit {
            return Err(Problem::TooLarge {
                what: "an entry of the checkpoint",
                limit,
                got: size,
            });
        }
        let capacity = usize::try_from(size).map_err(|_| Problem::TooLarge {
            what: "an entry of the checkpoint",
            limit: usize::MAX as u64,
            got: size,
        })?;
        let mut bytes = Vec::with_capacity(capacity);
        entry
            .by_ref()
            .take(size + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| read_problem(&path, error))?;
        if bytes.len() as u64 != size {
            return Err(Problem::damaged(
                path,
                format!("{size} bytes"),
                bytes.len().to_string(),
            ));
        }
        Ok(bytes)
    }
}

fn zip_problem(part: &str, error: &ZipError) -> Problem {
    match error {
        ZipError::FileNotFound => {
            Problem::damaged("the zip archive", format!("an entry {part:?}"), "none")
        }
        other => Problem::damaged(part, "a sound zip entry", other.to_string()),
    }
}

fn read_problem(part: &str, error: io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::Other => {
            Problem::damaged(part, "content that fits its checksum", error.to_string())
        }
        _ => Problem::Io(error),
    }
}

/// A reader that fails after a number of bytes. The directory of a malicious zip is as large as its
/// file.
struct Metered {
    inner: BufReader<Window>,
    left: Rc<Cell<u64>>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let left = self.left.get();
        if left != u64::MAX {
            self.left.set(left.saturating_sub(count as u64));
            if self.left.get() == 0 {
                return Err(io::Error::other(
                    "the directory of the zip archive is too large",
                ));
            }
        }
        Ok(count)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
