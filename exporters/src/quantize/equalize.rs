//! Equalizes the columns of the first layer's input, so that one range fits all of them.
//!
//! The layer after the subsampling reads features of very different units: accelerations of
//! thousands beside cosines. One scale for all would lose the small ones. Dividing each column by a
//! factor and multiplying the weight's column by it changes nothing in float, and moves part of the
//! difference into the weight. The factor is the geometric mean of what input and weight need
//! (SmoothQuant, Xiao et al. 2023, alpha = 1/2). All other layers read normalized activations.

use super::layers::{Kind, floats, graph, layers};
use super::{QuantizeError, Result};
use crate::onnx::ElementType;
use crate::onnx::proto::{Model, Node, Tensor};

/// Smallest and largest factor. Beyond these, float32 loses more than is gained.
const LIMITS: [f32; 2] = [1.0 / 65536.0, 65536.0];

/// The activation that [`equalize`] divides: the input of the first matrix product.
///
/// # Errors
/// [`QuantizeError::Graph`] if the model has none.
pub fn activation(model: &Model) -> Result<String> {
    let layers = layers(model)?;
    let first = layers.into_iter().find(|layer| layer.kind == Kind::Gemm);
    let first = first.ok_or_else(|| QuantizeError::Graph {
        what: "the layers".to_owned(),
        expected: "a matrix product",
        got: "none".to_owned(),
    })?;
    Ok(first.activation)
}

/// Largest magnitude in each column of a weight `[rows, width]`.
pub fn greatest(weight: &[f32], width: usize) -> Vec<f32> {
    let mut greatest = vec![0f32; width];
    for row in weight.chunks_exact(width.max(1)) {
        for (most, value) in greatest.iter_mut().zip(row) {
            *most = most.max(value.abs());
        }
    }
    greatest
}

/// Divisors of an input's columns, from the magnitudes of its columns and of the weight's.
pub fn factors(columns: &[f32], greatest: &[f32]) -> Vec<f32> {
    let pairs = columns.iter().zip(greatest);
    let factors = pairs.map(|(input, weight)| match input / weight {
        ratio if ratio.is_finite() && ratio > 0.0 => ratio.sqrt().clamp(LIMITS[0], LIMITS[1]),
        _ => 1.0,
    });
    factors.collect()
}

/// The model with each column of its first matrix product's input divided by its factor, and the
/// weight multiplied by it. `columns` are the magnitudes of the input's columns.
///
/// # Errors
/// [`QuantizeError::Graph`] if `columns` do not fit the layer, and errors of reading the weight.
pub fn equalize(model: &Model, columns: &[f32]) -> Result<Model> {
    let layers = layers(model)?;
    let Some(layer) = layers.iter().find(|layer| layer.kind == Kind::Gemm) else {
        return Ok(model.clone());
    };
    let width = layer.shape[1];
    if columns.len() != width {
        return Err(QuantizeError::Graph {
            what: format!("the columns of {}", layer.activation),
            expected: "one magnitude a column",
            got: format!("{} for {width}", columns.len()),
        });
    }
    let mut weights = graph(model)?.initializer.iter();
    let tensor = weights
        .find(|tensor| tensor.name.as_deref() == Some(&layer.weight))
        .ok_or_else(|| QuantizeError::Graph {
            what: layer.weight.clone(),
            expected: "a constant",
            got: "none".to_owned(),
        })?;
    let mut weight = floats(tensor)?;
    let greatest = greatest(&weight, width);
    let factors = factors(columns, &greatest);
    for row in weight.chunks_exact_mut(width) {
        for (value, factor) in row.iter_mut().zip(&factors) {
            *value *= factor;
        }
    }

    let mut model = model.clone();
    let Some(graph) = &mut model.graph else {
        return Ok(model);
    };
    for tensor in &mut graph.initializer {
        if tensor.name.as_deref() == Some(&layer.weight) {
            tensor.raw_data = Some(
                weight
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            );
        }
    }
    let (divisors, output) = (
        format!("{}.equalizer", layer.name),
        format!("{}.equalized", layer.activation),
    );
    graph.initializer.push(Tensor {
        dims: vec![width as i64],
        data_type: Some(ElementType::F32 as i32),
        name: Some(divisors.clone()),
        raw_data: Some(
            factors
                .iter()
                .flat_map(|factor| (1.0 / factor).to_le_bytes())
                .collect(),
        ),
    });
    let node = &mut graph.node[layer.node];
    node.input[0].clone_from(&output);
    graph.node.insert(
        layer.node,
        Node {
            input: vec![layer.activation.clone(), divisors],
            output: vec![output],
            name: Some(format!("{}/equalize", layer.name)),
            op_type: Some("Mul".to_owned()),
            attribute: Vec::new(),
        },
    );
    Ok(model)
}
