//! The encoder graph.

use swipekit::internals::runtime::Tensor;

use super::measure::{Comparison, expect, floats};
use super::{Check, Graph, Result};
use crate::network::Network;
use crate::onnx::LengthType;
use crate::random::Random;
use crate::reference::{FeatureBatch, Matrix, encode};

/// Numbers of samples that are tried one at a time: the shortest, odd and even ones, a usual swipe,
/// a very long one.
const SAMPLES: [usize; 7] = [1, 2, 3, 7, 28, 64, 131];
/// Lengths of the padded batch.
const BATCH: [usize; 4] = [21, 20, 9, 1];

/// One input's encoding, `[T', D]`: the reference's and the graph's.
pub(super) struct Encoding {
    pub(super) reference: Matrix<f64>,
    pub(super) graph: Matrix<f32>,
}

/// Checks the graph; gives the encodings for those checks that go on from them.
pub(super) fn check(
    network: &Network<'_>,
    graph: &mut Graph<'_>,
    lengths: LengthType,
) -> Result<(Vec<Check>, Vec<Encoding>)> {
    let (inputs, outputs) = (
        ["features_bft", "lengths"],
        ["encoded_btf", "encoded_lengths"],
    );
    graph.names("encoder.names", &inputs, &outputs)?;
    let mut random = Random::new(1);
    let (mut checks, mut encodings) = (Vec::new(), Vec::new());
    for samples in SAMPLES {
        let mut comparison = Comparison::new(format!("encoder.samples_{samples}"));
        let features = normal(&mut random, network.config.encoder.features * samples);
        let batch = FeatureBatch {
            features: &features,
            frames: samples,
            lengths: &[samples],
        };
        encodings.extend(compare(network, graph, lengths, &mut comparison, batch)?);
        checks.push(comparison.finish());
    }
    for (name, padding) in [("zeros", 0.0), ("garbage", 50.0), ("nan", f32::NAN)] {
        let mut comparison = Comparison::new(format!("encoder.padded_with_{name}"));
        let samples = BATCH[0];
        let count = network.config.encoder.features;
        let mut features = normal(&mut random, BATCH.len() * count * samples);
        for (i, value) in features.iter_mut().enumerate() {
            if i % samples >= BATCH[i / (count * samples)] {
                *value *= padding;
            }
        }
        let batch = FeatureBatch {
            features: &features,
            frames: samples,
            lengths: &BATCH,
        };
        compare(network, graph, lengths, &mut comparison, batch)?;
        checks.push(comparison.finish());
    }
    Ok((checks, encodings))
}

fn normal(random: &mut Random, count: usize) -> Vec<f32> {
    (0..count).map(|_| random.normal() as f32).collect()
}

/// Compares the valid frames of a batch with the reference.
fn compare(
    network: &Network<'_>,
    graph: &mut Graph<'_>,
    lengths: LengthType,
    comparison: &mut Comparison,
    batch: FeatureBatch<'_>,
) -> Result<Vec<Encoding>> {
    let expected = encode::<f64>(network, batch)?;
    let rows = batch.lengths.len();
    let shape = [rows, network.config.encoder.features, batch.frames];
    let features = Tensor::f32(shape, batch.features.to_vec());
    let lengths = match lengths {
        LengthType::Int64 => Tensor::i64(
            [rows],
            batch.lengths.iter().map(|&length| length as i64).collect(),
        ),
        LengthType::Int32 => Tensor::i32(
            [rows],
            batch.lengths.iter().map(|&length| length as i32).collect(),
        ),
    };
    let [encoded, encoded_lengths] =
        graph.run(&[("features_bft", &features), ("lengths", &lengths)])?;
    let name = comparison.name().to_owned();
    let valid = expected
        .lengths
        .iter()
        .map(|&length| length as i64)
        .collect();
    expect(
        &name,
        "encoded_lengths",
        Tensor::i64([rows], valid),
        encoded_lengths,
    )?;
    let (frames, width) = (
        network.output_frames(batch.frames),
        network.config.encoder.d_model,
    );
    let encoded = floats(&name, "encoded_btf", &[rows, frames, width], &encoded)?;
    let mut encodings = Vec::with_capacity(rows);
    for (row, encoded) in encoded.chunks_exact(frames * width).enumerate() {
        let reference = expected.valid(row);
        let data = &encoded[..reference.data.len()];
        comparison.close("encoded_btf", &reference.data, data)?;
        let graph = Matrix {
            rows: reference.rows,
            cols: width,
            data: data.to_vec(),
        };
        encodings.push(Encoding { reference, graph });
    }
    Ok(encodings)
}
