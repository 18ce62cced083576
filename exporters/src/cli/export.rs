//! `swipekit export`.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgGroup, CommandFactory, Subcommand, ValueEnum};

use super::{at_least_one, output};
use crate::error::Result;
use crate::export::{self, Outcome, Quantization, Source, Validation};
use crate::onnx::LengthType;
use crate::quantize::Recipe;
use crate::quantize::calibrate::Method;
use crate::quantize::recipe::RECIPES;
use crate::quantize::sensitivity::When;
use crate::report::{self, Block, Column, Table};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write ONNX bundles, after they have proved themselves against the checkpoint.
    Onnx(Box<OnnxArguments>),
    /// Write ExecuTorch bundles, likewise; it takes Python with PyTorch
    /// (`cargo xtask setup --executorch`).
    Pte(Box<PteArguments>),
}

/// Precision of the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Precision {
    /// 32-bit floats.
    Fp32,
    /// Weights in 16-bit floats, computed with in 32.
    Fp16,
    /// 8-bit integers.
    Int8,
}

/// What a bundle is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Target {
    /// ONNX Runtime on x86.
    Desktop,
    /// ONNX Runtime on ARM.
    Android,
    /// ONNX Runtime Web.
    Web,
}

/// Parameters of the featurizer.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Featurizer {
    /// All points, clamped before resampling; the checkpoint's feature scale.
    Kinematic37,
    /// As the seed: the first 256 points, clamped after resampling; no scale.
    Seed,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Lengths {
    Int32,
    Int64,
}

/// How the ranges of activations follow from the calibration.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum CalibrationMethod {
    /// Least to greatest value.
    Minmax,
    /// Least and greatest value of each batch, averaged.
    MovingAverage,
    /// All but the rarest values (see --percentile).
    Percentile,
    /// The threshold that loses least information.
    Entropy,
}

/// When each layer's own cost is measured.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sensitivity {
    /// Where all layers together cost too much.
    Auto,
    /// Always.
    Always,
}

