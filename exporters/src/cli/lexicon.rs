//! `swipekit lexicon`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use swipekit::internals::bundle::Bundle;

use super::output;
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::words::lexicon::{self, BuildOptions, Filters, PrepareOptions};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make word lists from words and frequencies: filtered, ranked, a small one and a full one,
    /// with statistics.
    Prepare(Box<Prepare>),
    /// Build the lexicon file of a model from a word list.
    Build(Build),
    /// Verify a lexicon file and show what it holds.
    Inspect(Inspect),
}

#[derive(Debug, Args)]
pub(super) struct Prepare {
    /// Word list, a word a line; may be given several times. Without any, the words of the
    /// frequency lists are taken.
    #[arg(long, value_name = "FILE")]
    words: Vec<PathBuf>,
    /// Frequencies: TSV, JSON or ARPA unigrams, plain or gzipped; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    frequencies: Vec<PathBuf>,
    /// Words that are kept whatever the filters say.
    #[arg(long, value_name = "FILE")]
    priority: Vec<PathBuf>,
    /// Words that are left out.
    #[arg(long, value_name = "FILE")]
    blocked: Vec<PathBuf>,
    /// Words of the small list.
    #[arg(long, value_name = "N", default_value_t = 12_000)]
    small_size: usize,
    /// Words of the full list.
    #[arg(long, value_name = "N", default_value_t = 70_000)]
    full_size: usize,
    /// Fewest letters of a word.
    #[arg(long, value_name = "N", default_value_t = 1)]
    min_length: usize,
    /// Most letters of a word.
    #[arg(long, value_name = "N", default_value_t = 24)]
    max_length: usize,
    /// How often a letter may stand in a row.
    #[arg(long, value_name = "N", default_value_t = 2)]
    max_repeat: usize,
    /// Keep words without a vowel.
    #[arg(long)]
    keep_vowelless: bool,
    /// Words without a vowel that are kept, besides the usual ones.
    #[arg(long, value_name = "WORD")]
    allow_vowelless: Vec<String>,
    /// Labels that words may be typed with.
    #[arg(
        long,
        value_name = "LETTERS",
        default_value = "abcdefghijklmnopqrstuvwxyz"
    )]
    alphabet: String,
    /// Folder for the lists.
    #[arg(long, value_name = "DIR")]
    output_dir: PathBuf,
    /// Print the statistics as one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Build {
    /// Word list, with or without frequencies.
    #[arg(long, value_name = "FILE")]
    words: PathBuf,
    /// Frequencies for a list of words alone; may be given several times.
    #[arg(long, value_name = "FILE")]
    frequencies: Vec<PathBuf>,
    #[command(flatten)]
    labels: Labels,
    /// Nats a step of cost: smaller is more exact and gives a larger file.
    #[arg(long, value_name = "X", default_value_t = swipekit::lexicon::DEFAULT_COST_UNIT)]
    cost_unit: f32,
    /// The lexicon file.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Print the report as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Whose labels a lexicon is built for.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Labels {
    /// Build for this bundle's model.
    #[arg(long, value_name = "PATH")]
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
        let text =
            std::fs::read_to_string(&path).map_err(|source| swipekit::Error::io(&path, source))?;
        let labels: Vec<String> = text
            .lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect();
        if labels.is_empty() {
            Err(Error::Empty {
                path,
                what: "labels",
            })
        } else {
            Ok(labels)
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The lexicon file.
    #[arg(value_name = "FILE")]
    lexicon: PathBuf,
    /// Print the report as one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: Command) -> Result<()> {
    match command {
        Command::Prepare(arguments) => {
            let mut options = PrepareOptions::new(arguments.output_dir);
            options.words = arguments.words;
            options.frequencies = arguments.frequencies;
            options.priority = arguments.priority;
            options.blocked = arguments.blocked;
            options.small_size = arguments.small_size;
            options.full_size = arguments.full_size;
            options.labels = arguments.alphabet.chars().map(String::from).collect();
            options.filters = Filters {
                min_length: arguments.min_length,
                max_length: arguments.max_length,
                max_repeat: arguments.max_repeat,
                need_vowel: !arguments.keep_vowelless,
                ..options.filters
            };
            options.filters.vowelless.extend(
                arguments
                    .allow_vowelless
                    .iter()
                    .map(|word| word.to_lowercase()),
            );
            show(&lexicon::prepare(&options)?, arguments.json)
        }
        Command::Build(arguments) => {
            let mut options = BuildOptions::new(arguments.words, arguments.labels.read()?);
            options.frequencies = arguments.frequencies;
            options.cost_unit = arguments.cost_unit;
            show(
                &lexicon::build(&options, &arguments.output)?,
                arguments.json,
            )
        }
        Command::Inspect(arguments) => show(&lexicon::inspect(&arguments.lexicon)?, arguments.json),
    }
}

fn show(report: &impl serde::Serialize, json: bool) -> Result<()> {
    if json {
        output::json(report)
    } else {
        output::report(report)
    }
}
