//! `bundle.json`: the contract between the exporters and this crate, format 1.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::decoder::DecoderOptions;
use crate::features::FeaturizerSpec;
use crate::layout::Layout;

pub use super::settings::{
    ANY_ARCHITECTURE, CONFIG_KEYS, Execution, MAX_THREADS, OptimizationLevel, OptimizedSpec,
    SessionSpec, TARGETS,
};

/// The format that this version writes and the newest one that it reads.
pub const FORMAT: u32 = 1;

/// The runtime kind ONNX Runtime.
pub const ONNXRUNTIME: &str = "onnxruntime";
/// The runtime kind ExecuTorch.
pub const EXECUTORCH: &str = "executorch";
/// The runtime kinds that this version knows; whether a build has them is another question
/// ([`runtime::supported`](crate::runtime::supported)).
pub const RUNTIMES: [&str; 2] = [ONNXRUNTIME, EXECUTORCH];
/// Precisions of an encoder.
pub const PRECISIONS: [&str; 3] = ["fp32", "fp16", "int8"];
/// The only start of sequence that this version knows.
pub const ZERO_VECTOR: &str = "zero-vector";
/// The step graph gives log-probabilities: log-softmax is part of the graph.
pub const LOG_PROBABILITIES: &str = "log-probabilities";
/// The step graph gives raw logits.
pub const LOGITS: &str = "logits";

/// The content of `bundle.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the bundle format, [`FORMAT`].
    pub format: u32,
    /// Name of the bundle, for example `en-qwerty`.
    pub name: String,
    /// BCP 47 language tag.
    pub language: String,
    /// Precision of the encoder: `fp32`, `fp16` or `int8`.
    pub precision: String,
    /// What runs the encoder.
    pub runtime: RuntimeSpec,
    /// Dimensions of the network.
    pub model: ModelSpec,
    /// The network's output classes.
    pub vocabulary: Vocabulary,
    /// How points become features.
    pub featurizer: FeaturizerSpec,
    /// The key layout that the network was trained on.
    pub layout: Layout,
    /// Decoder options by name; `default` is always there.
    pub presets: BTreeMap<String, DecoderOptions>,
    /// The bundled lexicon; `None` for a dynamic bundle, whose words come from the app.
    pub lexicon: Option<LexiconSpec>,
    /// The bundled language model; `None` where there is none, and in manifests older than it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language_model: Option<LanguageSpec>,
    /// Size and hash of every other file of the bundle, by its name in the bundle.
    pub files: BTreeMap<String, FileEntry>,
    /// Where everything came from.
    pub provenance: Provenance,
}

/// The runtime that a bundle's encoder needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeSpec {
    /// One of [`RUNTIMES`].
    pub kind: String,
    /// The oldest version of the runtime that runs the encoder, for example `1.17`.
    pub minimum: String,
    /// File name of the encoder, for example `encoder.onnx` or `encoder.pte`.
    pub encoder: String,
    /// File name of the step graph (prediction network and joint), for decoders of the seed's form.
    pub step: Option<String>,
    /// File name of the prediction network's and joint's weights, which this crate runs itself.
    pub transducer: String,
    /// File name of the table of prefixes that the prediction network has run for already
    /// ([`PrefixTable`](crate::decoder::PrefixTable)), for example `prefixes.safetensors`; `None`
    /// where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefixes: Option<String>,
    /// What the bundle was tuned for, one of [`TARGETS`]; `None` for nothing in particular. It is a
    /// statement only: what it led to stands in the fields below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Settings of the encoder's session; the defaults where a manifest has none. ExecuTorch looks
    /// at the threads only.
    #[serde(default)]
    pub session: SessionSpec,
    /// The encoder, optimized beforehand; `None` where the bundle has only the plain one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimized: Option<OptimizedSpec>,
}

impl RuntimeSpec {
    /// Major and minor number of [`RuntimeSpec::minimum`]; `None` where it is not of the form
    /// `1.17` or `1.17.3`.
    pub fn minimum_version(&self) -> Option<(u32, u32)> {
        major_minor(&self.minimum)
    }
}

/// Major and minor number of a version of the form `1.17` or `1.17.3`; `None` for another form.
pub(crate) fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(|part| {
        let digits = (1..=6).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_digit());
        digits.then(|| part.parse::<u32>().ok()).flatten()
    });
    let version = (parts.next()??, parts.next()??);
    let patch = parts.next();
    (patch != Some(None) && parts.next().is_none()).then_some(version)
}

/// Dimensions of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// Features a frame.
    pub features: usize,
    /// Width D of the encoder's output.
    pub encoder: usize,
    /// Input frames an output frame: T' = ceil(T / subsampling), stage by stage.
    pub subsampling: usize,
    /// LSTM layers L of the prediction network.
    pub prediction_layers: usize,
    /// Width H of the prediction network.
    pub prediction: usize,
    /// Width J of the joint.
    pub joint: usize,
    /// Activation of the joint.
    pub activation: Activation,
    /// Parameters of the whole network.
    pub parameters: u64,
}

/// Activation between the joint's sum and its output layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// max(0, x).
    Relu,
    /// Hyperbolic tangent.
    Tanh,
    /// Logistic function.
    Sigmoid,
}

/// The output classes of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// The labels, in the order of the classes.
    pub labels: Vec<String>,
    /// Class of the blank; NeMo's is the last: the number of labels.
    pub blank: usize,
    /// What the prediction network sees before the first label; always `zero-vector`.
    pub start_of_sequence: String,
    /// What the step graph's `logits` are: `log-probabilities` or `logits`.
    pub step_output: String,
}

/// The lexicon of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LexiconSpec {
    /// File name, for example `lexicon.fst`.
    pub file: String,
    /// Words, counted by display form.
    pub words: u64,
    /// Keys: distinct label strings.
    pub keys: u64,
    /// Where words and frequencies come from.
    pub source: String,
    /// Licence of the list.
    pub licence: String,
}

/// The language model of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LanguageSpec {
    /// File name, for example `language.bin`.
    pub file: String,
    /// Words of its n-grams at most.
    pub order: usize,
    /// Words.
    pub words: u64,
    /// Where its n-grams come from.
    pub source: String,
    /// Licence of the model.
    pub licence: String,
}

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Bytes.
    pub size: u64,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
}

/// Where a bundle came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// File name of the checkpoint, without its folder.
    pub checkpoint: String,
    /// SHA-256 of the checkpoint.
    pub checkpoint_sha256: String,
    /// Name and version of the exporter.
    pub exporter: String,
    /// The calibration set; `None` where nothing was calibrated.
    pub calibration: Option<String>,
    /// Licence of the bundle's weights.
    pub licence: String,
    /// Who must be credited.
    pub credits: Vec<String>,
}
