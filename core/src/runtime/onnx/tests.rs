use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use safetensors::SafeTensors;
use swipekit_test_support::{found, shared};

use super::test_models::{DOUBLE, FLOAT, INT32, INT64, Size, encoder, model, node, value};
use super::*;
use crate::error::{Error, Result};
use crate::runtime::{Encoder, RuntimeOptions, Tensor};
use crate::transducer::{Activation, ModelSpec};

fn options() -> RuntimeOptions {
    RuntimeOptions::default()
}

fn spec(features: usize, width: usize, subsampling: usize) -> ModelSpec {
    ModelSpec {
        features,
        encoder: width,
        subsampling,
        prediction_layers: 1,
        prediction: 1,
        joint: 1,
        activation: Activation::Relu,
        parameters: 0,
    }
}

fn open(bytes: &[u8], model: &ModelSpec) -> Result<OnnxEncoder> {
    OnnxEncoder::from_bytes(bytes, model, &options())
}

fn oracle(name: &str) -> Option<Vec<u8>> {
    let path = shared(&format!("oracle/tiny/{name}"))?;
    Some(fs::read(path).unwrap())
}

fn tensor(file: &SafeTensors, name: &str) -> Tensor {
    let view = file.tensor(name).unwrap();
    match view.dtype() {
        safetensors::Dtype::F32 => {
            let values = view
                .data()
                .as_chunks::<4>()
                .0
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes));
            Tensor::f32(view.shape(), values.collect())
        }
        safetensors::Dtype::I64 => {
            let values = view
                .data()
                .as_chunks::<8>()
                .0
                .iter()
                .map(|bytes| i64::from_le_bytes(*bytes));
            Tensor::i64(view.shape(), values.collect())
        }
        other => panic!("{name}: {other:?}"),
    }
}

fn assert_close(got: &Tensor, expected: &Tensor, tolerance: f32) {
    assert_eq!(got.shape, expected.shape);
    for (got, expected) in got.as_f32().unwrap().iter().zip(expected.as_f32().unwrap()) {
        assert!((got - expected).abs() <= tolerance, "{got} {expected}");
    }
}

#[test]
fn the_runtime_is_loaded_once_and_says_what_it_is() {
    let first = load(None).unwrap();
    assert!(first.version.starts_with("1."), "{first}");
    assert!(first.path.as_ref().unwrap().is_absolute(), "{first}");
    assert_eq!(loaded(), Some(first.clone()));
    assert_eq!(
        load(Some(Path::new("/nowhere/libonnxruntime.so"))).unwrap(),
        first
    );
}

#[test]
fn a_model_of_every_supported_type() {
    let size = [Size::Named("N")];
    let inputs = [
        value("a", FLOAT, &size),
        value("b", INT64, &size),
        value("c", INT32, &size),
    ];
    let outputs = [
        value("x", FLOAT, &size),
        value("y", INT64, &size),
        value("z", INT32, &size),
    ];
    let nodes = [
        node("Add", &["a", "a"], "x"),
        node("Identity", &["b"], "y"),
        node("Identity", &["c"], "z"),
    ];
    let mut model = OnnxModel::from_bytes(&model(&nodes, &inputs, &outputs), &options()).unwrap();
    assert_eq!(model.inputs(), ["a", "b", "c"]);
    assert_eq!(model.outputs(), ["x", "y", "z"]);
    let (a, b, c) = (
        Tensor::f32([3], vec![1.0, -2.5, 0.0]),
        Tensor::i64([2], vec![i64::MAX, -1]),
        Tensor::i32([0], vec![]),
    );
    // Inputs have names, so their order does not matter.
    let outputs = model.run(&[("c", &c), ("a", &a), ("b", &b)]).unwrap();
    let doubled = Tensor::f32([3], vec![2.0, -5.0, 0.0]);
    assert_eq!(
        outputs,
        [
            ("x".to_owned(), doubled),
            ("y".to_owned(), b.clone()),
            ("z".to_owned(), c.clone())
        ]
    );

    let refused = |result: Result<Vec<(String, Tensor)>>| {
        assert!(
            matches!(result, Err(Error::Runtime { .. } | Error::Shape { .. })),
            "{result:?}"
        );
    };
    refused(model.run(&[("a", &a), ("b", &b)]));
    refused(model.run(&[("a", &a), ("b", &b), ("c", &c), ("d", &c)]));
    refused(model.run(&[("a", &b), ("b", &b), ("c", &c)]));
    refused(model.run(&[
        ("a", &Tensor::f32([1, 3], vec![0.0; 3])),
        ("b", &b),
        ("c", &c),
    ]));
    refused(model.run(&[("a", &Tensor::f32([4], vec![0.0; 3])), ("b", &b), ("c", &c)]));
    refused(model.run(&[
        ("a", &Tensor::f32([usize::MAX, 2], vec![])),
        ("b", &b),
        ("c", &c),
    ]));
    refused(model.run(&[]));
    // A refusal leaves the model usable.
    assert!(model.run(&[("a", &a), ("b", &b), ("c", &c)]).is_ok());
}

