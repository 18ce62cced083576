//! The errors of all folders together.

use std::io;
use std::path::{Path, PathBuf};

use crate::audit::AuditError;
use crate::checkpoint::CheckpointError;
use crate::files::FileError;
use crate::judge::JudgeError;
use crate::network::NetworkError;
use crate::pte::PteError;
use crate::quantize::QuantizeError;
use crate::synth::SynthError;
use crate::validate::ValidationError;
use crate::words::language_model::LanguageError;
use crate::words::lexicon::LexiconError;

/// Result of an export or a command.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong in an export or a command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read, written or used, or core failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// The checkpoint cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint's configuration and tensors do not form a network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// An artefact does not match the checkpoint.
    #[error(transparent)]
    Validation(#[from] ValidationError),
    /// An encoder does not match its description.
    #[error("the export is refused: {0}")]
    Audit(#[from] AuditError),
    /// The encoder cannot be quantized.
    #[error(transparent)]
    Quantize(#[from] QuantizeError),
    /// INT8 needs calibration swipes, and none were given.
    #[error(
        "INT8 needs swipes to calibrate on: give a swipe file with --calibration, or --synthetic-calibration to try things out"
    )]
    NoCalibration,
    /// An ExecuTorch program cannot be made or is wrong.
    #[error(transparent)]
    Pte(#[from] PteError),
    /// A word list or a lexicon cannot be used.
    #[error(transparent)]
    Lexicon(#[from] LexiconError),
    /// A language model or its source cannot be used.
    #[error(transparent)]
    Language(#[from] LanguageError),
    /// The weights cannot be written to a file.
    #[error("cannot write the weights of prediction network and joint: {0}")]
    Weights(#[from] safetensors::SafeTensorError),
    /// A bundle cannot be judged.
    #[error(transparent)]
    Judge(#[from] JudgeError),
    /// Swipes cannot be made.
    #[error(transparent)]
    Synth(#[from] SynthError),
    /// A dynamic bundle was given to a command that needs words.
    #[error("{path} has no lexicon: give one with --lexicon", path = path.display())]
    NoLexicon {
        /// The bundle.
        path: PathBuf,
    },
}

impl From<swipekit::Error> for Error {
    fn from(error: swipekit::Error) -> Self {
        Self::File(error.into())
    }
}

impl Error {
    /// For `map_err` on JSON of `path`.
    pub fn json(path: impl AsRef<Path>) -> impl FnOnce(serde_json::Error) -> Self {
        let failed = FileError::json(path);
        move |source| failed(source).into()
    }

    /// For `map_err` on writes to `path`.
    pub fn write(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let failed = FileError::write(path);
        move |source| failed(source).into()
    }

    /// Whether an artefact was made and failed a check.
    pub fn is_failed_check(&self) -> bool {
        matches!(
            self,
            Self::Validation(ValidationError::Check(_))
                | Self::Audit(_)
                | Self::Quantize(QuantizeError::Check(_))
                | Self::Pte(PteError::Check(_))
        )
    }

    /// The file error, whichever folder it came from.
    fn file(&self) -> Option<&FileError> {
        match self {
            Self::File(error)
            | Self::Lexicon(LexiconError::File(error))
            | Self::Language(
                LanguageError::File(error) | LanguageError::Lexicon(LexiconError::File(error)),
            )
            | Self::Judge(
                JudgeError::File(error) | JudgeError::Lexicon(LexiconError::File(error)),
            )
            | Self::Synth(
                SynthError::File(error) | SynthError::Lexicon(LexiconError::File(error)),
            ) => Some(error),
            _ => None,
        }
    }

    /// Exit code of the command line: 3 for a failed check or a damaged file, otherwise 1.
    pub fn exit_code(&self) -> u8 {
        let is_refused = self.file().is_some_and(|error| {
            error.is_damage() || matches!(error, FileError::Core(swipekit::Error::SelfTest { .. }))
        });
        match is_refused || self.is_failed_check() {
            true => 3,
            false => 1,
        }
    }
}
