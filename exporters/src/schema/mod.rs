//! The tensors of a checkpoint: names, shapes and roles.
//!
//! NeMo's names of tensors are put together here and nowhere else. A [`ModelConfig`] alone says
//! which tensors there must be. [`parameters`] walks over them and gives them by role, a field for
//! each tensor; [`tensors`] lists them. Readers, writers and generators of checkpoints go by these.

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
