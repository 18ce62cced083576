//! Lexicons: word lists and frequencies become two lists of words, and a list becomes the lexicon
//! file of a model.

mod build;
mod error;
mod filter;
mod inspect;
mod prepare;
mod sources;

#[cfg(test)]
mod tests;

pub use build::{BuildOptions, BuildReport, build, build_bytes, of_words, open_or_build};
pub use error::{LexiconError, Result};
pub use filter::{Filters, Reason, SINGLE_LETTERS, VOWELLESS};
pub use inspect::{InspectReport, inspect};
pub use prepare::{ListReport, PrepareOptions, PrepareReport, prepare};
pub use sources::{FrequencyList, read_frequencies, read_words};
