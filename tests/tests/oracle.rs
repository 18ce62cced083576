//! The shipped path, checkpoint to bundle to core, against NeMo's own outputs (`../shared/oracle`).

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use swipekit::Engine;
use swipekit::internals::decoder::{Decoder, DecoderOptions, greedy, log_likelihood};
use swipekit::internals::engine::open_encoder;
use swipekit::internals::runtime::{Encoder, OnnxModel, RuntimeOptions, Tensor};
use swipekit::internals::transducer::{JointScratch, PredictionJoint, PredictionScratch};
use swipekit::trace::Trace;
use swipekit_exporters::export;

use swipekit_tests::{
    Goldens, difference, encoded, lexicon, options, project, runtime, shared, transducer,
};

const TOLERANCE: f64 = 2e-5;
const SCORE_TOLERANCE: f64 = 1e-4;

/// A bundle as an app has it, beside NeMo's outputs for its model.
struct Case {
    _folder: tempfile::TempDir,
    name: String,
    engine: Engine,
    encoder: Box<dyn Encoder>,
    transducer: Arc<PredictionJoint>,
    goldens: Goldens,
}

impl Case {
    fn open(model: &str, file: &str) -> Option<Self> {
        let goldens = Goldens::open(&shared(&format!("oracle/{model}/goldens.safetensors"))?);
        let checkpoint = shared(&format!("oracle/{model}/{file}"))?;
        let folder = tempfile::tempdir().unwrap();
        let bundle = folder.path().join("bundle");
        let outcome = export::onnx(&options(&checkpoint, &bundle), |_| {}).unwrap();
        println!(
            "{file}: exported in {} s, {} MiB",
            outcome.seconds, outcome.rss_mb
        );
        let engine = Engine::open(&bundle).unwrap();
        let encoder = open_encoder(engine.bundle(), &RuntimeOptions::default()).unwrap();
        let transducer = transducer(&engine);
        Some(Self {
            _folder: folder,
            name: file.to_owned(),
            engine,
            encoder,
            transducer,
            goldens,
        })
    }

    fn graph(&self, file: &str) -> OnnxModel {
        OnnxModel::from_bytes(
            &self.engine.bundle().file(file).unwrap(),
            &RuntimeOptions::default(),
        )
        .unwrap()
    }

    /// Encoder frames `[T', D]` of a stored input.
    fn encode(&self, key: &str) -> Vec<f32> {
        let input = format!("in.{key}");
        let mut encoded = Vec::new();
        let frames = self.goldens.shape(&input)[2];
        let got = self
            .encoder
            .encode(&self.goldens.floats(&input), frames, &mut encoded)
            .unwrap();
        assert_eq!(vec![got], self.goldens.integers(&format!("enc_len.{key}")));
        encoded
    }

    fn check(&self) {
        self.encodings();
        self.padding();
        self.predictions();
        self.joint();
        self.step();
        self.losses();
        self.greedy();
        self.search();
    }

    fn encodings(&self) {
        for key in &self.goldens.inputs() {
            let worst = difference(
                &self.encode(key),
                &self.goldens.encodings(&format!("enc.{key}"))[0],
            );
            assert!(worst <= TOLERANCE, "{} {key}: {worst}", self.name);
        }
    }

    /// A batch whose shorter utterances are padded: valid frames are those of the utterance alone,
    /// whatever the padding.
    fn padding(&self) {
        let model = self.name.split(['.', '_']).next().unwrap();
        let Some(path) = shared(&format!("oracle/{model}/goldens_nemo300.safetensors")) else {
            return;
        };
        let masked = Goldens::open(&path);
        let mut graph = self.graph("encoder.onnx");
        let lengths = self.goldens.integers("batch.len");
        for padding in ["zero", "garbage"] {
            let input = format!("batch.{padding}.in");
            let features = Tensor::f32(self.goldens.shape(&input), self.goldens.floats(&input));
            let length = Tensor::i64(
                [lengths.len()],
                lengths.iter().map(|length| *length as i64).collect(),
            );
            let outputs = graph
                .run(&[("features_bft", &features), ("lengths", &length)])
                .unwrap();
            let (encoded, valid) = (&outputs[0].1, outputs[1].1.as_i64().unwrap());
            let values = encoded.as_f32().unwrap();
            let (frames, width) = (encoded.shape[1], encoded.shape[2]);
            let expected = masked.encodings(&format!("batch.{padding}.enc"));
            for (row, expected) in expected.iter().enumerate() {
                let valid = valid[row] as usize * width;
                let got = &values[row * frames * width..][..valid];
                let worst = difference(got, &expected[..valid]);
                assert!(worst <= TOLERANCE, "{} {padding} {row}: {worst}", self.name);
                let alone = masked.encodings(&format!("batch.alone{row}.enc"));
                let worst = difference(got, &alone[0]);
                assert!(
                    worst <= TOLERANCE,
                    "{} {padding} {row} alone: {worst}",
                    self.name
                );
            }
        }
    }

