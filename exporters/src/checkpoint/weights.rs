//! Reads the tensors that a model configuration requires, and no others.

use std::collections::{BTreeMap, BTreeSet};

use half::{bf16, f16};

use super::error::{Problem, TensorProblem, at_most};
use super::state_dict::{Element, TensorView};
use super::torch_zip::TorchZip;
use crate::schema::{self, ModelConfig, Role, Tensor, TensorSpec, Weights};

/// Reads the weights of a network of this configuration from `archive`.
pub(super) fn read(
    config: &ModelConfig,
    mut views: BTreeMap<String, TensorView>,
    archive: &mut TorchZip,
) -> Result<Weights, Problem> {
    for counter in schema::counters(config) {
        views.remove(&counter);
    }
    let expected = schema::tensors(config);
    check_names_and_shapes(&expected, &views)?;
    // Elements of a sound checkpoint take at least two bytes. Views that repeat elements could
    // claim any number.
    let elements = views
        .values()
        .map(|view| view.shape.iter().product::<u64>())
        .fold(0, u64::saturating_add);
    at_most(
        "the number of weights for a file of this length",
        archive.length(),
        elements,
    )?;

    let mut storages: BTreeMap<&str, Vec<(&str, &TensorView)>> = BTreeMap::new();
    for (name, view) in &views {
        storages
            .entry(&view.storage)
            .or_default()
            .push((name, view));
    }
    let mut weights = Weights::default();
    let mut unread = archive.length();
    for (key, users) in storages {
        let size = users
            .iter()
            .map(|(_, view)| view.storage_bytes)
            .max()
            .unwrap_or(0);
        // Entries of a malicious archive may overlap and be read again and again.
        unread = unread.checked_sub(size).ok_or_else(|| {
            Problem::damaged(
                format!("storage {key:?}"),
                format!("at most {unread} bytes"),
                size.to_string(),
            )
        })?;
        let bytes = archive.storage(key, size)?;
        for (name, view) in users {
            weights
                .tensors
                .insert(name.to_owned(), materialize(name, view, &bytes)?);
        }
    }
    check_values(config, &expected, &weights)?;
    Ok(weights)
}

fn check_names_and_shapes(
    expected: &[TensorSpec],
    views: &BTreeMap<String, TensorView>,
) -> Result<(), Problem> {
    let (mut missing, mut shapes) = (Vec::new(), Vec::new());
    for TensorSpec { name, shape, .. } in expected {
        let Some(view) = views.get(name) else {
            missing.push(TensorProblem::Missing {
                name: name.clone(),
                expected: shape.clone(),
            });
            continue;
        };
        if !view
            .shape
            .iter()
            .copied()
            .eq(shape.iter().map(|size| *size as u64))
        {
            shapes.push(TensorProblem::Shape {
                name: name.clone(),
                expected: shape.clone(),
                got: view.shape.clone(),
            });
        }
    }
    let known: BTreeSet<&str> = expected.iter().map(|spec| spec.name.as_str()).collect();
    let unexpected = views
        .keys()
        .filter(|name| !known.contains(name.as_str()))
        .map(|name| TensorProblem::Unexpected { name: name.clone() });
    missing.extend(unexpected);
    missing.extend(shapes);
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Problem::tensors(missing))
    }
}

/// Copies a view out of its storage, row-major and as float32.
fn materialize(name: &str, view: &TensorView, bytes: &[u8]) -> Result<Tensor, Problem> {
    let outside = || Problem::damaged(name, "a view inside its storage", "one beyond it");
    let data = match view.element {
        Element::F32 => gather(view, bytes, f32::from_le_bytes),
        Element::F16 => gather(view, bytes, |bytes| f16::from_le_bytes(bytes).to_f32()),
        Element::Bf16 => gather(view, bytes, |bytes| bf16::from_le_bytes(bytes).to_f32()),
        Element::F64 => gather(view, bytes, |bytes| f64::from_le_bytes(bytes) as f32),
        Element::Other(_) => {
            return Err(Problem::damaged(
                name,
                "floating-point values",
                "integers or bytes",
            ));
        }
    }
    .ok_or_else(outside)?;
    let shape = view
        .shape
        .iter()
        .map(|size| usize::try_from(*size))
        .collect::<Result<_, _>>()
        .map_err(|_| outside())?;
    Ok(Tensor { shape, data })
}

/// The elements of a view in row-major order; `None` if one lies outside of `bytes`.
fn gather<const N: usize>(
    view: &TensorView,
    bytes: &[u8],
    decode: impl Fn([u8; N]) -> f32,
) -> Option<Vec<f32>> {
    let (elements, _) = bytes.as_chunks::<N>();
    let offset = usize::try_from(view.offset).ok()?;
    let count = usize::try_from(view.shape.iter().product::<u64>()).ok()?;
    if is_contiguous(view) {
        let end = offset.checked_add(count)?;
        return Some(
            elements
                .get(offset..end)?
                .iter()
                .map(|element| decode(*element))
                .collect(),
        );
    }
    let mut data = Vec::with_capacity(count);
    let mut index = vec![0_u64; view.shape.len()];
    let mut at = view.offset;
    for _ in 0..count {
        data.push(decode(*elements.get(usize::try_from(at).ok()?)?));
        for (dimension, along) in index.iter_mut().enumerate().rev() {
            let (size, stride) = (*view.shape.get(dimension)?, *view.stride.get(dimension)?);
            *along += 1;
            if *along < size {
                at = at.checked_add(stride)?;
                break;
            }
            at = at.checked_sub(stride.checked_mul(size - 1)?)?;
            *along = 0;
        }
    }
    Some(data)
}

fn is_contiguous(view: &TensorView) -> bool {
    let mut step = 1;
    for (size, stride) in view.shape.iter().zip(&view.stride).rev() {
        if *size != 1 && *stride != step {
            return false;
        }
        step = step.saturating_mul(*size);
    }
    true
}

/// Checks that every weight is a number, that variances are not negative, and that tied biases are
/// equal.
fn check_values(
    config: &ModelConfig,
    expected: &[TensorSpec],
    weights: &Weights,
) -> Result<(), Problem> {
    let roles: BTreeMap<&str, Role> = expected
        .iter()
        .map(|spec| (spec.name.as_str(), spec.role))
        .collect();
    let mut problems = Vec::new();
    let mut report = |name: &str, data: &[f32], expected, is_good: &dyn Fn(usize, f32) -> bool| {
        if let Some((index, got)) = data
            .iter()
            .enumerate()
            .find(|(index, value)| !is_good(*index, **value))
        {
            problems.push(TensorProblem::Value {
                name: name.to_owned(),
                index,
                expected,
                got: *got,
            });
        }
    };
    for (name, tensor) in &weights.tensors {
        report(name, &tensor.data, "a finite number", &|_, value| {
            value.is_finite()
        });
        if roles.get(name.as_str()) == Some(&Role::Variance) {
            report(
                name,
                &tensor.data,
                "a variance of at least 0",
                &|_, value| value >= 0.0 || !value.is_finite(),
            );
        }
    }
    for (first, tied) in schema::tied(config) {
        let (Some(first), Some(tensor)) = (weights.tensors.get(&first), weights.tensors.get(&tied))
        else {
            continue;
        };
        let same =
            |index: usize, value: f32| first.data.get(index) == Some(&value) || !value.is_finite();
        report(
            &tied,
            &tensor.data,
            "the value of layer 0 (untie_biases is false)",
            &same,
        );
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problem::tensors(problems))
    }
}
