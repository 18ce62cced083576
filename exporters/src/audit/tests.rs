use std::collections::{BTreeMap, BTreeSet};

use half::f16;
use swipekit::internals::bundle::manifest::{OptimizationLevel, SessionSpec};

use super::*;
use crate::check::FailedCheck;
use crate::fixtures::{random_weights, small_config, small_configs};
use crate::network::Network;
use crate::onnx::proto::{Graph as Proto, Model, Node, Property, Tensor};
use crate::onnx::{self, LengthType};
use crate::quantize::half::halve;
use crate::quantize::layers::{Kind, layers};
use crate::quantize::rewrite::{Range, Ranges, rewrite};
use crate::quantize::{ActivationType, Recipe, Scheme};

const STATIC: Scheme = Scheme::Static(ActivationType::U8);
const SIGNED: Scheme = Scheme::Static(ActivationType::S8);

/// A weight of `[d, d]`, where a swapped axis fits, and one of `[N, K]` with N != K.
const SQUARE: &str = "layers.0.self_attn/linear_pos.weight";
const OBLONG: &str = "layers.0.feed_forward1/linear1.weight";

fn fp32() -> Model {
    let config = small_config();
    let weights = random_weights(&config, 1);
    onnx::encoder(&Network::new(&config, &weights).unwrap(), LengthType::Int64)
}

fn recipe(scheme: Scheme) -> Recipe {
    Recipe {
        name: "test",
        scheme,
        weight_limit: 127,
    }
}

/// Ranges that hold what the small networks compute.
fn ranges(model: &Model) -> Ranges {
    let layers = layers(model).unwrap();
    let names = layers
        .into_iter()
        .flat_map(|layer| [layer.activation, layer.output]);
    names.map(|name| (name, Range::new(-6.0, 7.0))).collect()
}

/// An artefact with what it is said to be.
struct Case {
    baseline: Vec<u8>,
    artefact: Model,
    precision: Precision,
    quantized: Vec<String>,
    float: Vec<String>,
    session: SessionSpec,
    max_ratio: Option<f64>,
}

impl Case {
    fn int8(baseline: &Model, scheme: Scheme) -> Self {
        let layers = layers(baseline).unwrap();
        let quantized: Vec<String> = layers.into_iter().map(|layer| layer.weight).collect();
        let bytes = onnx::serialize(baseline.clone());
        let mut float = product_weights(&bytes).unwrap();
        float.retain(|name| !quantized.contains(name));
        let recipe = recipe(scheme);
        Self {
            artefact: rewrite(baseline, &recipe, &ranges(baseline), &BTreeSet::new()).unwrap(),
            baseline: bytes,
            precision: Precision::Int8,
            quantized,
            float,
            session: SessionSpec::default(),
            max_ratio: None,
        }
    }

    fn fp16(baseline: &Model) -> Self {
        let (artefact, weights) = halve(baseline).unwrap();
        assert!(weights.iter().all(|weight| weight.halved));
        Self {
            baseline: onnx::serialize(baseline.clone()),
            artefact,
            precision: Precision::Fp16,
            quantized: weights.into_iter().map(|weight| weight.name).collect(),
            float: Vec::new(),
            session: SessionSpec::default(),
            max_ratio: None,
        }
    }

    fn audit(&self) -> Result<Audit, AuditError> {
        self.audit_bytes(&onnx::serialize(self.artefact.clone()))
    }

    fn audit_bytes(&self, artefact: &[u8]) -> Result<Audit, AuditError> {
        audit(
            artefact,
            &Expected {
                precision: self.precision,
                baseline: &self.baseline,
                quantized: &self.quantized,
                float: &self.float,
                session: &self.session,
                max_ratio: self.max_ratio,
            },
        )
    }

    /// What the audit says after `change`.
    fn broken(mut self, change: impl FnOnce(&mut Proto)) -> AuditError {
        change(self.artefact.graph.as_mut().unwrap());
        self.audit().unwrap_err()
    }
}

fn static_case() -> Case {
    Case::int8(&fp32(), STATIC)
}

fn tensor<'g>(graph: &'g mut Proto, name: &str) -> &'g mut Tensor {
    let mut tensors = graph.initializer.iter_mut();
    tensors
        .find(|tensor| tensor.name.as_deref() == Some(name))
        .unwrap()
}

