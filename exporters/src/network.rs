//! The network: a configuration and the values of its tensors by role.

use swipekit::internals::bundle::manifest::ModelSpec;

use crate::schema::{self, ModelConfig, Parameters, SizeError, TensorSpec, Weights, subsampled};

/// A configuration and weights that do not form a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// A tensor is missing.
    #[error(
        "tensor {name} is missing: expected shape {expected:?}; \
         read the checkpoint that the configuration belongs to"
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
    #[error(transparent)]
    Size(#[from] SizeError),
}

/// Weight and bias of a layer.
pub type Affine<'w> = schema::Affine<&'w [f32]>;
/// A feed-forward module.
pub type FeedForward<'w> = schema::FeedForward<&'w [f32]>;
/// A self-attention module.
pub type Attention<'w> = schema::Attention<&'w [f32]>;
/// The normalization after a depthwise convolution.
pub type ConvolutionNorm<'w> = schema::ConvolutionNorm<&'w [f32]>;
/// A convolution module.
pub type Convolution<'w> = schema::Convolution<&'w [f32]>;
/// A Conformer layer.
pub type ConformerLayer<'w> = schema::ConformerLayer<&'w [f32]>;

/// The network: a configuration and its tensors by role.
#[derive(Clone, Debug)]
pub struct Network<'w> {
    /// The configuration.
    pub config: &'w ModelConfig,
    /// The values of the tensors, row-major.
    pub parameters: Parameters<&'w [f32]>,
}

impl<'w> Network<'w> {
    /// Resolves every tensor that `config` calls for.
    ///
    /// # Errors
    /// [`NetworkError`] when a size is out of range, or a tensor is missing or of another shape.
    pub fn new(config: &'w ModelConfig, weights: &'w Weights) -> Result<Self, NetworkError> {
        config.check()?;
        let parameters = schema::parameters(config, |spec| values(weights, spec))?;
        Ok(Self { config, parameters })
    }

    /// Class of the blank, the last one; as `y_prev` it stands for the start of sequence.
    pub fn blank(&self) -> usize {
        self.config.labels.len()
    }

    /// Number of classes V + 1.
    pub fn classes(&self) -> usize {
        self.config.classes()
    }

    /// The model as a bundle describes it.
    pub fn model_spec(&self) -> ModelSpec {
        let config = self.config;
        let sizes = schema::tensors(config).into_iter();
        let sizes = sizes.map(|spec| spec.shape.iter().product::<usize>() as u64);
        ModelSpec {
            features: config.encoder.features,
            encoder: config.encoder.d_model,
            subsampling: config.encoder.subsampling,
            prediction_layers: config.prediction.layers,
            prediction: config.prediction.hidden,
            joint: config.joint.hidden,
            activation: config.joint.activation,
            parameters: sizes.sum(),
        }
    }

    /// Frames of the encoder's output for `frames` frames of its input.
    pub fn output_frames(&self, frames: usize) -> usize {
        subsampled(frames, self.config.encoder.stages())
    }
}

fn values(weights: &Weights, spec: TensorSpec) -> Result<&[f32], NetworkError> {
    let TensorSpec { name, shape, .. } = spec;
    let Some(tensor) = weights.tensors.get(&name) else {
        return Err(NetworkError::Missing {
            name,
            expected: shape,
        });
    };
    if tensor.shape != shape || tensor.data.len() != shape.iter().product::<usize>() {
        return Err(NetworkError::Shape {
            name,
            expected: shape,
            got: tensor.shape.clone(),
            values: tensor.data.len(),
        });
    }
    Ok(&tensor.data)
}
