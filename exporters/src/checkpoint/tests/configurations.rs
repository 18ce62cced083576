//! What of NeMo's configurations is accepted, and what is refused by name.

use serde_json::{Value as Json, json};
use swipekit::internals::features::FeaturizerSpec;
use swipekit::layout::Layout;

use super::fixture::{Fixture, omegaconf, open, refusal, small_config, text, tree};
use crate::checkpoint::Problem;
use crate::checkpoint::interpret::model_config;
use crate::checkpoint::yaml::from_yaml;
use crate::schema::{Activation, ModelConfig};

/// The small configuration with one value changed; null is a value.
fn with(pointer: &str, value: Json) -> Json {
    let mut config = small_config();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    config.pointer_mut(parent).unwrap()[key] = value;
    config
}

fn read(config: &Json) -> Result<ModelConfig, Problem> {
    model_config(&tree(config))
}

#[test]
fn whatever_would_change_the_maths_is_refused_by_name() {
    let cases = [
        (
            "/encoder/_target_",
            json!("nemo.collections.asr.modules.SqueezeformerEncoder"),
        ),
        (
            "/encoder/_target_",
            json!("nemo.collections.asr.modules.ConformerEncoderAdapter"),
        ),
        ("/encoder/_target_", json!("mine.ConformerEncoder")),
        ("/encoder/self_attention_model", json!("abs_pos")),
        ("/encoder/self_attention_model", json!("rel_pos_local_attn")),
        ("/encoder/att_context_size", json!([70, 1])),
        ("/encoder/att_context_size", json!([-1, 0])),
        ("/encoder/att_context_size", json!([[-1, -1], [70, 13]])),
        ("/encoder/att_context_style", json!("chunked_limited")),
        ("/encoder/att_chunk_context_size", json!([1, 2])),
        ("/encoder/conv_context_style", json!("dcc")),
        ("/encoder/conv_context_size", json!("causal")),
        ("/encoder/conv_context_size", json!([2, 0])),
        ("/encoder/causal_downsampling", json!(true)),
        ("/encoder/subsampling", json!("dw_striding")),
        ("/encoder/subsampling", json!("vggnet")),
        ("/encoder/subsampling", json!("stacking")),
        ("/encoder/subsampling_factor", json!(1)),
        ("/encoder/subsampling_factor", json!(6)),
        ("/encoder/subsampling_factor", json!(16)),
        ("/encoder/feat_out", json!(20)),
        ("/encoder/use_bias", json!(false)),
        ("/encoder/conv_norm_type", json!("group_norm4")),
        ("/encoder/conv_norm_type", json!("instance_norm")),
        ("/encoder/conv_norm_type", json!("fused_batch_norm")),
        ("/encoder/adapters", json!({"a": {}})),
        ("/encoder/some_new_option", json!(3)),
        (
            "/decoder/_target_",
            json!("nemo.collections.asr.modules.StatelessTransducerDecoder"),
        ),
        ("/decoder/normalization_mode", json!("layer")),
        ("/decoder/normalization_mode", json!("batch")),
        ("/decoder/blank_as_pad", json!(false)),
        ("/decoder/context_size", json!(2)),
        ("/decoder/prednet/pred_rnn_layers", json!(4)),
        ("/decoder/prednet/rnn_hidden_size", json!(16)),
        ("/decoder/prednet/rnn_type", json!("gru")),
        (
            "/joint/_target_",
            json!("nemo.collections.asr.modules.HATJoint"),
        ),
        (
            "/joint/_target_",
            json!("nemo.collections.asr.modules.SampledRNNTJoint"),
        ),
        ("/joint/num_extra_outputs", json!(5)),
        ("/joint/masking_prob", json!(0.2)),
        ("/joint/jointnet/activation", json!("gelu")),
        ("/joint/jointnet/activation", json!("ReLU")),
        ("/joint/jointnet/bottleneck", json!(3)),
        ("/loss", json!({"loss_name": "tdt"})),
        ("/loss", json!({"loss_name": "multiblank_rnnt"})),
    ];
    for (pointer, value) in cases {
        let problem = read(&with(pointer, value.clone())).unwrap_err();
        let key = pointer.trim_start_matches('/').replace('/', ".");
        match &problem {
            Problem::Unsupported { key: named, .. } => {
                assert!(named.starts_with(&key), "{pointer} {value}: {problem}")
            }
            other => panic!("{pointer} {value}: {other}"),
        }
    }
    let reduced = with("/encoder/reduction", json!("pooling"));
    assert!(
        read(&reduced).is_ok(),
        "NeMo's default factor 1 turns it off"
    );
    let mut reduced = reduced;
    reduced["encoder"]["reduction_factor"] = json!(2);
    assert!(
        read(&reduced)
            .unwrap_err()
            .to_string()
            .contains("encoder.reduction")
    );
    let mut subwords = small_config();
    subwords.as_object_mut().unwrap().remove("labels");
    subwords["tokenizer"] = json!({"type": "bpe"});
    assert!(
        read(&subwords)
            .unwrap_err()
            .to_string()
            .contains("tokenizer")
    );
}

