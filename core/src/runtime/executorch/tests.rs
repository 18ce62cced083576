use std::path::{Path, PathBuf};
use std::thread;

use super::threads::Threads;
use super::*;
use crate::bundle::Bundle;
use crate::bytes::Bytes;
use crate::engine::{Engine, EngineOptions, open_encoder};
use crate::error::Error;
use crate::limits::CancelToken;
use crate::runtime::{Encoder, RuntimeOptions, Tensor};
use crate::transducer::ModelSpec;

/// A small bundle of random weights, written by `tests/examples/pte_fixture.rs`.
fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/random-pte.swipekit")
}

fn bundle() -> Bundle {
    Bundle::open(fixture()).unwrap()
}

fn encoder(options: &RuntimeOptions) -> Box<dyn Encoder> {
    open_encoder(&bundle(), options).unwrap()
}

fn program(name: &str) -> PteModel {
    PteModel::from_bytes(bundle().file(name).unwrap(), &RuntimeOptions::default()).unwrap()
}

/// Features of a swipe of `samples` samples.
fn features(samples: usize) -> Vec<f32> {
    (0..37 * samples)
        .map(|at| ((at * 2_654_435_761) % 1000) as f32 / 500.0 - 1.0)
        .collect()
}

fn encode(encoder: &dyn Encoder, samples: usize) -> Vec<f32> {
    let mut encoded = Vec::new();
    let got = encoder
        .encode(&features(samples), samples, &mut encoded)
        .unwrap();
    assert_eq!(got, samples.div_ceil(2));
    assert_eq!(encoded.len(), got * 16);
    encoded
}

#[test]
fn a_bundle_decodes_its_golden_swipes() {
    let engine = Engine::open(fixture()).unwrap();
    assert_eq!(engine.self_test().unwrap().swipes, 6);
    let runtime = engine.runtime();
    assert_eq!(runtime.name, "ExecuTorch");
    assert_eq!(
        runtime.to_string(),
        format!("ExecuTorch {EXECUTORCH_VERSION}")
    );
}

#[test]
fn every_length_runs_in_any_order() {
    let encoder = encoder(&RuntimeOptions::default());
    let forth: Vec<_> = (1..=256)
        .map(|samples| encode(&*encoder, samples))
        .collect();
    for samples in (1..=256).rev().step_by(3) {
        let again = encode(&*encoder, samples);
        assert_eq!(again, forth[samples - 1], "{samples} samples");
    }
}

#[test]
fn lengths_and_values_that_do_not_fit_are_refused() {
    let encoder = encoder(&RuntimeOptions::default());
    let mut encoded = vec![1.0];
    let long = encoder.encode(&features(257), 257, &mut encoded);
    assert!(
        matches!(
            long,
            Err(Error::TooLarge {
                limit: 256,
                got: 257,
                ..
            })
        ),
        "{long:?}"
    );
    assert!(encoded.is_empty());
    for (values, samples) in [(37, 2), (36, 1), (0, 0), (37, usize::MAX)] {
        let wrong = encoder.encode(&vec![0.0; values], samples, &mut encoded);
        assert!(matches!(wrong, Err(Error::Shape { .. })), "{wrong:?}");
    }
    for value in [f32::NAN, f32::INFINITY] {
        let mut wild = features(10);
        wild[3] = value;
        let wild = encoder.encode(&wild, 10, &mut encoded);
        assert!(matches!(wild, Err(Error::NotFinite { .. })), "{wild:?}");
    }
    // After these errors, the next swipe works.
    encode(&*encoder, 20);
}

#[test]
fn a_run_that_is_cancelled_gives_nothing() {
    let encoder = encoder(&RuntimeOptions::default());
    let expected = encode(&*encoder, 30);
    let (token, features) = (CancelToken::new(), features(30));
    let mut encoded = Vec::new();
    let got = encoder.encode_until(&features, 30, &token, &mut encoded);
    assert_eq!((got.unwrap(), &encoded), (15, &expected));
    token.cancel();
    let got = encoder.encode_until(&features, 30, &token, &mut encoded);
    assert!(matches!(got, Err(Error::Cancelled)));
    assert!(encoded.is_empty());
    assert_eq!(encode(&*encoder, 30), expected);
}

#[test]
fn programs_of_other_dimensions_are_refused() {
    let bundle = bundle();
    let open = |file: &str, change: fn(&mut ModelSpec)| {
        let mut model = bundle.manifest().model.clone();
        change(&mut model);
        PteEncoder::from_bytes(
            bundle.file(file).unwrap(),
            &model,
            &RuntimeOptions::default(),
        )
    };
    assert_eq!(open("encoder.pte", |_| ()).unwrap().max_samples(), 256);
    for change in [
        (|model| model.features = 36) as fn(&mut ModelSpec),
        |model| model.encoder = 17,
        |model| model.subsampling = 4,
    ] {
        let refused = open("encoder.pte", change);
        assert!(matches!(refused, Err(Error::Shape { .. })), "{refused:?}");
    }
    let step = open("step.pte", |_| ());
    assert!(matches!(step, Err(Error::Invalid { .. })), "{step:?}");
}

