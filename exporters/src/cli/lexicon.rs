//! `swipekit lexicon`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use swipekit::internals::bundle::Bundle;

use super::common::Format;
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::files::FileError;
use crate::words::lexicon::{self, BuildOptions, PrepareOptions};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make word lists from words and frequencies: a small one and a full one, filtered and
    /// ranked, with statistics.
    Prepare(Box<Prepare>),
    /// Build the lexicon file of a model from a word list.
    Build(Build),
    /// Verify a lexicon file and show what it holds.
    Inspect(Inspect),
}

#[derive(Debug, Args)]
pub(super) struct Prepare {
    #[command(flatten)]
    options: PrepareOptions,
    /// Word without a vowel to keep, besides the usual ones; may be given several times.
    #[arg(long, value_name = "WORD")]
    allow_vowelless: Vec<String>,
    /// Labels that words may be typed with.
    #[arg(
        long,
        value_name = "LETTERS",
        default_value = "abcdefghijklmnopqrstuvwxyz"
    )]
    alphabet: String,
    #[command(flatten)]
    format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Build {
    #[command(flatten)]
    options: BuildOptions,
    #[command(flatten)]
    labels: Labels,
    /// File to write.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    format: Format,
}

/// Whose labels a lexicon is built for.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Labels {
    /// Build for this bundle's model.
    #[arg(long, value_name = "BUNDLE")]
    bundle: Option<PathBuf>,
    /// Build for this checkpoint's model.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Build for the labels of this file, one a line in the order of the classes.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
}

impl Labels {
    fn read(&self) -> Result<Vec<String>> {
        if let Some(path) = &self.bundle {
            return Ok(Bundle::open(path)?.manifest().vocabulary.labels.clone());
        }
        if let Some(path) = &self.checkpoint {
            return Ok(Checkpoint::open(path)?.config.labels);
        }
        let path = self.labels.clone().unwrap_or_default();
        let text = std::fs::read_to_string(&path).map_err(FileError::read(&path))?;
        let labels: Vec<String> = text
            .lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect();
        if labels.is_empty() {
            let what = "labels";
            Err(FileError::Empty { path, what }.into())
        } else {
            Ok(labels)
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// Lexicon file.
    #[arg(value_name = "FILE")]
    lexicon: PathBuf,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(command: Command) -> Result<()> {
    match command {
        Command::Prepare(arguments) => {
            let mut options = arguments.options;
            options.labels = arguments.alphabet.chars().map(String::from).collect();
            let allowed = arguments.allow_vowelless.iter();
            let allowed = allowed.map(|word| word.to_lowercase());
            options.filters.vowelless.extend(allowed);
            arguments.format.print(&lexicon::prepare(&options)?)
        }
        Command::Build(arguments) => {
            let options = BuildOptions {
                labels: arguments.labels.read()?,
                ..arguments.options
            };
            let report = lexicon::build(&options, &arguments.output)?;
            arguments.format.print(&report)
        }
        Command::Inspect(arguments) => {
            let report = lexicon::inspect(&arguments.lexicon)?;
            arguments.format.print(&report)
        }
    }
}
