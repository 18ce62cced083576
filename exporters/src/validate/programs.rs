//! Checks ExecuTorch programs in the runtime that an app has.

use std::path::Path;

use swipekit::bytes::Bytes;
use swipekit::internals::runtime::{Encoder, PteModel, RuntimeOptions, Tensor};

use super::agreement::{Difference, Frames};
use super::cases::{self, Case, frames, rows, states, tensor, y_prev};
use super::measure::{Comparison, expect, floats};
use super::{Agreement, Check, Result, failed, refused};
use crate::network::Network;
use crate::onnx::StepOutput;
use crate::pte::{MAX_BATCH, MAX_SAMPLES};
use crate::quantize::calibrate::EncoderInput;
use crate::random::Random;
use crate::reference::{FeatureBatch, encode};

/// Numbers of samples that are compared with the reference.
const REFERENCE: [usize; 8] = [1, 2, 3, 7, 28, 64, 131, MAX_SAMPLES];
/// Numbers of samples that are compared with the ONNX encoder: extremes, the neighbours of powers
/// of two, odd ones.
const ONNX: [usize; 26] = [
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    9,
    15,
    16,
    17,
    31,
    32,
    33,
    52,
    56,
    63,
    64,
    65,
    96,
    101,
    111,
    128,
    200,
    255,
    MAX_SAMPLES,
];
/// Valid samples and all samples of padded swipes.
const PADDED: [(usize, usize); 5] = [(1, 2), (9, 21), (20, 21), (63, 64), (100, MAX_SAMPLES)];
/// Batch sizes that are tested with the step.
const BATCHES: [usize; 7] = [1, 2, 3, 5, 16, 63, MAX_BATCH];

/// A program and its file.
struct Program<'a> {
    path: &'a Path,
    model: PteModel,
}

impl<'a> Program<'a> {
    fn open(path: &'a Path) -> Result<Self> {
        let model = Bytes::map(path)
            .and_then(|bytes| PteModel::from_bytes(bytes, &RuntimeOptions::default()))
            .map_err(failed(path))?;
        Ok(Self { path, model })
    }

    fn run(&mut self, inputs: &[&Tensor], outputs: usize) -> Result<Vec<Tensor>> {
        let got = self.model.run(inputs).map_err(failed(self.path))?;
        expect(
            &self.path.display().to_string(),
            "number of outputs",
            outputs,
            got.len(),
        )?;
        Ok(got)
    }

    /// Runs an encoder. It must output as many frames as `valid` of the input's `all` samples give.
    fn encode(
        &mut self,
        network: &Network<'_>,
        check: &str,
        features: Vec<f32>,
        all: usize,
        valid: usize,
    ) -> Result<Vec<f32>> {
        let features = Tensor::f32([1, network.config.encoder.features, all], features);
        let lengths = Tensor::i64([1], vec![valid as i64]);
        let outputs = self.run(&[&features, &lengths], 2)?;
        let width = network.config.encoder.d_model;
        let shape = [1, network.output_frames(all), width];
        let encoded = floats(check, "encoded_btf", &shape, &outputs[0])?;
        let kept = network.output_frames(valid);
        expect(
            check,
            "encoded_lengths",
            &Tensor::i64([1], vec![kept as i64]),
            &outputs[1],
        )?;
        Ok(encoded[..kept * width].to_vec())
    }
}

