//! Compares converted weights with the FP32 ones, as the artefact's own operators read them.

use half::f16;
use serde::Serialize;

use super::AuditError;
use super::error::{absent, wrong_shape, wrong_type};
use super::expect::{SLACK, expect_shape, expect_value, pair, scale_of};
use super::graph::{Constant, Element, Graph, input, integer, operator};
use super::scales::{check_scales, check_weight_zero};
use crate::onnx::proto::Node;

/// One converted weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeightAudit {
    /// Name of the FP32 weight.
    pub name: String,
    /// Type of the stored values.
    pub element: &'static str,
    /// Number of values.
    pub values: u64,
    /// Number of scales: 1, or one per channel; 0 for 16-bit floats.
    pub channels: usize,
    /// The largest difference from the FP32 weight, relative to the greatest magnitude of its
    /// channel (of the whole weight for 16-bit floats).
    pub worst_relative_error: f64,
    /// Number of products that read it.
    pub products: usize,
}

/// Checks a weight stored in 16-bit floats: `W.float16`, and a Cast that outputs `W`.
pub(super) fn half(
    baseline: &Graph,
    artefact: &Graph,
    name: &str,
) -> Result<WeightAudit, AuditError> {
    let (weight, stored) = pair(baseline, artefact, name, Element::F16)?;
    let casts = artefact.readers(&stored.name);
    let casts = casts.filter(|(node, _)| {
        let to_float = integer(node, "to") == Some(crate::onnx::ElementType::F32 as i64);
        operator(node) == "Cast" && to_float && node.output.first().is_some_and(|to| to == name)
    });
    if casts.count() != 1 {
        return Err(absent(&stored.name, "one Cast that gives the weight"));
    }
    expect_shape(stored, &weight.shape)?;
    let expected = weight.floats()?;
    let got = stored.raw(Element::F16)?.as_chunks().0;
    let mut worst = 0_f64;
    for (at, (expected, got)) in expected.iter().zip(got).enumerate() {
        let got = f16::from_le_bytes(*got).to_f64();
        let difference = expect_value(weight, at, *expected, half_ulp(*expected), got)?;
        worst = worst.max(difference);
    }
    let greatest = greatest(&expected);
    Ok(WeightAudit {
        name: name.to_owned(),
        element: Element::F16.name(),
        values: weight.values,
        channels: 0,
        worst_relative_error: if greatest > 0.0 {
            worst / greatest
        } else {
            0.0
        },
        products: artefact.readers(name).count(),
    })
}

/// Half the distance of the 16-bit floats around `value`.
fn half_ulp(value: f32) -> f64 {
    // The exponent's bits. For zero and for values that are denormal in 32 bits it is far lower.
    let exponent = (value.to_bits() >> 23 & 0xff) as i32 - 127;
    2_f64.powi(exponent.max(-14) - 11)
}

/// A product that reads a weight, and how it reads it.
struct Product<'g> {
    node: &'g Node,
    /// Whether the weight is the transpose of what `Gemm` with `transB` reads. Never set for
    /// convolutions.
    rows_are_inputs: bool,
}

impl<'g> Product<'g> {
    /// `None` if `node` is not a product or `value` is not its weight.
    fn of(node: &'g Node, position: usize) -> Option<Self> {
        let rows_are_inputs = match (operator(node), position) {
            ("Gemm", 1) => integer(node, "transB") != Some(1),
            ("MatMul" | "MatMulInteger", 1) => true,
            ("Conv" | "ConvInteger", 1) => false,
            _ => return None,
        };
        Some(Self {
            node,
            rows_are_inputs,
        })
    }

    fn convolves(&self) -> bool {
        operator(self.node).starts_with("Conv")
    }
}

/// Whether the input at `position` of `node` is the weight of a product.
pub(super) fn is_product(node: &Node, position: usize) -> bool {
    Product::of(node, position).is_some()
}

/// Checks a weight stored in 8-bit integers: `W.int8` with `W.scale` and a zero point of zero. The
/// weight of a ConvInteger must be `W.uint8` with a zero point of 128, because ONNX Runtime before
/// 1.24 has no other kernel.
pub(super) fn int8(
    baseline: &Graph,
    artefact: &Graph,
    name: &str,
) -> Result<WeightAudit, AuditError> {
    let is_unsigned = artefact.constant(&format!("{name}.uint8")).is_some();
    let element = if is_unsigned {
        Element::U8
    } else {
        Element::I8
    };
    let (weight, stored) = pair(baseline, artefact, name, element)?;
    let was = baseline
        .readers(name)
        .find_map(|(node, position)| Product::of(node, position))
        .ok_or_else(|| absent(name, "the weight of a product in the FP32 graph"))?;
    let scale = scale_of(artefact, name)?;
    let scales = check_scales(scale)?;
    let mut audit = WeightAudit {
        name: name.to_owned(),
        element: element.name(),
        values: weight.values,
        channels: scales.len(),
        worst_relative_error: 0.0,
        products: 0,
    };
    for (node, position) in artefact.readers(&stored.name) {
        let runs_on = match operator(node) {
            "ConvInteger" => Element::U8,
            _ => Element::I8,
        };
        if element != runs_on {
            return Err(wrong_type(&stored.name, runs_on.name(), element.name()));
        }
        let (channel_axis, products) = match operator(node) {
            "DequantizeLinear" if position == 0 => {
                if input(node, 1) != Some(&scale.name) {
                    return Err(absent(&scale.name, "the scale of its weight"));
                }
                check_weight_zero(artefact, node, 2, element)?;
                dequantized(artefact, stored, node)
            }
            "MatMulInteger" | "ConvInteger" if position == 1 => {
                check_weight_zero(artefact, node, 3, element)?;
                if artefact
                    .readers(&scale.name)
                    .all(|(n, _)| operator(n) != "Mul")
                {
                    return Err(absent(&scale.name, "a factor of the product"));
                }
                integer_product(stored, scale, node)?
            }
            _ => return Err(absent(&stored.name, "a weight of products only")),
        };
        for product in products {
            if product.convolves() != was.convolves() {
                return Err(absent(&stored.name, "the same kind of product as in FP32"));
            }
            let transposed = product.rows_are_inputs != was.rows_are_inputs;
            let worst = compare(weight, stored, &scales, channel_axis, transposed)?;
            audit.worst_relative_error = audit.worst_relative_error.max(worst);
            audit.products += 1;
        }
    }
    if audit.products == 0 {
        return Err(absent(&stored.name, "a product that reads it"));
    }
    Ok(audit)
}