/// What every export takes.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("swipes").args(["calibration", "synthetic_calibration"]))]
struct Common {
    /// NeMo checkpoint: .nemo or Lightning .ckpt.
    #[arg(long, value_name = "FILE")]
    checkpoint: PathBuf,
    /// Folder of the bundle; an older bundle there is replaced once the new one has passed. Of
    /// several bundles the folder that they stand in.
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// Lexicon to bundle: a built lexicon or a word list with frequencies. Without it the bundle is
    /// dynamic.
    #[arg(long, value_name = "FILE")]
    lexicon: Option<PathBuf>,
    /// Where the lexicon's words come from, for the manifest.
    #[arg(long, value_name = "TEXT", default_value = "not stated")]
    lexicon_source: String,
    /// Licence of the lexicon.
    #[arg(long, value_name = "TEXT", default_value = "not stated")]
    lexicon_licence: String,
    /// Run the prediction network for the N likeliest prefixes of the lexicon beforehand and put
    /// the table into the bundle: it opens sooner and the first swipes are as fast as later ones,
    /// for about 2 to 7 KB a prefix.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "lexicon")]
    prefixes: usize,
    /// Language model to bundle, made by `swipekit language build`.
    #[arg(long = "language-model", value_name = "FILE")]
    language_model: Option<PathBuf>,
    /// Where the language model's n-grams come from, for the manifest.
    #[arg(long, value_name = "TEXT", default_value = "not stated")]
    language_model_source: String,
    /// Licence of the language model.
    #[arg(long, value_name = "TEXT", default_value = "not stated")]
    language_model_licence: String,
    /// Weight of the words before a swipe in the default preset.
    #[arg(long, value_name = "X", requires = "language_model")]
    language_model_weight: Option<f32>,
    /// Files to put into every bundle besides its own.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    bundle_assets: Vec<PathBuf>,
    /// Folder to also write every bundle to as one .swipekit file.
    #[arg(long, value_name = "DIR")]
    package_dir: Option<PathBuf>,
    /// Report what each file takes after deflate.
    #[arg(long)]
    compression_test: bool,
    /// Manifest of swipes to calibrate INT8 on and to measure its cost by.
    #[arg(long, value_name = "MANIFEST")]
    calibration: Option<PathBuf>,
    /// Calibrate on synthetic swipes: for trying things out, no accuracy follows from them.
    #[arg(long)]
    synthetic_calibration: bool,
    /// Batches of calibration swipes.
    #[arg(long, value_name = "N", default_value_t = Quantization::default().batches, value_parser = at_least_one)]
    calibration_batches: usize,
    /// Swipes a batch.
    #[arg(long, value_name = "M", default_value_t = Quantization::default().batch_size, value_parser = at_least_one)]
    calibration_batch_size: usize,
    /// Points of top-1 accuracy that INT8 may cost; what costs more is made otherwise, or refused.
    #[arg(long, value_name = "POINTS", default_value_t = 0.2, value_parser = points)]
    max_top1_loss: f64,
    /// Manifest of swipes to compare the bundles on, next to FP32.
    #[arg(long, value_name = "MANIFEST")]
    validate: Option<PathBuf>,
    /// Swipes to compare on at most.
    #[arg(long, value_name = "N", requires = "validate", value_parser = at_least_one)]
    validate_samples: Option<usize>,
    /// Name of the bundle; the output folder's where it is not given.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Language, as a BCP 47 tag.
    #[arg(long, value_name = "TAG", default_value = "en")]
    language: String,
    /// Featurizer; by default the one that the checkpoint names; `kinematic37` where it only has a
    /// feature scale, otherwise `seed`.
    #[arg(long, value_enum)]
    featurizer: Option<Featurizer>,
    /// Weight of the lexicon's prior in the default preset.
    #[arg(long, value_name = "X")]
    prior_weight: Option<f32>,
    /// Take the presets of this bundle of the same checkpoint, as `swipekit tune` and
    /// `swipekit calibrate` fitted them, in place of the usual one.
    #[arg(long, value_name = "BUNDLE", conflicts_with = "prior_weight")]
    presets_of: Option<PathBuf>,
    /// Licence of the weights.
    #[arg(long, value_name = "TEXT", default_value = "not stated")]
    licence: String,
    /// Whom to credit; may be given several times.
    #[arg(long = "credit", value_name = "TEXT")]
    credits: Vec<String>,
    /// Print the reports as one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct OnnxArguments {
    #[command(flatten)]
    common: Common,
    /// Precisions of the encoder. Of several bundles, each is called TARGET-PRECISION.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "fp32")]
    precision: Vec<Precision>,
    /// What the bundles are for.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "desktop")]
    target: Vec<Target>,
    /// Leave INT8 out, whatever --precision says.
    #[arg(long)]
    skip_quantization: bool,
    /// Also write the encoder as ONNX Runtime's optimizer leaves it (encoder.ort).
    #[arg(long)]
    create_ort_optimized: bool,
    /// How the ranges of activations follow from the calibration, for static recipes.
    #[arg(long, value_enum, default_value_t = CalibrationMethod::Percentile)]
    calibration_method: CalibrationMethod,
    /// Percent of the values that --calibration-method percentile keeps.
    #[arg(long, value_name = "X", default_value_t = 99.99, value_parser = percent)]
    percentile: f64,
    /// Weight of the newest batch in --calibration-method moving-average.
    #[arg(long, value_name = "X", default_value_t = 0.1, value_parser = share)]
    moving_average: f32,
    /// INT8 recipe, in place of the target's own.
    #[arg(long, value_name = "NAME", value_parser = recipe)]
    recipe: Option<Recipe>,
    /// When each layer's own cost is measured.
    #[arg(long, value_enum, default_value_t = Sensitivity::Auto)]
    sensitivity: Sensitivity,
    /// Type of the encoder's input `lengths`.
    #[arg(long, value_enum, default_value_t = Lengths::Int64)]
    lengths: Lengths,
    /// Also write prediction network and joint as graphs of their own.
    #[arg(long)]
    parts: bool,
    /// Keep the bundle small: without step.onnx, which core does not run, and report.html, and with
    /// the matrices of prediction network and joint in 16-bit floats.
    #[arg(long)]
    compact: bool,
}

