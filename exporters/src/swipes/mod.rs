//! Reads manifests of swipes: one JSON object a line, plain or gzipped.
//!
//! The form is the seed's, `{"word":"hello","points":[{"x":0.59,"y":0.5,"t":0},…]}`: x and y in the
//! letter area's coordinates, t in milliseconds. The fields `user`, `sentence`, `kb` (width and
//! height of the letter area) and `dev` of How We Swipe manifests are read where they are there;
//! all others are ignored.

pub mod carry;
pub mod deviation;
pub mod layouts;
pub mod sample;
pub mod visits;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use serde_json::Value;
use swipekit::trace::Trace;

use crate::files::{FileError, Result};

/// Longest line in bytes; more than a hundred thousand points fit.
pub const MAX_LINE: usize = 8 << 20;

/// Longest word in bytes.
const MAX_WORD: usize = 256;

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// One swipe of a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Swipe {
    /// The word that was meant.
    pub word: String,
    /// The path, in the letter area's coordinates.
    pub trace: Trace,
    /// Who swiped.
    pub user: Option<String>,
    /// The prompt that the word was part of.
    pub sentence: Option<String>,
    /// Width and height of the letter area that it was made on, in pixels.
    pub keyboard: Option<[f64; 2]>,
    /// Smallest r such that the path passes within r keys of every letter in order.
    pub deviation: Option<f64>,
}

/// The swipes of a manifest, read one by one: memory does not grow with the file.
///
/// Lines of white space are skipped. A line that is not of the form gives [`FileError::Line`], which
/// does not show its content, and reading may go on behind it; an error of the file itself ends the
/// iteration.
pub struct Swipes {
    path: PathBuf,
    reader: Box<dyn BufRead + Send>,
    buffer: Vec<u8>,
    line: u64,
    skip_bad: bool,
    skipped: u64,
    ended: bool,
}

impl Swipes {
    /// Opens the manifest at `path`; whether it is gzipped is seen from its first bytes.
    ///
    /// # Errors
    /// [`swipekit::Error::Io`] where it cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let failed = |source| FileError::read(path)(source);
        let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(failed)?);
        let gzipped = file.fill_buf().map_err(failed)?.starts_with(&GZIP);
        let reader: Box<dyn BufRead + Send> = if gzipped {
            Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file)))
        } else {
            Box::new(file)
        };
        Ok(Self::new(path, reader))
    }

    /// The swipes of plain JSON lines; `path` is for errors.
    pub fn new(path: impl AsRef<Path>, reader: impl BufRead + Send + 'static) -> Self {
        Self {
            path: path.as_ref().to_path_buf(),
            reader: Box::new(reader),
            buffer: Vec::new(),
            line: 0,
            skip_bad: false,
            skipped: 0,
            ended: false,
        }
    }

    /// Skips lines that are not of the form, and counts them, instead of giving their errors.
    pub fn skip_bad_lines(mut self) -> Self {
        self.skip_bad = true;
        self
    }

    /// Lines skipped so far because they were not of the form.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Reads the next line into the buffer: its length, or `None` at the end of the file. Of a line
    /// that is too long only the first [`MAX_LINE`] bytes and one more are kept.
    fn read_line(&mut self) -> io::Result<Option<usize>> {
        self.buffer.clear();
        let limit = MAX_LINE as u64 + 2;
        let mut read = (&mut self.reader)
            .take(limit)
            .read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        while read as u64 >= limit && self.buffer.last() != Some(&b'\n') {
            // The rest of the line, without keeping it.
            let available = self.reader.fill_buf()?;
            if available.is_empty() {
                break;
            }
            match available.iter().position(|byte| *byte == b'\n') {
                Some(at) => {
                    self.reader.consume(at + 1);
                    break;
                }
                None => {
                    let size = available.len();
                    self.reader.consume(size);
                    read = read.saturating_add(size);
                }
            }
        }
        self.line += 1;
        Ok(Some(self.buffer.len()))
    }

    fn bad(&self, expected: &'static str, got: String) -> FileError {
        FileError::Line {
            path: self.path.clone(),
            line: self.line,
            expected: expected.to_owned(),
            got,
        }
    }

    fn parse(&self) -> Result<Swipe> {
        #[derive(Deserialize)]
        struct RawPoint {
            x: f64,
            y: f64,
            t: f64,
        }
        #[derive(Deserialize)]
        struct Line {
            word: String,
            points: Vec<RawPoint>,
            #[serde(default)]
            user: Value,
            #[serde(default)]
            sentence: Value,
            #[serde(default)]
            kb: Value,
            #[serde(default)]
            dev: Value,
        }
        let text = self.buffer.trim_ascii();
        if text.len() > MAX_LINE {
            return Err(self.bad("at most 8 MiB", "a longer line".to_owned()));
        }
        // serde_json's message may quote the line: only the kind of error and its column are told.
        let line: Line = serde_json::from_slice(text).map_err(|error| {
            self.bad(
                "an object with a word and points of numbers x, y, t",
                format!("{:?} error at column {}", error.classify(), error.column()),
            )
        })?;
        if line.word.is_empty() || line.word.len() > MAX_WORD {
            let got = format!("{} bytes", line.word.len());
            return Err(self.bad("a word of 1 to 256 bytes", got));
        }
        let points = line.points.into_iter().map(|p| (p.x, p.y, p.t));
        let trace = Trace::in_letter_area(points)
            .map_err(|error| self.bad("points of a trace", error.to_string()))?;
        let user = match line.user {
            Value::String(user) => Some(user),
            Value::Number(user) => Some(user.to_string()),
            _ => None,
        };
        let keyboard = match line.kb.as_array().map(Vec::as_slice) {
            Some([width, height]) => width.as_f64().zip(height.as_f64()).map(|(w, h)| [w, h]),
            _ => None,
        };
        Ok(Swipe {
            word: line.word,
            trace,
            user,
            sentence: line.sentence.as_str().map(str::to_owned),
            keyboard,
            deviation: line.dev.as_f64(),
        })
    }
}

impl Iterator for Swipes {
    type Item = Result<Swipe>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            match self.read_line() {
                Ok(Some(_)) => {}
                Ok(None) => self.ended = true,
                Err(source) => {
                    self.ended = true;
                    return Some(Err(FileError::read(&self.path)(source)));
                }
            }
            if self.ended || self.buffer.trim_ascii().is_empty() {
                continue;
            }
            match self.parse() {
                Err(_) if self.skip_bad => self.skipped += 1,
                result => return Some(result),
            }
        }
        None
    }
}

impl std::fmt::Debug for Swipes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Swipes")
            .field("path", &self.path)
            .field("line", &self.line)
            .field("skipped", &self.skipped)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
