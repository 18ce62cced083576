//! INT8 exports that are wrong on purpose: each runs, and each must be refused.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;
use swipekit::Engine;
use swipekit::internals::bundle::manifest::SessionSpec;
use swipekit_exporters::audit::{AuditError, Expected, audit, product_weights};
use swipekit_exporters::error::Error;
use swipekit_exporters::export::{self, Options, Precision, Quantization, Source, Target};
use swipekit_exporters::onnx::proto::{Graph, Model, Tensor};
use swipekit_exporters::quantize::calibrate::Method;
use swipekit_exporters::quantize::layers::layers;
use swipekit_exporters::quantize::recipe::STATIC_S8S8;
use swipekit_exporters::random::Random;
use swipekit_exporters::synth::samples::{SAMPLE_SEED, SAMPLE_WORDS, swipe_file};
use swipekit_exporters::validate::ValidationError;
use swipekit_tests::{options, random_checkpoint, runtime, shared};

/// A square weight, whose channel axis can be swapped without a trace in the shapes.
const WEIGHT: &str = "layers.0.self_attn/linear_pos.weight";

/// An INT8 bundle and the FP32 encoder that it came from.
struct Exported {
    _folder: tempfile::TempDir,
    bundle: PathBuf,
    fp32: Vec<u8>,
    int8: Vec<u8>,
}

/// What the audit checked that failed.
#[track_caller]
fn failed(error: &AuditError) -> &str {
    match error {
        AuditError::Check(failed) => &failed.check,
        _ => panic!("{error}"),
    }
}

fn exported() -> Exported {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        precisions: vec![Precision::Fp32, Precision::Int8],
        quantization: Quantization {
            calibration: Some(Source::Synthetic),
            recipe: Some(STATIC_S8S8),
            method: Method::Entropy,
            // A random network gets its few words by chance.
            max_top1_loss: 50.0,
            ..Quantization::default()
        },
        ..options(
            &random_checkpoint(folder.path()),
            &folder.path().join("out"),
        )
    };
    let outcome = export::onnx(&options, |_| {}).unwrap();
    let read = |index: usize| fs::read(outcome.bundles[index].path.join("encoder.onnx")).unwrap();
    let sensitivity = outcome.bundles[1].report.encoder.sensitivity.as_ref();
    assert!(sensitivity.unwrap().float.is_empty());
    assert!(!outcome.bundles[1].report.encoder.equalized);
    Exported {
        fp32: read(0),
        int8: read(1),
        bundle: outcome.bundles[1].path.clone(),
        _folder: folder,
    }
}

impl Exported {
    /// The audit of `artefact` in place of the INT8 encoder.
    fn audit(&self, artefact: &[u8]) -> Result<(), AuditError> {
        let model = Model::decode(&self.fp32[..]).unwrap();
        let quantized: Vec<String> = layers(&model)
            .unwrap()
            .into_iter()
            .map(|l| l.weight)
            .collect();
        let mut float = product_weights(&self.fp32).unwrap();
        float.retain(|name| !quantized.contains(name));
        let expected = Expected {
            precision: Precision::Int8,
            baseline: &self.fp32,
            quantized: &quantized,
            float: &float,
            session: &SessionSpec::default(),
            max_ratio: None,
        };
        audit(artefact, &expected).map(drop)
    }

    /// What the audit says of the INT8 encoder after `change`, which leaves a graph that still
    /// runs.
    fn broken(&self, change: impl FnOnce(&mut Graph)) -> AuditError {
        let mut model = Model::decode(&self.int8[..]).unwrap();
        self.audit(&self.int8).unwrap();
        change(model.graph.as_mut().unwrap());
        let bytes = model.encode_to_vec();
        assert_ne!(bytes, self.int8);
        swipekit::internals::runtime::OnnxModel::from_bytes(&bytes, &Default::default()).unwrap();
        self.audit(&bytes).unwrap_err()
    }
}

fn tensor<'g>(graph: &'g mut Graph, name: &str) -> &'g mut Tensor {
    let mut tensors = graph.initializer.iter_mut();
    let found = tensors.find(|tensor| tensor.name.as_deref() == Some(name));
    found.unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn weights_left_in_float_are_refused() {
    if !runtime() {
        return;
    }
    let exported = exported();
    // The layer of the FP32 graph in place of the integer one: no error, only more bytes and time.
    let fp32 = Model::decode(&exported.fp32[..]).unwrap().graph.unwrap();
    let error = exported.broken(|graph| {
        let is_weight = |tensor: &&Tensor| tensor.name.as_deref() == Some(WEIGHT);
        graph
            .initializer
            .extend(fp32.initializer.iter().find(is_weight).cloned());
        let int8 = format!("{WEIGHT}.int8");
        let reader = graph
            .node
            .iter()
            .position(|node| node.input.contains(&int8))
            .unwrap();
        let floats = graph.node.remove(reader).output[0].clone();
        graph
            .initializer
            .retain(|tensor| tensor.name.as_ref() != Some(&int8));
        for input in graph.node.iter_mut().flat_map(|node| &mut node.input) {
            if *input == floats {
                WEIGHT.clone_into(input);
            }
        }
    });
    assert_eq!(
        failed(&error),
        format!("the conversion of the weight {WEIGHT}")
    );
}