fn reader<'g>(graph: &'g mut Proto, value: &str) -> &'g mut Node {
    let mut nodes = graph.node.iter_mut();
    nodes
        .find(|node| node.input.iter().any(|input| input == value))
        .unwrap()
}

fn change_floats(tensor: &mut Tensor, change: impl Fn(usize, f32) -> f32) {
    let raw = tensor.raw_data.as_mut().unwrap();
    for (index, bytes) in raw.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        *bytes = change(index, f32::from_le_bytes(*bytes)).to_le_bytes();
    }
}

fn scale(name: &str) -> String {
    format!("{name}.scale")
}

/// The failed check that `error` is; its name must begin with `check`.
#[track_caller]
fn assert_failed<'e>(error: &'e AuditError, check: &str) -> &'e FailedCheck {
    match error {
        AuditError::Check(failed) if failed.check.starts_with(check) => failed,
        _ => panic!("expected the failed check {check:?}, got {error}"),
    }
}

#[test]
fn sound_artefacts_pass_and_say_what_they_are() {
    for (seed, config) in small_configs().iter().enumerate() {
        let weights = random_weights(config, seed as u64);
        let network = Network::new(config, &weights).unwrap();
        let baseline = onnx::encoder(&network, LengthType::Int64);
        let convolves = layers(&baseline).unwrap();
        let convolves = convolves
            .iter()
            .any(|layer| layer.kind == Kind::Convolution);
        let (mut kernels, mut parameters) = (BTreeMap::new(), Vec::new());
        for scheme in [STATIC, SIGNED, Scheme::Dynamic] {
            let case = Case::int8(&baseline, scheme);
            let audit = case
                .audit()
                .unwrap_or_else(|error| panic!("{seed} {scheme:?}: {error}"));
            assert_eq!(audit.weights.len(), case.quantized.len());
            assert_eq!(audit.optimized.integer_kernels, case.quantized.len());
            assert!(audit.weights.iter().all(|weight| {
                // Half of 1/127, and no miracle either.
                weight.worst_relative_error > 1e-4 && weight.worst_relative_error < 0.0040
            }));
            assert!(audit.weights.iter().all(|weight| weight.products == 1));
            let stored = &audit.tensors.kinds[&TensorKind::WeightMatrix];
            assert_eq!(stored.keys().collect::<Vec<_>>(), [&"int8"]);
            assert!(audit.size.deflated > 0 && audit.size.deflated < audit.size.bytes);
            parameters.push(audit.tensors.parameters);
            for kernel in INTEGER_KERNELS {
                let count = audit.optimized.operators.get(kernel).copied().unwrap_or(0);
                *kernels.entry(kernel).or_insert(0) += count;
            }
        }
        assert!(
            kernels["QGemm"] > 0 && kernels["DynamicQuantizeMatMul"] > 0,
            "{kernels:?}"
        );
        assert_eq!(
            convolves,
            kernels["QLinearConv"] > 0 && kernels["ConvInteger"] > 0
        );

        let case = Case::fp16(&baseline);
        let audit = case.audit().unwrap();
        assert_eq!(audit.weights.len(), case.quantized.len());
        assert!(
            audit
                .weights
                .iter()
                .all(|weight| weight.worst_relative_error < 5e-4)
        );
        let stored = &audit.tensors.kinds[&TensorKind::WeightMatrix];
        assert_eq!(stored.keys().collect::<Vec<_>>(), [&"float16"]);
        parameters.push(audit.tensors.parameters);
        // However the network is stored, it has as many parameters.
        parameters.push(inspect(&case.baseline).unwrap().parameters);
        assert!(
            parameters.iter().all(|count| *count == parameters[0]),
            "{parameters:?}"
        );

        let fp32 = Case {
            precision: Precision::Fp32,
            quantized: Vec::new(),
            ..case
        };
        let audit = fp32.audit_bytes(&fp32.baseline).unwrap();
        assert_eq!(audit.size.ratio, 1.0);
        assert!(audit.weights.is_empty() && audit.optimized.integer_kernels == 0);
    }
}

