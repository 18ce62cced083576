//! The weights file `transducer.safetensors`: its tensors, its reader and its writer.
//!
//! | tensor | shape |
//! |---|---|
//! | `embedding` | `[V+1, H]`, the blank's row zero |
//! | `lstm.{l}.weight_ih`, `lstm.{l}.weight_hh` | `[4H, H]`, gates i, f, g, o |
//! | `lstm.{l}.bias` | `[4H]` |
//! | `joint.encoder.weight`, `.bias` | `[J, D]`, `[J]` |
//! | `joint.prediction.weight`, `.bias` | `[J, H]`, `[J]` |
//! | `joint.output.weight`, `.bias` | `[V+1, J]`, `[V+1]` |
//!
//! All tensors are little-endian 32-bit or 16-bit floats; there is no metadata.

use std::borrow::Cow;
use std::fmt;

use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::error::{Error, Result};
use crate::transducer::ModelSpec;

/// Name of the file in a bundle.
pub const FILE: &str = "transducer.safetensors";

/// A tensor of the file; [`fmt::Display`] gives its name in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TensorName {
    /// Embedding of the classes.
    Embedding,
    /// Input weights of an LSTM layer.
    LstmInput(usize),
    /// Recurrent weights of an LSTM layer.
    LstmRecurrent(usize),
    /// Bias of an LSTM layer: the sum of the input bias and the recurrent bias.
    LstmBias(usize),
    /// Weights of a linear layer of the joint.
    JointWeight(JointLayer),
    /// Bias of a linear layer of the joint.
    JointBias(JointLayer),
}

/// A linear layer of the joint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JointLayer {
    /// The projection of the encoder's frames.
    Encoder,
    /// The projection of the prediction network's output.
    Prediction,
    /// The output layer.
    Output,
}

impl TensorName {
    /// The tensors of a file whose prediction network has `layers` LSTM layers.
    pub fn all(layers: usize) -> impl Iterator<Item = Self> {
        let lstm = (0..layers).flat_map(|layer| {
            [
                Self::LstmInput(layer),
                Self::LstmRecurrent(layer),
                Self::LstmBias(layer),
            ]
        });
        let joint = [
            JointLayer::Encoder,
            JointLayer::Prediction,
            JointLayer::Output,
        ]
        .into_iter()
        .flat_map(|layer| [Self::JointWeight(layer), Self::JointBias(layer)]);
        std::iter::once(Self::Embedding).chain(lstm).chain(joint)
    }

    /// The shape in a model with `classes` classes, the blank included.
    pub fn shape(self, model: &ModelSpec, classes: usize) -> Vec<usize> {
        let (h, j) = (model.prediction, model.joint);
        match self {
            Self::Embedding => vec![classes, h],
            Self::LstmInput(_) | Self::LstmRecurrent(_) => vec![4 * h, h],
            Self::LstmBias(_) => vec![4 * h],
            Self::JointWeight(JointLayer::Encoder) => vec![j, model.encoder],
            Self::JointWeight(JointLayer::Prediction) => vec![j, h],
            Self::JointWeight(JointLayer::Output) => vec![classes, j],
            Self::JointBias(JointLayer::Encoder | JointLayer::Prediction) => vec![j],
            Self::JointBias(JointLayer::Output) => vec![classes],
        }
    }
}

impl fmt::Display for TensorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedding => f.write_str("embedding"),
            Self::LstmInput(layer) => write!(f, "lstm.{layer}.weight_ih"),
            Self::LstmRecurrent(layer) => write!(f, "lstm.{layer}.weight_hh"),
            Self::LstmBias(layer) => write!(f, "lstm.{layer}.bias"),
            Self::JointWeight(layer) => write!(f, "joint.{layer}.weight"),
            Self::JointBias(layer) => write!(f, "joint.{layer}.bias"),
        }
    }
}

impl fmt::Display for JointLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoder => "encoder",
            Self::Prediction => "prediction",
            Self::Output => "output",
        })
    }
}

/// The bytes of a file, read tensor by tensor.
#[derive(Debug)]
pub struct Reader<'a> {
    file: SafeTensors<'a>,
    model: &'a ModelSpec,
    classes: usize,
}

impl<'a> Reader<'a> {
    /// Reads the list of tensors of a `model` with `classes` classes.
    ///
    /// # Errors
    /// [`Error::Damaged`] where `bytes` are not safetensors.
    pub fn new(bytes: &'a [u8], model: &'a ModelSpec, classes: usize) -> Result<Self> {
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| Error::damaged(FILE, "header", "a safetensors header", error))?;
        Ok(Self {
            file,
            model,
            classes,
        })
    }

    /// Number of tensors in the file.
    pub fn count(&self) -> usize {
        self.file.len()
    }

    /// The values of a tensor, row-major.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the tensor is missing or has another number type, [`Error::Shape`]
    /// and [`Error::NotFinite`] where it does not fit the model.
    pub fn get(&self, name: TensorName) -> Result<Vec<f32>> {
        let shape = name.shape(self.model, self.classes);
        let name = name.to_string();
        let tensor = self
            .file
            .tensor(&name)
            .map_err(|_| Error::damaged(FILE, "list of tensors", &name, "no such tensor"))?;
        if tensor.shape() != shape {
            return Err(Error::Shape {
                what: name,
                expected: shape,
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

/// Writes the file of a `model` with `classes` classes; `values` gives the values of each tensor,
/// row-major. They are stored as 32-bit floats; with `half`, matrices are stored as 16-bit floats.
///
/// # Errors
/// [`Error::Shape`] where a tensor has another number of values than the model requires.
pub fn write<'a>(
    model: &ModelSpec,
    classes: usize,
    half: bool,
    mut values: impl FnMut(TensorName) -> Cow<'a, [f32]>,
) -> Result<Vec<u8>> {
    let tensors = TensorName::all(model.prediction_layers).map(|name| {
        let shape = name.shape(model, classes);
        (name.to_string(), shape, values(name))
    });
    encode(tensors.collect(), |shape| half && shape.len() > 1)
}

/// A tensor's name, shape and values.
type NamedTensor<'a> = (String, Vec<usize>, Cow<'a, [f32]>);

/// Writes any tensors; those whose shape `is_half` accepts are stored as 16-bit floats.
pub(super) fn encode(
    tensors: Vec<NamedTensor<'_>>,
    is_half: impl Fn(&[usize]) -> bool,
) -> Result<Vec<u8>> {
    let bytes: Vec<(Dtype, Vec<u8>)> = tensors
        .iter()
        .map(|(_, shape, values)| {
            let values = values.iter().copied();
            if is_half(shape) {
                let values = values.map(f16::from_f32);
                (Dtype::F16, values.flat_map(f16::to_le_bytes).collect())
            } else {
                (Dtype::F32, values.flat_map(f32::to_le_bytes).collect())
            }
        })
        .collect();
    let mut views = Vec::with_capacity(tensors.len());
    for ((name, shape, values), (dtype, bytes)) in tensors.iter().zip(&bytes) {
        let view = TensorView::new(*dtype, shape.clone(), bytes).map_err(|_| Error::Shape {
            what: name.clone(),
            expected: shape.clone(),
            got: vec![values.len()],
        })?;
        views.push((name, view));
    }
    safetensors::serialize(views, None)
        .map_err(|error| Error::damaged(FILE, "header", "a header of safetensors", error))
}
