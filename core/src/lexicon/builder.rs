//! Builds a lexicon from words with weights.

use std::path::Path;

use super::automaton::MAX_COST;
use super::fold::{Alphabet, Untypeable, display_form};
use super::format::{self, Counts};
use super::minimize::minimize;
use super::words::{MAX_TEXT, TableWriter};
use crate::error::{Error, Result};
use crate::files::write_atomically;

/// Default nats per step of cost: rounds a log prior by at most 1/16. A unit of 1/4 makes the file
/// of 70,000 English words 2 % smaller, 1/16 makes it 2 % larger.
pub const DEFAULT_COST_UNIT: f32 = 0.125;

/// Why a word was rejected.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, thiserror::Error,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rejection {
    /// It has no key with this vocabulary.
    #[error("the word cannot be typed: {0}")]
    Untypeable(Untypeable),
    /// Its weight is not a positive finite number, or its log prior or boost is out of range.
    #[error("the weight of the word is out of range")]
    Weight,
    /// Its display form is longer than 255 bytes.
    #[error("the word is longer than 255 bytes")]
    TooLong,
    /// The user already has [`MAX_USER_WORDS`](super::MAX_USER_WORDS) words.
    #[error("there are as many words of the user as there may be; remove some")]
    Full,
}

/// A rejected word with the reason.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Rejected {
    /// The word as given.
    pub word: String,
    /// The reason.
    pub reason: Rejection,
}

/// Collects words with weights and builds the lexicon of a vocabulary.
///
/// The weight of a word is its frequency in any unit: its prior is its share of the sum of all
/// weights. Words are kept in the form of [`display_form`]; weights of equal words add up. The
/// bytes built depend on the set of words and weights alone, not on their order.
#[derive(Clone, Debug)]
pub struct LexiconBuilder {
    labels: Vec<String>,
    alphabet: Alphabet,
    unit: f32,
    words: Vec<(Vec<u8>, String, f64)>,
    rejected: Vec<Rejected>,
}

/// A finished lexicon.
#[derive(Clone, Debug)]
pub struct BuiltLexicon {
    /// The file's content, read by [`Lexicon::from_bytes`](super::Lexicon::from_bytes).
    pub bytes: Vec<u8>,
    /// Number of words, counted by display form.
    pub words: usize,
    /// Number of distinct keys.
    pub keys: usize,
    /// Number of states of the automaton.
    pub states: usize,
    /// The rejected words, in the order in which they were added.
    pub rejected: Vec<Rejected>,
}

impl LexiconBuilder {
    /// A builder for the vocabulary `labels`, in the order of the classes.
    pub fn new<S: AsRef<str>>(labels: &[S]) -> Self {
        Self {
            labels: labels.iter().map(|l| l.as_ref().to_owned()).collect(),
            alphabet: Alphabet::new(labels),
            unit: DEFAULT_COST_UNIT,
            words: Vec::new(),
            rejected: Vec::new(),
        }
    }

    /// Sets the nats per step of cost: a smaller step is more exact and makes a larger file.
    ///
    /// # Errors
    /// [`Error::Invalid`] unless it lies between 1/256 and 8.
    pub fn cost_unit(mut self, nats: f32) -> Result<Self> {
        if !format::COST_UNITS.contains(&nats) {
            return Err(Error::invalid(
                "cost unit",
                "between 1/256 and 8 nats",
                nats,
            ));
        }
        self.unit = nats;
        Ok(self)
    }

    /// Adds `word` with `weight`, or returns why it was rejected; [`build`](Self::build) lists the
    /// rejections again.
    pub fn add(&mut self, word: &str, weight: f64) -> Result<(), Rejection> {
        let entry = self.entry(word, weight);
        match entry {
            Ok(entry) => self.words.push(entry),
            Err(reason) => {
                self.rejected.push(Rejected {
                    word: word.to_owned(),
                    reason,
                });
                return Err(reason);
            }
        }
        Ok(())
    }

