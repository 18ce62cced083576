//! One check of a language model's whole structure. It finds what checksums cannot find in a forged
//! file.

use std::path::Path;

use super::model::LanguageModel;
use super::packed::Packed;
use crate::error::{Error, Result};

impl LanguageModel {
    /// Checks that words are text and ascend, that pairs and triples are grouped by the words that
    /// they begin with and ascend, and that every number is a word's.
    pub(super) fn verify(&self, path: &Path) -> Result<()> {
        let wrong = |what| Err(Error::damaged(path, what, "ascending entries", "others"));
        let mut last: Vec<u8> = Vec::new();
        let sound = self.words.each(|word| {
            let is_next = last.as_slice() < word && std::str::from_utf8(word).is_ok();
            last.clear();
            last.extend(word);
            is_next
        });
        if !sound {
            return wrong("words of the language model");
        }
        let words = self.words.len();
        if !ascends(&self.first2, &self.word2, words) {
            return wrong("pairs of the language model");
        }
        if !ascends(&self.first3, &self.word3, words) {
            return wrong("triples of the language model");
        }
        Ok(())
    }
}

/// Whether `first` splits all of `numbers` into consecutive parts, each of ascending numbers below
/// `words`.
fn ascends(first: &Packed, numbers: &Packed, words: usize) -> bool {
    if first.get(0) != 0 || first.get(first.len() - 1) as usize != numbers.len() {
        return false;
    }
    let mut start = 0;
    for at in 1..first.len() {
        let end = first.get(at) as usize;
        if end < start || end > numbers.len() {
            return false;
        }
        let mut least = 0;
        for index in start..end {
            let number = numbers.get(index);
            if number < least || number as usize >= words {
                return false;
            }
            least = number + 1;
        }
        start = end;
    }
    true
}
