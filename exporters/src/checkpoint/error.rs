//! Why a checkpoint could not be read.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A checkpoint that could not be read, and why.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}", path = path.display())]
pub struct CheckpointError {
    /// The checkpoint file.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub problem: Problem,
}

/// What can be wrong with a checkpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The operating system failed to read the file, or the temporary copy of its unpacked form.
    #[error("cannot read: {0}")]
    Io(#[from] io::Error),
    /// The file is of another kind.
    #[error("not a NeMo checkpoint: this is {found}; {advice}")]
    NotACheckpoint {
        /// Probable kind of the file.
        found: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The archive or its pickle breaks its format: truncated or altered.
    #[error("{part} is damaged: expected {expected}, got {got}; copy or save the checkpoint again")]
    Damaged {
        /// The part of the file.
        part: String,
        /// What a sound file has there.
        expected: String,
        /// What was found.
        got: String,
    },
    /// The part that is read names a Python class or function that is not on the list of known
    /// ones.
    #[error(
        "{part} holds {global}, which is not on the list of known globals; nothing of a checkpoint is ever executed: \
         save plain tensors and configuration values"
    )]
    ForbiddenGlobal {
        /// The part of the checkpoint.
        part: String,
        /// The module and name of the class or function.
        global: String,
    },
    /// A part is larger than a checkpoint needs.
    #[error("{what} is too large: at most {limit}, got {got}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The largest accepted value.
        limit: u64,
        /// The value found, or declared.
        got: u64,
    },
    /// A value of the model configuration is missing or cannot be understood.
    #[error("model configuration: {key}: expected {expected}, got {got}")]
    Config {
        /// Dotted name of the value.
        key: String,
        /// What is expected.
        expected: String,
        /// What was found.
        got: String,
    },
    /// The model configuration has an option that swipekit does not support.
    #[error(
        "model configuration: {key}: {got} is not supported, only {supported}; train or convert the model with that"
    )]
    Unsupported {
        /// Dotted name of the value.
        key: String,
        /// What is supported.
        supported: String,
        /// What was found.
        got: String,
    },
    /// The model configuration lists the labels in two fields that differ. The weights do not tell
    /// which list the network was trained with.
    #[error(
        "model configuration: labels and {field} differ: {difference}; NeMo's change_vocabulary() renews \
         {field} and leaves labels as they were: set labels to those that the network was trained with (in NeMo \
         `model.cfg.labels = list(model.joint.vocabulary)`) and save the checkpoint again"
    )]
    StaleLabels {
        /// Dotted name of the other field.
        field: String,
        /// The first difference, and the number of labels in each field.
        difference: String,
    },
    /// Tensors are missing, unexpected or of a wrong shape, or have unusable values.
    #[error("{} problems: the tensors do not fit the model configuration:{}{}", problems.len() + more, TensorList(problems), More(*more))]
    Tensors {
        /// The first problems, in the order missing, unexpected, wrong shape; or wrong values.
        problems: Vec<TensorProblem>,
        /// Number of further problems.
        more: usize,
    },
}

/// What is wrong with one tensor.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TensorProblem {
    /// The model configuration requires it.
    #[error("{name} is missing (expected shape {expected:?})")]
    Missing {
        /// NeMo's name of the tensor.
        name: String,
        /// The shape that the configuration calls for.
        expected: Vec<usize>,
    },
    /// The model configuration has no such tensor.
    #[error("{name} is unexpected")]
    Unexpected {
        /// NeMo's name of the tensor.
        name: String,
    },
    /// It has another shape.
    #[error("{name} has shape {got:?}, expected {expected:?}")]
    Shape {
        /// NeMo's name of the tensor.
        name: String,
        /// The shape that the configuration calls for.
        expected: Vec<usize>,
        /// The shape in the checkpoint.
        got: Vec<u64>,
    },
    /// A value is not usable.
    #[error("{name}[{index}] is {got}, expected {expected}")]
    Value {
        /// NeMo's name of the tensor.
        name: String,
        /// Row-major index of the first such value.
        index: usize,
        /// What is expected.
        expected: &'static str,
        /// The value.
        got: f32,
    },
}

impl Problem {
    pub(super) fn damaged(
        part: impl Into<String>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> Self {
        Self::Damaged {
            part: part.into(),
            expected: expected.into(),
            got: got.into(),
        }
    }

    pub(super) fn config(
        key: impl Into<String>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> Self {
        Self::Config {
            key: key.into(),
            expected: expected.into(),
            got: got.into(),
        }
    }

    pub(super) fn unsupported(
        key: impl Into<String>,
        supported: impl Into<String>,
        got: impl Into<String>,
    ) -> Self {
        Self::Unsupported {
            key: key.into(),
            supported: supported.into(),
            got: got.into(),
        }
    }

    /// An error of all `problems`, of which only the first are listed.
    pub(super) fn tensors(mut problems: Vec<TensorProblem>) -> Self {
        const NAMED: usize = 40;
        let more = problems.len().saturating_sub(NAMED);
        problems.truncate(NAMED);
        Self::Tensors { problems, more }
    }
}

/// Fails with [`Problem::TooLarge`] when `got` is above `limit`.
pub(super) fn at_most(what: &'static str, limit: u64, got: u64) -> Result<(), Problem> {
    if got > limit {
        Err(Problem::TooLarge { what, limit, got })
    } else {
        Ok(())
    }
}

struct TensorList<'a>(&'a [TensorProblem]);

impl fmt::Display for TensorList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

struct More(usize);

impl fmt::Display for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 0 {
            write!(f, "\n  and {} more", self.0)
        } else {
            Ok(())
        }
    }
}
