//! Reads the lines of a text, plain or gzipped, one by one.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::error::{LanguageError, Result};
use crate::files::FileError;

/// Longest line in bytes.
const MAX_LINE: u64 = 1 << 20;
const GZIP: [u8; 2] = [0x1f, 0x8b];

pub(super) struct Lines {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    buffer: Vec<u8>,
    number: u64,
}

impl Lines {
    /// Opens the text at `path`. Its first bytes tell whether it is gzipped.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(FileError::read(path))?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let start = file.fill_buf().map_err(FileError::read(path))?;
        let reader: Box<dyn BufRead> = if start.starts_with(&GZIP) {
            Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file)))
        } else {
            Box::new(file)
        };
        Ok(Self::new(path, reader))
    }

    pub fn new(path: &Path, reader: Box<dyn BufRead>) -> Self {
        Self {
            path: path.to_path_buf(),
            reader,
            buffer: Vec::new(),
            number: 0,
        }
    }

    /// The next line without its end; `None` after the last one.
    pub fn next(&mut self) -> Result<Option<&str>> {
        self.buffer.clear();
        let mut limited = (&mut self.reader).take(MAX_LINE + 1);
        let read = limited
            .read_until(b'\n', &mut self.buffer)
            .map_err(FileError::read(&self.path))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if read as u64 > MAX_LINE {
            return Err(self.wrong("at most 1 MiB", "a longer line"));
        }
        let mut text = self.buffer.trim_ascii_end();
        if self.number == 1 {
            text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        }
        match std::str::from_utf8(text) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(self.wrong("UTF-8 text", "other bytes")),
        }
    }

    /// An error about the line that was read last.
    pub fn wrong(&self, expected: impl ToString, got: impl ToString) -> LanguageError {
        LanguageError::File(FileError::Line {
            path: self.path.clone(),
            line: self.number,
            expected: expected.to_string(),
            got: got.to_string(),
        })
    }
}
