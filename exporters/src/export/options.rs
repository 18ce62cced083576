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
    /// Synthetic swipes of a few words, for trials. They say nothing about accuracy.
    Synthetic,
}

/// [`Source`] on the command line.
#[derive(clap::Args)]
#[group(id = "calibration-swipes", multiple = false)]
struct SourceArguments {
    /// Swipe file to calibrate INT8 on and to measure its loss on.
    #[arg(long, value_name = "FILE")]
    calibration: Option<PathBuf>,
    /// Calibrate on synthetic swipes, for trials. They say nothing about accuracy.
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
    /// Number of calibration batches.
    #[arg(long = "calibration-batches", value_name = "N", default_value_t = Self::default().batches, value_parser = at_least_one::<usize>)]
    pub batches: usize,
    /// Swipes per calibration batch. Swipes run one at a time, so there is no padding. A moving
    /// average is updated once per batch.
    #[arg(long = "calibration-batch-size", value_name = "N", default_value_t = Self::default().batch_size, value_parser = at_least_one::<usize>)]
    pub batch_size: usize,
    /// How static recipes compute ranges.
    #[arg(skip = Self::default().method)]
    pub method: Method,
    /// The recipe. `None`: the target's.
    #[arg(skip)]
    pub recipe: Option<Recipe>,
    /// Largest loss of top-1 accuracy that INT8 may cause on the calibration swipes, in percentage
    /// points. If an encoder loses more, the export tries another way or fails.
    #[arg(long, value_name = "POINTS", default_value_t = Self::default().max_top1_loss, value_parser = points)]
    pub max_top1_loss: f64,
    /// When to measure layers one by one.
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

/// Default for a source or a licence.
const NOT_STATED: &str = "not stated";
/// Default language of a bundle.
const ENGLISH: &str = "en";

/// The featurizer of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FeaturizerKind {
    /// All points, clamped before resampling, scaled by the checkpoint's feature scale.
    Kinematic37,
    /// The seed's: the first 256 points, clamped after resampling, no scale.
    Seed,
}

/// The swipes that the bundles are compared on.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub struct Validation {
    /// Swipe file to compare the bundles and the FP32 bundle on.
    #[arg(
        id = "validate",
        long = "validate",
        value_name = "FILE",
        required = false
    )]
    pub swipes: PathBuf,
    /// Most swipes to take from --validate, spread evenly. Default: all.
    #[arg(id = "validate-limit", long = "validate-limit", value_name = "N", requires = "validate", value_parser = at_least_one::<usize>)]
    pub limit: Option<usize>,
    /// The program `swipekit`, which measures memory and loading in a separate process. `None`
    /// skips that.
    #[arg(skip = std::env::current_exe().ok())]
    pub program: Option<PathBuf>,
}

