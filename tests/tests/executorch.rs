//! Bundles for ExecuTorch, from the checkpoint to words: equal to NeMo, equal to ONNX Runtime, and
//! refused where they are not what they were.
#![cfg(feature = "executorch")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use swipekit::Engine;
use swipekit::Error as CoreError;
use swipekit::bytes::Bytes;
use swipekit::internals::bundle::Bundle;
use swipekit::internals::engine::open_encoder;
use swipekit::internals::runtime::{Encoder, OnnxModel, PteModel, RuntimeOptions, Tensor};
use swipekit_exporters::checkpoint::Checkpoint;
use swipekit_exporters::export::{self, Options, Outcome, Precision, Quantization, Source};
use swipekit_exporters::fixtures::nemo;
use swipekit_exporters::network::Network;
use swipekit_exporters::package::{pack, unpack};
use swipekit_exporters::pte::{Mode, Scheme};
use swipekit_exporters::random::Random;
use swipekit_exporters::reference::{FeatureBatch, encode};
use swipekit_tests::pte::{fixture, options as pte_options, python};
use swipekit_tests::{Goldens, difference};
use swipekit_tests::{options, random_checkpoint, repository, runtime, shared, swipes};

const TOLERANCE: f64 = 2e-5;

fn normal(random: &mut Random, count: usize) -> Vec<f32> {
    (0..count).map(|_| random.normal() as f32).collect()
}

fn program(bundle: &Bundle, name: &str) -> PteModel {
    PteModel::from_bytes(bundle.file(name).unwrap(), &RuntimeOptions::default()).unwrap()
}

fn frames(encoder: &dyn Encoder, features: &[f32], length: usize) -> Vec<f32> {
    let mut encoded = Vec::new();
    encoder.encode(features, length, &mut encoded).unwrap();
    encoded
}

/// The programs of a model of the oracle, beside NeMo's outputs.
struct Oracle {
    _folder: tempfile::TempDir,
    bundle: Bundle,
    goldens: Goldens,
    masked: Goldens,
}

impl Oracle {
    fn export(model: &str) -> Option<Self> {
        if !runtime() || !python() {
            return None;
        }
        let at = |name: &str| shared(&format!("oracle/{model}/{name}"));
        let goldens = Goldens::open(&at("goldens.safetensors")?);
        let masked = Goldens::open(&at("goldens_nemo300.safetensors")?);
        let checkpoint = at(&format!("{model}.nemo"))?;
        let folder = tempfile::tempdir().unwrap();
        let base = Options {
            parts: false,
            ..options(&checkpoint, &folder.path().join("bundle"))
        };
        let outcome = export::pte(&pte_options(base, &[Mode::Xnnpack]), |_| {}).unwrap();
        let lowering = outcome.bundles[0].report.lowering.as_ref().unwrap();
        println!(
            "{model}: {} s, {:.1} % of the encoder in {} parts, step in {}",
            outcome.seconds,
            lowering.delegated_percent,
            lowering.encoder.subgraphs,
            lowering.step.subgraphs
        );
        assert!(lowering.delegated_percent >= 90.0, "{:?}", lowering.encoder);
        assert_eq!(lowering.step.subgraphs, 1, "{:?}", lowering.step);
        assert_eq!(lowering.warnings, [""; 0]);
        Some(Self {
            bundle: Bundle::open(folder.path().join("bundle")).unwrap(),
            _folder: folder,
            goldens,
            masked,
        })
    }

    fn encodings(&self) {
        let encoder = open_encoder(&self.bundle, &RuntimeOptions::default()).unwrap();
        for key in &self.goldens.inputs() {
            let input = format!("in.{key}");
            let length = self.goldens.shape(&input)[2];
            let got = frames(&*encoder, &self.goldens.floats(&input), length);
            let expected = &self.goldens.encodings(&format!("enc.{key}"))[0];
            let worst = difference(&got, expected);
            assert!(worst <= TOLERANCE, "{key}: {worst}");
        }
    }

    /// The utterances of a padded batch, one at a time with their padding.
    fn padding(&self) {
        let mut encoder = program(&self.bundle, "encoder.pte");
        let lengths = self.goldens.integers("batch.len");
        let width = self.bundle.manifest().model.encoder;
        for padding in ["zero", "garbage"] {
            let input = format!("batch.{padding}.in");
            let (shape, features) = (self.goldens.shape(&input), self.goldens.floats(&input));
            let expected = self.masked.encodings(&format!("batch.{padding}.enc"));
            let rows = features.chunks_exact(shape[1] * shape[2]).zip(&lengths);
            for ((features, length), expected) in rows.zip(expected) {
                let outputs = encoder
                    .run(&[
                        &Tensor::f32([1, shape[1], shape[2]], features.to_vec()),
                        &Tensor::i64([1], vec![*length as i64]),
                    ])
                    .unwrap();
                let valid = outputs[1].as_i64().unwrap()[0] as usize * width;
                let got = &outputs[0].as_f32().unwrap()[..valid];
                let worst = difference(got, &expected[..valid]);
                assert!(worst <= TOLERANCE, "{padding} {length}: {worst}");
            }
        }
    }

