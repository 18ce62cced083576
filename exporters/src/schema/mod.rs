//! The tensors of a checkpoint: names, shapes and roles.
//!
//! Only this module builds NeMo's names of tensors. A [`ModelConfig`] alone determines which
//! tensors there must be. [`parameters`] gives them by role, with a field for each tensor, and
//! [`tensors`] lists them. Readers, writers and generators of checkpoints use these.

mod config;
mod parameters;
#[cfg(test)]
mod tests;
mod walk;
mod weights;

pub use config::{
    Activation, ConvNorm, EncoderConfig, JointConfig, ModelConfig, PredictionConfig, SizeError,
    subsampled,
};
pub use parameters::{
    Affine, Attention, ConformerLayer, Convolution, ConvolutionNorm, FeedForward, Lstm, Parameters,
};
pub use walk::{FIRST_LAYER, Part, Role, TensorSpec, counters, parameters, tensors, tied, tree};
pub use weights::{MissingTensor, Tensor, Weights};