#[derive(Debug, clap::Args)]
#[cfg_attr(not(feature = "executorch"), allow(dead_code))]
pub(super) struct PteArguments {
    #[command(flatten)]
    common: Common,
    /// Programs to make. Of several bundles, each is called like its mode.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "xnnpack")]
    mode: Vec<Mode>,
    /// Where the ranges of activations in 8 bits come from.
    #[arg(long, value_enum, default_value_t = Scheme::Dynamic)]
    scheme: Scheme,
    /// Let an FP32 encoder take the place of one in 8 bits that fails, instead of failing.
    #[arg(long)]
    fallback_fp32: bool,
    /// Python interpreter with PyTorch and ExecuTorch; looked for where it is not given.
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
}

/// How a program of ExecuTorch is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Mode {
    /// 32-bit floats without XNNPACK: slow, to compare with.
    Fp32,
    /// 32-bit floats on XNNPACK.
    Xnnpack,
    /// 8-bit integers on XNNPACK.
    Int8,
    /// As int8, refused unless it is quantized and XNNPACK runs it.
    Ultra,
}

/// Where the ranges of activations in 8 bits come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scheme {
    /// Each swipe's own.
    Dynamic,
    /// The calibration swipes.
    Static,
}

fn recipe(name: &str) -> Result<Recipe, String> {
    let known = RECIPES.map(|recipe| recipe.name).join(", ");
    Recipe::named(name).ok_or_else(|| format!("expected one of {known}"))
}

fn between(text: &str, low: f64, high: f64) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if number >= low && number <= high {
        Ok(number)
    } else {
        Err(format!("expected {low} to {high}"))
    }
}

fn percent(text: &str) -> Result<f64, String> {
    between(text, 50.0, 100.0)
}

fn points(text: &str) -> Result<f64, String> {
    between(text, 0.0, 100.0)
}

fn share(text: &str) -> Result<f32, String> {
    between(text, 0.0, 1.0).map(|share| share as f32)
}

impl Common {
    /// The options that do not depend on the runtime.
    fn options(&self) -> export::Options {
        let synthetic = self.synthetic_calibration.then_some(Source::Synthetic);
        export::Options {
            quantization: Quantization {
                calibration: self.calibration.clone().map(Source::Manifest).or(synthetic),
                batches: self.calibration_batches,
                batch_size: self.calibration_batch_size,
                max_top1_loss: self.max_top1_loss,
                ..Quantization::default()
            },
            validation: self.validate.clone().map(|manifest| Validation {
                manifest,
                samples: self.validate_samples,
                program: std::env::current_exe().ok(),
            }),
            lexicon: self.lexicon.clone(),
            lexicon_source: self.lexicon_source.clone(),
            lexicon_licence: self.lexicon_licence.clone(),
            prefixes: self.prefixes,
            language_model: self.language_model.clone(),
            language_model_source: self.language_model_source.clone(),
            language_model_licence: self.language_model_licence.clone(),
            language_model_weight: self.language_model_weight,
            name: self.name.clone(),
            language: self.language.clone(),
            featurizer: self.featurizer.map(|featurizer| match featurizer {
                Featurizer::Kinematic37 => export::FeaturizerKind::Kinematic37,
                Featurizer::Seed => export::FeaturizerKind::Seed,
            }),
            assets: self.bundle_assets.clone(),
            package_dir: self.package_dir.clone(),
            compression_test: self.compression_test,
            prior_weight: self.prior_weight,
            presets_of: self.presets_of.clone(),
            licence: self.licence.clone(),
            credits: self.credits.clone(),
            ..export::Options::new(&self.checkpoint, &self.output)
        }
    }
}

