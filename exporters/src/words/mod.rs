//! Makes lexicons of word lists, and language models of texts and ARPA files.

pub mod language_model;
pub mod lexicon;
