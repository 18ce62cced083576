use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::*;
use crate::audit::{Expected, audit, product_weights};
use crate::quantize::Precision;
use crate::quantize::calibrate::{Method, observe};
use crate::quantize::layers::{Kind, Layer, layers};
use crate::quantize::recipe::{DYNAMIC_U8S8, RECIPES, STATIC_S8S8, STATIC_U8S8};
use crate::quantize::rewrite::{Range, Ranges, rewrite};
use crate::quantize::weights::quantize;
use crate::quantize::{ActivationType, QuantizeError, Recipe, Scheme};
use crate::testing::runtime;
use crate::validate::agreement;
use swipekit::internals::bundle::manifest::SessionSpec;

/// Ranges that hold what the small networks compute, roughly.
fn wide(model: &Model) -> Ranges {
    let layers = layers(model).unwrap().into_iter();
    let names = layers.flat_map(|layer| [layer.activation, layer.output]);
    names.map(|name| (name, Range::new(-6.0, 7.0))).collect()
}

fn observed(model: &Model, swipes: &[EncoderInput]) -> Ranges {
    let seen = observe(model, LengthType::Int64, swipes, 1, 1).unwrap();
    seen.ranges(Method::MinMax)
}

fn int8(model: &Model, recipe: &Recipe, ranges: &Ranges) -> Model {
    rewrite(model, recipe, ranges, &BTreeSet::new()).unwrap()
}

/// Every second layer.
fn half_of(layers: &[Layer]) -> BTreeSet<String> {
    let some = layers.iter().step_by(2);
    some.map(|layer| layer.name.clone()).collect()
}

#[test]
fn frames_are_near_those_in_float() {
    if !runtime() {
        return;
    }
    for (config, model) in encoders() {
        let swipes = swipes(&config, &[40, 33, 9, 1, 64, 27], 1);
        let ranges = observed(&model, &swipes);
        let fp32 = serialize(model.clone());
        for recipe in RECIPES {
            let file = serialize(int8(&model, &recipe, &ranges));
            let got = agreement(&fp32, &file, &swipes, LengthType::Int64, 0.99);
            let got = got.unwrap_or_else(|error| panic!("{}: {error}", recipe.name));
            assert_eq!(got.error.swipes, swipes.len());
            assert!(got.error.rms_relative > 0.0, "{}", recipe.name);
        }
    }
}

#[test]
fn outputs_keep_their_names_shapes_and_lengths() {
    if !runtime() {
        return;
    }
    for (config, model) in encoders() {
        let swipes = swipes(&config, &[23, 8, 1], 2);
        let ranges = wide(&model);
        let expected = run(&mut open(&model), &swipes, 0.0);
        for recipe in RECIPES {
            let quantized = int8(&model, &recipe, &ranges);
            assert_eq!(body(&quantized).input, body(&model).input);
            assert_eq!(body(&quantized).output, body(&model).output);
            let got = run(&mut open(&quantized), &swipes, 0.0);
            for ((name, got), (expected_name, expected)) in got.iter().zip(&expected) {
                assert_eq!((name, &got.shape), (expected_name, &expected.shape));
            }
            assert_eq!(got[1], expected[1], "lengths");
        }
    }
}

#[test]
fn padding_never_shows() {
    if !runtime() {
        return;
    }
    for (config, model) in encoders() {
        let swipes = swipes(&config, &[40, 9, 26], 3);
        let ranges = wide(&model);
        for recipe in RECIPES {
            let mut quantized = open(&int8(&model, &recipe, &ranges));
            let clean = run(&mut quantized, &swipes, 0.0);
            for padding in [f32::NAN, f32::INFINITY, 1e30, -3.0] {
                let got = run(&mut quantized, &swipes, padding);
                assert_eq!(got, clean, "{} {padding}", recipe.name);
            }
        }
    }
}