impl OnnxArguments {
    fn options(&self) -> export::Options {
        let mut options = self.common.options();
        options.precisions = self.precisions();
        options.targets = self.targets();
        options.lengths = match self.lengths {
            Lengths::Int32 => LengthType::Int32,
            Lengths::Int64 => LengthType::Int64,
        };
        options.parts = self.parts;
        options.compact = self.compact;
        options.optimized = self.create_ort_optimized;
        let quantization = &mut options.quantization;
        quantization.method = match self.calibration_method {
            CalibrationMethod::Minmax => Method::MinMax,
            CalibrationMethod::MovingAverage => Method::MovingAverage {
                weight: self.moving_average,
            },
            CalibrationMethod::Percentile => Method::Percentile {
                percent: self.percentile,
            },
            CalibrationMethod::Entropy => Method::Entropy,
        };
        quantization.recipe = self.recipe;
        quantization.sensitivity = match self.sensitivity {
            Sensitivity::Auto => When::Needed,
            Sensitivity::Always => When::Always,
        };
        options
    }

    fn precisions(&self) -> Vec<export::Precision> {
        let mut precisions: Vec<_> = self
            .precision
            .iter()
            .filter(|precision| !self.skip_quantization || **precision != Precision::Int8)
            .map(|precision| match precision {
                Precision::Fp32 => export::Precision::Fp32,
                Precision::Fp16 => export::Precision::Fp16,
                Precision::Int8 => export::Precision::Int8,
            })
            .collect();
        precisions.sort();
        precisions.dedup();
        precisions
    }

    fn targets(&self) -> Vec<export::Target> {
        let targets = self.target.iter().map(|target| match target {
            Target::Desktop => export::Target::Desktop,
            Target::Android => export::Target::Android,
            Target::Web => export::Target::Web,
        });
        let mut targets: Vec<_> = targets.collect();
        targets.sort();
        targets.dedup();
        targets
    }
}

pub(super) fn run(command: Command) -> Result<()> {
    match command {
        Command::Onnx(arguments) => onnx(&arguments),
        Command::Pte(arguments) => pte(&arguments),
    }
}

fn onnx(arguments: &OnnxArguments) -> Result<()> {
    if arguments.precisions().is_empty() {
        let text =
            "--skip-quantization leaves no precision to export; name another one with --precision";
        super::Arguments::command()
            .error(ErrorKind::ArgumentConflict, text)
            .exit();
    }
    with_progress(arguments.common.json, |say| {
        export::onnx(&arguments.options(), say)
    })
}

#[cfg(feature = "executorch")]
fn pte(arguments: &PteArguments) -> Result<()> {
    use crate::pte;

    let mut modes = arguments.mode.clone();
    modes.sort();
    modes.dedup();
    let modes = modes.into_iter().map(|mode| match mode {
        Mode::Fp32 => pte::Mode::Fp32,
        Mode::Xnnpack => pte::Mode::Xnnpack,
        Mode::Int8 => pte::Mode::Int8,
        Mode::Ultra => pte::Mode::Ultra,
    });
    let options = export::PteOptions {
        base: arguments.common.options(),
        modes: modes.collect(),
        scheme: Some(match arguments.scheme {
            Scheme::Dynamic => pte::Scheme::Dynamic,
            Scheme::Static => pte::Scheme::Static,
        }),
        fallback_fp32: arguments.fallback_fp32,
        python: arguments.python.clone(),
    };
    with_progress(arguments.common.json, |say| export::pte(&options, say))
}

#[cfg(not(feature = "executorch"))]
fn pte(_: &PteArguments) -> Result<()> {
    Err(crate::pte::PteError::NotBuilt.into())
}