#[test]
fn a_wrong_scale_is_refused() {
    if !runtime() {
        return;
    }
    let error = exported().broken(|graph| {
        let scale = tensor(graph, &format!("{WEIGHT}.scale"));
        let raw = scale.raw_data.as_mut().unwrap();
        let third: [u8; 4] = raw[12..16].try_into().unwrap();
        raw[12..16].copy_from_slice(&(f32::from_le_bytes(third) * 1.1).to_le_bytes());
    });
    let check = failed(&error);
    assert!(
        check.starts_with(&format!("the weight {WEIGHT} at [3, ")),
        "{check}"
    );
}

#[test]
fn a_swapped_channel_axis_is_refused() {
    if !runtime() {
        return;
    }
    // The scales along the other axis: shapes fit, for the weight is square.
    let error = exported().broken(|graph| {
        let int8 = format!("{WEIGHT}.int8");
        let mut nodes = graph.node.iter_mut();
        let reader = nodes.find(|node| node.input.contains(&int8)).unwrap();
        let mut attributes = reader.attribute.iter_mut();
        let axis = attributes
            .find(|a| a.name.as_deref() == Some("axis"))
            .unwrap();
        axis.i = Some(1 - axis.i.unwrap());
    });
    assert!(failed(&error).contains(WEIGHT), "{error}");
}

#[test]
fn the_fp32_file_is_refused_as_int8() {
    if !runtime() {
        return;
    }
    let exported = exported();
    let error = exported.audit(&exported.fp32).unwrap_err();
    assert_eq!(failed(&error), "the encoder's file");
    // Put into the finished bundle, it does not get as far as an audit.
    fs::write(exported.bundle.join("encoder.onnx"), &exported.fp32).unwrap();
    let error = Engine::open(&exported.bundle).unwrap_err();
    assert!(matches!(error, swipekit::Error::Damaged { .. }), "{error}");
}

#[test]
fn a_truncated_encoder_is_refused() {
    if !runtime() {
        return;
    }
    let exported = exported();
    for length in [0, 1, 1000, exported.int8.len() / 2, exported.int8.len() - 1] {
        let error = exported.audit(&exported.int8[..length]).unwrap_err();
        assert!(
            matches!(
                error,
                AuditError::Decode { .. } | AuditError::Check(_) | AuditError::Runtime(_)
            ),
            "{length}: {error}"
        );
        fs::write(
            exported.bundle.join("encoder.onnx"),
            &exported.int8[..length],
        )
        .unwrap();
        let error = Engine::open(&exported.bundle).unwrap_err();
        assert!(matches!(error, swipekit::Error::Damaged { .. }), "{error}");
    }
}

/// Points at random places, a hundredth of a millisecond apart: what no finger does.
fn noise(path: &Path) {
    let mut random = Random::new(9);
    let lines = (0..64).map(|at| {
        let points: Vec<serde_json::Value> = (0..200)
            .map(|i| {
                let (x, y) = (random.uniform(), random.uniform());
                serde_json::json!({"x": x, "y": y, "t": f64::from(i) * 0.01})
            })
            .collect();
        let word = SAMPLE_WORDS[at % SAMPLE_WORDS.len()];
        format!("{}\n", serde_json::json!({"word": word, "points": points}))
    });
    fs::write(path, lines.collect::<String>()).unwrap();
}

#[test]
fn calibration_on_noise_is_refused() {
    if !runtime() {
        return;
    }
    let Some(checkpoint) = shared("checkpoints/en-qwerty-poc.nemo") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let swipes = folder.path().join("noise.jsonl");
    noise(&swipes);
    let noisy = Options {
        precisions: vec![Precision::Int8],
        targets: vec![Target::Android],
        quantization: Quantization {
            calibration: Some(Source::Swipes(swipes)),
            recipe: Some(STATIC_S8S8),
            ..Quantization::default()
        },
        ..options(&checkpoint, &folder.path().join("out"))
    };
    let error = export::onnx(&noisy, |_| {}).unwrap_err();
    let Error::Validation(ValidationError::Check(failed)) = &error else {
        panic!("{error}");
    };
    assert_eq!(failed.check, "encoder.agreement");
    assert_eq!(error.exit_code(), 3);
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert_eq!(names.len(), 1, "only the manifest is there: {names:?}");

    // The same with swipes passes: it was the noise.
    let sound = folder.path().join("sound.jsonl");
    fs::write(&sound, swipe_file(SAMPLE_WORDS, SAMPLE_SEED + 1)).unwrap();
    let quantization = Quantization {
        calibration: Some(Source::Swipes(sound)),
        ..noisy.quantization
    };
    export::onnx(
        &Options {
            quantization,
            ..noisy
        },
        |_| {},
    )
    .unwrap();
}
