//! Sentences of words from a text or from the prompts of a swipe file.

use std::collections::HashSet;
use std::path::Path;

use swipekit::Gesture;
use swipekit::internals::fold::{is_apostrophe, is_hyphen};
use swipekit::language_model::SENTENCE_START;

use super::error::Result;
use super::lines::Lines;
use crate::swipes::{Swipe, Swipes};

/// Stands for a token that is not a word, such as a number.
pub(super) const NO_WORD: &str = swipekit::language_model::UNKNOWN;

/// The sentences of a line. A sentence ends at the end of the line, and after `.`, `!` or `?` if
/// white space follows. A word is a run of letters with inner apostrophes and hyphens. A token with
/// a digit is `<unk>`. Everything else separates words.
pub fn tokens(line: &str) -> Vec<Vec<&str>> {
    let mut sentences = vec![Vec::new()];
    for piece in line.split_whitespace() {
        // A soft hyphen is not part of a word's spelling and does not divide a word.
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

/// A source of sentences.
#[derive(Debug)]
pub struct Sentences<'p> {
    /// A text or a swipe file.
    path: &'p Path,
    is_manifest: bool,
}

impl<'p> Sentences<'p> {
    /// The sentences of the text at `path`.
    pub fn of_text(path: &'p Path) -> Self {
        Self {
            path,
            is_manifest: false,
        }
    }

    /// The prompts of the swipe file at `path`.
    pub fn of_manifest(path: &'p Path) -> Self {
        Self {
            path,
            is_manifest: true,
        }
    }

    /// The sentences of the file at `path`: a swipe file if it begins with `{`, otherwise a text.
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

    /// Calls `visit` with every sentence. For a swipe file, that is every prompt once, in the order
    /// of the swipes.
    ///
    /// # Errors
    /// Those of reading the file.
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

/// Follows the swipes of a swipe file through their prompts. The swipes of one prompt by one person
/// must be consecutive.
#[derive(Debug, Default)]
pub struct Cursor {
    user: Option<String>,
    sentence: String,
    /// Index of the last word found, plus one.
    next: usize,
}

impl Cursor {
    /// The words before the word of `swipe` in its prompt, from the sentence's start. `None` if the
    /// prompt does not contain the word.
    pub fn before<'s>(&mut self, swipe: &'s Swipe) -> Option<Vec<&'s str>> {
        let sentence = swipe.sentence.as_deref()?;
        if self.user != swipe.user || self.sentence != sentence {
            self.user.clone_from(&swipe.user);
            sentence.clone_into(&mut self.sentence);
            self.next = 0;
        }
        let words: Vec<&str> = sentence.split_whitespace().collect();
        let from = self.next.min(words.len());
        let position = |range: &[&str]| range.iter().position(|word| *word == swipe.word);
        // If the word is not found further on, the same prompt has been started again.
        let at = position(&words[from..])
            .map(|at| from + at)
            .or_else(|| position(&words))?;
        self.next = at + 1;
        Some(words[..at].to_vec())
    }

    /// Like [`before`](Self::before), but with the sentence's start, as
    /// [`Gesture::with_context`](swipekit::Gesture::with_context) expects.
    pub fn context<'s>(&mut self, swipe: &'s Swipe) -> Option<Vec<&'s str>> {
        let before = self.before(swipe)?;
        Some(std::iter::once(SENTENCE_START).chain(before).collect())
    }

    /// The gesture of `swipe` with its context. Unchanged if the context is unknown.
    pub fn follow<'g>(&mut self, gesture: Gesture<'g>, swipe: &Swipe) -> Gesture<'g> {
        match self.context(swipe) {
            Some(words) => gesture.with_context(&words),
            None => gesture,
        }
    }
}
