//! What can go wrong with a file that is read or written.

use std::io;
use std::path::{Path, PathBuf};

/// Result of what reads or writes files.
pub type Result<T, E = FileError> = std::result::Result<T, E>;

/// A file that cannot be read, written or used, or what core says of one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The operating system failed to do something with a file.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was being done: `read` or `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system or the decompressor said.
        #[source]
        source: io::Error,
    },
    /// JSON could not be made or read.
    #[error("{path}: {source}", path = path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// A line is not of its form. What stands there is not shown: it may be what someone typed.
    #[error("{path}:{line}: expected {expected}, got {got}; correct or remove the line", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: u64,
        /// What a sound line holds.
        expected: String,
        /// What is wrong, without the content.
        got: String,
    },
    /// A folder or file is in the way of what is to be written.
    #[error("{path} is in the way: expected {expected}, got {got}; move it away or write elsewhere", path = path.display())]
    InTheWay {
        /// The folder or file.
        path: PathBuf,
        /// What may be replaced there.
        expected: &'static str,
        /// What is there.
        got: String,
    },
    /// A file holds nothing to work on.
    #[error("{path} holds no {what}", path = path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// What was expected.
        what: &'static str,
    },
    /// Core refused a file, or a value that was read from one or given.
    #[error(transparent)]
    Core(#[from] swipekit::Error),
}

impl FileError {
    /// For `map_err` on reading `path`.
    pub fn read(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        Self::io("read", path)
    }

    /// For `map_err` on writing `path`.
    pub fn write(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        Self::io("write", path)
    }

    fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// For `map_err` on JSON of `path`.
    pub fn json(path: impl AsRef<Path>) -> impl FnOnce(serde_json::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Json { path, source }
    }

    /// Whether a file is not what was once written: its size, hash or form is another.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Core(swipekit::Error::Damaged { .. }))
    }
}
