//! The network's parameters by role: NeMo's tensor names are resolved and their shapes checked
//! once, here.

use crate::checkpoint::{ConvNorm, ModelConfig, Weights};

/// A configuration and weights that do not form a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// A tensor is missing.
    #[error(
        "tensor {name} is missing: expected shape {expected:?}; read the checkpoint that the configuration belongs to"
    )]
    Missing {
        /// NeMo's name.
        name: String,
        /// The shape that the configuration calls for.
        expected: Vec<usize>,
    },
    /// A tensor has another shape than the configuration calls for.
    #[error("tensor {name}: expected shape {expected:?}, got {got:?} with {values} values")]
    Shape {
        /// NeMo's name.
        name: String,
        /// The shape that the configuration calls for.
        expected: Vec<usize>,
        /// The shape found.
        got: Vec<usize>,
        /// The number of values found.
        values: usize,
    },
    /// A size of the configuration cannot be used.
    #[error("{what} must be {expected}, got {got}")]
    Config {
        /// The entry of the configuration.
        what: &'static str,
        /// What is accepted.
        expected: String,
        /// The value found.
        got: usize,
    },
}

/// Weight and bias of a linear layer, a convolution or a normalization, row-major.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'w> {
    /// Weight: `[out, in]` for a linear layer, `[width]` for a normalization, NeMo's layout for a
    /// convolution.
    pub weight: &'w [f32],
    /// Bias `[out]` or `[width]`.
    pub bias: &'w [f32],
}

/// A feed-forward module with its layer norm.
#[derive(Clone, Copy, Debug)]
pub struct FeedForward<'w> {
    /// Layer norm `[D]`.
    pub norm: Affine<'w>,
    /// First linear layer `[F, D]`.
    pub linear1: Affine<'w>,
    /// Second linear layer `[D, F]`.
    pub linear2: Affine<'w>,
}

/// The self-attention module with its layer norm.
#[derive(Clone, Copy, Debug)]
pub struct Attention<'w> {
    /// Layer norm `[D]`.
    pub norm: Affine<'w>,
    /// Queries `[D, D]`.
    pub query: Affine<'w>,
    /// Keys `[D, D]`.
    pub key: Affine<'w>,
    /// Values `[D, D]`.
    pub value: Affine<'w>,
    /// Output `[D, D]`.
    pub output: Affine<'w>,
    /// Projection of the position table `[D, D]`, without bias.
    pub position: &'w [f32],
    /// Content bias `[heads, D / heads]`.
    pub bias_u: &'w [f32],
    /// Position bias `[heads, D / heads]`.
    pub bias_v: &'w [f32],
}

/// Normalization after the depthwise convolution.
#[derive(Clone, Copy, Debug)]
pub enum ConvolutionNorm<'w> {
    /// BatchNorm1d, eps 1e-5.
    Batch {
        /// Scale and shift `[D]`.
        affine: Affine<'w>,
        /// Running mean `[D]`.
        mean: &'w [f32],
        /// Running variance `[D]`.
        variance: &'w [f32],
    },
    /// Layer norm over the channels, eps 1e-5.
    Layer(Affine<'w>),
}

/// The convolution module with its layer norm.
#[derive(Clone, Copy, Debug)]
pub struct Convolution<'w> {
    /// Layer norm `[D]`.
    pub norm: Affine<'w>,
    /// First pointwise convolution `[2D, D, 1]`.
    pub pointwise1: Affine<'w>,
    /// Depthwise convolution `[D, 1, kernel]`.
    pub depthwise: Affine<'w>,
    /// Normalization after the depthwise convolution.
    pub inner_norm: ConvolutionNorm<'w>,
    /// Second pointwise convolution `[D, D, 1]`.
    pub pointwise2: Affine<'w>,
}

/// One Conformer layer.
#[derive(Clone, Copy, Debug)]
pub struct ConformerLayer<'w> {
    /// First feed-forward module.
    pub feed_forward1: FeedForward<'w>,
    /// Self-attention.
    pub attention: Attention<'w>,
    /// Convolution.
    pub convolution: Convolution<'w>,
    /// Second feed-forward module.
    pub feed_forward2: FeedForward<'w>,
    /// Final layer norm `[D]`.
    pub norm: Affine<'w>,
}

/// One LSTM layer, gates in the order input, forget, cell, output.
#[derive(Clone, Copy, Debug)]
pub struct Lstm<'w> {
    /// Input weights `[4H, H]`.
    pub weight_ih: &'w [f32],
    /// Recurrent weights `[4H, H]`.
    pub weight_hh: &'w [f32],
    /// Input bias `[4H]`.
    pub bias_ih: &'w [f32],
    /// Recurrent bias `[4H]`.
    pub bias_hh: &'w [f32],
}

