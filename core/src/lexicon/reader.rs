//! A lexicon in a file, ready to search.

use std::borrow::Cow;
use std::path::Path;

use super::automaton::{self, NO_CLASS, State, Transitions};
use super::fold::{Alphabet, MAX_KEY};
use super::format::{self, Counts, Sections};
use super::words::Table;
use crate::bytes::Bytes;
use crate::error::{Error, Result};

/// The words that a decoder may return, over the labels of one vocabulary; usually a mapped file.
///
/// Cheap to clone and to share between threads. Opening verifies every checksum. Walking it
/// allocates nothing and never panics, whatever the file holds: damaged parts read as having no
/// transitions and no words.
#[derive(Clone, Debug)]
pub struct Lexicon {
    bytes: Bytes,
    automaton: Bytes,
    words: Bytes,
    counts: Counts,
    /// Class of every symbol of the automaton, [`NO_CLASS`] where there is none.
    classes: [u8; 256],
    labels: Vec<(u8, String)>,
    /// The character that each class spells.
    spelling: Vec<(u8, char)>,
}

impl Lexicon {
    /// Whether `bytes` begin as a lexicon file does.
    pub fn is_lexicon(bytes: &[u8]) -> bool {
        bytes.starts_with(format::FORMAT.mark)
    }

    /// Maps the lexicon file at `path`, which must have been built for the vocabulary `labels` (in
    /// the order of the classes).
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be mapped, and those of
    /// [`from_bytes`](Self::from_bytes).
    pub fn open<S: AsRef<str>>(path: impl AsRef<Path>, labels: &[S]) -> Result<Self> {
        let path = path.as_ref();
        Self::from_bytes(Bytes::map(path)?, labels, path)
    }

    /// The lexicon in `bytes`, which must have been built for the vocabulary `labels`; `path` names
    /// it in errors.
    ///
    /// # Errors
    /// [`Error::Damaged`] where a checksum or a length is wrong, [`Error::Unsupported`] for another
    /// version of the format, [`Error::WrongVocabulary`] for a lexicon of other labels,
    /// [`Error::TooLarge`].
    pub fn from_bytes<S: AsRef<str>>(
        bytes: Bytes,
        labels: &[S],
        path: impl AsRef<Path>,
    ) -> Result<Self> {
        let path = path.as_ref();
        let lexicon = Self::any_vocabulary(bytes, path)?;
        lexicon.check_labels(labels, path)?;
        Ok(lexicon)
    }

    /// Checks that the lexicon was built for the vocabulary `labels`; `path` names it in errors.
    ///
    /// # Errors
    /// [`Error::WrongVocabulary`] with the first label that differs.
    pub fn check_labels<S: AsRef<str>>(&self, labels: &[S], path: &Path) -> Result<()> {
        for (class, label) in &self.labels {
            let got = labels.get(usize::from(*class)).map(AsRef::as_ref);
            if got != Some(label.as_str()) {
                return Err(Error::WrongVocabulary {
                    path: path.to_path_buf(),
                    expected: got
                        .map_or_else(|| "no such class".to_owned(), |got| format!("{got:?}")),
                    got: format!("class {class} is {label:?}"),
                });
            }
        }
        Ok(())
    }

    /// The lexicon in `bytes`, whatever its vocabulary: for tools that inspect a file without a
    /// model.
    ///
    /// # Errors
    /// As [`from_bytes`](Self::from_bytes), without the check of the vocabulary.
    pub fn any_vocabulary(bytes: Bytes, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let (counts, sections) = format::read(&bytes, path)?;
        let Sections {
            alphabet,
            automaton,
            words,
        } = sections;
        let labels = bytes.get(alphabet).and_then(read_labels).ok_or_else(|| {
            Error::damaged(path, "alphabet", "labels in ascending order", "others")
        })?;
        let mut classes = [NO_CLASS; 256];
        for (slot, (class, _)) in classes.iter_mut().zip(&labels) {
            *slot = *class;
        }
        let texts: Vec<&str> = labels.iter().map(|(_, text)| text.as_str()).collect();
        let spelling = Alphabet::new(&texts)
            .entries()
            .into_iter()
            .filter_map(|(symbol, c)| labels.get(usize::from(symbol)).map(|l| (l.0, c)))
            .collect();
        let (Some(automaton), Some(words)) = (bytes.slice(automaton), bytes.slice(words)) else {
            return Err(Error::damaged(
                path,
                "sections",
                "within the file",
                "others",
            ));
        };
        if Table::read(&words).is_none() {
            return Err(Error::damaged(
                path,
                "word table",
                "a block index",
                "a shorter section",
            ));
        }
        Ok(Self {
            bytes,
            automaton,
            words,
            counts,
            classes,
            labels,
            spelling,
        })
    }

    /// The state of the empty prefix.
    pub fn root(&self) -> State {
        State(0)
    }

