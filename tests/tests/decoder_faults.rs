//! The faults of the system that swipekit grew out of, one test each: the product does not have
//! them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use swipekit::internals::bundle::manifest::FORMAT;
use swipekit::internals::decoder::{Candidate, Decoder, DecoderOptions, greedy, log_likelihood};
use swipekit::internals::runtime::{OnnxModel, RuntimeOptions, Tensor};
use swipekit::internals::transducer::{JointScratch, PredictionJoint, PredictionScratch};
use swipekit::lexicon::{Alphabet, LexiconBuilder, Rejection};
use swipekit::{Engine, Limits};
use swipekit_exporters::export;
use swipekit_exporters::fixtures::nemo;
use swipekit_exporters::package::RuntimeMeta;
use swipekit_exporters::random::Random;
use swipekit_exporters::words::lexicon::{BuildOptions, build_bytes, open_or_build};
use swipekit_tests::{
    encoded, english, frames, lexicon, options, plain, random_checkpoint, runtime, shared,
    small_bundle, swipes,
};

/// The oracle's `tiny`, or a random model, as an open bundle; `None` without a runtime.
fn bundle() -> Option<(tempfile::TempDir, Engine)> {
    if !runtime() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(small_bundle(folder.path(), 2000)).unwrap();
    Some((folder, engine))
}

fn graph(engine: &Engine, file: &str) -> OnnxModel {
    OnnxModel::from_bytes(
        &engine.bundle().file(file).unwrap(),
        &RuntimeOptions::default(),
    )
    .unwrap()
}

fn keys(words: &[&str]) -> Vec<Vec<u8>> {
    let alphabet = Alphabet::new(&nemo::labels());
    words
        .iter()
        .map(|word| alphabet.fold(word).unwrap())
        .collect()
}

/// Decodes by the plain transducer.
fn decode(words: &[(&str, f64)], frames: &[f32], options: &DecoderOptions) -> Vec<Candidate> {
    let lexicon = lexicon(words, &nemo::labels());
    Decoder::new(plain::transducer(), lexicon, 0)
        .unwrap()
        .decode(frames, options)
        .unwrap()
}

/// One row through the step graph: logits `[V+1]` and the next states.
fn step(
    model: &mut OnnxModel,
    engine: &Engine,
    class: usize,
    states: &[Vec<f32>; 2],
    frame: &[f32],
) -> (Vec<f32>, [Vec<f32>; 2]) {
    let spec = &engine.manifest().model;
    let shape = [spec.prediction_layers, 1, spec.prediction];
    let outputs = model
        .run(&[
            ("y_prev", &Tensor::i64([1], vec![class as i64])),
            ("h0", &Tensor::f32(shape, states[0].clone())),
            ("c0", &Tensor::f32(shape, states[1].clone())),
            ("enc_t", &Tensor::f32([1, spec.encoder], frame.to_vec())),
        ])
        .unwrap();
    let values = |at: usize| outputs[at].1.as_f32().unwrap().to_vec();
    (values(0), [values(1), values(2)])
}

#[test]
fn fault_1_the_blank_is_the_last_class() {
    let Some((_folder, engine)) = bundle() else {
        return;
    };
    let vocabulary = &engine.manifest().vocabulary;
    let classes = vocabulary.labels.len() + 1;
    assert_eq!(vocabulary.blank, vocabulary.labels.len());
    assert_eq!(engine.transducer().joint.blank(), vocabulary.labels.len());
    assert_eq!(engine.transducer().joint.classes(), classes);
    assert_eq!(
        engine.transducer().prediction.start_of_sequence(),
        vocabulary.labels.len()
    );

    let meta = engine.bundle().file("runtime_meta.json").unwrap();
    let meta: RuntimeMeta = serde_json::from_slice(&meta).unwrap();
    assert_eq!(
        (meta.blank_id, meta.sos_id, meta.vocab_size),
        (classes - 1, classes - 1, classes)
    );
    assert_eq!(meta.tokens.len(), classes);
    assert_eq!(meta.tokens[..classes - 1], vocabulary.labels[..]);
    assert_eq!(
        meta.tokens.iter().collect::<BTreeSet<_>>().len(),
        classes,
        "the blank has a name of its own"
    );

    // The blank's embedding is the zero vector; class 0 is a label like any other.
    let prediction = &engine.transducer().prediction;
    let state = |class: usize| {
        let mut state = vec![0.0; prediction.state_width()];
        prediction
            .step(
                &[class],
                &mut state,
                &mut Vec::new(),
                &mut PredictionScratch::default(),
            )
            .unwrap();
        state
    };
    assert_ne!(state(0), state(classes - 1));

    let mut manifest = engine.manifest().clone();
    manifest.vocabulary.blank = 0;
    assert!(
        manifest.check("bundle.json".as_ref()).is_err(),
        "a bundle with another blank is refused"
    );
    assert_eq!(manifest.format, FORMAT);
}

