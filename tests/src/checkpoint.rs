//! A small checkpoint with random weights, written as torch and NeMo write them, for where no
//! trained one is at hand.

use std::io::{Cursor, Write};
use std::path::Path;

use serde_json::json;
use swipekit_exporters::synth::random::Random;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const FEATURES: usize = 37;
const MODEL: usize = 16;
const HEADS: usize = 2;
const KERNEL: usize = 5;
const HIDDEN: usize = 12;
const JOINT: usize = 20;
const CHANNELS: usize = 8;

/// The labels of the random model: the apostrophe and the letters.
pub fn labels() -> Vec<String> {
    std::iter::once('\'')
        .chain('a'..='z')
        .map(String::from)
        .collect()
}

/// Writes a `.nemo` archive of a random model of one Conformer layer and one LSTM layer; `seed`
/// chooses the weights.
pub fn write_nemo(path: &Path, seed: u64) {
    write_nemo_with(path, seed, |_, _| {});
}

/// As [`write_nemo`], after `change` has had each tensor's name and values.
pub fn write_nemo_with(path: &Path, seed: u64, change: impl FnMut(&str, &mut [f32])) {
    let config = json!({
        "labels": labels(),
        "encoder": {
            "_target_": "nemo.collections.asr.modules.ConformerEncoder", "feat_in": FEATURES, "n_layers": 1, "d_model": MODEL, "feat_out": -1, "subsampling": "striding",
            "subsampling_factor": 2, "subsampling_conv_channels": CHANNELS, "ff_expansion_factor": 2,
            "self_attention_model": "rel_pos", "n_heads": HEADS, "att_context_size": [-1, -1], "xscaling": true,
            "untie_biases": true, "pos_emb_max_len": 5000, "conv_kernel_size": KERNEL, "conv_norm_type": "batch_norm",
            "dropout": 0.1
        },
        "decoder": {"_target_": "nemo.collections.asr.modules.RNNTDecoder", "blank_as_pad": true, "prednet": {"pred_hidden": HIDDEN, "pred_rnn_layers": 1, "dropout": 0.1}},
        "joint": {"_target_": "nemo.collections.asr.modules.RNNTJoint", "log_softmax": true, "jointnet": {"joint_hidden": JOINT, "activation": "relu", "dropout": 0.1}}
    });
    let mut archive = tar::Builder::new(std::fs::File::create(path).unwrap());
    let entries = [
        ("./model_config.yaml", config.to_string().into_bytes()),
        ("./model_weights.ckpt", state_dict(seed, change)),
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

/// Names, shapes, and the mean and spread of the weights.
fn tensors() -> Vec<(String, Vec<usize>, f64, f64)> {
    let classes = labels().len() + 1;
    let (d, h) = (MODEL, HIDDEN);
    let mut list = vec![
        (
            "encoder.pre_encode.conv.0.weight".to_owned(),
            vec![CHANNELS, 1, 3, 3],
            0.0,
            0.4,
        ),
        (
            "encoder.pre_encode.conv.0.bias".to_owned(),
            vec![CHANNELS],
            0.1,
            0.2,
        ),
        (
            "encoder.pre_encode.out.weight".to_owned(),
            vec![d, CHANNELS * FEATURES.div_ceil(2)],
            0.0,
            0.1,
        ),
        ("encoder.pre_encode.out.bias".to_owned(), vec![d], 0.0, 0.2),
    ];
    let mut layer = |name: &str, shape: &[usize], mean: f64, spread: f64| {
        list.push((
            format!("encoder.layers.0.{name}"),
            shape.to_vec(),
            mean,
            spread,
        ));
    };
    for part in ["feed_forward1", "self_att", "conv", "feed_forward2", "out"] {
        layer(&format!("norm_{part}.weight"), &[d], 1.0, 0.2);
        layer(&format!("norm_{part}.bias"), &[d], 0.0, 0.2);
    }
    for part in ["feed_forward1", "feed_forward2"] {
        layer(&format!("{part}.linear1.weight"), &[2 * d, d], 0.0, 0.3);
        layer(&format!("{part}.linear1.bias"), &[2 * d], 0.0, 0.2);
        layer(&format!("{part}.linear2.weight"), &[d, 2 * d], 0.0, 0.3);
        layer(&format!("{part}.linear2.bias"), &[d], 0.0, 0.2);
    }
    for part in ["q", "k", "v", "out"] {
        layer(
            &format!("self_attn.linear_{part}.weight"),
            &[d, d],
            0.0,
            0.3,
        );
        layer(&format!("self_attn.linear_{part}.bias"), &[d], 0.0, 0.2);
    }
    layer("self_attn.linear_pos.weight", &[d, d], 0.0, 0.3);
    layer("self_attn.pos_bias_u", &[HEADS, d / HEADS], 0.0, 0.3);
    layer("self_attn.pos_bias_v", &[HEADS, d / HEADS], 0.0, 0.3);
    layer("conv.pointwise_conv1.weight", &[2 * d, d, 1], 0.0, 0.3);
    layer("conv.pointwise_conv1.bias", &[2 * d], 0.0, 0.2);
    layer("conv.depthwise_conv.weight", &[d, 1, KERNEL], 0.0, 0.4);
    layer("conv.depthwise_conv.bias", &[d], 0.0, 0.2);
    layer("conv.batch_norm.weight", &[d], 1.0, 0.2);
    layer("conv.batch_norm.bias", &[d], 0.0, 0.2);
    layer("conv.batch_norm.running_mean", &[d], 0.0, 0.2);
    layer("conv.batch_norm.running_var", &[d], 1.5, 0.1);
    layer("conv.pointwise_conv2.weight", &[d, d, 1], 0.0, 0.3);
    layer("conv.pointwise_conv2.bias", &[d], 0.0, 0.2);
    let lstm = "decoder.prediction.dec_rnn.lstm";
    let rest: [(String, &[usize], f64); 11] = [
        (
            "decoder.prediction.embed.weight".to_owned(),
            &[classes, h],
            1.0,
        ),
        (format!("{lstm}.weight_ih_l0"), &[4 * h, h], 0.5),
        (format!("{lstm}.weight_hh_l0"), &[4 * h, h], 0.5),
        (format!("{lstm}.bias_ih_l0"), &[4 * h], 0.2),
        (format!("{lstm}.bias_hh_l0"), &[4 * h], 0.2),
        ("joint.enc.weight".to_owned(), &[JOINT, d], 0.5),
        ("joint.enc.bias".to_owned(), &[JOINT], 0.2),
        ("joint.pred.weight".to_owned(), &[JOINT, h], 0.5),
        ("joint.pred.bias".to_owned(), &[JOINT], 0.2),
        (
            "joint.joint_net.2.weight".to_owned(),
            &[classes, JOINT],
            0.6,
        ),
        ("joint.joint_net.2.bias".to_owned(), &[classes], 0.2),
    ];
    list.extend(rest.map(|(name, shape, spread)| (name, shape.to_vec(), 0.0, spread)));
    list
}

/// A state dictionary as `torch.save` writes it: a stored zip of a pickle and a storage a tensor.
fn state_dict(seed: u64, mut change: impl FnMut(&str, &mut [f32])) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut pickle = b"\x80\x02ccollections\nOrderedDict\n)R(".to_vec();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut storages = Vec::new();
    for (index, (name, shape, mean, spread)) in tensors().into_iter().enumerate() {
        let count: usize = shape.iter().product();
        let mut values: Vec<f32> = (0..count)
            .map(|_| (mean + spread * random.normal()) as f32)
            .collect();
        if name.ends_with("embed.weight") {
            values[count - HIDDEN..].fill(0.0);
        }
        change(&name, &mut values);
        text(&mut pickle, &name);
        pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut pickle, "storage");
        pickle.extend(b"ctorch\nFloatStorage\n");
        text(&mut pickle, &index.to_string());
        text(&mut pickle, "cpu");
        integer(&mut pickle, count);
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
            values
                .iter()
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