    fn entry(&self, word: &str, weight: f64) -> Result<(Vec<u8>, String, f64), Rejection> {
        if !(weight.is_finite() && weight > 0.0) {
            return Err(Rejection::Weight);
        }
        let shown = display_form(word);
        if shown.len() > MAX_TEXT {
            return Err(Rejection::TooLong);
        }
        let key = self.alphabet.fold(&shown).map_err(Rejection::Untypeable)?;
        Ok((key, shown, weight))
    }

    /// Builds the lexicon. A lexicon without words is valid.
    ///
    /// # Errors
    /// [`Error::TooLarge`] where the words do not fit the format (some millions do),
    /// [`Error::NotFinite`] where the sum of the weights overflows.
    pub fn build(mut self) -> Result<BuiltLexicon> {
        self.merge_equal_words();
        let total: f64 = self.words.iter().map(|w| w.2).sum();
        if !total.is_finite() {
            return Err(Error::NotFinite {
                what: "the sum of the words' weights",
            });
        }
        let entries = self.alphabet.entries();
        let mut symbols = [0u8; 256];
        let mut characters = ['\0'; 256];
        let mut alphabet = Vec::new();
        for (symbol, &(class, character)) in (0u8..).zip(&entries) {
            symbols[usize::from(class)] = symbol;
            characters[usize::from(class)] = character;
            // A label of the alphabet is one character: a few bytes at most, combining marks
            // included.
            let label = &self.labels[usize::from(class)];
            alphabet.extend([class, label.len() as u8]);
            alphabet.extend(label.as_bytes());
        }

        let mut keys: Vec<(Vec<u8>, u32)> = Vec::with_capacity(self.words.len());
        let mut table = TableWriter::default();
        let mut forms: Vec<(&str, u32)> = Vec::new();
        let mut spelling = String::new();
        let mut longest = 0;
        for words in self.words.chunk_by(|a, b| a.0 == b.0) {
            let key = words[0].0.as_slice();
            forms.clear();
            forms.extend(
                words
                    .iter()
                    .map(|w| (w.1.as_str(), steps(w.2, total, self.unit))),
            );
            forms.sort_unstable_by_key(|&(word, cost)| (cost, word));
            let best = forms[0].1;
            forms.iter_mut().for_each(|form| form.1 -= best);
            spelling.clear();
            spelling.extend(key.iter().map(|&class| characters[usize::from(class)]));
            table.add(key, &spelling, &forms);
            longest = longest.max(key.len());
            // Symbols ascend with the classes, so the keys stay in order.
            keys.push((
                key.iter()
                    .map(|&class| symbols[usize::from(class)])
                    .collect(),
                best,
            ));
        }
        let automaton = minimize(keys.iter().map(|(key, cost)| (key.as_slice(), *cost))).map_err(
            |too_large| Error::TooLarge {
                what: "the automaton of the lexicon",
                limit: super::automaton::MAX_AUTOMATON as u64,
                got: too_large.bytes as u64,
            },
        )?;
        let counts = Counts {
            unit: self.unit,
            words: self.words.len() as u32,
            keys: keys.len() as u32,
            states: automaton.states,
            longest: longest as u32,
        };
        let bytes = format::write(&counts, [&alphabet, &automaton.bytes, &table.finish()])?;
        Ok(BuiltLexicon {
            bytes,
            words: self.words.len(),
            keys: keys.len(),
            states: automaton.states as usize,
            rejected: self.rejected,
        })
    }

    fn merge_equal_words(&mut self) {
        // Sorting by weight too makes the sums independent of the order of adding.
        self.words
            .sort_unstable_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)).then(a.2.total_cmp(&b.2)));
        self.words.dedup_by(|later, kept| {
            let equal = later.1 == kept.1;
            if equal {
                kept.2 += later.2;
            }
            equal
        });
    }
}

/// -log(weight / total) in steps of `unit` nats.
fn steps(weight: f64, total: f64, unit: f32) -> u32 {
    let nats = total.ln() - weight.ln();
    // A float beyond the range saturates when cast.
    ((nats / f64::from(unit)).round() as u32).min(MAX_COST)
}

impl BuiltLexicon {
    /// Writes the lexicon to a temporary file beside `path`, then renames it to `path`.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path.as_ref(), &self.bytes, false)
    }
}