#[test]
fn fault_2_a_blank_leaves_prefix_and_state_alone() {
    let Some((_folder, engine)) = bundle() else {
        return;
    };
    let spec = &engine.manifest().model;
    let blank = engine.manifest().vocabulary.blank;
    let mut model = graph(&engine, "step.onnx");
    // Greedy decoding through the step graph: right, and with the state of a blank fed back.
    let mut run =
        |encoded: &[f32], feed_blank: bool| {
            let mut states = [0, 1].map(|_| vec![0.0; spec.prediction_layers * spec.prediction]);
            let (mut last, mut labels, mut score) = (blank, Vec::new(), 0.0);
            for frame in encoded.chunks_exact(spec.encoder) {
                for _ in 0..10 {
                    let (logits, next) = step(&mut model, &engine, last, &states, frame);
                    let best = (0..logits.len()).fold(0, |best, at| {
                        if logits[at] > logits[best] { at } else { best }
                    });
                    if best != blank || feed_blank {
                        // The prefix's own state goes in again with the next label; see the step
                        // graph's contract.
                        (states, last) = (next, best);
                    }
                    if best == blank {
                        break;
                    }
                    labels.push(best as u8);
                    score += f64::from(logits[best]);
                }
            }
            (labels, score)
        };
    let (mut with_labels, mut differ) = (0, 0);
    for (_, trace) in swipes(12) {
        let encoded = encoded(&engine, &trace);
        let got = greedy(engine.transducer(), &frames(&engine, &trace), 10).unwrap();
        let (labels, score) = run(&encoded, false);
        assert_eq!(got.labels, labels);
        assert!((got.log_probability - score).abs() < 1e-3);
        with_labels += usize::from(!labels.is_empty());
        let (faulty, faulty_score) = run(&encoded, true);
        differ += usize::from(faulty != labels || (faulty_score - score).abs() > 1e-3);
    }
    assert!(with_labels > 0 && differ > 0, "the fault would be seen");
}

#[test]
fn fault_3_every_hypothesis_pays_a_blank_in_every_frame() {
    let words = [
        ("a", 1.0),
        ("an", 1.0),
        ("and", 1.0),
        ("hand", 1.0),
        ("handy", 1.0),
    ];
    let mut random = Random::new(5);
    for count in [1, 2, 5, 9] {
        let frames: Vec<f32> = (0..count * plain::CLASSES)
            .map(|_| random.uniform() as f32 * 6.0)
            .collect();
        for beam in [0, 16] {
            let mut options = DecoderOptions::default();
            options.beam = beam;
            options.window = 1e4;
            let got = decode(&words, &frames, &options);
            assert_eq!(got.len(), words.len(), "several labels fit into one frame");
            for candidate in got {
                let key = &keys(&[&candidate.word])[0];
                // All alignments, each with a blank a frame.
                let exact = log_likelihood(&plain::transducer(), &frames, key).unwrap();
                assert!(
                    (candidate.log_probability - exact).abs() < 1e-9,
                    "{} {exact}",
                    candidate.log_probability
                );
            }
        }
    }
}

