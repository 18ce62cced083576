//! `swipekit tune weights`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::common::{EngineArguments, Format};
use crate::cli::output;
use crate::error::Result;
use crate::judge::tune::{Options, blocks, tune};
use crate::package;
use crate::report;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    engine: EngineArguments,
    /// Folder to write the bundle to, with the fitted options in its preset. May be the bundle's
    /// own folder.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

pub(in crate::cli) fn run(arguments: &Arguments) -> Result<()> {
    let (engine, before) = arguments.engine.open()?;
    let options = Options {
        preset: arguments.engine.preset.clone(),
        before: Some(before),
        ..arguments.options.clone()
    };
    let bar = output::stages("tune");
    let result = tune(&engine, &options, |what| bar.set_message(what.to_owned()));
    bar.finish_and_clear();
    let tuning = result?;
    // Print the result first: it took long to compute, and writing may fail.
    arguments
        .format
        .print_as(&tuning, |tuning| report::to_text(&blocks(tuning)))?;
    if !arguments.format.json {
        output::json(&tuning.options)?;
    }
    match &arguments.output {
        Some(output) => Ok(package::write_preset(
            &engine,
            &tuning.preset,
            &tuning.options,
            output,
        )?),
        None => Ok(()),
    }
}