#[test]
fn a_network_of_the_default_models_size_keeps_its_limits() {
    let mut config = small_config();
    let encoder = &mut config.encoder;
    (encoder.features, encoder.d_model, encoder.layers) = (37, 128, 4);
    (encoder.feed_forward, encoder.heads, encoder.kernel) = (512, 4, 15);
    (encoder.subsampling, encoder.conv_channels) = (4, 32);
    let weights = random_weights(&config, 1);
    let network = Network::new(&config, &weights).unwrap();
    let baseline = onnx::encoder(&network, LengthType::Int64);
    for scheme in [STATIC, Scheme::Dynamic] {
        let case = Case {
            max_ratio: Some(0.28),
            ..Case::int8(&baseline, scheme)
        };
        let audit = case.audit().unwrap();
        assert_eq!(audit.optimized.integer_kernels, 38);
        let json = serde_json::to_value(&audit).unwrap();
        assert_eq!(json["precision"], "int8");
        assert!(
            json["tensors"]["kinds"]["weight_matrix"]["int8"]["bytes"].as_u64() > Some(1 << 20)
        );
    }
    let case = Case {
        max_ratio: Some(0.52),
        ..Case::fp16(&baseline)
    };
    let audit = case.audit().unwrap();
    let case = Case {
        max_ratio: Some(audit.size.ratio - 0.001),
        ..case
    };
    let error = case.audit().unwrap_err();
    assert_failed(&error, "the encoder's size");
}

#[test]
fn constants_are_counted_by_what_they_are_for() {
    let tensors = inspect(&static_case().baseline).unwrap();
    let config = small_config().encoder;
    let (d, layers) = (config.d_model as u64, config.layers as u64);
    let total = |kind: TensorKind| tensors.kinds[&kind]["float32"];
    // Every layer has five normalizations of two vectors.
    let norms = total(TensorKind::Normalization);
    assert_eq!(
        (norms.tensors, norms.values),
        (10 * layers, 10 * layers * d)
    );
    assert_eq!(norms.bytes, 4 * norms.values);
    // One depthwise kernel a layer and that of the subsampling.
    let kernels = total(TensorKind::ConvolutionKernel);
    assert_eq!(kernels.tensors, layers + 1);
    let depthwise = d * config.kernel as u64;
    assert_eq!(
        kernels.values,
        layers * depthwise + 9 * config.conv_channels as u64
    );
    assert_eq!(tensors.operators["LayerNormalization"], 5 * config.layers);
    let stored = static_case().audit().unwrap().tensors;
    assert_eq!(
        stored.kinds[&TensorKind::Bias].keys().collect::<Vec<_>>(),
        [&"float32", &"int32"]
    );
    assert!(stored.kinds[&TensorKind::ZeroPoint].contains_key("uint8"));
    assert!(stored.kinds[&TensorKind::Scale]["float32"].tensors > 10);
}

#[test]
fn the_fp32_file_under_another_name_is_refused() {
    let case = static_case();
    let error = case.audit_bytes(&case.baseline).unwrap_err();
    assert_failed(&error, "the encoder's file");
    // Nor does another note in the file make it INT8.
    let mut model = fp32();
    model.metadata_props.push(Property {
        key: Some("precision".to_owned()),
        value: Some("int8".to_owned()),
    });
    let error = case.audit_bytes(&onnx::serialize(model)).unwrap_err();
    assert_failed(&error, "the conversion of the weight");
    let nothing = Case {
        quantized: Vec::new(),
        ..static_case()
    };
    let error = nothing.audit().unwrap_err();
    assert_failed(&error, "the weights to convert to int8");
}

#[test]
fn weights_left_in_float_are_refused() {
    let baseline = fp32();
    let layer: BTreeSet<String> = [OBLONG.strip_suffix(".weight").unwrap().to_owned()].into();
    let left = |scheme| rewrite(&baseline, &recipe(scheme), &ranges(&baseline), &layer).unwrap();
    for scheme in [STATIC, Scheme::Dynamic] {
        let mut case = Case::int8(&baseline, scheme);
        case.artefact = left(scheme);
        let error = case.audit().unwrap_err();
        let failed = assert_failed(&error, &format!("the conversion of the weight {OBLONG}"));
        assert_eq!(failed.expected, "int8");
        // Not claimed and not kept by choice.
        case.quantized.retain(|name| name != OBLONG);
        let error = case.audit().unwrap_err();
        let failed = assert_failed(&error, "the operator");
        assert!(failed.check.ends_with(OBLONG), "{error}");
        case.float.push(OBLONG.to_owned());
        case.audit().unwrap();
    }
    // Converted, and there in float all the same.
    let weight = tensor(fp32().graph.as_mut().unwrap(), OBLONG).clone();
    let error = static_case().broken(|graph| graph.initializer.push(weight.clone()));
    assert_failed(&error, "the conversion of the weight");
    let error = static_case().broken(|graph| {
        graph.initializer.push(Tensor {
            dims: vec![32, 32],
            name: Some("spare".to_owned()),
            raw_data: Some(vec![0; 4096]),
            ..weight
        });
    });
    assert_failed(&error, "the constant spare of 1024 values");
}

