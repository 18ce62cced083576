//! Lexicons: prepares two word lists from words and frequencies, and builds a model's lexicon file
//! from a list.

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
