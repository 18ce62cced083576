//! Random networks for tests and benchmarks of this crate and of others.

use crate::schema::{
    self, Activation, ConvNorm, EncoderConfig, JointConfig, ModelConfig, Part, PredictionConfig,
    Role, Tensor, TensorSpec, Weights,
};
use crate::synth::random::Random;

/// `count` numbers, uniform in [-`scale`, `scale`).
pub fn values(random: &mut Random, count: usize, scale: f32) -> Vec<f32> {
    (0..count)
        .map(|_| (2.0 * random.uniform() - 1.0) as f32 * scale)
        .collect()
}

/// A small configuration; tests change what they are about.
pub fn small_config() -> ModelConfig {
    ModelConfig {
        encoder: EncoderConfig {
            features: 5,
            d_model: 12,
            layers: 2,
            heads: 3,
            kernel: 5,
            feed_forward: 20,
            subsampling: 2,
            conv_channels: 6,
            conv_norm: ConvNorm::BatchNorm,
            xscaling: true,
            untie_biases: true,
        },
        prediction: PredictionConfig {
            hidden: 7,
            layers: 2,
        },
        joint: JointConfig {
            hidden: 9,
            activation: Activation::Relu,
            log_softmax: Some(true),
            output_layer: "joint_net.2".into(),
        },
        labels: ["a", "b", "c"].map(String::from).to_vec(),
        feature_scale: None,
        featurizer: None,
        layout: None,
    }
}

/// Small configurations that between them use every option.
pub fn small_configs() -> Vec<ModelConfig> {
    let base = small_config();
    let mut x4 = base.clone();
    x4.encoder.subsampling = 4;
    x4.encoder.conv_norm = ConvNorm::LayerNorm;
    x4.encoder.xscaling = false;
    x4.prediction.layers = 1;
    x4.joint.activation = Activation::Tanh;
    x4.joint.output_layer = "joint_net.1".into();
    x4.joint.log_softmax = None;
    let mut x8 = base.clone();
    x8.encoder.subsampling = 8;
    x8.encoder.features = 17;
    x8.encoder.heads = 1;
    x8.encoder.kernel = 1;
    x8.prediction.layers = 3;
    x8.joint.activation = Activation::Sigmoid;
    x8.joint.log_softmax = Some(false);
    let mut tied = base.clone();
    tied.encoder.untie_biases = false;
    vec![base, x4, x8, tied]
}

/// Random weights of the network that `config` describes, the same for the same seed.
///
/// `config` must be one that [`ModelConfig::check`] accepts.
pub fn random_weights(config: &ModelConfig, seed: u64) -> Weights {
    let mut random = Random::new(seed);
    let mut weights = Weights::default();
    for spec in schema::tensors(config) {
        let data = random_values(&mut random, &spec);
        let TensorSpec { name, shape, .. } = spec;
        weights.tensors.insert(name, Tensor { shape, data });
    }
    for (first, tied) in schema::tied(config) {
        if let Some(tensor) = weights.tensors.get(&first) {
            let tensor = tensor.clone();
            weights.tensors.insert(tied, tensor);
        }
    }
    weights
}

/// Values that keep activations of a network about as large as a trained one's are. Prediction
/// network and joint get larger ones, so that their outputs differ from class to class.
fn random_values(random: &mut Random, spec: &TensorSpec) -> Vec<f32> {
    let count: usize = spec.shape.iter().product();
    let inputs: usize = spec.shape.iter().skip(1).product();
    let gain = match Part::of(&spec.name) {
        Some(Part::Prediction | Part::Joint) => 1.8,
        _ => 1.0,
    };
    let (mean, scale) = match spec.role {
        Role::Weight => (0.0, gain * (3.0 / inputs as f32).sqrt()),
        Role::Bias | Role::Shift | Role::Mean => (0.0, 0.3),
        Role::Scale => (1.0, 0.3),
        Role::Variance => (1.0, 0.5),
        Role::AttentionBias => (0.0, 0.4),
        Role::Embedding => (0.0, 1.0),
    };
    let mut data = values(random, count, scale);
    data.iter_mut().for_each(|value| *value += mean);
    if spec.role == Role::Embedding {
        data[count - inputs..].fill(0.0);
    }
    data
}
