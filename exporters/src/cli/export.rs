//! `swipekit export`.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgGroup, CommandFactory, Subcommand, ValueEnum};

use super::{at_least_one, output};
use crate::compare::Table;
use crate::error::Result;
use crate::export::{self, Outcome, Quantization, Source, Validation};
use crate::onnx::LengthType;
use crate::quantize::Recipe;
use crate::quantize::calibrate::Method;
use crate::quantize::recipe::RECIPES;
use crate::quantize::sensitivity::When;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write ONNX bundles, after they have proved themselves against the checkpoint.
    Onnx(Box<Arguments>),
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

/// Parameters of the featuriser.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Featuriser {
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

#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("swipes").args(["calibration", "synthetic_calibration"]))]
pub(super) struct Arguments {
    /// NeMo checkpoint: .nemo or Lightning .ckpt.
    #[arg(long, value_name = "FILE")]
    checkpoint: PathBuf,
    /// Folder of the bundle; an older bundle there is replaced once the new one has passed. Of several precisions or
    /// targets, the folder that their bundles stand in, each called TARGET-PRECISION.
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// Precisions of the encoder.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "fp32")]
    precision: Vec<Precision>,
    /// What the bundles are for.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "desktop")]
    target: Vec<Target>,
    /// Lexicon to bundle: a built lexicon or a word list with frequencies. Without it the bundle is dynamic.
    #[arg(long, value_name = "FILE")]
    lexicon: Option<PathBuf>,
    /// Where the lexicon's words come from, for the manifest.
    #[arg(long, value_name = "TEXT", default_value = "not stated")]
    lexicon_source: String,
    /// Licence of the lexicon.
    #[arg(long, value_name = "TEXT", default_value = "not stated")]
    lexicon_licence: String,
    /// Files to put into every bundle besides its own.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    bundle_assets: Vec<PathBuf>,
    /// Folder to also write every bundle to as one .swipekit file.
    #[arg(long, value_name = "DIR")]
    package_dir: Option<PathBuf>,
    /// Leave INT8 out, whatever --precision says.
    #[arg(long)]
    skip_quantization: bool,
    /// Also write the encoder as ONNX Runtime's optimiser leaves it (encoder.ort).
    #[arg(long)]
    create_ort_optimized: bool,
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
    /// Points of top-1 accuracy that INT8 may cost; layers that cost more stay in float.
    #[arg(long, value_name = "POINTS", default_value_t = 0.2, value_parser = points)]
    max_top1_loss: f64,
    /// When each layer's own cost is measured.
    #[arg(long, value_enum, default_value_t = Sensitivity::Auto)]
    sensitivity: Sensitivity,
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
    /// Featuriser; by default `kinematic37` for a checkpoint with a feature scale, otherwise `seed`.
    #[arg(long, value_enum)]
    featuriser: Option<Featuriser>,
    /// Type of the encoder's input `lengths`.
    #[arg(long, value_enum, default_value_t = Lengths::Int64)]
    lengths: Lengths,
    /// Also write prediction network and joint as graphs of their own.
    #[arg(long)]
    parts: bool,
    /// Weight of the lexicon's prior in the default preset.
    #[arg(long, value_name = "X")]
    prior_weight: Option<f32>,
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

impl Arguments {
    fn quantization(&self) -> Quantization {
        let synthetic = self.synthetic_calibration.then_some(Source::Synthetic);
        Quantization {
            calibration: self.calibration.clone().map(Source::Manifest).or(synthetic),
            batches: self.calibration_batches,
            batch_size: self.calibration_batch_size,
            method: match self.calibration_method {
                CalibrationMethod::Minmax => Method::MinMax,
                CalibrationMethod::MovingAverage => Method::MovingAverage {
                    weight: self.moving_average,
                },
                CalibrationMethod::Percentile => Method::Percentile {
                    percent: self.percentile,
                },
                CalibrationMethod::Entropy => Method::Entropy,
            },
            recipe: self.recipe,
            max_top1_loss: self.max_top1_loss,
            sensitivity: match self.sensitivity {
                Sensitivity::Auto => When::Needed,
                Sensitivity::Always => When::Always,
            },
        }
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
    let Command::Onnx(arguments) = command;
    if arguments.precisions().is_empty() {
        let text =
            "--skip-quantization leaves no precision to export; name another one with --precision";
        super::Arguments::command()
            .error(ErrorKind::ArgumentConflict, text)
            .exit();
    }
    let options = export::Options {
        precisions: arguments.precisions(),
        targets: arguments.targets(),
        quantization: arguments.quantization(),
        validation: arguments.validate.map(|manifest| Validation {
            manifest,
            samples: arguments.validate_samples,
            program: std::env::current_exe().ok(),
        }),
        lexicon: arguments.lexicon,
        lexicon_source: arguments.lexicon_source,
        lexicon_licence: arguments.lexicon_licence,
        name: arguments.name,
        language: arguments.language,
        featuriser: arguments.featuriser.map(|featuriser| match featuriser {
            Featuriser::Kinematic37 => export::FeaturiserKind::Kinematic37,
            Featuriser::Seed => export::FeaturiserKind::Seed,
        }),
        lengths: match arguments.lengths {
            Lengths::Int32 => LengthType::Int32,
            Lengths::Int64 => LengthType::Int64,
        },
        parts: arguments.parts,
        optimized: arguments.create_ort_optimized,
        assets: arguments.bundle_assets,
        package_dir: arguments.package_dir,
        compression_test: arguments.compression_test,
        prior_weight: arguments.prior_weight,
        licence: arguments.licence,
        credits: arguments.credits,
        ..export::Options::new(arguments.checkpoint, arguments.output)
    };
    let bar = output::stages("export");
    let result = export::onnx(&options, |progress| {
        bar.set_length(progress.stages as u64);
        bar.set_position(progress.done as u64);
        bar.set_message(progress.what.to_owned());
    });
    bar.finish_and_clear();
    let outcome = result?;
    if arguments.json {
        output::json(&outcome)
    } else {
        output::text(&summary(&outcome))
    }
}

/// The bundles as a table, and where the rest stands.
fn summary(outcome: &Outcome) -> String {
    let headers = [
        "bundle",
        "encoder KiB",
        "of FP32",
        "deflated KiB",
        "recipe",
        "in float",
        "top-1",
        "points lost",
        "cosine",
    ];
    let rows = outcome.bundles.iter().map(|bundle| {
        let report = &bundle.report;
        let kib = |bytes: u64| format!("{:.0}", bytes as f64 / 1024.0);
        let size = &report.audit.size;
        let cost = report.encoder.sensitivity.as_ref();
        let none = || "-".to_owned();
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
            kib(size.bytes),
            format!("{:.3}", size.ratio),
            kib(size.deflated),
            report
                .encoder
                .recipe
                .map_or_else(none, |recipe| recipe.name.to_owned()),
            cost.map_or_else(none, |cost| {
                format!("{} of {}", cost.float.len(), cost.layers)
            }),
            percent(top1.or(cost.map(|cost| cost.chosen.top1))),
            percent(lost.or(cost.map(|cost| cost.chosen.top1_loss))),
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
    let table = Table {
        title: format!(
            "{} bundles in {} s, {} MiB resident",
            outcome.bundles.len(),
            outcome.seconds,
            outcome.rss_mb
        ),
        note: "Accuracy is that of the validation, or of the calibration where there was none."
            .to_owned(),
        headers: headers.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    };
    format!(
        "{}\nReports:\n{}",
        table.text(),
        reports.collect::<String>()
    )
}