#[test]
fn values_that_make_no_sense_are_refused_by_name() {
    let cases = [
        ("/encoder/d_model", json!("8x")),
        ("/encoder/d_model", json!(0)),
        ("/encoder/d_model", json!(-8)),
        ("/encoder/d_model", json!(7)),
        ("/encoder/d_model", json!(9_000_000_000_000_i64)),
        ("/encoder/d_model", json!("???")),
        ("/encoder/d_model", json!(null)),
        ("/encoder/d_model", json!(8.0)),
        ("/encoder/n_heads", json!(3)),
        ("/encoder/n_layers", json!(1_000_000)),
        ("/encoder/conv_kernel_size", json!(4)),
        ("/encoder/ff_expansion_factor", json!(0.3)),
        ("/encoder/ff_expansion_factor", json!(-1)),
        ("/encoder/ff_expansion_factor", json!(1e300)),
        ("/encoder/subsampling_conv_channels", json!(0)),
        ("/encoder/subsampling_conv_channels", json!(-2)),
        ("/encoder/xscaling", json!("yes, please")),
        ("/encoder", json!(null)),
        ("/decoder/prednet", json!([1])),
        ("/joint/log_softmax", json!("auto")),
        ("/labels", json!([])),
        ("/labels", json!(["a", 1])),
        ("/labels", json!(["a", "b", "a"])),
        ("/labels", json!("abc")),
        ("/feature_scale", json!([1, 2])),
        ("/feature_scale", json!([1, 2, 3, 4, "x"])),
        ("/featurizer", json!("kinematic37")),
        ("/featurizer", json!({"id": "kinematic37"})),
        ("/featurizer", {
            let mut spec = json!(FeaturizerSpec::seed());
            spec["version"] = 99.into();
            spec
        }),
        ("/layout", json!({"name": "none", "keys": []})),
    ];
    for (pointer, value) in cases {
        let problem = read(&with(pointer, value.clone())).unwrap_err();
        let key = pointer.trim_start_matches('/').replace('/', ".");
        match &problem {
            Problem::Config { key: named, .. } => {
                assert!(named.starts_with(&key), "{pointer} {value}: {problem}")
            }
            other => panic!("{pointer} {value}: {other}"),
        }
    }
    for key in ["encoder", "decoder", "joint", "labels"] {
        let mut config = small_config();
        config.as_object_mut().unwrap().remove(key);
        assert!(read(&config).unwrap_err().to_string().contains(key));
    }
    assert!(read(&json!([1])).is_err());
}

#[test]
fn defaults_are_those_of_nemo() {
    let mut config = small_config();
    config["encoder"] = json!({
        "_target_": "nemo.collections.asr.modules.conformer_encoder.ConformerEncoder",
        "feat_in": 5, "n_layers": 1, "d_model": 8
    });
    config["joint"]["jointnet"] = json!({"joint_hidden": 6, "activation": "sigmoid"});
    let config = read(&config).unwrap();
    let encoder = &config.encoder;
    assert_eq!(
        (encoder.heads, encoder.kernel, encoder.feed_forward),
        (4, 31, 32)
    );
    assert_eq!((encoder.subsampling, encoder.conv_channels), (4, 8));
    assert!(encoder.xscaling && encoder.untie_biases);
    assert_eq!(
        (config.joint.output_layer.as_str(), config.joint.activation),
        ("joint_net.1", Activation::Sigmoid)
    );
}

