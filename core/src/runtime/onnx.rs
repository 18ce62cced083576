//! ONNX models of any kind: inputs by name, outputs by name.

use std::fmt::{Debug, Display};
use std::path::Path;

use ort::ep::{self, ExecutionProvider as _};
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{Session, SessionInputValue};
use ort::value::{PrimitiveTensorElementType, TensorElementType, TensorRef, ValueType};

use super::RuntimeOptions;
use super::library::{self, RUNTIME};
use crate::bytes::Bytes;
use crate::error::{Error, Result};

/// Threads that a caller may ask for at most: more is a mistake, and each costs a stack.
const MAX_THREADS: usize = 256;

const SET_UP: &str = "set up a session";

/// For `map_err`: an [`Error::Runtime`] about `action`.
pub(super) fn failed<E: Display>(action: &'static str) -> impl FnOnce(E) -> Error {
    move |error| Error::Runtime {
        runtime: RUNTIME,
        action,
        message: error.to_string(),
    }
}

/// Values of a tensor, row-major.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TensorData {
    /// 32-bit floats.
    F32(Vec<f32>),
    /// 64-bit integers.
    I64(Vec<i64>),
    /// 32-bit integers.
    I32(Vec<i32>),
}

/// A dense tensor that goes into a model or comes out of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Sizes of the dimensions.
    pub shape: Vec<usize>,
    /// The values.
    pub data: TensorData,
}

impl Tensor {
    /// A tensor of 32-bit floats.
    pub fn f32(shape: impl Into<Vec<usize>>, data: Vec<f32>) -> Self {
        Self {
            shape: shape.into(),
            data: TensorData::F32(data),
        }
    }

    /// A tensor of 64-bit integers.
    pub fn i64(shape: impl Into<Vec<usize>>, data: Vec<i64>) -> Self {
        Self {
            shape: shape.into(),
            data: TensorData::I64(data),
        }
    }

    /// A tensor of 32-bit integers.
    pub fn i32(shape: impl Into<Vec<usize>>, data: Vec<i32>) -> Self {
        Self {
            shape: shape.into(),
            data: TensorData::I32(data),
        }
    }

    /// The values of a tensor of 32-bit floats; `None` for another type.
    pub fn as_f32(&self) -> Option<&[f32]> {
        match &self.data {
            TensorData::F32(values) => Some(values),
            _ => None,
        }
    }

    /// The values of a tensor of 64-bit integers; `None` for another type.
    pub fn as_i64(&self) -> Option<&[i64]> {
        match &self.data {
            TensorData::I64(values) => Some(values),
            _ => None,
        }
    }
}

/// Any ONNX model: inputs by name, outputs by name. The exporters validate their graphs with it; tests and benches run
/// the other graphs of a bundle.
#[derive(Debug)]
pub struct OnnxModel {
    session: Session,
}

impl OnnxModel {
    /// Loads the model at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read, otherwise as [`from_bytes`](Self::from_bytes).
    pub fn open(path: &Path, options: &RuntimeOptions) -> Result<Self> {
        Self::from_bytes(&Bytes::map(path)?, options)
    }

    /// Loads a model out of memory; the bytes are not needed afterwards.
    ///
    /// # Errors
    /// [`Error::RuntimeNotFound`] where the runtime is not there, [`Error::Runtime`] where it refuses the model,
    /// [`Error::Invalid`] for more than 256 threads.
    pub fn from_bytes(bytes: &[u8], options: &RuntimeOptions) -> Result<Self> {
        let session = open_session(bytes, options)?;
        Ok(Self { session })
    }

    /// Names of the inputs, in the model's order.
    pub fn inputs(&self) -> Vec<&str> {
        self.session
            .inputs()
            .iter()
            .map(|input| input.name())
            .collect()
    }

    /// Names of the outputs, in the model's order.
    pub fn outputs(&self) -> Vec<&str> {
        self.session
            .outputs()
            .iter()
            .map(|output| output.name())
            .collect()
    }

