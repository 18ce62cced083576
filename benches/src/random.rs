//! A transducer and a lexicon made here, so that kernels and search can be timed without any file.

use std::sync::Arc;

use safetensors::tensor::{Dtype, TensorView};
use swipekit::internals::bundle::manifest::{Activation, ModelSpec, Vocabulary};
use swipekit::internals::transducer::PredictionJoint;
use swipekit::lexicon::{Lexicon, LexiconBuilder};
use swipekit_exporters::synthetic::Random;

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
        start_of_sequence: "zero-vector".to_owned(),
        step_output: "log-probabilities".to_owned(),
    }
}

/// `count` numbers in [-scale, scale).
pub fn numbers(random: &mut Random, count: usize, scale: f32) -> Vec<f32> {
    (0..count)
        .map(|_| (2.0 * random.uniform() as f32 - 1.0) * scale)
        .collect()
}

/// A transducer of the dimensions `model` with random weights. The output biases favour the blank,
/// as a trained model does: it is what most frames give.
///
/// # Errors
/// None for sane dimensions.
pub fn transducer(model: &ModelSpec) -> Result<PredictionJoint> {
    let vocabulary = vocabulary();
    let classes = vocabulary.labels.len() + 1;
    let (d, h, j) = (model.encoder, model.prediction, model.joint);
    let mut shapes = vec![("embedding".to_owned(), vec![classes, h])];
    for layer in 0..model.prediction_layers {
        shapes.push((format!("lstm.{layer}.weight_ih"), vec![4 * h, h]));
        shapes.push((format!("lstm.{layer}.weight_hh"), vec![4 * h, h]));
        shapes.push((format!("lstm.{layer}.bias"), vec![4 * h]));
    }
    for (name, rows, columns) in [
        ("encoder", j, d),
        ("prediction", j, h),
        ("output", classes, j),
    ] {
        shapes.push((format!("joint.{name}.weight"), vec![rows, columns]));
        shapes.push((format!("joint.{name}.bias"), vec![rows]));
    }
    let mut random = Random::new(1);
    let mut tensors = Vec::with_capacity(shapes.len());
    for (name, shape) in shapes {
        let fan_in = shape.last().copied().unwrap_or(1) as f32;
        let mut values = numbers(&mut random, shape.iter().product(), (3.0 / fan_in).sqrt());
        match name.as_str() {
            "embedding" => values[(classes - 1) * h..].fill(0.0),
            "joint.output.weight" => values.iter_mut().for_each(|value| *value *= 4.0),
            "joint.output.bias" => values[classes - 1] += 6.0,
            _ => {}
        }
        let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
        tensors.push((name, shape, bytes));
    }
    let mut views = Vec::with_capacity(tensors.len());
    for (name, shape, bytes) in &tensors {
        views.push((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?));
    }
    Ok(PredictionJoint::new(
        &safetensors::serialize(views, None)?,
        model,
        &vocabulary,
    )?)
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
