//! `swipekit eval`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{EngineArguments, output};
use crate::error::Result;
use crate::judge::evaluate::{Options, evaluate};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    engine: EngineArguments,
    /// Manifest of swipes, JSON lines, plain or gzipped.
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// Swipes at most.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Words before each swipe that a language model is given; all swipes are decoded without them
    /// as well, to compare.
    #[arg(long, value_enum, value_name = "FROM")]
    context: Option<ContextFrom>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Where the words before a swipe come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ContextFrom {
    /// The manifest's `sentence`: the words before the swipe's own there, taken to be right.
    Sentence,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let (engine, decoder) = arguments.engine.open()?;
    let bar = output::progress(arguments.limit, "swipes");
    let options = Options {
        limit: arguments.limit,
        decoder: Some(decoder),
        context: arguments.context.is_some(),
    };
    let result = evaluate(&engine, &arguments.manifest, &options, |done| {
        bar.set_position(done as u64)
    });
    bar.finish_and_clear();
    let result = result?;
    if arguments.json {
        output::json(&result)
    } else {
        output::report(&result)
    }
}
