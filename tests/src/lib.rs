//! What the end-to-end tests of swipekit share.
//!
//! Tests hold the shipped path (checkpoint, bundle, engine) to stored outputs of NeMo and to exact
//! computations. A part of those outputs is in `tests/data`; what only `../shared` has is skipped and
//! counted where that folder is absent.

pub mod plain;
#[cfg(feature = "executorch")]
pub mod pte;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use swipekit::internals::transducer::{JointScratch, PredictionJoint};
use swipekit::lexicon::{Lexicon, LexiconBuilder};
use swipekit::trace::Trace;
use swipekit::{Engine, Limits};
use swipekit_exporters::export;
pub use swipekit_exporters::fixtures::random_checkpoint;
use swipekit_exporters::random::Random;
use swipekit_exporters::swipes::Swipes;
use swipekit_exporters::synth::samples;
use swipekit_test_support::found;
pub use swipekit_test_support::{Goldens, difference, repository, shared};

/// Whether ONNX Runtime is there; counts a skip where it is not.
pub fn runtime() -> bool {
    found(swipekit::internals::runtime::load(None)).is_some()
}

/// Options of an export without a lexicon.
pub fn options(checkpoint: &Path, output: &Path) -> export::Options {
    export::Options {
        lexicon_source: "wordfreq".to_owned(),
        lexicon_licence: "CC BY-SA 4.0".to_owned(),
        name: Some("test".to_owned()),
        parts: true,
        ..export::Options::new(checkpoint, output)
    }
}

/// A bundle with the `words` most frequent English words, of the committed oracle's model.
pub fn small_bundle(folder: &Path, words: usize) -> PathBuf {
    let checkpoint = repository("tests/data/oracle/tiny-cut/tiny-cut.nemo");
    let list = folder.join("words.tsv");
    let lines: Vec<String> = english(words)
        .into_iter()
        .map(|(word, frequency)| format!("{word}\t{frequency}\n"))
        .collect();
    std::fs::write(&list, lines.concat()).unwrap();
    let output = folder.join("bundle");
    let options = export::Options {
        lexicon: Some(list),
        prefixes: 60,
        parts: false,
        ..options(&checkpoint, &output)
    };
    export::onnx(&options, |_| {}).unwrap();
    output
}

/// The first `count` words of the English list with their frequencies.
pub fn english(count: usize) -> Vec<(String, f64)> {
    let text = std::fs::read_to_string(repository("models/lexicons/en/words.tsv")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let words = lines.filter_map(|line| line.split_once('\t'));
    words
        .take(count)
        .map(|(word, frequency)| (word.to_owned(), frequency.parse().unwrap()))
        .collect()
}

/// The lexicon of some words.
pub fn lexicon<W: AsRef<str>>(words: &[(W, f64)], labels: &[String]) -> Arc<Lexicon> {
    let mut builder = LexiconBuilder::new(labels);
    for (word, weight) in words {
        builder.add(word.as_ref(), *weight).unwrap();
    }
    let built = builder.build().unwrap();
    Arc::new(Lexicon::from_bytes(built.bytes.into(), labels, "test").unwrap())
}

/// `count` swipes with their words, evenly out of the real ones where they are there, otherwise
/// synthetic.
pub fn swipes(count: usize) -> Vec<(String, Trace)> {
    if let Some(path) = shared("data/hws-dev.jsonl.gz") {
        let step = 5661 / count.max(1);
        let swipes = Swipes::open(&path)
            .unwrap()
            .step_by(step.max(1))
            .take(count);
        return swipes
            .map(|swipe| swipe.unwrap())
            .map(|swipe| (swipe.word, swipe.trace))
            .collect();
    }
    let mut random = Random::new(3);
    let words = english(20_000)
        .into_iter()
        .step_by(97)
        .map(|(word, _)| word)
        .collect::<Vec<_>>();
    let cycled = words.iter().cycle().take(count * 2);
    cycled
        .filter_map(|word| Some((word.clone(), samples::trace(word, &mut random)?)))
        .take(count)
        .collect()
}

/// Encoder frames in the joint's space, `[T', J]`.
pub fn project(transducer: &PredictionJoint, encoded: &[f32]) -> Vec<f32> {
    let mut projected = Vec::new();
    transducer
        .joint
        .project_encoder(encoded, &mut projected, &mut JointScratch::default())
        .unwrap();
    projected
}

/// The frames that an engine's decoder gets for a trace, `[T', J]`.
pub fn frames(engine: &Engine, trace: &Trace) -> Vec<f32> {
    project(engine.transducer(), &encoded(engine, trace))
}

/// The frames that an engine's encoder makes of a trace, `[T', D]`.
pub fn encoded(engine: &Engine, trace: &Trace) -> Vec<f32> {
    let mut session = engine.session();
    let gesture = session.encode(trace, &Limits::default()).unwrap();
    gesture.frames().to_vec()
}

/// Opens the transducer of a bundle once more, to be shared.
pub fn transducer(engine: &Engine) -> Arc<PredictionJoint> {
    let manifest = engine.manifest();
    let weights = engine.bundle().file(&manifest.runtime.transducer).unwrap();
    Arc::new(PredictionJoint::new(&weights, &manifest.model, &manifest.vocabulary).unwrap())
}

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
