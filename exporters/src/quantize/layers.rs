//! The products of a graph that can run on 8-bit integers.

use std::collections::HashMap;

use super::{QuantizeError, Result};
use crate::onnx::ElementType;
use crate::onnx::proto::{Graph, Model, Node, Tensor};

/// What a layer computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Rows times the transposed weight `[N, K]`.
    Gemm,
    /// Convolution with a kernel `[O, I, H, W]`.
    Convolution,
}

/// A product of an activation with a constant weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The weight's name without `.weight`, for example `layers.0.feed_forward1/linear1`.
    pub name: String,
    /// What it computes.
    pub kind: Kind,
    /// Index of its node in the graph.
    pub node: usize,
    /// Name of the activation that goes in.
    pub activation: String,
    /// Name of the weight.
    pub weight: String,
    /// Name of the bias.
    pub bias: Option<String>,
    /// Name of what comes out.
    pub output: String,
    /// Shape of the weight; the first dimension is that of the channels.
    pub shape: Vec<usize>,
}

/// The constants of a graph by name.
pub type Constants<'m> = HashMap<&'m str, &'m Tensor>;

/// The graph of a model.
///
/// # Errors
/// [`QuantizeError::Graph`] where there is none.
pub fn graph(model: &Model) -> Result<&Graph> {
    model.graph.as_ref().ok_or_else(|| QuantizeError::Graph {
        what: "the model".to_owned(),
        expected: "a graph",
        got: "none".to_owned(),
    })
}

/// The constants of `graph`.
pub fn constants(graph: &Graph) -> Constants<'_> {
    let tensors = graph.initializer.iter();
    tensors
        .filter_map(|tensor| Some((tensor.name.as_deref()?, tensor)))
        .collect()
}

/// The values of a constant of 32-bit floats.
///
/// # Errors
/// [`QuantizeError::Graph`] for another type or size, [`QuantizeError::NotFinite`].
pub fn floats(tensor: &Tensor) -> Result<Vec<f32>> {
    let name = tensor.name.clone().unwrap_or_default();
    let raw = tensor.raw_data.as_deref().unwrap_or_default();
    let count: i64 = tensor.dims.iter().product();
    if !is_float(tensor) || raw.len() as i64 != count * 4 {
        return Err(QuantizeError::Graph {
            what: name,
            expected: "32-bit floats of the tensor's shape",
            got: format!("type {:?}, {} bytes", tensor.data_type, raw.len()),
        });
    }
    let values: Vec<f32> = raw
        .as_chunks()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    if values.iter().all(|value| value.is_finite()) {
        Ok(values)
    } else {
        Err(QuantizeError::NotFinite { what: name })
    }
}

/// Whether a constant is of 32-bit floats.
pub fn is_float(tensor: &Tensor) -> bool {
    tensor.data_type == Some(ElementType::F32 as i32)
}

/// The layers of a model in the order of its nodes: matrix products, and dense convolutions of
/// several channels.
///
/// Depthwise convolutions and the first one, of a single channel, stay in float: they are a
/// hundredth of the work, and integers save nothing there.
///
/// # Errors
/// [`QuantizeError::Graph`] for a model without a graph.
pub fn layers(model: &Model) -> Result<Vec<Layer>> {
    let graph = graph(model)?;
    let constants = constants(graph);
    let nodes = graph.node.iter().enumerate();
    Ok(nodes
        .filter_map(|(index, node)| layer(index, node, &constants))
        .collect())
}

fn layer(index: usize, node: &Node, constants: &Constants<'_>) -> Option<Layer> {
    let kind = match node.op_type.as_deref()? {
        "Gemm" if integer(node, "transB") == Some(1) => Kind::Gemm,
        "Conv" if integer(node, "group").unwrap_or(1) == 1 => Kind::Convolution,
        _ => return None,
    };
    let [activation, weight, rest @ ..] = node.input.as_slice() else {
        return None;
    };
    let tensor = constants.get(weight.as_str()).filter(|w| is_float(w))?;
    let shape: Vec<usize> = tensor
        .dims
        .iter()
        .map(|size| usize::try_from(*size).ok())
        .collect::<Option<_>>()?;
    let usable = match kind {
        Kind::Gemm => shape.len() == 2,
        Kind::Convolution => shape.len() == 4 && shape[1] > 1,
    };
    let bias = rest.first().filter(|name| !name.is_empty());
    let channels = *shape.first()? as i64;
    // A Gemm may add more than a vector; a layer's bias is one number a channel.
    let known_bias = bias.is_none_or(|name| {
        let bias = constants.get(name.as_str());
        bias.is_some_and(|bias| is_float(bias) && bias.dims == [channels])
    });
    (usable && known_bias && !constants.contains_key(activation.as_str())).then(|| Layer {
        name: weight.strip_suffix(".weight").unwrap_or(weight).to_owned(),
        kind,
        node: index,
        activation: activation.clone(),
        weight: weight.clone(),
        bias: bias.cloned(),
        output: node.output.first().cloned().unwrap_or_default(),
        shape,
    })
}

fn integer(node: &Node, name: &str) -> Option<i64> {
    let mut attributes = node.attribute.iter();
    attributes
        .find(|attribute| attribute.name.as_deref() == Some(name))?
        .i
}
