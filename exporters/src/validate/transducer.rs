//! `transducer.safetensors`, and core's own prediction network and joint on it.

use std::path::Path;

use swipekit::internals::transducer::file::{Reader, TensorName};
use swipekit::internals::transducer::{JointScratch, PredictionJoint, PredictionScratch};

use super::cases::{Case, case, cases, rows};
use super::measure::{Comparison, expect};
use super::{Check, Result, failed, refused};
use crate::files::FileError;
use crate::network::Network;
use crate::onnx;

/// Greatest accepted cost of 16-bit weights, in a log-probability and relative to numbers above 1.
/// A weight is off by 2^-11 of itself at most, or by 2^-25 where it is very small.
const HALF_TOLERANCE: f64 = 1e-2;

/// Checks the file's tensors, then what core computes with them.
pub(super) fn check(network: &Network<'_>, path: &Path, cases: &[Case]) -> Result<Vec<Check>> {
    let bytes = std::fs::read(path).map_err(FileError::read(path))?;
    Ok(vec![
        weights(network, &bytes)?,
        run(network, path, &bytes, cases)?,
    ])
}

/// Every tensor is the checkpoint's, and there is no other.
fn weights(network: &Network<'_>, bytes: &[u8]) -> Result<Check> {
    let check = "transducer.weights";
    let unreadable =
        |error: swipekit::Error| refused(check, "the tensors of the checkpoint", error);
    let model = network.model_spec();
    let file = Reader::new(bytes, &model, network.classes()).map_err(unreadable)?;
    let mut comparison = Comparison::new(check);
    let mut count = 0;
    for name in TensorName::all(model.prediction_layers) {
        // Where the file has 16 bits: the same numbers, as the network was rounded before.
        let stored = file.get(name).map_err(unreadable)?;
        for (expected, stored) in onnx::transducer_tensor(network, name).iter().zip(&stored) {
            comparison.exact(&name.to_string(), *expected, *stored)?;
        }
        count += 1;
    }
    expect(check, "number of tensors", count, file.count())?;
    Ok(comparison.finish())
}

/// Core's prediction network and joint on all cases.
fn run(network: &Network<'_>, path: &Path, bytes: &[u8], cases: &[Case]) -> Result<Check> {
    let name = "transducer.run";
    let transducer = PredictionJoint::new(bytes, &network.model_spec(), &onnx::vocabulary(network))
        .map_err(failed(path))?;
    let mut states: Vec<f32> = cases
        .iter()
        .flat_map(|case| case.before.hidden.data.iter().chain(&case.before.cell.data))
        .map(|&value| value as f32)
        .collect();
    let labels: Vec<usize> = cases
        .iter()
        .map(|case| {
            case.label
                .unwrap_or(transducer.prediction.start_of_sequence())
        })
        .collect();
    let mut projected = Vec::new();
    let mut scratch = PredictionScratch::default();
    transducer
        .prediction
        .step(&labels, &mut states, &mut projected, &mut scratch)
        .map_err(failed(path))?;
    let mut comparison = Comparison::new(name);
    let after: Vec<f64> = cases
        .iter()
        .flat_map(|case| case.after.hidden.data.iter().chain(&case.after.cell.data))
        .copied()
        .collect();
    comparison.close("states", &after, &states)?;
    let mut close = |what, part: fn(&Case) -> &[f64], got: &[f32]| {
        comparison.close(what, &rows(cases, part), got)
    };
    close("projected prediction", |case| &case.projected, &projected)?;

    let mut frames = Vec::new();
    let mut scratch = JointScratch::default();
    let encoded: Vec<f32> = cases
        .iter()
        .flat_map(|case| case.frame.iter().copied())
        .collect();
    transducer
        .joint
        .project_encoder(&encoded, &mut frames, &mut scratch)
        .map_err(failed(path))?;
    close("projected frame", |case| &case.frame_projected, &frames)?;
    let mut scores = Vec::new();
    let width = transducer.joint.width();
    for (frame, prefix) in frames
        .chunks_exact(width)
        .zip(projected.chunks_exact(width))
    {
        let prefixes = std::iter::once(prefix);
        transducer
            .joint
            .log_probabilities(frame, prefixes, &mut scores, &mut scratch);
    }
    close("log-probabilities", |case| &case.log_probabilities, &scores)?;
    Ok(comparison.finish())
}

/// Holds a network whose prediction network and joint were rounded to 16-bit floats to the one that
/// it was: the log-probabilities of all cases.
///
/// # Errors
/// [`ValidationError`](super::ValidationError) where one changes by more than 0.01, or 1 % where it is beyond 1.
pub fn rounding(network: &Network<'_>, rounded: &Network<'_>) -> Result<Check> {
    let mut comparison = Comparison::within("transducer.half", HALF_TOLERANCE);
    for wanted in cases(network)? {
        let got = case(rounded, wanted.label, wanted.before, wanted.frame)?;
        let got: Vec<f32> = got
            .log_probabilities
            .iter()
            .map(|value| *value as f32)
            .collect();
        comparison.close("log-probabilities", &wanted.log_probabilities, &got)?;
    }
    Ok(comparison.finish())
}
