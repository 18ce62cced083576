//! What can go wrong in an export or a command.

use std::io;
use std::path::{Path, PathBuf};

use crate::audit::AuditError;
use crate::checkpoint::CheckpointError;
use crate::judge::compare::CompareError;
use crate::network::NetworkError;
use crate::pte::PteError;
use crate::quantize::QuantizeError;
use crate::validate::ValidationError;
use crate::words::language_model::LanguageError;
use crate::words::lexicon::LexiconError;

/// Result of a command.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The checkpoint cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint's configuration and tensors do not form a network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// An artefact is not what the checkpoint calls for.
    #[error(transparent)]
    Validation(#[from] ValidationError),
    /// An encoder is not what it is said to be.
    #[error("the export is refused: {0}")]
    Audit(#[from] AuditError),
    /// The encoder cannot be brought to fewer bits.
    #[error(transparent)]
    Quantize(#[from] QuantizeError),
    /// INT8 was asked for without swipes to calibrate on.
    #[error(
        "INT8 needs swipes to calibrate on: give a manifest with --calibration, or --synthetic-calibration to try things out"
    )]
    NoCalibration,
    /// A program of ExecuTorch cannot be made or is not what it should be.
    #[error(transparent)]
    Pte(#[from] PteError),
    /// A word list or a lexicon cannot be used.
    #[error(transparent)]
    Lexicon(#[from] LexiconError),
    /// A language model or what it is made of cannot be used.
    #[error(transparent)]
    Language(#[from] LanguageError),
    /// The weights cannot be put into a file.
    #[error("cannot write the weights of prediction network and joint: {0}")]
    Weights(#[from] safetensors::SafeTensorError),
    /// Bundles cannot be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// A bundle, a lexicon or a runtime failed.
    #[error(transparent)]
    Core(#[from] swipekit::Error),
    /// A line of a manifest of swipes is not of its form. What stands there is not shown: it may be
    /// what someone typed.
    #[error("{path}:{line}: expected {expected}, got {got}; correct or remove the line", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: u64,
        /// What a sound line holds.
        expected: &'static str,
        /// What is wrong, without the content.
        got: String,
    },
    /// A folder or file is in the way of what is to be written.
    #[error("{path} is in the way: expected {expected}, got {got}; move it away or write to another place", path = path.display())]
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
    /// A dynamic bundle was given to a command that needs words.
    #[error("{path} has no lexicon: give one with --lexicon", path = path.display())]
    NoLexicon {
        /// The bundle.
        path: PathBuf,
    },
    /// Something could not be written.
    #[error("cannot write {path}: {source}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
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
}

impl Error {
    /// For `map_err` on JSON of `path`.
    pub fn json(path: impl AsRef<Path>) -> impl FnOnce(serde_json::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Json { path, source }
    }

    /// For `map_err` on writes to `path`.
    pub fn write(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Write { path, source }
    }

    /// Exit code of the command line: 3 for a failed check, 1 for everything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Validation(ValidationError::Check { .. })
            | Self::Audit(_)
            | Self::Quantize(QuantizeError::Budget { .. })
            | Self::Pte(PteError::Refused { .. } | PteError::Budget { .. })
            | Self::Core(swipekit::Error::SelfTest { .. }) => 3,
            Self::Core(swipekit::Error::Damaged { .. }) => 3,
            Self::Lexicon(LexiconError::Core(swipekit::Error::Damaged { .. })) => 3,
            Self::Language(LanguageError::Core(swipekit::Error::Damaged { .. })) => 3,
            _ => 1,
        }
    }
}
