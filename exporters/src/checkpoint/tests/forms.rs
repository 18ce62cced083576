//! The same model gives the same checkpoint from every form of file.

use std::collections::BTreeMap;

use super::fixture::{
    Fixture, Py, Storage, call, gzip, omegaconf, open, pickle, plain, small_config, tar, text,
    torch_zip,
};
use crate::checkpoint::{Checkpoint, CheckpointKind};
use crate::schema::Tensor;

fn assert_holds(checkpoint: &Checkpoint, fixture: &Fixture) {
    let expected: BTreeMap<_, _> = fixture
        .tensors
        .iter()
        .map(|(name, shape, data)| {
            (
                name.clone(),
                Tensor {
                    shape: shape.clone(),
                    data: data.clone(),
                },
            )
        })
        .collect();
    assert!(checkpoint.weights.tensors == expected);
    assert_eq!(
        (
            checkpoint.config.encoder.features,
            checkpoint.config.prediction.hidden
        ),
        (5, 4)
    );
    assert_eq!(checkpoint.config.joint.output_layer, "joint_net.2");
}

#[test]
fn lightning_checkpoints_with_any_configuration_object() {
    let fixture = Fixture::small();
    let attributes = Py::Items(
        Box::new(call(
            "lightning_fabric.utilities.data",
            "AttributeDict",
            vec![],
        )),
        vec![
            (text("cfg"), omegaconf(&fixture.config)),
            (text("trainer"), Py::None),
        ],
    );
    let ordered = Py::Items(
        Box::new(call("collections", "OrderedDict", vec![])),
        vec![(text("cfg"), plain(&fixture.config))],
    );
    let forms = [
        Py::Dict(vec![(text("cfg"), plain(&fixture.config))]),
        plain(&fixture.config),
        omegaconf(&serde_json::json!({"cfg": fixture.config})),
        omegaconf(&fixture.config),
        Py::Dict(vec![(text("cfg"), omegaconf(&fixture.config))]),
        attributes,
        ordered,
    ];
    for parameters in forms {
        let checkpoint = open(&fixture.ckpt_with(parameters)).unwrap();
        assert_eq!(checkpoint.kind, CheckpointKind::Lightning);
        assert_holds(&checkpoint, &fixture);
    }
}

#[test]
fn values_in_any_floating_point_storage() {
    use Storage::{Bf16, F16, F32, F64, Parameter, Strided, Untyped};
    for storage in [F32, F16, F64, Untyped, Parameter, Strided] {
        let fixture = Fixture {
            storage,
            ..Fixture::small()
        };
        assert_holds(&open(&fixture.ckpt()).unwrap(), &fixture);
        assert_holds(&open(&fixture.nemo()).unwrap(), &fixture);
    }
    let mut fixture = Fixture {
        storage: Bf16,
        ..Fixture::small()
    };
    for (_, _, data) in &mut fixture.tensors {
        data.iter_mut()
            .for_each(|value| *value = half::bf16::from_f32(*value).to_f32());
    }
    assert_holds(&open(&fixture.ckpt()).unwrap(), &fixture);
}

#[test]
fn nemo_archives_of_any_spelling() {
    let fixture = Fixture::small();
    let entries = fixture.nemo_entries();
    let bare: Vec<_> = entries
        .iter()
        .map(|(name, bytes)| (name.trim_start_matches("./"), bytes.clone()))
        .collect();
    let mut extended = vec![("./tokenizer/vocab.txt", b"a\n".to_vec())];
    extended.extend(
        entries
            .iter()
            .rev()
            .map(|(name, bytes)| (*name, bytes.clone())),
    );
    for archive in [
        tar(&entries),
        tar(&bare),
        tar(&extended),
        gzip(&tar(&entries)),
        gzip(&tar(&bare)),
    ] {
        let checkpoint = open(&archive).unwrap();
        assert_eq!(checkpoint.kind, CheckpointKind::Nemo);
        assert_holds(&checkpoint, &fixture);
    }
}

#[test]
fn names_of_compiled_modules_and_any_prefix() {
    let fixture = Fixture::small();
    let mut compiled = Fixture {
        prefix: "a name/of folders/",
        ..fixture.clone()
    };
    for (name, _, _) in &mut compiled.tensors {
        let (module, rest) = name.split_once('.').unwrap();
        *name = format!(
            "{module}._orig_mod.{}",
            rest.replace("layers.1.", "layers.1._orig_mod.")
        );
    }
    assert_holds(&open(&compiled.ckpt()).unwrap(), &fixture);
    compiled.prefix = "";
    assert_holds(&open(&compiled.ckpt()).unwrap(), &fixture);
}

#[test]
fn whatever_is_not_the_network_is_ignored() {
    let fixture = Fixture::small();
    let mut more = fixture.clone();
    for name in [
        "preprocessor.featurizer.fb",
        "loss.weight",
        "ctc_decoder.bias",
        "spec_augmentation.x",
    ] {
        more.tensors
            .push((name.to_owned(), vec![2], vec![f32::NAN; 2]));
    }
    let counter = "encoder.layers.1.conv.batch_norm.num_batches_tracked";
    more.tensors.push((counter.to_owned(), vec![], vec![7.0]));
    assert_holds(&open(&more.nemo()).unwrap(), &fixture);
}

#[test]
fn tensors_that_share_a_storage() {
    // Tied biases: torch writes one storage, and every layer's name refers to it.
    let mut config = small_config();
    config["encoder"]["untie_biases"] = false.into();
    let fixture = Fixture::of(config);
    let (Py::Build(dictionary, _), mut storages) = fixture.state_dict() else {
        panic!()
    };
    let Py::Items(_, mut items) = *dictionary else {
        panic!()
    };
    let find = |items: &[(Py, Py)], wanted: &str| {
        items
            .iter()
            .position(|(key, _)| matches!(key, Py::Str(key) if key == wanted))
    };
    let of_layer = |layer: usize| format!("encoder.layers.{layer}.self_attn.pos_bias_u");
    let first = find(&items, &of_layer(0)).unwrap();
    let second = find(&items, &of_layer(1)).unwrap();
    items[second].1 = items[first].1.clone();
    storages[second].clear(); // no longer referred to
    let root = Py::Dict(vec![
        (text("state_dict"), Py::Dict(items)),
        (text("hyper_parameters"), plain(&fixture.config)),
    ]);
    let checkpoint = open(&torch_zip("archive/", &pickle(&root), &storages)).unwrap();
    assert!(!checkpoint.config.encoder.untie_biases);
    assert_holds(&checkpoint, &fixture);
}
