//! Sentences of words, out of a text or out of the prompts of a manifest of swipes.

use std::collections::HashSet;
use std::path::Path;

use swipekit::Gesture;
use swipekit::internals::fold::{is_apostrophe, is_hyphen};
use swipekit::language_model::SENTENCE_START;

use super::error::Result;
use super::lines::Lines;
use crate::swipes::{Swipe, Swipes};

/// What stands for a word that is none, such as a number.
pub(super) const NO_WORD: &str = swipekit::language_model::UNKNOWN;

/// The sentences of a line: a sentence ends with the line, and behind `.`, `!` and `?` with white
/// space after it. A word is a run of letters with apostrophes and hyphens within; one with a digit
/// is `<unk>`. All else divides words.
pub fn tokens(line: &str) -> Vec<Vec<&str>> {
    let mut sentences = vec![Vec::new()];
    for piece in line.split_whitespace() {
        // A soft hyphen is no part of a word's spelling, and none divides a word.
        let inner = |c: char| {
            c.is_alphanumeric() || is_apostrophe(c) || is_hyphen(c) || is_mark(c) || c == '\u{ad}'
        };
        for run in piece.split(|c| !inner(c)) {
            let word = run.trim_matches(|c: char| !c.is_alphanumeric() && !is_mark(c));
            if word.is_empty() {
                continue;
            }
            let word = if word.chars().any(char::is_numeric) {
                NO_WORD
            } else {
                word
            };
            if let Some(sentence) = sentences.last_mut() {
                sentence.push(word);
            }
        }
        let closing = piece.trim_end_matches(['"', '\'', ')', ']', '\u{201d}', '\u{2019}']);
        if closing.ends_with(['.', '!', '?']) {
            sentences.push(Vec::new());
        }
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// Combining marks belong to the letter before them.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// Where sentences come from.
#[derive(Debug)]
pub struct Sentences<'p> {
    /// A text, or a manifest of swipes.
    path: &'p Path,
    is_manifest: bool,
}

impl<'p> Sentences<'p> {
    /// Those of the text at `path`.
    pub fn of_text(path: &'p Path) -> Self {
        Self {
            path,
            is_manifest: false,
        }
    }

    /// The prompts of the manifest at `path`.
    pub fn of_manifest(path: &'p Path) -> Self {
        Self {
            path,
            is_manifest: true,
        }
    }

    /// Those of the file at `path`: a manifest where it begins with `{`, otherwise a text.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn of(path: &'p Path) -> Result<Self> {
        let mut lines = Lines::open(path)?;
        let is_manifest = lines
            .next()?
            .is_some_and(|line| line.trim().starts_with('{'));
        Ok(Self { path, is_manifest })
    }

    /// Calls `visit` with every sentence; of a manifest, with every prompt once, in the order of
    /// the swipes.
    ///
    /// # Errors
    /// Whatever reading gives.
    pub fn each(&self, mut visit: impl FnMut(&[&str])) -> Result<()> {
        if !self.is_manifest {
            let mut lines = Lines::open(self.path)?;
            while let Some(line) = lines.next()? {
                tokens(line).iter().for_each(|sentence| visit(sentence));
            }
            return Ok(());
        }
        let mut seen = HashSet::new();
        for swipe in Swipes::open(self.path)? {
            if let Some(prompt) = swipe?.sentence
                && !seen.contains(&prompt)
            {
                tokens(&prompt).iter().for_each(|sentence| visit(sentence));
                seen.insert(prompt);
            }
        }
        Ok(())
    }
}

/// Follows the swipes of a manifest through their prompts: rows of one prompt by one person come
/// one after the other.
#[derive(Debug, Default)]
pub struct Cursor {
    user: Option<String>,
    sentence: String,
    /// Where the last word stood, and one.
    next: usize,
}

impl Cursor {
    /// The words of the prompt before the word of `swipe`, from the sentence's start; `None` where
    /// the prompt does not hold it.
    pub fn before<'s>(&mut self, swipe: &'s Swipe) -> Option<Vec<&'s str>> {
        let sentence = swipe.sentence.as_deref()?;
        if self.user != swipe.user || self.sentence != sentence {
            self.user.clone_from(&swipe.user);
            sentence.clone_into(&mut self.sentence);
            self.next = 0;
        }
        let words: Vec<&str> = sentence.split_whitespace().collect();
        let from = self.next.min(words.len());
        let place = |range: &[&str]| range.iter().position(|word| *word == swipe.word);
        // The same prompt again begins at its start.
        let at = place(&words[from..])
            .map(|at| from + at)
            .or_else(|| place(&words))?;
        self.next = at + 1;
        Some(words[..at].to_vec())
    }

    /// As [`before`](Self::before), with the sentence's start, as
    /// [`Gesture::with_context`](swipekit::Gesture::with_context) takes them.
    pub fn context<'s>(&mut self, swipe: &'s Swipe) -> Option<Vec<&'s str>> {
        let before = self.before(swipe)?;
        Some(std::iter::once(SENTENCE_START).chain(before).collect())
    }

    /// The gesture of `swipe` behind the words of its prompt before its own; as it is where they
    /// are not known.
    pub fn follow<'g>(&mut self, gesture: Gesture<'g>, swipe: &Swipe) -> Gesture<'g> {
        match self.context(swipe) {
            Some(words) => gesture.with_context(&words),
            None => gesture,
        }
    }
}
