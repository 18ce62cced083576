//! Weights as 16-bit floats (IEEE 754 binary16).
//!
//! Only the storage is halved. The graph casts each weight back, ONNX Runtime folds the casts when
//! it loads the model, and every kernel runs in 32 bits at full speed. Arithmetic in 16 bits is
//! deliberately not used: for most operators ONNX Runtime has no such kernels on x86 and
//! WebAssembly and would insert casts around every node.

use half::f16;
use serde::Serialize;

use super::Result;
use super::layers::{floats, graph, is_float};
use crate::onnx::ElementType;
use crate::onnx::proto::{Attribute, Model, Node, Tensor};

/// Largest accepted rounding error of a whole weight: |difference| / |weight|, as root mean
/// squares. The rounding of a normal binary16 is at most 2^-11.
const MAX_ERROR: f64 = 1e-3;

/// Result of halving one weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HalfWeight {
    /// The weight.
    pub name: String,
    /// Number of values.
    pub values: usize,
    /// Whether it is stored in 16 bits.
    pub halved: bool,
    /// Number of values beyond 65504 in magnitude, the greatest 16-bit float. A weight with any
    /// stays in 32 bits.
    pub overflows: usize,
    /// Number of values below 2^-14 in magnitude, which keep fewer digits in 16 bits, and below
    /// 2^-25, which become zero.
    pub denormals: usize,
    /// Root mean square of the difference relative to that of the weight.
    pub relative_error: f64,
}

/// The model with its weights (constants of at least two dimensions whose name ends in `.weight`)
/// stored in 16 bits: `W` becomes `W.float16` and a cast to `W`. A weight stays in 32 bits if it
/// overflows, or if denormal values would make it differ by more than 0.1 %.
///
/// # Errors
/// [`QuantizeError`](super::QuantizeError) for a graph that does not have the exporter's form, or
/// weights that are not finite.
pub fn halve(model: &Model) -> Result<(Model, Vec<HalfWeight>)> {
    let mut halved = Vec::new();
    let mut casts = Vec::new();
    let mut report = Vec::new();
    for tensor in &graph(model)?.initializer {
        let name = tensor.name.clone().unwrap_or_default();
        if !is_float(tensor) || tensor.dims.len() < 2 || !name.ends_with(".weight") {
            halved.push(tensor.clone());
            continue;
        }
        let values = floats(tensor)?;
        let weight = measure(&name, &values);
        if weight.halved {
            let stored = format!("{name}.float16");
            halved.push(Tensor {
                dims: tensor.dims.clone(),
                data_type: Some(ElementType::F16 as i32),
                name: Some(stored.clone()),
                raw_data: Some(
                    values
                        .iter()
                        .flat_map(|value| f16::from_f32(*value).to_le_bytes())
                        .collect(),
                ),
            });
            casts.push(cast(&stored, &name));
        } else {
            halved.push(tensor.clone());
        }
        report.push(weight);
    }
    let mut model = model.clone();
    if let Some(graph) = &mut model.graph {
        graph.initializer = halved;
        graph.node.splice(0..0, casts);
    }
    Ok((model, report))
}

/// Measures the loss of storing `values` in 16 bits.
fn measure(name: &str, values: &[f32]) -> HalfWeight {
    let least_normal = f32::from(f16::MIN_POSITIVE);
    let overflows = values.iter().filter(|v| f16::from_f32(**v).is_infinite());
    let denormals = values
        .iter()
        .filter(|v| **v != 0.0 && v.abs() < least_normal);
    let (overflows, denormals) = (overflows.count(), denormals.count());
    let (mut off, mut all) = (0.0, 0.0);
    for value in values {
        let exact = f64::from(*value);
        off += (f16::from_f32(*value).to_f64() - exact).powi(2);
        all += exact.powi(2);
    }
    let relative_error = match all {
        0.0 => 0.0,
        all if overflows == 0 => (off / all).sqrt(),
        _ => 1.0,
    };
    HalfWeight {
        name: name.to_owned(),
        values: values.len(),
        halved: overflows == 0 && relative_error <= MAX_ERROR,
        overflows,
        denormals,
        relative_error,
    }
}

fn cast(from: &str, to: &str) -> Node {
    Node {
        input: vec![from.to_owned()],
        output: vec![to.to_owned()],
        name: Some(format!("{to}/Cast")),
        op_type: Some("Cast".to_owned()),
        attribute: vec![Attribute {
            name: Some("to".to_owned()),
            i: Some(ElementType::F32 as i64),
            r#type: Some(2),
            ..Attribute::default()
        }],
    }
}