#[test]
fn bytes_that_are_no_program_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open = |bytes: &[u8]| {
        // A mapped file has the alignment that programs need.
        let path = folder.path().join("program");
        std::fs::write(&path, bytes).unwrap();
        PteModel::from_bytes(Bytes::map(&path).unwrap(), &RuntimeOptions::default())
    };
    let whole = bundle().file("encoder.pte").unwrap();
    let half = whole.slice(0..whole.len() / 2).unwrap().to_vec();
    let cut = whole.slice(0..whole.len() - 1).unwrap().to_vec();
    for (bytes, what) in [
        (Vec::new(), "nothing"),
        (vec![0; 4096], "zeros"),
        (b"no program".repeat(500), "text"),
        (half, "half"),
        (cut, "a byte less"),
    ] {
        match open(&bytes) {
            Err(Error::Runtime {
                runtime, message, ..
            }) => {
                assert_eq!(runtime, "ExecuTorch");
                assert!(!message.is_empty(), "{what}");
            }
            other => panic!("{what}: {other:?}"),
        }
    }
    // ExecuTorch's message is part of the error.
    let message = open(&[0; 4096]).unwrap_err().to_string();
    assert!(message.contains("identifier"), "{message}");
    let shifted = whole.slice(4..whole.len()).unwrap();
    let shifted = PteModel::from_bytes(shifted, &RuntimeOptions::default());
    assert!(matches!(shifted, Err(Error::Invalid { .. })), "{shifted:?}");
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    let mut model = program("encoder.pte");
    let features = Tensor::f32([1, 37, 3], vec![0.5; 111]);
    let lengths = Tensor::i64([1], vec![3]);
    let refused = |model: &mut PteModel, inputs: &[&Tensor]| model.run(inputs).unwrap_err();
    for (inputs, what) in [
        (vec![&features], "missing"),
        (vec![&features, &lengths, &lengths], "one too many"),
    ] {
        let error = refused(&mut model, &inputs);
        assert!(matches!(error, Error::Invalid { .. }), "{what}: {error}");
    }
    let flat = Tensor::f32([37, 3], vec![0.5; 111]);
    let short = Tensor::f32([1, 37, 3], vec![0.5; 110]);
    let narrow = Tensor::i32([1], vec![3]);
    for (inputs, what) in [
        ([&lengths, &features], "swapped"),
        ([&flat, &lengths], "another rank"),
        ([&short, &lengths], "too few values"),
        ([&features, &narrow], "another type"),
    ] {
        let error = refused(&mut model, &inputs);
        let expected = matches!(
            error,
            Error::Runtime { .. } | Error::Shape { .. } | Error::Invalid { .. }
        );
        assert!(expected, "{what}: {error}");
    }
    let outputs = model.run(&[&features, &lengths]).unwrap();
    assert_eq!(outputs[0].shape, [1, 2, 16]);
    assert_eq!(outputs[1], Tensor::i64([1], vec![2]));
}

#[test]
fn the_step_runs_on_any_number_of_rows() {
    let mut model = program("step.pte");
    let mut first = None;
    for rows in [1, 2, 64, 7, 1] {
        let state = Tensor::f32([rows, 12], vec![0.25; rows * 12]);
        let labels = Tensor::i64([rows], vec![5; rows]);
        let frame = Tensor::f32([rows, 16], vec![0.5; rows * 16]);
        let outputs = model.run(&[&labels, &state, &state, &frame]).unwrap();
        assert_eq!(outputs[0].shape, [rows, 28]);
        let logits = outputs[0].as_f32().unwrap();
        let row = first.get_or_insert_with(|| logits[..28].to_vec());
        for (got, expected) in logits.iter().zip(row.iter().cycle()) {
            assert!((got - expected).abs() < 1e-5);
        }
        let sum: f32 = logits[..28].iter().map(|value| value.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-4, "log-probabilities");
    }
}

#[test]
fn swipes_run_on_several_threads_at_once() {
    let mut options = RuntimeOptions::default();
    let expected: Vec<_> = (1..60).map(|t| encode(&*encoder(&options), t)).collect();
    for copies in [1, 3] {
        options.copies = copies;
        let encoder = encoder(&options);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for (at, expected) in expected.iter().enumerate() {
                        assert_eq!(encode(&*encoder, at + 1), *expected);
                    }
                });
            }
        });
    }
    for copies in [0, 65] {
        options.copies = copies;
        assert!(matches!(
            open_encoder(&bundle(), &options),
            Err(Error::Invalid { .. })
        ));
    }
}

#[test]
fn threads_are_counted() {
    for threads in [0, 257] {
        assert!(matches!(Threads::new(threads), Err(Error::Invalid { .. })));
        let options = EngineOptions {
            threads: Some(threads),
            ..EngineOptions::default()
        };
        let engine = Engine::open_with(fixture(), &options);
        assert!(matches!(engine, Err(Error::Invalid { .. })), "{engine:?}");
    }
    // The process's pool has one size.
    let mut options = RuntimeOptions {
        threads: Some(2),
        ..RuntimeOptions::default()
    };
    let two = encoder(&options);
    let one = encoder(&RuntimeOptions::default());
    for samples in [1, 64, 256] {
        let (two, one) = (encode(&*two, samples), encode(&*one, samples));
        for (two, one) in two.iter().zip(one) {
            assert!((two - one).abs() < 1e-5);
        }
    }
    options.threads = Some(3);
    let other = open_encoder(&bundle(), &options);
    assert!(matches!(other, Err(Error::Invalid { .. })), "{other:?}");
}

#[test]
fn a_newer_runtime_than_this_is_asked_for_in_vain() {
    let bundle = bundle();
    let folder = tempfile::tempdir().unwrap();
    for name in bundle.file_names() {
        std::fs::write(folder.path().join(name), &*bundle.file(name).unwrap()).unwrap();
    }
    let write = |minimum: &str| {
        let mut manifest = bundle.manifest().clone();
        manifest.runtime.minimum = minimum.to_owned();
        let json = serde_json::to_vec(&manifest).unwrap();
        std::fs::write(folder.path().join("bundle.json"), json).unwrap();
        Engine::open(folder.path())
    };
    write("1.5").unwrap();
    let newer = write("1.6");
    assert!(
        matches!(
            newer,
            Err(Error::Unsupported {
                what: "ExecuTorch",
                ..
            })
        ),
        "{newer:?}"
    );
}
