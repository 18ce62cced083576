//! N-gram models with back-off, of one to three words: what the words before a swipe say about it.
//!
//! A [`LanguageModel`] is a mapped file, searched in place. It holds the words in byte order, for
//! each word the words that follow it, and for each pair the words that follow the pair (a trie, as
//! in KenLM: Heafield, *KenLM: Faster and Smaller Language Model Queries*, WMT 2011). Probabilities
//! and back-off weights have 8 to 16 bits. [`LanguageModelBuilder`] builds the file from an ARPA
//! file or from text (`swipekit language-model build`).
//!
//! The probability of a word after a history h follows Katz's back-off: log p(w | h) where the
//! model has h w, otherwise log bow(h) + log p(w | h'). Here h' is h without its first word, and
//! bow(h) is 1 for a history that the model lacks.
//!
//! Words are compared after folding ([`fold_word`]): normal form C, one kind of apostrophe and
//! hyphen, lower case. Some models have no word with an apostrophe, because their text was cleaned;
//! lookups then ignore apostrophes.

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

/// Most words of an n-gram.
pub const MAX_ORDER: usize = 3;
/// The marker before a sentence's first word; as the first word of a context it marks the start of
/// the sentence.
pub const SENTENCE_START: &str = "<s>";
/// The marker after a sentence's last word.
pub const SENTENCE_END: &str = "</s>";
/// The entry for all words that a model lacks.
pub const UNKNOWN: &str = "<unk>";
