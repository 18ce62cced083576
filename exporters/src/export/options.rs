//! What to export, and how.

use std::path::PathBuf;

use super::target::Target;
use crate::arguments::{arguments_of, at_least_one, points};
use crate::error::{Error, Result};
use crate::onnx::LengthType;
use crate::pte::{Mode, Scheme};
use crate::quantize::calibrate::Method;
use crate::quantize::sensitivity::When;
use crate::quantize::{Precision, Recipe};

/// Where calibration swipes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A swipe file.
    Swipes(PathBuf),
    /// Synthetic swipes of a few words: for trying things out. No accuracy follows from them.
    Synthetic,
}

/// [`Source`] on the command line.
#[derive(clap::Args)]
#[group(id = "calibration-swipes", multiple = false)]
struct SourceArguments {
    /// Swipe file to calibrate INT8 on and to measure its cost by.
    #[arg(long, value_name = "FILE")]
    calibration: Option<PathBuf>,
    /// Calibrate on synthetic swipes. They are for trying things out: no accuracy follows from
    /// them.
    #[arg(long)]
    synthetic_calibration: bool,
}

impl From<SourceArguments> for Source {
    fn from(arguments: SourceArguments) -> Self {
        arguments.calibration.map_or(Self::Synthetic, Self::Swipes)
    }
}

arguments_of!(Source, SourceArguments);

/// How encoders are quantized.
#[derive(Clone, Debug, PartialEq, clap::Args)]
pub struct Quantization {
    /// Where calibration swipes come from; INT8 needs some.
    #[command(flatten)]
    pub calibration: Option<Source>,
    /// Batches of calibration swipes.
    #[arg(long = "calibration-batches", value_name = "N", default_value_t = Self::default().batches, value_parser = at_least_one::<usize>)]
    pub batches: usize,
    /// Swipes a batch. They run one by one, so that no padding counts; a batch is what a moving
    /// average moves by.
    #[arg(long = "calibration-batch-size", value_name = "N", default_value_t = Self::default().batch_size, value_parser = at_least_one::<usize>)]
    pub batch_size: usize,
    /// How the ranges of static recipes follow.
    #[arg(skip = Self::default().method)]
    pub method: Method,
    /// The recipe; the target's own where it is `None`.
    #[arg(skip)]
    pub recipe: Option<Recipe>,
    /// Percentage points of top-1 accuracy that INT8 may cost on the calibration swipes. An encoder
    /// that loses more is made in another way, or refused.
    #[arg(long, value_name = "POINTS", default_value_t = Self::default().max_top1_loss, value_parser = points)]
    pub max_top1_loss: f64,
    /// When layers are measured one by one.
    #[arg(skip = Self::default().sensitivity)]
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

/// What a source or a licence is where nobody says it.
const NOT_STATED: &str = "not stated";
/// The language of a bundle where nobody says it.
const ENGLISH: &str = "en";

/// Which featurizer a bundle names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FeaturizerKind {
    /// All points, clamped before resampling, scaled by the checkpoint's feature scale.
    Kinematic37,
    /// As the seed: the first 256 points, clamped after resampling, no scale.
    Seed,
}

/// The swipes that the bundles are compared on.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub struct Validation {
    /// Swipe file to compare the bundles on, beside FP32.
    #[arg(
        id = "validate",
        long = "validate",
        value_name = "FILE",
        required = false
    )]
    pub swipes: PathBuf,
    /// Swipes of --validate at most, taken evenly; all by default.
    #[arg(id = "validate-limit", long = "validate-limit", value_name = "N", requires = "validate", value_parser = at_least_one::<usize>)]
    pub limit: Option<usize>,
    /// The program `swipekit`, to measure memory and loading in a process of their own; left out
    /// where it is `None`.
    #[arg(skip = std::env::current_exe().ok())]
    pub program: Option<PathBuf>,
}

