//! What several test modules share: small random networks, and the stored outputs of NeMo.

use std::path::PathBuf;

use safetensors::{Dtype, SafeTensors};

use crate::checkpoint::{
    Activation, Checkpoint, ConvNorm, EncoderConfig, JointConfig, ModelConfig, PredictionConfig,
    Tensor, Weights,
};
use crate::synth::random::Random;

/// `count` numbers, uniform in [-`scale`, `scale`).
pub fn values(random: &mut Random, count: usize, scale: f32) -> Vec<f32> {
    (0..count)
        .map(|_| (2.0 * random.uniform() - 1.0) as f32 * scale)
        .collect()
}

/// A small configuration; tests change what they are about.
pub fn small_config() -> ModelConfig {
    ModelConfig {
        encoder: EncoderConfig {
            features: 5,
            d_model: 12,
            layers: 2,
            heads: 3,
            kernel: 5,
            feed_forward: 20,
            subsampling: 2,
            conv_channels: 6,
            conv_norm: ConvNorm::BatchNorm,
            xscaling: true,
            untie_biases: true,
        },
        prediction: PredictionConfig {
            hidden: 7,
            layers: 2,
        },
        joint: JointConfig {
            hidden: 9,
            activation: Activation::Relu,
            log_softmax: Some(true),
            output_layer: "joint_net.2".into(),
        },
        labels: ["a", "b", "c"].map(String::from).to_vec(),
        feature_scale: None,
        featurizer: None,
        layout: None,
    }
}

/// Small configurations that between them use every option.
pub fn small_configs() -> Vec<ModelConfig> {
    let base = small_config();
    let mut x4 = base.clone();
    x4.encoder.subsampling = 4;
    x4.encoder.conv_norm = ConvNorm::LayerNorm;
    x4.encoder.xscaling = false;
    x4.prediction.layers = 1;
    x4.joint.activation = Activation::Tanh;
    x4.joint.output_layer = "joint_net.1".into();
    x4.joint.log_softmax = None;
    let mut x8 = base.clone();
    x8.encoder.subsampling = 8;
    x8.encoder.features = 17;
    x8.encoder.heads = 1;
    x8.encoder.kernel = 1;
    x8.prediction.layers = 3;
    x8.joint.activation = Activation::Sigmoid;
    x8.joint.log_softmax = Some(false);
    let mut tied = base.clone();
    tied.encoder.untie_biases = false;
    vec![base, x4, x8, tied]
}

