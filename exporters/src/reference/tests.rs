//! The reference on small random networks.

use super::*;
use crate::fixtures::{random_weights, small_config, small_configs, values};
use crate::network::{Network, NetworkError};
use crate::random::Random;
use crate::schema::ModelConfig;
use crate::testing::max_abs;

fn batch<'a>(features: &'a [f32], frames: usize, lengths: &'a [usize]) -> FeatureBatch<'a> {
    FeatureBatch {
        features,
        frames,
        lengths,
    }
}

#[test]
fn a_padded_batch_encodes_each_utterance_as_it_would_be_alone() {
    for (seed, config) in small_configs().iter().enumerate() {
        let weights = random_weights(config, seed as u64);
        let network = Network::new(config, &weights).unwrap();
        let count = config.encoder.features;
        let (frames, lengths) = (21, [21, 20, 13, 8, 2, 1, 0]);
        for padding in [0.0, 40.0, f32::NAN, f32::INFINITY] {
            let mut features = values(&mut Random::new(3), lengths.len() * count * frames, 2.0);
            for (i, value) in features.iter_mut().enumerate() {
                if i % frames >= lengths[i / (count * frames)] {
                    *value *= padding;
                }
            }
            let got = encode::<f64>(&network, batch(&features, frames, &lengths)).unwrap();
            for (b, &length) in lengths.iter().enumerate() {
                let valid = got.valid(b);
                assert_eq!(valid.rows, network.output_frames(length));
                if length == 0 {
                    continue;
                }
                let rows = &features[b * count * frames..][..count * frames];
                let alone: Vec<f32> = rows
                    .chunks_exact(frames)
                    .flat_map(|row| &row[..length])
                    .copied()
                    .collect();
                let alone = encode::<f64>(&network, batch(&alone, length, &[length])).unwrap();
                let worst = max_abs(&valid.data, &alone.utterances[0].data);
                assert!(
                    worst <= 1e-12,
                    "configuration {seed}, length {length}: {worst}"
                );
            }
            assert!(
                got.utterances
                    .iter()
                    .flat_map(|u| &u.data)
                    .all(|v| v.is_finite())
            );
        }
    }
}

#[test]
fn single_precision_is_close_to_double() {
    for config in &small_configs() {
        let weights = random_weights(config, 5);
        let network = Network::new(config, &weights).unwrap();
        let features = values(&mut Random::new(7), config.encoder.features * 40, 2.0);
        let batch = batch(&features, 40, &[40]);
        let single = encode::<f32>(&network, batch).unwrap().valid(0);
        let double = encode::<f64>(&network, batch).unwrap().valid(0);
        let single_values: Vec<f64> = single.data.iter().map(|&v| v.into()).collect();
        assert!(max_abs(&single_values, &double.data) <= 2e-5);
        let a = log_likelihood(&network, &single, &[0, 1, 1]).unwrap();
        let b = log_likelihood(&network, &double, &[0, 1, 1]).unwrap();
        assert!((a - b).abs() <= 1e-4 * b.abs(), "{a} {b}");
    }
}

/// Sums over every alignment: all ways to distribute the labels over the frames.
fn brute_force(network: &Network<'_>, encoded: &Matrix<f64>, labels: &[usize]) -> f64 {
    fn walk(scores: &[Matrix<f64>], labels: &[usize], blank: usize, t: usize, u: usize) -> f64 {
        if t == scores.len() {
            return if u == labels.len() { 1.0 } else { 0.0 };
        }
        let row = scores[t].row(u);
        let mut sum = row[blank].exp() * walk(scores, labels, blank, t + 1, u);
        if let Some(&label) = labels.get(u) {
            sum += row[label].exp() * walk(scores, labels, blank, t, u + 1);
        }
        sum
    }
    let predicted = project_prediction(network, &predict(network, labels).unwrap().outputs);
    let scores: Vec<_> = project_encoder(network, encoded)
        .iter_rows()
        .map(|frame| log_softmax(joint_logits(network, frame, &predicted)))
        .collect();
    walk(&scores, labels, network.blank(), 0, 0).ln()
}

#[test]
fn the_forward_algorithm_sums_over_all_alignments() {
    for config in &small_configs() {
        let weights = random_weights(config, 11);
        let network = Network::new(config, &weights).unwrap();
        let mut random = Random::new(13);
        for frames in 1..6 {
            for length in 0..5 {
                let encoded = Matrix {
                    rows: frames,
                    cols: config.encoder.d_model,
                    data: values(&mut random, frames * config.encoder.d_model, 2.0)
                        .iter()
                        .map(|&v| v.into())
                        .collect(),
                };
                let labels: Vec<usize> = (0..length).map(|i| (i * i + frames) % 3).collect();
                let got = log_likelihood(&network, &encoded, &labels).unwrap();
                let expected = brute_force(&network, &encoded, &labels);
                assert!((got - expected).abs() <= 1e-9, "{got} {expected}");
            }
        }
        let nothing = Matrix::<f64>::zeros(0, config.encoder.d_model);
        assert_eq!(
            log_likelihood(&network, &nothing, &[1]).unwrap(),
            f64::NEG_INFINITY
        );
    }
}