    /// core's prediction network, state by state.
    fn predictions(&self) {
        let model = &self.engine.manifest().model;
        let size = model.prediction_layers * model.prediction;
        for word in ["empty", "a", "hello", "the"] {
            let labels = self.goldens.integers(&format!("pred.{word}.labels"));
            let [h, c] =
                ["h", "c"].map(|part| self.goldens.floats(&format!("pred.{word}.step_{part}")));
            for (u, state) in self.states(&labels).iter().enumerate() {
                let worst = difference(&state[..size], &h[u * size..][..size]);
                let worst = worst.max(difference(&state[size..], &c[u * size..][..size]));
                assert!(worst <= TOLERANCE, "{} {word} {u}: {worst}", self.name);
            }
        }
    }

    /// The states after the start of sequence and after each label.
    fn states(&self, labels: &[usize]) -> Vec<Vec<f32>> {
        let prediction = &self.transducer.prediction;
        let mut state = vec![0.0; prediction.state_width()];
        let (mut projected, mut scratch) = (Vec::new(), PredictionScratch::default());
        let start = [prediction.start_of_sequence()];
        let classes = start.into_iter().chain(labels.iter().copied());
        classes
            .map(|class| {
                prediction
                    .step(&[class], &mut state, &mut projected, &mut scratch)
                    .unwrap();
                state.clone()
            })
            .collect()
    }

    /// core's joint: `[T', U+1, V+1]`.
    fn joint(&self) {
        let mut checked = 0;
        for key in ["T28", "T64"] {
            for word in ["hello", "the"] {
                let stored = format!("joint.{key}.{word}.logp");
                if !self.goldens.has(&stored) {
                    continue;
                }
                checked += 1;
                let labels = self.goldens.integers(&format!("pred.{word}.labels"));
                let got = log_probabilities(&self.transducer, &self.encode(key), &labels);
                let worst = difference(&got, &self.goldens.floats(&stored));
                assert!(worst <= TOLERANCE, "{} {key} {word}: {worst}", self.name);
            }
        }
        assert!(checked > 0);
    }

    /// The step graph, all prefixes of a word as one batch: `[N, V+1]`, and its next states.
    fn step(&self) {
        let model = &self.engine.manifest().model;
        let (layers, hidden, width) = (model.prediction_layers, model.prediction, model.encoder);
        let blank = self.engine.manifest().vocabulary.blank as i64;
        let labels = self.goldens.integers("pred.hello.labels");
        let rows = labels.len() + 1;
        let classes = self.engine.manifest().vocabulary.labels.len() + 1;
        // States before each label, [U+1, L, H] moved to [L, N, H].
        let [h, c] = ["h", "c"].map(|part| {
            let after = self.goldens.floats(&format!("pred.hello.step_{part}"));
            let mut before = vec![0.0; layers * hidden];
            before.extend_from_slice(&after[..(rows - 1) * layers * hidden]);
            (
                layers_first(&before, rows, layers, hidden),
                layers_first(&after, rows, layers, hidden),
            )
        });
        let y = std::iter::once(blank)
            .chain(labels.iter().map(|label| *label as i64))
            .collect();
        let encoded = &self.goldens.encodings("enc.T28")[0];
        let stored = self.goldens.floats("joint.T28.hello.logp");
        let mut graph = self.graph("step.onnx");
        let frames = encoded.len() / width;
        for frame in [0, frames / 2, frames - 1] {
            let outputs = graph
                .run(&[
                    ("y_prev", &Tensor::i64([rows], Vec::clone(&y))),
                    ("h0", &Tensor::f32([layers, rows, hidden], h.0.clone())),
                    ("c0", &Tensor::f32([layers, rows, hidden], c.0.clone())),
                    (
                        "enc_t",
                        &Tensor::f32(
                            [rows, width],
                            encoded[frame * width..][..width].repeat(rows),
                        ),
                    ),
                ])
                .unwrap();
            assert_eq!(outputs[0].1.shape, [rows, classes]);
            let expected = &stored[frame * rows * classes..][..rows * classes];
            for ((_, got), expected) in outputs.iter().zip([expected, &h.1, &c.1]) {
                let worst = difference(got.as_f32().unwrap(), expected);
                assert!(worst <= TOLERANCE, "{} frame {frame}: {worst}", self.name);
            }
        }
    }