/// Compares an FP32 encoder program with the reference at several lengths, and with the ONNX
/// encoder `onnx` at many more.
///
/// # Errors
/// [`ValidationError`](super::ValidationError): the first check that fails or cannot be made.
pub fn fp32_encoder(
    network: &Network<'_>,
    program: &Path,
    onnx: &dyn Encoder,
) -> Result<Vec<Check>> {
    let mut program = Program::open(program)?;
    let count = network.config.encoder.features;
    let mut random = Random::new(3);
    let mut checks = Vec::new();
    let mut reference = Comparison::new("pte.encoder.reference");
    for length in REFERENCE {
        let features = normal(&mut random, count * length);
        let expected = encode::<f64>(
            network,
            FeatureBatch {
                features: &features,
                frames: length,
                lengths: &[length],
            },
        )?;
        let got = program.encode(network, reference.name(), features, length, length)?;
        reference.close(
            &format!("encoded_btf of {length} samples"),
            &expected.valid(0).data,
            &got,
        )?;
    }
    checks.push(reference.finish());
    let mut same = Comparison::new("pte.encoder.onnx");
    for length in ONNX {
        let features = normal(&mut random, count * length);
        let expected = expected_frames(onnx, &features, length)?;
        let got = program.encode(network, same.name(), features, length, length)?;
        same.close(&format!("encoded_btf of {length} samples"), &expected, &got)?;
    }
    checks.push(same.finish());
    for (name, padding) in [("zeros", 0.0), ("garbage", 50.0)] {
        let mut padded = Comparison::new(format!("pte.encoder.padded_with_{name}"));
        for (valid, all) in PADDED {
            let (features, alone) = padded_swipe(&mut random, count, valid, all, padding);
            let expected = expected_frames(onnx, &alone, valid)?;
            let got = program.encode(network, padded.name(), features, all, valid)?;
            padded.close(
                &format!("encoded_btf of {valid} samples and padding"),
                &expected,
                &got,
            )?;
        }
        checks.push(padded.finish());
    }
    Ok(checks)
}

/// Runs an 8-bit encoder program at every extreme, alone and padded. Checks that shapes are right
/// and values finite.
///
/// # Errors
/// Those of [`fp32_encoder`].
pub fn int8_encoder(network: &Network<'_>, program: &Path) -> Result<Check> {
    let mut program = Program::open(program)?;
    let count = network.config.encoder.features;
    let mut random = Random::new(4);
    let name = "pte.encoder.lengths";
    let alone = ONNX.map(|length| (length, length));
    let mut values = 0;
    for (valid, all) in alone.into_iter().chain(PADDED) {
        let (features, _) = padded_swipe(&mut random, count, valid, all, 1.0);
        let encoded = program.encode(network, name, features, all, valid)?;
        if !encoded.iter().all(|value| value.is_finite()) {
            let expected = format!("finite values for {valid} samples");
            return Err(refused(name, expected, "NaN or infinity"));
        }
        values += encoded.len();
    }
    Ok(Check {
        name: name.to_owned(),
        values,
        max_error: 0.0,
        tolerance: 0.0,
    })
}

/// Compares a step program with the reference: the start of sequence, every label and states of
/// several labels, in batches of many sizes.
///
/// # Errors
/// Those of [`fp32_encoder`].
pub fn step(network: &Network<'_>, program: &Path) -> Result<Check> {
    let mut program = Program::open(program)?;
    let cases = cases::cases(network)?;
    let output = StepOutput::of(network.config.joint.log_softmax);
    let mut comparison = Comparison::new("pte.step");
    let mut at = 0;
    for size in BATCHES {
        // Small batches take the cases in turn. Batches larger than the number of cases repeat
        // them.
        let batch: Vec<&Case> = (0..size)
            .map(|row| &cases[(at + row) % cases.len()])
            .collect();
        at += size;
        batch_of(network, &mut program, output, &batch, &mut comparison)?;
    }
    let all: Vec<&Case> = cases.iter().collect();
    for batch in all.chunks(MAX_BATCH) {
        batch_of(network, &mut program, output, batch, &mut comparison)?;
    }
    Ok(comparison.finish())
}