#[test]
fn an_output_of_another_type_is_refused() {
    let inputs = [value("a", DOUBLE, &[])];
    let bytes = model(
        &[node("Identity", &["a"], "x")],
        &inputs,
        &[value("x", DOUBLE, &[])],
    );
    let mut model = OnnxModel::from_bytes(&bytes, &options()).unwrap();
    assert!(matches!(
        model.run(&[("a", &Tensor::f32([], vec![0.0]))]),
        Err(Error::Runtime { .. })
    ));
}

#[test]
fn an_encoder_takes_lengths_of_both_types_in_both_orders() {
    for lengths in [INT32, INT64] {
        for lengths_first in [false, true] {
            let encoder = open(&encoder("Neg", 2, lengths, lengths_first), &spec(2, 2, 1)).unwrap();
            let mut encoded = vec![9.0; 100];
            assert_eq!(
                encoder
                    .encode(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3, &mut encoded)
                    .unwrap(),
                3
            );
            assert_eq!(encoded, [-1.0, -4.0, -2.0, -5.0, -3.0, -6.0]);
            assert_eq!(encoder.encode(&[1.0, 2.0], 1, &mut encoded).unwrap(), 1);
            assert_eq!(encoded, [-1.0, -2.0]);
        }
    }
}

#[test]
fn an_encoder_refuses_features_of_another_shape() {
    let encoder = open(&encoder("Neg", 2, INT64, false), &spec(2, 2, 1)).unwrap();
    let mut encoded = vec![1.0];
    for (values, frames) in [
        (0, 0),
        (3, 1),
        (4, 1),
        (0, 1),
        (4, usize::MAX),
        (0, 1 << 40),
    ] {
        let result = encoder.encode(&vec![0.0; values], frames, &mut encoded);
        assert!(matches!(result, Err(Error::Shape { .. })), "{result:?}");
        assert!(encoded.is_empty());
    }
}

#[test]
fn an_encoder_that_gives_nan_or_another_length_is_an_error() {
    let mut encoded = Vec::new();
    let log = open(&encoder("Log", 1, INT64, false), &spec(1, 1, 1)).unwrap();
    assert_eq!(log.encode(&[1.0, 1.0], 2, &mut encoded).unwrap(), 2);
    let bad = log.encode(&[1.0, -1.0], 2, &mut encoded);
    assert!(matches!(bad, Err(Error::NotFinite { .. })), "{bad:?}");
    assert!(encoded.is_empty());
    let halved = open(&encoder("Neg", 1, INT64, false), &spec(1, 1, 2)).unwrap();
    let bad = halved.encode(&[1.0, 1.0], 2, &mut encoded);
    assert!(
        matches!(bad, Err(Error::Shape { ref expected, .. }) if *expected == [1, 1, 1]),
        "{bad:?}"
    );
}

