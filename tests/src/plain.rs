//! A transducer whose log-probabilities are told frame by frame, so that a test knows what the
//! search must find.

use std::sync::Arc;

use swipekit::internals::bundle::manifest::{
    Activation, LOG_PROBABILITIES, ModelSpec, Vocabulary, ZERO_VECTOR,
};
use swipekit::internals::transducer::PredictionJoint;
use swipekit::internals::transducer::file;

use swipekit_exporters::fixtures::nemo::labels;

/// Classes of the plain transducer: the labels of [`labels`] and the blank.
pub const CLASSES: usize = 28;

/// A transducer whose logits are the frame itself, whatever the prefix: J = D = [`CLASSES`], all
/// entries at least 0.
pub fn transducer() -> Arc<PredictionJoint> {
    let model = ModelSpec {
        features: 37,
        encoder: CLASSES,
        subsampling: 2,
        prediction_layers: 1,
        prediction: 1,
        joint: CLASSES,
        activation: Activation::Relu,
        parameters: 0,
    };
    let bytes = file::write(&model, CLASSES, false, |name| {
        let shape = name.shape(&model, CLASSES);
        let count = shape.iter().product();
        let is_identity = shape == [CLASSES, CLASSES];
        let value = |i| f32::from(is_identity && i % (CLASSES + 1) == 0);
        (0..count).map(value).collect()
    })
    .unwrap();
    let vocabulary = Vocabulary {
        labels: labels(),
        blank: CLASSES - 1,
        start_of_sequence: ZERO_VECTOR.to_owned(),
        step_output: LOG_PROBABILITIES.to_owned(),
    };
    Arc::new(PredictionJoint::new(&bytes, &model, &vocabulary).unwrap())
}

/// A frame `[J]` of logits: those given by letter, `blank` for the blank, 0 for all others.
pub fn frame(letters: &[(char, f32)], blank: f32) -> Vec<f32> {
    let mut frame = vec![0.0; CLASSES];
    for (letter, logit) in letters {
        let class = labels()
            .iter()
            .position(|label| label.starts_with(*letter))
            .unwrap();
        frame[class] = *logit;
    }
    frame[CLASSES - 1] = blank;
    frame
}

/// Frames that spell `letters`, a letter a frame.
pub fn spelling(letters: &str) -> Vec<f32> {
    letters
        .chars()
        .flat_map(|letter| frame(&[(letter, 12.0)], 12.0))
        .collect()
}
