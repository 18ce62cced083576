//! Reads word lists and frequency lists in their usual formats.
//!
//! A **word list** has one word per line, in its display form. Text after a tab, empty lines and
//! lines that begin with `#` are ignored. A **frequency list** is one of:
//! - lines `word <tab or white space> frequency`, with the same comments; if the second field of
//!   the first line is not a number, that line is a heading;
//! - JSON: an object word → frequency, a list of `[word, frequency]`, a list of objects with `word`
//!   and `frequency` (or `freq`, `count`), or wordfreq's `cB` list, whose n-th list holds the words
//!   of frequency 10^(-n/100);
//! - an ARPA language model, whose unigrams are read: log10 of the probability.
//!
//! Every list may be gzipped. Frequencies are in any unit. Those that are zero, negative or not
//! finite are left out and counted.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::error::{LexiconError, Result};
use crate::files::FileError;

/// Largest size of a list in bytes, decompressed.
const MAX_BYTES: u64 = 1 << 29;

/// Words with frequencies, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrequencyList {
    /// Words with positive finite frequencies; a word may occur more than once.
    pub words: Vec<(String, f64)>,
    /// Words left out because their frequency was zero, negative or not finite.
    pub without_frequency: usize,
}

impl FrequencyList {
    fn add(&mut self, word: &str, frequency: f64) {
        if frequency.is_finite() && frequency > 0.0 {
            self.words.push((word.to_owned(), frequency));
        } else {
            self.without_frequency += 1;
        }
    }
}

/// Reads the word list at `path`.
///
/// # Errors
/// [`LexiconError::File`], [`LexiconError::TooLarge`], and [`LexiconError::Format`] where the text
/// is not UTF-8.
pub fn read_words(path: &Path) -> Result<Vec<String>> {
    Ok(text_lines(&read_text(path)?)
        .filter_map(|(_, line)| line.split('\t').next())
        .map(|word| word.trim().to_owned())
        .filter(|word| !word.is_empty())
        .collect())
}

/// Reads the frequency list at `path`. Its content tells its format.
///
/// # Errors
/// Those of [`read_words`], and [`LexiconError::Format`] with the malformed line or element.
pub fn read_frequencies(path: &Path) -> Result<FrequencyList> {
    let text = read_text(path)?;
    let start = text.trim_start();
    if start.starts_with(['{', '[']) {
        json(start, path)
    } else if text.lines().any(|line| line.trim() == "\\1-grams:") {
        arpa(&text, path)
    } else {
        lines(&text, path)
    }
}

/// Whether the list at `path` is a frequency list: it is JSON, or one of its lines has a tab.
pub(super) fn has_frequencies(path: &Path) -> Result<bool> {
    let text = read_text(path)?;
    if text.trim_start().starts_with(['{', '[']) {
        return Ok(true);
    }
    Ok(text_lines(&text).any(|(_, line)| line.contains('\t')))
}

fn read_text(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(FileError::read(path))?;
    let mut bytes = Vec::new();
    let read = |from: &mut dyn Read, bytes: &mut Vec<u8>| {
        let length = from
            .take(MAX_BYTES + 1)
            .read_to_end(bytes)
            .map_err(FileError::read(path))?;
        if length as u64 > MAX_BYTES {
            return Err(LexiconError::TooLarge {
                path: path.to_path_buf(),
                limit: MAX_BYTES,
                unit: "bytes",
            });
        }
        Ok(())
    };
    read(&mut file, &mut bytes)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let packed = std::mem::take(&mut bytes);
        read(&mut MultiGzDecoder::new(packed.as_slice()), &mut bytes)?;
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        LexiconError::format(path, format!("byte {at}"), "UTF-8 text", "other bytes")
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// The lines except comments and empty ones, with their numbers.
fn text_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
}