#[test]
fn a_graph_that_is_no_encoder_of_these_dimensions_is_refused() {
    let graph = encoder("Neg", 2, INT64, false);
    for wrong in [spec(3, 2, 1), spec(2, 3, 1)] {
        assert!(matches!(open(&graph, &wrong), Err(Error::Shape { .. })));
    }
    let size = [Size::Named("N")];
    let one = model(
        &[node("Neg", &["a"], "x")],
        &[value("a", FLOAT, &size)],
        &[value("x", FLOAT, &size)],
    );
    let error = open(&one, &spec(2, 2, 1)).unwrap_err().to_string();
    assert!(error.contains("features_bft and lengths, got a"), "{error}");
    let float = encoder("Neg", 2, FLOAT, false);
    assert!(matches!(
        open(&float, &spec(2, 2, 1)),
        Err(Error::Invalid { .. })
    ));
}

#[test]
fn options_out_of_range_are_refused() {
    let graph = encoder("Neg", 2, INT64, false);
    for (threads, copies) in [(0, 1), (usize::MAX, 1), (1, 0), (1, usize::MAX)] {
        let options = RuntimeOptions {
            threads: Some(threads),
            copies,
            ..options()
        };
        let result = OnnxEncoder::from_bytes(&graph, &spec(2, 2, 1), &options);
        assert!(matches!(result, Err(Error::Invalid { .. })), "{result:?}");
    }
}

#[test]
fn threads_share_an_encoder() {
    for copies in [1, 2] {
        let options = RuntimeOptions {
            copies,
            ..options()
        };
        let encoder =
            OnnxEncoder::from_bytes(&encoder("Neg", 1, INT64, false), &spec(1, 1, 1), &options)
                .unwrap();
        thread::scope(|scope| {
            for worker in 1..=4 {
                let encoder = &encoder;
                scope.spawn(move || {
                    let mut encoded = Vec::new();
                    for frames in 1..50 {
                        let features = vec![worker as f32; frames];
                        assert_eq!(
                            encoder.encode(&features, frames, &mut encoded).unwrap(),
                            frames
                        );
                        assert_eq!(encoded, vec![-(worker as f32); frames]);
                    }
                });
            }
        });
    }
}

#[test]
fn damaged_models_are_errors() {
    let sound = encoder("Neg", 2, INT64, false);
    let model = spec(2, 2, 1);
    assert!(open(&sound, &model).is_ok());
    for length in 0..sound.len() {
        // A file cut between two parts may be a valid model, but never an encoder.
        assert!(open(&sound[..length], &model).is_err(), "{length}");
    }
    let mut encoded = Vec::new();
    for bit in 0..sound.len() * 8 {
        let mut flipped = sound.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(encoder) = open(&flipped, &model) {
            let _ = encoder.encode(&[1.0, 2.0], 1, &mut encoded);
        }
    }
    assert!(matches!(
        OnnxModel::open(Path::new("/nowhere/x.onnx"), &options()),
        Err(Error::Io { .. })
    ));
}

#[test]
fn the_peer_encoder_gives_what_the_oracle_says() {
    let (Some(graph), Some(goldens), Some(expected)) = (
        oracle("peer_encoder.onnx"),
        oracle("goldens.safetensors"),
        oracle("peer_onnx.safetensors"),
    ) else {
        return;
    };
    let (goldens, expected) = (
        SafeTensors::deserialize(&goldens).unwrap(),
        SafeTensors::deserialize(&expected).unwrap(),
    );
    let encoder = open(&graph, &spec(37, 32, 2)).unwrap();
    let mut encoded = Vec::new();
    for key in [
        "T1",
        "T2",
        "T3",
        "T7",
        "T28",
        "T64",
        "T131",
        "T200",
        "swipe_water",
        "swipe_which",
    ] {
        let input = tensor(&goldens, &format!("in.{key}"));
        let expected = tensor(&expected, &format!("ort.enc_btd.{key}"));
        let frames = encoder
            .encode(input.as_f32().unwrap(), input.shape[2], &mut encoded)
            .unwrap();
        assert_close(
            &Tensor::f32([1, frames, 32], encoded.clone()),
            &expected,
            2e-5,
        );
    }
}

