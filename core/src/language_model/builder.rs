//! Builds the file from n-grams.

use std::collections::HashMap;
use std::path::Path;

use super::fold::fold_word;
use super::format::{self, Header};
use super::packed::{bits_for, pack};
use super::quantize::{BITS, Grid};
use super::{MAX_ORDER, SENTENCE_START, vocabulary};
use crate::error::{Error, Result};
use crate::files::write_atomically;

/// Default bits of a level.
pub const DEFAULT_BITS: u32 = 8;

/// Lower bound of log-probabilities, in nats: the -99 of ARPA files must not widen the grid.
const LEAST: f64 = -40.0;
/// Most nats of a back-off weight, positive or negative.
const MOST_BACKOFF: f64 = 40.0;
/// Most words, and most n-grams of each length.
const MAX_COUNT: usize = 1 << 26;

/// Why an n-gram was refused. The value holds no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It has no word, or more than three.
    #[error("an n-gram of 1 to {MAX_ORDER} words is needed")]
    Order,
    /// A word is empty or longer than 255 bytes.
    #[error("a word is empty or too long")]
    Word,
    /// A word of a longer n-gram has no n-gram of its own yet.
    #[error("a word has no probability of its own")]
    Unigram,
    /// The probability is above 1, or a number is not finite.
    #[error("a probability above 1 or a number that is not finite")]
    Number,
    /// The file cannot hold more words or n-grams.
    #[error("too many n-grams")]
    TooMany,
}

/// Collects n-grams for a [`LanguageModel`](super::LanguageModel).
///
/// Words are folded ([`fold_word`]). Of n-grams that are equal after folding, the likeliest counts.
#[derive(Clone, Debug)]
pub struct LanguageModelBuilder {
    bits: u32,
    numbers: HashMap<String, u32>,
    unigrams: Vec<[f32; 2]>,
    pairs: Vec<Entry<2>>,
    triples: Vec<Entry<3>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry<const N: usize> {
    words: [u32; N],
    log_probability: f32,
    log_backoff: f32,
}

/// A language model's file in memory.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BuiltLanguageModel {
    /// The file.
    pub bytes: Vec<u8>,
    /// Number of n-grams of one, two and three words.
    pub ngrams: [usize; 3],
}

impl BuiltLanguageModel {
    /// Writes the file to a temporary file beside `path`, then renames it to `path`.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path.as_ref(), &self.bytes, false)
    }
}

impl Default for LanguageModelBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl LanguageModelBuilder {
    /// A builder without n-grams.
    pub fn new() -> Self {
        Self {
            bits: DEFAULT_BITS,
            numbers: HashMap::new(),
            unigrams: Vec::new(),
            pairs: Vec::new(),
            triples: Vec::new(),
        }
    }

    /// Sets the bits of probabilities and back-off weights, 8 to 16. Default [`DEFAULT_BITS`]. Over
    /// a range of 20 nats, 8 bits are exact to 0.04 nats, 16 bits to 0.0002.
    ///
    /// # Errors
    /// [`Error::Invalid`] for another number.
    pub fn bits(mut self, bits: u32) -> Result<Self> {
        if !BITS.contains(&bits) {
            return Err(Error::invalid("the bits of a probability", "8 to 16", bits));
        }
        self.bits = bits;
        Ok(self)
    }

    /// Adds the n-gram `words` with ln P(last word | words before) and the ln of its back-off
    /// weight as a history (0 where nothing follows it). Every word must have been added as an
    /// n-gram of one word before.
    ///
    /// # Errors
    /// [`Refusal`]; the builder stays usable and skips the n-gram.
    pub fn add(
        &mut self,
        words: &[&str],
        log_probability: f64,
        log_backoff: f64,
    ) -> Result<(), Refusal> {
        // Rounding may leave a log-probability slightly above 0.
        if !(log_probability.is_finite() && log_backoff.is_finite() && log_probability < 0.01) {
            return Err(Refusal::Number);
        }
        let log_probability = log_probability.clamp(LEAST, 0.0) as f32;
        let log_backoff = log_backoff.clamp(-MOST_BACKOFF, MOST_BACKOFF) as f32;
        if self.pairs.len().max(self.triples.len()) >= MAX_COUNT {
            return Err(Refusal::TooMany);
        }
        match *words {
            [word] => self.add_word(word, [log_probability, log_backoff]),
            [first, second] => {
                self.pairs.push(Entry {
                    words: [self.number(first)?, self.number(second)?],
                    log_probability,
                    log_backoff,
                });
                Ok(())
            }
            [first, second, third] => {
                self.triples.push(Entry {
                    words: [
                        self.number(first)?,
                        self.number(second)?,
                        self.number(third)?,
                    ],
                    log_probability,
                    log_backoff: 0.0,
                });
                Ok(())
            }
            _ => Err(Refusal::Order),
        }
    }

    fn add_word(&mut self, word: &str, numbers: [f32; 2]) -> Result<(), Refusal> {
        let word = fold_word(word).ok_or(Refusal::Word)?;
        if self.unigrams.len() >= MAX_COUNT {
            return Err(Refusal::TooMany);
        }
        let next = self.unigrams.len() as u32;
        match *self.numbers.entry(word).or_insert(next) {
            number if number == next => self.unigrams.push(numbers),
            number => {
                if let Some(known) = self.unigrams.get_mut(number as usize)
                    && known[0] < numbers[0]
                {
                    *known = numbers;
                }
            }
        }
        Ok(())
    }

