//! From a checkpoint to bundles that have proved themselves.
//!
//! Everything is written to folders beside the destinations. The FP32 graphs there are held to the
//! reference network, encoders of fewer bits to the FP32 one; every encoder is audited, every
//! bundle is opened as an app would open it and must decode what it is known to decode; with a
//! manifest of swipes all of them are compared on it. Only then do they take their places, each
//! whole. A failed check leaves nothing behind.

mod assemble;
mod calibration;
mod encoders;
mod golden;
mod graphs;
mod page;
mod preset;
#[cfg(feature = "executorch")]
mod pte;
mod report;
mod target;
#[cfg(test)]
mod tests;
mod validation;

use std::path::{Path, PathBuf};
use std::time::Instant;

pub use calibration::{CalibrationReport, Quantization, Source};
pub use encoders::{EncoderReport, PassedOver};
pub use preset::write_preset;
#[cfg(feature = "executorch")]
pub use pte::pte;
pub use report::{Exported, LoweringReport, Outcome, Report};
pub use target::Target;

use crate::arguments::at_least_one;
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::onnx::LengthType;
use crate::package;
pub use crate::precision::Precision;
use crate::pte::{Mode, Scheme};
use assemble::{Package, Place};
use encoders::Encoders;
use graphs::Graphs;

/// File name of the encoder.
pub const ENCODER: &str = "encoder.onnx";
/// File name of the encoder as ONNX Runtime's optimizer leaves it.
pub const OPTIMIZED: &str = "encoder.ort";
/// File name of the step graph.
pub const STEP: &str = "step.onnx";
/// File name of prediction network and joint for core.
pub const TRANSDUCER: &str = "transducer.safetensors";
/// File name of the encoder as a program of ExecuTorch.
pub const ENCODER_PROGRAM: &str = "encoder.pte";
/// File name of the step as a program of ExecuTorch.
pub const STEP_PROGRAM: &str = "step.pte";
/// File name of the table of prefixes.
pub const PREFIXES: &str = "prefixes.safetensors";
/// File name of the lexicon.
pub const LEXICON: &str = "lexicon.fst";
/// File name of the language model.
pub const LANGUAGE: &str = "language.bin";
/// File names of prediction network, joint's projection of the encoder, and joint as graphs of
/// their own.
pub const PARTS: [&str; 3] = ["prediction.onnx", "joint_encoder.onnx", "joint.onnx"];
/// File name of the report for people.
pub const REPORT_PAGE: &str = "report.html";

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
    fn check(&self) -> Result<()> {
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
    fn base_name(&self) -> String {
        let name = self.name.clone();
        name.or_else(|| Some(self.output.file_name()?.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "bundle".to_owned())
    }

    /// The bundles to make, target by target.
    fn places(&self) -> Vec<Place> {
        let single = self.precisions.len() * self.targets.len() == 1;
        let base = self.base_name();
        let pairs = self.targets.iter().flat_map(|target| {
            self.precisions
                .iter()
                .map(|precision| (*target, *precision))
        });
        pairs
            .map(|(target, precision)| {
                let kind = format!("{}-{}", target.name(), precision.name());
                Place {
                    target,
                    precision,
                    name: if single {
                        base.clone()
                    } else {
                        format!("{base}-{kind}")
                    },
                    folder: if single {
                        self.output.clone()
                    } else {
                        self.output.join(kind)
                    },
                }
            })
            .collect()
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

/// How far an export is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// What goes on.
    pub what: &'a str,
    /// Stages done.
    pub done: usize,
    /// All stages.
    pub stages: usize,
}

/// Exports a checkpoint to ONNX bundles; `progress` is told each step.
///
/// # Errors
/// Whatever reading, building or writing gives; [`Error::Validation`], [`Error::Audit`] or
/// [`Error::Quantize`] where a check fails. There is no bundle then.
pub fn onnx(options: &Options, progress: impl FnMut(&Progress<'_>)) -> Result<Outcome> {
    options.check()?;
    let places = options.places();
    if places.len() > 1 {
        assemble::check_folder(&options.output)?;
    }
    let is_new = !options.output.exists();
    let result = export(options, places, progress);
    if result.is_err() && is_new {
        // The folder that several bundles were to stand in; one with a bundle in it stays.
        let _ = std::fs::remove_dir(&options.output);
    }
    result
}

fn export(
    options: &Options,
    places: Vec<Place>,
    mut progress: impl FnMut(&Progress<'_>),
) -> Result<Outcome> {
    let start = Instant::now();
    // Graphs; an encoder, a staged bundle and its finish for each place; the comparison.
    let stages = 2 + 3 * places.len();
    let mut done = 0;
    let mut step = |advance: usize, what: &str| {
        done += advance;
        progress(&Progress { what, done, stages });
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let scratch = package::place::staging(&options.output)?;
    step(0, "reading the checkpoint");
    let checkpoint = Checkpoint::open(&options.checkpoint)?;
    let graphs = Graphs::new(options, &checkpoint, scratch.path(), |what| step(0, what))?;
    drop(checkpoint);

    let mut encoders = Encoders::new(options, &graphs, threads);
    let mut packages = Vec::with_capacity(places.len());
    step(1, "making the encoders");
    for place in places {
        let encoder = encoders.get(place.precision, place.target, &mut |what| step(0, what))?;
        step(1, &format!("writing {}", place.name));
        packages.push(Package::stage(options, &graphs, encoder, place)?);
        step(1, "staged");
    }
    if let Some(validation) = &options.validation {
        step(0, "comparing the bundles");
        let baseline = baseline(options, &graphs, &mut encoders, &packages, scratch.path())?;
        validation::validate(
            validation,
            options.quantization.max_top1_loss,
            baseline,
            &mut packages,
            |what| step(0, what),
        )?;
    }
    assemble::finish(options, packages, start, &mut step)
}

/// An FP32 bundle to compare with, where the export has none of its own.
fn baseline(
    options: &Options,
    graphs: &Graphs,
    encoders: &mut Encoders<'_>,
    packages: &[Package],
    scratch: &Path,
) -> Result<Option<Package>> {
    if packages
        .iter()
        .any(|package| package.place.precision == Precision::Fp32)
    {
        return Ok(None);
    }
    let target = options.targets.first().copied().unwrap_or(Target::Desktop);
    let place = Place {
        target,
        precision: Precision::Fp32,
        name: format!("{}-fp32", options.base_name()),
        folder: scratch.join("baseline"),
    };
    let encoder = encoders.get(Precision::Fp32, target, &mut |_| ())?;
    let options = Options {
        optimized: false,
        ..options.clone()
    };
    Package::stage(&options, graphs, encoder, place).map(Some)
}