#[test]
fn layers_in_float_stay_as_they_were() {
    for (_, model) in encoders() {
        let layers = layers(&model).unwrap();
        let float = half_of(&layers);
        for recipe in RECIPES {
            let got = rewrite(&model, &recipe, &wide(&model), &float).unwrap();
            for layer in &layers {
                let is_float = float.contains(&layer.name);
                let found = body(&got).initializer.iter();
                let found = found.filter(|tensor| name(tensor) == layer.weight).count();
                assert_eq!(found, usize::from(is_float), "{}", layer.name);
                if !is_float {
                    let is_unsigned =
                        recipe.scheme == Scheme::Dynamic && layer.kind == Kind::Convolution;
                    let (suffix, kind) = if is_unsigned {
                        ("uint8", 2)
                    } else {
                        ("int8", 3)
                    };
                    let integers = constant(&got, &format!("{}.{suffix}", layer.weight));
                    assert_eq!(integers.data_type, Some(kind));
                    continue;
                }
                let constants = [Some(&layer.weight), layer.bias.as_ref()];
                for kept in constants.into_iter().flatten() {
                    assert_eq!(constant(&got, kept), constant(&model, kept));
                }
                let node = &body(&model).node[layer.node];
                let mut nodes = body(&got).node.iter();
                let kept = nodes.find(|kept| kept.output == node.output).unwrap();
                assert_eq!(
                    (&kept.op_type, &kept.input, &kept.attribute),
                    (&node.op_type, &node.input, &node.attribute)
                );
            }
        }
        // Nothing left to quantize: the graph as it was.
        let all = layers.iter().map(|layer| layer.name.clone()).collect();
        let got = rewrite(&model, &DYNAMIC_U8S8, &Ranges::new(), &all).unwrap();
        assert_eq!(body(&got).initializer, body(&model).initializer);
        assert_eq!(body(&got).node.len(), body(&model).node.len());
    }
}

/// ONNX Runtime before 1.24 takes no signed weights there.
#[test]
fn a_convolution_of_integers_has_an_unsigned_weight_around_128() {
    for (_, model) in encoders() {
        let layers = layers(&model).unwrap();
        let convolutions = layers.iter().filter(|l| l.kind == Kind::Convolution);
        let convolutions: Vec<&Layer> = convolutions.collect();
        for recipe in RECIPES {
            let got = int8(&model, &recipe, &wide(&model));
            let nodes = nodes(&got, "ConvInteger");
            let expected = if recipe.is_static() {
                0
            } else {
                convolutions.len()
            };
            assert_eq!(nodes.len(), expected, "{}", recipe.name);
            for (node, layer) in nodes.iter().zip(&convolutions) {
                let [_, weight, _, zero] = &node.input[..] else {
                    panic!("{:?}", node.input)
                };
                assert_eq!(*weight, format!("{}.uint8", layer.weight));
                let (weight, zero) = (constant(&got, weight), constant(&got, zero));
                assert_eq!((weight.data_type, zero.data_type), (Some(2), Some(2)));
                assert_eq!(
                    (&zero.dims[..], zero.raw_data.as_deref()),
                    (&[][..], Some(&[128][..]))
                );
                // The very integers of a weight with a sign.
                let floats = constant_values(&model, &layer.weight);
                let signed = quantize(&floats, layer.shape[0], recipe.weight_limit, |_| 0.0);
                let moved: Vec<i16> = signed.values.iter().map(|v| i16::from(*v) + 128).collect();
                let stored = weight.raw_data.as_ref().unwrap().iter();
                assert_eq!(stored.map(|v| i16::from(*v)).collect::<Vec<_>>(), moved);
            }
        }
    }
}

#[test]
fn values_exist_before_they_are_used_and_have_one_name_each() {
    for (_, model) in encoders() {
        let float = half_of(&layers(&model).unwrap());
        for recipe in RECIPES {
            for float in [BTreeSet::new(), float.clone()] {
                let got = rewrite(&model, &recipe, &wide(&model), &float).unwrap();
                let graph = body(&got);
                let inputs = graph.input.iter().map(|i| i.name.as_deref().unwrap());
                let mut known = HashSet::new();
                for name in inputs.chain(graph.initializer.iter().map(name)) {
                    assert!(known.insert(name), "{name} twice");
                }
                let mut used = HashSet::new();
                for node in &graph.node {
                    for input in node.input.iter().filter(|input| !input.is_empty()) {
                        assert!(known.contains(&**input), "{input} too early");
                        used.insert(&**input);
                    }
                    for output in &node.output {
                        assert!(known.insert(output), "{output} twice");
                    }
                }
                for output in &graph.output {
                    assert!(known.contains(output.name.as_deref().unwrap()));
                }
                for constant in graph.initializer.iter().map(name) {
                    assert!(used.contains(constant), "nothing uses {constant}");
                }
            }
        }
    }
}