/// What to export.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// NeMo checkpoint: .nemo or Lightning .ckpt.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: PathBuf,
    /// Folder of the bundle. An older bundle there is replaced after the new one has passed its
    /// checks. Several bundles get one subfolder each.
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
    /// Precisions of the encoder. Several bundles are named TARGET-PRECISION.
    #[arg(skip = vec![Precision::Fp32])]
    pub precisions: Vec<Precision>,
    /// Targets: the machines that the bundles are for.
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
    /// Source of the lexicon's words, for the manifest.
    #[arg(long, value_name = "TEXT", default_value = NOT_STATED)]
    pub lexicon_source: String,
    /// Licence of the lexicon.
    #[arg(long, value_name = "TEXT", default_value = NOT_STATED)]
    pub lexicon_licence: String,
    /// Precompute the prediction network for the lexicon's N likeliest prefixes and store the table
    /// in the bundle. The bundle then opens sooner, and the first swipes are as fast as later ones.
    /// A prefix takes about 2 to 7 KB.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "lexicon")]
    pub prefixes: usize,
    /// Language model to bundle, made by `swipekit language-model build`.
    #[arg(long, value_name = "FILE")]
    pub language_model: Option<PathBuf>,
    /// Source of the language model's n-grams, for the manifest.
    #[arg(long, value_name = "TEXT", default_value = NOT_STATED)]
    pub language_model_source: String,
    /// Licence of the language model.
    #[arg(long, value_name = "TEXT", default_value = NOT_STATED)]
    pub language_model_licence: String,
    /// Weight of the language model in the default preset. Default: the weight fitted on How We
    /// Swipe.
    #[arg(long, value_name = "X", requires = "language_model")]
    pub language_model_weight: Option<f32>,
    /// Name of the bundle. Default: the output folder's name.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Language, as a BCP 47 tag.
    #[arg(long, value_name = "TAG", default_value = ENGLISH)]
    pub language: String,
    /// Featurizer. Default: the one that the checkpoint names; otherwise `kinematic37` if the
    /// checkpoint has a feature scale, or `seed` if it has none.
    #[arg(long, value_name = "NAME", value_enum)]
    pub featurizer: Option<FeaturizerKind>,
    /// Type of the encoder's input `lengths`.
    #[arg(skip)]
    pub lengths: LengthType,
    /// Whether to write the prediction network and the joint as separate graphs too.
    #[arg(skip)]
    pub parts: bool,
    /// Whether to keep bundles small: without the step graph, which core does not run, without the
    /// report page, and with the matrices of the prediction joint as 16-bit floats. For ONNX
    /// Runtime only.
    #[arg(skip)]
    pub compact: bool,
    /// Whether to write the encoder as optimized by ONNX Runtime too.
    #[arg(skip)]
    pub optimized: bool,
    /// Extra files to put into every bundle.
    #[arg(long = "bundle-assets", value_name = "FILE", num_args = 1..)]
    pub assets: Vec<PathBuf>,
    /// Folder to also write each bundle to as a .swipekit file.
    #[arg(long, value_name = "DIR")]
    pub package_dir: Option<PathBuf>,
    /// Report the size of each file after deflate.
    #[arg(long)]
    pub compression_test: bool,
    /// Weight of the lexicon's prior in the default preset. Default: the usual weight.
    #[arg(long, value_name = "X")]
    pub prior_weight: Option<f32>,
    /// Take the presets from this bundle, which `swipekit tune` has fitted. It must come from the
    /// same checkpoint.
    #[arg(long, value_name = "BUNDLE", conflicts_with = "prior_weight")]
    pub presets_of: Option<PathBuf>,
    /// Licence of the weights.
    #[arg(long, value_name = "TEXT", default_value = NOT_STATED)]
    pub licence: String,
    /// Whom to credit. May be repeated.
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

    /// Finds options that cannot be used, before any work.
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

    /// The given name, or the output folder's.
    pub(super) fn base_name(&self) -> String {
        let name = self.name.clone();
        name.or_else(|| Some(self.output.file_name()?.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "bundle".to_owned())
    }
}

/// What to export for ExecuTorch.
#[derive(Clone, Debug, clap::Args)]
pub struct PteOptions {
    /// The options that do not depend on the runtime. Precisions, targets, recipe, method,
    /// sensitivity, parts and the optimized encoder are for ONNX Runtime and are ignored.
    #[command(flatten)]
    pub base: Options,
    /// Programs to make. Several bundles are named by their modes.
    #[arg(
        long = "mode",
        value_name = "MODE",
        value_enum,
        value_delimiter = ',',
        default_value = "xnnpack"
    )]
    pub modes: Vec<Mode>,
    /// Source of the ranges of an 8-bit encoder. Ranges of each single swipe lose less accuracy.
    #[arg(long, value_name = "SCHEME", value_enum, default_value_t = Scheme::Dynamic)]
    pub scheme: Scheme,
    /// Use an FP32 encoder if the 8-bit one fails.
    #[arg(long)]
    pub fallback_fp32: bool,
    /// Python interpreter with PyTorch and ExecuTorch. Default: searched for.
    #[arg(long, value_name = "FILE")]
    pub python: Option<PathBuf>,
}