/// log P of the best single alignment.
fn best_alignment(transducer: &PredictionJoint, frames: &[f32], key: &[u8]) -> f64 {
    let mut alpha = vec![f64::NEG_INFINITY; key.len() + 1];
    alpha[0] = 0.0;
    let nothing = [0.0; plain::CLASSES];
    for frame in frames.chunks_exact(plain::CLASSES) {
        let mut row = Vec::new();
        transducer.joint.log_probabilities(
            frame,
            std::iter::once(&nothing[..]),
            &mut row,
            &mut JointScratch::default(),
        );
        for u in 0..key.len() {
            alpha[u + 1] = alpha[u + 1].max(alpha[u] + f64::from(row[usize::from(key[u])]));
        }
        alpha
            .iter_mut()
            .for_each(|alpha| *alpha += f64::from(row[plain::CLASSES - 1]));
    }
    alpha[key.len()]
}

#[test]
fn fault_4_alignments_of_a_prefix_are_merged() {
    let words: Vec<(&str, f64)> = [
        "tin", "tan", "ton", "ten", "tine", "tone", "tune", "tan's", "tint", "tent",
    ]
    .map(|word| (word, 1.0))
    .to_vec();
    let frames: Vec<f32> = (0..12)
        .flat_map(|_| plain::frame(&[('t', 2.0), ('i', 2.0), ('n', 2.0)], 5.0))
        .collect();
    let mut options = DecoderOptions::default();
    options.window = 1e4;
    let got = decode(&words, &frames, &options);
    let distinct: BTreeSet<&str> = got
        .iter()
        .map(|candidate| candidate.word.as_str())
        .collect();
    assert_eq!(distinct.len(), got.len());
    assert_eq!(
        got.len(),
        8,
        "as many words as asked for, though the beam is 16"
    );
    let transducer = plain::transducer();
    let key = &keys(&["tin"])[0];
    let tin = got
        .iter()
        .find(|candidate| candidate.word == "tin")
        .unwrap();
    // Twelve frames give "tin" hundreds of alignments.
    assert!(tin.log_probability > best_alignment(&transducer, &frames, key) + 3.0);
    assert!(
        (tin.log_probability - log_likelihood(&transducer, &frames, key).unwrap()).abs() < 1e-6
    );
}

#[test]
fn fault_5_a_word_that_falls_out_of_the_beam_comes_back() {
    // "a" is complete after the first frame, but rare: the beam goes to the root and "b" and what
    // follows it.
    let words = [
        ("a", 1e-6),
        ("bc", 1.0),
        ("bd", 1.0),
        ("be", 1.0),
        ("bf", 1.0),
    ];
    let start = plain::frame(&[('a', 9.0), ('b', 9.0)], 9.0);
    let middle = plain::frame(&[('c', 9.5), ('d', 9.5), ('e', 9.5), ('f', 9.5)], 9.0);
    let frames = [start, middle.clone(), middle.clone(), middle].concat();
    let mut options = DecoderOptions::default();
    options.beam = 3;
    options.prior_weight = 1.0;
    options.window = 1e4;
    let got = decode(&words, &frames, &options);
    let a = got
        .iter()
        .find(|candidate| candidate.word == "a")
        .expect("the word that was complete early");
    let exact = log_likelihood(&plain::transducer(), &frames, &keys(&["a"])[0]).unwrap();
    assert!((a.log_probability - exact).abs() < 1e-9);
    let better = got
        .iter()
        .filter(|candidate| candidate.score > a.score)
        .count();
    assert!(better >= options.beam, "the beam was full of others");
}