#[test]
fn an_activation_is_quantized_once() {
    for (_, model) in encoders() {
        let layers = layers(&model).unwrap();
        let activations: BTreeSet<&str> = layers.iter().map(|l| &*l.activation).collect();
        // The position table, for one, goes into every Conformer layer.
        assert!(activations.len() < layers.len());
        let outputs = layers.iter().filter(|l| l.kind == Kind::Convolution);
        let outputs = outputs.count();
        for recipe in RECIPES {
            let got = int8(&model, &recipe, &wide(&model));
            let (operator, expected) = match recipe.scheme {
                Scheme::Static(_) => ("QuantizeLinear", activations.len() + outputs),
                Scheme::Dynamic => ("DynamicQuantizeLinear", activations.len()),
            };
            assert_eq!(nodes(&got, operator).len(), expected, "{}", recipe.name);
        }
    }
}

#[test]
fn the_runtime_multiplies_integers() {
    if !runtime() {
        return;
    }
    for (_, model) in encoders() {
        let baseline = serialize(model.clone());
        let layers = layers(&model).unwrap();
        for float in [BTreeSet::new(), half_of(&layers)] {
            let quantized = layers.iter().filter(|layer| !float.contains(&layer.name));
            let quantized: Vec<String> = quantized.map(|layer| layer.weight.clone()).collect();
            let mut kept = product_weights(&baseline).unwrap();
            kept.retain(|weight| !quantized.contains(weight));
            for recipe in RECIPES {
                let got = rewrite(&model, &recipe, &wide(&model), &float).unwrap();
                let found = audit(
                    &serialize(got),
                    &Expected {
                        precision: Precision::Int8,
                        baseline: &baseline,
                        quantized: &quantized,
                        float: &kept,
                        session: &SessionSpec::default(),
                        max_ratio: None,
                    },
                );
                let found = found.unwrap_or_else(|error| panic!("{}: {error}", recipe.name));
                assert!(found.optimized.integer_kernels >= quantized.len());
            }
        }
    }
}

#[test]
fn every_range_must_be_there_and_finite() {
    let (_, model) = encoders().swap_remove(1);
    let sound = observed_names(&model);
    for missing in sound.keys() {
        let mut ranges = sound.clone();
        ranges.remove(missing);
        let error = rewrite(&model, &STATIC_S8S8, &ranges, &BTreeSet::new()).unwrap_err();
        assert!(matches!(error, QuantizeError::NoRange { name } if name == *missing));
        for (low, high) in [(f32::NAN, 1.0), (-1.0, f32::INFINITY)] {
            ranges.insert(missing.clone(), Range { low, high });
            let error = rewrite(&model, &STATIC_U8S8, &ranges, &BTreeSet::new()).unwrap_err();
            assert!(matches!(error, QuantizeError::NotFinite { what } if what == *missing));
        }
    }
    // A dynamic recipe asks for none.
    int8(&model, &DYNAMIC_U8S8, &Ranges::new());
}

/// Ranges of exactly those values that a static recipe asks for.
fn observed_names(model: &Model) -> Ranges {
    let layers = layers(model).unwrap();
    let mut ranges = wide(model);
    let asked: HashSet<&str> = layers
        .iter()
        .flat_map(|layer| {
            let output = (layer.kind == Kind::Convolution).then_some(&*layer.output);
            output.into_iter().chain([&*layer.activation])
        })
        .collect();
    ranges.retain(|name, _| asked.contains(&**name));
    assert!(asked.len() > 10 && ranges.len() == asked.len());
    ranges
}

#[test]
fn ranges_become_scales_and_zero_points() {
    let u8 = |low, high| Range::new(low, high).parameters(ActivationType::U8);
    let s8 = |low, high| Range::new(low, high).parameters(ActivationType::S8);
    assert_eq!(u8(0.0, 255.0), (1.0, 0));
    assert_eq!(s8(0.0, 255.0), (1.0, -128));
    assert_eq!(u8(-255.0, 0.0), (1.0, 255));
    assert_eq!(s8(-255.0, 0.0), (1.0, 127));
    assert_eq!(u8(-100.0, 155.0), (1.0, 100));
    assert_eq!(s8(-100.0, 155.0), (1.0, -28));
    // Zero is within.
    assert_eq!(u8(51.0, 255.0), (1.0, 0));
    assert_eq!(u8(-255.0, -51.0), (1.0, 255));
    for (scale, zero) in [u8(0.0, 0.0), s8(0.0, 0.0)] {
        assert!(scale.is_normal() && scale > 0.0 && (-128..=255).contains(&zero));
    }
    // The width of the range is beyond the greatest float.
    let (scale, zero) = u8(-3e38, 3e38);
    assert!((2.3e36..2.4e36).contains(&scale) && (127..=128).contains(&zero));
}