/// The channel axis of a DequantizeLinear, and the products that read its output.
fn dequantized<'g>(
    artefact: &'g Graph,
    stored: &Constant,
    node: &Node,
) -> (usize, Vec<Product<'g>>) {
    let rank = stored.shape.len() as i64;
    let axis = integer(node, "axis").unwrap_or(1);
    let axis = if axis < 0 { axis + rank } else { axis };
    let value = node.output.first().map_or("", String::as_str);
    let products = artefact.readers(value);
    let products = products.filter_map(|(node, position)| Product::of(node, position));
    // An axis out of range fails the shape check below.
    (
        usize::try_from(axis).unwrap_or(usize::MAX),
        products.collect(),
    )
}

/// The channel axis of the weight of a MatMulInteger or ConvInteger, derived from how its scale is
/// broadcast over the product.
fn integer_product<'g>(
    stored: &Constant,
    scale: &Constant,
    node: &'g Node,
) -> Result<(usize, Vec<Product<'g>>), AuditError> {
    let convolves = operator(node) == "ConvInteger";
    // The last axis of a matrix product, the second axis of an image `[B, O, H, W]`.
    let (axis, from_end) = if convolves {
        (0, stored.shape.len().saturating_sub(1))
    } else {
        (stored.shape.len().saturating_sub(1), 1)
    };
    let along = scale.shape.len().checked_sub(from_end);
    let fits =
        scale.values == 1 || along.is_some_and(|along| scale.shape[along] as u64 == scale.values);
    if !fits {
        let channels = stored.shape.get(axis).copied().unwrap_or(0);
        let expected = format!("{channels} along the channels of the product");
        return Err(wrong_shape(&scale.name, expected, &scale.shape));
    }
    Ok((axis, Product::of(node, 1).into_iter().collect()))
}

/// Compares the integers of `stored`, scaled along `axis`, with the FP32 weight. Returns the
/// largest relative error.
fn compare(
    weight: &Constant,
    stored: &Constant,
    scales: &[f32],
    axis: usize,
    transposed: bool,
) -> Result<f64, AuditError> {
    let mut shape = weight.shape.clone();
    if transposed {
        shape.reverse();
    }
    expect_shape(stored, &shape)?;
    if scales.len() != 1 && shape.get(axis) != Some(&scales.len()) {
        let expected = format!("one scale, or one for each of {shape:?} along axis {axis}");
        let tensor = format!("{}.scale", weight.name);
        return Err(wrong_shape(&tensor, expected, &[scales.len()]));
    }
    let axis = axis.min(shape.len().saturating_sub(1));
    let channels = shape.get(axis).copied().unwrap_or(1).max(1);
    let inner: usize = shape.iter().skip(axis + 1).product();
    let expected = weight.floats()?;
    let got = stored.integers()?;
    let middle = stored.element.middle();
    // (worst difference, greatest magnitude) of each channel.
    let mut seen = vec![(0_f64, 0_f64); channels];
    for (at, integer) in got.iter().enumerate() {
        let channel = at / inner.max(1) % channels;
        let scale = f64::from(scales[if scales.len() == 1 { 0 } else { channel }]);
        let source = if transposed {
            let (row, column) = (at / shape[1], at % shape[1]);
            column * shape[0] + row
        } else {
            at
        };
        let value = f64::from(*integer - middle) * scale;
        let exact = f64::from(expected[source]);
        let tolerance = 0.5 * scale * (1.0 + SLACK);
        let difference = expect_value(weight, source, expected[source], tolerance, value)?;
        let (worst, greatest) = &mut seen[channel];
        *worst = worst.max(difference);
        *greatest = greatest.max(exact.abs());
    }
    let errors = seen.iter().filter(|(_, greatest)| *greatest > 0.0);
    Ok(errors
        .map(|(worst, greatest)| worst / greatest)
        .fold(0.0, f64::max))
}

fn greatest(values: &[f32]) -> f64 {
    values
        .iter()
        .fold(0.0, |most, value| most.max(f64::from(value.abs())))
}