#[test]
fn a_wrong_scale_is_refused() {
    for scheme in [STATIC, SIGNED, Scheme::Dynamic] {
        for factor in [2.0, 0.5, 1.02, 0.98] {
            let error = Case::int8(&fp32(), scheme).broken(|graph| {
                // One channel of many.
                change_floats(tensor(graph, &scale(OBLONG)), |channel, scale| {
                    if channel == 7 { scale * factor } else { scale }
                });
            });
            assert_failed(&error, &format!("the weight {OBLONG} at [7, "));
        }
        for bad in [0.0, -0.1, f32::NAN, f32::INFINITY] {
            let error = Case::int8(&fp32(), scheme).broken(|graph| {
                change_floats(tensor(graph, &scale(SQUARE)), |_, _| bad);
            });
            assert_failed(&error, &format!("the scale {} at 0", scale(SQUARE)));
        }
    }
    // Of an activation.
    let activation = layers(&fp32()).unwrap()[0].activation.clone();
    let error = static_case().broken(|graph| {
        change_floats(tensor(graph, &scale(&activation)), |_, _| f32::NAN);
    });
    assert_failed(&error, &format!("the scale {}", scale(&activation)));
    // One for the whole weight is coarser than half a step of a channel.
    let error = static_case().broken(|graph| {
        change_floats(tensor(graph, &scale(OBLONG)), |_, _| 0.01);
    });
    assert_failed(&error, "the weight");
}

#[test]
fn a_swapped_channel_axis_is_refused() {
    let swap = |graph: &mut Proto, weight: &str| {
        let node = reader(graph, &format!("{weight}.int8"));
        node.attribute[0].i = Some(1);
    };
    let error = static_case().broken(|graph| swap(graph, SQUARE));
    assert_failed(&error, "the weight");
    let error = static_case().broken(|graph| swap(graph, OBLONG));
    assert_failed(&error, "the shape of the constant");
    // Without the attribute it is 1 by ONNX's rules.
    let error = static_case().broken(|graph| {
        reader(graph, &format!("{SQUARE}.int8")).attribute.clear();
    });
    assert_failed(&error, "the weight");
    // Along the rows of a dynamic product.
    let error = Case::int8(&fp32(), Scheme::Dynamic).broken(|graph| {
        tensor(graph, &scale(SQUARE)).dims = vec![12, 1];
    });
    assert_failed(&error, "the shape of the constant");
}

#[test]
fn a_transposed_weight_is_refused() {
    for scheme in [STATIC, Scheme::Dynamic] {
        let error = Case::int8(&fp32(), scheme).broken(|graph| {
            let raw = tensor(graph, &format!("{SQUARE}.int8"))
                .raw_data
                .as_mut()
                .unwrap();
            *raw = (0..144).map(|at| raw[at % 12 * 12 + at / 12]).collect();
        });
        assert_failed(&error, "the weight");
        let error = Case::int8(&fp32(), scheme).broken(|graph| {
            tensor(graph, &format!("{OBLONG}.int8")).dims.reverse();
        });
        assert_failed(&error, "the shape of the constant");
    }
    let error = static_case().broken(|graph| {
        let dequantized = reader(graph, &format!("{SQUARE}.int8")).output[0].clone();
        reader(graph, &dequantized).attribute.clear();
    });
    assert_failed(&error, "the weight");
}

#[test]
fn integers_of_another_type_or_zero_point_are_refused() {
    let error = static_case().broken(|graph| {
        tensor(graph, &format!("{OBLONG}.int8")).data_type = Some(2);
    });
    assert_failed(&error, "the type of the constant");
    for scheme in [STATIC, Scheme::Dynamic] {
        let error = Case::int8(&fp32(), scheme).broken(|graph| {
            let node = reader(graph, &format!("{OBLONG}.int8"));
            let zero = node.input.last().unwrap().clone();
            tensor(graph, &zero).raw_data.as_mut().unwrap()[0] = 1;
        });
        assert_failed(&error, "the zero point");
    }
    let activation = layers(&fp32()).unwrap()[0].activation.clone();
    let error = static_case().broken(|graph| {
        let zero = tensor(graph, &format!("{activation}.zero_point"));
        (zero.dims, zero.raw_data) = (vec![2], Some(vec![1, 2]));
    });
    assert_failed(&error, "the zero point");
    let error = static_case().broken(|graph| {
        let zero = tensor(graph, &format!("{activation}.zero_point"));
        (zero.data_type, zero.raw_data) = (Some(7), Some(vec![0; 8]));
    });
    assert_failed(&error, "the zero point");
}

