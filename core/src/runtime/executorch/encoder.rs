//! The encoder as a program of ExecuTorch.

use std::path::Path;

use executorch::tensor::ScalarType;

use super::KIND;
use super::model::{Input, PteModel, PteTensorInfo, floats, shape, tensor};
use crate::bytes::Bytes;
use crate::error::{Error, Result};
use crate::runtime::contract::{ENCODED, FEATURES, LENGTHS, check_encoded, check_features};
use crate::runtime::copies::Copies;
use crate::runtime::kind::{EncoderSource, Runner};
use crate::runtime::{Encoder, RuntimeInfo, RuntimeOptions};
use crate::transducer::ModelSpec;

/// The version of ExecuTorch that the crate `executorch` supports and the libraries are pinned to.
/// The libraries do not report their version.
pub const EXECUTORCH_VERSION: &str = "1.5.1";

/// ExecuTorch as the runner of encoders.
pub(super) const RUNNER: Runner = Runner {
    version: |_| Ok(EXECUTORCH_VERSION.to_owned()),
    open,
};

/// Opens a bundle's encoder.
fn open(
    source: &EncoderSource<'_>,
    _version: &str,
    options: &RuntimeOptions,
) -> Result<Box<dyn Encoder>> {
    let spec = source.spec;
    let options = RuntimeOptions {
        threads: Some(options.threads.unwrap_or(spec.session.threads)),
        ..options.clone()
    };
    let bytes = (source.file)(&spec.encoder)?;
    let encoder = PteEncoder::from_bytes(bytes, source.model, &options)?;
    Ok(Box::new(encoder))
}

/// An encoder program: `features_bft` `[1, F, T]` and `lengths` `[1]` to `encoded_btf`
/// `[1, T', D]`, where T is limited at export.
#[derive(Debug)]
pub struct PteEncoder {
    copies: Copies<PteModel>,
    features: usize,
    width: usize,
    subsampling: usize,
    max_samples: usize,
}

impl PteEncoder {
    /// Loads the encoder of a network with the dimensions `model` from the file at `path`.
    /// [`PteModel::from_bytes`] states the requirements on the file.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read, otherwise as [`from_bytes`](Self::from_bytes).
    pub fn open(path: &Path, model: &ModelSpec, options: &RuntimeOptions) -> Result<Self> {
        Self::from_bytes(Bytes::map(path)?, model, options)
    }

    /// Loads the encoder of a network with the dimensions `model`. [`PteModel::from_bytes`] states
    /// the requirements on the bytes.
    ///
    /// # Errors
    /// [`Error::Runtime`] where ExecuTorch refuses the program, [`Error::Invalid`] and
    /// [`Error::Shape`] where its inputs and outputs are not those of an encoder of these
    /// dimensions, [`Error::Invalid`] for options out of range.
    pub fn from_bytes(bytes: Bytes, model: &ModelSpec, options: &RuntimeOptions) -> Result<Self> {
        let first = PteModel::from_bytes(bytes.clone(), options)?;
        let max_samples = check(first.inputs(), first.outputs(), model)?;
        let copies = Copies::new(options.copies, first, || {
            PteModel::from_bytes(bytes.clone(), options)
        })?;
        Ok(Self {
            copies,
            features: model.features,
            width: model.encoder,
            subsampling: model.subsampling.max(1),
            max_samples,
        })
    }

    /// The longest swipe that the program takes, in samples.
    pub fn max_samples(&self) -> usize {
        self.max_samples
    }
}

/// Checks types and greatest sizes of inputs and outputs, and returns the greatest T.
fn check(inputs: &[PteTensorInfo], outputs: &[PteTensorInfo], model: &ModelSpec) -> Result<usize> {
    let ([features, lengths], [encoded, ..]) = (inputs, outputs) else {
        return Err(Error::invalid(
            "the encoder program",
            format!("inputs {FEATURES} and {LENGTHS}, output {ENCODED}"),
            format!("{} inputs, {} outputs", inputs.len(), outputs.len()),
        ));
    };
    let max_samples = features.sizes.get(2).copied().unwrap_or(0);
    let frames = max_samples.div_ceil(model.subsampling.max(1));
    for (what, info, element, sizes) in [
        (
            FEATURES,
            features,
            ScalarType::Float,
            vec![1, model.features, max_samples],
        ),
        (LENGTHS, lengths, ScalarType::Long, vec![1]),
        (
            ENCODED,
            encoded,
            ScalarType::Float,
            vec![1, frames, model.encoder],
        ),
    ] {
        if info.element != element {
            return Err(Error::invalid(
                "a tensor of the encoder program",
                format!("{what} of {element:?}"),
                format!("{:?}", info.element),
            ));
        }
        if info.sizes != sizes {
            return Err(Error::Shape {
                what: format!("the greatest {what} of the encoder program"),
                expected: sizes,
                got: info.sizes.clone(),
            });
        }
    }
    Ok(max_samples)
}

impl Encoder for PteEncoder {
    fn encode(&self, features: &[f32], samples: usize, encoded: &mut Vec<f32>) -> Result<usize> {
        encoded.clear();
        check_features(features, self.features, samples)?;
        if samples > self.max_samples {
            return Err(Error::TooLarge {
                what: "the number of samples",
                limit: self.max_samples as u64,
                got: samples as u64,
            });
        }
        let length = [samples as i64];
        let inputs = [
            Input::floats(&[1, self.features, samples], features)?,
            Input::integers(&[1], &length)?,
        ];
        let expected = [1, samples.div_ceil(self.subsampling), self.width];
        self.copies.with(|model| {
            model.run_with(&inputs, |outputs| {
                let output = outputs.first().ok_or_else(|| Error::Runtime {
                    runtime: KIND.title,
                    action: "run the encoder",
                    message: "the output is missing".to_owned(),
                })?;
                let output = tensor(output)?;
                let values = floats(&output)?;
                check_encoded(values, &shape(&output), expected)?;
                encoded.extend_from_slice(values);
                Ok(expected[1])
            })
        })
    }

    fn runtime(&self) -> RuntimeInfo {
        RuntimeInfo {
            name: KIND.title,
            version: EXECUTORCH_VERSION.to_owned(),
        }
    }
}
