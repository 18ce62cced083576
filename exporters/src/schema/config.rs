//! What a network's maths depends on, and the sizes that make one.

pub use swipekit::internals::bundle::manifest::Activation;
use swipekit::internals::features::FeaturizerSpec;
use swipekit::layout::Layout;

/// Everything of NeMo's configuration that the network's maths depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// The Conformer encoder.
    pub encoder: EncoderConfig,
    /// The LSTM prediction network.
    pub prediction: PredictionConfig,
    /// The joint.
    pub joint: JointConfig,
    /// Output labels in class order; the blank is class `labels.len()`.
    pub labels: Vec<String>,
    /// Per-feature scale, where the checkpoint carries one (`feature_scale`).
    pub feature_scale: Option<Vec<f32>>,
    /// The featurizer that the network was trained with, where the checkpoint names it
    /// (`featurizer`, in the form of a bundle).
    pub featurizer: Option<FeaturizerSpec>,
    /// The layout that it was trained on, where the checkpoint names it (`layout`, in the form of a
    /// bundle).
    pub layout: Option<Layout>,
}

/// NeMo's `ConformerEncoder` with `rel_pos` attention and striding subsampling.
#[derive(Clone, Debug, PartialEq)]
pub struct EncoderConfig {
    /// Features a frame (`feat_in`).
    pub features: usize,
    /// Width (`d_model`).
    pub d_model: usize,
    /// Layers (`n_layers`).
    pub layers: usize,
    /// Attention heads (`n_heads`).
    pub heads: usize,
    /// Kernel of the depthwise convolution (`conv_kernel_size`), odd.
    pub kernel: usize,
    /// Inner width of the feed-forward modules: `d_model * ff_expansion_factor`.
    pub feed_forward: usize,
    /// Subsampling: 2, 4 or 8.
    pub subsampling: usize,
    /// Channels of the subsampling convolutions (`subsampling_conv_channels`, -1 resolved to
    /// `d_model`).
    pub conv_channels: usize,
    /// Normalization inside the convolution module.
    pub conv_norm: ConvNorm,
    /// Whether the input is multiplied by sqrt(d_model).
    pub xscaling: bool,
    /// Whether each layer has its own `pos_bias_u`/`pos_bias_v`. Where not, NeMo still stores the
    /// one pair under the name of every layer (`encoder.layers.N.self_attn.pos_bias_u`), so a
    /// reader may take each layer's own either way.
    pub untie_biases: bool,
}

/// Normalization after the depthwise convolution (`conv_norm_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConvNorm {
    /// BatchNorm1d with running statistics, eps 1e-5.
    BatchNorm,
    /// LayerNorm over channels, under the same key `conv.batch_norm`, eps 1e-5.
    LayerNorm,
}

/// NeMo's `RNNTDecoder`.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictionConfig {
    /// Width H (`pred_hidden`).
    pub hidden: usize,
    /// LSTM layers L (`pred_rnn_layers`), 1 to 3.
    pub layers: usize,
}

/// NeMo's `RNNTJoint`.
#[derive(Clone, Debug, PartialEq)]
pub struct JointConfig {
    /// Width J (`joint_hidden`).
    pub hidden: usize,
    /// Activation before the output layer.
    pub activation: Activation,
    /// `joint.log_softmax`: `Some(true)` always, `Some(false)` never, `None` only on a CPU.
    pub log_softmax: Option<bool>,
    /// Name of the output layer: `joint_net.2` with dropout in between, `joint_net.1` without.
    pub output_layer: String,
}

/// A size of a configuration that makes no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {expected}, got {got}")]
pub struct SizeError {
    /// The entry of the configuration.
    pub what: &'static str,
    /// What is accepted.
    pub expected: String,
    /// The value found.
    pub got: usize,
}

/// Largest width, kernel or number of layers that is taken for sane; keeps every product of sizes
/// far from overflow.
const MAX_SIZE: usize = 1 << 16;

impl ModelConfig {
    /// Number of classes V + 1: the labels and the blank.
    pub fn classes(&self) -> usize {
        self.labels.len() + 1
    }

    /// Checks that the sizes make a network. [`super::parameters`] asks for such a configuration.
    ///
    /// # Errors
    /// [`SizeError`] with the first size that is out of range.
    pub fn check(&self) -> Result<(), SizeError> {
        let (e, p, j) = (&self.encoder, &self.prediction, &self.joint);
        let error = |what, expected: String, got| {
            Err(SizeError {
                what,
                expected,
                got,
            })
        };
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
            ("number of labels", self.labels.len()),
        ] {
            if !(1..=MAX_SIZE).contains(&size) {
                return error(what, format!("from 1 to {MAX_SIZE}"), size);
            }
        }
        if e.d_model % 2 != 0 {
            return error("d_model", "even".to_owned(), e.d_model);
        }
        if e.d_model % e.heads != 0 {
            return error("heads", "a divisor of d_model".to_owned(), e.heads);
        }
        if e.kernel % 2 == 0 {
            return error("kernel", "odd".to_owned(), e.kernel);
        }
        if ![2, 4, 8].contains(&e.subsampling) {
            return error("subsampling", "2, 4 or 8".to_owned(), e.subsampling);
        }
        Ok(())
    }
}

impl EncoderConfig {
    /// Number of stride-2 convolutions of the subsampling.
    pub fn stages(&self) -> usize {
        self.subsampling.checked_ilog2().unwrap_or(0) as usize
    }

    /// Inputs of the linear layer after the subsampling: channels times features that are left.
    pub fn subsampled_width(&self) -> usize {
        self.conv_channels * subsampled(self.features, self.stages())
    }
}

/// ceil(n / 2), `stages` times: what kernel 3, stride 2, padding 1 leaves of a length.
pub fn subsampled(n: usize, stages: usize) -> usize {
    (0..stages).fold(n, |n, _| n.div_ceil(2))
}
