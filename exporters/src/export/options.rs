//! What to export, and how.

use std::path::PathBuf;

use super::target::Target;
use crate::error::{Error, Result};
use crate::onnx::LengthType;
use crate::quantize::Precision;
use crate::quantize::Recipe;
use crate::quantize::calibrate::Method;
use crate::quantize::sensitivity::When;

/// Where calibration swipes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A manifest of swipes.
    Manifest(PathBuf),
    /// Synthetic swipes of a few words: for trying things out. No accuracy follows from them.
    Synthetic,
}

/// How encoders are quantized.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantization {
    /// Where calibration swipes come from; INT8 needs some.
    pub calibration: Option<Source>,
    /// Batches of calibration swipes.
    pub batches: usize,
    /// Swipes a batch. They run one by one, so that no padding counts; a batch is what a moving
    /// average moves by.
    pub batch_size: usize,
    /// How the ranges of static recipes follow.
    pub method: Method,
    /// The recipe; the target's own where it is `None`.
    pub recipe: Option<Recipe>,
    /// Points of top-1 accuracy that INT8 may cost on the calibration swipes.
    pub max_top1_loss: f64,
    /// When layers are measured one by one.
    pub sensitivity: When,
}

impl Default for Quantization {
    fn default() -> Self {
        Self {
            calibration: None,
            batches: 32,
            batch_size: 16,
            method: Method::Percentile { percent: 99.99 },
            recipe: None,
            max_top1_loss: 0.2,
            sensitivity: When::Needed,
        }
    }
}

/// Which featurizer a bundle names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeaturizerKind {
    /// All points, clamped before resampling, scaled by the checkpoint's `feature_scale`.
    Kinematic37,
    /// As the seed: the first 256 points, clamped after resampling, no scale.
    Seed,
}

/// A manifest of swipes that the bundles are compared on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validation {
    /// The manifest.
    pub manifest: PathBuf,
    /// Swipes at most.
    pub samples: Option<usize>,
    /// The program `swipekit`, to measure memory and loading in a process of their own; left out
    /// where it is `None`.
    pub program: Option<PathBuf>,
}

/// What to export.
#[derive(Clone, Debug)]
pub struct Options {
    /// The checkpoint.
    pub checkpoint: PathBuf,
    /// Folder of the bundle; of several, the folder that theirs stand in, each called
    /// `TARGET-PRECISION`.
    pub output: PathBuf,
    /// Precisions of the encoder.
    pub precisions: Vec<Precision>,
    /// What the bundles are for.
    pub targets: Vec<Target>,
    /// How encoders are quantized.
    pub quantization: Quantization,
    /// What the bundles are compared on.
    pub validation: Option<Validation>,
    /// Lexicon file or word list; `None` for a dynamic bundle.
    pub lexicon: Option<PathBuf>,
    /// Where the lexicon's words come from.
    pub lexicon_source: String,
    /// Licence of the lexicon.
    pub lexicon_licence: String,
    /// Prefixes of the lexicon that the prediction network is run for beforehand, into a table of
    /// the bundle; 0 for none.
    pub prefixes: usize,
    /// Language model's file; `None` for none.
    pub language_model: Option<PathBuf>,
    /// Where the language model's n-grams come from.
    pub language_model_source: String,
    /// Licence of the language model.
    pub language_model_licence: String,
    /// Weight of the words before a swipe in the default preset; that which was fitted on How We
    /// Swipe where it is `None` and there is a language model.
    pub language_model_weight: Option<f32>,
    /// Name; the output folder's where it is `None`.
    pub name: Option<String>,
    /// BCP 47 language tag.
    pub language: String,
    /// Featurizer; `None` for the one that the checkpoint names, or [`FeaturizerKind::Kinematic37`]
    /// where it only has a feature scale, otherwise [`FeaturizerKind::Seed`].
    pub featurizer: Option<FeaturizerKind>,
    /// Type of the encoder's input `lengths`.
    pub lengths: LengthType,
    /// Whether prediction network and joint are also written as graphs of their own.
    pub parts: bool,
    /// Whether bundles are kept small: without the step graph, which core does not run, and the
    /// report for people, and with the matrices of prediction network and joint in 16-bit floats.
    /// For ONNX Runtime only.
    pub compact: bool,
    /// Whether the encoder is also written as ONNX Runtime's optimizer leaves it.
    pub optimized: bool,
    /// Files that go into every bundle besides its own.
    pub assets: Vec<PathBuf>,
    /// Where every bundle is also written as one `.swipekit` file.
    pub package_dir: Option<PathBuf>,
    /// Whether the report says what each file takes after deflate.
    pub compression_test: bool,
    /// Prior weight of the default preset; the usual one where it is `None`.
    pub prior_weight: Option<f32>,
    /// The bundle whose presets are taken in place of the usual one; of the same checkpoint.
    pub presets_of: Option<PathBuf>,
    /// Licence of the weights.
    pub licence: String,
    /// Whom to credit.
    pub credits: Vec<String>,
}

impl Options {
    /// An FP32 bundle for the desktop at `output`, without a lexicon.
    pub fn new(checkpoint: impl Into<PathBuf>, output: impl Into<PathBuf>) -> Self {
        let not_stated = || "not stated".to_owned();
        Self {
            checkpoint: checkpoint.into(),
            output: output.into(),
            precisions: vec![Precision::Fp32],
            targets: vec![Target::Desktop],
            quantization: Quantization::default(),
            validation: None,
            lexicon: None,
            lexicon_source: not_stated(),
            lexicon_licence: not_stated(),
            prefixes: 0,
            language_model: None,
            language_model_source: not_stated(),
            language_model_licence: not_stated(),
            language_model_weight: None,
            name: None,
            language: "en".to_owned(),
            featurizer: None,
            lengths: LengthType::default(),
            parts: false,
            compact: false,
            optimized: false,
            assets: Vec::new(),
            package_dir: None,
            compression_test: false,
            prior_weight: None,
            presets_of: None,
            licence: not_stated(),
            credits: Vec::new(),
        }
    }

    /// Finds out early what could not be done.
    pub(super) fn check(&self) -> Result<()> {
        if self.precisions.is_empty() || self.targets.is_empty() {
            return Err(swipekit::Error::invalid(
                "what to export",
                "a precision and a target",
                "none",
            )
            .into());
        }
        if self.precisions.contains(&Precision::Int8) && self.quantization.calibration.is_none() {
            return Err(Error::NoCalibration);
        }
        Ok(())
    }

    /// The name that was given, or the output folder's.
    pub(super) fn base_name(&self) -> String {
        let name = self.name.clone();
        name.or_else(|| Some(self.output.file_name()?.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "bundle".to_owned())
    }
}
