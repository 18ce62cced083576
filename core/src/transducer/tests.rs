use half::f16;
use safetensors::tensor::{Dtype, TensorView};

use super::file::TensorName;
use super::fixtures::{self, Random};
use super::*;
use crate::bundle::Manifest;
use crate::error::Error;
use crate::transducer::Activation;

type Tensors = Vec<(String, Vec<usize>, Vec<f32>)>;

fn get<'a>(tensors: &'a Tensors, name: &str) -> &'a [f32] {
    &tensors.iter().find(|tensor| tensor.0 == name).unwrap().2
}

fn linear(weight: &[f32], bias: &[f32], x: &[f64]) -> Vec<f64> {
    let row = |(w, b): (&[f32], &f32)| {
        f64::from(*b) + w.iter().zip(x).map(|(w, x)| f64::from(*w) * x).sum::<f64>()
    };
    weight.chunks_exact(x.len()).zip(bias).map(row).collect()
}

/// The file's network in float64, computed directly from the equations.
fn plain_step(
    tensors: &Tensors,
    layers: usize,
    label: usize,
    h: &mut [Vec<f64>],
    c: &mut [Vec<f64>],
) -> Vec<f64> {
    let width = h[0].len();
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let mut x: Vec<f64> = get(tensors, "embedding")[label * width..][..width]
        .iter()
        .map(|value| f64::from(*value))
        .collect();
    for layer in 0..layers {
        let part = |name: &str| get(tensors, &format!("lstm.{layer}.{name}"));
        let zero = vec![0.0; 4 * width];
        let gates: Vec<f64> = linear(part("weight_ih"), part("bias"), &x)
            .iter()
            .zip(linear(part("weight_hh"), &zero, &h[layer]))
            .map(|(a, b)| a + b)
            .collect();
        for i in 0..width {
            c[layer][i] = sigmoid(gates[width + i]) * c[layer][i]
                + sigmoid(gates[i]) * gates[2 * width + i].tanh();
            h[layer][i] = sigmoid(gates[3 * width + i]) * c[layer][i].tanh();
        }
        x = h[layer].clone();
    }
    linear(
        get(tensors, "joint.prediction.weight"),
        get(tensors, "joint.prediction.bias"),
        &x,
    )
}

#[test]
fn steps_and_log_probabilities_equal_the_equations() {
    for layers in 1..=3 {
        for activation in [Activation::Relu, Activation::Tanh, Activation::Sigmoid] {
            let mut model = fixtures::spec(layers);
            model.activation = activation;
            let tensors = fixtures::tensors(layers as u64, &model);
            let vocabulary = fixtures::vocabulary();
            let transducer =
                PredictionJoint::new(&fixtures::serialize(&tensors), &model, &vocabulary).unwrap();
            let mut h = vec![vec![0.0; model.prediction]; layers];
            let mut c = h.clone();
            let mut state = vec![0.0; transducer.prediction.state_width()];
            let (mut projected, mut scratch) = (Vec::new(), PredictionScratch::default());
            let frames = Random::new(7).numbers(3 * model.encoder, 1.0);
            let (mut projected_frames, mut joint_scratch) = (Vec::new(), JointScratch::default());
            transducer
                .joint
                .project_encoder(&frames, &mut projected_frames, &mut joint_scratch)
                .unwrap();
            for label in [vocabulary.blank, 3, 3, 26, 0, 9] {
                let g = plain_step(&tensors, layers, label, &mut h, &mut c);
                transducer
                    .prediction
                    .step(&[label], &mut state, &mut projected, &mut scratch)
                    .unwrap();
                for (got, expected) in projected.iter().zip(&g) {
                    assert!((f64::from(*got) - expected).abs() < 2e-6);
                }
                for (frame, encoded) in projected_frames
                    .chunks_exact(model.joint)
                    .zip(frames.chunks_exact(model.encoder))
                {
                    let encoded: Vec<f64> = encoded.iter().map(|value| f64::from(*value)).collect();
                    let f = linear(
                        get(&tensors, "joint.encoder.weight"),
                        get(&tensors, "joint.encoder.bias"),
                        &encoded,
                    );
                    let z: Vec<f64> = f
                        .iter()
                        .zip(&g)
                        .map(|(f, g)| match activation {
                            Activation::Relu => (f + g).max(0.0),
                            Activation::Tanh => (f + g).tanh(),
                            Activation::Sigmoid => 1.0 / (1.0 + (-(f + g)).exp()),
                        })
                        .collect();
                    let logits = linear(
                        get(&tensors, "joint.output.weight"),
                        get(&tensors, "joint.output.bias"),
                        &z,
                    );
                    let normalizer = logits.iter().map(|logit| logit.exp()).sum::<f64>().ln();
                    let mut row = Vec::new();
                    let prefixes = std::iter::once(projected.as_slice());
                    transducer.joint.log_probabilities(
                        frame,
                        prefixes,
                        &mut row,
                        &mut joint_scratch,
                    );
                    assert_eq!(row.len(), vocabulary.labels.len() + 1);
                    for (got, expected) in row.iter().zip(&logits) {
                        assert!((f64::from(*got) - (expected - normalizer)).abs() < 1e-5);
                    }
                }
            }
        }
    }
}

