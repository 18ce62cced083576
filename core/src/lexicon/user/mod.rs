//! A user's words: added, boosted, blocked, learned and forgotten between two swipes.
//!
//! The words form a trie whose nodes are shared between versions. A change copies the nodes along
//! one key and swaps the root, within microseconds. A running decode keeps the root that it took. A
//! change also computes the word's cost against the lexicons, so the search only reads sums.

pub(super) mod trie;
pub(super) mod word;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::files::write_atomically;
use crate::hash::sha256_hex;
use crate::lexicon::builder::Rejection;
use crate::lexicon::fold::{Alphabet, display_form};
use crate::lexicon::stack::LexiconStack;
use crate::lexicon::words::MAX_TEXT;
pub(crate) use trie::Node;
pub use word::{HALF_LIFE, MAX_BOOST, UserWord};

/// Most words of a user.
pub const MAX_USER_WORDS: usize = 50_000;

/// Log prior of a word that is added without one: that of a common word, so that the search finds
/// it at once.
pub const DEFAULT_LOG_PRIOR: f32 = -9.0;

/// Number of choices between two updates of the faded counts.
const FADE_EVERY: u64 = 100;
/// A choice count below this is set to 0.
const FADED: f64 = 0.05;

/// Start of the first line of a user-words file, with the version of the format.
const HEADER: &str = "swipekit-user-words 1";
/// Most bytes of such a file.
const MAX_FILE: u64 = 32 << 20;

/// A user's words over the lexicons of an engine. Clones share them; any thread may change them at
/// any time.
///
/// A decode sees the words as they were at its start.
#[derive(Clone, Debug)]
pub struct UserWords {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    alphabet: Alphabet,
    layers: LexiconStack,
    state: RwLock<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    root: Option<Arc<Node>>,
    /// Number of entries.
    count: usize,
    /// Number of choices of all words so far.
    choices: u64,
}

impl State {
    fn entries(&self) -> Vec<UserWord> {
        let mut entries = Vec::new();
        if let Some(root) = &self.root {
            root.collect(&mut entries);
        }
        entries
    }
}

/// The content of a user-words file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    choices: u64,
    words: Vec<UserWord>,
}

impl UserWords {
    /// No words, over `layers` of the vocabulary `labels`.
    pub fn new<S: AsRef<str>>(layers: LexiconStack, labels: &[S]) -> Self {
        Self {
            inner: Arc::new(Inner {
                alphabet: Alphabet::new(labels),
                layers: layers.with_user(None),
                state: RwLock::default(),
            }),
        }
    }

    /// An independent copy of these words over other lexicons.
    pub(crate) fn over(&self, layers: &LexiconStack) -> Self {
        let state = self.state();
        let copy = self.empty(layers, state.choices);
        for word in state.entries() {
            // The alphabet is the same, so every accepted word is accepted again.
            let _ = copy.put(word);
        }
        copy
    }

    /// No words, over `layers`, of the same alphabet.
    fn empty(&self, layers: &LexiconStack, choices: u64) -> Self {
        Self {
            inner: Arc::new(Inner {
                alphabet: self.inner.alphabet.clone(),
                layers: layers.with_user(None),
                state: RwLock::new(State {
                    choices,
                    ..State::default()
                }),
            }),
        }
    }

    /// Adds `word` with the log prior of a common word. A word added earlier keeps its log prior; a
    /// blocked word stays blocked.
    ///
    /// # Errors
    /// [`Rejection`] where the word cannot be typed with the labels, is too long, or there are too
    /// many.
    pub fn add(&self, word: &str) -> Result<(), Rejection> {
        self.change(word, |entry| {
            entry.log_prior = entry.log_prior.or(Some(DEFAULT_LOG_PRIOR));
        })
    }

    /// Adds `word` with a log prior in nats, or replaces the log prior of a word added earlier.
    ///
    /// # Errors
    /// As [`add`](Self::add); [`Rejection::Weight`] unless `log_prior` lies between -100 and 0.
    pub fn add_with(&self, word: &str, log_prior: f32) -> Result<(), Rejection> {
        if !(-100.0..=0.0).contains(&log_prior) {
            return Err(Rejection::Weight);
        }
        self.change(word, |entry| entry.log_prior = Some(log_prior))
    }

    /// Removes every entry for `word`; a word of a lexicon returns to its prior there.
    ///
    /// # Errors
    /// [`Rejection`] where the word could not have been added.
    pub fn remove(&self, word: &str) -> Result<(), Rejection> {
        self.change(word, |entry| *entry = UserWord::new(&entry.word))
    }

