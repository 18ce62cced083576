//! Folds words to the form in which they are compared.

use unicode_normalization::UnicodeNormalization;

use crate::lexicon::fold::{is_apostrophe, is_hyphen};

/// Most bytes of a folded word.
pub const MAX_WORD: usize = 255;

/// A folded word, on the stack.
pub(super) struct Folded {
    bytes: [u8; MAX_WORD],
    length: usize,
}

impl Folded {
    fn new() -> Self {
        Self {
            bytes: [0; MAX_WORD],
            length: 0,
        }
    }

    fn push(&mut self, c: char) -> Option<()> {
        let end = self.length + c.len_utf8();
        c.encode_utf8(self.bytes.get_mut(self.length..end)?);
        self.length = end;
        Some(())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Folds `word`, without its apostrophes if `plain`; `None` where nothing is left or the result
/// exceeds [`MAX_WORD`] bytes. Allocates nothing.
pub(super) fn fold(word: &str, plain: bool) -> Option<Folded> {
    let mut folded = Folded::new();
    let mut push = |c: char| {
        if is_apostrophe(c) {
            return if plain { Some(()) } else { folded.push('\'') };
        }
        folded.push(if is_hyphen(c) { '-' } else { c })
    };
    if word.is_ascii() {
        for c in word.trim().chars() {
            push(c.to_ascii_lowercase())?;
        }
    } else {
        let is_around = |c: char| c.is_whitespace() || c == '\u{ad}';
        let word = word.trim_matches(is_around).chars();
        for c in word.filter(|&c| c != '\u{ad}').nfc() {
            for lower in c.to_lowercase() {
                push(lower)?;
            }
        }
    }
    (folded.length > 0).then_some(folded)
}

/// Folds a word to the form that language models hold: normal form C, lower case, apostrophes `'`,
/// hyphens `-`, no soft hyphen, no surrounding white space. `None` where nothing is left or the
/// result exceeds [`MAX_WORD`] bytes.
pub fn fold_word(word: &str) -> Option<String> {
    let folded = fold(word, false)?;
    String::from_utf8(folded.as_bytes().to_vec()).ok()
}
