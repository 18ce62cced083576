use std::collections::BTreeSet;

use super::*;
use crate::onnx::ElementType;
use crate::quantize::QuantizeError;
use crate::quantize::calibrate::{Method, Observations, observe};
use crate::quantize::layers::{Kind, layers};
use crate::quantize::recipe::STATIC_U8S8;
use crate::quantize::rewrite::{Range, Ranges, rewrite};
use crate::testing::runtime;

const METHODS: [Method; 4] = [
    Method::MinMax,
    Method::MovingAverage { weight: 0.1 },
    Method::Percentile { percent: 99.0 },
    Method::Entropy,
];

fn seen(model: &Model, swipes: &[EncoderInput], batch: usize, threads: usize) -> Observations {
    observe(model, LengthType::Int64, swipes, batch, threads).unwrap()
}

/// The activations whose range static recipes need.
fn activations(model: &Model) -> BTreeSet<String> {
    let layers = layers(model).unwrap().into_iter();
    layers
        .flat_map(|layer| {
            let output = (layer.kind == Kind::Convolution).then_some(layer.output);
            output.into_iter().chain([layer.activation])
        })
        .collect()
}

#[test]
fn every_activation_of_a_layer_has_a_range() {
    if !runtime() {
        return;
    }
    for (config, model) in encoders() {
        let seen = seen(&model, &swipes(&config, &[20, 9], 1), 1, 1);
        for method in METHODS {
            let ranges = seen.ranges(method);
            let names: BTreeSet<String> = ranges.keys().cloned().collect();
            assert_eq!(names, activations(&model));
            for (name, Range { low, high }) in &ranges {
                assert!(low.is_finite() && high.is_finite(), "{name}");
                assert!(*low <= 0.0 && *high >= 0.0 && low < high, "{name}");
            }
            rewrite(&model, &STATIC_U8S8, &ranges, &BTreeSet::new()).unwrap();
        }
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    if !runtime() {
        return;
    }
    let (config, model) = encoders().swap_remove(1);
    let swipes = swipes(&config, &[30, 5, 12, 41, 8, 8, 3, 22, 17], 2);
    for method in METHODS {
        let ranges = [1, 2, 3, 20].map(|threads| seen(&model, &swipes, 2, threads).ranges(method));
        assert!(!ranges[0].is_empty());
        assert!(ranges.iter().all(|other| *other == ranges[0]), "{method:?}");
    }
}

/// The smallest and largest value of each activation over `swipes`, including zero.
fn extremes(model: &Model, swipes: &[EncoderInput]) -> Ranges {
    let mut watched = model.clone();
    let names = activations(model);
    let tensor_type = proto::TensorType {
        elem_type: Some(ElementType::F32 as i32),
        shape: None,
    };
    let outputs = names.iter().map(|name| proto::ValueInfo {
        name: Some(name.clone()),
        r#type: Some(proto::Type {
            tensor_type: Some(tensor_type.clone()),
        }),
        doc_string: None,
    });
    body_mut(&mut watched).output.extend(outputs);
    let mut watched = open(&watched);
    let mut extremes = Ranges::new();
    for swipe in swipes {
        let outputs = run(&mut watched, std::slice::from_ref(swipe), 0.0);
        for (name, tensor) in outputs.iter().filter(|(name, _)| names.contains(name)) {
            let range = extremes.entry(name.clone()).or_insert(Range::new(0.0, 0.0));
            for value in tensor.as_f32().unwrap() {
                range.low = range.low.min(*value);
                range.high = range.high.max(*value);
            }
        }
    }
    extremes
}

#[test]
fn min_max_is_the_extremes_of_the_activations() {
    if !runtime() {
        return;
    }
    for (config, model) in encoders() {
        let swipes = swipes(&config, &[25, 4, 13], 3);
        let got = seen(&model, &swipes, 2, 1).ranges(Method::MinMax);
        assert_eq!(got, extremes(&model, &swipes));
        // Clipping never widens.
        for method in [Method::Percentile { percent: 90.0 }, Method::Entropy] {
            for (name, range) in seen(&model, &swipes, 2, 1).ranges(method) {
                assert!(got[&name].low <= range.low && range.high <= got[&name].high);
            }
        }
    }
}

#[test]
fn a_moving_average_moves_by_batches() {
    if !runtime() {
        return;
    }
    let (config, model) = encoders().swap_remove(0);
    let swipes = swipes(&config, &[25, 4, 13, 30, 7], 4);
    let batches: Vec<Ranges> = swipes
        .chunks(2)
        .map(|batch| extremes(&model, batch))
        .collect();
    for weight in [0.0, 0.3, 1.0] {
        let got = seen(&model, &swipes, 2, 1).ranges(Method::MovingAverage { weight });
        for (name, range) in &got {
            let mut expected = batches[0][name];
            for batch in &batches[1..] {
                expected.low = (1.0 - weight) * expected.low + weight * batch[name].low;
                expected.high = (1.0 - weight) * expected.high + weight * batch[name].high;
            }
            let close = |a: f32, b: f32| (a - b).abs() <= 1e-5 * (1.0 + b.abs());
            assert!(close(range.low, expected.low), "{name} {weight}");
            assert!(close(range.high, expected.high), "{name} {weight}");
        }
    }
}

#[test]
fn activations_that_are_not_finite_are_refused() {
    if !runtime() {
        return;
    }
    let (config, model) = encoders().swap_remove(0);
    for wrong in [f32::NAN, f32::INFINITY] {
        let mut swipes = swipes(&config, &[12, 12], 5);
        swipes[1].features[30] = wrong;
        let error = observe(&model, LengthType::Int64, &swipes, 1, 2).unwrap_err();
        let QuantizeError::NotFinite { what } = &error else {
            panic!("{error}");
        };
        assert!(activations(&model).contains(what));
    }
}

#[test]
fn without_swipes_there_is_no_range() {
    if !runtime() {
        return;
    }
    let (_, model) = encoders().swap_remove(0);
    let ranges = seen(&model, &[], 16, 4).ranges(Method::Entropy);
    let error = rewrite(&model, &STATIC_U8S8, &ranges, &BTreeSet::new()).unwrap_err();
    assert!(matches!(error, QuantizeError::NoRange { .. }), "{error}");
}