/// Runs an export under a progress bar and prints what it did.
fn with_progress(
    as_json: bool,
    export: impl FnOnce(&mut dyn FnMut(&export::Progress<'_>)) -> Result<Outcome>,
) -> Result<()> {
    let bar = output::stages("export");
    let result = export(&mut |progress| {
        bar.set_length(progress.stages as u64);
        bar.set_position(progress.done as u64);
        bar.set_message(progress.what.to_owned());
    });
    bar.finish_and_clear();
    let outcome = result?;
    if as_json {
        output::json(&outcome)
    } else {
        output::text(&summary(&outcome))
    }
}

/// The bundles as a table, and where the rest stands.
fn summary(outcome: &Outcome) -> String {
    let columns = [
        Column::new("bundle"),
        Column::new("encoder").unit("KiB"),
        Column::new("of FP32"),
        Column::new("deflated").unit("KiB"),
        Column::new("recipe").start(),
        Column::new("in float"),
        Column::new("top-1"),
        Column::new("points lost"),
        Column::new("cosine"),
    ];
    let rows = outcome.bundles.iter().map(|bundle| {
        let report = &bundle.report;
        let kib = |bytes: u64| format!("{:.0}", bytes as f64 / 1024.0);
        let none = || "-".to_owned();
        let size = report.size();
        let cost = report.encoder.sensitivity.as_ref();
        let lowering = report.lowering.as_ref();
        let effect = lowering.and_then(|lowering| lowering.effect.as_ref());
        let effect = cost.map(|cost| &cost.chosen).or(effect);
        // On the manifest where one was given, otherwise on the calibration swipes.
        let compared = report.comparison.as_ref();
        let figures = compared.and_then(|comparison| comparison.bundles.last());
        let top1 = figures.map(|figures| figures.accuracy.top1);
        let lost = figures
            .and_then(|figures| figures.difference.as_ref())
            .map(|difference| -difference.accuracy.overall.top1.difference);
        let percent = |share: Option<f64>| share.map_or_else(none, |share| format!("{share:.2}"));
        vec![
            report.bundle.clone(),
            size.map_or_else(none, |size| kib(size.bytes)),
            size.map_or_else(none, |size| format!("{:.3}", size.ratio)),
            size.map_or_else(none, |size| kib(size.deflated)),
            recipe_name(report).unwrap_or_else(none),
            cost.map_or_else(none, |cost| {
                format!("{} of {}", cost.float.len(), cost.layers)
            }),
            percent(top1.or(effect.map(|effect| effect.top1))),
            percent(lost.or(effect.map(|effect| effect.top1_loss))),
            report
                .encoder
                .agreement
                .as_ref()
                .map_or_else(none, |agreement| {
                    format!("{:.5}", agreement.error.cosine_mean)
                }),
        ]
    });
    let reports = outcome.bundles.iter().map(|bundle| {
        let page = bundle.path.join(export::REPORT_PAGE);
        format!("{}\n", page.display())
    });
    let heading = format!(
        "{} bundles in {} s, {} MiB resident",
        outcome.bundles.len(),
        outcome.seconds,
        outcome.rss_mb
    );
    let note = "Accuracy is that of the validation, or of the calibration where there was none.";
    let blocks = [
        Block::heading(heading),
        Block::text(note),
        Table::new(columns).with_rows(rows).into(),
    ];
    let warnings = outcome.bundles.iter().flat_map(|bundle| {
        let lowering = bundle.report.lowering.iter();
        let warnings = lowering.flat_map(|lowering| &lowering.warnings);
        warnings.map(|warning| format!("warning: {}: {warning}\n", bundle.report.bundle))
    });
    format!(
        "{}\n{}Reports:\n{}",
        report::to_text(&blocks),
        warnings.collect::<String>(),
        reports.collect::<String>()
    )
}

/// How an encoder's 8 bits were made.
fn recipe_name(report: &export::Report) -> Option<String> {
    if let Some(recipe) = &report.encoder.recipe {
        return Some(recipe.name.to_owned());
    }
    report.lowering.as_ref()?.encoder.scheme.clone()
}
