//! The encoder graph in ONNX Runtime.

use std::path::Path;
use std::sync::Arc;

use ort::session::{RunOptions, Session, SessionInputValue};
use ort::value::{Outlet, TensorElementType, ValueType};

use super::KIND;
use super::library::{self, load};
use super::model::{failed, open_session, sizes, view};
use crate::bytes::Bytes;
use crate::error::{Error, Result};
use crate::limits::CancelToken;
use crate::runtime::contract::{ENCODED, FEATURES, LENGTHS, check_encoded, check_features};
use crate::runtime::copies::Copies;
use crate::runtime::kind::{EncoderSource, Runner};
use crate::runtime::{Encoder, RuntimeInfo, RuntimeOptions};
use crate::transducer::ModelSpec;

/// ONNX Runtime as the runner of encoders. Its version is unknown when it is linked in.
pub(super) const RUNNER: Runner = Runner {
    version: |options| Ok(load(options.library.as_deref())?.version),
    open,
};

/// Opens a bundle's encoder, preferring the one optimized beforehand if it fits this machine.
fn open(
    source: &EncoderSource<'_>,
    version: &str,
    options: &RuntimeOptions,
) -> Result<Box<dyn Encoder>> {
    let spec = source.spec;
    let optimized = spec
        .optimized
        .as_ref()
        .filter(|optimized| optimized.serves(std::env::consts::ARCH, version));
    let file = optimized.map_or(&spec.encoder, |optimized| &optimized.file);
    let session = options.session.as_ref().unwrap_or(&spec.session);
    let options = RuntimeOptions {
        session: Some(session.clone()),
        ..options.clone()
    };
    let bytes = (source.file)(file)?;
    let encoder = OnnxEncoder::from_bytes(&bytes, source.model, &options)?;
    Ok(Box::new(encoder))
}

/// An encoder graph: `features_bft` `[B, F, T]` and `lengths` `[B]` to `encoded_btf` `[B, T', D]`.
///
/// `Send + Sync`: a session of ort runs one swipe at a time, so each has its own lock. A run takes
/// the first idle session.
#[derive(Debug)]
pub struct OnnxEncoder {
    copies: Copies<Session>,
    features: usize,
    width: usize,
    subsampling: usize,
    features_first: bool,
    lengths: TensorElementType,
}

impl OnnxEncoder {
    /// Loads the encoder of a network with the dimensions `model` from the file at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read, otherwise as [`from_bytes`](Self::from_bytes).
    pub fn open(path: &Path, model: &ModelSpec, options: &RuntimeOptions) -> Result<Self> {
        Self::from_bytes(&Bytes::map(path)?, model, options)
    }

    /// Loads the encoder of a network with the dimensions `model` from memory; the bytes are not
    /// needed afterwards.
    ///
    /// # Errors
    /// [`Error::RuntimeNotFound`] where the runtime is missing, [`Error::Runtime`] where it refuses
    /// the graph, [`Error::Invalid`] and [`Error::Shape`] where inputs and outputs are not those of
    /// an encoder of these dimensions, [`Error::Invalid`] for options out of range.
    pub fn from_bytes(bytes: &[u8], model: &ModelSpec, options: &RuntimeOptions) -> Result<Self> {
        let first = open_session(bytes, options)?;
        let inputs = first.inputs();
        if inputs.len() != 2 {
            return Err(Error::invalid(
                "the encoder's inputs",
                format!("{FEATURES} and {LENGTHS}"),
                names(inputs),
            ));
        }
        let what = "an input of the encoder";
        check(
            what,
            inputs,
            FEATURES,
            &[TensorElementType::Float32],
            &[0, model.features, 0],
        )?;
        let integers = [TensorElementType::Int64, TensorElementType::Int32];
        let lengths = check(what, inputs, LENGTHS, &integers, &[0])?;
        let what = "an output of the encoder";
        check(
            what,
            first.outputs(),
            ENCODED,
            &[TensorElementType::Float32],
            &[0, 0, model.encoder],
        )?;
        let features_first = inputs[0].name() == FEATURES;
        let copies = Copies::new(options.copies, first, || open_session(bytes, options))?;
        Ok(Self {
            copies,
            features: model.features,
            width: model.encoder,
            subsampling: model.subsampling.max(1),
            features_first,
            lengths,
        })
    }