fn lines(text: &str, path: &Path) -> Result<FrequencyList> {
    let mut list = FrequencyList::default();
    for (at, (number, line)) in text_lines(text).enumerate() {
        let fields = if line.contains('\t') {
            let mut fields = line.split('\t');
            fields.next().zip(fields.next())
        } else {
            line.trim().rsplit_once(char::is_whitespace)
        };
        let wrong = |got: &str| {
            let expected = "a word, a tab and a frequency";
            LexiconError::format(path, format!("line {number}"), expected, got)
        };
        let (word, frequency) = fields.ok_or_else(|| wrong("one field"))?;
        let word = word.trim();
        match frequency.trim().parse::<f64>() {
            Ok(frequency) if !word.is_empty() => list.add(word, frequency),
            Ok(_) => return Err(wrong("an empty word")),
            Err(_) if at == 0 => {}
            Err(_) => return Err(wrong("a frequency that is no number")),
        }
    }
    Ok(list)
}

fn arpa(text: &str, path: &Path) -> Result<FrequencyList> {
    let mut list = FrequencyList::default();
    let unigrams = (1..)
        .zip(text.lines())
        .skip_while(|(_, line)| line.trim() != "\\1-grams:")
        .skip(1);
    for (number, line) in unigrams {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if line.starts_with('\\') {
            return Ok(list);
        }
        let mut fields = line.split_whitespace();
        let entry = fields.next().zip(fields.next());
        let entry = entry.and_then(|(log, word)| Some((log.parse::<f64>().ok()?, word)));
        let Some((log, word)) = entry else {
            return Err(LexiconError::format(
                path,
                format!("line {number}"),
                "log10 of a probability and a word",
                "other fields",
            ));
        };
        if word.starts_with('<') && word.ends_with('>') {
            continue;
        }
        // The format writes a probability of zero as -99.
        list.add(word, if log <= -99.0 { 0.0 } else { 10f64.powf(log) });
    }
    Err(LexiconError::format(
        path,
        "its end",
        "\\end\\ or \\2-grams:",
        "the end of the file",
    ))
}

fn json(text: &str, path: &Path) -> Result<FrequencyList> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        LexiconError::format(path, place, "JSON", format!("{:?} error", error.classify()))
    })?;
    let mut list = FrequencyList::default();
    match value {
        Value::Object(words) => {
            for (at, (word, frequency)) in words.iter().enumerate() {
                list.add(word, number(frequency).ok_or_else(|| element(path, at))?);
            }
        }
        Value::Array(items) if is_centibel(&items) => {
            for (at, words) in items.iter().enumerate().skip(1) {
                let words = words.as_array().ok_or_else(|| element(path, at))?;
                let frequency = 10f64.powf((at - 1) as f64 / -100.0);
                for word in words {
                    list.add(word.as_str().ok_or_else(|| element(path, at))?, frequency);
                }
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let (word, frequency) = match item {
                    Value::Array(pair) if pair.len() == 2 => (pair.first(), pair.get(1)),
                    Value::Object(fields) => (
                        fields.get("word"),
                        ["frequency", "freq", "count"]
                            .iter()
                            .find_map(|name| fields.get(*name)),
                    ),
                    _ => (None, None),
                };
                let word = word.and_then(Value::as_str);
                let frequency = frequency.and_then(number);
                let (word, frequency) = word.zip(frequency).ok_or_else(|| element(path, at))?;
                list.add(word, frequency);
            }
        }
        _ => return Err(element(path, 0)),
    }
    Ok(list)
}

fn is_centibel(items: &[Value]) -> bool {
    items
        .first()
        .is_some_and(|header| header.get("format").and_then(Value::as_str) == Some("cB"))
}

/// A JSON number, or null, which some writers use for NaN.
fn number(value: &Value) -> Option<f64> {
    if value.is_null() {
        return Some(f64::NAN);
    }
    value.as_f64()
}

fn element(path: &Path, at: usize) -> LexiconError {
    LexiconError::format(
        path,
        format!("element {at}"),
        "a word and a frequency",
        "something else",
    )
}