fn random_encoding(config: &ModelConfig, frames: usize, seed: u64) -> Matrix<f64> {
    let values = values(&mut Random::new(seed), frames * config.encoder.d_model, 2.0);
    Matrix {
        rows: frames,
        cols: config.encoder.d_model,
        data: values.into_iter().map(f64::from).collect(),
    }
}

#[test]
fn a_wide_beam_scores_each_label_string_by_all_its_alignments() {
    let config = small_config();
    let weights = random_weights(&config, 17);
    let network = Network::new(&config, &weights).unwrap();
    let encoded = random_encoding(&config, 2, 19);
    // The beam is never wider than the number of labels, so only the strings that it kept
    // throughout are exact: with one frame and one label a frame nothing is lost.
    let first = encoded.head(1);
    let found = time_synchronous_beam(&network, &first, 3, 2).unwrap();
    assert_eq!(found.len(), 3);
    for hypothesis in &found {
        let exact = log_likelihood(&network, &first, &hypothesis.labels).unwrap();
        assert!((hypothesis.score - exact).abs() <= 1e-9);
    }
    for hypothesis in time_synchronous_beam(&network, &encoded, 3, 6).unwrap() {
        let exact = log_likelihood(&network, &encoded, &hypothesis.labels).unwrap();
        assert!(
            hypothesis.score <= exact + 1e-9,
            "a part cannot exceed the whole"
        );
    }
}

#[test]
fn greedy_decoding_emits_at_most_max_symbols_a_frame() {
    let config = small_config();
    let mut weights = random_weights(&config, 23);
    // A blank that never wins.
    let bias = weights.tensors.get_mut("joint.joint_net.2.bias").unwrap();
    bias.data[3] = -100.0;
    let network = Network::new(&config, &weights).unwrap();
    let encoded = random_encoding(&config, 4, 29);
    for limit in 0..4 {
        let found = greedy(&network, &encoded, limit).unwrap();
        assert_eq!(found.labels.len(), 4 * limit);
        assert!(found.labels.iter().all(|&label| label < 3));
        let frames: Vec<usize> = (0..4 * limit).map(|i| i / limit).collect();
        assert_eq!(found.frames, frames);
    }
}

#[test]
fn log_probabilities_sum_to_one() {
    let logits = Matrix {
        rows: 2,
        cols: 3,
        data: vec![1e4f64, -1e4, 9999.0, 0.0, 0.0, 0.0],
    };
    for row in log_softmax(logits).iter_rows() {
        let sum: f64 = row.iter().map(|v| v.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-12);
    }
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    let config = small_config();
    let weights = random_weights(&config, 31);
    let network = Network::new(&config, &weights).unwrap();
    let features = [0.0; 5 * 4];
    for (features, frames, lengths, expected) in [
        (&features[..], 0, &[0][..], InputError::Empty),
        (
            &features[..19],
            4,
            &[4],
            InputError::Values {
                what: "features [B, F, T]",
                expected: 20,
                got: 19,
            },
        ),
        (
            &features[..],
            4,
            &[5],
            InputError::Range {
                what: "length of an utterance",
                limit: 4,
                got: 5,
            },
        ),
    ] {
        let got = encode::<f32>(&network, batch(features, frames, lengths));
        assert_eq!(got, Err(expected));
    }
    assert!(encode::<f32>(&network, batch(&[], usize::MAX, &[1, 1])).is_err());
    for label in [3, 4, usize::MAX] {
        assert!(
            predict::<f32>(&network, &[label]).is_err(),
            "the blank is no label"
        );
    }
}

#[test]
fn a_network_needs_every_tensor_in_its_shape() {
    for config in small_configs() {
        let weights = random_weights(&config, 37);
        Network::new(&config, &weights).unwrap();
        for name in weights.tensors.keys() {
            let mut broken = weights.clone();
            broken.tensors.remove(name);
            let got = Network::new(&config, &broken).map(|_| ());
            assert!(matches!(got, Err(NetworkError::Missing { name: n, .. }) if n == *name));
            let mut broken = weights.clone();
            broken.tensors.get_mut(name).unwrap().data.pop();
            let got = Network::new(&config, &broken).map(|_| ());
            assert!(matches!(got, Err(NetworkError::Shape { name: n, .. }) if n == *name));
        }
    }
}

#[test]
fn configurations_out_of_range_are_refused() {
    let good = small_config();
    let weights = random_weights(&good, 41);
    let broken: [fn(&mut ModelConfig); 10] = [
        |c| c.encoder.features = 0,
        |c| c.encoder.d_model = usize::MAX,
        |c| c.encoder.d_model = 15,
        |c| c.encoder.heads = 5,
        |c| c.encoder.kernel = 4,
        |c| c.encoder.subsampling = 3,
        |c| c.encoder.layers = 1 << 20,
        |c| c.prediction.layers = 0,
        |c| c.joint.hidden = 0,
        |c| c.labels.clear(),
    ];
    for change in broken {
        let mut config = good.clone();
        change(&mut config);
        let got = Network::new(&config, &weights).map(|_| ());
        assert!(matches!(got, Err(NetworkError::Size(_))), "{got:?}");
    }
}
