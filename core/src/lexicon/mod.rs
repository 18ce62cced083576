//! The words, as an automaton over the labels of the model.
//!
//! A word's *key* is the string of labels that a finger types for it (`fold`): `don't` and `dont`
//! share `d o n t`. A [`Lexicon`] holds the keys in a minimal automaton whose costs, added up along
//! a prefix, are the least -log prior of any word below (`automaton`), and beside it a table of
//! how words are written where the key alone does not tell. [`LexiconBuilder`] makes one from words
//! and frequencies in milliseconds, at export or in the app.
//!
//! A search runs over [`LexiconStack`]: one or more lexicons, each with a weight, and on top of
//! them the user's own [`UserWords`], which change between two swipes in microseconds.

pub(crate) mod automaton;
mod builder;
pub(crate) mod fold;
mod format;
mod minimize;
mod reader;
pub(crate) mod stack;
pub(crate) mod user;
mod verify;
mod words;

#[cfg(test)]
mod tests;

#[doc(hidden)]
pub use automaton::{State, Transition, Transitions};
pub use builder::{BuiltLexicon, DEFAULT_COST_UNIT, LexiconBuilder, Rejected, Rejection};
pub use fold::{Alphabet, MAX_KEY, Untypeable};
pub use format::{LEXICON_VERSION, MAX_FILE};
pub use reader::Lexicon;
pub use stack::{Layer, LexiconStack, MAX_LAYERS};
pub use user::{HALF_LIFE, MAX_BOOST, MAX_USER_WORDS, UserWord, UserWords};
