//! Holds finished artefacts to the reference network: the files as they lie on disk, run by the
//! runtimes that will run them.
//!
//! Every export goes through [`validate`], and writes no bundle where it fails. The reference runs
//! in double precision, so what is measured is the artefact's own rounding.

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

/// Greatest accepted difference, relative to numbers above 1.
pub const TOLERANCE: f64 = 2e-5;

/// The files of an export.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// The encoder graph.
    pub encoder: &'a Path,
    /// The step graph.
    pub step: &'a Path,
    /// Prediction network and joint for core.
    pub transducer: &'a Path,
    /// Prediction network and joint as graphs of their own, where they were written.
    pub parts: Option<Parts<'a>>,
}

/// Prediction network and joint as graphs of their own.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The prediction network.
    pub prediction: &'a Path,
    /// The joint's projection of the encoder.
    pub joint_encoder: &'a Path,
    /// The joint after its projections; its logits are raw.
    pub joint: &'a Path,
}

/// A check that passed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// How many numbers were compared.
    pub values: usize,
    /// Greatest difference found, relative to numbers above 1.
    pub max_error: f64,
    /// Greatest difference accepted.
    pub tolerance: f64,
}

/// The checks that an export passed, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ValidationReport {
    /// The checks.
    pub checks: Vec<Check>,
}

impl ValidationReport {
    /// The greatest difference of all checks.
    pub fn max_error(&self) -> f64 {
        self.checks
            .iter()
            .map(|check| check.max_error)
            .fold(0.0, f64::max)
    }
}

/// An artefact that is not what the checkpoint calls for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// A check failed: the artefact does not give what the reference gives.
    #[error("check failed: {0}")]
    Check(#[from] FailedCheck),
    /// The runtime cannot load or run a file.
    #[error("{path}: {source}", path = path.display())]
    Runtime {
        /// The file.
        path: PathBuf,
        /// What the runtime said.
        #[source]
        source: Box<swipekit::Error>,
    },
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The reference refused an input of the validation's own.
    #[error(transparent)]
    Reference(#[from] InputError),
}

/// Result of a check.
type Result<T, E = ValidationError> = std::result::Result<T, E>;

/// Holds the files of an export to the network that they came from.
///
/// Checked are: the blank (last class, zero embedding); the encoder at several lengths and in a
/// batch padded with garbage; the step graph from the start of sequence on, for every label and for
/// states of several labels; that its output sums to one if and only if it is said to be
/// log-probabilities; core's own prediction network and joint; the parts; and that greedy decoding
/// through the files gives the reference's labels.
///
/// # Errors
/// [`ValidationError`]: the first check that fails, or what kept it from being made.
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

/// The blank is the last class, and its embedding, which stands for the start of sequence, the zero
/// vector.
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

/// A model with the file that it came from.
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

    /// Runs the model; the outputs are in the model's order.
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

/// For `map_err` on what the runtime does with `path`.
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