#[test]
fn fault_5_a_live_prefix_does_not_keep_words_away() {
    // The path breaks off in the middle of the only word that it resembles.
    let words = [("keyboard", 1.0), ("keystone", 1.0), ("the", 1.0)];
    for (drawn, expected) in [
        ("keyboar", "keyboard"),
        ("keyston", "keystone"),
        ("th", "the"),
    ] {
        let frames = plain::spelling(drawn);
        let got = decode(&words, &frames, &DecoderOptions::default());
        assert_eq!(got[0].word, expected);
        // The beam may have dropped some alignments of the word that it completed.
        let exact = log_likelihood(&plain::transducer(), &frames, &keys(&[expected])[0]).unwrap();
        let missing = exact - got[0].log_probability;
        assert!((-1e-9..0.01).contains(&missing), "{missing}");
    }
    let Some((_folder, engine)) = bundle() else {
        return;
    };
    for (_, trace) in swipes(60) {
        for beam in [1, 4, 16] {
            let mut options = engine.options().clone();
            options.beam = beam;
            let mut session = engine.session();
            let mut gesture = session.encode(&trace, &Limits::default()).unwrap();
            let words = gesture.words(&options).unwrap();
            assert!(!words.candidates.is_empty(), "beam {beam}");
        }
    }
}

#[test]
fn fault_6_steps_have_one_row_a_hypothesis() {
    let Some((_folder, engine)) = bundle() else {
        return;
    };
    let spec = engine.manifest().model.clone();
    let classes = engine.manifest().vocabulary.labels.len() + 1;
    let mut model = graph(&engine, "step.onnx");
    let mut random = Random::new(2);
    let mut values = |count: usize| {
        (0..count)
            .map(|_| random.normal() as f32)
            .collect::<Vec<f32>>()
    };
    let (layers, hidden) = (spec.prediction_layers, spec.prediction);
    for rows in [1, 2, 3, 16] {
        // [N, L, H], and as the graph has it: [L, N, H].
        let states = [0, 1].map(|_| {
            (0..rows)
                .map(|_| values(layers * hidden))
                .collect::<Vec<_>>()
        });
        let stacked = [0, 1].map(|at: usize| {
            let pairs = (0..layers).flat_map(|layer| (0..rows).map(move |row| (layer, row)));
            pairs
                .flat_map(|(layer, row)| states[at][row][layer * hidden..][..hidden].to_vec())
                .collect::<Vec<f32>>()
        });
        let frames: Vec<Vec<f32>> = (0..rows).map(|_| values(spec.encoder)).collect();
        let labels: Vec<i64> = (0..rows).map(|row| (row * 7 % classes) as i64).collect();
        let outputs = model
            .run(&[
                ("y_prev", &Tensor::i64([rows], labels.clone())),
                (
                    "h0",
                    &Tensor::f32([layers, rows, hidden], stacked[0].clone()),
                ),
                (
                    "c0",
                    &Tensor::f32([layers, rows, hidden], stacked[1].clone()),
                ),
                ("enc_t", &Tensor::f32([rows, spec.encoder], frames.concat())),
            ])
            .unwrap();
        assert_eq!(outputs[0].0, "logits");
        assert_eq!(outputs[0].1.shape, [rows, classes]);
        assert_eq!(outputs[1].1.shape, [layers, rows, hidden]);
        assert_eq!(outputs[2].1.shape, [layers, rows, hidden]);
        for row in 0..rows {
            let own = [0, 1].map(|at: usize| states[at][row].clone());
            let (logits, next) = step(
                &mut model,
                &engine,
                labels[row] as usize,
                &own,
                &frames[row],
            );
            let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
            assert!(close(
                &logits,
                &outputs[0].1.as_f32().unwrap()[row * classes..][..classes]
            ));
            for (at, next) in next.iter().enumerate() {
                let batch = outputs[at + 1].1.as_f32().unwrap();
                for layer in 0..layers {
                    let expected = &batch[(layer * rows + row) * hidden..][..hidden];
                    assert!(close(&next[layer * hidden..][..hidden], expected));
                }
            }
        }
    }
}