#[test]
fn a_convolution_of_integers_needs_an_unsigned_weight_around_128() {
    let configs = small_configs();
    let case = || {
        let cases = configs.iter().map(|config| {
            let weights = random_weights(config, 1);
            let network = Network::new(config, &weights).unwrap();
            let baseline = onnx::encoder(&network, LengthType::Int64);
            let mut layers = layers(&baseline).unwrap().into_iter();
            let convolution = layers.find(|layer| layer.kind == Kind::Convolution)?;
            let case = Case::int8(&baseline, Scheme::Dynamic);
            Some((case, convolution.weight))
        });
        cases.flatten().next().unwrap()
    };
    case().0.audit().unwrap();
    // The same integers with their sign, which ONNX Runtime before 1.24 does not run.
    let (signed, weight) = case();
    let error = signed.broken(|graph| {
        let stored = tensor(graph, &format!("{weight}.uint8"));
        (stored.name, stored.data_type) = (Some(format!("{weight}.int8")), Some(3));
        let values = stored.raw_data.as_mut().unwrap().iter_mut();
        values.for_each(|value| *value = value.wrapping_sub(128));
        let zero = tensor(graph, &format!("{weight}.zero_point"));
        (zero.data_type, zero.raw_data) = (Some(3), Some(vec![0]));
        reader(graph, &format!("{weight}.uint8")).input[1] = format!("{weight}.int8");
    });
    let failed = assert_failed(&error, "the type of the constant");
    assert_eq!(failed.expected, "uint8");
    for zero in [0, 127, 129] {
        let error = case().0.broken(|graph| {
            tensor(graph, &format!("{weight}.zero_point")).raw_data = Some(vec![zero]);
        });
        assert_failed(&error, "the zero point");
    }
    let error = case().0.broken(|graph| {
        reader(graph, &format!("{weight}.uint8")).input.truncate(3);
    });
    assert_failed(&error, "\"ConvInteger\"");
    let error = case().0.broken(|graph| {
        let stored = tensor(graph, &format!("{weight}.uint8"));
        let value = &mut stored.raw_data.as_mut().unwrap()[5];
        *value = value.wrapping_add(1);
    });
    assert_failed(&error, "the weight");
}

#[test]
fn an_integer_bias_must_be_what_the_kernels_take_for_granted() {
    let bias = "layers.0.feed_forward1/linear1.bias";
    let error = static_case().broken(|graph| {
        let raw = tensor(graph, &format!("{bias}.int32"))
            .raw_data
            .as_mut()
            .unwrap();
        let value = i32::from_le_bytes(raw[..4].try_into().unwrap()) + 2;
        raw[..4].copy_from_slice(&value.to_le_bytes());
    });
    assert_failed(&error, &format!("the weight {bias} at"));
    // As exact as before by its own scale.
    let error = static_case().broken(|graph| {
        change_floats(tensor(graph, &scale(bias)), |_, scale| scale / 2.0);
        let raw = tensor(graph, &format!("{bias}.int32"))
            .raw_data
            .as_mut()
            .unwrap();
        for bytes in raw.as_chunks_mut::<4>().0 {
            *bytes = (i32::from_le_bytes(*bytes) * 2).to_le_bytes();
        }
    });
    assert_failed(&error, &format!("the scale of the bias {bias}"));
}

#[test]
fn weights_that_the_runtime_folds_back_to_float_are_refused() {
    let folded = |error: AuditError| {
        assert_failed(&error, "the operator");
    };
    // Only the weights are quantized: the products stay in float.
    folded(static_case().broken(|graph| {
        let activations: Vec<(String, String)> = graph
            .node
            .iter()
            .filter(|node| node.op_type.as_deref() == Some("QuantizeLinear"))
            .map(|node| (node.input[0].clone(), node.output[0].clone()))
            .collect();
        for (from, quantized) in activations {
            let back = reader(graph, &quantized).output[0].clone();
            for node in &mut graph.node {
                for input in node.input.iter_mut().filter(|input| **input == back) {
                    input.clone_from(&from);
                }
            }
        }
    }));
    // The session does not form integer kernels.
    let mut case = static_case();
    case.session.optimization = OptimizationLevel::Disabled;
    folded(case.audit().unwrap_err());
    let mut case = static_case();
    let off = ("session.disable_quant_qdq".to_owned(), "1".to_owned());
    case.session.config.extend([off]);
    folded(case.audit().unwrap_err());
}