    fn number(&self, word: &str) -> Result<u32, Refusal> {
        let word = fold_word(word).ok_or(Refusal::Word)?;
        self.numbers.get(&word).copied().ok_or(Refusal::Unigram)
    }

    /// Builds the file.
    ///
    /// # Errors
    /// [`Error::Invalid`] where no word was added, [`Error::TooLarge`].
    pub fn build(self) -> Result<BuiltLanguageModel> {
        let Self {
            bits,
            numbers,
            unigrams,
            mut pairs,
            mut triples,
        } = self;
        if numbers.is_empty() {
            return Err(Error::invalid(
                "the words of a language model",
                "at least one",
                "none",
            ));
        }
        let mut words: Vec<(String, u32)> = numbers.into_iter().collect();
        words.sort_unstable();
        let mut rank = vec![0u32; unigrams.len()];
        for (at, (_, number)) in (0..).zip(&words) {
            rank[*number as usize] = at;
        }
        let unigrams: Vec<[f32; 2]> = words
            .iter()
            .map(|(_, number)| unigrams[*number as usize])
            .collect();
        settle(&mut triples, &rank);
        settle(&mut pairs, &rank);
        add_missing(&mut pairs, &triples, &unigrams);

        // The start of a sentence is never predicted, so its probability must not widen the grid.
        let start = words.iter().position(|(word, _)| word == SENTENCE_START);
        let looked_for = unigrams.iter().enumerate();
        let looked_for = looked_for.filter(|(at, _)| Some(*at) != start);
        let grids = [
            Grid::over(looked_for.map(|(_, unigram)| unigram[0]), bits),
            Grid::over(unigrams.iter().map(|unigram| unigram[1]), bits),
            Grid::over(pairs.iter().map(|pair| pair.log_probability), bits),
            Grid::over(pairs.iter().map(|pair| pair.log_backoff), bits),
            Grid::over(triples.iter().map(|triple| triple.log_probability), bits),
        ];
        let ngrams = [unigrams.len(), pairs.len(), triples.len()];
        let [n, m, k] = ngrams;
        let level = |grid: usize, value: f32| grids[grid].level(value, bits);
        let first2 = firsts(n, pairs.iter().map(|pair| pair.words[0] as usize));
        let mut at = 0;
        let parents = triples.iter().map(|triple| {
            while pairs[at].words != triple.words[..2] {
                at += 1;
            }
            at
        });
        let first3 = firsts(m, parents);
        let text: Vec<&[u8]> = words.iter().map(|(word, _)| word.as_bytes()).collect();
        // Weights that are all 1 are not stored.
        let weights = |grid: usize| if grids[grid].step > 0.0 { bits } else { 0 };
        let sections = [
            vocabulary::write(&text),
            pack(unigrams.iter().map(|u| level(0, u[0])), bits),
            pack(unigrams.iter().map(|u| level(1, u[1])), weights(1)),
            pack(first2.into_iter(), bits_for(m)),
            pack(pairs.iter().map(|pair| pair.words[1]), bits_for(n)),
            pack(pairs.iter().map(|p| level(2, p.log_probability)), bits),
            pack(pairs.iter().map(|p| level(3, p.log_backoff)), weights(3)),
            pack(first3.into_iter(), bits_for(k)),
            pack(triples.iter().map(|triple| triple.words[2]), bits_for(n)),
            pack(triples.iter().map(|t| level(4, t.log_probability)), bits),
        ];
        let header = Header {
            plain: !words.iter().any(|(word, _)| word.contains('\'')),
            counts: ngrams.map(|count| count as u32),
            bits,
            grids,
        };
        let bytes = format::write(&header, sections.each_ref().map(Vec::as_slice))?;
        Ok(BuiltLanguageModel { bytes, ngrams })
    }
}

/// Replaces word numbers by ranks, sorts, and keeps the likeliest of equal n-grams.
fn settle<const N: usize>(entries: &mut Vec<Entry<N>>, rank: &[u32]) {
    for entry in entries.iter_mut() {
        entry.words = entry.words.map(|number| rank[number as usize]);
    }
    entries.sort_by(|a, b| {
        a.words
            .cmp(&b.words)
            .then(b.log_probability.total_cmp(&a.log_probability))
    });
    entries.dedup_by_key(|entry| entry.words);
}

/// Adds the missing pair of each triple, with the probability that backing off gives it and a
/// back-off weight of 1. Results do not change.
fn add_missing(pairs: &mut Vec<Entry<2>>, triples: &[Entry<3>], unigrams: &[[f32; 2]]) {
    let known = pairs.len();
    for triple in triples {
        let words = [triple.words[0], triple.words[1]];
        let is_known = pairs[..known].binary_search_by_key(&words, |pair| pair.words);
        // Triples ascend, so equal pairs are adjacent.
        if is_known.is_err() && pairs[known..].last().is_none_or(|pair| pair.words != words) {
            let backed_off = unigrams[words[0] as usize][1] + unigrams[words[1] as usize][0];
            pairs.push(Entry {
                words,
                log_probability: backed_off,
                log_backoff: 0.0,
            });
        }
    }
    pairs.sort_unstable_by_key(|pair| pair.words);
}

/// For each of `count` histories, the index of its first continuation, then the end; `histories`
/// ascend.
fn firsts(count: usize, histories: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut firsts = vec![0u32; count + 1];
    for history in histories {
        firsts[history + 1] += 1;
    }
    for at in 1..firsts.len() {
        firsts[at] += firsts[at - 1];
    }
    firsts
}
