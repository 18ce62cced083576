//! The integer graph. Each chosen layer of the FP32 graph becomes operators that ONNX Runtime fuses
//! into one integer kernel.
//!
//! Static: quantize-dequantize pairs around the float operator (fused to QGemm and QLinearConv):
//! `A` → QuantizeLinear(`A.scale`, `A.zero_point`) → DequantizeLinear, `W.int8` →
//! DequantizeLinear(`W.scale`), and the bias in 32-bit integers with the product of both scales.
//! Dynamic (fused to DynamicQuantizeMatMul or MatMulIntegerToFloat): `A` → DynamicQuantizeLinear,
//! MatMulInteger with `W.int8` `[K, N]`, then both scales and the bias in float. A convolution
//! becomes ConvInteger with `W.uint8` and `W.zero_point`, because ONNX Runtime before 1.24 accepts
//! no signed weights there.

use std::collections::{BTreeMap, BTreeSet};

use super::layers::{Constants, Kind, Layer, constants, floats, graph, layers};
use super::recipe::{ActivationType, Recipe, Scheme};
use super::weights::{QuantizedWeight, quantize, quantize_bias, transpose};
use super::{QuantizeError, Result};
use crate::onnx::ElementType;
use crate::onnx::proto::{Attribute, Graph, Model, Node, Property, Tensor};

/// The zero point of symmetric weights that are stored unsigned.
pub const UNSIGNED_ZERO: u8 = 128;

/// Smallest and largest value of an activation. Zero lies within.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Range {
    /// At most zero.
    pub low: f32,
    /// At least zero.
    pub high: f32,
}

impl Range {
    /// From `low` to `high`, widened to include zero: padding must be exact.
    pub fn new(low: f32, high: f32) -> Self {
        Self {
            low: low.min(0.0),
            high: high.max(0.0),
        }
    }

    /// Scale and zero point with which integers span the range.
    pub fn parameters(self, element: ActivationType) -> (f32, i32) {
        let (least, greatest) = element.bounds();
        // The width may exceed the greatest 32-bit float.
        let width = f64::from(self.high) - f64::from(self.low);
        let scale = ((width / f64::from(greatest - least)) as f32).max(f32::MIN_POSITIVE);
        let zero = least as f32 - self.low / scale;
        let zero = zero.round_ties_even().clamp(least as f32, greatest as f32);
        (scale, zero as i32)
    }
}

/// Ranges of activations by name.
pub type Ranges = BTreeMap<String, Range>;

/// The model with all layers except those named in `float` on 8-bit integers. Static recipes need
/// in `ranges` each layer's input and each convolution's output.
///
/// # Errors
/// [`QuantizeError::NoRange`], [`QuantizeError::NotFinite`], [`QuantizeError::Graph`].
pub fn rewrite(
    model: &Model,
    recipe: &Recipe,
    ranges: &Ranges,
    float: &BTreeSet<String>,
) -> Result<Model> {
    let source = graph(model)?;
    let layers = layers(model)?;
    let chosen: BTreeMap<usize, &Layer> = layers
        .iter()
        .filter(|layer| !float.contains(&layer.name))
        .map(|layer| (layer.node, layer))
        .collect();
    let mut rewriter = Rewriter {
        recipe,
        ranges,
        constants: constants(source),
        nodes: Vec::with_capacity(source.node.len()),
        tensors: Vec::new(),
        replaced: BTreeSet::new(),
        activations: BTreeMap::new(),
        zeros: BTreeSet::new(),
        temporaries: 0,
    };
    for (index, node) in source.node.iter().enumerate() {
        match chosen.get(&index) {
            Some(layer) => rewriter.layer(layer, node)?,
            // Node names are dropped: they equal those of the outputs, and take 5 % of a small
            // file.
            None => rewriter.nodes.push(Node {
                name: None,
                ..node.clone()
            }),
        }
    }
    let Rewriter {
        nodes,
        tensors,
        replaced,
        ..
    } = rewriter;
    let mut model = model.clone();
    if let Some(graph) = &mut model.graph {
        finish(graph, nodes, tensors, &replaced);
    }
    model.metadata_props.push(Property {
        key: Some("swipekit.recipe".to_owned()),
        value: Some(recipe.name.to_owned()),
    });
    Ok(model)
}

