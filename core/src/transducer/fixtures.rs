//! Small random models for the tests of this crate.

use super::PredictionJoint;
use super::file::{self, TensorName};
use crate::transducer::{Activation, ModelSpec, Vocabulary};

/// A reproducible source of numbers.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next integer below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }

    /// `count` numbers in [-scale, scale].
    pub(crate) fn numbers(&mut self, count: usize, scale: f32) -> Vec<f32> {
        (0..count)
            .map(|_| (self.below(1 << 20) as f32 / (1 << 19) as f32 - 1.0) * scale)
            .collect()
    }
}

pub(crate) fn spec(layers: usize) -> ModelSpec {
    ModelSpec {
        features: 37,
        encoder: 12,
        subsampling: 2,
        prediction_layers: layers,
        prediction: 10,
        joint: 18,
        activation: Activation::Relu,
        parameters: 0,
    }
}

pub(crate) fn vocabulary() -> Vocabulary {
    let labels: Vec<String> = std::iter::once('\'')
        .chain('a'..='z')
        .map(String::from)
        .collect();
    let blank = labels.len();
    Vocabulary {
        labels,
        blank,
        start_of_sequence: "zero-vector".to_owned(),
        step_output: "log-probabilities".to_owned(),
    }
}

/// Named tensors of a random model.
pub(crate) fn tensors(seed: u64, model: &ModelSpec) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let mut random = Random::new(seed);
    let classes = vocabulary().labels.len() + 1;
    let mut tensors: Vec<_> = TensorName::all(model.prediction_layers)
        .map(|name| {
            let shape = name.shape(model, classes);
            let values = random.numbers(shape.iter().product(), 0.9);
            (name.to_string(), shape, values)
        })
        .collect();
    tensors[0].2[(classes - 1) * model.prediction..].fill(0.0);
    tensors
}

/// A file of these tensors in 32-bit floats, valid or not.
pub(crate) fn serialize(tensors: &[(String, Vec<usize>, Vec<f32>)]) -> Vec<u8> {
    let tensors = tensors
        .iter()
        .map(|(name, shape, values)| (name.clone(), shape.clone(), values.into()));
    file::encode(tensors.collect(), |_| false).unwrap()
}

/// A random model with `layers` LSTM layers.
pub(crate) fn transducer(seed: u64, layers: usize) -> PredictionJoint {
    let model = spec(layers);
    PredictionJoint::new(&serialize(&tensors(seed, &model)), &model, &vocabulary()).unwrap()
}
