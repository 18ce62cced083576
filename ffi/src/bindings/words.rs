//! The user's own words, and lists of an app's own.

use swipekit::lexicon::{Rejection, UserWords as CoreUserWords};

use super::error::{Result, guard};
pub use crate::words::WordRejection;

/// A word with its frequency in any unit.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct WeightedWord {
    /// The word as it is shown.
    pub word: String,
    /// Its frequency: its prior is its share of the sum of all.
    pub weight: f64,
}

/// A word of a list that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct RejectedWord {
    /// Its place in the list, from 0.
    pub index: u64,
    /// Why.
    pub reason: WordRejection,
}

/// What a user has said of a word.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct UserWord {
    /// The word as it is shown.
    pub word: String,
    /// Log prior of a word that was added; `None` for a word of a lexicon that something else is
    /// said of.
    pub log_prior: Option<f32>,
    /// Nats by which it was boosted.
    pub boost: f32,
    /// Choices that count, older ones less.
    pub chosen: f64,
    /// Whether it must never be shown.
    pub blocked: bool,
}

/// A user's own words: what is said here counts from the next swipe on, in every session. Any
/// thread may change them at any time.
///
/// What changes one word gives the reason where it was not taken, and nothing where it was.
#[derive(Debug, uniffi::Object)]
pub struct UserWords {
    words: CoreUserWords,
}

impl UserWords {
    pub(super) fn new(words: CoreUserWords) -> Self {
        Self { words }
    }

    fn change(
        &self,
        change: impl FnOnce(&CoreUserWords) -> Result<(), Rejection>,
    ) -> Result<Option<WordRejection>> {
        guard(|| Ok(change(&self.words).err().map(Into::into)))
    }
}

#[uniffi::export]
impl UserWords {
    /// Adds a word with the prior of a common one, or leaves it as it is where it was added before.
    /// A blocked word stays blocked.
    ///
    /// # Errors
    /// `Decode` where swipekit itself fails.
    pub fn add(&self, word: &str) -> Result<Option<WordRejection>> {
        self.change(|words| words.add(word))
    }

    /// Adds a word with a log prior, -100 to 0 nats; replaces that of a word which was added
    /// before.
    ///
    /// # Errors
    /// `Decode` where swipekit itself fails.
    pub fn add_with(&self, word: &str, log_prior: f32) -> Result<Option<WordRejection>> {
        self.change(|words| words.add_with(word, log_prior))
    }

    /// Forgets everything about a word; one of a lexicon is as that lexicon has it.
    ///
    /// # Errors
    /// `Decode` where swipekit itself fails.
    pub fn remove(&self, word: &str) -> Result<Option<WordRejection>> {
        self.change(|words| words.remove(word))
    }

    /// Makes a word likelier by `nats`, or less likely, by 6 at most; boosts do not add up.
    ///
    /// # Errors
    /// `Decode` where swipekit itself fails.
    pub fn boost(&self, word: &str, nats: f32) -> Result<Option<WordRejection>> {
        self.change(|words| words.boost(word, nats))
    }

    /// Never shows a word again, in capitals or without, whichever lexicon has it.
    ///
    /// # Errors
    /// `Decode` where swipekit itself fails.
    pub fn block(&self, word: &str) -> Result<Option<WordRejection>> {
        self.change(|words| words.block(word))
    }

    /// Undoes `block`.
    ///
    /// # Errors
    /// `Decode` where swipekit itself fails.
    pub fn unblock(&self, word: &str) -> Result<Option<WordRejection>> {
        self.change(|words| words.unblock(word))
    }

    /// Notes that the user chose a word: it becomes likelier, the more the oftener. Nothing is
    /// learned of a word that neither a lexicon nor the user has.
    ///
    /// # Errors
    /// `Decode` where swipekit itself fails.
    pub fn learn(&self, word: &str) -> Result<Option<WordRejection>> {
        self.change(|words| words.learn(word))
    }

    /// Number of words that something is said of.
    pub fn size(&self) -> u64 {
        self.words.len() as u64
    }

    /// What the user has said.
    ///
    /// # Errors
    /// `Decode` where swipekit itself fails.
    pub fn entries(&self) -> Result<Vec<UserWord>> {
        guard(|| {
            let entries = self.words.entries().into_iter().map(|entry| UserWord {
                word: entry.word,
                log_prior: entry.log_prior,
                boost: entry.boost,
                chosen: entry.chosen,
                blocked: entry.blocked,
            });
            Ok(entries.collect())
        })
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// `Decode` where swipekit itself fails.
    pub fn clear(&self) -> Result<()> {
        guard(|| {
            self.words.clear();
            Ok(())
        })
    }

    /// Writes the words to a file, all of it or nothing, for its owner alone.
    ///
    /// # Errors
    /// `Storage`; an older file is as it was then.
    pub fn export_to(&self, path: &str) -> Result<()> {
        guard(|| Ok(self.words.export(path)?))
    }

    /// Puts the words of a file in the place of the present ones.
    ///
    /// # Errors
    /// `NotFound`, `Damaged`, `Unsupported` or `Argument`; the present words stay then.
    pub fn import_from(&self, path: &str) -> Result<()> {
        guard(|| Ok(self.words.import(path)?))
    }
}