    fn losses(&self) {
        let model = self.name.split(['.', '_']).next().unwrap();
        let Some(rows) = json(&format!("oracle/{model}/losses.json")) else {
            return;
        };
        let rows = rows.as_array().unwrap();
        assert!(rows.len() >= 6);
        for row in rows {
            let labels: Vec<u8> = serde_json::from_value(row["labels"].clone()).unwrap();
            let frames = project(
                &self.transducer,
                &self.encode(row["input"].as_str().unwrap()),
            );
            let got = log_likelihood(&self.transducer, &frames, &labels).unwrap();
            let exact = row["blank29"]["loglik_f64_model"].as_f64().unwrap();
            assert!(
                near(got, exact),
                "{} {}: {got} {exact}",
                self.name,
                row["word"]
            );
            for loss in ["torchaudio_rnnt_loss", "nemo_RNNTLoss_warprnnt_numba"] {
                if let Some(loss) = row["blank29"][loss].as_f64() {
                    assert!(
                        near(got, -loss),
                        "{} {}: {got} {loss}",
                        self.name,
                        row["word"]
                    );
                }
            }
        }
    }

    fn decodings(&self, strategy: &str) -> Vec<(String, Vec<Value>)> {
        let model = self.name.split(['.', '_']).next().unwrap();
        let Some(stored) = json(&format!("oracle/{model}/decodings.json")) else {
            return Vec::new();
        };
        let outputs = stored["strategies"][strategy]["outputs"]
            .as_object()
            .unwrap()
            .clone();
        let single = outputs.into_iter().filter(|(key, _)| key != "batch.zero");
        let single: Vec<_> = single
            .map(|(key, output)| (key, output[0].as_array().unwrap().clone()))
            .collect();
        assert!(single.len() >= 5);
        single
    }

    fn greedy(&self) {
        for (strategy, symbols) in [("greedy_ms15", 15), ("greedy_ms2", 2)] {
            for (key, expected) in self.decodings(strategy) {
                let frames = project(&self.transducer, &self.encode(&key));
                let got = greedy(&self.transducer, &frames, symbols).unwrap();
                assert_eq!(
                    serde_json::json!(got.labels),
                    expected[0]["tokens"],
                    "{} {key}",
                    self.name
                );
                let score = expected[0]["score"].as_f64().unwrap();
                assert!(
                    near(got.log_probability, score),
                    "{} {key}: {} {score}",
                    self.name,
                    got.log_probability
                );
            }
        }
    }

    /// NeMo's time-synchronous beam, which merges equal texts, sums over some of the alignments
    /// that the search sums over: over a lexicon of its texts the search ranks them with no smaller
    /// scores, and the best the same.
    fn search(&self) {
        let names = &self.engine.manifest().vocabulary.labels;
        let mut compared = 0;
        for (key, stored) in self.decodings("tsd4") {
            let hypotheses: Vec<(Vec<u8>, f64)> = stored
                .iter()
                .map(|entry| {
                    (
                        serde_json::from_value(entry["tokens"].clone()).unwrap(),
                        entry["score"].as_f64().unwrap(),
                    )
                })
                .filter(|(labels, _): &(Vec<u8>, f64)| {
                    !labels.is_empty()
                        && labels.len() <= 40
                        && labels.iter().all(|label| (2..28).contains(label))
                })
                .collect();
            let frames = project(&self.transducer, &self.encode(&key));
            if hypotheses.is_empty() {
                continue;
            }
            let spell = |labels: &[u8]| {
                labels
                    .iter()
                    .map(|label| names[usize::from(*label)].as_str())
                    .collect::<String>()
            };
            let words: Vec<_> = hypotheses
                .iter()
                .map(|(labels, _)| (spell(labels), 1.0))
                .collect();
            let mut decoder =
                Decoder::new(Arc::clone(&self.transducer), lexicon(&words, names), 0).unwrap();
            let mut options = DecoderOptions::default();
            options.beam = 0;
            options.prior_weight = 0.0;
            let got = decoder.decode(&frames, &options).unwrap();
            for (labels, score) in &hypotheses {
                let found = got
                    .iter()
                    .find(|candidate| candidate.word == spell(labels))
                    .unwrap();
                assert!(
                    found.log_probability >= score - SCORE_TOLERANCE * score.abs().max(1.0),
                    "{} {key}",
                    self.name
                );
                let exact = log_likelihood(&self.transducer, &frames, labels).unwrap();
                assert!((found.log_probability - exact).abs() <= 1e-9 * exact.abs().max(1.0));
                compared += 1;
            }
            if self.name.starts_with("tiny")
                && hypotheses[0].1 > hypotheses.get(1).map_or(f64::MIN, |h| h.1) + 0.7
            {
                assert_eq!(got[0].word, spell(&hypotheses[0].0), "{} {key}", self.name);
            }
        }
        println!(
            "{}: {compared} hypotheses of NeMo's time-synchronous beam",
            self.name
        );
        assert!(compared > 0);
    }
}

