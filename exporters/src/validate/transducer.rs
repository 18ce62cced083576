//! `transducer.safetensors`, and core's own prediction network and joint on it.

use std::path::Path;

use half::f16;
use safetensors::{Dtype, SafeTensors};
use swipekit::internals::bundle::manifest::{ModelSpec, Vocabulary};
use swipekit::internals::transducer::{JointScratch, PredictionJoint, PredictionScratch};

use super::cases::{Case, case, cases, rows};
use super::measure::{Comparison, expect};
use super::{Check, Result, ValidationError, failed};
use crate::network::{Affine, Network};
use crate::onnx::StepOutput;

/// Greatest accepted cost of 16-bit weights, in a log-probability and relative to numbers above 1.
/// A weight is off by 2^-11 of itself at most, or by 2^-25 where it is very small.
const HALF_TOLERANCE: f64 = 1e-2;

/// Checks the file's tensors, then what core computes with them.
pub(super) fn check(network: &Network<'_>, path: &Path, cases: &[Case]) -> Result<Vec<Check>> {
    let bytes = std::fs::read(path).map_err(|source| ValidationError::Io {
        path: path.to_path_buf(),
        source,
    })?;
    Ok(vec![
        weights(network, &bytes)?,
        run(network, path, &bytes, cases)?,
    ])
}

/// Every tensor is the checkpoint's, and there is no other.
fn weights(network: &Network<'_>, bytes: &[u8]) -> Result<Check> {
    let name = "transducer.weights";
    let file = SafeTensors::deserialize(bytes).map_err(|error| ValidationError::Check {
        check: name.to_owned(),
        expected: "a safetensors file".to_owned(),
        got: error.to_string(),
    })?;
    let (config, classes) = (network.config, network.classes());
    let (d, h, j) = (
        config.encoder.d_model,
        config.prediction.hidden,
        config.joint.hidden,
    );
    let mut comparison = Comparison::new(name);
    let mut count = 0;
    let mut same = |tensor: &str, shape: &[usize], values: &mut dyn Iterator<Item = f32>| {
        count += 1;
        let view = file
            .tensor(tensor)
            .map_err(|error| ValidationError::Check {
                check: name.to_owned(),
                expected: format!("tensor {tensor}"),
                got: error.to_string(),
            })?;
        expect(name, &format!("shape of {tensor}"), shape, view.shape())?;
        // A matrix may be in 16 bits: the same numbers, as the network was rounded before.
        if shape.len() > 1 && view.dtype() == Dtype::F16 {
            let (stored, _) = view.data().as_chunks::<2>();
            for (bytes, expected) in stored.iter().zip(values) {
                comparison.exact(tensor, expected, f16::from_le_bytes(*bytes).to_f32())?;
            }
        } else {
            expect(name, &format!("type of {tensor}"), Dtype::F32, view.dtype())?;
            let (stored, _) = view.data().as_chunks::<4>();
            for (bytes, expected) in stored.iter().zip(values) {
                comparison.exact(tensor, expected, f32::from_le_bytes(*bytes))?;
            }
        }
        Ok::<(), ValidationError>(())
    };
    same(
        "embedding",
        &[classes, h],
        &mut network.embedding.iter().copied(),
    )?;
    for (l, lstm) in network.lstm.iter().enumerate() {
        let name = |part: &str| format!("lstm.{l}.{part}");
        same(
            &name("weight_ih"),
            &[4 * h, h],
            &mut lstm.weight_ih.iter().copied(),
        )?;
        same(
            &name("weight_hh"),
            &[4 * h, h],
            &mut lstm.weight_hh.iter().copied(),
        )?;
        let mut bias = lstm.bias_ih.iter().zip(lstm.bias_hh).map(|(a, b)| a + b);
        same(&name("bias"), &[4 * h], &mut bias)?;
    }
    for (part, affine, shape) in [
        ("encoder", network.joint_encoder, [j, d]),
        ("prediction", network.joint_prediction, [j, h]),
        ("output", network.joint_output, [classes, j]),
    ] {
        let Affine { weight, bias } = affine;
        same(
            &format!("joint.{part}.weight"),
            &shape,
            &mut weight.iter().copied(),
        )?;
        same(
            &format!("joint.{part}.bias"),
            &shape[..1],
            &mut bias.iter().copied(),
        )?;
    }
    expect(name, "number of tensors", count, file.len())?;
    Ok(comparison.finish())
}

/// Core's prediction network and joint on all cases.
fn run(network: &Network<'_>, path: &Path, bytes: &[u8], cases: &[Case]) -> Result<Check> {
    let name = "transducer.run";
    let (model, vocabulary) = specifications(network);
    let transducer = PredictionJoint::new(bytes, &model, &vocabulary).map_err(failed(path))?;
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
    comparison.close(
        "projected prediction",
        &rows(cases, |case| &case.projected),
        &projected,
    )?;

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
    comparison.close(
        "projected frame",
        &rows(cases, |case| &case.frame_projected),
        &frames,
    )?;
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
    comparison.close(
        "log-probabilities",
        &rows(cases, |case| &case.log_probabilities),
        &scores,
    )?;
    Ok(comparison.finish())
}

/// What rounding the prediction network and the joint costs: `rounded` against `network`, the
/// log-probabilities of all cases.
pub(super) fn rounding(network: &Network<'_>, rounded: &Network<'_>) -> Result<Check> {
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

/// What core asks about a model before it reads the weights.
fn specifications(network: &Network<'_>) -> (ModelSpec, Vocabulary) {
    let config = network.config;
    let model = ModelSpec {
        features: config.encoder.features,
        encoder: config.encoder.d_model,
        subsampling: config.encoder.subsampling,
        prediction_layers: config.prediction.layers,
        prediction: config.prediction.hidden,
        joint: config.joint.hidden,
        activation: config.joint.activation,
        parameters: 0,
    };
    let vocabulary = Vocabulary {
        labels: config.labels.clone(),
        blank: network.blank(),
        start_of_sequence: "zero-vector".to_owned(),
        step_output: StepOutput::of(config.joint.log_softmax).name().to_owned(),
    };
    (model, vocabulary)
}
