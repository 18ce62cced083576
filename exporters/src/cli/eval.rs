//! `swipekit eval`.

use std::path::PathBuf;

use clap::Args;

use super::{EngineArguments, output};
use crate::error::Result;
use crate::evaluate::{Options, evaluate};

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
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let (engine, decoder) = arguments.engine.open()?;
    let bar = output::progress(arguments.limit, "swipes");
    let options = Options {
        limit: arguments.limit,
        decoder: Some(decoder),
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