    /// Runs an idle session until it ends or `cancel` is cancelled.
    fn run_copy(
        &self,
        features: &[f32],
        samples: usize,
        cancel: Option<&CancelToken>,
        encoded: &mut Vec<f32>,
    ) -> Result<usize> {
        encoded.clear();
        check_features(features, self.features, samples)?;
        self.copies
            .with(|session| self.run(session, features, samples, cancel, encoded))
    }

    fn run(
        &self,
        session: &mut Session,
        features: &[f32],
        samples: usize,
        cancel: Option<&CancelToken>,
        encoded: &mut Vec<f32>,
    ) -> Result<usize> {
        let shape = [1, self.features, samples];
        let features = SessionInputValue::from(view(&shape, features)?);
        let (long, short) = ([samples as i64], [samples as i32]);
        let lengths = match self.lengths {
            TensorElementType::Int32 => SessionInputValue::from(view(&[1], &short)?),
            _ => SessionInputValue::from(view(&[1], &long)?),
        };
        let inputs = if self.features_first {
            [features, lengths]
        } else {
            [lengths, features]
        };
        let options = match cancel {
            Some(_) => Some(Arc::new(RunOptions::new().map_err(failed("make a run"))?)),
            None => None,
        };
        let _hook = cancel.zip(options.as_ref()).map(|(cancel, options)| {
            let options = Arc::clone(options);
            cancel.hook(Box::new(move || {
                // Terminating cannot fail for a run that exists.
                let _ = options.terminate();
            }))
        });
        let outputs = match &options {
            Some(options) => session.run_with_options(inputs, options),
            None => session.run(inputs),
        };
        let outputs = outputs.map_err(|error| match cancel.map(CancelToken::check) {
            Some(Err(cancelled)) => cancelled,
            _ => failed("run the encoder")(error),
        })?;
        let output = outputs.get(ENCODED).ok_or("the output is missing");
        let output = output.map_err(failed("run the encoder"))?;
        let (shape, values) = output
            .try_extract_tensor::<f32>()
            .map_err(failed("give the encoder's output"))?;
        let shape = sizes(shape);
        let expected = [1, samples.div_ceil(self.subsampling), self.width];
        check_encoded(values, &shape, expected)?;
        encoded.extend_from_slice(values);
        Ok(expected[1])
    }
}

impl Encoder for OnnxEncoder {
    fn encode(&self, features: &[f32], samples: usize, encoded: &mut Vec<f32>) -> Result<usize> {
        self.run_copy(features, samples, None, encoded)
    }

    fn encode_until(
        &self,
        features: &[f32],
        samples: usize,
        cancel: &CancelToken,
        encoded: &mut Vec<f32>,
    ) -> Result<usize> {
        encoded.clear();
        cancel.check()?;
        self.run_copy(features, samples, Some(cancel), encoded)
    }

    fn runtime(&self) -> RuntimeInfo {
        RuntimeInfo {
            name: KIND.title,
            version: library::loaded().map_or_else(String::new, |loaded| loaded.version),
        }
    }
}

fn names(outlets: &[Outlet]) -> String {
    let names: Vec<&str> = outlets.iter().map(Outlet::name).collect();
    names.join(", ")
}

/// Checks that `outlets` has a tensor `name` with one of the types `elements` and a shape that fits
/// `sizes`, and returns its type. A size of 0 means one that varies between runs.
fn check(
    what: &'static str,
    outlets: &[Outlet],
    name: &str,
    elements: &[TensorElementType],
    sizes: &[usize],
) -> Result<TensorElementType> {
    let outlet = outlets
        .iter()
        .find(|outlet| outlet.name() == name)
        .ok_or_else(|| Error::invalid(what, name, names(outlets)))?;
    let ValueType::Tensor { ty, shape, .. } = outlet.dtype() else {
        return Err(Error::invalid(what, "a tensor", outlet.dtype()));
    };
    if !elements.contains(ty) {
        let elements: Vec<String> = elements.iter().map(ToString::to_string).collect();
        return Err(Error::invalid(
            what,
            format!("{name} of {}", elements.join(" or ")),
            outlet.dtype(),
        ));
    }
    let got: Vec<usize> = shape
        .iter()
        .map(|size| usize::try_from(*size).unwrap_or(0))
        .collect();
    let fits = |(expected, got): (&usize, &usize)| *expected == 0 || *got == 0 || expected == got;
    if got.len() != sizes.len() || !sizes.iter().zip(&got).all(fits) {
        return Err(Error::Shape {
            what: format!("{what}, {name} (0: any size)"),
            expected: sizes.to_vec(),
            got,
        });
    }
    Ok(*ty)
}
