//! NeMo's names of the tensors and their shapes.

use std::convert::Infallible;

use super::config::{ConvNorm, ModelConfig};
use super::parameters::{
    Affine, Attention, ConformerLayer, Convolution, ConvolutionNorm, FeedForward, Lstm, Parameters,
};

/// A tensor that a configuration requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    /// NeMo's name.
    pub name: String,
    /// Sizes of the dimensions.
    pub shape: Vec<usize>,
    /// Meaning of the values.
    pub role: Role,
}

/// Meaning of a tensor's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Weights of a linear layer, a convolution or an LSTM.
    Weight,
    /// Bias of one of these.
    Bias,
    /// Factor of a normalization.
    Scale,
    /// Summand of a normalization.
    Shift,
    /// Running mean of a batch normalization.
    Mean,
    /// Running variance of a batch normalization, at least 0.
    Variance,
    /// A bias of the attention, the same in all layers where `untie_biases` is false.
    AttentionBias,
    /// One row per class. The last row, the blank's, is zero.
    Embedding,
}

/// A part of the network, given by the beginning of a tensor's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The Conformer encoder.
    Encoder,
    /// The prediction network.
    Prediction,
    /// The joint.
    Joint,
}

impl Part {
    /// The part of the network that the tensor `name` belongs to. `None` for others (a
    /// preprocessor, a loss).
    pub fn of(name: &str) -> Option<Self> {
        match name.split_once('.')?.0 {
            "encoder" => Some(Self::Encoder),
            "decoder" => Some(Self::Prediction),
            "joint" => Some(Self::Joint),
            _ => None,
        }
    }
}

/// Module of the linear layer after the subsampling.
pub const FIRST_LAYER: &str = "encoder.pre_encode.out";

/// The tensors of a network by role. `tensor` returns what to store for each and is called in
/// NeMo's order.
///
/// With tied biases (`untie_biases: false`) NeMo registers the one shared pair under every layer
/// (`encoder.layers.N.self_attn.pos_bias_u`/`_v`), so the names are the same as with untied ones.
///
/// `config` must be one that [`ModelConfig::check`] accepts.
///
/// # Errors
/// The first error of `tensor`.
pub fn parameters<T, E>(
    config: &ModelConfig,
    tensor: impl FnMut(TensorSpec) -> Result<T, E>,
) -> Result<Parameters<T>, E> {
    let mut walk = Walk { config, tensor };
    let subsampling_out = walk.affine(
        FIRST_LAYER,
        &[config.encoder.d_model, config.encoder.subsampled_width()],
    )?;
    Ok(Parameters {
        subsampling_out,
        subsampling: (0..config.encoder.stages())
            .map(|stage| walk.subsampling(stage))
            .collect::<Result<_, E>>()?,
        layers: (0..config.encoder.layers)
            .map(|layer| walk.layer(layer))
            .collect::<Result<_, E>>()?,
        embedding: walk.tensor(
            "decoder.prediction.embed.weight".to_owned(),
            &[config.classes(), config.prediction.hidden],
            Role::Embedding,
        )?,
        lstm: (0..config.prediction.layers)
            .map(|layer| walk.lstm(layer))
            .collect::<Result<_, E>>()?,
        joint_prediction: walk.affine(
            "joint.pred",
            &[config.joint.hidden, config.prediction.hidden],
        )?,
        joint_encoder: walk.affine("joint.enc", &[config.joint.hidden, config.encoder.d_model])?,
        joint_output: walk.affine(
            &format!("joint.{}", config.joint.output_layer),
            &[config.classes(), config.joint.hidden],
        )?,
    })
}

/// Names, shapes and roles by role; `config` as for [`parameters`].
pub fn tree(config: &ModelConfig) -> Parameters<TensorSpec> {
    let Ok(tree) = parameters(config, Ok::<_, Infallible>);
    tree
}

/// Every tensor of a network in NeMo's order; `config` as for [`parameters`].
pub fn tensors(config: &ModelConfig) -> Vec<TensorSpec> {
    let mut specs = Vec::new();
    let Ok(_) = parameters(config, |spec| {
        specs.push(spec);
        Ok::<_, Infallible>(())
    });
    specs
}

/// Names of scalars that a checkpoint may have besides [`tensors`]: the number of batches that each
/// batch normalization has seen. The network does not need them.
pub fn counters(config: &ModelConfig) -> impl Iterator<Item = String> {
    let layers = match config.encoder.conv_norm {
        ConvNorm::BatchNorm => config.encoder.layers,
        ConvNorm::LayerNorm => 0,
    };
    (0..layers).map(|layer| format!("{}.conv.batch_norm.num_batches_tracked", prefix(layer)))
}

/// Pairs of names for the same tensor: an attention bias of the first layer and that of a further
/// layer. Empty if `untie_biases` is true. `config` as for [`parameters`].
pub fn tied(config: &ModelConfig) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    if config.encoder.untie_biases {
        return pairs;
    }
    if let [first, rest @ ..] = &tree(config).layers[..] {
        let biases: [fn(&ConformerLayer<TensorSpec>) -> &TensorSpec; 2] = [
            |layer| &layer.attention.bias_u,
            |layer| &layer.attention.bias_v,
        ];
        for bias in biases {
            let name = |layer| bias(layer).name.clone();
            pairs.extend(rest.iter().map(|layer| (name(first), name(layer))));
        }
    }
    pairs
}

/// Name of a Conformer layer.
fn prefix(layer: usize) -> String {
    format!("encoder.layers.{layer}")
}

struct Walk<'a, F> {
    config: &'a ModelConfig,
    tensor: F,
}

