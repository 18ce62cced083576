//! `swipekit shark2`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::output;
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
    /// Manifest of swipes to judge by, JSON lines, plain or gzipped.
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// Manifest of swipes of other people to fit the baseline's weights on.
    #[arg(long, value_name = "FILE")]
    fit: PathBuf,
    /// Swipes of it that weights are fitted on.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = super::at_least_one)]
    samples: usize,
    /// Layout that all swipes are made on: a name or a JSON file.
    #[arg(long, value_name = "NAME|FILE", default_value = "qwerty")]
    layout: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    weights: Weights,
    accuracy: Accuracy,
    known: Tops,
    by_deviation: Vec<Tops>,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let layout = layouts::named(&arguments.layout)?;
    let labels = layouts::letters(&layout);
    let lexicon = crate::words::lexicon::open_or_build(&arguments.lexicon, &labels)?;
    let baseline = Shark2::new(&lexicon, &labels, &layout)?;
    let weights = baseline.fit(&arguments.fit, arguments.samples)?;
    let (mut outcomes, mut deviations) = (Vec::new(), Vec::new());
    let bar = output::progress(None, "swipes");
    for swipe in Swipes::open(&arguments.manifest)? {
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
    if arguments.json {
        output::json(&report)
    } else {
        output::report(&report)
    }
}
