//! Tests of session settings, of optimized models, and of the choice between a bundle's encoders.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::test_models::{
    FLOAT, INT8, INT64, Size, constant, encoder, model, model_with, node, node_with, value,
};
use super::*;
use crate::bundle::manifest::{
    Activation, Execution, FileEntry, Manifest, ModelSpec, OptimizationLevel, OptimizedSpec,
    SessionSpec,
};
use crate::bundle::{Bundle, MANIFEST_FILE, sha256_hex};
use crate::engine::open_encoder;
use crate::error::{Error, Result};
use crate::runtime::{Encoder, RuntimeOptions, Tensor};

const LEVELS: [OptimizationLevel; 4] = [
    OptimizationLevel::Disabled,
    OptimizationLevel::Basic,
    OptimizationLevel::Extended,
    OptimizationLevel::All,
];
const FORMATS: [OptimizedFormat; 2] = [OptimizedFormat::Onnx, OptimizedFormat::Ort];

fn with_session(session: SessionSpec) -> RuntimeOptions {
    RuntimeOptions {
        session: Some(session),
        ..RuntimeOptions::default()
    }
}

fn with_config(key: &str, value: &str) -> SessionSpec {
    SessionSpec {
        config: [(key.to_owned(), value.to_owned())].into(),
        ..SessionSpec::default()
    }
}

/// Two transpositions, which an optimizer removes, and an addition.
fn redundant() -> Vec<u8> {
    let size = [Size::Named("N"), Size::Named("M")];
    let nodes = [
        node_with("Transpose", "a", "b", "perm", &[1, 0]),
        node_with("Transpose", "b", "c", "perm", &[1, 0]),
        node("Add", &["c", "c"], "x"),
    ];
    model(
        &nodes,
        &[value("a", FLOAT, &size)],
        &[value("x", FLOAT, &size)],
    )
}

/// One quantized product with signed activations: `a` `[N, 4]` to `x` `[N, 4]`, close to `a`.
fn quantized() -> Vec<u8> {
    let size = [Size::Named("N"), Size::Fixed(4)];
    let identity: Vec<u8> = (0..16).map(|i| if i % 5 == 0 { 100 } else { 0 }).collect();
    let constants = [
        constant("scale", FLOAT, &[], &0.01_f32.to_le_bytes()),
        constant("zero", INT8, &[], &[0]),
        constant("w", INT8, &[4, 4], &identity),
    ];
    let nodes = [
        node("QuantizeLinear", &["a", "scale", "zero"], "a8"),
        node("DequantizeLinear", &["a8", "scale", "zero"], "af"),
        node("DequantizeLinear", &["w", "scale", "zero"], "wf"),
        node("MatMul", &["af", "wf"], "y"),
        node("QuantizeLinear", &["y", "scale", "zero"], "y8"),
        node("DequantizeLinear", &["y8", "scale", "zero"], "x"),
    ];
    model_with(
        &nodes,
        &constants,
        &[value("a", FLOAT, &size)],
        &[value("x", FLOAT, &size)],
    )
}

fn optimized(
    bytes: &[u8],
    session: &SessionSpec,
    level: OptimizationLevel,
    format: OptimizedFormat,
) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("optimized");
    OnnxModel::optimize(bytes, session, level, format, &path).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    fs::read(path).unwrap()
}

fn count(bytes: &[u8], text: &str) -> usize {
    let windows = bytes.windows(text.len());
    windows.filter(|window| *window == text.as_bytes()).count()
}

fn run(bytes: &[u8], options: &RuntimeOptions, input: &Tensor) -> Vec<f32> {
    let mut model = OnnxModel::from_bytes(bytes, options).unwrap();
    let outputs = model.run(&[("a", input)]).unwrap();
    outputs[0].1.as_f32().unwrap().to_vec()
}