#[test]
fn the_peer_step_gives_what_the_oracle_says() {
    let (Some(graph), Some(file)) = (oracle("peer_step.onnx"), oracle("peer_onnx.safetensors"))
    else {
        return;
    };
    let file = SafeTensors::deserialize(&file).unwrap();
    let mut model = OnnxModel::from_bytes(&graph, &options()).unwrap();
    for case in ["sos", "label0", "b3"] {
        let inputs = ["y_prev", "h0", "c0", "enc_t"]
            .map(|name| (name, tensor(&file, &format!("step.{case}.{name}"))));
        let outputs = model
            .run(&inputs.each_ref().map(|(name, tensor)| (*name, tensor)))
            .unwrap();
        assert_eq!(outputs.len(), 3);
        for (name, output) in outputs {
            assert_close(
                &output,
                &tensor(&file, &format!("step.{case}.ort.{name}")),
                2e-5,
            );
        }
    }
}

// A library is loaded once per process, so every case below runs this test binary's `child` in a
// process of its own.

/// The task of [`child`]: `load`, `threads` or `again`.
const TASK: &str = "SWIPEKIT_TEST_TASK";
/// The explicit path for [`child`].
const LIBRARY: &str = "SWIPEKIT_TEST_LIBRARY";

#[test]
fn child() {
    let Ok(task) = env::var(TASK) else { return };
    let library = env::var_os(LIBRARY).map(PathBuf::from);
    let report = |result: Result<Loaded>| match result {
        Ok(loaded) => println!("loaded {loaded}"),
        Err(error @ Error::RuntimeNotFound { .. }) => println!("not found: {error}"),
        Err(error @ Error::Invalid { .. }) => println!("invalid: {error}"),
        Err(error) => println!("other: {error:?}"),
    };
    match task.as_str() {
        "load" => report(load(library.as_deref())),
        "again" => {
            report(load(library.as_deref()));
            assert_eq!(loaded(), None);
            report(load(None));
        }
        "threads" => thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| report(load(None)));
            }
        }),
        other => panic!("{other}"),
    }
}

