//! What the words before a swipe say of it: n-gram models with back-off, of one to three words.
//!
//! A [`LanguageModel`] is a file, mapped and searched where it lies: words in byte order, and for
//! each word the words that follow it, and for each pair those that follow the pair (a trie, as in
//! KenLM: Heafield, *KenLM: Faster and Smaller Language Model Queries*, WMT 2011), with
//! probabilities and back-off weights in 8 to 16 bits. It is made by a [`LanguageModelBuilder`],
//! from an ARPA file or from text (`swipekit language-model build`).
//!
//! The probability of a word behind a history is that of Katz's back-off: log p(w | h) where the
//! model has h w, otherwise log bow(h) + log p(w | h'), where h' is h without its first word and
//! bow(h) is 1 for a history that the model lacks.
//!
//! Words are compared in one form ([`fold_word`]): normal form C, one kind of apostrophe and
//! hyphen, lower case. Where no word of a model has an apostrophe, as in models of much cleaned
//! text, those of a word that is looked up do not count.

mod builder;
mod fold;
mod format;
mod model;
mod packed;
mod quantize;
#[cfg(test)]
mod tests;
mod verify;
mod vocabulary;

pub use builder::{BuiltLanguageModel, DEFAULT_BITS, LanguageModelBuilder, Refusal};
pub use fold::{MAX_WORD, fold_word};
pub use format::{LANGUAGE_VERSION, MAX_FILE};
pub use model::{Context, LanguageModel};

/// Words of an n-gram at most.
pub const MAX_ORDER: usize = 3;
/// The word before a sentence's first; as the first word of a context it says that the sentence
/// begins there.
pub const SENTENCE_START: &str = "<s>";
/// The word behind a sentence's last.
pub const SENTENCE_END: &str = "</s>";
/// What a model has for all words that it lacks.
pub const UNKNOWN: &str = "<unk>";
