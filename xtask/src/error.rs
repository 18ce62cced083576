//! What can go wrong in a developer command.

use std::io;
use std::path::{Path, PathBuf};

/// Result of a step.
pub type Result<T> = std::result::Result<T, Error>;

/// Errors of the developer commands; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program could not be started.
    #[error("cannot start {program}: {source}; is it installed?")]
    Start {
        /// The program.
        program: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A program ended with an error.
    #[error("{command} failed ({status})")]
    Failed {
        /// The whole command.
        command: String,
        /// How it ended.
        status: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {what}: expected {expected}, got {got}", path = path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The property.
        what: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        got: String,
    },
    /// There is no Python.
    #[error("cannot start {python}: {source}; install Python 3.11 or newer with pip and venv")]
    Python {
        /// Name of the interpreter.
        python: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Python lacks a module of its standard distribution.
    #[error(
        "{python} has no module {module}; install it (on Debian and Ubuntu: the package python3-{module})"
    )]
    PythonModule {
        /// Name of the interpreter.
        python: &'static str,
        /// The module.
        module: &'static str,
    },
    /// A download did not succeed.
    #[error(
        "cannot fetch {what}: {source}; it takes network to its registry (and, for wheels, Python with pip); by hand: {by_hand}"
    )]
    Fetch {
        /// What was to be fetched.
        what: String,
        /// What to do without the download.
        by_hand: String,
        /// What went wrong.
        #[source]
        source: Box<Error>,
    },
    /// There is nothing for this platform.
    #[error("no pinned wheel of {package} for {platform}; {by_hand}")]
    Platform {
        /// The package.
        package: &'static str,
        /// The platform.
        platform: String,
        /// What to do without it.
        by_hand: String,
    },
    /// Something that is needed is not here.
    #[error("missing: {what}; {by_hand}")]
    Missing {
        /// What.
        what: String,
        /// What to do.
        by_hand: String,
    },
    /// A file that was built does not pass its checks.
    #[error("{path}: {faults}", path = path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Everything that is wrong with it.
        faults: String,
    },
    /// A package holds too much or too little.
    #[error("package {package}: {problems}; `include` in its Cargo.toml says what is in it")]
    Package {
        /// Its name.
        package: String,
        /// Everything that is wrong with it.
        problems: String,
    },
    /// The public API of a crate is not the one that is written down.
    #[error(
        "the public API is not that of {path}:\n{changes}\nif that is meant, run `cargo xtask api --update` and commit the file", path = path.display()
    )]
    Api {
        /// The list.
        path: PathBuf,
        /// Lines that are gone and new, each with its sign.
        changes: String,
    },
    /// The toolchain's rustdoc writes what the reader of its output does not know.
    #[error(
        "cannot read what rustdoc says of the public API: {source}; take Rust 1.95, or the version of `public-api` in Cargo.toml that fits this toolchain"
    )]
    Rustdoc {
        /// What the reader said.
        #[source]
        source: Box<public_api::Error>,
    },
    /// Some steps failed.
    #[error("{count} of the steps failed: {names}")]
    Steps {
        /// How many.
        count: usize,
        /// Which.
        names: String,
    },
    /// A dependency's licence is not one of those accepted.
    #[error("licences that are not accepted: {list}")]
    Licences {
        /// Packages with their licences.
        list: String,
    },
}

impl Error {
    /// For `map_err` on operations on `path`.
    pub fn io(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Io { path, source }
    }
}
