//! Prediction network and joint as graphs: one step graph, or separate.

use super::builder::{Attribute, Dim, ElementType, GraphBuilder, Value};
use super::layers::linear;
use super::{StepOutput, proto};
use crate::network::Network;
use crate::schema::Activation;

/// One step: the prediction network for a batch of labels, and the joint with one frame for each.
///
/// `y_prev` is a class. The blank is the start of sequence, as its embedding is zero.
pub fn step(network: &Network, output: StepOutput) -> proto::Model {
    let mut b = GraphBuilder::new("step");
    let inputs = Inputs::new(&mut b, network);
    let width = network.config.encoder.d_model;
    let frame = b.input(
        "enc_t",
        ElementType::F32,
        &[Dim::Dynamic("N"), Dim::Fixed(width)],
    );
    facts(&mut b, network);
    b.metadata("swipekit.logits", output.name());
    let (top, h, c) = lstm(&mut b, network, &inputs);
    b.scope("joint");
    let f = linear(&mut b, "enc", network.parameters.joint_encoder, 1.0, &frame);
    let g = linear(
        &mut b,
        "pred",
        network.parameters.joint_prediction,
        1.0,
        &top,
    );
    let mut logits = joint_after_projection(&mut b, network, &f, &g);
    if output == StepOutput::LogProbabilities {
        logits = b.op_with("LogSoftmax", &[&logits], &[("axis", Attribute::Int(-1))]);
    }
    b.scope("");
    b.output(
        "logits",
        &logits,
        ElementType::F32,
        &[Dim::Dynamic("N"), Dim::Fixed(network.classes())],
    );
    state_outputs(&mut b, network, &h, &c);
    b.build("One step of the prediction network and the joint")
}

/// The prediction network alone, with the joint's projection of its output: `g` `[N, H]`,
/// `g_projected` `[N, J]`.
pub fn prediction(network: &Network) -> proto::Model {
    let mut b = GraphBuilder::new("prediction");
    let inputs = Inputs::new(&mut b, network);
    facts(&mut b, network);
    let (top, h, c) = lstm(&mut b, network, &inputs);
    b.scope("joint");
    let projected = linear(
        &mut b,
        "pred",
        network.parameters.joint_prediction,
        1.0,
        &top,
    );
    b.scope("");
    let rows = Dim::Dynamic("N");
    b.output(
        "g",
        &top,
        ElementType::F32,
        &[rows, Dim::Fixed(network.config.prediction.hidden)],
    );
    b.output(
        "g_projected",
        &projected,
        ElementType::F32,
        &[rows, Dim::Fixed(network.config.joint.hidden)],
    );
    state_outputs(&mut b, network, &h, &c);
    b.build("The prediction network and the joint's projection of it")
}

/// The joint's projection of encoder frames: `encoded` `[N, D]` to `f_projected` `[N, J]`.
pub fn joint_encoder(network: &Network) -> proto::Model {
    let mut b = GraphBuilder::new("joint_encoder");
    let rows = Dim::Dynamic("N");
    let encoded = b.input(
        "encoded",
        ElementType::F32,
        &[rows, Dim::Fixed(network.config.encoder.d_model)],
    );
    let projected = linear(
        &mut b,
        "enc",
        network.parameters.joint_encoder,
        1.0,
        &encoded,
    );
    b.output(
        "f_projected",
        &projected,
        ElementType::F32,
        &[rows, Dim::Fixed(network.config.joint.hidden)],
    );
    b.build("The joint's projection of encoder frames")
}

/// The joint after its projections: `f_projected` and `g_projected` `[N, J]` to raw `logits`
/// `[N, V+1]`.
pub fn joint(network: &Network) -> proto::Model {
    let mut b = GraphBuilder::new("joint");
    let shape = [Dim::Dynamic("N"), Dim::Fixed(network.config.joint.hidden)];
    let f = b.input("f_projected", ElementType::F32, &shape);
    let g = b.input("g_projected", ElementType::F32, &shape);
    facts(&mut b, network);
    b.metadata("swipekit.logits", StepOutput::Logits.name());
    let logits = joint_after_projection(&mut b, network, &f, &g);
    b.output(
        "logits",
        &logits,
        ElementType::F32,
        &[Dim::Dynamic("N"), Dim::Fixed(network.classes())],
    );
    b.build("The joint after its projections")
}