/// Inserts the new nodes and constants, and removes the constants that nothing reads any more.
fn finish(graph: &mut Graph, nodes: Vec<Node>, tensors: Vec<Tensor>, replaced: &BTreeSet<String>) {
    let read: BTreeSet<&str> = nodes
        .iter()
        .flat_map(|node| node.input.iter().map(String::as_str))
        .collect();
    graph.initializer.retain(|tensor| {
        let name = tensor.name.as_deref().unwrap_or_default();
        !replaced.contains(name) || read.contains(name)
    });
    graph.initializer.extend(tensors);
    graph.node = nodes;
}

/// A quantized activation.
#[derive(Clone)]
struct Quantized {
    /// The integers. If the recipe is static, they are dequantized again.
    value: String,
    scale: String,
    zero_point: String,
    /// The scale, if it is static.
    fixed: Option<f32>,
}

struct Rewriter<'m> {
    recipe: &'m Recipe,
    ranges: &'m Ranges,
    constants: Constants<'m>,
    nodes: Vec<Node>,
    tensors: Vec<Tensor>,
    /// Constants of the float graph that were replaced.
    replaced: BTreeSet<String>,
    /// Quantized activations by the name of the float value. Layers share them.
    activations: BTreeMap<String, Quantized>,
    /// Names of the constants of zeros made so far.
    zeros: BTreeSet<String>,
    /// Number of value names made so far.
    temporaries: usize,
}

