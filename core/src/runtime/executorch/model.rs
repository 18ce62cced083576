//! Programs of any kind, with tensors as inputs and outputs, identified by their order.

use executorch::evalue::{EValue, IntoEValue, Tag};
use executorch::tensor::{ScalarType, TensorAny, TensorPtr, TensorPtrBuilder, View};

use super::KIND;
use super::log::{self, failed};
use super::program::Loaded;
use super::threads::Threads;
use crate::bytes::Bytes;
use crate::error::{Error, Result};
use crate::runtime::{RuntimeOptions, Tensor, TensorData};

/// Any `.pte` program whose method `forward` takes and returns tensors. The tensors have no names,
/// only an order. The exporters validate their programs with it.
#[derive(Debug)]
pub struct PteModel {
    loaded: Loaded,
    threads: Threads,
    inputs: Vec<PteTensorInfo>,
    outputs: Vec<PteTensorInfo>,
}

/// Type and greatest sizes of an input or output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PteTensorInfo {
    pub(super) element: ScalarType,
    pub(super) sizes: Vec<usize>,
}

impl PteModel {
    /// Loads the program in `bytes`, which stay mapped as long as the model exists. They must be
    /// exactly the exported bytes, as in a verified [`Bundle`](crate::bundle::Bundle): ExecuTorch
    /// detects only some damage, and other damage ends the process.
    ///
    /// # Errors
    /// [`Error::Runtime`] where ExecuTorch refuses the program, [`Error::Invalid`] where an input
    /// or output is no tensor, for a number of threads out of range, and for bytes that are not
    /// aligned to 16 (a mapped file is).
    pub fn from_bytes(bytes: Bytes, options: &RuntimeOptions) -> Result<Self> {
        log::init();
        let session = options.session.as_ref();
        let threads = options.threads.or(session.map(|session| session.threads));
        let threads = Threads::new(threads.unwrap_or(1))?;
        let loaded = threads.with(|| Loaded::new(bytes))?;
        let (inputs, outputs) = infos(&loaded)?;
        Ok(Self {
            loaded,
            threads,
            inputs,
            outputs,
        })
    }

    pub(super) fn inputs(&self) -> &[PteTensorInfo] {
        &self.inputs
    }

    pub(super) fn outputs(&self) -> &[PteTensorInfo] {
        &self.outputs
    }

    /// Runs the program once and returns its outputs, in their order.
    ///
    /// # Errors
    /// [`Error::Runtime`] where ExecuTorch refuses an input or fails, [`Error::Shape`] where a
    /// tensor's number of values differs from its shape, [`Error::Invalid`] for another number of
    /// inputs than the program takes, and for 32-bit integers, which no program here takes.
    pub fn run(&mut self, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
        let inputs = inputs.iter().map(|tensor| Input::new(tensor));
        let inputs = inputs.collect::<Result<Vec<Input>>>()?;
        self.run_with(&inputs, |outputs| outputs.iter().map(copy).collect())
    }

