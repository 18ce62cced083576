//! The list of tensors, its roles and its agreement with the tree.

use std::collections::BTreeSet;

use super::*;
use crate::fixtures::{random_weights, small_config, small_configs};

#[test]
fn every_tensor_has_a_name_of_its_own_and_a_part() {
    for config in small_configs() {
        let specs = tensors(&config);
        let names: BTreeSet<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
        assert_eq!(names.len(), specs.len());
        assert!(names.iter().all(|name| Part::of(name).is_some()));
        assert!(counters(&config).all(|name| !names.contains(name.as_str())));
    }
    assert_eq!(Part::of("encoder"), None);
    assert_eq!(Part::of("preprocessor.featurizer.fb"), None);
}

#[test]
fn the_tree_has_each_tensor_in_the_place_of_its_role() {
    let config = small_config();
    let tree = tree(&config);
    let layer = &tree.layers[1];
    assert_eq!(
        layer.attention.position.name,
        "encoder.layers.1.self_attn.linear_pos.weight"
    );
    assert_eq!(layer.convolution.depthwise.weight.shape, [12, 1, 5]);
    assert_eq!(
        tree.subsampling_out.weight.name,
        format!("{FIRST_LAYER}.weight")
    );
    assert_eq!(tree.lstm[1].bias_hh.shape, [28]);
    assert_eq!(tree.joint_output.bias.name, "joint.joint_net.2.bias");
    let ConvolutionNorm::Batch { variance, .. } = &layer.convolution.inner_norm else {
        panic!("the configuration has batch norms")
    };
    assert_eq!(variance.role, Role::Variance);
    assert_eq!(counters(&config).count(), 2);
}

#[test]
fn the_first_error_ends_the_walk() {
    let mut seen = 0;
    let result = parameters(&small_config(), |spec| {
        seen += 1;
        match spec.role {
            Role::Scale => Err(spec.name),
            _ => Ok(()),
        }
    });
    assert_eq!(
        result.unwrap_err(),
        "encoder.layers.0.norm_feed_forward1.weight"
    );
    assert_eq!(seen, 5);
}

#[test]
fn only_biases_of_the_attention_are_tied() {
    let mut config = small_config();
    assert_eq!(tied(&config), []);
    config.encoder.untie_biases = false;
    config.encoder.layers = 3;
    let pairs = tied(&config);
    assert_eq!(pairs.len(), 4);
    let weights = random_weights(&config, 1);
    for (first, tied) in pairs {
        assert!(first.starts_with("encoder.layers.0.self_attn.pos_bias_"));
        assert_eq!(weights.get(&first), weights.get(&tied));
    }
}