fn batch_of(
    network: &Network<'_>,
    program: &mut Program<'_>,
    output: StepOutput,
    batch: &[&Case],
    comparison: &mut Comparison,
) -> Result<()> {
    let name = comparison.name().to_owned();
    let (rows_, hidden) = (batch.len(), network.config.prediction.hidden);
    let layers = network.config.prediction.layers;
    let state = [rows_, hidden];
    let before_hidden = states(batch, |case| &case.before.hidden);
    let before_cell = states(batch, |case| &case.before.cell);
    let mut inputs = vec![y_prev(network, batch)];
    for layer in 0..layers {
        let range = layer * rows_ * hidden..(layer + 1) * rows_ * hidden;
        inputs.push(tensor(&state, before_hidden[range.clone()].to_vec()));
        inputs.push(tensor(&state, before_cell[range].to_vec()));
    }
    inputs.push(frames(network, batch));
    let inputs: Vec<&Tensor> = inputs.iter().collect();
    let outputs = program.run(&inputs, 1 + 2 * layers)?;
    let logits = floats(&name, "logits", &[rows_, network.classes()], &outputs[0])?;
    let expected = rows(batch, |case| match output {
        StepOutput::LogProbabilities => &case.log_probabilities,
        StepOutput::Logits => &case.logits,
    });
    comparison.close(&format!("logits of {rows_} rows"), &expected, logits)?;
    let after_hidden = states(batch, |case| &case.after.hidden);
    let after_cell = states(batch, |case| &case.after.cell);
    for layer in 0..layers {
        let range = layer * rows_ * hidden..(layer + 1) * rows_ * hidden;
        for (what, expected, got) in [
            ("h", &after_hidden, &outputs[1 + 2 * layer]),
            ("c", &after_cell, &outputs[2 + 2 * layer]),
        ] {
            let got = floats(&name, what, &state, got)?;
            comparison.close(what, &expected[range.clone()], got)?;
        }
    }
    Ok(())
}

/// Runs both encoders over `swipes` and compares their frames.
///
/// # Errors
/// [`ValidationError::Check`](super::ValidationError::Check) if the mean cosine is less than
/// `min_cosine`; the runtimes' errors.
pub fn programs_agree(
    reference: &dyn Encoder,
    encoder: &dyn Encoder,
    width: usize,
    swipes: &[EncoderInput],
    min_cosine: f64,
) -> Result<Agreement> {
    let mut difference = Difference::default();
    let frames = |rows| Frames {
        rows: vec![rows],
        width,
    };
    for swipe in swipes {
        let expected = encoded_frames(reference, &swipe.features, swipe.samples)?;
        let got = encoded_frames(encoder, &swipe.features, swipe.samples)?;
        difference.add(&frames(expected), &frames(got))?;
    }
    difference.agreement("frames and FP32's", min_cosine)
}

/// A whole swipe's frames in the form of a comparison.
fn expected_frames(encoder: &dyn Encoder, features: &[f32], samples: usize) -> Result<Vec<f64>> {
    let encoded = encoded_frames(encoder, features, samples)?;
    Ok(encoded.into_iter().map(f64::from).collect())
}

fn encoded_frames(encoder: &dyn Encoder, features: &[f32], samples: usize) -> Result<Vec<f32>> {
    let mut encoded = Vec::new();
    encoder
        .encode(features, samples, &mut encoded)
        .map_err(failed(Path::new("the encoder")))?;
    Ok(encoded)
}

fn normal(random: &mut Random, count: usize) -> Vec<f32> {
    (0..count).map(|_| random.normal() as f32).collect()
}

/// A swipe of `valid` samples, padded to `all`, `[F, all]`, and the swipe alone, `[F, valid]`.
fn padded_swipe(
    random: &mut Random,
    count: usize,
    valid: usize,
    all: usize,
    padding: f32,
) -> (Vec<f32>, Vec<f32>) {
    let mut features = normal(random, count * all);
    let mut alone = Vec::with_capacity(count * valid);
    for line in features.chunks_exact_mut(all) {
        alone.extend_from_slice(&line[..valid]);
        line[valid..].iter_mut().for_each(|value| *value *= padding);
    }
    (features, alone)
}
