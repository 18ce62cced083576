//! `swipekit eval`.

use clap::Args;

use super::common::{EngineArguments, Format, SwipesArgument};
use super::output;
use crate::error::Result;
use crate::judge::evaluate::{Options, evaluate};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    swipes: SwipesArgument,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    engine: EngineArguments,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let (engine, decoder) = arguments.engine.open()?;
    let options = Options {
        decoder: Some(decoder),
        ..arguments.options.clone()
    };
    let bar = output::progress(options.limit, "swipes");
    let result = evaluate(&engine, &arguments.swipes.path, &options, |done| {
        bar.set_position(done as u64)
    });
    bar.finish_and_clear();
    arguments.format.print(&result?)
}
