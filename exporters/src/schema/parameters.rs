//! The network as a tree with a field for each tensor.
//!
//! `T` is what is stored for a tensor: its name and shape, or its values. D is the encoder's width,
//! F that of its feed-forward modules, C the number of channels of the subsampling, H the width of
//! the prediction network, J that of the joint, V the number of labels.

/// Weight and bias of a linear layer, a convolution or a normalization, row-major.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine<T> {
    /// Weight: `[out, in]` for a linear layer, `[width]` for a normalization, NeMo's layout for a
    /// convolution.
    pub weight: T,
    /// Bias `[out]` or `[width]`.
    pub bias: T,
}

/// A feed-forward module with its layer norm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeedForward<T> {
    /// Layer norm `[D]`.
    pub norm: Affine<T>,
    /// First linear layer `[F, D]`.
    pub linear1: Affine<T>,
    /// Second linear layer `[D, F]`.
    pub linear2: Affine<T>,
}

/// The self-attention module with its layer norm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attention<T> {
    /// Layer norm `[D]`.
    pub norm: Affine<T>,
    /// Queries `[D, D]`.
    pub query: Affine<T>,
    /// Keys `[D, D]`.
    pub key: Affine<T>,
    /// Values `[D, D]`.
    pub value: Affine<T>,
    /// Output `[D, D]`.
    pub output: Affine<T>,
    /// Projection of the position table `[D, D]`, without bias.
    pub position: T,
    /// Content bias `[heads, D / heads]`.
    pub bias_u: T,
    /// Position bias `[heads, D / heads]`.
    pub bias_v: T,
}

/// Normalization after the depthwise convolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConvolutionNorm<T> {
    /// BatchNorm1d, eps 1e-5.
    Batch {
        /// Scale and shift `[D]`.
        affine: Affine<T>,
        /// Running mean `[D]`.
        mean: T,
        /// Running variance `[D]`.
        variance: T,
    },
    /// Layer norm over the channels, eps 1e-5.
    Layer(Affine<T>),
}

/// The convolution module with its layer norm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Convolution<T> {
    /// Layer norm `[D]`.
    pub norm: Affine<T>,
    /// First pointwise convolution `[2D, D, 1]`.
    pub pointwise1: Affine<T>,
    /// Depthwise convolution `[D, 1, kernel]`.
    pub depthwise: Affine<T>,
    /// Normalization after the depthwise convolution.
    pub inner_norm: ConvolutionNorm<T>,
    /// Second pointwise convolution `[D, D, 1]`.
    pub pointwise2: Affine<T>,
}

/// One Conformer layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConformerLayer<T> {
    /// First feed-forward module.
    pub feed_forward1: FeedForward<T>,
    /// Self-attention.
    pub attention: Attention<T>,
    /// Convolution.
    pub convolution: Convolution<T>,
    /// Second feed-forward module.
    pub feed_forward2: FeedForward<T>,
    /// Final layer norm `[D]`.
    pub norm: Affine<T>,
}

/// One LSTM layer, gates in the order input, forget, cell, output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lstm<T> {
    /// Input weights `[4H, H]`.
    pub weight_ih: T,
    /// Recurrent weights `[4H, H]`.
    pub weight_hh: T,
    /// Input bias `[4H]`.
    pub bias_ih: T,
    /// Recurrent bias `[4H]`.
    pub bias_hh: T,
}

/// All tensors of a network by role.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters<T> {
    /// Convolutions of the subsampling, 3x3, stride 2, padding 1: `[C, 1 or C, 3, 3]`.
    pub subsampling: Vec<Affine<T>>,
    /// Linear layer after the subsampling `[D, C * F']`, input index `channel * F' + feature`.
    pub subsampling_out: Affine<T>,
    /// The Conformer layers.
    pub layers: Vec<ConformerLayer<T>>,
    /// Embedding `[V + 1, H]`. The last row is the blank's. It is zero and is the start of
    /// sequence.
    pub embedding: T,
    /// The LSTM layers of the prediction network.
    pub lstm: Vec<Lstm<T>>,
    /// The joint's projection of the encoder `[J, D]`.
    pub joint_encoder: Affine<T>,
    /// The joint's projection of the prediction network `[J, H]`.
    pub joint_prediction: Affine<T>,
    /// The joint's output layer `[V + 1, J]`.
    pub joint_output: Affine<T>,
}
