//! Named tensors out of a safetensors file, checked and as float32.

use half::f16;
use safetensors::{Dtype, SafeTensors};

use crate::error::{Error, Result};

/// File name that errors speak of.
const FILE: &str = "transducer.safetensors";

/// A safetensors file of tensors in 32-bit or 16-bit floats.
pub(super) struct TensorFile<'a>(SafeTensors<'a>);

impl<'a> TensorFile<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self> {
        SafeTensors::deserialize(bytes)
            .map(Self)
            .map_err(|error| Error::damaged(FILE, "header", "a safetensors header", error))
    }

    /// The tensor `name` of shape `shape`.
    pub(super) fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let tensor = self
            .0
            .tensor(name)
            .map_err(|_| Error::damaged(FILE, "list of tensors", name, "no such tensor"))?;
        if tensor.shape() != shape {
            return Err(Error::Shape {
                what: name.to_owned(),
                expected: shape.to_vec(),
                got: tensor.shape().to_vec(),
            });
        }
        let values: Vec<f32> = match tensor.dtype() {
            Dtype::F32 => {
                let (values, _) = tensor.data().as_chunks::<4>();
                values
                    .iter()
                    .map(|bytes| f32::from_le_bytes(*bytes))
                    .collect()
            }
            Dtype::F16 => {
                let (values, _) = tensor.data().as_chunks::<2>();
                let values = values.iter().map(|bytes| f16::from_le_bytes(*bytes));
                values.map(f16::to_f32).collect()
            }
            other => {
                return Err(Error::damaged(
                    FILE,
                    "type of a tensor",
                    "F32 or F16",
                    format!("{other:?}"),
                ));
            }
        };
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Error::NotFinite {
                what: "a weight of the prediction network or the joint",
            });
        }
        Ok(values)
    }
}
