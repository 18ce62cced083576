//! Prediction network and joint for core, which runs them itself: their weights as its file has
//! them, and their classes.

use std::borrow::Cow;

use swipekit::internals::bundle::manifest::{Vocabulary, ZERO_VECTOR};
use swipekit::internals::transducer::file::{self, JointLayer, TensorName};

use super::StepOutput;
use crate::network::Network;

/// The output classes as a bundle describes them.
pub fn vocabulary(network: &Network) -> Vocabulary {
    let config = network.config;
    Vocabulary {
        labels: config.labels.clone(),
        blank: network.blank(),
        start_of_sequence: ZERO_VECTOR.to_owned(),
        step_output: StepOutput::of(config.joint.log_softmax).name().to_owned(),
    }
}

/// The bytes of `transducer.safetensors`, in 32-bit floats, or with the matrices in 16-bit floats
/// where `half` is set.
///
/// # Errors
/// None that a network of sane sizes gives.
pub fn transducer(network: &Network, half: bool) -> swipekit::Result<Vec<u8>> {
    let model = network.model_spec();
    file::write(&model, network.classes(), half, |name| {
        transducer_tensor(network, name)
    })
}

/// The values of a tensor of the file: the checkpoint's, the two biases of an LSTM layer summed.
/// None where `network` has no such LSTM layer.
pub fn transducer_tensor<'w>(network: &Network<'w>, name: TensorName) -> Cow<'w, [f32]> {
    let parameters = &network.parameters;
    let joint = |layer| match layer {
        JointLayer::Encoder => parameters.joint_encoder,
        JointLayer::Prediction => parameters.joint_prediction,
        JointLayer::Output => parameters.joint_output,
    };
    let lstm = |layer: usize| parameters.lstm.get(layer);
    match name {
        TensorName::Embedding => parameters.embedding.into(),
        TensorName::LstmInput(layer) => lstm(layer).map_or(&[][..], |lstm| lstm.weight_ih).into(),
        TensorName::LstmRecurrent(layer) => {
            lstm(layer).map_or(&[][..], |lstm| lstm.weight_hh).into()
        }
        TensorName::LstmBias(layer) => {
            let sums = lstm(layer).map(|lstm| lstm.bias_ih.iter().zip(lstm.bias_hh));
            sums.into_iter().flatten().map(|(a, b)| a + b).collect()
        }
        TensorName::JointWeight(layer) => joint(layer).weight.into(),
        TensorName::JointBias(layer) => joint(layer).bias.into(),
    }
}
