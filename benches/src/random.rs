//! A transducer and a lexicon made here, so that kernels and search can be timed without any file.

use std::sync::Arc;

use swipekit::internals::bundle::manifest::{
    Activation, LOG_PROBABILITIES, ModelSpec, Vocabulary, ZERO_VECTOR,
};
use swipekit::internals::transducer::PredictionJoint;
use swipekit::internals::transducer::file::{self, JointLayer, TensorName};
use swipekit::lexicon::{Lexicon, LexiconBuilder};
use swipekit_exporters::fixtures::values;
use swipekit_exporters::random::Random;

/// Result of making something; the errors are of several crates.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The dimensions of the seed system's model: 2 LSTM layers of 320, joint 512, 29 labels.
pub fn spec() -> ModelSpec {
    ModelSpec {
        features: 37,
        encoder: 256,
        subsampling: 2,
        prediction_layers: 2,
        prediction: 320,
        joint: 512,
        activation: Activation::Relu,
        parameters: 0,
    }
}

/// The seed system's labels.
pub fn vocabulary() -> Vocabulary {
    let labels = ["<blank>", "'"]
        .into_iter()
        .map(str::to_owned)
        .chain(('a'..='z').map(String::from));
    let labels: Vec<String> = labels.chain(["<unk>".to_owned()]).collect();
    Vocabulary {
        blank: labels.len(),
        labels,
        start_of_sequence: ZERO_VECTOR.to_owned(),
        step_output: LOG_PROBABILITIES.to_owned(),
    }
}

/// A transducer of the dimensions `model` with random weights. The output biases favour the blank,
/// as a trained model does: it is what most frames give.
///
/// # Errors
/// None for sane dimensions.
pub fn transducer(model: &ModelSpec) -> Result<PredictionJoint> {
    let vocabulary = vocabulary();
    let classes = vocabulary.labels.len() + 1;
    let mut random = Random::new(1);
    let bytes = file::write(model, classes, false, |name| {
        let shape = name.shape(model, classes);
        let fan_in = shape.last().copied().unwrap_or(1);
        let scale = (3.0 / fan_in as f32).sqrt();
        let mut values = values(&mut random, shape.iter().product(), scale);
        match name {
            TensorName::Embedding => values[(classes - 1) * fan_in..].fill(0.0),
            TensorName::JointWeight(JointLayer::Output) => {
                values.iter_mut().for_each(|value| *value *= 4.0);
            }
            TensorName::JointBias(JointLayer::Output) => values[classes - 1] += 6.0,
            _ => {}
        }
        values.into()
    })?;
    Ok(PredictionJoint::new(&bytes, model, &vocabulary)?)
}

/// A lexicon of `words` random words of two to ten letters, frequencies after Zipf's law.
///
/// # Errors
/// None.
pub fn lexicon(words: usize) -> Result<Arc<Lexicon>> {
    let labels = vocabulary().labels;
    let mut random = Random::new(2);
    let mut builder = LexiconBuilder::new(&labels);
    for rank in 1..=words {
        let length = 2 + (random.bits() % 9) as usize;
        let word: String = (0..length)
            .map(|_| char::from(b'a' + (random.bits() % 26) as u8))
            .collect();
        // Doubles happen and are merged.
        let _ = builder.add(&word, 1.0 / rank as f64);
    }
    let bytes = builder.build()?.bytes;
    Ok(Arc::new(Lexicon::from_bytes(
        bytes.into(),
        &labels,
        "random",
    )?))
}
