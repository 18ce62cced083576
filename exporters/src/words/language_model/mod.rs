//! Language models: builds the file that core reads from ARPA files or text, and inspects it.

mod arpa;
mod build;
mod counts;
mod error;
mod inspect;
mod kneser_ney;
mod lines;
mod text;

#[cfg(test)]
mod tests;

pub use build::{BuildOptions, BuildReport, Source, build, build_bytes};
pub use error::{LanguageError, Result};
pub use inspect::{InspectReport, Perplexity, inspect};
pub use text::{Cursor, Sentences, tokens};