#[test]
fn whole_models_of_the_accepted_space_load() {
    let cases = [
        vec![("/encoder/subsampling_factor", json!(4))],
        vec![
            ("/encoder/subsampling_factor", json!(8)),
            ("/encoder/subsampling_conv_channels", json!(-1)),
        ],
        vec![
            ("/encoder/conv_norm_type", json!("layer_norm")),
            ("/encoder/xscaling", json!(false)),
        ],
        vec![
            ("/encoder/untie_biases", json!(false)),
            ("/encoder/n_layers", json!(3)),
        ],
        vec![
            ("/encoder/ff_expansion_factor", json!(1.5)),
            ("/encoder/n_heads", json!(8)),
        ],
        vec![
            ("/encoder/att_context_size", json!(null)),
            ("/encoder/conv_context_size", json!([1, 1])),
        ],
        vec![
            ("/encoder/att_context_size", json!([[-1, -1]])),
            ("/encoder/feat_out", json!(8)),
        ],
        vec![
            ("/encoder/stochastic_depth_drop_prob", json!(0.3)),
            ("/encoder/use_pytorch_sdpa", json!(true)),
        ],
        vec![
            ("/decoder/prednet/pred_rnn_layers", json!(3)),
            ("/decoder/prednet/rnn_hidden_size", json!(4)),
        ],
        vec![
            ("/joint/jointnet/dropout", json!(0.0)),
            ("/joint/jointnet/activation", json!("relu")),
        ],
        vec![
            ("/joint/jointnet/dropout", json!(null)),
            ("/joint/log_softmax", json!(false)),
        ],
        vec![
            ("/labels", json!(["ä", "ß", "<unk>", "yes"])),
            ("/feature_scale", json!([1, 0.5, 0, -2, 1e-3])),
        ],
        vec![
            (
                "/featurizer",
                json!(FeaturizerSpec::kinematic37(
                    Layout::qwerty_unshifted().key_centres(),
                    vec![0.1; 37]
                )),
            ),
            ("/layout", json!(Layout::qwertz())),
        ],
        vec![("/encoder/d_model", json!("${..model_defaults.enc_hidden}"))],
        vec![
            ("/encoder/n_heads", json!("${.n_layers}")),
            ("/labels", json!(["${joint.jointnet.activation}", "x"])),
        ],
    ];
    for changes in cases {
        let mut config = small_config();
        for (pointer, value) in &changes {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            config.pointer_mut(parent).unwrap()[key] = value.clone();
        }
        let fixture = Fixture::of(config);
        let nemo = open(&fixture.nemo()).unwrap_or_else(|error| panic!("{changes:?}: {error}"));
        let ckpt = open(&fixture.ckpt_with(omegaconf(&json!({"cfg": fixture.config})))).unwrap();
        assert!(
            nemo.weights == ckpt.weights && nemo.config == ckpt.config,
            "{changes:?}"
        );
    }
}

#[test]
fn labels_that_another_place_tells_as_well_load() {
    let same = json!(["'", "a", "b"]);
    let cases = [
        vec![("/joint/vocabulary", same.clone())],
        vec![("/joint/vocabulary", json!("${labels}"))],
        vec![
            ("/labels", json!("${joint.vocabulary}")),
            ("/joint/vocabulary", same.clone()),
        ],
        vec![("/joint/vocabulary", json!(["${labels[0]}", "a", "b"]))],
        vec![
            ("/joint/vocabulary", json!(null)),
            ("/joint/num_classes", json!(null)),
        ],
        vec![
            ("/decoder/vocab_size", json!(-1)),
            ("/joint/num_classes", json!(-1)),
        ],
        vec![
            ("/joint/vocabulary", same),
            ("/joint/num_classes", json!("${decoder.vocab_size}")),
            ("/decoder/vocab_size", json!(3)),
        ],
    ];
    for changes in cases {
        let mut fixture = Fixture::small();
        for (pointer, value) in &changes {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            fixture.config.pointer_mut(parent).unwrap()[key] = value.clone();
        }
        for bytes in [
            fixture.nemo(),
            fixture.ckpt_with(omegaconf(&json!({"cfg": fixture.config}))),
        ] {
            let checkpoint = open(&bytes).unwrap_or_else(|error| panic!("{changes:?}: {error}"));
            assert_eq!(checkpoint.config.labels, ["'", "a", "b"]);
        }
    }
}

/// What NeMo's `change_vocabulary()` leaves behind.
#[test]
fn labels_that_differ_from_those_of_the_joint_are_refused() {
    let cases = [
        (
            "/joint/vocabulary",
            json!(["'", "b", "a"]),
            "labels[1] is \"a\", joint.vocabulary[1] is \"b\", they have 3 and 3 labels",
        ),
        (
            "/joint/vocabulary",
            json!(["'", "a"]),
            "labels[2] is \"b\", joint.vocabulary[2] is missing, they have 3 and 2 labels",
        ),
        (
            "/joint/vocabulary",
            json!(["'", "a", "b", "c"]),
            "labels[3] is missing, joint.vocabulary[3] is \"c\", they have 3 and 4 labels",
        ),
        (
            "/joint/vocabulary",
            json!(["'", "a", 7]),
            "labels[2] is \"b\", joint.vocabulary[2] is 7, they have 3 and 3 labels",
        ),
        (
            "/joint/vocabulary",
            json!([]),
            "labels[0] is \"'\", joint.vocabulary[0] is missing, they have 3 and 0 labels",
        ),
        (
            "/decoder/vocab_size",
            json!(4),
            "there are 3 labels, decoder.vocab_size is 4",
        ),
        (
            "/joint/num_classes",
            json!(2),
            "there are 3 labels, joint.num_classes is 2",
        ),
    ];
    for (pointer, value, difference) in cases {
        let mut fixture = Fixture::small();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        fixture.config.pointer_mut(parent).unwrap()[key] = value;
        let field = pointer.trim_start_matches('/').replace('/', ".");
        for bytes in [
            fixture.nemo(),
            fixture.ckpt_with(omegaconf(&json!({"cfg": fixture.config}))),
        ] {
            let message = refusal(&bytes);
            let start = format!("labels and {field} differ: {difference}; ");
            assert!(message.contains(&start), "{message}");
            assert!(message.contains("model.cfg.labels ="), "{message}");
        }
    }
    for (pointer, value) in [
        ("/joint/vocabulary", json!("'ab")),
        ("/joint/vocabulary", json!("???")),
        ("/decoder/vocab_size", json!("three")),
    ] {
        let message = read(&with(pointer, value)).unwrap_err().to_string();
        let field = pointer.trim_start_matches('/').replace('/', ".");
        assert!(message.contains(&field), "{message}");
    }
}

