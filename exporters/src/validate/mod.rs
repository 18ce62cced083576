//! Checks finished artefacts against the reference network: the files on disk, run by the runtimes
//! that apps use.
//!
//! Every export calls [`validate`] and writes no bundle if it fails. The reference runs in double
//! precision, so the measured difference is the artefact's own rounding.

mod agreement;
mod cases;
mod encoder;
mod greedy;
mod measure;
mod parts;
#[cfg(feature = "executorch")]
pub mod programs;
mod step;
#[cfg(test)]
mod tests;
mod transducer;

use std::path::{Path, PathBuf};

use serde::Serialize;
use swipekit::internals::runtime::{OnnxModel, RuntimeOptions};

use crate::check::FailedCheck;
use crate::files::FileError;
use crate::network::Network;
use crate::onnx::{LengthType, StepOutput};
use crate::reference::InputError;

pub use agreement::{Agreement, agreement};
use measure::{Comparison, expect};
pub use transducer::rounding;

/// Largest accepted difference, relative for numbers above 1.
pub const TOLERANCE: f64 = 2e-5;

/// The files of an export.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// The encoder graph.
    pub encoder: &'a Path,
    /// The step graph.
    pub step: &'a Path,
    /// The prediction joint.
    pub transducer: &'a Path,
    /// Prediction network and joint as separate graphs, if they were written.
    pub parts: Option<Parts<'a>>,
}

/// Prediction network and joint as separate graphs.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The prediction network.
    pub prediction: &'a Path,
    /// The joint's projection of the encoder.
    pub joint_encoder: &'a Path,
    /// The joint after its projections, with raw logits.
    pub joint: &'a Path,
}

/// A check that passed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// Number of values compared.
    pub values: usize,
    /// Largest difference found, relative for numbers above 1.
    pub max_error: f64,
    /// Largest difference accepted.
    pub tolerance: f64,
}

/// The checks that an export passed, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ValidationReport {
    /// The checks.
    pub checks: Vec<Check>,
}

impl ValidationReport {
    /// The largest difference of all checks.
    pub fn max_error(&self) -> f64 {
        self.checks
            .iter()
            .map(|check| check.max_error)
            .fold(0.0, f64::max)
    }
}

/// An artefact does not match the checkpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// A check failed: the results of artefact and reference differ.
    #[error("check failed: {0}")]
    Check(#[from] FailedCheck),
    /// The runtime cannot load or run a file.
    #[error("{path}: {source}", path = path.display())]
    Runtime {
        /// The file.
        path: PathBuf,
        /// The runtime's error.
        #[source]
        source: Box<swipekit::Error>,
    },
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The reference refused an input of the validation.
    #[error(transparent)]
    Reference(#[from] InputError),
}

/// Result of a check.
type Result<T, E = ValidationError> = std::result::Result<T, E>;

/// Checks the files of an export against their network.
///
/// It checks the blank (last class, zero embedding); the encoder at several lengths and in a batch
/// padded with garbage; the step graph from the start of sequence, for every label and for states
/// of several labels; that the step graph's output sums to one exactly if it is declared to be
/// log-probabilities; core's own prediction joint; the separate graphs; and that greedy decoding
/// with the files gives the reference's labels.
///
/// # Errors
/// [`ValidationError`]: the first check that fails or cannot be made.
pub fn validate(
    network: &Network<'_>,
    files: &Files<'_>,
    lengths: LengthType,
) -> Result<ValidationReport> {
    let mut checks = vec![blank(network)?];
    let cases = cases::cases(network)?;
    let output = StepOutput::of(network.config.joint.log_softmax);
    let mut step = Graph::open(files.step)?;
    checks.extend(step::check(network, &mut step, output, &cases)?);
    checks.extend(transducer::check(network, files.transducer, &cases)?);
    if let Some(parts) = &files.parts {
        checks.extend(parts::check(network, parts, &cases)?);
    }
    let mut encoder = Graph::open(files.encoder)?;
    let (encoder_checks, encodings) = encoder::check(network, &mut encoder, lengths)?;
    checks.extend(encoder_checks);
    checks.push(greedy::check(network, &mut step, &encodings)?);
    Ok(ValidationReport { checks })
}

/// Checks that the blank is the last class and that its embedding, the start of sequence, is the
/// zero vector.
fn blank(network: &Network<'_>) -> Result<Check> {
    let check = "blank";
    expect(
        check,
        "class of the blank",
        network.blank() + 1,
        network.classes(),
    )?;
    let row = network
        .parameters
        .embedding
        .iter()
        .skip(network.blank() * network.config.prediction.hidden);
    let mut comparison = Comparison::new(check);
    for &value in row {
        comparison.exact("embedding of the blank", 0.0, value)?;
    }
    Ok(comparison.finish())
}

/// A model and its file.
struct Graph<'a> {
    path: &'a Path,
    model: OnnxModel,
}

impl<'a> Graph<'a> {
    fn open(path: &'a Path) -> Result<Self> {
        let model = OnnxModel::open(path, &RuntimeOptions::default()).map_err(failed(path))?;
        Ok(Self { path, model })
    }

    /// Checks the names of inputs and outputs.
    fn names(&self, check: &str, inputs: &[&str], outputs: &[&str]) -> Result<()> {
        expect(check, "inputs", inputs, &self.model.inputs())?;
        expect(check, "outputs", outputs, &self.model.outputs())
    }

    /// Runs the model. The outputs are in the model's order.
    fn run<const N: usize>(
        &mut self,
        inputs: &[(&str, &swipekit::internals::runtime::Tensor)],
    ) -> Result<[swipekit::internals::runtime::Tensor; N]> {
        let outputs = self.model.run(inputs).map_err(failed(self.path))?;
        let outputs: Vec<_> = outputs.into_iter().map(|(_, tensor)| tensor).collect();
        let count = outputs.len();
        let check = || self.path.display().to_string();
        outputs
            .try_into()
            .map_err(|_| refused(check(), format!("{N} outputs"), count))
    }
}

/// For `map_err` on the runtime's errors with `path`.
fn failed(path: &Path) -> impl FnOnce(swipekit::Error) -> ValidationError {
    move |source| ValidationError::Runtime {
        path: path.to_path_buf(),
        source: Box::new(source),
    }
}

/// A failed check of an artefact.
fn refused(
    check: impl Into<String>,
    expected: impl ToString,
    got: impl ToString,
) -> ValidationError {
    let failed = FailedCheck::new(check, expected, got);
    failed
        .advice("do not use the export, report the checkpoint's configuration")
        .into()
}
