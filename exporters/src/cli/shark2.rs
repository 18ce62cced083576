//! `swipekit shark2`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::common::{Format, LayoutArgument, SwipesArgument};
use super::output;
use crate::arguments::at_least_one;
use crate::error::Result;
use crate::judge::accuracy::{Accuracy, Tops};
use crate::judge::shark2::{Shark2, Weights};
use crate::swipes::Swipes;
use crate::swipes::layouts;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Lexicon: a built one or a word list.
    #[arg(long, value_name = "FILE")]
    lexicon: PathBuf,
    #[command(flatten)]
    swipes: SwipesArgument,
    /// Swipe file to fit the baseline's weights on. It should come from other people.
    #[arg(long, value_name = "FILE")]
    fit: PathBuf,
    /// Most swipes to take from --fit, spread evenly over the file.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = at_least_one::<usize>)]
    fit_limit: usize,
    #[command(flatten)]
    layout: LayoutArgument,
    #[command(flatten)]
    format: Format,
}

#[derive(Serialize)]
struct Report {
    weights: Weights,
    accuracy: Accuracy,
    known: Tops,
    by_deviation: Vec<Tops>,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let layout = arguments.layout.read()?;
    let labels = layouts::letters(&layout);
    let lexicon = crate::words::lexicon::open_or_build(&arguments.lexicon, &labels)?;
    let baseline = Shark2::new(&lexicon, &labels, &layout)?;
    let weights = baseline.fit(&arguments.fit, arguments.fit_limit)?;
    let (mut outcomes, mut deviations) = (Vec::new(), Vec::new());
    let bar = output::progress(None, "swipes");
    for swipe in Swipes::open(&arguments.swipes.path)? {
        let swipe = swipe?;
        outcomes.push(baseline.outcome(&swipe, &weights));
        deviations.push(swipe.deviation);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let report = Report {
        weights,
        accuracy: Accuracy::of(&outcomes),
        known: Tops::of(
            "target in the lexicon",
            outcomes.iter().filter(|outcome| outcome.known),
        ),
        by_deviation: Tops::by_deviation(&outcomes, &deviations),
    };
    arguments.format.print(&report)
}
