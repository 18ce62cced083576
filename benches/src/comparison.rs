//! The command `swipekit-bench compare`: bundles in turns on the same swipes.

use std::path::PathBuf;

use clap::Args;
use swipekit_exporters::error::{Error, Result};
use swipekit_exporters::judge::compare::{self, Comparison, LatencyOptions, Subject};
use swipekit_exporters::synth::samples;

/// What to compare.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Bundles: folders or .swipekit files. Each is compared with the first.
    #[arg(value_name = "BUNDLE", required = true, num_args = 2..)]
    bundles: Vec<PathBuf>,
    /// Swipe file. Default: synthetic swipes.
    #[arg(long, value_name = "FILE")]
    swipes: Option<PathBuf>,
    /// Most swipes to take, spread evenly.
    #[arg(long, value_name = "N", default_value_t = 200)]
    limit: usize,
    /// How often each swipe is timed.
    #[arg(long, value_name = "N", default_value_t = 1)]
    rounds: usize,
    /// Words instead of the bundles': a built lexicon or a word list.
    #[arg(long, value_name = "FILE")]
    lexicon: Option<PathBuf>,
    /// Print one JSON value instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Compares as `swipekit compare` does, every swipe timed. Memory and opening are measured by this
/// program itself, started anew: it must have the command [`compare::COMMAND`].
///
/// # Errors
/// Those of [`compare::compare`], and synthetic swipes that cannot be written.
pub fn run(arguments: &Arguments) -> Result<Comparison> {
    let temporary = std::env::temp_dir();
    let folder = tempfile::tempdir_in(&temporary).map_err(Error::write(&temporary))?;
    let path = match &arguments.swipes {
        Some(path) => path.clone(),
        None => {
            let path = folder.path().join("synthetic.jsonl");
            let swipes = samples::swipe_file(samples::SAMPLE_WORDS, samples::SAMPLE_SEED);
            std::fs::write(&path, swipes).map_err(Error::write(&path))?;
            path
        }
    };
    let mut options = compare::Options::new(path);
    options.limit = Some(arguments.limit);
    options.lexicon = arguments.lexicon.clone();
    options.latency = Some(LatencyOptions {
        swipes: arguments.limit,
        rounds: arguments.rounds,
    });
    options.program = std::env::current_exe().ok();
    let subjects = Subject::from_paths(&arguments.bundles);
    Ok(compare::compare(&subjects, &options, |_| {})?)
}
