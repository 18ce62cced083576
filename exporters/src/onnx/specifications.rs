//! What a bundle's manifest says of the network: sizes, labels, kind of scores.

use swipekit::bundle::manifest::{ModelSpec, Vocabulary};

use super::StepOutput;
use crate::network::Network;

/// What a manifest says of `network`, which has so many `parameters`.
pub fn specifications(network: &Network<'_>, parameters: u64) -> (ModelSpec, Vocabulary) {
    let config = network.config;
    let model = ModelSpec {
        features: config.encoder.features,
        encoder: config.encoder.d_model,
        subsampling: config.encoder.subsampling,
        prediction_layers: config.prediction.layers,
        prediction: config.prediction.hidden,
        joint: config.joint.hidden,
        activation: config.joint.activation,
        parameters,
    };
    let vocabulary = Vocabulary {
        labels: config.labels.clone(),
        blank: network.blank(),
        start_of_sequence: "zero-vector".to_owned(),
        step_output: StepOutput::of(config.joint.log_softmax).name().to_owned(),
    };
    (model, vocabulary)
}
