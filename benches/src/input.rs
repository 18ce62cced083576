//! What is timed: swipes of one length, and a bundle's parts.

use std::path::Path;
use std::sync::Arc;

use swipekit::internals::bundle::Bundle;
use swipekit::internals::bundle::manifest::ONNXRUNTIME;
use swipekit::internals::engine::open_encoder;
use swipekit::internals::features::{Features, Featurizer};
use swipekit::internals::runtime::{Encoder, OnnxModel, RuntimeOptions};
use swipekit::internals::transducer::PredictionJoint;
use swipekit::lexicon::Lexicon;
use swipekit::trace::Trace;
use swipekit_exporters::random::Random;
use swipekit_exporters::swipes::Swipes;
use swipekit_exporters::synth::samples;

/// A bundle's parts, opened one by one.
#[derive(Debug)]
pub struct Parts {
    /// The bundle.
    pub bundle: Bundle,
    /// Points to features.
    pub featurizer: Featurizer,
    /// Features to frames.
    pub encoder: Box<dyn Encoder>,
    /// Prediction network and joint.
    pub transducer: Arc<PredictionJoint>,
    /// The words.
    pub lexicon: Arc<Lexicon>,
}

impl Parts {
    /// Opens the bundle at `path`, with the lexicon at `lexicon` where one is given.
    ///
    /// # Errors
    /// What opening gives; a dynamic bundle needs a lexicon.
    pub fn open(path: &Path, lexicon: Option<&Path>) -> swipekit_exporters::error::Result<Self> {
        let bundle = Bundle::open(path)?;
        let manifest = bundle.manifest();
        let labels = &manifest.vocabulary.labels;
        let lexicon = match (lexicon, &manifest.lexicon) {
            (Some(path), _) => swipekit_exporters::words::lexicon::open_or_build(path, labels)?,
            (None, Some(spec)) => {
                Lexicon::from_bytes(bundle.file(&spec.file)?, labels, path.join(&spec.file))?
            }
            (None, None) => {
                return Err(swipekit_exporters::error::Error::NoLexicon {
                    path: path.to_path_buf(),
                });
            }
        };
        let weights = bundle.file(&manifest.runtime.transducer)?;
        Ok(Self {
            featurizer: Featurizer::new(&manifest.featurizer)?,
            encoder: open_encoder(&bundle, &RuntimeOptions::default())?,
            transducer: Arc::new(PredictionJoint::new(
                &weights,
                &manifest.model,
                &manifest.vocabulary,
            )?),
            lexicon: Arc::new(lexicon),
            bundle,
        })
    }

    /// The step graph; `None` where the bundle has none, or has it as a program of ExecuTorch.
    ///
    /// # Errors
    /// What loading gives.
    pub fn step(&self) -> swipekit::Result<Option<OnnxModel>> {
        let spec = &self.bundle.manifest().runtime;
        let Some(name) = spec.step.as_ref().filter(|_| spec.kind == ONNXRUNTIME) else {
            return Ok(None);
        };
        OnnxModel::from_bytes(&self.bundle.file(name)?, &RuntimeOptions::default()).map(Some)
    }

    /// Encoder frames `[T', D]` of a trace.
    ///
    /// # Errors
    /// What the encoder gives.
    pub fn encode(&self, trace: &Trace) -> swipekit::Result<Vec<f32>> {
        let (mut features, mut encoded) = (Features::new(), Vec::new());
        let frames = self.featurizer.features(trace, &mut features);
        self.encoder.encode(features.data(), frames, &mut encoded)?;
        Ok(encoded)
    }
}

/// The swipes to time, and others to warm up on.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Swipes of exactly the number of points asked for; each is timed once.
    pub timed: Vec<Trace>,
    /// Swipes of other lengths: never timed, never of the timed ones.
    pub others: Vec<Trace>,
}

/// Up to `count` swipes of exactly `points` points and as many of up to 8 points fewer or more: of
/// the file `path` where it is given, otherwise synthetic ones.
///
/// # Errors
/// What reading the file gives.
pub fn swipes(
    path: Option<&Path>,
    points: usize,
    count: usize,
) -> swipekit_exporters::error::Result<Input> {
    let mut input = Input::default();
    match path {
        Some(path) => {
            for swipe in Swipes::open(path)? {
                if input.add(swipe?.trace, points, count) {
                    break;
                }
            }
        }
        None => {
            let mut random = Random::new(64);
            // Not every word can be drawn in so many points: after a thousand rounds what there is
            // must do.
            for word in std::iter::repeat_n(WORDS, 1000).flatten() {
                let trace = samples::trace(word, &mut random);
                if trace.is_some_and(|trace| input.add(trace, points, count)) {
                    break;
                }
            }
        }
    }
    Ok(input)
}

/// Words of the synthetic swipes.
const WORDS: &[&str] = &[
    "hello",
    "keyboard",
    "because",
    "people",
    "through",
    "finger",
    "swipe",
    "another",
    "question",
    "there",
    "water",
    "should",
    "never",
    "important",
    "between",
    "school",
    "family",
    "world",
    "number",
    "second",
    "money",
    "company",
    "problem",
    "service",
    "place",
    "friend",
    "against",
    "hundred",
    "during",
    "without",
    "letter",
    "several",
    "market",
];

impl Input {
    /// Takes the swipe in where it fits and is wanted; true when nothing more is.
    fn add(&mut self, trace: Trace, points: usize, count: usize) -> bool {
        let list = if trace.len() == points {
            &mut self.timed
        } else {
            &mut self.others
        };
        if list.len() < count && trace.len().abs_diff(points) <= 8 {
            list.push(trace);
        }
        self.timed.len() >= count && self.others.len() >= count
    }
}
