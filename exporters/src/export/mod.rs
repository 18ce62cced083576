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
mod graphs;
mod page;
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
#[cfg(feature = "executorch")]
pub use pte::{PteOptions, pte};
pub use report::{Exported, LoweringReport, Outcome, Report};
pub use target::Target;

use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::onnx::LengthType;
use crate::package;
pub use crate::precision::Precision;
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