#[test]
fn fault_7_frames_come_before_channels() {
    let Some((_folder, engine)) = bundle() else {
        return;
    };
    let spec = &engine.manifest().model;
    let mut model = graph(&engine, "encoder.onnx");
    let mut random = Random::new(4);
    for (batch, frames) in [(1, 28), (2, 28), (3, 57)] {
        let values = (0..batch * spec.features * frames)
            .map(|_| random.normal() as f32)
            .collect();
        let features = Tensor::f32([batch, spec.features, frames], values);
        let lengths = Tensor::i64([batch], vec![frames as i64; batch]);
        let outputs = model
            .run(&[("features_bft", &features), ("lengths", &lengths)])
            .unwrap();
        assert_eq!(outputs[0].0, "encoded_btf");
        assert_eq!(
            outputs[0].1.shape,
            [batch, frames.div_ceil(spec.subsampling), spec.encoder]
        );
        assert_eq!(
            outputs[1].1.as_i64().unwrap(),
            vec![frames.div_ceil(spec.subsampling) as i64; batch]
        );
    }
}

#[test]
fn fault_8_a_prefix_may_have_any_number_of_children() {
    let names: Vec<String> = ('a'..='z').map(|letter| format!("t{letter}")).collect();
    let words: Vec<(&str, f64)> = names.iter().map(|name| (name.as_str(), 1.0)).collect();
    let after: Vec<(char, f32)> = ('a'..='z').map(|letter| (letter, 5.0)).collect();
    let frames = [
        plain::spelling("t"),
        plain::frame(&after, 5.0),
        plain::frame(&[], 9.0),
    ]
    .concat();
    let mut options = DecoderOptions::default();
    options.beam = 64;
    options.candidates = 64;
    assert_eq!(decode(&words, &frames, &options).len(), 26);
    // Of all hypotheses the best survive, not the best few of each: 16 of one prefix, if they are
    // the best.
    let mut options = DecoderOptions::default();
    options.beam = 16;
    options.candidates = 16;
    assert_eq!(decode(&words, &frames, &options).len(), 16);
}

#[test]
fn fault_9_the_prior_guides_the_search_and_is_never_the_log_of_zero() {
    // The beam is too narrow for both words: without look-ahead it would go to the rare one.
    let words = [("quiz", 1e-9), ("well", 1.0)];
    let mix = |a: char, b: char| plain::frame(&[(a, 9.5), (b, 9.0)], 9.0);
    let frames = [mix('q', 'w'), mix('u', 'e'), mix('i', 'l'), mix('z', 'l')].concat();
    let mut options = DecoderOptions::default();
    options.beam = 3;
    options.prior_weight = 1.0;
    options.window = 1e4;
    assert_eq!(decode(&words, &frames, &options)[0].word, "well");
    let mut options = DecoderOptions::default();
    options.beam = 3;
    options.prior_weight = 0.0;
    options.window = 1e4;
    assert_eq!(decode(&words, &frames, &options)[0].word, "quiz");

    for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let mut builder = LexiconBuilder::new(&nemo::labels());
        assert_eq!(builder.add("word", weight), Err(Rejection::Weight));
    }
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.tsv");
    std::fs::write(&list, "the\t0.05\nnever\t0.0\nrare\t1e-300\nodd\t-1\n").unwrap();
    let (_, report) = build_bytes(&BuildOptions::new(&list, nemo::labels())).unwrap();
    println!("{report:?}");
    let lexicon = open_or_build(&list, &nemo::labels()).unwrap();
    for key in keys(&["the", "never", "rare", "odd"]) {
        for (word, cost) in lexicon.words(&key) {
            assert!(cost.is_finite() && cost >= 0.0, "{word} {cost}");
        }
    }
    assert!(lexicon.contains_key(&keys(&["rare"])[0]));
}

