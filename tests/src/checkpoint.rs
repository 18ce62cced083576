//! A small checkpoint with random weights, written as torch and NeMo write them, for where no
//! trained one is at hand.

use std::io::{Cursor, Write};
use std::path::Path;

use serde_json::{Value as Json, json};
use swipekit_exporters::fixtures::random_weights;
use swipekit_exporters::schema::{
    Activation, ConvNorm, EncoderConfig, JointConfig, ModelConfig, PredictionConfig, Tensor,
};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The labels of the random model: the apostrophe and the letters.
pub fn labels() -> Vec<String> {
    std::iter::once('\'')
        .chain('a'..='z')
        .map(String::from)
        .collect()
}

/// One Conformer layer, one LSTM layer.
fn model_config() -> ModelConfig {
    ModelConfig {
        encoder: EncoderConfig {
            features: 37,
            d_model: 16,
            layers: 1,
            heads: 2,
            kernel: 5,
            feed_forward: 32,
            subsampling: 2,
            conv_channels: 8,
            conv_norm: ConvNorm::BatchNorm,
            xscaling: true,
            untie_biases: true,
        },
        prediction: PredictionConfig {
            hidden: 12,
            layers: 1,
        },
        joint: JointConfig {
            hidden: 20,
            activation: Activation::Relu,
            log_softmax: Some(true),
            output_layer: "joint_net.2".to_owned(),
        },
        labels: labels(),
        feature_scale: None,
        featurizer: None,
        layout: None,
    }
}

/// A configuration in NeMo's form.
fn nemo(config: &ModelConfig) -> Json {
    let (encoder, prediction, joint) = (&config.encoder, &config.prediction, &config.joint);
    let conv_norm = match encoder.conv_norm {
        ConvNorm::BatchNorm => "batch_norm",
        ConvNorm::LayerNorm => "layer_norm",
    };
    // Which of NeMo's layers is the last one depends on whether there is one for dropout.
    let dropout = if joint.output_layer == "joint_net.2" {
        0.1
    } else {
        0.0
    };
    json!({
        "labels": config.labels,
        "encoder": {
            "_target_": "nemo.collections.asr.modules.ConformerEncoder",
            "feat_in": encoder.features,
            "n_layers": encoder.layers,
            "d_model": encoder.d_model,
            "feat_out": -1,
            "subsampling": "striding",
            "subsampling_factor": encoder.subsampling,
            "subsampling_conv_channels": encoder.conv_channels,
            "ff_expansion_factor": encoder.feed_forward as f64 / encoder.d_model as f64,
            "self_attention_model": "rel_pos",
            "n_heads": encoder.heads,
            "att_context_size": [-1, -1],
            "xscaling": encoder.xscaling,
            "untie_biases": encoder.untie_biases,
            "pos_emb_max_len": 5000,
            "conv_kernel_size": encoder.kernel,
            "conv_norm_type": conv_norm,
            "dropout": 0.1,
        },
        "decoder": {
            "_target_": "nemo.collections.asr.modules.RNNTDecoder",
            "blank_as_pad": true,
            "prednet": {
                "pred_hidden": prediction.hidden,
                "pred_rnn_layers": prediction.layers,
                "dropout": 0.1,
            },
        },
        "joint": {
            "_target_": "nemo.collections.asr.modules.RNNTJoint",
            "log_softmax": joint.log_softmax,
            "jointnet": {
                "joint_hidden": joint.hidden,
                "activation": joint.activation,
                "dropout": dropout,
            },
        },
    })
}

/// Writes a `.nemo` archive of a random model of one Conformer layer and one LSTM layer; `seed`
/// chooses the weights.
pub fn write_nemo(path: &Path, seed: u64) {
    write_nemo_with(path, seed, |_, _| {});
}

/// As [`write_nemo`], after `change` has had each tensor's name and values.
pub fn write_nemo_with(path: &Path, seed: u64, change: impl FnMut(&str, &mut [f32])) {
    let config = model_config();
    let mut archive = tar::Builder::new(std::fs::File::create(path).unwrap());
    let entries = [
        (
            "./model_config.yaml",
            nemo(&config).to_string().into_bytes(),
        ),
        ("./model_weights.ckpt", state_dict(&config, seed, change)),
    ];
    for (name, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, name, content.as_slice())
            .unwrap();
    }
    archive.finish().unwrap();
}

/// A state dictionary as `torch.save` writes it: a stored zip of a pickle and a storage a tensor.
fn state_dict(
    config: &ModelConfig,
    seed: u64,
    mut change: impl FnMut(&str, &mut [f32]),
) -> Vec<u8> {
    let mut pickle = b"\x80\x02ccollections\nOrderedDict\n)R(".to_vec();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut storages = Vec::new();
    for (index, (name, tensor)) in random_weights(config, seed).tensors.into_iter().enumerate() {
        let Tensor { shape, mut data } = tensor;
        change(&name, &mut data);
        text(&mut pickle, &name);
        pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut pickle, "storage");
        pickle.extend(b"ctorch\nFloatStorage\n");
        text(&mut pickle, &index.to_string());
        text(&mut pickle, "cpu");
        integer(&mut pickle, data.len());
        pickle.extend(b"tQ");
        integer(&mut pickle, 0);
        let strides = (0..shape.len()).map(|axis| shape[axis + 1..].iter().product());
        for sizes in [shape.clone(), strides.collect()] {
            pickle.push(b'(');
            sizes.iter().for_each(|size| integer(&mut pickle, *size));
            pickle.push(b't');
        }
        pickle.extend(b"\x89ccollections\nOrderedDict\n)RtR");
        storages.push(
            data.iter()
                .flat_map(|value| value.to_le_bytes())
                .collect::<Vec<u8>>(),
        );
    }
    pickle.extend(b"u.");
    zip.start_file("model_weights/data.pkl", stored).unwrap();
    zip.write_all(&pickle).unwrap();
    for (index, bytes) in storages.iter().enumerate() {
        zip.start_file(format!("model_weights/data/{index}"), stored)
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.start_file("model_weights/version", stored).unwrap();
    zip.write_all(b"3\n").unwrap();
    zip.finish().unwrap().into_inner()
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.bytes());
}

fn integer(out: &mut Vec<u8>, value: usize) {
    out.push(b'J');
    out.extend((value as i32).to_le_bytes());
}
