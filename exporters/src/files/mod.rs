//! Files: what can go wrong with them, and their hashes. Every other folder may use this one.

mod error;
pub(crate) mod sha256;

pub use error::{FileError, Result};
