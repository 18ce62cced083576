//! `swipekit compare`, and the hidden `swipekit measure` that it runs in processes of their own.

use std::path::PathBuf;

use clap::Args;

use super::{at_least_one, output};
use crate::error::Result;
use crate::judge::compare::{self, LatencyOptions, MeasureArguments, Options, Subject};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Bundles, folders or .swipekit files; the others are held against the first.
    #[arg(value_name = "BUNDLE", required = true, num_args = 2..)]
    bundles: Vec<PathBuf>,
    /// Manifest of swipes, JSON lines, plain or gzipped.
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// Swipes to take, evenly out of the manifest; all where it is not given.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    samples: Option<usize>,
    /// Words in place of the bundles' own: a built lexicon or a word list. Bundles without words
    /// get those of the manifest, all of the same frequency, where it is not given.
    #[arg(long, value_name = "FILE")]
    lexicon: Option<PathBuf>,
    /// Threads for accuracy; all cores where it is not given. Latency is measured on one.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    threads: Option<usize>,
    /// Leave latency out.
    #[arg(long)]
    skip_latency: bool,
    /// Swipes for latency, evenly out of the sample.
    #[arg(long, value_name = "N", default_value_t = LatencyOptions::default().swipes, value_parser = at_least_one)]
    latency_swipes: usize,
    /// Also write a page with tables and plots, which needs no other file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// ONNX Runtime's shared library; looked for where it is not given.
    #[arg(long, value_name = "FILE")]
    runtime_library: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<()> {
    let mut options = Options::new(arguments.manifest);
    options.samples = arguments.samples;
    options.lexicon = arguments.lexicon;
    options.threads = arguments.threads;
    options.latency = (!arguments.skip_latency).then(|| LatencyOptions {
        swipes: arguments.latency_swipes,
        ..LatencyOptions::default()
    });
    // Without its own path this program cannot start itself, and the figures are left out.
    options.program = std::env::current_exe().ok();
    options.runtime_library = arguments.runtime_library;
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
    if arguments.json {
        output::json(&comparison)
    } else {
        output::text(&page.to_text())
    }
}

pub(super) fn measure(arguments: &MeasureArguments) -> Result<()> {
    output::json(&compare::measure(arguments)?)
}
