//! Errors of making a `.pte` file.

use std::path::PathBuf;

use crate::check::FailedCheck;
use crate::files::FileError;

/// A program cannot be lowered, or is wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PteError {
    /// This build has no ExecuTorch to test the programs with.
    #[error(
        "this build of swipekit has no ExecuTorch: expected the feature `executorch`, got a build without it; run `cargo \
         xtask setup --executorch` and build with `--features executorch`"
    )]
    NotBuilt,
    /// There is no Python with PyTorch and ExecuTorch.
    #[error(
        "no Python with PyTorch and ExecuTorch: expected an interpreter, tried {}; run `cargo xtask setup --executorch`, \
         or name one with --python or in {variable}",
        tried.join(", "), variable = super::VARIABLE
    )]
    NoPython {
        /// The paths searched.
        tried: Vec<String>,
    },
    /// The interpreter could not be started.
    #[error("cannot start {path}: {source}; run `cargo xtask setup --executorch`, or name another interpreter with --python", path = path.display())]
    Start {
        /// The interpreter.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The Python side reported an error.
    #[error("the Python side failed while {stage}: {kind}: {message}")]
    Python {
        /// The stage of its work.
        stage: String,
        /// Class of the exception.
        kind: String,
        /// Its text.
        message: String,
    },
    /// The Python side ended without a result.
    #[error("the Python side ended without a result: {status}; it said: {said}")]
    Ended {
        /// How it ended.
        status: String,
        /// The end of its standard error.
        said: String,
    },
    /// The Python side violated the protocol.
    #[error("the Python side wrote {got}, expected {expected}; are both of the same version?")]
    Protocol {
        /// The expected line or result.
        expected: &'static str,
        /// What was found.
        got: String,
    },
    /// A program does not match its description, or its 8 bits lose too much.
    #[error(transparent)]
    Check(#[from] FailedCheck),
    /// The input of the Python side cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The weights cannot be written to a file for the Python side.
    #[error("cannot write the weights for the Python side: {0}")]
    Weights(#[from] safetensors::SafeTensorError),
}
