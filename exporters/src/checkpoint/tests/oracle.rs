//! Files written by NeMo and Lightning.

use crate::checkpoint::{Checkpoint, CheckpointKind};
pub(super) use swipekit_test_support::shared;

use crate::schema::{Activation, ConvNorm};

/// Reads a file and compares names and shapes with NeMo's own list.
fn open(directory: &str, file: &str) -> Option<Checkpoint> {
    let path = shared(&format!("oracle/{directory}/{file}"))?;
    let checkpoint = Checkpoint::open(&path).unwrap();
    let list = std::fs::read_to_string(path.with_file_name("state_dict.json")).unwrap();
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let mut expected: Vec<(String, Vec<usize>)> = Vec::new();
    for (name, entry) in list.as_object().unwrap() {
        if !name.starts_with("preprocessor.") && !name.ends_with("num_batches_tracked") {
            let sizes = entry["shape"].as_array().unwrap().iter();
            expected.push((
                name.clone(),
                sizes.map(|size| size.as_u64().unwrap() as usize).collect(),
            ));
        }
    }
    expected.sort();
    let got: Vec<_> = checkpoint
        .weights
        .tensors
        .iter()
        .map(|(name, tensor)| (name.clone(), tensor.shape.clone()))
        .collect();
    assert_eq!(got, expected, "{directory}/{file}");
    for (name, tensor) in &checkpoint.weights.tensors {
        assert_eq!(
            tensor.data.len(),
            tensor.shape.iter().product::<usize>(),
            "{name}"
        );
    }
    assert_eq!(checkpoint.file_name, file);
    Some(checkpoint)
}

#[test]
fn every_form_of_a_checkpoint_gives_the_same_network() {
    for name in ["tiny", "tiny4"] {
        let Some(nemo) = open(name, &format!("{name}.nemo")) else {
            return;
        };
        assert_eq!(nemo.kind, CheckpointKind::Nemo);
        for file in [
            format!("{name}.ckpt"),
            format!("{name}_compiled_encoder.ckpt"),
            format!("{name}_compiled_all.ckpt"),
        ] {
            let Some(ckpt) = open(name, &file) else {
                return;
            };
            assert_eq!(ckpt.kind, CheckpointKind::Lightning);
            assert_eq!(ckpt.config, nemo.config, "{file}");
            assert!(
                ckpt.weights == nemo.weights,
                "{file}: other weights than {name}.nemo"
            );
            assert_ne!(ckpt.sha256, nemo.sha256);
        }
    }
}

#[test]
fn configurations_are_read_as_nemo_reads_them() {
    let Some(tiny) = open("tiny", "tiny.nemo") else {
        return;
    };
    assert_eq!(
        tiny.sha256,
        "3f7e959bcdb89479cb3eea1777cb800aeace3327c8a434abe3b5bbba164bef36"
    );
    assert_eq!(
        tiny.weights.parameter_count(),
        85_454 + 2 * 2 * 32,
        "parameters and running statistics"
    );
    let encoder = &tiny.config.encoder;
    assert_eq!(
        (
            encoder.features,
            encoder.d_model,
            encoder.layers,
            encoder.heads
        ),
        (37, 32, 2, 2)
    );
    assert_eq!(
        (
            encoder.kernel,
            encoder.feed_forward,
            encoder.subsampling,
            encoder.conv_channels
        ),
        (9, 128, 2, 32)
    );
    assert_eq!(
        (encoder.conv_norm, encoder.xscaling, encoder.untie_biases),
        (ConvNorm::BatchNorm, true, true)
    );
    assert_eq!(
        (tiny.config.prediction.hidden, tiny.config.prediction.layers),
        (24, 2)
    );
    assert_eq!(
        (tiny.config.joint.hidden, tiny.config.joint.activation),
        (40, Activation::Relu)
    );
    assert_eq!(
        (
            tiny.config.joint.log_softmax,
            tiny.config.joint.output_layer.as_str()
        ),
        (Some(true), "joint_net.2")
    );
    assert_eq!(tiny.config.labels.len(), 29);
    assert_eq!(tiny.config.labels[..3], ["<blank>", "'", "a"]);
    assert_eq!(tiny.config.feature_scale, None);

    let Some(tiny4) = open("tiny4", "tiny4.nemo") else {
        return;
    };
    assert_eq!(
        (
            tiny4.config.encoder.subsampling,
            tiny4.config.encoder.conv_norm
        ),
        (4, ConvNorm::LayerNorm)
    );
    assert_eq!(
        (
            tiny4.config.joint.log_softmax,
            tiny4.config.joint.output_layer.as_str()
        ),
        (None, "joint_net.1")
    );
    assert_eq!(tiny4.weights.parameter_count(), 80_686);
    let embedding = tiny4
        .weights
        .get("decoder.prediction.embed.weight")
        .unwrap();
    assert!(
        embedding.data[29 * 24..].iter().all(|value| *value == 0.0),
        "the padding row is zero"
    );
    assert_eq!(
        tiny4.weights.get("nothing").unwrap_err().to_string(),
        "the checkpoint has no tensor nothing"
    );
}

#[test]
fn the_large_model_loads() {
    let Some(seed) = open("seed", "seed.nemo") else {
        return;
    };
    assert_eq!(seed.weights.parameter_count(), 15_924_382 + 8 * 2 * 256);
    assert_eq!(
        (seed.config.encoder.layers, seed.config.encoder.kernel),
        (8, 31)
    );
}

#[test]
fn the_trained_model_loads_with_its_scale() {
    let Some(path) = shared("checkpoints/en-qwerty-poc.nemo") else {
        return;
    };
    let nemo = Checkpoint::open(&path).unwrap();
    let ckpt = Checkpoint::open(path.with_extension("ckpt")).unwrap();
    assert_eq!(nemo.config, ckpt.config);
    assert!(nemo.weights == ckpt.weights);
    assert_eq!(nemo.config.encoder.conv_channels, 32);
    assert_eq!(nemo.config.labels.len(), 27);
    let scale = nemo.config.feature_scale.unwrap();
    assert_eq!((scale.len(), scale[2], scale[6]), (37, 0.5, 0.005));
}