#[test]
fn every_setting_gives_the_same_result() {
    let input = Tensor::f32([2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let doubled = [2.0, 4.0, 6.0, 8.0, 10.0, 12.0];
    let base = SessionSpec::default;
    let mut specs = vec![
        base(),
        SessionSpec {
            threads: 2,
            spinning: true,
            ..base()
        },
        SessionSpec {
            execution: Execution::Parallel,
            inter_threads: 2,
            ..base()
        },
        SessionSpec {
            execution: Execution::Parallel,
            ..base()
        },
        SessionSpec {
            arena: true,
            memory_pattern: true,
            ..base()
        },
    ];
    specs.extend(LEVELS.map(|optimization| SessionSpec {
        optimization,
        ..base()
    }));
    for key in crate::bundle::manifest::CONFIG_KEYS {
        specs.extend(["0", "1"].map(|value| with_config(key, value)));
    }
    for spec in specs {
        let options = with_session(spec);
        assert_eq!(run(&redundant(), &options, &input), doubled, "{options:?}");
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let base = SessionSpec::default;
    let bad = [
        SessionSpec {
            threads: 0,
            ..base()
        },
        SessionSpec {
            inter_threads: 257,
            ..base()
        },
        with_config("session.load_model_format", "ORT"),
        with_config("session.qdqisint8allowed", "yes"),
    ];
    for spec in bad {
        let result = OnnxModel::from_bytes(&redundant(), &with_session(spec));
        assert!(matches!(result, Err(Error::Invalid { .. })), "{result:?}");
    }
    // The caller's number of threads overrides the bundle's.
    let options = RuntimeOptions {
        threads: Some(1),
        ..with_session(SessionSpec {
            threads: 0,
            ..base()
        })
    };
    assert!(OnnxModel::from_bytes(&redundant(), &options).is_ok());
}

/// Settings with which [`child`] opens a bundle: the caller's threads, the threads of the caller's
/// session, the threads of the bundle's session, and the nodes that the bundle runs at a time; 0
/// where not given.
const TASK: &str = "SWIPEKIT_TEST_SESSION";

#[test]
fn child() {
    let Ok(task) = env::var(TASK) else { return };
    let numbers = task.split(' ').map(|part| part.parse::<usize>().unwrap());
    let numbers: Vec<Option<usize>> = numbers
        .map(|number| (number > 0).then_some(number))
        .collect();
    let options = RuntimeOptions {
        threads: numbers[0],
        session: numbers[1].map(|threads| SessionSpec {
            threads,
            ..SessionSpec::default()
        }),
        ..RuntimeOptions::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle(folder.path(), |manifest| {
        let session = &mut manifest.runtime.session;
        session.threads = numbers[2].unwrap_or(session.threads);
        if let Some(nodes) = numbers[3] {
            session.execution = Execution::Parallel;
            session.inter_threads = nodes;
        }
    });
    let tasks = || fs::read_dir("/proc/self/task").unwrap().count();
    let before = tasks();
    let _encoder = open_encoder(&bundle, &options).unwrap();
    println!("threads made: {}", tasks() - before);
}

#[cfg(target_os = "linux")]
#[test]
fn a_session_has_the_bundle_s_threads_unless_the_caller_asks_for_others() {
    // The thread that runs the encoder counts as one of them.
    for (task, made) in [
        ("0 0 0 0", 0),
        ("0 0 3 0", 2),
        ("2 0 3 0", 1),
        ("0 1 3 0", 0),
        ("0 4 3 0", 3),
        ("2 4 3 0", 1),
        ("0 0 0 3", 2),
    ] {
        let output = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "runtime::onnx::session_tests::child",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(TASK, task)
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        let expected = format!("threads made: {made}\n");
        assert!(output.contains(&expected), "{task}: {output}");
    }
}

#[test]
fn a_model_is_written_as_the_optimizer_leaves_it() {
    let input = Tensor::f32([2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let plain = run(&redundant(), &RuntimeOptions::default(), &input);
    for format in FORMATS {
        for level in LEVELS {
            let bytes = optimized(&redundant(), &SessionSpec::default(), level, format);
            let left = count(&bytes, "Transpose") > 0;
            assert_eq!(left, level == OptimizationLevel::Disabled, "{level}");
            // A flatbuffer has its identifier after the first offset.
            assert_eq!(bytes[4..8] == *b"ORTM", format == OptimizedFormat::Ort);
            for again in LEVELS {
                let options = with_session(SessionSpec {
                    optimization: again,
                    ..SessionSpec::default()
                });
                assert_eq!(run(&bytes, &options, &input), plain, "{level} {again}");
            }
        }
    }
}

#[test]
fn the_configuration_reaches_the_optimizer() {
    let input = Tensor::f32([1, 4], vec![0.5, -0.25, 0.0, 1.0]);
    let extended = |session: &SessionSpec| {
        let level = OptimizationLevel::Extended;
        let bytes = optimized(&quantized(), session, level, OptimizedFormat::Onnx);
        let output = run(&bytes, &RuntimeOptions::default(), &input);
        for (got, expected) in output.iter().zip(input.as_f32().unwrap()) {
            assert!((got - expected).abs() <= 0.01, "{output:?}");
        }
        bytes
    };
    assert_eq!(
        count(&extended(&SessionSpec::default()), "QLinearMatMul"),
        1
    );
    let float = extended(&with_config("session.disable_quant_qdq", "1"));
    assert_eq!(count(&float, "QLinearMatMul"), 0);
    if cfg!(target_arch = "x86_64") {
        // The zero point is 128 for unsigned activations and stays 0 for signed ones.
        let signed = extended(&with_config("session.qdqisint8allowed", "1"));
        assert_ne!(signed, extended(&SessionSpec::default()));
    }
}

#[test]
fn a_damaged_model_in_orts_own_format_is_an_error() {
    let sound = optimized(
        &encoder("Neg", 2, INT64, false),
        &SessionSpec::default(),
        OptimizationLevel::Extended,
        OptimizedFormat::Ort,
    );
    let model = ModelSpec {
        features: 2,
        encoder: 2,
        subsampling: 1,
        prediction_layers: 1,
        prediction: 1,
        joint: 1,
        activation: Activation::Relu,
        parameters: 0,
    };
    let open = |bytes: &[u8]| OnnxEncoder::from_bytes(bytes, &model, &RuntimeOptions::default());
    let mut encoded = Vec::new();
    let encoder = open(&sound).unwrap();
    assert_eq!(encoder.encode(&[1.0, 2.0], 1, &mut encoded).unwrap(), 1);
    assert_eq!(encoded, [-1.0, -2.0]);
    for length in (0..sound.len()).step_by(7) {
        let result = open(&sound[..length]);
        assert!(matches!(result, Err(Error::Runtime { .. })), "{length}");
    }
    // Flips one bit of every byte: the result is an error or a model that runs or fails, never a
    // crash.
    let mut refused = 0;
    for byte in 0..sound.len() {
        let mut flipped = sound.clone();
        flipped[byte] ^= 1 << (byte % 8);
        match open(&flipped) {
            Ok(encoder) => drop(encoder.encode(&[1.0, 2.0], 1, &mut encoded)),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > sound.len() / 20, "{refused} of {}", sound.len());
}

#[test]
fn a_failed_optimization_leaves_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("encoder.ort");
    fs::write(&path, "before").unwrap();
    let optimize = |bytes: &[u8], session: &SessionSpec, to: &Path| {
        let level = OptimizationLevel::Extended;
        OnnxModel::optimize(bytes, session, level, OptimizedFormat::Ort, to)
    };
    let default = SessionSpec::default();
    for bytes in [&b""[..], b"no model", &redundant()[..40]] {
        let result = optimize(bytes, &default, &path);
        assert!(matches!(result, Err(Error::Runtime { .. })), "{result:?}");
    }
    let result = optimize(&redundant(), &with_config("session.x", "1"), &path);
    assert!(matches!(result, Err(Error::Invalid { .. })), "{result:?}");
    let nowhere = folder.path().join("absent").join("encoder.ort");
    let result = optimize(&redundant(), &default, &nowhere);
    assert!(matches!(result, Err(Error::Write { .. })), "{result:?}");
    assert_eq!(fs::read(&path).unwrap(), b"before");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    optimize(&redundant(), &default, &path).unwrap();
    assert_ne!(fs::read(&path).unwrap(), b"before");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// A bundle whose plain encoder negates and whose optimized one takes the magnitude, so that the
/// two differ.
fn bundle(folder: &Path, change: impl FnOnce(&mut Manifest)) -> Bundle {
    let mut manifest = crate::bundle::tests::manifest();
    manifest.lexicon = None;
    manifest.files.clear();
    manifest.model.encoder = 37;
    manifest.model.subsampling = 1;
    manifest.runtime.optimized = Some(OptimizedSpec {
        file: "encoder.ort".to_owned(),
        architecture: "any".to_owned(),
        runtime: "1.17".to_owned(),
        level: OptimizationLevel::Extended,
    });
    let optimized = optimized(
        &encoder("Abs", 37, INT64, false),
        &SessionSpec::default(),
        OptimizationLevel::Extended,
        OptimizedFormat::Ort,
    );
    for (name, content) in [
        ("encoder.onnx", encoder("Neg", 37, INT64, false)),
        ("encoder.ort", optimized),
        ("transducer.safetensors", Vec::new()),
    ] {
        let entry = FileEntry {
            size: content.len() as u64,
            sha256: sha256_hex(&content),
        };
        fs::write(folder.join(name), content).unwrap();
        manifest.files.insert(name.to_owned(), entry);
    }
    change(&mut manifest);
    let json = serde_json::to_vec(&manifest).unwrap();
    fs::write(folder.join(MANIFEST_FILE), json).unwrap();
    Bundle::open(folder).unwrap()
}

/// The encoder's output for 1: -1 from the plain one, 1 from the optimized one.
fn encodes_one_as(change: impl FnOnce(&mut Manifest), options: &RuntimeOptions) -> Result<f32> {
    let folder = tempfile::tempdir().unwrap();
    let encoder = open_encoder(&bundle(folder.path(), change), options)?;
    let mut encoded = Vec::new();
    encoder.encode(&[1.0; 37], 1, &mut encoded)?;
    Ok(encoded[0])
}

#[test]
fn the_optimized_encoder_is_opened_where_it_fits() {
    let options = RuntimeOptions::default();
    let with = |change: fn(&mut OptimizedSpec)| {
        let change = |manifest: &mut Manifest| change(manifest.runtime.optimized.as_mut().unwrap());
        encodes_one_as(change, &options).unwrap()
    };
    assert_eq!(with(|_| ()), 1.0);
    assert_eq!(
        with(|spec| spec.architecture = env::consts::ARCH.to_owned()),
        1.0
    );
    assert_eq!(with(|spec| spec.architecture = "another".to_owned()), -1.0);
    assert_eq!(with(|spec| spec.runtime = "1.999".to_owned()), -1.0);
    let without = encodes_one_as(|manifest| manifest.runtime.optimized = None, &options);
    assert_eq!(without.unwrap(), -1.0);
}