fn facts(b: &mut GraphBuilder, network: &Network) {
    b.metadata("swipekit.blank", network.blank());
    b.metadata("swipekit.start_of_sequence", network.blank());
    b.metadata("swipekit.classes", network.classes());
}

struct Inputs {
    labels: Value,
    h: Value,
    c: Value,
}

impl Inputs {
    fn new(b: &mut GraphBuilder, network: &Network) -> Self {
        let state = state_shape(network);
        Self {
            labels: b.input("y_prev", ElementType::I64, &[Dim::Dynamic("N")]),
            h: b.input("h0", ElementType::F32, &state),
            c: b.input("c0", ElementType::F32, &state),
        }
    }
}

fn state_shape(network: &Network) -> [Dim; 3] {
    let config = &network.config.prediction;
    [
        Dim::Fixed(config.layers),
        Dim::Dynamic("N"),
        Dim::Fixed(config.hidden),
    ]
}

fn state_outputs(b: &mut GraphBuilder, network: &Network, h: &Value, c: &Value) {
    let shape = state_shape(network);
    b.output("h1", h, ElementType::F32, &shape);
    b.output("c1", c, ElementType::F32, &shape);
}

fn joint_after_projection(b: &mut GraphBuilder, network: &Network, f: &Value, g: &Value) -> Value {
    let sum = b.op("Add", &[f, g]);
    let hidden = b.op(
        match network.config.joint.activation {
            Activation::Relu => "Relu",
            Activation::Tanh => "Tanh",
            Activation::Sigmoid => "Sigmoid",
        },
        &[&sum],
    );
    linear(b, "output", network.parameters.joint_output, 1.0, &hidden)
}

/// One step of all LSTM layers: the top layer's output `[N, H]` and the new states `[L, N, H]`.
fn lstm(b: &mut GraphBuilder, network: &Network, inputs: &Inputs) -> (Value, Value, Value) {
    b.scope("prediction");
    let hidden = network.config.prediction.hidden;
    let table = b.floats(
        "embed.weight",
        &[network.classes(), hidden],
        network.parameters.embedding.iter().copied(),
    );
    let row = b.op("Gather", &[&table, &inputs.labels]);
    let axis = b.ints(&[0]);
    let mut x = b.op("Unsqueeze", &[&row, &axis]);
    let (mut hs, mut cs) = (Vec::new(), Vec::new());
    for (layer, weights) in network.parameters.lstm.iter().enumerate() {
        let (from, to) = (b.ints(&[layer as i64]), b.ints(&[layer as i64 + 1]));
        let h = b.op("Slice", &[&inputs.h, &from, &to, &axis]);
        let c = b.op("Slice", &[&inputs.c, &from, &to, &axis]);
        let shape = [1, 4 * hidden, hidden];
        let weight = b.floats(
            &format!("lstm.{layer}.weight_ih"),
            &shape,
            gates(weights.weight_ih, hidden * hidden),
        );
        let recurrent = b.floats(
            &format!("lstm.{layer}.weight_hh"),
            &shape,
            gates(weights.weight_hh, hidden * hidden),
        );
        let biases = gates(weights.bias_ih, hidden).chain(gates(weights.bias_hh, hidden));
        let bias = b.floats(&format!("lstm.{layer}.bias"), &[1, 8 * hidden], biases);
        let operands = [
            Some(&x),
            Some(&weight),
            Some(&recurrent),
            Some(&bias),
            None,
            Some(&h),
            Some(&c),
        ];
        let outputs = b.op_many(
            "LSTM",
            &operands,
            &[("hidden_size", Attribute::Int(hidden as i64))],
            3,
        );
        x = outputs[1].clone();
        hs.push(outputs[1].clone());
        cs.push(outputs[2].clone());
    }
    let top = b.op("Squeeze", &[&x, &axis]);
    let mut stack = |values: &[Value]| {
        let values: Vec<&Value> = values.iter().collect();
        b.op_with("Concat", &values, &[("axis", Attribute::Int(0))])
    };
    let (h, c) = (stack(&hs), stack(&cs));
    b.scope("");
    (top, h, c)
}

/// Gates from PyTorch's order (input, forget, cell, output) to ONNX's (input, output, forget,
/// cell).
fn gates(values: &[f32], gate: usize) -> impl Iterator<Item = f32> {
    [0, 3, 1, 2]
        .into_iter()
        .flat_map(move |index| values[index * gate..][..gate].iter().copied())
}
