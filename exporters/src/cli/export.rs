//! `swipekit export`.

use std::collections::BTreeSet;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Subcommand};

use super::common::Format;
use super::output;
use crate::error::Result;
use crate::export::{self, Options, Outcome, Precision, PteOptions, Target};
use crate::onnx::LengthType;
use crate::quantize::Recipe;
use crate::quantize::calibrate::Method;
use crate::quantize::recipe::RECIPES;
use crate::quantize::sensitivity::When;
use crate::report::{self, Block, Column, Table};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write ONNX bundles after checking them against the checkpoint.
    Onnx(Box<OnnxArguments>),
    /// Write ExecuTorch bundles after checking them against the checkpoint. Needs Python with
    /// PyTorch (`cargo xtask setup --executorch`).
    Pte(Box<PteArguments>),
}

#[derive(Debug, Args)]
pub(super) struct OnnxArguments {
    #[command(flatten)]
    options: Options,
    /// Precisions of the encoder. Several bundles are named TARGET-PRECISION.
    #[arg(
        long,
        value_name = "PRECISION",
        value_enum,
        value_delimiter = ',',
        default_value = "fp32"
    )]
    precision: Vec<Precision>,
    /// Targets: the machines that the bundles are for.
    #[arg(
        long,
        value_name = "TARGET",
        value_enum,
        value_delimiter = ',',
        default_value = "desktop"
    )]
    target: Vec<Target>,
    /// Make no INT8 bundle, even if --precision names it.
    #[arg(long)]
    skip_quantization: bool,
    /// Also write the encoder as optimized by ONNX Runtime (encoder.ort).
    #[arg(long)]
    create_ort_optimized: bool,
    #[command(flatten)]
    method: Method,
    /// INT8 recipe. Default: the target's.
    #[arg(long, value_name = "NAME", value_parser = recipe_parser())]
    recipe: Option<Recipe>,
    /// When to measure the cost of each layer on its own.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Needed)]
    sensitivity: When,
    /// Type of the encoder's input `lengths`.
    #[arg(long, value_name = "TYPE", value_enum, default_value_t)]
    lengths: LengthType,
    /// Also write the prediction network and the joint as separate graphs.
    #[arg(long)]
    parts: bool,
    /// Keep the bundle small: leave out step.onnx, which core does not run, and report.html, and
    /// store the matrices of the prediction joint as 16-bit floats.
    #[arg(long)]
    compact: bool,
    #[command(flatten)]
    format: Format,
}

#[derive(Debug, Args)]
#[cfg_attr(not(feature = "executorch"), allow(dead_code))]
pub(super) struct PteArguments {
    #[command(flatten)]
    options: PteOptions,
    #[command(flatten)]
    format: Format,
}

/// Recipes by their names.
fn recipe_parser() -> impl TypedValueParser<Value = Recipe> {
    let names = RECIPES.map(|recipe| recipe.name);
    PossibleValuesParser::new(names).try_map(|name| Recipe::named(&name).ok_or("no such recipe"))
}

/// The distinct values, sorted.
fn distinct<T: Copy + Ord>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let distinct: BTreeSet<T> = values.into_iter().collect();
    distinct.into_iter().collect()
}

impl OnnxArguments {
    fn options(&self) -> Options {
        let mut options = Options {
            precisions: self.precisions(),
            targets: distinct(self.target.iter().copied()),
            lengths: self.lengths,
            parts: self.parts,
            compact: self.compact,
            optimized: self.create_ort_optimized,
            ..self.options.clone()
        };
        options.quantization.method = self.method;
        options.quantization.recipe = self.recipe;
        options.quantization.sensitivity = self.sensitivity;
        options
    }

    fn precisions(&self) -> Vec<Precision> {
        let left_out =
            |precision: &Precision| self.skip_quantization && *precision == Precision::Int8;
        let given = self.precision.iter().copied();
        distinct(given.filter(|precision| !left_out(precision)))
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
    with_progress(&arguments.format, |say| {
        export::onnx(&arguments.options(), say)
    })
}

#[cfg(feature = "executorch")]
fn pte(arguments: &PteArguments) -> Result<()> {
    let options = PteOptions {
        modes: distinct(arguments.options.modes.iter().copied()),
        ..arguments.options.clone()
    };
    with_progress(&arguments.format, |say| export::pte(&options, say))
}

#[cfg(not(feature = "executorch"))]
fn pte(_: &PteArguments) -> Result<()> {
    Err(crate::pte::PteError::NotBuilt.into())
}

/// Runs an export with a progress bar and prints its result.
fn with_progress(
    format: &Format,
    export: impl FnOnce(&mut dyn FnMut(&export::Progress<'_>)) -> Result<Outcome>,
) -> Result<()> {
    let bar = output::stages("export");
    let result = export(&mut |progress| {
        bar.set_length(progress.stages as u64);
        bar.set_position(progress.done as u64);
        bar.set_message(progress.what.to_owned());
    });
    bar.finish_and_clear();
    format.print_as(&result?, summary)
}

/// The bundles as a table, and the locations of the other files.
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
        // On the swipe file of --validate if there is one, otherwise on the calibration swipes.
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

/// The name of an INT8 encoder's recipe.
fn recipe_name(report: &export::Report) -> Option<String> {
    if let Some(recipe) = &report.encoder.recipe {
        return Some(recipe.name.to_owned());
    }
    report.lowering.as_ref()?.encoder.scheme.clone()
}