    /// Raises the log prior of `word` by `nats`, or lowers it. A new boost replaces the old one;
    /// [`MAX_BOOST`] caps it. A boost affects words that the user added or a lexicon has.
    ///
    /// # Errors
    /// As [`add`](Self::add); [`Rejection::Weight`] for a number that is not finite.
    pub fn boost(&self, word: &str, nats: f32) -> Result<(), Rejection> {
        if !nats.is_finite() {
            return Err(Rejection::Weight);
        }
        let nats = nats.clamp(-MAX_BOOST, MAX_BOOST);
        self.change(word, |entry| entry.boost = nats)
    }

    /// Blocks `word`, whatever its capitals and whichever lexicon has it.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn block(&self, word: &str) -> Result<(), Rejection> {
        self.change(word, |entry| entry.blocked = true)
    }

    /// Undoes [`block`](Self::block).
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn unblock(&self, word: &str) -> Result<(), Rejection> {
        self.change(word, |entry| entry.blocked = false)
    }

    /// Records that the user chose `word`. Each choice raises its prior. Old choices fade as others
    /// are made: by half in [`HALF_LIFE`] choices, updated every hundred. A word that neither a
    /// lexicon nor the user has is ignored.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn learn(&self, word: &str) -> Result<(), Rejection> {
        let shown = display_form(word);
        let key = self.key(&shown)?;
        let mut state = self.write();
        let mut node = state.root.as_ref();
        for label in &key {
            node = node.and_then(|node| node.child(*label));
        }
        let forms = self.inner.layers.forms(&key, node.map(|node| &**node));
        if !forms.iter().any(|(form, _)| *form == shown) {
            return Ok(());
        }
        drop(forms);
        state.choices = state.choices.saturating_add(1);
        let choices = state.choices;
        self.put_at(&mut state, &key, &shown, |entry| {
            entry.chosen = entry.decayed(choices) + 1.0;
            entry.chosen_at = choices;
        })?;
        if choices.is_multiple_of(FADE_EVERY) {
            self.fade(&mut state);
        }
        Ok(())
    }

    /// Updates the counts of old choices.
    fn fade(&self, state: &mut State) {
        let choices = state.choices;
        for entry in state.entries().iter().filter(|entry| entry.chosen > 0.0) {
            let Ok(key) = self.key(&entry.word) else {
                continue;
            };
            // An existing entry already has room.
            let _ = self.put_at(state, &key, &entry.word, |entry| {
                let left = entry.decayed(choices);
                entry.chosen = if left < FADED { 0.0 } else { left };
                entry.chosen_at = choices;
            });
        }
    }

    /// All entries, in the order of the keys and words.
    pub fn entries(&self) -> Vec<UserWord> {
        self.state().entries()
    }

    /// Number of words with an entry.
    pub fn len(&self) -> usize {
        self.state().count
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Approximate size of the words in bytes.
    pub fn bytes(&self) -> usize {
        self.state().root.map_or(0, |root| root.bytes())
    }

    /// Removes all entries.
    pub fn clear(&self) {
        *self.write() = State::default();
    }

    /// The lexicons with the present words.
    pub(crate) fn snapshot(&self) -> LexiconStack {
        self.inner.layers.with_user(self.state().root)
    }

    /// Writes the words to a file, completely or not at all. Only the owner may read the file,
    /// because it holds what the user typed.
    ///
    /// # Errors
    /// [`Error::Write`]; an older file is then unchanged.
    pub fn export(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let state = self.state();
        let stored = Stored {
            choices: state.choices,
            words: state.entries(),
        };
        let body = serde_json::to_vec(&stored).map_err(|source| Error::Write {
            path: path.to_path_buf(),
            source: source.into(),
        })?;
        let mut content = format!("{HEADER} {}\n", sha256_hex(&body)).into_bytes();
        content.extend_from_slice(&body);
        write_atomically(path, &content, true)
    }

    /// Replaces the present words with those of a file.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`], [`Error::Unsupported`], [`Error::WrongVocabulary`] or
    /// [`Error::TooLarge`]; the present words then stay.
    pub fn import(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let about = std::fs::metadata(path).map_err(|source| Error::io(path, source))?;
        if about.len() > MAX_FILE {
            return Err(Error::TooLarge {
                what: "a file of user words",
                limit: MAX_FILE,
                got: about.len(),
            });
        }
        let content = std::fs::read(path).map_err(|source| Error::io(path, source))?;
        let stored = parse(&content, path)?;
        let fresh = self.empty(&self.inner.layers, stored.choices);
        for word in stored.words {
            match fresh.put(word) {
                Ok(()) => {}
                Err(Rejection::Untypeable(_)) => {
                    return Err(Error::WrongVocabulary {
                        path: path.to_path_buf(),
                        expected: "no label for it".to_owned(),
                        got: "a word needs another letter".to_owned(),
                    });
                }
                Err(reason) => return Err(Error::damaged(path, "a word", "a word", reason)),
            }
        }
        *self.write() = fresh.state();
        Ok(())
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        let state = self.inner.state.write();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> State {
        let state = self.inner.state.read();
        state.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn key(&self, shown: &str) -> Result<Vec<u8>, Rejection> {
        if shown.len() > MAX_TEXT {
            return Err(Rejection::TooLong);
        }
        self.inner
            .alphabet
            .fold(shown)
            .map_err(Rejection::Untypeable)
    }

    fn change(&self, word: &str, change: impl FnOnce(&mut UserWord)) -> Result<(), Rejection> {
        let shown = display_form(word);
        let key = self.key(&shown)?;
        let mut state = self.write();
        self.put_at(&mut state, &key, &shown, change)
    }

    /// Stores a whole entry.
    fn put(&self, word: UserWord) -> Result<(), Rejection> {
        let given = word.word.clone();
        self.change(&given, |entry| {
            *entry = UserWord {
                word: entry.word.clone(),
                ..word
            }
        })
    }

    fn put_at(
        &self,
        state: &mut State,
        key: &[u8],
        shown: &str,
        change: impl FnOnce(&mut UserWord),
    ) -> Result<(), Rejection> {
        let mut change = Some(change);
        let (mut before, mut after) = (0, 0);
        let room = MAX_USER_WORDS - state.count.min(MAX_USER_WORDS);
        let root = Node::changed(
            state.root.as_deref(),
            key,
            0,
            &|key, entries| self.inner.layers.key_cost(key, entries),
            &mut |entries| {
                before = entries.len();
                let at = match entries.iter().position(|entry| entry.word == shown) {
                    Some(at) => at,
                    None => {
                        entries.push(UserWord::new(shown));
                        entries.len() - 1
                    }
                };
                if let Some(change) = change.take() {
                    change(&mut entries[at]);
                }
                if entries[at].is_void() {
                    entries.remove(at);
                }
                after = entries.len();
            },
        );
        if after > before && room == 0 {
            return Err(Rejection::Full);
        }
        state.count = state.count + after - before;
        state.root = root;
        Ok(())
    }
}

/// Parses the content of a user-words file.
fn parse(content: &[u8], path: &Path) -> Result<Stored> {
    let damaged = |what, expected: &str, got: &str| Error::damaged(path, what, expected, got);
    let end = content.iter().take(200).position(|byte| *byte == b'\n');
    let line = end.and_then(|end| std::str::from_utf8(&content[..end]).ok());
    let line = line.ok_or_else(|| damaged("the first line", "that of user words", "none"))?;
    let (header, hash) = line.rsplit_once(' ').unwrap_or((line, ""));
    if header != HEADER {
        let name = HEADER.rsplit_once(' ').map_or(HEADER, |(name, _)| name);
        return Err(match header.strip_prefix(name) {
            Some(version) => Error::Unsupported {
                path: path.to_path_buf(),
                what: "user words of version",
                expected: "1".to_owned(),
                got: version.trim().chars().take(20).collect(),
            },
            None => damaged("the first line", HEADER, "another text"),
        });
    }
    let body = &content[line.len() + 1..];
    let got = sha256_hex(body);
    if got != hash {
        return Err(Error::damaged(path, "the SHA-256", hash, got));
    }
    let stored: Stored = serde_json::from_slice(body)
        .map_err(|_| damaged("the words", "a list of words", "something else"))?;
    if stored.words.len() > MAX_USER_WORDS {
        return Err(Error::TooLarge {
            what: "the number of words of a user",
            limit: MAX_USER_WORDS as u64,
            got: stored.words.len() as u64,
        });
    }
    if !stored.words.iter().all(UserWord::is_sound) {
        return Err(damaged("a number of a word", "one in its range", "another"));
    }
    Ok(stored)
}
