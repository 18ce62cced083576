//! What a checkpoint holds once it is read: a configuration and named tensors.

use std::collections::BTreeMap;

use half::f16;
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

/// A dense tensor, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Sizes of the dimensions; empty for a scalar.
    pub shape: Vec<usize>,
    /// Values in row-major order.
    pub data: Vec<f32>,
}

/// Tensors of a model by NeMo's names (`encoder.…`, `decoder.…`, `joint.…`), without `_orig_mod.`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// The tensors.
    pub tensors: BTreeMap<String, Tensor>,
}

/// A tensor was asked for that the checkpoint does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the checkpoint has no tensor {0}")]
pub struct MissingTensor(pub String);

impl Weights {
    /// The tensor of this name.
    ///
    /// # Errors
    /// [`MissingTensor`] where there is none.
    pub fn get(&self, name: &str) -> Result<&Tensor, MissingTensor> {
        self.tensors
            .get(name)
            .ok_or_else(|| MissingTensor(name.to_owned()))
    }

    /// Rounds the matrices of prediction network and joint to 16-bit floats (IEEE 754 binary16).
    ///
    /// # Errors
    /// [`swipekit::Error::Invalid`] where a value is beyond 65504, the greatest 16-bit float; all
    /// weights stay as they are then.
    pub fn round_transducer_to_half(&mut self) -> swipekit::Result<()> {
        let mut rounded = Vec::new();
        for (name, tensor) in &self.tensors {
            let is_transducer = name.starts_with("decoder.") || name.starts_with("joint.");
            if !is_transducer || tensor.shape.len() != 2 {
                continue;
            }
            let values = tensor
                .data
                .iter()
                .map(|value| f16::from_f32(*value).to_f32());
            let values: Vec<f32> = values.collect();
            if values.iter().any(|value| !value.is_finite()) {
                return Err(swipekit::Error::invalid(
                    "the prediction network and the joint in 16-bit floats",
                    format!("values up to 65504 in {name}"),
                    "a greater one; export without --compact",
                ));
            }
            rounded.push((name.clone(), values));
        }
        for (name, values) in rounded {
            if let Some(tensor) = self.tensors.get_mut(&name) {
                tensor.data = values;
            }
        }
        Ok(())
    }

    /// How many numbers the tensors hold, statistics of batch normalization included.
    pub fn parameter_count(&self) -> usize {
        self.tensors.values().map(|tensor| tensor.data.len()).sum()
    }
}
