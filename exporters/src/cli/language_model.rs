//! `swipekit language`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use swipekit::language_model::DEFAULT_BITS;

use super::output;
use crate::error::Result;
use crate::words::language_model::{self, BuildOptions, Source};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Build a language model's file from an ARPA file, or from text by Kneser-Ney smoothing.
    Build(Build),
    /// Verify a language model's file and show what it holds.
    Inspect(Inspect),
}

#[derive(Debug, Args)]
pub(super) struct Build {
    #[command(flatten)]
    from: From,
    /// Words of an n-gram at most, 1 to 3; longer ones are left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=3))]
    order: Option<u8>,
    /// Bits of a probability, 8 to 16.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_BITS, value_parser = clap::value_parser!(u32).range(8..=16))]
    bits: u32,
    /// Words at most: the likeliest.
    #[arg(long, value_name = "N", value_parser = super::at_least_one)]
    max_words: Option<usize>,
    /// Keep only the words of this lexicon or word list.
    #[arg(long, value_name = "FILE")]
    lexicon: Option<PathBuf>,
    /// How often words, pairs and triples of a text must stand there to be kept.
    #[arg(long, value_name = "N", value_delimiter = ',', num_args = 1.., conflicts_with = "arpa", value_parser = min_count)]
    min_counts: Vec<u64>,
    /// Leave out the sentences of this manifest or text, to measure on them.
    #[arg(long, value_name = "FILE", conflicts_with = "arpa")]
    without: Option<PathBuf>,
    /// The language model's file.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Print the report as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Where a model comes from.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct From {
    /// ARPA file, plain or gzipped.
    #[arg(long, value_name = "FILE")]
    arpa: Option<PathBuf>,
    /// Text, plain or gzipped; may be given several times.
    #[arg(long, value_name = "FILE")]
    text: Vec<PathBuf>,
    /// Manifest of swipes, for its prompts.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The language model's file.
    #[arg(value_name = "FILE")]
    model: PathBuf,
    /// Text or manifest of swipes to compute the perplexity on.
    #[arg(long, value_name = "FILE")]
    perplexity: Option<PathBuf>,
    /// Print the report as one JSON object.
    #[arg(long)]
    json: bool,
}

fn min_count(text: &str) -> Result<u64, String> {
    super::at_least_one(text).map(|count| count as u64)
}

impl Build {
    fn options(&self) -> BuildOptions {
        let From {
            arpa,
            text,
            manifest,
        } = &self.from;
        let source = match (arpa, manifest) {
            (Some(arpa), _) => Source::Arpa(arpa.clone()),
            (_, Some(manifest)) => Source::Manifest(manifest.clone()),
            _ => Source::Text(text.clone()),
        };
        let mut options = BuildOptions::new(source);
        options.order = self.order.map(usize::from);
        options.bits = self.bits;
        options.max_words = self.max_words;
        options.words.clone_from(&self.lexicon);
        options.without.clone_from(&self.without);
        // Of fewer numbers the last one holds for longer n-grams too.
        let given = self.min_counts.iter().chain(self.min_counts.last());
        let given = given.chain(self.min_counts.last());
        for (least, given) in options.min_counts.iter_mut().zip(given) {
            *least = *given;
        }
        options
    }
}

pub(super) fn run(command: Command) -> Result<()> {
    match command {
        Command::Build(arguments) => show(
            &language_model::build(&arguments.options(), &arguments.output)?,
            arguments.json,
        ),
        Command::Inspect(arguments) => show(
            &language_model::inspect(&arguments.model, arguments.perplexity.as_deref())?,
            arguments.json,
        ),
    }
}

fn show(report: &impl serde::Serialize, json: bool) -> Result<()> {
    if json {
        output::json(report)
    } else {
        output::report(report)
    }
}
