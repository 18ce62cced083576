//! Why bundles could not be compared.

use std::path::PathBuf;

/// What can go wrong in a comparison, besides reading and decoding. No variant holds a typed word
/// or a point of a trace.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// There is nothing to compare with.
    #[error("expected at least two bundles, got {got}; name the baseline first, then the others")]
    TooFew {
        /// Bundles given.
        got: usize,
    },
    /// A number of the options cannot be used.
    #[error("{what} must be {expected}, got {got}")]
    Option {
        /// Which option.
        what: &'static str,
        /// What is accepted.
        expected: &'static str,
        /// The value given.
        got: usize,
    },
    /// Two bundles would not be given the same task.
    #[error(
        "{path} cannot be compared with {baseline}: {what}: expected {expected}, got {got}; {fix}",
        path = path.display(),
        baseline = baseline.display()
    )]
    Differs {
        /// The bundle that the others are held against.
        baseline: PathBuf,
        /// The other bundle.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// What the baseline has.
        expected: Box<str>,
        /// What the other has.
        got: Box<str>,
        /// What to do about it.
        fix: &'static str,
    },
    /// The process that measures memory and opening failed.
    #[error("{program} failed to measure {bundle}: {message}", program = program.display(), bundle = bundle.display())]
    Launch {
        /// The program that was run.
        program: PathBuf,
        /// The bundle.
        bundle: PathBuf,
        /// What it said, or what was wrong with what it said.
        message: String,
    },
}