impl<T, E, F: FnMut(TensorSpec) -> Result<T, E>> Walk<'_, F> {
    fn tensor(&mut self, name: String, shape: &[usize], role: Role) -> Result<T, E> {
        (self.tensor)(TensorSpec {
            name,
            shape: shape.to_vec(),
            role,
        })
    }

    /// The weight `[out, …]` and the bias `[out]` of `module`.
    fn affine(&mut self, module: &str, shape: &[usize]) -> Result<Affine<T>, E> {
        Ok(Affine {
            weight: self.tensor(format!("{module}.weight"), shape, Role::Weight)?,
            bias: self.tensor(format!("{module}.bias"), &shape[..1], Role::Bias)?,
        })
    }

    /// Factor and summand of a normalization in the encoder, each `[D]`.
    fn norm(&mut self, module: &str) -> Result<Affine<T>, E> {
        let shape = [self.config.encoder.d_model];
        Ok(Affine {
            weight: self.tensor(format!("{module}.weight"), &shape, Role::Scale)?,
            bias: self.tensor(format!("{module}.bias"), &shape, Role::Shift)?,
        })
    }

    fn subsampling(&mut self, stage: usize) -> Result<Affine<T>, E> {
        let channels = self.config.encoder.conv_channels;
        let inputs = if stage == 0 { 1 } else { channels };
        // In NeMo's list of modules, a ReLU is between two convolutions.
        let name = format!("encoder.pre_encode.conv.{}", 2 * stage);
        self.affine(&name, &[channels, inputs, 3, 3])
    }

    fn layer(&mut self, layer: usize) -> Result<ConformerLayer<T>, E> {
        let prefix = prefix(layer);
        Ok(ConformerLayer {
            feed_forward1: self.feed_forward(&prefix, "feed_forward1")?,
            convolution: self.convolution(&prefix)?,
            attention: self.attention(&prefix)?,
            feed_forward2: self.feed_forward(&prefix, "feed_forward2")?,
            norm: self.norm(&format!("{prefix}.norm_out"))?,
        })
    }

    fn feed_forward(&mut self, prefix: &str, module: &str) -> Result<FeedForward<T>, E> {
        let (d, f) = (
            self.config.encoder.d_model,
            self.config.encoder.feed_forward,
        );
        Ok(FeedForward {
            norm: self.norm(&format!("{prefix}.norm_{module}"))?,
            linear1: self.affine(&format!("{prefix}.{module}.linear1"), &[f, d])?,
            linear2: self.affine(&format!("{prefix}.{module}.linear2"), &[d, f])?,
        })
    }

    fn convolution(&mut self, prefix: &str) -> Result<Convolution<T>, E> {
        let (d, kernel) = (self.config.encoder.d_model, self.config.encoder.kernel);
        let at = |module: &str| format!("{prefix}.conv.{module}");
        Ok(Convolution {
            norm: self.norm(&format!("{prefix}.norm_conv"))?,
            pointwise1: self.affine(&at("pointwise_conv1"), &[2 * d, d, 1])?,
            depthwise: self.affine(&at("depthwise_conv"), &[d, 1, kernel])?,
            inner_norm: self.inner_norm(&at("batch_norm"))?,
            pointwise2: self.affine(&at("pointwise_conv2"), &[d, d, 1])?,
        })
    }

    /// NeMo calls it `batch_norm` in either case.
    fn inner_norm(&mut self, module: &str) -> Result<ConvolutionNorm<T>, E> {
        let affine = self.norm(module)?;
        let shape = [self.config.encoder.d_model];
        Ok(match self.config.encoder.conv_norm {
            ConvNorm::LayerNorm => ConvolutionNorm::Layer(affine),
            ConvNorm::BatchNorm => ConvolutionNorm::Batch {
                affine,
                mean: self.tensor(format!("{module}.running_mean"), &shape, Role::Mean)?,
                variance: self.tensor(format!("{module}.running_var"), &shape, Role::Variance)?,
            },
        })
    }

    fn attention(&mut self, prefix: &str) -> Result<Attention<T>, E> {
        let (d, heads) = (self.config.encoder.d_model, self.config.encoder.heads);
        let at = |module: &str| format!("{prefix}.self_attn.{module}");
        let bias = [heads, d / heads];
        Ok(Attention {
            norm: self.norm(&format!("{prefix}.norm_self_att"))?,
            bias_u: self.tensor(at("pos_bias_u"), &bias, Role::AttentionBias)?,
            bias_v: self.tensor(at("pos_bias_v"), &bias, Role::AttentionBias)?,
            query: self.affine(&at("linear_q"), &[d, d])?,
            key: self.affine(&at("linear_k"), &[d, d])?,
            value: self.affine(&at("linear_v"), &[d, d])?,
            output: self.affine(&at("linear_out"), &[d, d])?,
            position: self.tensor(at("linear_pos.weight"), &[d, d], Role::Weight)?,
        })
    }

    fn lstm(&mut self, layer: usize) -> Result<Lstm<T>, E> {
        let h = self.config.prediction.hidden;
        let at = |part: &str| format!("decoder.prediction.dec_rnn.lstm.{part}_l{layer}");
        Ok(Lstm {
            weight_ih: self.tensor(at("weight_ih"), &[4 * h, h], Role::Weight)?,
            weight_hh: self.tensor(at("weight_hh"), &[4 * h, h], Role::Weight)?,
            bias_ih: self.tensor(at("bias_ih"), &[4 * h], Role::Bias)?,
            bias_hh: self.tensor(at("bias_hh"), &[4 * h], Role::Bias)?,
        })
    }
}