/// What to export.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// NeMo checkpoint: .nemo or Lightning .ckpt.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: PathBuf,
    /// Folder of the bundle. An older bundle there is replaced once the new one has passed. Several
    /// bundles get folders of their own in it.
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
    /// Precisions of the encoder. Of several bundles, each is called TARGET-PRECISION.
    #[arg(skip = vec![Precision::Fp32])]
    pub precisions: Vec<Precision>,
    /// What the bundles are for.
    #[arg(skip = vec![Target::Desktop])]
    pub targets: Vec<Target>,
    /// How encoders are quantized.
    #[command(flatten)]
    pub quantization: Quantization,
    /// What the bundles are compared on.
    #[command(flatten)]
    pub validation: Option<Validation>,
    /// Lexicon to bundle: a built lexicon or a word list with frequencies. Without one the bundle
    /// is dynamic.
    #[arg(long, value_name = "FILE")]
    pub lexicon: Option<PathBuf>,
    /// Where the lexicon's words come from, for the bundle's manifest.
    #[arg(long, value_name = "TEXT", default_value = NOT_STATED)]
    pub lexicon_source: String,
    /// Licence of the lexicon.
    #[arg(long, value_name = "TEXT", default_value = NOT_STATED)]
    pub lexicon_licence: String,
    /// Run the prediction network for the N likeliest prefixes of the lexicon beforehand, and put
    /// the table into the bundle. The bundle opens sooner, and the first swipes are as fast as later
    /// ones. A prefix takes about 2 to 7 KB.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "lexicon")]
    pub prefixes: usize,
    /// Language model to bundle, made by `swipekit language-model build`.
    #[arg(long, value_name = "FILE")]
    pub language_model: Option<PathBuf>,
    /// Where the language model's n-grams come from, for the bundle's manifest.
    #[arg(long, value_name = "TEXT", default_value = NOT_STATED)]
    pub language_model_source: String,
    /// Licence of the language model.
    #[arg(long, value_name = "TEXT", default_value = NOT_STATED)]
    pub language_model_licence: String,
    /// Weight of the words before a swipe in the default preset. By default that which was fitted
    /// on How We Swipe.
    #[arg(long, value_name = "X", requires = "language_model")]
    pub language_model_weight: Option<f32>,
    /// Name of the bundle; the output folder's by default.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Language, as a BCP 47 tag.
    #[arg(long, value_name = "TAG", default_value = ENGLISH)]
    pub language: String,
    /// Featurizer. By default the one that the checkpoint names; `kinematic37` where it only has a
    /// feature scale, otherwise `seed`.
    #[arg(long, value_name = "NAME", value_enum)]
    pub featurizer: Option<FeaturizerKind>,
    /// Type of the encoder's input `lengths`.
    #[arg(skip)]
    pub lengths: LengthType,
    /// Whether prediction network and joint are also written as graphs of their own.
    #[arg(skip)]
    pub parts: bool,
    /// Whether bundles are kept small: without the step graph, which core does not run, and the
    /// report for people, and with the matrices of prediction network and joint in 16-bit floats.
    /// For ONNX Runtime only.
    #[arg(skip)]
    pub compact: bool,
    /// Whether the encoder is also written as ONNX Runtime's optimizer leaves it.
    #[arg(skip)]
    pub optimized: bool,
    /// Files to put into every bundle besides its own.
    #[arg(long = "bundle-assets", value_name = "FILE", num_args = 1..)]
    pub assets: Vec<PathBuf>,
    /// Folder to also write every bundle to as one .swipekit file.
    #[arg(long, value_name = "DIR")]
    pub package_dir: Option<PathBuf>,
    /// Report what each file takes after deflate.
    #[arg(long)]
    pub compression_test: bool,
    /// Weight of the lexicon's prior in the default preset; the usual one by default.
    #[arg(long, value_name = "X")]
    pub prior_weight: Option<f32>,
    /// Take the presets of this bundle of the same checkpoint, as `swipekit tune` fitted them, in
    /// place of the usual one.
    #[arg(long, value_name = "BUNDLE", conflicts_with = "prior_weight")]
    pub presets_of: Option<PathBuf>,
    /// Licence of the weights.
    #[arg(long, value_name = "TEXT", default_value = NOT_STATED)]
    pub licence: String,
    /// Whom to credit; may be given several times.
    #[arg(long = "credit", value_name = "TEXT")]
    pub credits: Vec<String>,
}

impl Options {
    /// An FP32 bundle for the desktop at `output`, without a lexicon.
    pub fn new(checkpoint: impl Into<PathBuf>, output: impl Into<PathBuf>) -> Self {
        Self {
            checkpoint: checkpoint.into(),
            output: output.into(),
            precisions: vec![Precision::Fp32],
            targets: vec![Target::Desktop],
            quantization: Quantization::default(),
            validation: None,
            lexicon: None,
            lexicon_source: NOT_STATED.to_owned(),
            lexicon_licence: NOT_STATED.to_owned(),
            prefixes: 0,
            language_model: None,
            language_model_source: NOT_STATED.to_owned(),
            language_model_licence: NOT_STATED.to_owned(),
            language_model_weight: None,
            name: None,
            language: ENGLISH.to_owned(),
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
            licence: NOT_STATED.to_owned(),
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

/// What to export for ExecuTorch.
#[derive(Clone, Debug, clap::Args)]
pub struct PteOptions {
    /// All that does not depend on the runtime. Precisions, targets, recipe, method, sensitivity,
    /// parts and the optimized encoder are ONNX Runtime's and not looked at.
    #[command(flatten)]
    pub base: Options,
    /// Programs to make. Of several bundles, each is called like its mode.
    #[arg(
        long = "mode",
        value_name = "MODE",
        value_enum,
        value_delimiter = ',',
        default_value = "xnnpack"
    )]
    pub modes: Vec<Mode>,
    /// Where the ranges of an encoder in 8 bits come from. Each swipe's own lose less.
    #[arg(long, value_name = "SCHEME", value_enum, default_value_t = Scheme::Dynamic)]
    pub scheme: Scheme,
    /// Let an FP32 encoder take the place of one in 8 bits that fails.
    #[arg(long)]
    pub fallback_fp32: bool,
    /// Python interpreter with PyTorch and ExecuTorch; looked for by default.
    #[arg(long, value_name = "FILE")]
    pub python: Option<PathBuf>,
}
