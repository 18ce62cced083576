use super::*;
use crate::quantize::QuantizeError;
use crate::quantize::half::{HalfWeight, halve};
use crate::testing::runtime;
use ::half::f16;

/// A weight of 20 x 12.
const WEIGHT: &str = "layers.0.feed_forward1/linear1.weight";

fn model() -> Model {
    encoders().swap_remove(0).1
}

/// The model with `values` at the front of [`WEIGHT`], and the result for that weight.
fn halved_with(values: &[f32]) -> (Model, HalfWeight) {
    let mut model = model();
    change(&mut model, WEIGHT, |weight| {
        weight[..values.len()].copy_from_slice(values);
    });
    let (halved, report) = halve(&model).unwrap();
    let weight = report.into_iter().find(|weight| weight.name == WEIGHT);
    (halved, weight.unwrap())
}

fn stored(model: &Model, weight: &str) -> Vec<f16> {
    let tensor = constant(model, &format!("{weight}.float16"));
    assert_eq!(tensor.data_type, Some(10));
    let bytes = tensor.raw_data.as_ref().unwrap();
    let pairs = bytes.as_chunks().0.iter();
    pairs.map(|pair| f16::from_le_bytes(*pair)).collect()
}

#[test]
fn values_are_rounded_to_nearest_even() {
    // Halfway between two neighbours: down to the even one, then up to the even one; then just
    // beside.
    let step = 2f32.powi(-10);
    let values = [
        1.0 + 0.5 * step,
        1.0 + 1.5 * step,
        -1.0 - 0.5 * step,
        1.0 + 0.5001 * step,
        65504.0,
    ];
    let (halved, report) = halved_with(&values);
    assert!(report.halved, "{report:?}");
    let stored = stored(&halved, WEIGHT);
    let expected = [1.0, 1.0 + 2.0 * step, -1.0, 1.0 + step, 65504.0];
    for (got, expected) in stored.iter().zip(expected) {
        assert_eq!(got.to_f32(), expected);
    }
    let exact = constant_values(&model(), WEIGHT);
    for (got, exact) in stored.iter().zip(&exact).skip(values.len()) {
        assert_eq!(*got, f16::from_f32(*exact));
    }
}

#[test]
fn a_weight_that_overflows_stays_as_it_is() {
    for value in [65520.0, -1e6, f32::MAX] {
        let (model, report) = halved_with(&[value, 0.5]);
        assert!(!report.halved);
        assert_eq!((report.overflows, report.values), (1, 240));
        assert_eq!(constant_values(&model, WEIGHT)[..2], [value, 0.5]);
        let names = body(&model).initializer.iter().map(name);
        assert!(
            names
                .clone()
                .all(|name| name != format!("{WEIGHT}.float16"))
        );
        assert!(
            !nodes(&model, "Cast")
                .iter()
                .any(|cast| cast.output == [WEIGHT])
        );
        // The others are still halved.
        assert!(names.filter(|name| name.ends_with(".float16")).count() > 10);
    }
}

#[test]
fn denormals_are_counted_and_tiny_values_become_zero() {
    // The greatest denormal and the smallest normal, the smallest denormal, a value that rounds to
    // zero, and zero.
    let values = [
        1023.0 * 2f32.powi(-24),
        2f32.powi(-14),
        -(2f32.powi(-24)),
        2f32.powi(-26),
        0.0,
    ];
    let (model, report) = halved_with(&values);
    assert!(report.halved);
    assert_eq!((report.overflows, report.denormals), (0, 3));
    let stored = stored(&model, WEIGHT);
    let got = stored[..5].iter().map(|value| value.to_f32());
    let expected = [values[0], values[1], values[2], 0.0, 0.0];
    assert!(got.eq(expected));
    assert!((1e-5..5e-4).contains(&report.relative_error));
}

#[test]
fn a_weight_of_mostly_denormals_stays_as_it_is() {
    let mut random = Random::new(4);
    let (model, report) = halved_with(&values(&mut random, 240, 3e-6));
    assert!(!report.halved);
    assert_eq!((report.overflows, report.denormals), (0, 240));
    assert!(report.relative_error > 1e-3, "{report:?}");
    assert_eq!(constant(&model, WEIGHT).data_type, Some(1));
    // Zeros alone are exact.
    let (_, zeros) = halved_with(&[0.0; 240]);
    assert!(zeros.halved && zeros.relative_error == 0.0 && zeros.denormals == 0);
}

#[test]
fn weights_are_stored_in_half_and_nothing_else_changes() {
    for (_, model) in encoders() {
        let (halved, report) = halve(&model).unwrap();
        let weights: Vec<&str> = report.iter().map(|weight| &*weight.name).collect();
        assert!(report.iter().all(|weight| weight.halved));
        for tensor in &body(&model).initializer {
            let name = name(tensor);
            if weights.contains(&name) {
                assert!(name.ends_with(".weight") && tensor.dims.len() > 1);
                let half = constant(&halved, &format!("{name}.float16"));
                assert_eq!(half.dims, tensor.dims);
                let bytes = tensor.raw_data.as_ref().unwrap().len();
                assert_eq!(half.raw_data.as_ref().unwrap().len(), bytes / 2);
            } else {
                // Biases, norms, tables and shapes.
                assert_eq!(constant(&halved, name), tensor);
                assert!(!name.ends_with(".weight") || tensor.dims.len() == 1);
            }
        }
        let (before, after) = (body(&model), body(&halved));
        assert_eq!(before.initializer.len(), after.initializer.len());
        assert_eq!(before.node[..], after.node[weights.len()..]);
        assert_eq!(
            (&before.input, &before.output),
            (&after.input, &after.output)
        );
        for cast in &after.node[..weights.len()] {
            assert_eq!(cast.op_type.as_deref(), Some("Cast"));
            assert_eq!(cast.input, [format!("{}.float16", cast.output[0])]);
        }
    }
}

#[test]
fn the_graph_is_the_one_of_rounded_weights() {
    if !runtime() {
        return;
    }
    for (config, model) in encoders() {
        let (halved, report) = halve(&model).unwrap();
        let mut rounded = model.clone();
        for weight in &report {
            change(&mut rounded, &weight.name, |values| {
                for value in values {
                    *value = f16::from_f32(*value).to_f32();
                }
            });
        }
        let swipes = swipes(&config, &[17, 40, 1], 5);
        let got = run(&mut open(&halved), &swipes, f32::NAN);
        assert_eq!(got, run(&mut open(&rounded), &swipes, f32::NAN));
        assert_ne!(got, run(&mut open(&model), &swipes, f32::NAN));
    }
}

#[test]
fn a_weight_that_is_not_finite_is_refused() {
    for wrong in [f32::NAN, f32::INFINITY] {
        let mut model = model();
        change(&mut model, WEIGHT, |weight| weight[7] = wrong);
        let error = halve(&model).unwrap_err();
        assert!(matches!(error, QuantizeError::NotFinite { what } if what == WEIGHT));
    }
}
