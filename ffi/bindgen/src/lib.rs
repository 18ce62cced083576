//! Generates bindings from swipekit's library: what UniFFI is to know of the interface stands in
//! it, and in `ffi/uniffi.toml`.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};

use uniffi::{GenerateOptions, TargetLanguage};

/// A language that bindings are generated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// Kotlin on the JVM, over JNA.
    Kotlin,
    /// Swift, with a C header and a module map.
    Swift,
    /// Python 3, over ctypes.
    Python,
}

impl From<Language> for TargetLanguage {
    fn from(language: Language) -> Self {
        match language {
            Language::Kotlin => Self::Kotlin,
            Language::Swift => Self::Swift,
            Language::Python => Self::Python,
        }
    }
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// UniFFI takes paths that are text.
    #[error("{} is no UTF-8 path; choose another folder", path.display())]
    Path {
        /// The path.
        path: PathBuf,
    },
    /// The library has nothing of UniFFI's in it, or a file cannot be written.
    #[error("cannot generate bindings of {}: {message}; it must be built with the feature uniffi and not be stripped", library.display())]
    Generate {
        /// The library.
        library: PathBuf,
        /// What UniFFI said.
        message: String,
    },
}

/// Writes the bindings of `library` (built of `swipekit-ffi`) for `languages` into the folder
/// `output`, which is made.
///
/// # Errors
/// [`Error`] where the library is none with UniFFI's interface, or a file cannot be written.
pub fn generate(library: &Path, languages: &[Language], output: &Path) -> Result<(), Error> {
    let text = |path: &Path| {
        let path = path.to_path_buf();
        path.try_into()
            .map_err(|error: camino::FromPathBufError| Error::Path {
                path: error.into_path_buf(),
            })
    };
    uniffi::generate(GenerateOptions {
        languages: languages.iter().copied().map(Into::into).collect(),
        source: text(library)?,
        out_dir: text(output)?,
        // Offline, and nothing of another crate is in the interface.
        metadata_no_deps: true,
        ..GenerateOptions::default()
    })
    .map_err(|error| Error::Generate {
        library: library.to_path_buf(),
        message: format!("{error:#}"),
    })
}