impl Rewriter<'_> {
    fn layer(&mut self, layer: &Layer, node: &Node) -> Result<()> {
        let weight = self.values(&layer.weight)?;
        let bias = match &layer.bias {
            Some(name) => Some((name.clone(), self.values(name)?)),
            None => None,
        };
        self.replaced.insert(layer.weight.clone());
        match self.recipe.scheme {
            Scheme::Static(element) => self.fixed(layer, node, element, &weight, bias),
            Scheme::Dynamic => self.dynamic(layer, node, &weight, bias),
        }
    }

    /// Quantizes a layer statically: dequantized inputs to the float operator.
    fn fixed(
        &mut self,
        layer: &Layer,
        node: &Node,
        element: ActivationType,
        weight: &[f32],
        bias: Option<(String, Vec<f32>)>,
    ) -> Result<()> {
        let input = self.quantize_fixed(&layer.activation, element)?;
        let scale = input.fixed.unwrap_or(1.0);
        let channels = layer.shape[0];
        // A bias must fit into 30 bits of the product of both scales.
        let floor = |channel: usize| match &bias {
            Some((_, bias)) => bias[channel].abs() / (scale * (1u32 << 30) as f32),
            None => 0.0,
        };
        let QuantizedWeight { values, scales } =
            quantize(weight, channels, self.recipe.weight_limit, floor);
        let bytes = values.iter().map(|value| value.to_le_bytes()[0]).collect();
        let weight = self.dequantized(&layer.weight, ElementType::I8, &layer.shape, bytes, &scales);
        let mut inputs = vec![input.value, weight];
        if let Some((name, bias)) = bias {
            let scales: Vec<f32> = scales.iter().map(|weight| weight * scale).collect();
            let integers = quantize_bias(&bias, &scales);
            let bytes = integers.iter().flat_map(|value| value.to_le_bytes());
            let bytes = bytes.collect();
            self.replaced.insert(name.clone());
            inputs.push(self.dequantized(&name, ElementType::I32, &[channels], bytes, &scales));
        }
        let mut operator = Node {
            input: inputs,
            name: None,
            ..node.clone()
        };
        if layer.kind == Kind::Convolution {
            // ONNX Runtime's integer convolution outputs integers.
            let raw = self.temporary();
            operator.output = vec![raw.clone()];
            self.nodes.push(operator);
            let range = self.range(&layer.output)?;
            self.pair(&raw, layer.output.clone(), &layer.output, range, element);
        } else {
            self.nodes.push(operator);
        }
        Ok(())
    }

    /// Adds a constant in integers, dequantized along its first dimension. Returns the name of the
    /// float value.
    fn dequantized(
        &mut self,
        name: &str,
        element: ElementType,
        shape: &[usize],
        bytes: Vec<u8>,
        scales: &[f32],
    ) -> String {
        let suffix = if element == ElementType::I8 {
            "int8"
        } else {
            "int32"
        };
        let (integers, scale) = (format!("{name}.{suffix}"), format!("{name}.scale"));
        self.tensor(integers.clone(), element, shape, bytes);
        self.floats(scale.clone(), &[scales.len()], scales);
        let zero_point = self.zeros(element, &[scales.len()]);
        let value = self.temporary();
        self.node(
            "DequantizeLinear",
            &[&integers, &scale, &zero_point],
            &[&value],
            vec![integer("axis", 0)],
        );
        value
    }

    /// Quantizes a layer dynamically: an integer operator, then both scales and the bias in float.
    fn dynamic(
        &mut self,
        layer: &Layer,
        node: &Node,
        weight: &[f32],
        bias: Option<(String, Vec<f32>)>,
    ) -> Result<()> {
        let input = self.quantize_dynamic(&layer.activation);
        let channels = layer.shape[0];
        let QuantizedWeight { values, scales } =
            quantize(weight, channels, self.recipe.weight_limit, |_| 0.0);
        let name = &layer.weight;
        let (integers, zero_point) = self.integer_weight(layer, &values, &scales);

        let output = &layer.output;
        let product = self.temporary();
        let (operator, attributes) = match layer.kind {
            Kind::Gemm => ("MatMulInteger", Vec::new()),
            Kind::Convolution => ("ConvInteger", node.attribute.clone()),
        };
        self.node(
            operator,
            &[&input.value, &integers, &input.zero_point, &zero_point],
            &[&product],
            attributes,
        );
        let (float, scale) = (self.temporary(), self.temporary());
        let to = integer("to", ElementType::F32 as i64);
        self.node("Cast", &[&product], &[&float], vec![to]);
        self.node(
            "Mul",
            &[&input.scale, &format!("{name}.scale")],
            &[&scale],
            Vec::new(),
        );
        match bias {
            Some((bias, values)) => {
                let scaled = self.temporary();
                self.node("Mul", &[&float, &scale], &[&scaled], Vec::new());
                let bias = if layer.kind == Kind::Convolution {
                    self.replaced.insert(bias.clone());
                    let column = format!("{bias}.column");
                    self.floats(column.clone(), &[1, channels, 1, 1], &values);
                    column
                } else {
                    bias
                };
                self.node("Add", &[&scaled, &bias], &[output], Vec::new());
            }
            None => self.node("Mul", &[&float, &scale], &[output], Vec::new()),
        }
        Ok(())
    }

    /// Adds the weight of an integer operator with its scale. Returns the names of the integers and
    /// of their zero point.
    fn integer_weight(&mut self, layer: &Layer, values: &[i8], scales: &[f32]) -> (String, String) {
        let (name, channels) = (&layer.weight, layer.shape[0]);
        let scale = format!("{name}.scale");
        match layer.kind {
            Kind::Gemm => {
                let integers = format!("{name}.int8");
                let values = transpose(values, channels);
                let bytes = values.iter().map(|value| value.to_le_bytes()[0]).collect();
                let shape = [layer.shape[1], channels];
                self.tensor(integers.clone(), ElementType::I8, &shape, bytes);
                self.floats(scale, &[channels], scales);
                (integers, self.zeros(ElementType::I8, &[]))
            }
            Kind::Convolution => {
                let (integers, zero) = (format!("{name}.uint8"), format!("{name}.zero_point"));
                let values = values.iter().map(|value| value.cast_unsigned());
                // Integers and zero point are shifted by the same amount, so the products do not
                // change.
                let bytes = values.map(|value| value.wrapping_add(UNSIGNED_ZERO));
                let bytes = bytes.collect();
                self.tensor(integers.clone(), ElementType::U8, &layer.shape, bytes);
                self.floats(scale, &[1, channels, 1, 1], scales);
                self.tensor(zero.clone(), ElementType::U8, &[], vec![UNSIGNED_ZERO]);
                (integers, zero)
            }
        }
    }

    fn quantize_fixed(&mut self, name: &str, element: ActivationType) -> Result<Quantized> {
        if let Some(known) = self.activations.get(name) {
            return Ok(known.clone());
        }
        let range = self.range(name)?;
        let value = self.temporary();
        let scale = self.pair(name, value.clone(), name, range, element);
        let quantized = Quantized {
            value,
            scale: format!("{name}.scale"),
            zero_point: format!("{name}.zero_point"),
            fixed: Some(scale),
        };
        self.activations.insert(name.to_owned(), quantized.clone());
        Ok(quantized)
    }

    /// Quantizes `from` and dequantizes it to `to`. The parameters are named after `name`. Returns
    /// the scale.
    fn pair(
        &mut self,
        from: &str,
        to: String,
        name: &str,
        range: Range,
        element: ActivationType,
    ) -> f32 {
        let (scale, zero_point) = range.parameters(element);
        let (scales, zeros) = (format!("{name}.scale"), format!("{name}.zero_point"));
        self.floats(scales.clone(), &[], &[scale]);
        let element = match element {
            ActivationType::U8 => ElementType::U8,
            ActivationType::S8 => ElementType::I8,
        };
        let byte = zero_point.to_le_bytes()[0];
        self.tensor(zeros.clone(), element, &[], vec![byte]);
        let quantized = self.temporary();
        self.node(
            "QuantizeLinear",
            &[from, &scales, &zeros],
            &[&quantized],
            Vec::new(),
        );
        self.node(
            "DequantizeLinear",
            &[&quantized, &scales, &zeros],
            &[&to],
            Vec::new(),
        );
        scale
    }

    fn quantize_dynamic(&mut self, name: &str) -> Quantized {
        if let Some(known) = self.activations.get(name) {
            return known.clone();
        }
        let quantized = Quantized {
            value: self.temporary(),
            scale: self.temporary(),
            zero_point: self.temporary(),
            fixed: None,
        };
        let outputs = [&*quantized.value, &quantized.scale, &quantized.zero_point];
        self.node("DynamicQuantizeLinear", &[name], &outputs, Vec::new());
        self.activations.insert(name.to_owned(), quantized.clone());
        quantized
    }

    fn range(&self, name: &str) -> Result<Range> {
        let range = self.ranges.get(name).copied();
        let range = range.ok_or_else(|| QuantizeError::NoRange {
            name: name.to_owned(),
        })?;
        if range.low.is_finite() && range.high.is_finite() {
            return Ok(Range::new(range.low, range.high));
        }
        Err(QuantizeError::NotFinite {
            what: name.to_owned(),
        })
    }

    fn values(&self, name: &str) -> Result<Vec<f32>> {
        let tensor = self.constants.get(name);
        floats(tensor.ok_or_else(|| QuantizeError::Graph {
            what: name.to_owned(),
            expected: "a constant",
            got: "none".to_owned(),
        })?)
    }

    /// A name for an intermediate value. It is short, because there are hundreds.
    fn temporary(&mut self) -> String {
        self.temporaries += 1;
        format!("q{}", self.temporaries)
    }

    /// Zeros of a type and shape, one shared constant. ONNX Runtime does not fuse operators without
    /// zero points.
    fn zeros(&mut self, element: ElementType, shape: &[usize]) -> String {
        let (suffix, bytes) = match element {
            ElementType::I32 => ("int32", 4),
            _ => ("int8", 1),
        };
        let sizes: String = shape.iter().map(|size| format!(".{size}")).collect();
        let name = format!("zeros.{suffix}{sizes}");
        if self.zeros.insert(name.clone()) {
            let values: usize = shape.iter().product();
            self.tensor(name.clone(), element, shape, vec![0; bytes * values]);
        }
        name
    }

    fn node(&mut self, op: &str, inputs: &[&str], outputs: &[&str], attribute: Vec<Attribute>) {
        self.nodes.push(Node {
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: outputs.iter().map(|output| (*output).to_owned()).collect(),
            name: None,
            op_type: Some(op.to_owned()),
            attribute,
        });
    }

    fn floats(&mut self, name: String, shape: &[usize], values: &[f32]) {
        let raw = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.tensor(name, ElementType::F32, shape, raw);
    }

    fn tensor(&mut self, name: String, element: ElementType, shape: &[usize], raw: Vec<u8>) {
        self.tensors.push(Tensor {
            dims: shape.iter().map(|size| *size as i64).collect(),
            data_type: Some(element as i32),
            name: Some(name),
            raw_data: Some(raw),
        });
    }
}

fn integer(name: &str, value: i64) -> Attribute {
    Attribute {
        name: Some(name.to_owned()),
        i: Some(value),
        r#type: Some(2),
        ..Attribute::default()
    }
}
