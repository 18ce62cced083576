//! The tensors must be exactly those that the configuration requires.

use super::fixture::{Fixture, open, refusal, small_config};
use crate::checkpoint::{Problem, TensorProblem};

fn problems(fixture: &Fixture) -> (Vec<TensorProblem>, usize) {
    let [nemo, ckpt] =
        [fixture.nemo(), fixture.ckpt()].map(|bytes| match open(&bytes).unwrap_err().problem {
            Problem::Tensors { problems, more } => (problems, more),
            other => panic!("another problem: {other}"),
        });
    // Compared as text, because NaN equals nothing.
    assert_eq!(format!("{nemo:?}"), format!("{ckpt:?}"));
    nemo
}

#[test]
fn every_missing_unexpected_and_misshapen_tensor_is_named() {
    let mut fixture = Fixture::small();
    fixture
        .tensors
        .retain(|(name, _, _)| !name.starts_with("joint.enc."));
    fixture.tensors.push((
        "encoder.layers.2.norm_out.bias".to_owned(),
        vec![8],
        vec![0.0; 8],
    ));
    fixture
        .tensors
        .push(("encoder.pos_bias_u".to_owned(), vec![2, 4], vec![0.0; 8]));
    let embedding = fixture.tensor("decoder.prediction.embed.weight");
    embedding.1 = vec![3, 4];
    embedding.2.truncate(12);
    let (found, more) = problems(&fixture);
    let expected = [
        TensorProblem::Missing {
            name: "joint.enc.weight".into(),
            expected: vec![6, 8],
        },
        TensorProblem::Missing {
            name: "joint.enc.bias".into(),
            expected: vec![6],
        },
        TensorProblem::Unexpected {
            name: "encoder.layers.2.norm_out.bias".into(),
        },
        TensorProblem::Unexpected {
            name: "encoder.pos_bias_u".into(),
        },
        TensorProblem::Shape {
            name: "decoder.prediction.embed.weight".into(),
            expected: vec![4, 4],
            got: vec![3, 4],
        },
    ];
    assert_eq!((found.as_slice(), more), (expected.as_slice(), 0));
    let message = refusal(&fixture.nemo());
    assert!(
        message.starts_with("5 problems:") && message.contains("joint.enc.weight is missing"),
        "{message}"
    );
}

#[test]
fn a_long_list_of_problems_is_cut() {
    let mut fixture = Fixture::small();
    fixture
        .tensors
        .retain(|(name, _, _)| name.starts_with("joint."));
    let (found, more) = problems(&fixture);
    assert_eq!(found.len(), 40);
    assert_eq!(
        found.len() + more,
        Fixture::small().tensors.len() - fixture.tensors.len()
    );
    assert!(refusal(&fixture.nemo()).ends_with(&format!("and {more} more")));
}

#[test]
fn the_configuration_alone_says_what_is_expected() {
    for (key, value) in [
        ("n_layers", 3),
        ("d_model", 16),
        ("conv_kernel_size", 5),
        ("subsampling_factor", 4),
    ] {
        let mut fixture = Fixture::small();
        fixture.config["encoder"][key] = value.into();
        assert!(!problems(&fixture).0.is_empty(), "{key}");
    }
    let mut fixture = Fixture::small();
    fixture.config["labels"] = serde_json::json!(["a", "b"]);
    assert_eq!(
        problems(&fixture).0.len(),
        3,
        "embedding, output weight and bias"
    );
    let mut fixture = Fixture::small();
    fixture.config["joint"]["jointnet"]["dropout"] = 0.into();
    assert_eq!(
        problems(&fixture).0.len(),
        4,
        "joint_net.1 is missing, joint_net.2 unexpected"
    );
    let mut fixture = Fixture::small();
    fixture.config["encoder"]["conv_norm_type"] = "layer_norm".into();
    assert_eq!(
        problems(&fixture).0.len(),
        4,
        "running statistics are unexpected"
    );
}

#[test]
fn weights_that_are_not_numbers_are_named() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut fixture = Fixture::small();
        fixture.tensor("joint.pred.weight").2[7] = bad;
        let (found, _) = problems(&fixture);
        let [TensorProblem::Value { name, index: 7, .. }] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(name, "joint.pred.weight");
    }
    let mut fixture = Fixture::small();
    fixture
        .tensor("encoder.layers.0.conv.batch_norm.running_var")
        .2[0] = -0.5;
    assert!(
        refusal(&fixture.ckpt())
            .contains("running_var[0] is -0.5, expected a variance of at least 0")
    );
}

#[test]
fn tied_biases_must_be_equal() {
    let mut config = small_config();
    config["encoder"]["untie_biases"] = false.into();
    let mut fixture = Fixture::of(config);
    open(&fixture.nemo()).unwrap();
    fixture.tensor("encoder.layers.1.self_attn.pos_bias_v").2[2] += 1.0;
    let message = refusal(&fixture.nemo());
    assert!(
        message.contains("encoder.layers.1.self_attn.pos_bias_v[2]")
            && message.contains("untie_biases"),
        "{message}"
    );
}

#[test]
fn integer_weights_are_refused() {
    let fixture = Fixture::small();
    let bytes = fixture.ckpt();
    let from = b"ctorch\nFloatStorage\n";
    let (state_dict, storages) = fixture.state_dict();
    let root = super::fixture::Py::Dict(vec![
        (super::fixture::text("state_dict"), state_dict),
        (
            super::fixture::text("hyper_parameters"),
            super::fixture::plain(&fixture.config),
        ),
    ]);
    let pickle = super::fixture::pickle(&root);
    let at = pickle
        .windows(from.len())
        .position(|window| window == from)
        .unwrap();
    let mut changed = pickle[..at].to_vec();
    changed.extend(b"ctorch\nIntStorage\n");
    changed.extend(&pickle[at + from.len()..]);
    let message = refusal(&super::fixture::torch_zip("archive/", &changed, &storages));
    assert!(
        message.contains("encoder.pre_encode.out.weight") && message.contains("integers"),
        "{message}"
    );
    assert!(open(&bytes).is_ok());
}
