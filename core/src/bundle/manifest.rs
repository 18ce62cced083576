//! `bundle.json`: the contract between the exporters and this crate, format 1.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::features::FeaturizerSpec;
use crate::layout::Layout;
use crate::options::DecoderOptions;

pub use crate::runtime::{
    ANY_ARCHITECTURE, CONFIG_KEYS, EXECUTORCH, Execution, MAX_THREADS, ONNXRUNTIME,
    OptimizationLevel, OptimizedSpec, RuntimeSpec, SessionSpec, TARGETS,
};
pub use crate::transducer::{
    Activation, LOG_PROBABILITIES, LOGITS, ModelSpec, Vocabulary, ZERO_VECTOR,
};

/// The format that this version writes and the newest one that it reads.
pub const FORMAT: u32 = 1;

/// Precisions of an encoder.
pub const PRECISIONS: [&str; 3] = ["fp32", "fp16", "int8"];

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