/// Runs [`child`] with `task`, the explicit path `library` and `ORT_DYLIB_PATH`, and returns its
/// report.
fn in_child(task: &str, library: Option<&Path>, variable: Option<&Path>) -> Vec<String> {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "runtime::onnx::tests::child",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(TASK, task)
        .env_remove(LIBRARY)
        .env_remove("ORT_DYLIB_PATH")
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(library) = library {
        command.env(LIBRARY, library);
    }
    if let Some(variable) = variable {
        command.env("ORT_DYLIB_PATH", variable);
    }
    let mut process = command.spawn().unwrap();
    let start = Instant::now();
    let status = loop {
        match process.try_wait().unwrap() {
            Some(status) => break status,
            None if start.elapsed() > Duration::from_secs(60) => {
                process.kill().unwrap();
                panic!("{task} {library:?} {variable:?} hangs");
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    let mut output = String::new();
    std::io::Read::read_to_string(&mut process.stdout.unwrap(), &mut output).unwrap();
    assert!(
        status.success(),
        "{task} {library:?} {variable:?}: {status}: {output}"
    );
    let starts = ["loaded ", "not found: ", "invalid: ", "other: "];
    // The test harness prints the test's name without a line end.
    let reports = output.lines().filter_map(|line| {
        let start = starts.iter().filter_map(|start| line.find(start)).min()?;
        Some(line[start..].to_owned())
    });
    reports.collect()
}

fn real_library() -> PathBuf {
    load(None).unwrap().path.unwrap()
}

#[test]
fn a_library_that_cannot_be_used_is_an_error_that_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let mut cases: Vec<(PathBuf, &str)> = vec![
        (folder.path().join("absent.so"), "(absent)"),
        (folder.path().to_path_buf(), "(a folder)"),
        (write("empty.so", b""), "(not a shared library)"),
        (
            write("text.so", b"#!/bin/sh\necho no library\n"),
            "(not a shared library)",
        ),
        (
            PathBuf::from("libonnxruntime-not-on-this-machine.so"),
            "libonnxruntime-not-on-this-machine.so (",
        ),
    ];
    if cfg!(target_os = "linux") {
        let library = fs::read(real_library()).unwrap();
        cases.push((PathBuf::from("/dev/zero"), "(not a regular file)"));
        cases.push((write("magic.so", b"\x7fELF"), "(not a shared library)"));
        cases.push((write("header.so", &library[..100]), "cut short"));
        cases.push((
            write("quarter.so", &library[..library.len() / 4]),
            "cut short",
        ));
        cases.push((
            write("almost.so", &library[..library.len() - 1]),
            "cut short",
        ));
        let pipe = folder.path().join("pipe.so");
        if Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .is_ok_and(|status| status.success())
        {
            cases.push((pipe, "(not a regular file)"));
        }
    }
    for (path, reason) in &cases {
        for (library, variable) in [(Some(path.as_path()), None), (None, Some(path.as_path()))] {
            let reports = in_child("load", library, variable);
            let [report] = &reports[..] else {
                panic!("{path:?}: {reports:?}")
            };
            assert!(report.starts_with("not found: "), "{report}");
            assert!(
                report.contains(reason) && report.contains(&path.display().to_string()),
                "{report}"
            );
            assert!(
                report.contains("cargo xtask setup") && report.contains("ORT_DYLIB_PATH"),
                "{report}"
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn a_library_of_another_kind_or_version_is_an_error() {
    let api = |version: &str| {
        format!(
            "static const void *api(unsigned v) {{ (void)v; return 0; }}
             static const char *version(void) {{ return {version}; }}
             static const struct {{ const void *(*a)(unsigned); const char *(*b)(void); }} base = {{ api, version }};
             const void *OrtGetApiBase(void) {{ return &base; }}"
        )
    };
    let cases = [
        (
            "int nothing(void) { return 0; }".to_owned(),
            "no OrtGetApiBase",
        ),
        (
            "const void *OrtGetApiBase(void) { return 0; }".to_owned(),
            "gave nothing",
        ),
        (api("0"), "gave no version"),
        (api("\"1.16.3\""), "expected 1.17 or newer, got 1.16.3"),
        (api("\"2.0.0\""), "expected 1.17 or newer, got 2.0.0"),
        (api("\"\""), "unfit version"),
        (api("\"1.99.0\""), "version 1.99.0 has no API 17"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (index, (source, reason)) in cases.iter().enumerate() {
        let code = folder.path().join(format!("fake{index}.c"));
        let library = code.with_extension("so");
        fs::write(&code, source).unwrap();
        let mut compiler = Command::new("cc");
        compiler
            .args(["-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(&code);
        let Some(status) = found(compiler.status()) else {
            return;
        };
        assert!(status.success(), "{compiler:?}");
        let reports = in_child("load", Some(&library), None);
        assert!(
            reports.len() == 1 && reports[0].starts_with("not found: "),
            "{reports:?}"
        );
        assert!(reports[0].contains(reason), "{reports:?}");
    }
}

#[test]
fn an_empty_path_is_refused_and_an_empty_variable_counts_as_unset() {
    let reports = in_child("load", Some(Path::new("")), None);
    assert!(
        reports.len() == 1 && reports[0].starts_with("invalid: "),
        "{reports:?}"
    );
    let reports = in_child("load", None, Some(Path::new("")));
    assert!(
        reports.len() == 1 && reports[0].starts_with("loaded "),
        "{reports:?}"
    );
}

#[test]
fn a_failure_is_not_kept() {
    let reports = in_child("again", Some(Path::new("/nowhere/libonnxruntime.so")), None);
    assert!(reports.len() == 2, "{reports:?}");
    assert!(
        reports[0].starts_with("not found: ") && reports[1].starts_with("loaded "),
        "{reports:?}"
    );
}

#[test]
fn threads_load_once() {
    let reports = in_child("threads", None, Some(&real_library()));
    assert_eq!(reports.len(), 8, "{reports:?}");
    assert!(
        reports
            .iter()
            .all(|report| *report == reports[0] && report.starts_with("loaded ")),
        "{reports:?}"
    );
}