/// The network: a configuration and its tensors by role.
#[derive(Clone, Debug)]
pub struct Network<'w> {
    /// The configuration.
    pub config: &'w ModelConfig,
    /// Convolutions of the subsampling, 3x3, stride 2, padding 1: `[C, 1 or C, 3, 3]`.
    pub subsampling: Vec<Affine<'w>>,
    /// Linear layer after the subsampling `[D, C * F']`, input index `channel * F' + feature`.
    pub subsampling_out: Affine<'w>,
    /// The Conformer layers.
    pub layers: Vec<ConformerLayer<'w>>,
    /// Embedding `[V + 1, H]`; the last row, the blank's, is the start of sequence and zero.
    pub embedding: &'w [f32],
    /// The LSTM layers of the prediction network.
    pub lstm: Vec<Lstm<'w>>,
    /// The joint's projection of the encoder `[J, D]`.
    pub joint_encoder: Affine<'w>,
    /// The joint's projection of the prediction network `[J, H]`.
    pub joint_prediction: Affine<'w>,
    /// The joint's output layer `[V + 1, J]`.
    pub joint_output: Affine<'w>,
}

impl<'w> Network<'w> {
    /// Resolves every tensor that `config` calls for.
    ///
    /// # Errors
    /// [`NetworkError`] when a size is out of range, or a tensor is missing or of another shape.
    pub fn new(config: &'w ModelConfig, weights: &'w Weights) -> Result<Self, NetworkError> {
        check(config)?;
        let find = Finder { weights };
        let (e, p, j) = (&config.encoder, &config.prediction, &config.joint);
        let (d, h, classes) = (e.d_model, p.hidden, config.labels.len() + 1);

        let stages = subsampling_stages(e.subsampling);
        let mut subsampling = Vec::with_capacity(stages);
        for stage in 0..stages {
            let channels_in = if stage == 0 { 1 } else { e.conv_channels };
            let name = format!("encoder.pre_encode.conv.{}", 2 * stage);
            subsampling.push(find.affine(&name, &[e.conv_channels, channels_in, 3, 3])?);
        }
        let width = e.conv_channels * subsampled(e.features, stages);
        let layers = (0..e.layers)
            .map(|i| find.layer(config, &format!("encoder.layers.{i}")))
            .collect::<Result<_, _>>()?;
        let lstm = (0..p.layers)
            .map(|l| {
                let name = |part: &str| format!("decoder.prediction.dec_rnn.lstm.{part}_l{l}");
                Ok(Lstm {
                    weight_ih: find.tensor(&name("weight_ih"), &[4 * h, h])?,
                    weight_hh: find.tensor(&name("weight_hh"), &[4 * h, h])?,
                    bias_ih: find.tensor(&name("bias_ih"), &[4 * h])?,
                    bias_hh: find.tensor(&name("bias_hh"), &[4 * h])?,
                })
            })
            .collect::<Result<_, NetworkError>>()?;
        Ok(Self {
            config,
            subsampling,
            subsampling_out: find.affine("encoder.pre_encode.out", &[d, width])?,
            layers,
            embedding: find.tensor("decoder.prediction.embed.weight", &[classes, h])?,
            lstm,
            joint_encoder: find.affine("joint.enc", &[j.hidden, d])?,
            joint_prediction: find.affine("joint.pred", &[j.hidden, h])?,
            joint_output: find
                .affine(&format!("joint.{}", j.output_layer), &[classes, j.hidden])?,
        })
    }

    /// Class of the blank, the last one; as `y_prev` it stands for the start of sequence.
    pub fn blank(&self) -> usize {
        self.config.labels.len()
    }

    /// Number of classes V + 1.
    pub fn classes(&self) -> usize {
        self.config.labels.len() + 1
    }

    /// Frames of the encoder's output for `frames` frames of its input.
    pub fn output_frames(&self, frames: usize) -> usize {
        subsampled(frames, self.subsampling.len())
    }
}

/// ceil(n / 2), `stages` times: what kernel 3, stride 2, padding 1 leaves of a length.
pub fn subsampled(n: usize, stages: usize) -> usize {
    (0..stages).fold(n, |n, _| n.div_ceil(2))
}

/// Number of stride-2 stages of a subsampling by `factor`.
fn subsampling_stages(factor: usize) -> usize {
    factor.checked_ilog2().unwrap_or(0) as usize
}

/// Largest width, kernel or number of layers that is taken for sane; keeps every product of sizes
/// far from overflow.
const MAX_SIZE: usize = 1 << 16;