#[test]
fn rows_do_not_depend_on_each_other() {
    let transducer = fixtures::transducer(5, 2);
    let width = transducer.prediction.state_width();
    let mut scratch = PredictionScratch::default();
    let states = Random::new(1).numbers(7 * width, 0.5);
    let labels = [1, 5, 27, 9, 2, 2, 26];
    let (mut together, mut projected) = (states.clone(), Vec::new());
    transducer
        .prediction
        .step(&labels, &mut together, &mut projected, &mut scratch)
        .unwrap();
    for (row, label) in labels.iter().enumerate() {
        let (mut alone, mut one) = (states[row * width..][..width].to_vec(), Vec::new());
        transducer
            .prediction
            .step(&[*label], &mut alone, &mut one, &mut scratch)
            .unwrap();
        assert_eq!(alone, together[row * width..][..width]);
        assert_eq!(one, projected[row * 18..][..18]);
    }
}

#[test]
fn damaged_weights_are_refused() {
    let (model, vocabulary) = (fixtures::spec(2), fixtures::vocabulary());
    let sound = fixtures::tensors(1, &model);
    let open = |tensors: &Tensors| {
        PredictionJoint::new(&fixtures::serialize(tensors), &model, &vocabulary)
    };
    assert!(open(&sound).is_ok());
    for index in 0..sound.len() {
        let mut tensors = sound.clone();
        tensors.remove(index);
        assert!(matches!(open(&tensors), Err(Error::Damaged { .. })));
        let mut tensors = sound.clone();
        tensors[index].2[0] = f32::NAN;
        assert!(matches!(open(&tensors), Err(Error::NotFinite { .. })));
        let mut tensors = sound.clone();
        tensors[index].1.push(1);
        assert!(matches!(open(&tensors), Err(Error::Shape { .. })));
    }
    let bytes = fixtures::serialize(&sound);
    for length in (0..bytes.len()).step_by(97) {
        assert!(PredictionJoint::new(&bytes[..length], &model, &vocabulary).is_err());
    }
    for bit in 0..800 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        // Most flips in the header are refused; none may panic.
        let _ = PredictionJoint::new(&damaged, &model, &vocabulary);
    }
}