#[test]
fn featurizer_and_layout_are_those_that_training_wrote() {
    let mut config = small_config();
    assert_eq!(read(&config).unwrap().featurizer, None);
    let (spec, layout) = (
        FeaturizerSpec::kinematic37(Layout::qwerty_unshifted().key_centres(), vec![0.3; 37]),
        Layout::dvorak(),
    );
    config["featurizer"] = json!(spec);
    config["layout"] = json!(layout);
    let config = read(&config).unwrap();
    assert_eq!(
        (config.featurizer, config.layout),
        (Some(spec), Some(layout))
    );
}

#[test]
fn references_that_lead_nowhere_are_refused() {
    for reference in [
        "${a.b.c}",
        "${oc.env:HOME}",
        "x${model_defaults.enc_hidden}",
        "${.d_model}",
        "${",
        "${}",
        "${.....x}",
        "${${a}}",
    ] {
        let problem = read(&with("/encoder/d_model", json!(reference))).unwrap_err();
        assert!(
            matches!(
                problem,
                Problem::Config { .. } | Problem::Unsupported { .. }
            ),
            "{reference}: {problem}"
        );
    }
    let mut config = with("/encoder/d_model", json!("${model_defaults.enc_hidden}"));
    config["model_defaults"]["enc_hidden"] = json!("${encoder.d_model}");
    assert!(
        read(&config)
            .unwrap_err()
            .to_string()
            .contains("without an end")
    );
}

#[test]
fn python_objects_in_the_configuration_are_refused_where_they_are_read() {
    let mut fixture = Fixture::small();
    let path = || super::fixture::call("pathlib", "PosixPath", vec![text("/data")]);
    let put = |fixture: &Fixture, key: &str, inside: Option<&str>| {
        let super::fixture::Py::Dict(mut entries) = super::fixture::plain(&fixture.config) else {
            panic!()
        };
        match inside {
            None => entries.push((text(key), path())),
            Some(section) => {
                let entry = entries.iter_mut().find(
                    |(name, _)| matches!(name, super::fixture::Py::Str(name) if name == section),
                );
                let Some((_, super::fixture::Py::Dict(inner))) = entry else {
                    panic!()
                };
                inner.push((text(key), path()));
            }
        }
        fixture.ckpt_with(super::fixture::Py::Dict(entries))
    };
    open(&put(&fixture, "train_ds", None)).unwrap();
    fixture.config["encoder"]
        .as_object_mut()
        .unwrap()
        .remove("xscaling");
    let message = refusal(&put(&fixture, "xscaling", Some("encoder")));
    assert!(
        message.contains("encoder.xscaling") && message.contains("pathlib.PosixPath"),
        "{message}"
    );
}

#[test]
fn yaml_is_typed_as_omegaconf_types_it() {
    let yaml = b"a: 1\nb: 1.0e-05\nc: 'yes'\nd: on\ne: null\nf: ~\ng: [1, -2, .5]\nh: !!str 12\ni: '${a}'\nj: \"x\\ty\"\nl: 1e3\nm:\n- n\n- 'y'\n";
    let tree = from_yaml(yaml).unwrap();
    use crate::checkpoint::value::Value::{Bool, Float, Int, List, Null, Str};
    let expected = [
        ("a", Int(1)),
        ("b", Float(1e-5)),
        ("c", Str("yes".into())),
        ("d", Bool(true)),
        ("e", Null),
        ("f", Null),
        ("g", List(vec![Int(1), Int(-2), Float(0.5)])),
        ("h", Str("12".into())),
        ("i", Str("${a}".into())),
        ("j", Str("x\ty".into())),
        ("l", Float(1000.0)),
        ("m", List(vec![Str("n".into()), Str("y".into())])),
    ];
    for (key, value) in expected {
        assert_eq!(tree.get(key), Some(&value), "{key}");
    }
}
