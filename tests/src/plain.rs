//! A transducer whose log-probabilities are told frame by frame, so that a test knows what the
//! search must find.

use std::sync::Arc;

use safetensors::tensor::{Dtype, TensorView};
use swipekit::internals::bundle::manifest::{
    Activation, LOG_PROBABILITIES, ModelSpec, Vocabulary, ZERO_VECTOR,
};
use swipekit::internals::transducer::PredictionJoint;

use crate::checkpoint::labels;

/// Classes of the plain transducer: the labels of [`labels`] and the blank.
pub const CLASSES: usize = 28;

/// A transducer whose logits are the frame itself, whatever the prefix: J = D = [`CLASSES`], all
/// entries at least 0.
pub fn transducer() -> Arc<PredictionJoint> {
    let zeros = |shape: &[usize]| vec![0.0_f32; shape.iter().product()];
    let identity: Vec<f32> = (0..CLASSES * CLASSES)
        .map(|i| if i % (CLASSES + 1) == 0 { 1.0 } else { 0.0 })
        .collect();
    let tensors: [(&str, &[usize]); 10] = [
        ("embedding", &[CLASSES, 1]),
        ("lstm.0.weight_ih", &[4, 1]),
        ("lstm.0.weight_hh", &[4, 1]),
        ("lstm.0.bias", &[4]),
        ("joint.encoder.weight", &[CLASSES, CLASSES]),
        ("joint.encoder.bias", &[CLASSES]),
        ("joint.prediction.weight", &[CLASSES, 1]),
        ("joint.prediction.bias", &[CLASSES]),
        ("joint.output.weight", &[CLASSES, CLASSES]),
        ("joint.output.bias", &[CLASSES]),
    ];
    let values = tensors.map(|(_, shape)| {
        if shape == [CLASSES, CLASSES] {
            identity.clone()
        } else {
            zeros(shape)
        }
    });
    let bytes = values.map(|values| {
        values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect::<Vec<u8>>()
    });
    let views = tensors.iter().zip(&bytes).map(|((name, shape), bytes)| {
        (
            *name,
            TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap(),
        )
    });
    let file = safetensors::serialize(views, None).unwrap();
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
    let vocabulary = Vocabulary {
        labels: labels(),
        blank: CLASSES - 1,
        start_of_sequence: ZERO_VECTOR.to_owned(),
        step_output: LOG_PROBABILITIES.to_owned(),
    };
    Arc::new(PredictionJoint::new(&file, &model, &vocabulary).unwrap())
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
