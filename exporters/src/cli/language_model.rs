//! `swipekit language-model`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::common::Format;
use crate::error::Result;
use crate::words::language_model::{self, BuildOptions};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Build a language model file from an ARPA file, or from text by Kneser-Ney smoothing.
    Build(Build),
    /// Verify a language model file and show its contents.
    Inspect(Inspect),
}

#[derive(Debug, Args)]
pub(super) struct Build {
    #[command(flatten)]
    options: BuildOptions,
    /// File to write.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// Language model file.
    #[arg(value_name = "FILE")]
    model: PathBuf,
    /// Text or swipe file to compute the perplexity on.
    #[arg(long, value_name = "FILE")]
    perplexity: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(command: &Command) -> Result<()> {
    match command {
        Command::Build(arguments) => {
            let report = language_model::build(&arguments.options, &arguments.output)?;
            arguments.format.print(&report)
        }
        Command::Inspect(arguments) => {
            let perplexity = arguments.perplexity.as_deref();
            let report = language_model::inspect(&arguments.model, perplexity)?;
            arguments.format.print(&report)
        }
    }
}
