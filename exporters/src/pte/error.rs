//! What can go wrong on the way to a `.pte` file.

use std::path::PathBuf;

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
        /// The places tried.
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
    /// A program is not what it is said to be.
    #[error("{file} is refused: {check}: expected {expected}, got {got}")]
    Refused {
        /// The program.
        file: String,
        /// What was checked.
        check: &'static str,
        /// What a sound program has.
        expected: String,
        /// What it has.
        got: String,
    },
    /// Eight bits cost too much.
    #[error(
        "8 bits ({scheme}) cost {top1_loss:.2} points of top-1 accuracy and leave a mean cosine of {cosine:.4} between \
         frames: expected at most {most} and at least {least}; allow more with --max-top1-loss, try the other --scheme, or \
         let FP32 take its place with --fallback-fp32"
    )]
    Budget {
        /// The scheme, and what else was done.
        scheme: String,
        /// Points of top-1 accuracy lost.
        top1_loss: f64,
        /// Mean cosine between frames.
        cosine: f64,
        /// Points that may be lost.
        most: f64,
        /// Least mean cosine.
        least: f64,
    },
}
