//! What a model is made of: its constants by what they are for, and its operators.

use std::collections::BTreeMap;

use serde::Serialize;

use super::AuditError;
use super::graph::{Constant, Element, Graph, operator};

/// What a constant is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TensorKind {
    /// Weight of a matrix product.
    WeightMatrix,
    /// Weight of a convolution.
    ConvolutionKernel,
    /// What a layer adds, one number a channel.
    Bias,
    /// Scale or shift of a normalization.
    Normalization,
    /// Step of quantized numbers.
    Scale,
    /// The integer that stands for zero.
    ZeroPoint,
    /// Shapes, axes and everything else.
    Other,
}

impl TensorKind {
    /// What it is called in a report.
    pub fn name(self) -> &'static str {
        match self {
            Self::WeightMatrix => "weight matrices",
            Self::ConvolutionKernel => "convolution kernels",
            Self::Bias => "biases",
            Self::Normalization => "normalizations",
            Self::Scale => "scales",
            Self::ZeroPoint => "zero points",
            Self::Other => "others",
        }
    }
}

/// Constants of one kind and type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Total {
    /// How many constants.
    pub tensors: u64,
    /// How many numbers.
    pub values: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What a model is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tensors {
    /// Constants by kind and by type of their elements (`float32`, `int8`, ...).
    pub kinds: BTreeMap<TensorKind, BTreeMap<&'static str, Total>>,
    /// Numbers that were trained or follow from such: weights, biases and normalizations.
    pub parameters: u64,
    /// How many nodes of each operator.
    pub operators: BTreeMap<String, usize>,
}

/// Lists what the ONNX model in `bytes` is made of.
///
/// # Errors
/// [`AuditError::Decode`] and [`AuditError::Check`] for what is no sound model.
pub fn inspect(bytes: &[u8]) -> Result<Tensors, AuditError> {
    Ok(tensors(&Graph::parse(bytes, "the model")?))
}

pub(super) fn tensors(graph: &Graph) -> Tensors {
    let mut kinds: BTreeMap<TensorKind, BTreeMap<&'static str, Total>> = BTreeMap::new();
    let mut parameters = 0;
    for constant in &graph.constants {
        let kind = kind(graph, constant);
        let types = kinds.entry(kind).or_default();
        let total = types.entry(constant.element.name()).or_default();
        total.tensors += 1;
        total.values += constant.values;
        total.bytes += constant.bytes();
        if kind <= TensorKind::Normalization {
            parameters += constant.values;
        }
    }
    Tensors {
        kinds,
        parameters,
        operators: operators(graph),
    }
}

pub(super) fn operators(graph: &Graph) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for node in &graph.nodes {
        *counts.entry(operator(node).to_owned()).or_insert(0) += 1;
    }
    counts
}

fn kind(graph: &Graph, constant: &Constant) -> TensorKind {
    // A dynamic graph multiplies by its scales: only the name tells them from other factors.
    if constant.name.ends_with(".scale") {
        return TensorKind::Scale;
    }
    let is_vector = constant.values > 1 && constant.element == Element::F32;
    uses(graph, &constant.name, is_vector, 4).unwrap_or(TensorKind::Other)
}

/// What the readers of `value` take it for; the first that says something, over at most `steps`
/// conversions. `vector`: whether it is of several floats.
fn uses(graph: &Graph, value: &str, vector: bool, steps: usize) -> Option<TensorKind> {
    graph.readers(value).find_map(|(node, position)| {
        Some(match (operator(node), position) {
            ("Gemm" | "MatMul" | "MatMulInteger", 1) => TensorKind::WeightMatrix,
            ("Conv" | "ConvInteger", 1) => TensorKind::ConvolutionKernel,
            ("Gemm" | "Conv", 2) => TensorKind::Bias,
            ("Add", _) if vector => TensorKind::Bias,
            ("LayerNormalization", 1 | 2) | ("BatchNormalization", 1..=4) => {
                TensorKind::Normalization
            }
            ("QuantizeLinear" | "DequantizeLinear", 1) => TensorKind::Scale,
            ("QuantizeLinear" | "DequantizeLinear", 2) => TensorKind::ZeroPoint,
            ("MatMulInteger" | "ConvInteger", 2 | 3) => TensorKind::ZeroPoint,
            // Whatever it is for after it was made a float again.
            ("DequantizeLinear" | "Cast" | "Transpose", 0) if steps > 0 => {
                return uses(graph, node.output.first()?, vector, steps - 1);
            }
            _ => return None,
        })
    })
}