fn layers_first(states: &[f32], rows: usize, layers: usize, hidden: usize) -> Vec<f32> {
    let pairs = (0..layers).flat_map(|layer| (0..rows).map(move |row| (row, layer)));
    pairs
        .flat_map(|(row, layer)| states[(row * layers + layer) * hidden..][..hidden].to_vec())
        .collect()
}

/// Joint log-probabilities `[T', U+1, V+1]`.
fn log_probabilities(transducer: &PredictionJoint, encoded: &[f32], labels: &[usize]) -> Vec<f32> {
    let (prediction, joint) = (&transducer.prediction, &transducer.joint);
    let mut state = vec![0.0; prediction.state_width()];
    let (mut projected, mut prefixes) = (Vec::new(), Vec::new());
    for class in std::iter::once(prediction.start_of_sequence()).chain(labels.iter().copied()) {
        prediction
            .step(
                &[class],
                &mut state,
                &mut projected,
                &mut PredictionScratch::default(),
            )
            .unwrap();
        prefixes.extend_from_slice(&projected);
    }
    let (mut out, mut scratch) = (Vec::new(), JointScratch::default());
    for frame in project(transducer, encoded).chunks_exact(joint.width()) {
        joint.log_probabilities(
            frame,
            prefixes.chunks_exact(joint.width()),
            &mut out,
            &mut scratch,
        );
    }
    out
}

fn near(got: f64, expected: f64) -> bool {
    (got - expected).abs() <= TOLERANCE + SCORE_TOLERANCE * expected.abs()
}

fn json(path: &str) -> Option<Value> {
    Some(serde_json::from_slice(&std::fs::read(shared(path)?).unwrap()).unwrap())
}

fn check(model: &str, files: &[&str]) {
    if !runtime() {
        return;
    }
    for file in files {
        if let Some(case) = Case::open(model, file) {
            case.check();
        }
    }
}

#[test]
fn the_committed_model_decodes_as_nemo() {
    check("tiny-cut", &["tiny-cut.nemo"]);
}

#[test]
fn every_file_of_tiny_decodes_as_nemo() {
    check(
        "tiny",
        &[
            "tiny.nemo",
            "tiny.ckpt",
            "tiny_compiled_encoder.ckpt",
            "tiny_compiled_all.ckpt",
        ],
    );
}

#[test]
fn every_file_of_tiny4_decodes_as_nemo() {
    check(
        "tiny4",
        &[
            "tiny4.nemo",
            "tiny4.ckpt",
            "tiny4_compiled_encoder.ckpt",
            "tiny4_compiled_all.ckpt",
        ],
    );
}

#[test]
fn seed_decodes_as_nemo() {
    check("seed", &["seed.nemo"]);
}

/// The trained checkpoint on real swipes, from points on.
#[test]
fn real_swipes_are_scored_as_by_nemo() {
    let (Some(folder), Some(words)) = (shared("checkpoints"), json("checkpoints/golden.json"))
    else {
        return;
    };
    if !runtime() {
        return;
    }
    let goldens = Goldens::open(&folder.join("golden.safetensors"));
    for file in ["en-qwerty-poc.nemo", "en-qwerty-poc.ckpt"] {
        real_swipes(&folder.join(file), &goldens, words.as_array().unwrap());
    }
}

fn real_swipes(checkpoint: &Path, goldens: &Goldens, words: &[Value]) {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle");
    export::onnx(&options(checkpoint, &bundle), |_| {}).unwrap();
    let engine = Engine::open(&bundle).unwrap();
    let transducer = transducer(&engine);
    let (mut worst_encoding, mut worst_score) = (0.0_f64, 0.0_f64);
    for (i, word) in words.iter().enumerate().take(10) {
        let points = goldens.floats(&format!("points{i}"));
        let points = points
            .chunks_exact(3)
            .map(|p| (f64::from(p[0]), f64::from(p[1]), f64::from(p[2])));
        let trace = Trace::in_letter_area(points).unwrap();
        let labels = goldens.integers(&format!("labels{i}"));
        let encoded = encoded(&engine, &trace);
        worst_encoding =
            worst_encoding.max(difference(&encoded, &goldens.floats(&format!("enc{i}"))));
        let got = log_probabilities(&transducer, &encoded, &labels);
        worst_score = worst_score.max(difference(&got, &goldens.floats(&format!("logp{i}"))));
        let spelt: String = labels
            .iter()
            .map(|label| engine.manifest().vocabulary.labels[*label].as_str())
            .collect();
        assert_eq!(serde_json::json!(spelt), word["word"]);
    }
    println!(
        "{}: encoder {worst_encoding:.1e}, log-probabilities {worst_score:.1e}",
        checkpoint.display()
    );
    assert!(worst_encoding <= TOLERANCE, "{worst_encoding}");
    assert!(worst_score <= TOLERANCE, "{worst_score}");
}