#[test]
fn fault_10_artefacts_are_told_apart_by_what_they_hold() {
    let Some((folder, engine)) = bundle() else {
        return;
    };
    let files = &engine.manifest().files;
    let hashes: BTreeSet<&str> = files.values().map(|entry| entry.sha256.as_str()).collect();
    assert_eq!(hashes.len(), files.len(), "no two files are the same");
    for (name, entry) in files {
        let bytes = std::fs::read(engine.bundle().path().join(name)).unwrap();
        assert_eq!(entry.size, bytes.len() as u64);
        assert_eq!(
            entry.sha256,
            swipekit::internals::bundle::sha256_hex(&bytes)
        );
    }
    // One checkpoint gives the same artefacts twice, another gives others.
    let export = |seed: u64, name: &str| {
        let checkpoint = folder.path().join(format!("{seed}.nemo"));
        nemo::write_nemo(&checkpoint, seed);
        let output: PathBuf = folder.path().join(name);
        export::onnx(&options(&checkpoint, &output), |_| {}).unwrap();
        Engine::open(output).unwrap().manifest().files.clone()
    };
    let (first, again, other) = (export(1, "first"), export(1, "again"), export(2, "other"));
    assert_eq!(first, again);
    for (name, entry) in first
        .iter()
        .filter(|(name, _)| name.ends_with(".onnx") || name.ends_with(".safetensors"))
    {
        assert_ne!(entry.sha256, other[name].sha256, "{name}");
    }
    // A file that is not the one that was validated is refused.
    std::fs::copy(
        folder.path().join("other/encoder.onnx"),
        folder.path().join("first/encoder.onnx"),
    )
    .unwrap();
    assert!(matches!(
        Engine::open(folder.path().join("first")),
        Err(swipekit::Error::Damaged { .. })
    ));
}

#[test]
fn fault_11_the_step_takes_any_number_of_rows() {
    let Some((_folder, engine)) = bundle() else {
        return;
    };
    let spec = engine.manifest().model.clone();
    let mut model = graph(&engine, "step.onnx");
    for rows in [1, 5, 16, 33] {
        let state = Tensor::f32(
            [spec.prediction_layers, rows, spec.prediction],
            vec![0.0; spec.prediction_layers * rows * spec.prediction],
        );
        let inputs = [
            (
                "y_prev",
                &Tensor::i64(
                    [rows],
                    vec![engine.manifest().vocabulary.blank as i64; rows],
                ),
            ),
            ("h0", &state),
            ("c0", &state),
            (
                "enc_t",
                &Tensor::f32([rows, spec.encoder], vec![0.1; rows * spec.encoder]),
            ),
        ];
        assert_eq!(model.run(&inputs).unwrap()[0].1.shape[0], rows);
    }
}

#[test]
fn fault_12_apostrophes_and_capitals_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.tsv");
    std::fs::write(
        &list,
        "don\u{2019}t\t9\nI\u{2019}m\t8\nZürich\t3\nMcDonald\t2\nlets\t4\nlet\u{02bc}s\t5\n",
    )
    .unwrap();
    let lexicon = Arc::new(open_or_build(&list, &nemo::labels()).unwrap());
    let mut decoder = Decoder::new(plain::transducer(), lexicon, 0).unwrap();
    for (drawn, expected) in [
        ("dont", "don't"),
        ("im", "I'm"),
        ("zurich", "Zürich"),
        ("mcdonald", "McDonald"),
        ("lets", "let's"),
    ] {
        let got = decoder
            .decode(&plain::spelling(drawn), &DecoderOptions::default())
            .unwrap();
        assert_eq!(got[0].word, expected);
    }
    let got = decoder
        .decode(&plain::spelling("lets"), &DecoderOptions::default())
        .unwrap();
    assert_eq!(got[1].word, "lets", "several words may share one path");
    // The list that is shipped has them as well.
    let words = english(20_000);
    for word in ["don't", "I'm", "it's", "English"] {
        assert!(words.iter().any(|(known, _)| known == word), "{word}");
    }
}

/// Without `../shared` the other tests fall back on this: it must be a sound checkpoint.
#[test]
fn a_random_checkpoint_exports() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("bundle");
    let outcome =
        export::onnx(&options(&random_checkpoint(folder.path()), &output), |_| {}).unwrap();
    let report = &outcome.bundles[0].report;
    assert!(report.golden_swipes > 3 && report.validation.max_error() < 2e-5);
    Engine::open(output).unwrap().self_test().unwrap();
    let _ = shared("README.md");
}