    /// The step's states against NeMo's prediction network, label by label.
    fn predictions(&self) {
        let mut step = program(&self.bundle, "step.pte");
        let model = &self.bundle.manifest().model;
        let (layers, hidden) = (model.prediction_layers, model.prediction);
        let blank = self.bundle.manifest().vocabulary.blank as i64;
        for word in ["empty", "a", "hello", "the"] {
            let labels = self.goldens.integers(&format!("pred.{word}.labels"));
            let inputs = std::iter::once(blank).chain(labels.iter().map(|l| *l as i64));
            let [expected_h, expected_c] =
                ["h", "c"].map(|part| self.goldens.floats(&format!("pred.{word}.step_{part}")));
            let mut states = vec![vec![0.0_f32; hidden]; 2 * layers];
            for (at, label) in inputs.enumerate() {
                let mut tensors = vec![Tensor::i64([1], vec![label])];
                tensors.extend(states.iter().map(|s| Tensor::f32([1, hidden], s.clone())));
                tensors.push(Tensor::f32([1, model.encoder], vec![0.0; model.encoder]));
                let tensors: Vec<&Tensor> = tensors.iter().collect();
                let outputs = step.run(&tensors).unwrap();
                for (index, state) in states.iter_mut().enumerate() {
                    *state = outputs[1 + index].as_f32().unwrap().to_vec();
                    let expected = if index % 2 == 0 {
                        &expected_h
                    } else {
                        &expected_c
                    };
                    let start = (at * layers + index / 2) * hidden;
                    let worst = difference(state, &expected[start..start + hidden]);
                    assert!(worst <= TOLERANCE, "{word} {at} {index}: {worst}");
                }
            }
        }
    }
}

#[test]
fn tiny_equals_nemo_at_every_length_and_batch() {
    let Some(oracle) = Oracle::export("tiny") else {
        return;
    };
    oracle.encodings();
    oracle.padding();
    oracle.predictions();

    let checkpoint = Checkpoint::open(shared("oracle/tiny/tiny.nemo").unwrap()).unwrap();
    let network = Network::new(&checkpoint.config, &checkpoint.weights).unwrap();
    let encoder = open_encoder(&oracle.bundle, &RuntimeOptions::default()).unwrap();
    let mut random = Random::new(11);
    let mut worst: f64 = 0.0;
    for length in 1..=256 {
        let features = normal(&mut random, 37 * length);
        let batch = FeatureBatch {
            features: &features,
            frames: length,
            lengths: &[length],
        };
        let expected = encode::<f64>(&network, batch).unwrap().valid(0).data;
        let expected: Vec<f32> = expected.iter().map(|value| *value as f32).collect();
        let difference = difference(&frames(&*encoder, &features, length), &expected);
        assert!(difference <= TOLERANCE, "{length} frames: {difference}");
        worst = worst.max(difference);
    }
    println!("tiny, 1 to 256 frames: at most {worst:e}");

    // The step on every number of rows, next to the ONNX step, which is held to NeMo elsewhere.
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("onnx");
    export::onnx(
        &options(&shared("oracle/tiny/tiny.nemo").unwrap(), &output),
        |_| {},
    )
    .unwrap();
    let mut onnx = OnnxModel::open(&output.join("step.onnx"), &RuntimeOptions::default()).unwrap();
    let mut step = program(&oracle.bundle, "step.pte");
    for rows in 1..=64_usize {
        let labels = Tensor::i64([rows], (0..rows).map(|row| (row % 30) as i64).collect());
        let states = normal(&mut random, 4 * rows * 24);
        let states: Vec<&[f32]> = states.chunks_exact(rows * 24).collect();
        let frame = Tensor::f32([rows, 32], normal(&mut random, rows * 32));
        let stacked =
            |parts: [usize; 2]| Tensor::f32([2, rows, 24], parts.map(|part| states[part]).concat());
        let (h0, c0) = (stacked([0, 2]), stacked([1, 3]));
        let expected = onnx
            .run(&[
                ("y_prev", &labels),
                ("h0", &h0),
                ("c0", &c0),
                ("enc_t", &frame),
            ])
            .unwrap();
        let single: Vec<Tensor> = states
            .iter()
            .map(|state| Tensor::f32([rows, 24], state.to_vec()))
            .collect();
        let mut inputs = vec![&labels];
        inputs.extend(&single);
        inputs.push(&frame);
        let got = step.run(&inputs).unwrap();
        let expected = |at: usize| expected[at].1.as_f32().unwrap();
        let got = |at: usize| got[at].as_f32().unwrap();
        let half = rows * 24;
        for (got, expected) in [
            (got(0), expected(0)),
            (got(1), &expected(1)[..half]),
            (got(3), &expected(1)[half..]),
            (got(2), &expected(2)[..half]),
            (got(4), &expected(2)[half..]),
        ] {
            let worst = difference(got, expected);
            assert!(worst <= TOLERANCE, "{rows} rows: {worst}");
        }
    }
}

