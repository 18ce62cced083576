//! The tensors that a model configuration calls for, by name and shape.

use super::model::{ConvNorm, ModelConfig};

/// Every tensor of the network in NeMo's order, without `num_batches_tracked`.
///
/// With tied biases (`untie_biases: false`) NeMo registers the one shared pair under every layer
/// (`encoder.layers.N.self_attn.pos_bias_u`/`_v`), so the names are the same as with untied ones.
pub(super) fn tensors(config: &ModelConfig) -> Vec<(String, Vec<usize>)> {
    let mut list = List(Vec::new());
    encoder(&mut list, config);
    prediction(&mut list, config);
    joint(&mut list, config);
    list.0
}

/// Name of the counter that batch normalization keeps in layer `layer`, which nothing needs.
pub(super) fn batch_counter(config: &ModelConfig, layer: usize) -> Option<String> {
    (config.encoder.conv_norm == ConvNorm::BatchNorm)
        .then(|| format!("encoder.layers.{layer}.conv.batch_norm.num_batches_tracked"))
}

struct List(Vec<(String, Vec<usize>)>);

impl List {
    fn add(&mut self, name: impl Into<String>, shape: &[usize]) {
        self.0.push((name.into(), shape.to_vec()));
    }

    /// A weight and a bias as long as its first dimension.
    fn pair(&mut self, module: &str, shape: &[usize]) {
        self.add(format!("{module}.weight"), shape);
        self.add(format!("{module}.bias"), shape.get(..1).unwrap_or_default());
    }
}

fn encoder(list: &mut List, config: &ModelConfig) {
    let encoder = &config.encoder;
    let (d, channels) = (encoder.d_model, encoder.conv_channels);
    let stages = encoder.subsampling.ilog2() as usize;
    let width = (0..stages).fold(encoder.features, |width, _| width.div_ceil(2));
    list.pair("encoder.pre_encode.out", &[d, channels * width]);
    for stage in 0..stages {
        let inputs = if stage == 0 { 1 } else { channels };
        list.pair(
            &format!("encoder.pre_encode.conv.{}", 2 * stage),
            &[channels, inputs, 3, 3],
        );
    }
    for layer in 0..encoder.layers {
        let at = |module: &str| format!("encoder.layers.{layer}.{module}");
        let feed_forward = |list: &mut List, name: &str| {
            list.pair(&at(&format!("{name}.linear1")), &[encoder.feed_forward, d]);
            list.pair(&at(&format!("{name}.linear2")), &[d, encoder.feed_forward]);
        };
        list.pair(&at("norm_feed_forward1"), &[d]);
        feed_forward(list, "feed_forward1");
        list.pair(&at("norm_conv"), &[d]);
        list.pair(&at("conv.pointwise_conv1"), &[2 * d, d, 1]);
        list.pair(&at("conv.depthwise_conv"), &[d, 1, encoder.kernel]);
        list.pair(&at("conv.batch_norm"), &[d]);
        if encoder.conv_norm == ConvNorm::BatchNorm {
            list.add(at("conv.batch_norm.running_mean"), &[d]);
            list.add(at("conv.batch_norm.running_var"), &[d]);
        }
        list.pair(&at("conv.pointwise_conv2"), &[d, d, 1]);
        list.pair(&at("norm_self_att"), &[d]);
        for bias in ["pos_bias_u", "pos_bias_v"] {
            list.add(
                at(&format!("self_attn.{bias}")),
                &[encoder.heads, d / encoder.heads],
            );
        }
        for projection in ["linear_q", "linear_k", "linear_v", "linear_out"] {
            list.pair(&at(&format!("self_attn.{projection}")), &[d, d]);
        }
        list.add(at("self_attn.linear_pos.weight"), &[d, d]);
        list.pair(&at("norm_feed_forward2"), &[d]);
        feed_forward(list, "feed_forward2");
        list.pair(&at("norm_out"), &[d]);
    }
}

fn prediction(list: &mut List, config: &ModelConfig) {
    let hidden = config.prediction.hidden;
    list.add(
        "decoder.prediction.embed.weight",
        &[config.labels.len() + 1, hidden],
    );
    for layer in 0..config.prediction.layers {
        let at = |name: &str| format!("decoder.prediction.dec_rnn.lstm.{name}_l{layer}");
        list.add(at("weight_ih"), &[4 * hidden, hidden]);
        list.add(at("weight_hh"), &[4 * hidden, hidden]);
        list.add(at("bias_ih"), &[4 * hidden]);
        list.add(at("bias_hh"), &[4 * hidden]);
    }
}

fn joint(list: &mut List, config: &ModelConfig) {
    let hidden = config.joint.hidden;
    list.pair("joint.pred", &[hidden, config.prediction.hidden]);
    list.pair("joint.enc", &[hidden, config.encoder.d_model]);
    list.pair(
        &format!("joint.{}", config.joint.output_layer),
        &[config.labels.len() + 1, hidden],
    );
}
