//! A language model in a file, ready for lookups.

use std::ops::Range;
use std::path::Path;

use super::UNKNOWN;
use super::fold::fold;
use super::format::{self, Header, SECTIONS};
use super::packed::{Packed, bits_for};
use super::vocabulary::Vocabulary;
use crate::bytes::Bytes;
use crate::error::{Error, Result};

/// Word sequences with their probabilities; usually a mapped file.
///
/// Cheap to clone and to share between threads. Opening checks the whole file; a lookup allocates
/// nothing and never panics.
#[derive(Clone, Debug)]
pub struct LanguageModel {
    bytes: Bytes,
    pub(super) header: Header,
    pub(super) words: Vocabulary,
    p1: Packed,
    b1: Packed,
    pub(super) first2: Packed,
    pub(super) word2: Packed,
    p2: Packed,
    b2: Packed,
    pub(super) first3: Packed,
    pub(super) word3: Packed,
    p3: Packed,
    unknown: Option<u32>,
}

/// The words before a word, looked up once for all words that may follow. Made by
/// [`LanguageModel::context`] and valid with that model only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    /// The pairs that begin with the last word, and log bow of that word.
    pairs: Range<usize>,
    backoff: f64,
    /// The triples that begin with the last two words, and log bow of the pair.
    triples: Range<usize>,
    pair_backoff: f64,
}

impl Context {
    /// Whether the model has no n-gram that continues these words; they then have no effect.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty() && self.triples.is_empty()
    }
}

#[cfg(test)]
impl Context {
    pub(super) fn pairs(&self) -> Range<usize> {
        self.pairs.clone()
    }
}

impl LanguageModel {
    /// Whether `bytes` begin like a language model's file.
    pub fn is_language_model(bytes: &[u8]) -> bool {
        bytes.starts_with(format::FORMAT.mark)
    }

