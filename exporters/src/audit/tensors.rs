//! Contents of a model: its constants by purpose, and its operators.

use std::collections::BTreeMap;

use serde::Serialize;

use super::AuditError;
use super::graph::{Constant, Element, Graph, operator};

/// Purpose of a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TensorKind {
    /// Weight of a matrix product.
    WeightMatrix,
    /// Weight of a convolution.
    ConvolutionKernel,
    /// Summand of a layer, one number per channel.
    Bias,
    /// Scale or shift of a normalization.
    Normalization,
    /// Step of quantized numbers.
    Scale,
    /// The integer that represents zero.
    ZeroPoint,
    /// Shapes, axes and everything else.
    Other,
}

impl TensorKind {
    /// Name in reports.
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
    /// Number of constants.
    pub tensors: u64,
    /// Number of values.
    pub values: u64,
    /// Size in bytes.
    pub bytes: u64,
}

/// Contents of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tensors {
    /// Constants by kind and by type of their elements (`float32`, `int8`, ...).
    pub kinds: BTreeMap<TensorKind, BTreeMap<&'static str, Total>>,
    /// Number of trained values, and values computed from them: weights, biases and normalizations.
    pub parameters: u64,
    /// Number of nodes by operator.
    pub operators: BTreeMap<String, usize>,
}

/// Lists the contents of the ONNX model in `bytes`.
///
/// # Errors
/// [`AuditError::Decode`] and [`AuditError::Check`] for an unsound model.
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
    // A dynamic graph multiplies by its scales. Only the name distinguishes them from other
    // factors.
    if constant.name.ends_with(".scale") {
        return TensorKind::Scale;
    }
    let is_vector = constant.values > 1 && constant.element == Element::F32;
    uses(graph, &constant.name, is_vector, 4).unwrap_or(TensorKind::Other)
}

/// The purpose of `value`, from the first informative reader within `steps` conversions. `vector`:
/// whether it has several floats.
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
            // The purpose is that of the value after its conversion to float.
            ("DequantizeLinear" | "Cast" | "Transpose", 0) if steps > 0 => {
                return uses(graph, node.output.first()?, vector, steps - 1);
            }
            _ => return None,
        })
    })
}
