//! ONNX models of any kind, with named inputs and outputs.

use std::fmt::{Debug, Display};
use std::path::Path;

use ort::ep::{self, ExecutionProvider as _};
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{Session, SessionInputValue};
use ort::value::{PrimitiveTensorElementType, TensorElementType, TensorRef, ValueType};

use super::KIND;
use super::library;
use crate::bytes::Bytes;
use crate::error::{Error, Result};
use crate::runtime::{
    Execution, OptimizationLevel, RuntimeOptions, SessionSpec, Tensor, TensorData,
};

/// For `map_err`: an [`Error::Runtime`] about `action`.
pub(super) fn failed<E: Display>(action: &'static str) -> impl FnOnce(E) -> Error {
    move |error| Error::Runtime {
        runtime: KIND.title,
        action,
        message: error.to_string(),
    }
}

/// Any ONNX model, with named inputs and outputs. The exporters validate their graphs with it;
/// tests and benches run the other graphs of a bundle.
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

    /// Loads a model from memory; the bytes are not needed afterwards.
    ///
    /// # Errors
    /// [`Error::RuntimeNotFound`] where the runtime is missing, [`Error::Runtime`] where it refuses
    /// the model, [`Error::Invalid`] for settings out of range.
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

    /// Runs the model once and returns its outputs by name, in the model's order.
    ///
    /// # Errors
    /// [`Error::Runtime`] where an input is missing, is unknown, has another shape or type than the
    /// model takes or another length than its own shape states, or where an output has a type that
    /// [`TensorData`] lacks.
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

/// A session over the model in `bytes`, ONNX or ORT format, with the settings in `options`.
pub(super) fn open_session(bytes: &[u8], options: &RuntimeOptions) -> Result<Session> {
    session_builder(options)?
        .commit_from_memory(bytes)
        .map_err(failed("load the model"))
}

/// A builder of sessions with the settings in `options`.
pub(super) fn session_builder(options: &RuntimeOptions) -> Result<SessionBuilder> {
    let mut spec = options.session.clone().unwrap_or_default();
    spec.threads = options.threads.unwrap_or(spec.threads);
    spec.check()
        .map_err(|problem| Error::invalid(problem.what, problem.expected, problem.got))?;
    let (environment, _) = library::environment(options.library.as_deref())?;
    let builder = Session::builder(&environment).map_err(failed("make a session"))?;
    configure(builder, &spec).map_err(failed("set up a session"))
}

fn configure(builder: SessionBuilder, spec: &SessionSpec) -> ort::Result<SessionBuilder> {
    let mut builder = builder
        .with_intra_threads(spec.threads)?
        .with_inter_threads(spec.inter_threads)?
        .with_parallel_execution(spec.execution == Execution::Parallel)?
        .with_intra_op_spinning(spec.spinning)?
        .with_inter_op_spinning(spec.spinning)?
        .with_optimization_level(match spec.optimization {
            OptimizationLevel::Disabled => GraphOptimizationLevel::Disable,
            OptimizationLevel::Basic => GraphOptimizationLevel::Level1,
            OptimizationLevel::Extended => GraphOptimizationLevel::Level2,
            OptimizationLevel::All => GraphOptimizationLevel::All,
        })?
        .with_memory_pattern(spec.memory_pattern)?;
    for (key, value) in &spec.config {
        builder = builder.with_config_entry(key, value)?;
    }
    ep::CPU::default()
        .with_arena_allocator(spec.arena)
        .register(&mut builder)?;
    Ok(builder)
}

/// A view of `data`, without a copy.
pub(super) fn view<'a, T>(shape: &'a [usize], data: &'a [T]) -> Result<TensorRef<'a, T>>
where
    T: PrimitiveTensorElementType + Clone + Debug + 'static,
{
    // ort multiplies the sizes without an overflow check.
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

/// The sizes of an output tensor; they are never negative.
pub(super) fn sizes(shape: &[i64]) -> Vec<usize> {
    shape
        .iter()
        .map(|size| usize::try_from(*size).unwrap_or(0))
        .collect()
}