    /// The transitions of `state`, each label at most once, in a fixed order (not that of the
    /// labels).
    #[inline]
    pub fn transitions(&self, state: State) -> Transitions<'_> {
        Transitions::new(&self.automaton, &self.classes, state)
    }

    /// The cost in steps that the end of a word at `state` adds to the costs of the transitions;
    /// `None` where no word ends there.
    ///
    /// The costs of the transitions from the root to a state sum to the least cost of any word
    /// below it: an admissible look-ahead. With the final cost they sum to the key's cost, which is
    /// that of its best word.
    #[inline]
    pub fn final_cost(&self, state: State) -> Option<u32> {
        automaton::head(&self.automaton, state.0 as usize).and_then(|head| head.end)
    }

    /// The state that `label` leads to from `state`, and the transition's cost.
    pub fn step(&self, state: State, label: u8) -> Option<(State, u32)> {
        self.transitions(state)
            .find(|transition| transition.label == label)
            .map(|transition| (transition.next, transition.cost))
    }

    /// Nats per step of cost.
    pub fn cost_unit(&self) -> f32 {
        self.counts.unit
    }

    /// The cost in steps of `key` (classes of labels), which is that of its best word; `None` where
    /// no word has the key.
    pub fn key_cost(&self, key: &[u8]) -> Option<u32> {
        let mut state = self.root();
        let mut sum = 0u32;
        for &label in key {
            let (next, cost) = self.step(state, label)?;
            state = next;
            sum = sum.saturating_add(cost);
        }
        Some(sum.saturating_add(self.final_cost(state)?))
    }

    /// The words of `key` (classes of labels) as displayed, each with its cost -log prior in nats:
    /// best first, ties in the order of the words. Empty where no word has the key.
    pub fn words(&self, key: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, f32)> {
        let unit = self.counts.unit;
        let base = self.key_cost(key).zip(self.spell(key));
        let forms = base.map_or_else(Vec::new, |(base, spelling)| {
            Table::read(&self.words)
                .and_then(|table| table.forms(key, &spelling))
                .unwrap_or_else(|| vec![(Cow::Owned(spelling), 0)])
                .into_iter()
                .map(|(word, cost)| (word, cost.saturating_add(base)))
                .collect()
        });
        forms
            .into_iter()
            .map(move |(word, cost)| (word, cost as f32 * unit))
    }

    /// Calls `visit` with every key and its cost in steps, in a fixed order (not that of the
    /// labels).
    pub fn each_key(&self, mut visit: impl FnMut(&[u8], u32)) {
        let mut key = Vec::with_capacity(MAX_KEY);
        let mut path = vec![(self.transitions(self.root()), 0u32)];
        // A damaged file may have many more paths than it has keys.
        let mut steps_left = self.keys().saturating_mul(MAX_KEY);
        while let Some((transitions, sum)) = path.last_mut() {
            let next = transitions.next().filter(|_| key.len() < MAX_KEY);
            let Some(transition) = next.filter(|_| steps_left > 0) else {
                path.pop();
                key.pop();
                continue;
            };
            steps_left -= 1;
            let sum = sum.saturating_add(transition.cost);
            key.push(transition.label);
            if let Some(end) = self.final_cost(transition.next) {
                visit(&key, sum.saturating_add(end));
            }
            path.push((self.transitions(transition.next), sum));
        }
    }

    /// Whether a word has `key`.
    pub fn contains_key(&self, key: &[u8]) -> bool {
        self.key_cost(key).is_some()
    }

    /// Whether the lexicon has `word`, given as displayed; `key` is its key.
    pub fn contains(&self, key: &[u8], word: &str) -> bool {
        self.words(key).any(|(known, _)| known == word)
    }

    /// Number of words, counted as displayed.
    pub fn len(&self) -> usize {
        self.counts.words as usize
    }

    /// Whether the lexicon has no word.
    pub fn is_empty(&self) -> bool {
        self.counts.words == 0
    }

    /// Number of keys: distinct strings of labels.
    pub fn keys(&self) -> usize {
        self.counts.keys as usize
    }

    /// Number of states of the automaton.
    pub fn states(&self) -> usize {
        self.counts.states as usize
    }

    /// Number of labels of the longest key.
    pub fn longest_key(&self) -> usize {
        self.counts.longest as usize
    }

    /// The labels in use and their classes, ascending.
    pub fn labels(&self) -> &[(u8, String)] {
        &self.labels
    }

    /// Bytes of the whole file, of its automaton and of its word table.
    pub fn sizes(&self) -> [usize; 3] {
        [self.bytes.len(), self.automaton.len(), self.words.len()]
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(super) fn automaton(&self) -> &[u8] {
        &self.automaton
    }

    pub(super) fn table(&self) -> Option<Table<'_>> {
        Table::read(&self.words)
    }

    /// The characters of `key`; `None` where the lexicon lacks a class.
    fn spell(&self, key: &[u8]) -> Option<String> {
        key.iter()
            .map(|class| {
                let at = self.spelling.binary_search_by_key(class, |s| s.0).ok()?;
                self.spelling.get(at).map(|s| s.1)
            })
            .collect()
    }
}

fn read_labels(mut bytes: &[u8]) -> Option<Vec<(u8, String)>> {
    let mut labels: Vec<(u8, String)> = Vec::new();
    while let [class, length, rest @ ..] = bytes {
        let (text, rest) = rest.split_at_checked(usize::from(*length))?;
        let text = std::str::from_utf8(text).ok()?;
        if *class == NO_CLASS || labels.last().is_some_and(|l| l.0 >= *class) {
            return None;
        }
        labels.push((*class, text.to_owned()));
        bytes = rest;
    }
    bytes.is_empty().then_some(labels)
}
