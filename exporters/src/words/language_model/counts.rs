//! Counts n-grams in sentences.

use std::collections::{HashMap, HashSet};

use swipekit::language_model::{MAX_ORDER, SENTENCE_END, SENTENCE_START, UNKNOWN, fold_word};

/// Numbers of the marks.
pub(super) const UNKNOWN_WORD: u32 = 0;
pub(super) const START: u32 = 1;
pub(super) const END: u32 = 2;

/// Sentences as numbers of words, each with its start and end.
#[derive(Clone, Debug)]
pub(super) struct Corpus {
    pub words: Vec<String>,
    numbers: HashMap<String, u32>,
    tokens: Vec<u32>,
    pub sentences: usize,
}

/// Which words keep a number of their own. All others become `<unk>`.
#[derive(Clone, Debug, Default)]
pub(super) struct Vocabulary {
    /// Least count of a word.
    pub min_count: u64,
    /// Most words; the most frequent are kept.
    pub max_words: Option<usize>,
    /// If given, only these words are kept. They are folded.
    pub words: Option<HashSet<String>>,
}

impl Corpus {
    pub fn new() -> Self {
        let marks = [UNKNOWN, SENTENCE_START, SENTENCE_END].map(str::to_owned);
        Self {
            numbers: (0..)
                .zip(&marks)
                .map(|(at, mark)| (mark.clone(), at))
                .collect(),
            words: marks.to_vec(),
            tokens: Vec::new(),
            sentences: 0,
        }
    }

    /// Number of words, without the marks of sentences.
    pub fn tokens(&self) -> usize {
        self.tokens.len() - 2 * self.sentences
    }

    pub fn add(&mut self, sentence: &[&str]) {
        self.tokens.push(START);
        for word in sentence {
            let number = match fold_word(word) {
                Some(word) => {
                    let next = self.words.len() as u32;
                    *self.numbers.entry(word).or_insert_with_key(|word| {
                        self.words.push(word.clone());
                        next
                    })
                }
                None => UNKNOWN_WORD,
            };
            // A text may contain the marks themselves.
            self.tokens
                .push(if number <= END { UNKNOWN_WORD } else { number });
        }
        self.tokens.push(END);
        self.sentences += 1;
    }

    /// Replaces words outside `vocabulary` by `<unk>` and renumbers the rest without gaps.
    pub fn limit(&mut self, vocabulary: &Vocabulary) {
        let mut counts = vec![0u64; self.words.len()];
        for &token in &self.tokens {
            counts[token as usize] += 1;
        }
        let mut kept: Vec<u32> = (END + 1..self.words.len() as u32)
            .filter(|&number| {
                let word = &self.words[number as usize];
                let may = vocabulary.words.as_ref();
                counts[number as usize] >= vocabulary.min_count
                    && may.is_none_or(|words| words.contains(word))
            })
            .collect();
        kept.sort_by_key(|&number| (std::cmp::Reverse(counts[number as usize]), number));
        kept.truncate(vocabulary.max_words.unwrap_or(usize::MAX));
        kept.sort_unstable();
        let mut renumbered = vec![UNKNOWN_WORD; self.words.len()];
        let mut words: Vec<String> = self.words[..=END as usize].to_vec();
        for mark in [START, END] {
            renumbered[mark as usize] = mark;
        }
        for number in kept {
            renumbered[number as usize] = words.len() as u32;
            words.push(self.words[number as usize].clone());
        }
        for token in &mut self.tokens {
            *token = renumbered[*token as usize];
        }
        self.words = words;
        self.numbers.clear();
    }

    /// N-grams of `N` words with their counts, ascending. None spans two sentences.
    pub fn count<const N: usize>(&self) -> Vec<([u32; N], u64)> {
        let mut counts: HashMap<[u32; N], u64> = HashMap::new();
        for sentence in self.tokens.chunk_by(|a, _| *a != END) {
            for ngram in sentence.windows(N) {
                let mut words = [0; N];
                words.copy_from_slice(ngram);
                *counts.entry(words).or_default() += 1;
            }
        }
        sorted(counts)
    }
}

/// For each n-gram, the number of different words before it. N-grams at a sentence's start have
/// none before them and keep their `raw` counts.
pub(super) fn continuations<const N: usize, const M: usize>(
    longer: &[([u32; M], u64)],
    raw: &[([u32; N], u64)],
) -> Vec<([u32; N], u64)> {
    debug_assert!(M == N + 1 && M <= MAX_ORDER);
    let mut counts: HashMap<[u32; N], u64> = HashMap::new();
    for (ngram, _) in longer {
        let mut words = [0; N];
        words.copy_from_slice(&ngram[1..]);
        *counts.entry(words).or_default() += 1;
    }
    for (ngram, count) in raw.iter().filter(|(ngram, _)| ngram[0] == START) {
        counts.insert(*ngram, *count);
    }
    sorted(counts)
}

fn sorted<const N: usize>(counts: HashMap<[u32; N], u64>) -> Vec<([u32; N], u64)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable();
    counts
}