    /// Runs the program and passes its outputs to `take` before the next run overwrites them.
    pub(super) fn run_with<R>(
        &mut self,
        inputs: &[Input<'_>],
        take: impl FnOnce(&[EValue<'_>]) -> Result<R>,
    ) -> Result<R> {
        if inputs.len() != self.inputs.len() {
            return Err(Error::invalid(
                "the number of inputs",
                self.inputs.len(),
                inputs.len(),
            ));
        }
        let values: Vec<EValue> = inputs.iter().map(Input::value).collect();
        let (threads, method) = (self.threads, &mut self.loaded.method);
        log::take();
        threads.with(|| {
            let mut execution = method.start_execution();
            for (index, value) in values.iter().enumerate() {
                execution
                    .set_input(value, index)
                    .map_err(failed("take an input"))?;
            }
            let outputs = execution.execute().map_err(failed("run the program"))?;
            let outputs: Vec<EValue> = (0..outputs.len()).map(|index| outputs.get(index)).collect();
            take(&outputs)
        })
    }
}

/// An input with borrowed values.
pub(super) enum Input<'a> {
    Floats(TensorPtr<'a, View<f32>>),
    Integers(TensorPtr<'a, View<i64>>),
}

impl<'a> Input<'a> {
    fn new(tensor: &'a Tensor) -> Result<Self> {
        match &tensor.data {
            TensorData::F32(values) => Self::floats(&tensor.shape, values),
            TensorData::I64(values) => Self::integers(&tensor.shape, values),
            TensorData::I32(_) => Err(Error::invalid(
                "the type of an input",
                "32-bit floats or 64-bit integers",
                "32-bit integers",
            )),
        }
    }

    pub(super) fn floats(shape: &[usize], values: &'a [f32]) -> Result<Self> {
        let sizes = sizes(shape, values.len())?;
        // SAFETY: the product of the row-major sizes is the number of values.
        let tensor =
            unsafe { TensorPtrBuilder::<View<f32>>::from_slice(values).sizes(sizes) }.build();
        Ok(Self::Floats(tensor.map_err(failed("take an input"))?))
    }

    pub(super) fn integers(shape: &[usize], values: &'a [i64]) -> Result<Self> {
        let sizes = sizes(shape, values.len())?;
        // SAFETY: the product of the row-major sizes is the number of values.
        let tensor =
            unsafe { TensorPtrBuilder::<View<i64>>::from_slice(values).sizes(sizes) }.build();
        Ok(Self::Integers(tensor.map_err(failed("take an input"))?))
    }

    fn value(&self) -> EValue<'_> {
        match self {
            Self::Floats(tensor) => tensor.into_evalue(),
            Self::Integers(tensor) => tensor.into_evalue(),
        }
    }
}

/// ExecuTorch's sizes for a shape with `values` values.
fn sizes(shape: &[usize], values: usize) -> Result<Vec<i32>> {
    let product = shape
        .iter()
        .try_fold(1_usize, |product, size| product.checked_mul(*size));
    let sizes = shape.iter().map(|size| i32::try_from(*size).ok());
    match sizes.collect::<Option<Vec<i32>>>() {
        Some(sizes) if product == Some(values) => Ok(sizes),
        _ => Err(Error::Shape {
            what: "values of an input".to_owned(),
            expected: shape.to_vec(),
            got: vec![values],
        }),
    }
}

/// Inputs and outputs of `forward`.
fn infos(loaded: &Loaded) -> Result<(Vec<PteTensorInfo>, Vec<PteTensorInfo>)> {
    let meta = loaded
        .program()
        .method_meta(c"forward")
        .map_err(failed("find the method `forward`"))?;
    let check =
        |tag: Result<Tag, executorch::Error>| match tag.map_err(failed("describe itself"))? {
            Tag::Tensor => Ok(()),
            other => Err(Error::invalid(
                "an input or output of the program",
                "a tensor",
                format!("{other:?}"),
            )),
        };
    let info = |info: executorch::program::TensorInfo| PteTensorInfo {
        element: info.scalar_type(),
        sizes: info
            .sizes()
            .iter()
            .map(|size| usize::try_from(*size).unwrap_or(0))
            .collect(),
    };
    let mut inputs = Vec::new();
    for index in 0..meta.num_inputs() {
        check(meta.input_tag(index))?;
        inputs.push(info(
            meta.input_tensor_meta(index)
                .map_err(failed("describe itself"))?,
        ));
    }
    let mut outputs = Vec::new();
    for index in 0..meta.num_outputs() {
        check(meta.output_tag(index))?;
        outputs.push(info(
            meta.output_tensor_meta(index)
                .map_err(failed("describe itself"))?,
        ));
    }
    Ok((inputs, outputs))
}

/// The tensor in an output.
pub(super) fn tensor<'a>(value: &'a EValue<'_>) -> Result<TensorAny<'a>> {
    match value.tag() {
        Tag::Tensor => Ok(value.as_tensor()),
        other => Err(not_supported(&format!("{other:?}"))),
    }
}

/// Sizes of a tensor.
pub(super) fn shape(tensor: &TensorAny<'_>) -> Vec<usize> {
    let sizes = tensor.sizes().iter();
    sizes
        .map(|size| usize::try_from(*size).unwrap_or(0))
        .collect()
}

/// The values of a dense, row-major tensor of 32-bit floats, valid until the next run.
pub(super) fn floats<'a>(tensor: &'a TensorAny<'_>) -> Result<&'a [f32]> {
    let Some(typed) = tensor.try_as_typed::<f32>() else {
        return Err(not_supported(&format!("{:?}", tensor.scalar_type())));
    };
    check_order(tensor)?;
    if tensor.numel() == 0 {
        return Ok(&[]);
    }
    // SAFETY: ExecuTorch's tensors are dense: `numel` values lie at the address.
    Ok(unsafe { std::slice::from_raw_parts(typed.as_data_ptr(), tensor.numel()) })
}

fn copy(value: &EValue<'_>) -> Result<Tensor> {
    let tensor = tensor(value)?;
    let shape = shape(&tensor);
    match tensor.scalar_type() {
        ScalarType::Float => Ok(Tensor::f32(shape, floats(&tensor)?.to_vec())),
        ScalarType::Long => {
            check_order(&tensor)?;
            let Some(typed) = tensor.try_as_typed::<i64>() else {
                return Err(not_supported("Long"));
            };
            if tensor.numel() == 0 {
                return Ok(Tensor::i64(shape, Vec::new()));
            }
            // SAFETY: ExecuTorch's tensors are dense: `numel` values lie at the address.
            let values = unsafe { std::slice::from_raw_parts(typed.as_data_ptr(), tensor.numel()) };
            Ok(Tensor::i64(shape, values.to_vec()))
        }
        other => Err(not_supported(&format!("{other:?}"))),
    }
}

/// Refuses a tensor whose dimensions are stored in another order than row-major.
fn check_order(tensor: &TensorAny<'_>) -> Result<()> {
    let order = tensor.dim_order();
    let is_row_major = order
        .iter()
        .enumerate()
        .all(|(at, dim)| usize::from(*dim) == at);
    if is_row_major && !(tensor.numel() > 0 && tensor.as_data_ptr_raw().is_null()) {
        return Ok(());
    }
    Err(not_supported("stored in another order than row-major"))
}

fn not_supported(what: &str) -> Error {
    Error::Runtime {
        runtime: KIND.title,
        action: "give an output",
        message: format!("it is {what}: not supported"),
    }
}