#[test]
fn a_product_without_a_kernel_is_refused() {
    let case = static_case();
    let bytes = onnx::serialize(case.artefact.clone());
    let audit = case.audit().unwrap();
    let (optimized, graph) = operators::optimize(&bytes, &case.session).unwrap();
    let mut weights = audit.weights.clone();
    weights[0].products += 1;
    weights[0].name = "lost".to_owned();
    let error = operators::check_integer(&graph, &optimized, &weights, &case.float).unwrap_err();
    let failed = assert_failed(&error, "integer kernels");
    let expected = format!("{}, one for each converted product", weights.len() + 1);
    assert_eq!(failed.expected, expected);
    assert_eq!(failed.got, format!("{}, none for lost", weights.len()));
}

#[test]
fn halves_that_are_other_numbers_are_refused() {
    let stored = format!("{OBLONG}.float16");
    let set = |at: usize, change: fn(u16) -> u16| {
        let stored = stored.clone();
        Case::fp16(&fp32()).broken(move |graph| {
            let raw = tensor(graph, &stored).raw_data.as_mut().unwrap();
            let bytes = &mut raw.as_chunks_mut::<2>().0[at];
            *bytes = change(u16::from_le_bytes(*bytes)).to_le_bytes();
        })
    };
    for change in [
        |bits| bits + 2,
        |bits| bits ^ 0x8000,
        |_| f16::NAN.to_bits(),
        |_| f16::INFINITY.to_bits(),
    ] {
        let error = set(17, change);
        // Of the shape `[20, 12]`: number 17 is in row 1, column 5.
        assert_failed(&error, &format!("the weight {OBLONG} at [1, 5]"));
    }
    let error = Case::fp16(&fp32()).broken(|graph| {
        graph.node.retain(|node| node.output[0] != OBLONG);
    });
    assert_failed(&error, &format!("{stored:?}"));
    let case = Case::fp16(&fp32());
    let weight = tensor(fp32().graph.as_mut().unwrap(), OBLONG).clone();
    let error = case.broken(|graph| {
        graph.node.retain(|node| node.output[0] != OBLONG);
        *tensor(graph, &stored) = weight;
    });
    let failed = assert_failed(&error, "the conversion of the weight");
    assert_eq!(failed.expected, "float16");
}

#[test]
fn a_model_that_the_runtime_refuses_is_refused() {
    let error = static_case().broken(|graph| {
        for node in &mut graph.node {
            if node.op_type.as_deref() == Some("Softmax") {
                node.op_type = Some("Softmaxx".to_owned());
            }
        }
    });
    assert!(matches!(error, AuditError::Runtime(_)), "{error}");
}

#[test]
fn damaged_files_are_errors() {
    let case = static_case();
    let sound = onnx::serialize(case.artefact.clone());
    for length in (0..sound.len()).step_by(997) {
        assert!(case.audit_bytes(&sound[..length]).is_err(), "{length}");
    }
    assert!(matches!(
        case.audit_bytes(b"no model"),
        Err(AuditError::Decode { .. })
    ));
    // Flips are read or refused, and nothing else.
    for bit in (0..sound.len() * 8).step_by(1009) {
        let mut flipped = sound.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let _ = inspect(&flipped);
    }
    for dims in [vec![-1], vec![i64::MAX, i64::MAX], vec![3]] {
        let error = static_case().broken(|graph| tensor(graph, &scale(OBLONG)).dims = dims);
        assert_failed(&error, &format!("the constant {:?}", scale(OBLONG)));
    }
    let error = static_case().broken(|graph| {
        let again = graph.initializer[0].clone();
        graph.initializer.push(again);
    });
    assert_failed(&error, "the artefact");
    let mut case = static_case();
    case.quantized.push("no such weight".to_owned());
    let error = case.audit().unwrap_err();
    assert_failed(&error, "\"no such weight\"");
}
