//! Scales, zero points and integer biases of a quantized graph.

use super::AuditError;
use super::error::{absent, wrong_zero};
use super::expect::{SLACK, expect_shape, expect_value, pair, scale_of};
use super::graph::{Constant, Element, Graph, input, operator};
use crate::check::FailedCheck;
use crate::onnx::proto::Node;

/// Largest relative difference between an integer bias's scale and the product of scales that it
/// must equal.
const SCALE_TOLERANCE: f64 = 1e-5;

/// Checks the biases in 32-bit integers: `b.int32` with `b.scale`. The scale must be the product of
/// the scales of activation and weight. The integer kernels assume that without checking.
pub(super) fn biases(baseline: &Graph, artefact: &Graph) -> Result<(), AuditError> {
    for stored in &artefact.constants {
        let Some(name) = stored.name.strip_suffix(".int32") else {
            continue;
        };
        let (bias, _) = pair(baseline, artefact, name, Element::I32)?;
        let scale = scale_of(artefact, name)?;
        let scales = check_scales(scale)?;
        expect_shape(stored, &bias.shape)?;
        expect_shape(scale, &bias.shape)?;
        for (node, _) in artefact.readers(&stored.name) {
            let value = node.output.first().map_or("", String::as_str);
            for (product, _) in artefact
                .readers(value)
                .filter(|(_, position)| *position == 2)
            {
                bias_scale(artefact, product, name, &scales)?;
            }
        }
        let expected = bias.floats()?;
        for (at, integer) in stored.integers()?.iter().enumerate() {
            let scale = f64::from(scales[at]);
            let value = f64::from(*integer) * scale;
            // A large bias is exact only to the 24 bits of a float.
            let exact = f64::from(expected[at]).abs();
            let tolerance = 0.5 * scale * (1.0 + SLACK) + exact * f64::from(f32::EPSILON);
            expect_value(bias, at, expected[at], tolerance, value)?;
        }
    }
    Ok(())
}

fn bias_scale(
    artefact: &Graph,
    product: &Node,
    bias: &str,
    scales: &[f32],
) -> Result<(), AuditError> {
    let scale_of = |position| {
        let maker = artefact.maker(input(product, position)?)?;
        let is_pair = operator(maker) == "DequantizeLinear";
        artefact.constant(input(maker, 1).filter(|_| is_pair)?)
    };
    // If either is float, there is no integer kernel, which the check of the optimized graph finds.
    let (Some(activation), Some(weight)) = (scale_of(0), scale_of(1)) else {
        return Ok(());
    };
    let (activation, weight) = (check_scales(activation)?, check_scales(weight)?);
    for (channel, got) in scales.iter().enumerate() {
        let weight = weight
            .get(channel)
            .or(weight.first())
            .copied()
            .unwrap_or(0.0);
        let expected = f64::from(activation[0]) * f64::from(weight);
        if (f64::from(*got) / expected - 1.0).abs() > SCALE_TOLERANCE {
            let check = format!("the scale of the bias {bias}, channel {channel}");
            let expected = format!("{expected}, the product of those of activation and weight");
            return Err(FailedCheck::new(check, expected, got)
                .advice("the kernels take the product for granted; export it again")
                .into());
        }
    }
    Ok(())
}

/// Checks every scale and zero point of the artefact.
pub(super) fn parameters(artefact: &Graph) -> Result<(), AuditError> {
    for constant in &artefact.constants {
        if constant.name.ends_with(".scale") {
            check_scales(constant)?;
        }
    }
    for node in &artefact.nodes {
        if !matches!(operator(node), "QuantizeLinear" | "DequantizeLinear") {
            continue;
        }
        let constant = |position| input(node, position).and_then(|name| artefact.constant(name));
        let Some(scale) = constant(1) else {
            continue;
        };
        let scales = check_scales(scale)?;
        let Some(zero) = constant(2) else { continue };
        let values = zero
            .integers()
            .map_err(|_| wrong_zero(&zero.name, "int8, uint8 or int32", zero.element.name()))?;
        if values.len() != scales.len() {
            let got = format!("{} for {}", values.len(), scales.len());
            return Err(wrong_zero(&zero.name, "one for each scale", got));
        }
        if zero.element == Element::I32 && values.iter().any(|value| *value != 0) {
            return Err(wrong_zero(&zero.name, "0 for 32-bit integers", "another"));
        }
    }
    Ok(())
}

/// The values of a scale, all finite and above zero.
pub(super) fn check_scales(scale: &Constant) -> Result<Vec<f32>, AuditError> {
    let scales = scale.floats()?;
    let bad = scales.iter().position(|s| !(s.is_finite() && *s > 0.0));
    match bad {
        Some(index) => Err(FailedCheck::new(
            format!("the scale {} at {index}", scale.name),
            "a finite number above zero",
            scales[index],
        )
        .advice("check the calibration")
        .into()),
        None if scales.is_empty() => Err(absent(&scale.name, "at least one scale")),
        None => Ok(scales),
    }
}

/// Weights are symmetric: the zero point of a weight of type `element` is its middle. It may be
/// left out if that is 0.
pub(super) fn check_weight_zero(
    artefact: &Graph,
    node: &Node,
    position: usize,
    element: Element,
) -> Result<(), AuditError> {
    let middle = element.middle();
    let Some(name) = input(node, position) else {
        return match middle {
            0 => Ok(()),
            _ => Err(absent(operator(node), "a zero point of its weight")),
        };
    };
    let zero = artefact
        .constant(name)
        .ok_or_else(|| absent(name, "a constant zero point"))?;
    let is_middle =
        zero.element == element && zero.integers()?.iter().all(|value| *value == middle);
    if is_middle {
        return Ok(());
    }
    let expected = match element {
        Element::U8 => "128 in uint8: weights are symmetric",
        _ => "0 in int8: weights are symmetric",
    };
    let got = format!("another in {}", zero.element.name());
    Err(wrong_zero(name, expected, got))
}
