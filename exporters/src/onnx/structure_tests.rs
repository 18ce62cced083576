//! Properties of the graphs that can be checked without a runtime.

use std::collections::HashSet;

use prost::Message;

use super::proto::{Graph, Model, Size, ValueInfo};
use super::*;
use crate::fixtures::{random_weights, small_configs};
use crate::network::Network;

/// Every graph of every small configuration.
fn graphs(visit: impl Fn(&Network<'_>, &str, Model)) {
    for (seed, config) in small_configs().iter().enumerate() {
        let weights = random_weights(config, seed as u64);
        let network = Network::new(config, &weights).unwrap();
        visit(&network, "encoder", encoder(&network, LengthType::Int64));
        visit(&network, "encoder", encoder(&network, LengthType::Int32));
        visit(
            &network,
            "step",
            step(&network, StepOutput::LogProbabilities),
        );
        visit(&network, "step", step(&network, StepOutput::Logits));
        visit(&network, "prediction", prediction(&network));
        visit(&network, "joint_encoder", joint_encoder(&network));
        visit(&network, "joint", joint(&network));
    }
}

fn body(model: &Model) -> &Graph {
    model.graph.as_ref().unwrap()
}

#[test]
fn values_exist_before_they_are_used_and_have_one_name_each() {
    graphs(|_, kind, model| {
        let graph = body(&model);
        let mut known: HashSet<&str> = HashSet::new();
        let given = graph
            .input
            .iter()
            .map(|input| input.name.as_deref().unwrap());
        let constants = graph
            .initializer
            .iter()
            .map(|tensor| tensor.name.as_deref().unwrap());
        for name in given.chain(constants) {
            assert!(
                !name.is_empty() && known.insert(name),
                "{kind}: {name} twice"
            );
        }
        let mut nodes = HashSet::new();
        let mut used = HashSet::new();
        for node in &graph.node {
            let name = node.name.as_deref().unwrap();
            assert!(nodes.insert(name), "{kind}: node {name} twice");
            for input in node.input.iter().filter(|input| !input.is_empty()) {
                assert!(
                    known.contains(input.as_str()),
                    "{kind}: {name} uses {input} too early"
                );
                used.insert(input.as_str());
            }
            for output in &node.output {
                assert!(
                    !output.is_empty() && known.insert(output),
                    "{kind}: {output} twice"
                );
            }
        }
        for output in &graph.output {
            assert!(
                known.contains(output.name.as_deref().unwrap()),
                "{kind}: {output:?}"
            );
        }
        for tensor in &graph.initializer {
            let name = tensor.name.as_deref().unwrap();
            assert!(used.contains(name), "{kind}: nothing uses {name}");
        }
        for input in &graph.input {
            let name = input.name.as_deref().unwrap();
            assert!(used.contains(name), "{kind}: nothing uses {name}");
        }
    });
}

#[test]
fn constants_hold_what_their_shapes_say() {
    graphs(|_, kind, model| {
        for tensor in &body(&model).initializer {
            let size = match tensor.data_type.unwrap() {
                1 => 4,
                7 => 8,
                other => panic!("{kind}: element type {other}"),
            };
            let count: i64 = tensor.dims.iter().product();
            assert_eq!(
                tensor.raw_data.as_ref().unwrap().len() as i64,
                count * size,
                "{tensor:?}"
            );
            if size == 4 {
                let raw = tensor.raw_data.as_ref().unwrap().chunks_exact(4);
                let mut values = raw.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
                assert!(values.all(f32::is_finite), "{kind}: {:?}", tensor.name);
            }
        }
    });
}

/// A name, an element type and a shape in one line.
fn describe(values: &[ValueInfo]) -> Vec<String> {
    let one = |value: &ValueInfo| {
        let tensor = value.r#type.as_ref().unwrap().tensor_type.as_ref().unwrap();
        let dims = tensor
            .shape
            .as_ref()
            .unwrap()
            .dim
            .iter()
            .map(|dim| match &dim.value {
                Some(Size::Fixed(size)) => size.to_string(),
                Some(Size::Dynamic(name)) => name.clone(),
                None => "?".to_owned(),
            });
        let dims: Vec<String> = dims.collect();
        let kind = match tensor.elem_type.unwrap() {
            1 => "f32",
            6 => "i32",
            7 => "i64",
            _ => "?",
        };
        format!(
            "{} {kind} [{}]",
            value.name.as_deref().unwrap(),
            dims.join(",")
        )
    };
    values.iter().map(one).collect()
}

#[test]
fn inputs_and_outputs_have_the_promised_names_types_and_shapes() {
    graphs(|network, kind, model| {
        let config = network.config;
        let (f, d, v) = (
            config.encoder.features,
            config.encoder.d_model,
            network.classes(),
        );
        let (l, h, j) = (
            config.prediction.layers,
            config.prediction.hidden,
            config.joint.hidden,
        );
        let state = |name: &str| format!("{name} f32 [{l},N,{h}]");
        let graph = body(&model);
        let (inputs, outputs) = (describe(&graph.input), describe(&graph.output));
        let (expected_inputs, expected_outputs) = match kind {
            "encoder" => {
                // Either type of `lengths`.
                assert!(
                    ["i32", "i64"]
                        .map(|kind| format!("lengths {kind} [B]"))
                        .contains(&inputs[1])
                );
                (
                    vec![format!("features_bft f32 [B,{f},T]"), inputs[1].clone()],
                    vec![
                        format!("encoded_btf f32 [B,T_out,{d}]"),
                        "encoded_lengths i64 [B]".into(),
                    ],
                )
            }
            "step" => (
                vec![
                    "y_prev i64 [N]".into(),
                    state("h0"),
                    state("c0"),
                    format!("enc_t f32 [N,{d}]"),
                ],
                vec![format!("logits f32 [N,{v}]"), state("h1"), state("c1")],
            ),
            "prediction" => (
                vec!["y_prev i64 [N]".into(), state("h0"), state("c0")],
                vec![
                    format!("g f32 [N,{h}]"),
                    format!("g_projected f32 [N,{j}]"),
                    state("h1"),
                    state("c1"),
                ],
            ),
            "joint_encoder" => (
                vec![format!("encoded f32 [N,{d}]")],
                vec![format!("f_projected f32 [N,{j}]")],
            ),
            _ => (
                vec![
                    format!("f_projected f32 [N,{j}]"),
                    format!("g_projected f32 [N,{j}]"),
                ],
                vec![format!("logits f32 [N,{v}]")],
            ),
        };
        assert_eq!(
            (inputs, outputs),
            (expected_inputs, expected_outputs),
            "{kind}"
        );
    });
}

#[test]
fn facts_are_in_the_metadata() {
    for output in [StepOutput::Logits, StepOutput::LogProbabilities] {
        let config = crate::fixtures::small_config();
        let weights = random_weights(&config, 1);
        let network = Network::new(&config, &weights).unwrap();
        let model = step(&network, output);
        let fact = |key: &str| {
            let mut facts = model.metadata_props.iter();
            let fact = facts.find(|fact| fact.key.as_deref() == Some(key)).unwrap();
            fact.value.clone().unwrap()
        };
        assert_eq!(fact("swipekit.blank"), "3");
        assert_eq!(fact("swipekit.logits"), output.name());
        let ops = body(&model)
            .node
            .iter()
            .filter(|node| node.op_type.as_deref() == Some("LogSoftmax"));
        assert_eq!(
            ops.count(),
            usize::from(output == StepOutput::LogProbabilities)
        );
    }
}

#[test]
fn bytes_are_the_same_every_time_and_read_back_as_the_model() {
    graphs(|network, kind, model| {
        assert_eq!(model.ir_version, Some(IR_VERSION));
        assert_eq!(model.opset_import.len(), 1);
        assert_eq!(model.opset_import[0].version, Some(OPSET));
        let bytes = serialize(model.clone());
        assert_eq!(Model::decode(&bytes[..]).unwrap(), model, "{kind}");
        if kind == "prediction" {
            assert_eq!(serialize(prediction(network)), bytes);
        }
        if kind == "encoder" {
            let again =
                [LengthType::Int32, LengthType::Int64].map(|l| serialize(encoder(network, l)));
            assert!(again.contains(&bytes));
        }
    });
}

#[test]
fn every_matrix_of_the_encoder_is_the_transposed_weight_of_one_gemm() {
    graphs(|network, kind, model| {
        if kind != "encoder" {
            return;
        }
        let graph = body(&model);
        let matrices: HashSet<&str> = graph
            .initializer
            .iter()
            .filter(|tensor| tensor.dims.len() == 2 && tensor.dims[0] > 1)
            .map(|tensor| tensor.name.as_deref().unwrap())
            .collect();
        let mut weights = HashSet::new();
        for node in &graph.node {
            let name = node.name.as_deref().unwrap();
            if node.op_type.as_deref() == Some("Gemm") {
                assert_eq!(node.attribute.len(), 1, "{name}");
                assert_eq!(node.attribute[0].name.as_deref(), Some("transB"), "{name}");
                assert_eq!(node.attribute[0].i, Some(1), "{name}");
                assert!(weights.insert(node.input[1].as_str()), "{name}");
            } else {
                let mut inputs = node.input.iter();
                assert!(
                    !inputs.any(|input| matrices.contains(input.as_str())),
                    "{name}"
                );
            }
        }
        assert_eq!(weights, matrices);
        // The subsampling's, and per layer: two feed-forward modules, attention and convolution.
        assert_eq!(
            weights.len(),
            1 + network.parameters.layers.len() * (4 + 3 + 2)
        );
    });
}