    /// Runs the model once and gives its outputs by name, in the model's order.
    ///
    /// # Errors
    /// [`Error::Runtime`] where an input is missing, unknown, of another shape or type than the model takes or of
    /// another length than its own shape says, or where an output is of a type other than those of [`TensorData`].
    pub fn run(&mut self, inputs: &[(&str, &Tensor)]) -> Result<Vec<(String, Tensor)>> {
        let mut values: Vec<(&str, SessionInputValue)> = Vec::with_capacity(inputs.len());
        for (name, Tensor { shape, data }) in inputs {
            let value = match data {
                TensorData::F32(data) => view(shape, data)?.into(),
                TensorData::I64(data) => view(shape, data)?.into(),
                TensorData::I32(data) => view(shape, data)?.into(),
            };
            values.push((name, value));
        }
        let outputs = self.session.run(values).map_err(failed("run the model"))?;
        let mut result = Vec::with_capacity(outputs.len());
        for (name, value) in outputs.iter() {
            let element = match value.dtype() {
                ValueType::Tensor { ty, .. } => *ty,
                _ => TensorElementType::Undefined,
            };
            let tensor = match element {
                TensorElementType::Float32 => value
                    .try_extract_tensor::<f32>()
                    .map(|(shape, data)| Tensor::f32(sizes(shape), data.to_vec()))
                    .map_err(failed("give an output"))?,
                TensorElementType::Int64 => value
                    .try_extract_tensor::<i64>()
                    .map(|(shape, data)| Tensor::i64(sizes(shape), data.to_vec()))
                    .map_err(failed("give an output"))?,
                TensorElementType::Int32 => value
                    .try_extract_tensor::<i32>()
                    .map(|(shape, data)| Tensor::i32(sizes(shape), data.to_vec()))
                    .map_err(failed("give an output"))?,
                _ => {
                    let message = format!("{name} is {}: not supported", value.dtype());
                    return Err(failed("give an output")(message));
                }
            };
            result.push((name.to_owned(), tensor));
        }
        Ok(result)
    }
}

/// A session over the model in `bytes`, set up for single runs that come now and then.
pub(super) fn open_session(bytes: &[u8], options: &RuntimeOptions) -> Result<Session> {
    if options.threads == 0 || options.threads > MAX_THREADS {
        return Err(Error::invalid(
            "the number of threads",
            format!("1 to {MAX_THREADS}"),
            options.threads,
        ));
    }
    let (environment, _) = library::environment(options.library.as_deref())?;
    let builder = Session::builder(&environment).map_err(failed("make a session"))?;
    let builder = builder
        .with_intra_threads(options.threads)
        .map_err(failed(SET_UP))?;
    let builder = builder.with_inter_threads(1).map_err(failed(SET_UP))?;
    // By default threads spin for up to half a second after a run: battery, for nothing.
    let builder = builder
        .with_intra_op_spinning(false)
        .map_err(failed(SET_UP))?;
    let builder = builder
        .with_inter_op_spinning(false)
        .map_err(failed(SET_UP))?;
    let builder = builder
        .with_optimization_level(GraphOptimizationLevel::All)
        .map_err(failed(SET_UP))?;
    // A pattern is kept for each shape, and every swipe has another length.
    let mut builder = builder.with_memory_pattern(false).map_err(failed(SET_UP))?;
    // The arena grows in powers of two and never gives its peak back.
    ep::CPU::default()
        .with_arena_allocator(false)
        .register(&mut builder)
        .map_err(failed("set up a session"))?;
    builder
        .commit_from_memory(bytes)
        .map_err(failed("load the model"))
}

/// A view on `data`; nothing is copied.
pub(super) fn view<'a, T>(shape: &'a [usize], data: &'a [T]) -> Result<TensorRef<'a, T>>
where
    T: PrimitiveTensorElementType + Clone + Debug + 'static,
{
    // ort multiplies the sizes unchecked.
    let values = shape
        .iter()
        .try_fold(1_usize, |product, size| product.checked_mul(*size));
    if values != Some(data.len()) {
        return Err(Error::Shape {
            what: "values of an input".to_owned(),
            expected: shape.to_vec(),
            got: vec![data.len()],
        });
    }
    TensorRef::from_array_view((shape, data)).map_err(failed("take an input"))
}

/// Sizes of a tensor that a run gave; they are never negative.
pub(super) fn sizes(shape: &[i64]) -> Vec<usize> {
    shape
        .iter()
        .map(|size| usize::try_from(*size).unwrap_or(0))
        .collect()
}