fn check(config: &ModelConfig) -> Result<(), NetworkError> {
    let (e, p, j) = (&config.encoder, &config.prediction, &config.joint);
    for (what, size) in [
        ("features", e.features),
        ("d_model", e.d_model),
        ("layers of the encoder", e.layers),
        ("heads", e.heads),
        ("kernel", e.kernel),
        ("feed-forward width", e.feed_forward),
        ("channels of the subsampling", e.conv_channels),
        ("width of the prediction network", p.hidden),
        ("layers of the prediction network", p.layers),
        ("width of the joint", j.hidden),
        ("number of labels", config.labels.len()),
    ] {
        if !(1..=MAX_SIZE).contains(&size) {
            return Err(NetworkError::Config {
                what,
                expected: format!("from 1 to {MAX_SIZE}"),
                got: size,
            });
        }
    }
    let config_error = |what, expected: &str, got| {
        Err(NetworkError::Config {
            what,
            expected: expected.to_string(),
            got,
        })
    };
    if e.d_model % 2 != 0 {
        return config_error("d_model", "even", e.d_model);
    }
    if e.d_model % e.heads != 0 {
        return config_error("heads", "a divisor of d_model", e.heads);
    }
    if e.kernel % 2 == 0 {
        return config_error("kernel", "odd", e.kernel);
    }
    if ![2, 4, 8].contains(&e.subsampling) {
        return config_error("subsampling", "2, 4 or 8", e.subsampling);
    }
    Ok(())
}

struct Finder<'w> {
    weights: &'w Weights,
}

impl<'w> Finder<'w> {
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<&'w [f32], NetworkError> {
        let Some(tensor) = self.weights.tensors.get(name) else {
            return Err(NetworkError::Missing {
                name: name.to_string(),
                expected: shape.to_vec(),
            });
        };
        if tensor.shape != shape || tensor.data.len() != shape.iter().product::<usize>() {
            return Err(NetworkError::Shape {
                name: name.to_string(),
                expected: shape.to_vec(),
                got: tensor.shape.clone(),
                values: tensor.data.len(),
            });
        }
        Ok(&tensor.data)
    }

    fn affine(&self, name: &str, shape: &[usize]) -> Result<Affine<'w>, NetworkError> {
        Ok(Affine {
            weight: self.tensor(&format!("{name}.weight"), shape)?,
            bias: self.tensor(&format!("{name}.bias"), &shape[..1])?,
        })
    }

    fn feed_forward(
        &self,
        config: &ModelConfig,
        prefix: &str,
        part: &str,
    ) -> Result<FeedForward<'w>, NetworkError> {
        let (d, f) = (config.encoder.d_model, config.encoder.feed_forward);
        Ok(FeedForward {
            norm: self.affine(&format!("{prefix}.norm_{part}"), &[d])?,
            linear1: self.affine(&format!("{prefix}.{part}.linear1"), &[f, d])?,
            linear2: self.affine(&format!("{prefix}.{part}.linear2"), &[d, f])?,
        })
    }

    fn layer(
        &self,
        config: &ModelConfig,
        prefix: &str,
    ) -> Result<ConformerLayer<'w>, NetworkError> {
        let e = &config.encoder;
        let (d, heads) = (e.d_model, e.heads);
        let attention = |part: &str| format!("{prefix}.self_attn.{part}");
        let conv = |part: &str| format!("{prefix}.conv.{part}");
        let norm = self.affine(&conv("batch_norm"), &[d])?;
        Ok(ConformerLayer {
            feed_forward1: self.feed_forward(config, prefix, "feed_forward1")?,
            attention: Attention {
                norm: self.affine(&format!("{prefix}.norm_self_att"), &[d])?,
                query: self.affine(&attention("linear_q"), &[d, d])?,
                key: self.affine(&attention("linear_k"), &[d, d])?,
                value: self.affine(&attention("linear_v"), &[d, d])?,
                output: self.affine(&attention("linear_out"), &[d, d])?,
                position: self.tensor(&attention("linear_pos.weight"), &[d, d])?,
                bias_u: self.tensor(&attention("pos_bias_u"), &[heads, d / heads])?,
                bias_v: self.tensor(&attention("pos_bias_v"), &[heads, d / heads])?,
            },
            convolution: Convolution {
                norm: self.affine(&format!("{prefix}.norm_conv"), &[d])?,
                pointwise1: self.affine(&conv("pointwise_conv1"), &[2 * d, d, 1])?,
                depthwise: self.affine(&conv("depthwise_conv"), &[d, 1, e.kernel])?,
                inner_norm: match e.conv_norm {
                    ConvNorm::LayerNorm => ConvolutionNorm::Layer(norm),
                    ConvNorm::BatchNorm => ConvolutionNorm::Batch {
                        affine: norm,
                        mean: self.tensor(&conv("batch_norm.running_mean"), &[d])?,
                        variance: self.tensor(&conv("batch_norm.running_var"), &[d])?,
                    },
                },
                pointwise2: self.affine(&conv("pointwise_conv2"), &[d, d, 1])?,
            },
            feed_forward2: self.feed_forward(config, prefix, "feed_forward2")?,
            norm: self.affine(&format!("{prefix}.norm_out"), &[d])?,
        })
    }
}