#[test]
fn weights_may_be_stored_in_sixteen_bits() {
    let (model, vocabulary) = (fixtures::spec(2), fixtures::vocabulary());
    // With numbers that 16 bits hold exactly, both types give the same network.
    let mut tensors = fixtures::tensors(3, &model);
    for value in tensors.iter_mut().flat_map(|(_, _, values)| values) {
        *value = f16::from_f32(*value).to_f32();
    }
    let halves = |tensors: &Tensors, dtype: Dtype| {
        let bytes: Vec<Vec<u8>> = tensors
            .iter()
            .map(|(_, _, values)| {
                let values = values.iter().map(|value| f16::from_f32(*value));
                values.flat_map(f16::to_le_bytes).collect()
            })
            .collect();
        let views = tensors.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
            let view = TensorView::new(dtype, shape.clone(), bytes);
            (name, view.unwrap())
        });
        let file = safetensors::serialize(views, None).unwrap();
        PredictionJoint::new(&file, &model, &vocabulary)
    };
    let whole = PredictionJoint::new(&fixtures::serialize(&tensors), &model, &vocabulary).unwrap();
    let half = halves(&tensors, Dtype::F16).unwrap();
    let run = |transducer: &PredictionJoint| {
        let mut states = vec![0.0; 2 * 2 * model.prediction];
        let mut projected = Vec::new();
        let start = transducer.prediction.start_of_sequence();
        transducer
            .prediction
            .step(
                &[start],
                &mut states,
                &mut projected,
                &mut Default::default(),
            )
            .unwrap();
        (states, projected)
    };
    assert_eq!(run(&half), run(&whole));

    let other = halves(&tensors, Dtype::BF16).unwrap_err();
    assert!(other.to_string().contains("F32 or F16"), "{other}");
    tensors[0].2[0] = 1e6;
    let infinite = halves(&tensors, Dtype::F16);
    assert!(matches!(infinite, Err(Error::NotFinite { .. })));
}

/// Reads a file of a bundle in this repository and writes it again.
#[test]
fn a_file_is_written_as_it_was_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/en-qwerty");
    let bytes = std::fs::read(format!("{folder}/{}", file::FILE)).unwrap();
    let manifest = std::fs::read(format!("{folder}/bundle.json")).unwrap();
    let Manifest {
        model, vocabulary, ..
    } = serde_json::from_slice(&manifest).unwrap();
    let classes = vocabulary.labels.len() + 1;
    let reader = file::Reader::new(&bytes, &model, classes).unwrap();
    assert_eq!(
        reader.count(),
        TensorName::all(model.prediction_layers).count()
    );
    let written = file::write(&model, classes, false, |name| {
        reader.get(name).unwrap().into()
    });
    assert!(written.unwrap() == bytes);
}

#[test]
fn matrices_are_written_in_sixteen_bits_where_that_is_asked_for() {
    let (model, classes) = (fixtures::spec(2), 28);
    let tensors = fixtures::tensors(4, &model);
    let half = file::write(&model, classes, true, |name| {
        get(&tensors, &name.to_string()).into()
    })
    .unwrap();
    let bytes: Vec<(Dtype, Vec<u8>)> = tensors
        .iter()
        .map(|(_, shape, values)| match shape[..] {
            [_] => (Dtype::F32, bytemuck::cast_slice(values).to_vec()),
            _ => {
                let values = values.iter().map(|value| f16::from_f32(*value));
                (Dtype::F16, values.flat_map(f16::to_le_bytes).collect())
            }
        })
        .collect();
    let views = tensors
        .iter()
        .zip(&bytes)
        .map(|((name, shape, _), (dtype, bytes))| {
            (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
    assert!(half == safetensors::serialize(views, None).unwrap());

    let short = file::write(&model, classes, false, |_| vec![0.0; 3].into());
    assert!(matches!(short, Err(Error::Shape { .. })));
}

#[test]
fn labels_and_states_are_checked() {
    let transducer = fixtures::transducer(5, 1);
    let (mut projected, mut scratch) = (Vec::new(), PredictionScratch::default());
    let mut states = vec![0.0; transducer.prediction.state_width()];
    let got = transducer
        .prediction
        .step(&[28], &mut states, &mut projected, &mut scratch);
    assert!(matches!(got, Err(Error::Invalid { .. })));
    let got = transducer
        .prediction
        .step(&[1, 2], &mut states, &mut projected, &mut scratch);
    assert!(matches!(got, Err(Error::Shape { .. })));
    let got =
        transducer
            .joint
            .project_encoder(&[0.0; 13], &mut projected, &mut JointScratch::default());
    assert!(matches!(got, Err(Error::Shape { .. })));
}