    /// Maps the language model at `path` and checks the whole file.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be mapped, and those of
    /// [`from_bytes`](Self::from_bytes).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::from_bytes(Bytes::map(path)?, path)
    }

    /// Opens the language model in `bytes` and checks all of them: about 10 ms for a million
    /// n-grams. `path` names it in errors.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the file breaks its format, [`Error::Unsupported`] for another
    /// version, [`Error::TooLarge`].
    pub fn from_bytes(bytes: Bytes, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let (header, ranges) = format::read(&bytes, path)?;
        let model = Self::laid_out(bytes, header, ranges).ok_or_else(|| {
            Error::damaged(
                path,
                "sections of the language model",
                "those that its counts call for",
                "others",
            )
        })?;
        model.verify(path)?;
        let unknown = model.words.find(UNKNOWN.as_bytes());
        Ok(Self { unknown, ..model })
    }

    fn laid_out(bytes: Bytes, header: Header, ranges: [Range<usize>; SECTIONS]) -> Option<Self> {
        let [n, m, k] = header.counts.map(|count| count as usize);
        let bits = header.bits;
        let [words, p1, b1, first2, word2, p2, b2, first3, word3, p3] = ranges;
        let words = Vocabulary::new(bytes.slice(words)?, n);
        let packed = |range: Range<usize>, width, length| {
            bytes
                .slice(range)
                .and_then(|part| Packed::new(part, width, length))
        };
        // Weights that are all 1 are not stored.
        let weights = |range: &Range<usize>| if range.is_empty() { 0 } else { bits };
        let (wide1, wide2) = (weights(&b1), weights(&b2));
        Some(Self {
            words,
            p1: packed(p1, bits, n)?,
            b1: packed(b1, wide1, n)?,
            first2: packed(first2, bits_for(m), n.checked_add(1)?)?,
            word2: packed(word2, bits_for(n), m)?,
            p2: packed(p2, bits, m)?,
            b2: packed(b2, wide2, m)?,
            first3: packed(first3, bits_for(k), m.checked_add(1)?)?,
            word3: packed(word3, bits_for(n), k)?,
            p3: packed(p3, bits, k)?,
            unknown: None,
            header,
            bytes,
        })
    }

    /// Looks up `words`, the last one directly before the word to predict. Only the last words
    /// count, as many as the model's n-grams allow. A word that the model lacks is read as its
    /// `<unk>` or, without one, cuts off the words before it;
    /// [`SENTENCE_START`](super::SENTENCE_START) marks the start of a sentence.
    pub fn context<W: AsRef<str>>(&self, words: &[W]) -> Context {
        let number = |word: Option<&W>| {
            let word = word?.as_ref();
            self.number(word).or(self.unknown)
        };
        let before = words.len().saturating_sub(2);
        let mut last = words.get(before..).unwrap_or_default().iter().rev();
        let mut context = Context::default();
        let Some(word) = number(last.next()) else {
            return context;
        };
        context.pairs = range(&self.first2, word as usize);
        context.backoff = self.value(1, self.b1.get(word as usize));
        let Some(first) = number(last.next()) else {
            return context;
        };
        let pairs = range(&self.first2, first as usize);
        if let Some(pair) = find(&self.word2, pairs, word) {
            context.triples = range(&self.first3, pair);
            context.pair_backoff = self.value(3, self.b2.get(pair));
        }
        context
    }

    /// ln P(word | context), also of [`SENTENCE_END`](super::SENTENCE_END). A word that the model
    /// lacks gets that of [`UNKNOWN`], or `None` where the model has no such entry.
    pub fn log_probability(&self, context: &Context, word: &str) -> Option<f64> {
        let word = self.number(word).or(self.unknown)?;
        Some(self.log_probability_of(context, word))
    }

    fn log_probability_of(&self, context: &Context, word: u32) -> f64 {
        let alone = self.value(0, self.p1.get(word as usize));
        let backed_off = context.pair_backoff + context.backoff + alone;
        self.seen(context, word).unwrap_or(backed_off)
    }

    /// ln P(word | context) where the model has that n-gram.
    fn seen(&self, context: &Context, word: u32) -> Option<f64> {
        if let Some(triple) = find(&self.word3, context.triples.clone(), word) {
            return Some(self.value(4, self.p3.get(triple)));
        }
        let pair = find(&self.word2, context.pairs.clone(), word)?;
        Some(context.pair_backoff + self.value(2, self.p2.get(pair)))
    }

    /// How much the context raises the likelihood of `word`, in nats, compared with a word that
    /// never follows the context: ln P(w | h) - ln P(w) - ln bow(h), where bow(h) is the product of
    /// all back-off weights down to single words.
    ///
    /// It is 0 for a word that the model has never seen after the context, for a word that it
    /// lacks, and for every word after an unknown context. In an interpolated model (Kneser-Ney) it
    /// is never below 0. The word's own frequency has no effect.
    pub fn gain(&self, context: &Context, word: &str) -> f64 {
        if context.is_empty() {
            return 0.0;
        }
        let seen = |word| Some((word, self.seen(context, word)?));
        let Some((word, seen)) = self.number(word).and_then(seen) else {
            return 0.0;
        };
        let alone = self.value(0, self.p1.get(word as usize));
        seen - alone - context.backoff - context.pair_backoff
    }

    /// Whether the model has `word`, ignoring capitals.
    pub fn contains(&self, word: &str) -> bool {
        self.number(word).is_some()
    }

    /// Most words of its n-grams, 1 to 3.
    pub fn order(&self) -> usize {
        let last = self.header.counts.iter().rposition(|count| *count > 0);
        last.map_or(1, |last| last + 1)
    }

    /// Number of n-grams of one, two and three words.
    pub fn ngrams(&self) -> [usize; 3] {
        self.header.counts.map(|count| count as usize)
    }

    /// Number of words, including `<s>`, `</s>` and `<unk>` where the model has them.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// Calls `visit` with every word, in the order of their bytes.
    pub fn each_word(&self, mut visit: impl FnMut(&str)) {
        self.words.each(|word| {
            if let Ok(word) = std::str::from_utf8(word) {
                visit(word);
            }
            true
        });
    }

    /// Bits of a probability or back-off weight.
    pub fn bits(&self) -> u32 {
        self.header.bits
    }

    /// Greatest rounding error of a stored probability or back-off weight, in nats; a result is a
    /// sum of at most three of them.
    pub fn max_error(&self) -> f64 {
        let steps = self.header.grids.iter().map(|grid| f64::from(grid.step));
        0.5 * steps.fold(0.0, f64::max)
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    fn number(&self, word: &str) -> Option<u32> {
        let folded = fold(word, self.header.plain)?;
        self.words.find(folded.as_bytes())
    }

    fn value(&self, grid: usize, level: u32) -> f64 {
        self.header.grids[grid].value(level)
    }
}

/// The indices of the pairs or triples that begin with the word or pair at `at`.
fn range(first: &Packed, at: usize) -> Range<usize> {
    first.get(at) as usize..first.get(at + 1) as usize
}

/// The index of `word` in `words[range]`, whose numbers ascend.
fn find(words: &Packed, range: Range<usize>, word: u32) -> Option<usize> {
    let (mut low, mut high) = (range.start, range.end.min(words.len()));
    while low < high {
        let middle = low + (high - low) / 2;
        match words.get(middle).cmp(&word) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Equal => return Some(middle),
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}
