//! Checks of converted constants against the FP32 ones.

use super::AuditError;
use super::error::{absent, wrong_shape, wrong_type};
use super::graph::{Constant, Element, Graph};
use crate::check::FailedCheck;

/// Tolerance beyond half a step, for the rounding of the arithmetic itself.
pub(super) const SLACK: f64 = 1e-4;

/// The FP32 constant `name` and its converted form.
pub(super) fn pair<'g>(
    baseline: &'g Graph,
    artefact: &'g Graph,
    name: &str,
    element: Element,
) -> Result<(&'g Constant, &'g Constant), AuditError> {
    let weight = baseline.constant(name);
    let weight = weight.ok_or_else(|| absent(name, "a constant of the FP32 graph"))?;
    let left = artefact.constant(name);
    let stored = artefact.constant(&format!("{name}.{}", element.name()));
    match (stored, left) {
        (Some(stored), None) if stored.element == element => Ok((weight, stored)),
        (Some(stored), None) => Err(wrong_type(
            &stored.name,
            element.name(),
            stored.element.name(),
        )),
        _ => Err(FailedCheck::new(
            format!("the conversion of the weight {name}"),
            element.name(),
            "float32",
        )
        .advice("the conversion has left it out")
        .into()),
    }
}

/// The constant `{name}.scale`.
pub(super) fn scale_of<'g>(artefact: &'g Graph, name: &str) -> Result<&'g Constant, AuditError> {
    let scale = format!("{name}.scale");
    let found = artefact.constant(&scale);
    found.ok_or_else(|| absent(&scale, "a constant"))
}

/// Fails if the constant has another shape.
pub(super) fn expect_shape(constant: &Constant, expected: &[usize]) -> Result<(), AuditError> {
    if constant.shape == expected {
        return Ok(());
    }
    Err(wrong_shape(
        &constant.name,
        format!("{expected:?}"),
        &constant.shape,
    ))
}

/// Fails if `got` differs from `expected` by more than `tolerance`. Returns the difference. `at` is
/// the row-major index in `weight`.
pub(super) fn expect_value(
    weight: &Constant,
    at: usize,
    expected: f32,
    tolerance: f64,
    got: f64,
) -> Result<f64, AuditError> {
    let difference = (got - f64::from(expected)).abs();
    // Not `>`: NaN must fail.
    if difference <= tolerance {
        return Ok(difference);
    }
    let check = format!(
        "the weight {} at {:?}",
        weight.name,
        index(&weight.shape, at)
    );
    Err(
        FailedCheck::new(check, format!("{expected} within {tolerance}"), got)
            .advice("a scale is wrong, the channel axis is swapped or the weight transposed")
            .into(),
    )
}

/// The index along each axis of `shape` for the row-major index `at`.
fn index(shape: &[usize], at: usize) -> Vec<usize> {
    let mut rest = at;
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|size| {
            let size = (*size).max(1);
            let at = rest % size;
            rest /= size;
            at
        })
        .collect();
    index.reverse();
    index
}