#[test]
fn a_range_beside_zero_is_widened() {
    let (_, model) = encoders().swap_remove(0);
    let activation = layers(&model).unwrap()[1].activation.clone();
    let constants = |range| {
        let mut ranges = wide(&model);
        ranges.insert(activation.clone(), range);
        let got = int8(&model, &STATIC_U8S8, &ranges);
        let zero = constant(&got, &format!("{activation}.zero_point"));
        let zero = zero.raw_data.clone().unwrap()[0];
        (constant_values(&got, &format!("{activation}.scale")), zero)
    };
    let (low, high) = (2.0, 2.55);
    assert_eq!(constants(Range { low, high }), (vec![2.55 / 255.0], 0));
    let (low, high) = (-2.55, -2.0);
    assert_eq!(constants(Range { low, high }), (vec![2.55 / 255.0], 255));
}

#[test]
fn an_activation_that_is_always_zero_leaves_the_bias() {
    if !runtime() {
        return;
    }
    // Norms of zeros: what goes into the layers behind them is zero.
    let (config, mut model) = encoders().swap_remove(0);
    for index in 0..config.encoder.layers {
        for part in ["weight", "bias"] {
            let norm = format!("layers.{index}.feed_forward1/norm.{part}");
            change(&mut model, &norm, |values| values.fill(0.0));
        }
    }
    let swipes = swipes(&config, &[20, 11], 6);
    let ranges = observed(&model, &swipes);
    assert!(ranges.values().any(|range| *range == Range::new(0.0, 0.0)));
    let fp32 = serialize(model.clone());
    for recipe in RECIPES {
        let file = serialize(int8(&model, &recipe, &ranges));
        let got = agreement(&fp32, &file, &swipes, LengthType::Int64, 0.99);
        got.unwrap_or_else(|error| panic!("{}: {error}", recipe.name));
    }
}

#[test]
fn weights_are_per_channel() {
    let (_, mut model) = encoders().swap_remove(0);
    let weight = "layers.1.feed_forward1/linear1.weight";
    let before = int8(&model, &STATIC_U8S8, &wide(&model));
    change(&mut model, weight, |values| {
        // The first of 20 channels of 12.
        values[..12].iter_mut().for_each(|value| *value *= 1e4);
    });
    let after = int8(&model, &STATIC_U8S8, &wide(&model));
    let rows = |model| {
        let integers = constant(model, &format!("{weight}.int8")).raw_data.clone();
        let scales = constant_values(model, &format!("{weight}.scale"));
        (integers.unwrap()[12..].to_vec(), scales[1..].to_vec())
    };
    assert_eq!(rows(&before), rows(&after));
    let first = |model| constant_values(model, &format!("{weight}.scale"))[0];
    assert!((first(&after) / first(&before) - 1e4).abs() < 1.0);
}

#[test]
fn a_recipe_is_named_in_the_metadata() {
    let (_, model) = encoders().swap_remove(0);
    for recipe in RECIPES {
        let got = int8(&model, &recipe, &wide(&model));
        let facts: BTreeMap<_, _> = got
            .metadata_props
            .iter()
            .map(|p| (&p.key, &p.value))
            .collect();
        let key = Some("swipekit.recipe".to_owned());
        assert_eq!(facts[&key].as_deref(), Some(recipe.name));
        assert_eq!(facts.len(), model.metadata_props.len() + 1);
    }
}

#[test]
fn weights_that_are_not_finite_are_refused() {
    let (_, model) = encoders().swap_remove(0);
    let layer = layers(&model).unwrap().swap_remove(3);
    for wrong in [&layer.weight, layer.bias.as_ref().unwrap()] {
        let mut model = model.clone();
        change(&mut model, wrong, |values| values[1] = f32::NAN);
        for recipe in RECIPES {
            let error = rewrite(&model, &recipe, &wide(&model), &BTreeSet::new()).unwrap_err();
            assert!(matches!(error, QuantizeError::NotFinite { what } if what == *wrong));
        }
    }
}