/// Random weights of the shapes that `config` calls for.
pub fn random_weights(config: &ModelConfig, seed: u64) -> Weights {
    let mut random = Random::new(seed);
    let mut weights = Weights::default();
    let (e, p, j) = (&config.encoder, &config.prediction, &config.joint);
    let (d, h, classes) = (e.d_model, p.hidden, config.labels.len() + 1);
    let mut add = |name: String, shape: &[usize], offset: f32, scale: f32| {
        let data = values(&mut random, shape.iter().product(), scale);
        weights.tensors.insert(
            name,
            Tensor {
                shape: shape.to_vec(),
                data: data.into_iter().map(|v| v + offset).collect(),
            },
        );
    };
    let mut features = e.features;
    for stage in 0..e.subsampling.ilog2() as usize {
        let name = format!("encoder.pre_encode.conv.{}", 2 * stage);
        let inputs = if stage == 0 { 1 } else { e.conv_channels };
        add(
            format!("{name}.weight"),
            &[e.conv_channels, inputs, 3, 3],
            0.0,
            0.4,
        );
        add(format!("{name}.bias"), &[e.conv_channels], 0.1, 0.3);
        features = features.div_ceil(2);
    }
    let out = "encoder.pre_encode.out";
    add(
        format!("{out}.weight"),
        &[d, e.conv_channels * features],
        0.0,
        0.3,
    );
    add(format!("{out}.bias"), &[d], 0.0, 0.3);
    for i in 0..e.layers {
        let layer = format!("encoder.layers.{i}");
        for part in ["feed_forward1", "self_att", "conv", "feed_forward2", "out"] {
            add(format!("{layer}.norm_{part}.weight"), &[d], 1.0, 0.3);
            add(format!("{layer}.norm_{part}.bias"), &[d], 0.0, 0.3);
        }
        for part in ["feed_forward1", "feed_forward2"] {
            let name = format!("{layer}.{part}");
            add(
                format!("{name}.linear1.weight"),
                &[e.feed_forward, d],
                0.0,
                0.4,
            );
            add(format!("{name}.linear1.bias"), &[e.feed_forward], 0.0, 0.3);
            add(
                format!("{name}.linear2.weight"),
                &[d, e.feed_forward],
                0.0,
                0.4,
            );
            add(format!("{name}.linear2.bias"), &[d], 0.0, 0.3);
        }
        let name = format!("{layer}.self_attn");
        for part in ["linear_q", "linear_k", "linear_v", "linear_out"] {
            add(format!("{name}.{part}.weight"), &[d, d], 0.0, 0.4);
            add(format!("{name}.{part}.bias"), &[d], 0.0, 0.3);
        }
        add(format!("{name}.linear_pos.weight"), &[d, d], 0.0, 0.4);
        add(
            format!("{name}.pos_bias_u"),
            &[e.heads, d / e.heads],
            0.0,
            0.4,
        );
        add(
            format!("{name}.pos_bias_v"),
            &[e.heads, d / e.heads],
            0.0,
            0.4,
        );
        let name = format!("{layer}.conv");
        add(
            format!("{name}.pointwise_conv1.weight"),
            &[2 * d, d, 1],
            0.0,
            0.4,
        );
        add(format!("{name}.pointwise_conv1.bias"), &[2 * d], 0.0, 0.3);
        add(
            format!("{name}.depthwise_conv.weight"),
            &[d, 1, e.kernel],
            0.0,
            0.4,
        );
        add(format!("{name}.depthwise_conv.bias"), &[d], 0.0, 0.3);
        add(format!("{name}.batch_norm.weight"), &[d], 1.0, 0.3);
        add(format!("{name}.batch_norm.bias"), &[d], 0.0, 0.3);
        if e.conv_norm == ConvNorm::BatchNorm {
            add(format!("{name}.batch_norm.running_mean"), &[d], 0.0, 0.3);
            add(format!("{name}.batch_norm.running_var"), &[d], 1.0, 0.5);
        }
        add(
            format!("{name}.pointwise_conv2.weight"),
            &[d, d, 1],
            0.0,
            0.4,
        );
        add(format!("{name}.pointwise_conv2.bias"), &[d], 0.0, 0.3);
    }
    for l in 0..p.layers {
        let name = |part: &str| format!("decoder.prediction.dec_rnn.lstm.{part}_l{l}");
        add(name("weight_ih"), &[4 * h, h], 0.0, 0.7);
        add(name("weight_hh"), &[4 * h, h], 0.0, 0.7);
        add(name("bias_ih"), &[4 * h], 0.0, 0.3);
        add(name("bias_hh"), &[4 * h], 0.0, 0.3);
    }
    add(
        "decoder.prediction.embed.weight".into(),
        &[classes, h],
        0.0,
        1.0,
    );
    add("joint.enc.weight".into(), &[j.hidden, d], 0.0, 0.6);
    add("joint.enc.bias".into(), &[j.hidden], 0.0, 0.3);
    add("joint.pred.weight".into(), &[j.hidden, h], 0.0, 0.6);
    add("joint.pred.bias".into(), &[j.hidden], 0.0, 0.3);
    let output = format!("joint.{}", j.output_layer);
    add(format!("{output}.weight"), &[classes, j.hidden], 0.0, 1.0);
    add(format!("{output}.bias"), &[classes], 0.0, 0.3);

    if !e.untie_biases {
        for part in ["pos_bias_u", "pos_bias_v"] {
            let first = weights.tensors[&format!("encoder.layers.0.self_attn.{part}")].clone();
            for i in 1..e.layers {
                let name = format!("encoder.layers.{i}.self_attn.{part}");
                weights.tensors.insert(name, first.clone());
            }
        }
    }
    if let Some(embedding) = weights.tensors.get_mut("decoder.prediction.embed.weight") {
        embedding.data[(classes - 1) * h..].fill(0.0);
    }
    weights
}

/// A path below `../shared`, or `None` with a message where it is absent.
pub fn shared(path: &str) -> Option<PathBuf> {
    let full = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(path);
    if full.exists() {
        return Some(full);
    }
    eprintln!("skipped: ../shared/{path} is absent");
    None
}

/// One of the oracle's models.
pub fn oracle(name: &str) -> Option<Checkpoint> {
    let path = shared(&format!("oracle/{name}/{name}.nemo"))?;
    Some(Checkpoint::open(path).unwrap())
}

/// Stored tensors.
pub struct Goldens(Vec<u8>);

impl Goldens {
    pub fn open(path: &str) -> Option<Self> {
        Some(Self(std::fs::read(shared(path)?).unwrap()))
    }

    pub fn names(&self) -> Vec<String> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        tensors.names().iter().map(|n| n.to_string()).collect()
    }

    pub fn shape(&self, name: &str) -> Vec<usize> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        tensors.tensor(name).unwrap().shape().to_vec()
    }

    pub fn values(&self, name: &str) -> Vec<f64> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let view = tensors.tensor(name).unwrap();
        let data = view.data();
        match view.dtype() {
            Dtype::F32 => data
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes(b.try_into().unwrap()).into())
                .collect(),
            Dtype::F64 => data
                .chunks_exact(8)
                .map(|b| f64::from_le_bytes(b.try_into().unwrap()))
                .collect(),
            other => panic!("{name} is {other:?}"),
        }
    }

    pub fn floats(&self, name: &str) -> Vec<f32> {
        self.values(name).into_iter().map(|v| v as f32).collect()
    }

    pub fn integers(&self, name: &str) -> Vec<usize> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let view = tensors.tensor(name).unwrap();
        assert_eq!(view.dtype(), Dtype::I64, "{name}");
        view.data()
            .chunks_exact(8)
            .map(|b| i64::from_le_bytes(b.try_into().unwrap()) as usize)
            .collect()
    }
}

/// Largest absolute difference.
pub fn max_abs(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |worst, (a, b)| {
        // max would drop a NaN.
        let difference = (a - b).abs();
        if difference <= worst {
            worst
        } else {
            difference
        }
    })
}
