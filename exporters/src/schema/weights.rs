//! Tensors by name.

use std::collections::BTreeMap;

use half::f16;

use super::Part;

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

/// The requested tensor is not in the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the checkpoint has no tensor {0}")]
pub struct MissingTensor(pub String);

impl Weights {
    /// The tensor of this name.
    ///
    /// # Errors
    /// [`MissingTensor`] if there is none.
    pub fn get(&self, name: &str) -> Result<&Tensor, MissingTensor> {
        self.tensors
            .get(name)
            .ok_or_else(|| MissingTensor(name.to_owned()))
    }

    /// Rounds the matrices of prediction network and joint to 16-bit floats (IEEE 754 binary16).
    ///
    /// # Errors
    /// [`swipekit::Error::Invalid`] if a value is beyond 65504, the greatest 16-bit float. Then no
    /// weight is changed.
    pub fn round_transducer_to_half(&mut self) -> swipekit::Result<()> {
        let mut rounded = Vec::new();
        for (name, tensor) in &self.tensors {
            let is_transducer = matches!(Part::of(name), Some(Part::Prediction | Part::Joint));
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

    /// Number of values in all tensors, including statistics of batch normalization.
    pub fn parameter_count(&self) -> usize {
        self.tensors.values().map(|tensor| tensor.data.len()).sum()
    }
}
