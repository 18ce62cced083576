//! `swipekit compare`, and the hidden `swipekit measure`, which it runs in separate processes.

use std::path::PathBuf;

use clap::Args;

use super::common::Format;
use super::output;
use crate::arguments::at_least_one;
use crate::error::Result;
use crate::judge::compare::{self, LatencyOptions, MeasureArguments, Options, Subject};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Bundles: folders or .swipekit files. Each is compared with the first.
    #[arg(value_name = "BUNDLE", required = true, num_args = 2..)]
    bundles: Vec<PathBuf>,
    #[command(flatten)]
    options: Options,
    /// Do not measure latency.
    #[arg(long)]
    skip_latency: bool,
    /// Most swipes to measure latency on, spread evenly over the file.
    #[arg(long, value_name = "N", default_value_t = LatencyOptions::default().swipes, value_parser = at_least_one::<usize>)]
    latency_limit: usize,
    /// Also write a self-contained page with tables and plots.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let latency = LatencyOptions {
        swipes: arguments.latency_limit,
        ..LatencyOptions::default()
    };
    let options = Options {
        latency: (!arguments.skip_latency).then_some(latency),
        ..arguments.options.clone()
    };
    let subjects = Subject::from_paths(&arguments.bundles);
    let bar = output::progress(None, "compare");
    let result = compare::compare(&subjects, &options, |progress| {
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
        bar.set_message(progress.step);
    });
    bar.finish_and_clear();
    let comparison = result?;
    let page = compare::page(&comparison);
    if let Some(path) = &arguments.html {
        output::file(path, page.to_html().as_bytes())?;
    }
    arguments.format.print_as(&comparison, |_| page.to_text())
}

pub(super) fn measure(arguments: &MeasureArguments) -> Result<()> {
    output::json(&compare::measure(arguments)?)
}