#[test]
fn tiny4_equals_nemo() {
    if let Some(oracle) = Oracle::export("tiny4") {
        oracle.encodings();
        oracle.padding();
        oracle.predictions();
    }
}

#[test]
fn seed_equals_nemo() {
    if let Some(oracle) = Oracle::export("seed") {
        oracle.encodings();
        oracle.padding();
        oracle.predictions();
    }
}

/// The default checkpoint for ONNX Runtime and for ExecuTorch, in 32 and 8 bits, next to each
/// other.
#[test]
fn the_default_checkpoint_gives_the_same_words() {
    if !runtime() || !python() {
        return;
    }
    let (Some(checkpoint), Some(train), Some(goldens)) = (
        shared("checkpoints/en-qwerty-poc.nemo"),
        shared("data/hws-train.jsonl.gz"),
        shared("checkpoints/golden.safetensors"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let base = |name: &str| Options {
        lexicon: Some(repository("models/lexicons/en/words.tsv")),
        parts: false,
        quantization: Quantization {
            calibration: Some(Source::Swipes(train.clone())),
            ..Quantization::default()
        },
        ..options(&checkpoint, &folder.path().join(name))
    };
    export::onnx(&base("onnx"), |_| {}).unwrap();
    let modes = [Mode::Xnnpack, Mode::Ultra];
    let outcome = export::pte(&pte_options(base("pte"), &modes), |_| {}).unwrap();
    let open = |name: &str| Engine::open(folder.path().join(name)).unwrap();
    let engines = [open("onnx"), open("pte/xnnpack"), open("pte/ultra")];
    let names = engines.each_ref().map(|engine| engine.runtime().name);
    assert_eq!(names, ["ONNX Runtime", "ExecuTorch", "ExecuTorch"]);

    // NeMo's own frames of ten of its swipes.
    let goldens = Goldens::open(&goldens);
    let scale = &engines[1].manifest().featurizer.scale;
    let encoder = open_encoder(engines[1].bundle(), &RuntimeOptions::default()).unwrap();
    for swipe in 0..10 {
        let name = format!("features{swipe}");
        let length = goldens.shape(&name)[0];
        let values = goldens.floats(&name);
        let features: Vec<f32> = (0..37 * length)
            .map(|at| values[at % length * 37 + at / length] * scale[at / length])
            .collect();
        let expected = goldens.floats(&format!("enc{swipe}"));
        let worst = difference(&frames(&*encoder, &features, length), &expected);
        assert!(worst <= TOLERANCE, "swipe {swipe}: {worst}");
    }

    let swipes = swipes(1000);
    let mut sessions = engines.each_ref().map(Engine::session);
    let (mut lost, mut won) = (0, 0);
    for (at, (word, trace)) in swipes.iter().enumerate() {
        let lists: Vec<Vec<String>> = sessions
            .iter_mut()
            .map(|session| {
                let candidates = session.decode(trace).unwrap().into_iter();
                candidates.map(|candidate| candidate.word).collect()
            })
            .collect();
        assert!(lists[0] == lists[1], "the words of swipe {at} differ");
        let hit = |list: &Vec<String>| {
            list.first()
                .is_some_and(|best| best.eq_ignore_ascii_case(word))
        };
        lost += usize::from(hit(&lists[1]) && !hit(&lists[2]));
        won += usize::from(!hit(&lists[1]) && hit(&lists[2]));
    }
    println!("8 bits on {} swipes: {lost} lost, {won} won", swipes.len());
    // 0.3 points, and two standard errors of what chance does to so many swipes.
    let most = 0.003 * swipes.len() as f64 + 2.0 * ((lost + won) as f64).sqrt();
    assert!(lost as f64 - won as f64 <= most, "{lost} lost, {won} won");

    let size = |at: usize| {
        fs::metadata(outcome.bundles[at].path.join("encoder.pte"))
            .unwrap()
            .len()
    };
    let ratio = size(1) as f64 / size(0) as f64;
    assert!(ratio <= 0.32, "{ratio}");
    let report = &outcome.bundles[1].report;
    let lowering = report.lowering.as_ref().unwrap();
    assert_eq!(
        (report.precision, lowering.mode),
        (Precision::Int8, Mode::Ultra)
    );
    assert!(lowering.delegated_percent >= 90.0);
    assert!(lowering.encoder.quantize_nodes > 0 && lowering.encoder.dequantize_nodes > 0);
}

/// An export of the random checkpoint with all its files.
fn exported(folder: &Path, modes: &[Mode], scheme: Scheme) -> Outcome {
    let asset = folder.join("notes.txt");
    fs::write(&asset, "for people").unwrap();
    let base = Options {
        assets: vec![asset],
        package_dir: Some(folder.join("packed")),
        compression_test: true,
        parts: false,
        quantization: Quantization {
            calibration: Some(Source::Synthetic),
            // A random network gets its few words by chance.
            max_top1_loss: 50.0,
            ..Quantization::default()
        },
        ..options(&random_checkpoint(folder), &folder.join("out"))
    };
    let mut options = pte_options(base, modes);
    options.scheme = scheme;
    export::pte(&options, |_| {}).unwrap()
}

#[test]
fn every_mode_gives_a_whole_bundle() {
    if !runtime() || !python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let modes = [Mode::Fp32, Mode::Xnnpack, Mode::Int8];
    let outcome = exported(folder.path(), &modes, Scheme::Static);
    assert_eq!(outcome.bundles.len(), 3);
    for (bundle, mode) in outcome.bundles.iter().zip(modes) {
        assert_eq!(bundle.path, folder.path().join("out").join(mode.name()));
        let engine = Engine::open(&bundle.path).unwrap();
        engine.self_test().unwrap();
        let manifest = engine.manifest();
        assert_eq!(manifest.runtime.kind, "executorch");
        assert_eq!(manifest.name, format!("test-pte-{}", mode.name()));
        assert_eq!(manifest.provenance.calibration.is_some(), mode.is_int8());
        assert!(engine.lexicon().is_none(), "the app brings the words");
        for file in [
            "encoder.pte",
            "step.pte",
            "notes.txt",
            "report.html",
            "runtime_meta.json",
        ] {
            assert!(manifest.files.contains_key(file), "{file}");
        }
        assert!(bundle.report.compressed.as_ref().unwrap()["encoder.pte"] > 0);
        let page = fs::read_to_string(bundle.path.join("report.html")).unwrap();
        assert!(page.contains("Programs of ExecuTorch"));
        let packed = folder
            .path()
            .join(format!("packed/test-pte-{}.swipekit", mode.name()));
        let packed = Engine::open(packed).unwrap();
        packed.self_test().unwrap();
    }
    let subgraphs = |at: usize| {
        let lowering = outcome.bundles[at].report.lowering.as_ref().unwrap();
        (lowering.encoder.subgraphs, lowering.step.subgraphs)
    };
    assert_eq!(subgraphs(0), (0, 0), "without XNNPACK");
    assert!(subgraphs(1).0 > 0 && subgraphs(2).0 > 0);
    let leftovers = fs::read_dir(folder.path()).unwrap().flatten();
    let leftovers = leftovers.filter(|e| e.file_name().to_string_lossy().starts_with('.'));
    assert_eq!(leftovers.count(), 0);
}

#[test]
fn eight_bits_that_cost_too_much_are_replaced() {
    if !runtime() || !python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let wild = folder.path().join("wild.nemo");
    // One channel is far beyond the others: one range cannot serve both.
    nemo::write_nemo_with(&wild, 7, |name, values| {
        if name.contains(".norm_") && name.ends_with(".weight") && !name.contains("norm_out") {
            values[0] *= 65536.0;
        }
        let reads_norm = [
            "feed_forward1.linear1",
            "feed_forward2.linear1",
            "conv.pointwise_conv1",
            "self_attn.linear_q",
            "self_attn.linear_k",
            "self_attn.linear_v",
        ];
        if reads_norm
            .iter()
            .any(|layer| name.ends_with(&format!("{layer}.weight")))
        {
            let inputs = values.iter_mut().step_by(16);
            inputs.for_each(|value| *value /= 65536.0);
        }
    });
    let base = Options {
        parts: false,
        quantization: Quantization {
            calibration: Some(Source::Synthetic),
            ..Quantization::default()
        },
        ..options(&wild, &folder.path().join("out"))
    };
    let mut options = pte_options(base, &[Mode::Ultra]);
    options.fallback_fp32 = true;
    let outcome = export::pte(&options, |_| {}).unwrap();
    let report = &outcome.bundles[0].report;
    assert_eq!(report.precision, Precision::Fp32);
    let warnings = &report.lowering.as_ref().unwrap().warnings;
    assert!(
        warnings[0].contains("FP32 took the place") && warnings[0].contains("mean cosine"),
        "{warnings:?}"
    );
    let engine = Engine::open(folder.path().join("out")).unwrap();
    engine.self_test().unwrap();
    assert_eq!(engine.manifest().precision, "fp32");
}

#[test]
fn a_thousand_damaged_bundles_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    unpack(fixture(), &whole).unwrap();
    let read = |name: &str| fs::read(whole.join(name)).unwrap();
    let (encoder, step) = (read("encoder.pte"), read("step.pte"));
    let mut random = Random::new(5);
    let mut below = |most: usize| (random.bits() % most as u64) as usize;
    let mut refused = 0;
    let mut refuse = |name: &str, content: &[u8]| {
        fs::write(whole.join(name), content).unwrap();
        match Engine::open(&whole) {
            Err(CoreError::Damaged { path, .. }) => assert!(path.ends_with(name)),
            other => panic!("{name}: {other:?}"),
        }
        refused += 1;
    };
    for (name, sound) in [("encoder.pte", &encoder), ("step.pte", &step)] {
        for _ in 0..300 {
            // Half of them where the program itself is described, before the weights.
            let most = if below(2) == 0 { sound.len() } else { 2048 };
            let mut flipped = sound.clone();
            flipped[below(most)] ^= 1 << below(8);
            refuse(name, &flipped);
        }
        for _ in 0..100 {
            refuse(name, &sound[..below(sound.len())]);
        }
        for _ in 0..20 {
            let mut longer = sound.clone();
            longer.resize(sound.len() + 1 + below(100), 0);
            refuse(name, &longer);
        }
        let other = if name == "step.pte" { &encoder } else { &step };
        refuse(name, other);
        fs::write(whole.join(name), sound).unwrap();
    }
    Engine::open(&whole).unwrap().self_test().unwrap();

    // Packed, every byte of the program is covered as well.
    let packed = folder.path().join("packed.swipekit");
    pack(&whole, &packed).unwrap();
    let sound = fs::read(&packed).unwrap();
    let start = sound
        .windows(encoder.len())
        .position(|part| part == encoder)
        .unwrap();
    for at in 0..158 {
        let mut damaged = sound.clone();
        match at % 2 {
            0 => damaged[start + below(encoder.len())] ^= 1 << below(8),
            _ => damaged.truncate(below(sound.len())),
        }
        fs::write(&packed, damaged).unwrap();
        let error = Engine::open(&packed).unwrap_err();
        assert!(matches!(error, CoreError::Damaged { .. }), "{error}");
        refused += 1;
    }
    assert_eq!(refused, 1000);
}

#[test]
fn two_engines_decode_at_once() {
    let traces: Vec<_> = ["the", "people", "keyboard", "hello"]
        .iter()
        .filter_map(|word| swipekit_exporters::synth::samples::trace(word, &mut Random::new(2)))
        .collect();
    let decode = |engine: &Engine| {
        let mut session = engine.session();
        let words = traces.iter().cycle().take(200).map(|trace| {
            let candidates = session.decode(trace).unwrap().into_iter();
            let scored = candidates.map(|candidate| (candidate.word, candidate.score.to_bits()));
            scored.collect::<Vec<_>>()
        });
        words.collect::<Vec<_>>()
    };
    let engines = [0, 1].map(|_| Arc::new(Engine::open(fixture()).unwrap()));
    let expected = decode(&engines[0]);
    assert!(expected.iter().any(|words| !words.is_empty()));
    thread::scope(|scope| {
        let runs = engines
            .each_ref()
            .map(|engine| scope.spawn(|| decode(engine)));
        for run in runs {
            assert_eq!(run.join().unwrap(), expected);
        }
    });
}

#[test]
fn programs_lie_in_the_bundle_as_they_can_be_mapped() {
    let bytes = Bytes::map(&fixture()).unwrap();
    let bundle = Bundle::open(fixture()).unwrap();
    for name in ["encoder.pte", "step.pte"] {
        let file = bundle.file(name).unwrap();
        let start = bytes.windows(file.len()).position(|part| part == &*file);
        assert_eq!(start.unwrap() % 16384, 0, "{name}");
    }
}
