//! What a search may find: word lists made into lexicons, texts and ARPA files made into language
//! models.

pub mod language_model;
pub mod lexicon;
