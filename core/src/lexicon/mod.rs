//! The words, as an automaton over the labels of the model.
//!
//! A word's *key* is the string of labels that a finger types for it (`fold`): `don't` and `dont`
//! share `d o n t`. A [`Lexicon`] holds the keys in a minimal automaton whose costs, summed along a
//! prefix, are the least -log prior of any word below it (`automaton`). A table beside it holds
//! the written forms of words whose key does not determine them. [`LexiconBuilder`] builds a
//! lexicon from words and frequencies within milliseconds, at export or in the app.
//!
//! A search runs over a [`LexiconStack`]: one or more lexicons, each with a weight, and the user's
//! own [`UserWords`]. User words change between two swipes within microseconds.

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
