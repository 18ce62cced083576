//! Small random networks, swipes for them, and what the tests of this module ask of graphs.

mod calibrate;
mod half;
mod histogram;
mod layers;
mod probe;
mod recipe;
mod rewrite;
mod sensitivity;
mod weights;

use swipekit::internals::runtime::{OnnxModel, RuntimeOptions, Tensor};

use super::calibrate::EncoderInput;
use super::layers::floats;
use crate::fixtures::{random_weights, small_configs, values};
use crate::network::Network;
use crate::onnx::proto::{self, Model};
use crate::onnx::{self, LengthType, serialize};
use crate::random::Random;
use crate::schema::{ModelConfig, Weights};

/// The encoder of a network.
fn encoder(config: &ModelConfig, weights: &Weights) -> Model {
    let network = Network::new(config, weights).unwrap();
    onnx::encoder(&network, LengthType::Int64)
}

/// Every small configuration with an encoder of random weights.
fn encoders() -> Vec<(ModelConfig, Model)> {
    let configs = small_configs().into_iter().enumerate();
    configs
        .map(|(seed, config)| {
            let model = encoder(&config, &random_weights(&config, seed as u64));
            (config, model)
        })
        .collect()
}

/// Random features, swipe by swipe.
fn swipes(config: &ModelConfig, lengths: &[usize], seed: u64) -> Vec<EncoderInput> {
    let mut random = Random::new(seed);
    let swipes = lengths.iter().map(|samples| EncoderInput {
        features: values(&mut random, config.encoder.features * samples, 1.0),
        samples: *samples,
    });
    swipes.collect()
}

fn open(model: &Model) -> OnnxModel {
    OnnxModel::from_bytes(&serialize(model.clone()), &RuntimeOptions::default()).unwrap()
}

/// Runs `swipes` as one batch, `padding` behind the shorter ones, and gives all outputs.
fn run(model: &mut OnnxModel, swipes: &[EncoderInput], padding: f32) -> Vec<(String, Tensor)> {
    let longest = swipes.iter().map(|swipe| swipe.samples).max().unwrap();
    let count = swipes[0].features.len() / swipes[0].samples;
    let mut data = Vec::new();
    for swipe in swipes {
        for line in swipe.features.chunks_exact(swipe.samples) {
            data.extend_from_slice(line);
            data.resize(data.len() + longest - swipe.samples, padding);
        }
    }
    let features = Tensor::f32([swipes.len(), count, longest], data);
    let lengths = swipes.iter().map(|swipe| swipe.samples as i64).collect();
    let lengths = Tensor::i64([swipes.len()], lengths);
    let inputs = [("features_bft", &features), ("lengths", &lengths)];
    model.run(&inputs).unwrap()
}

fn body(model: &Model) -> &proto::Graph {
    model.graph.as_ref().unwrap()
}

fn body_mut(model: &mut Model) -> &mut proto::Graph {
    model.graph.as_mut().unwrap()
}

fn name(tensor: &proto::Tensor) -> &str {
    tensor.name.as_deref().unwrap()
}

/// The constant of that name.
fn constant<'m>(model: &'m Model, wanted: &str) -> &'m proto::Tensor {
    let mut constants = body(model).initializer.iter();
    let found = constants.find(|tensor| name(tensor) == wanted);
    found.unwrap_or_else(|| panic!("no constant {wanted}"))
}

/// The values of a constant of floats.
fn constant_values(model: &Model, name: &str) -> Vec<f32> {
    floats(constant(model, name)).unwrap()
}

/// Changes the values of a constant of floats.
fn change(model: &mut Model, wanted: &str, change: impl FnOnce(&mut Vec<f32>)) {
    let mut constants = body_mut(model).initializer.iter_mut();
    let tensor = constants.find(|tensor| name(tensor) == wanted).unwrap();
    let mut values = floats(tensor).unwrap();
    change(&mut values);
    tensor.raw_data = Some(values.iter().flat_map(|v| v.to_le_bytes()).collect());
}

/// The nodes of an operator.
fn nodes<'m>(model: &'m Model, operator: &str) -> Vec<&'m proto::Node> {
    let nodes = body(model).node.iter();
    nodes
        .filter(|node| node.op_type.as_deref() == Some(operator))
        .collect()
}
