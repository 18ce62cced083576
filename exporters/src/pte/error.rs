//! What can go wrong on the way to a `.pte` file.

use std::path::PathBuf;

use crate::check::FailedCheck;
use crate::files::FileError;

/// A program that cannot be lowered, or is not what it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PteError {
    /// This build has no ExecuTorch to try the programs with.
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
        /// Where it was looked for.
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
        /// What it was doing.
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
    /// The Python side wrote what is not of the protocol.
    #[error("the Python side wrote {got}, expected {expected}; are both of the same version?")]
    Protocol {
        /// What a sound line or result holds.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// A program is not what it is said to be, or its 8 bits cost too much.
    #[error(transparent)]
    Check(#[from] FailedCheck),
    /// What the Python side reads cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The weights cannot be put into a file for the Python side.
    #[error("cannot write the weights for the Python side: {0}")]
    Weights(#[from] safetensors::SafeTensorError),
}
