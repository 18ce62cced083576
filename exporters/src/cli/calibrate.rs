//! `swipekit calibrate`.

use std::path::PathBuf;

use clap::Args;

use super::{EngineArguments, at_least_one, output};
use crate::error::Result;
use crate::judge::confidence::{Options, fit, write};
use crate::statistics::Reliability;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    engine: EngineArguments,
    /// Manifest of swipes with their words to fit on.
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// Swipes at most, taken evenly.
    #[arg(long, value_name = "N", default_value = "5000", value_parser = at_least_one)]
    samples: usize,
    /// Another manifest, of other people, to see how far the fit holds.
    #[arg(long, value_name = "FILE")]
    validate: Option<PathBuf>,
    /// Folder to write the bundle to with the fitted options in its preset; the bundle's own folder
    /// to change it.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let (engine, _) = arguments.engine.open()?;
    let options = Options {
        manifest: arguments.manifest.clone(),
        samples: Some(arguments.samples),
        validate: arguments.validate.clone(),
        preset: arguments.engine.preset.clone(),
    };
    let bar = output::progress(None, "swipes");
    let result = fit(&engine, &options, |done| bar.set_position(done as u64));
    bar.finish_and_clear();
    let fit = result?;
    if let Some(output) = &arguments.output {
        write(&engine, &fit, output)?;
    }
    if arguments.json {
        return output::json(&fit);
    }
    let fitted = fit.fitted;
    let figures = |reliability: &Reliability| {
        format!(
            "calibration error {:.4}, {:.4} nats; confidence {:.4}, right {:.4}",
            reliability.ece,
            reliability.negative_log_likelihood,
            reliability.confidence,
            reliability.accuracy
        )
    };
    let mut rows = vec![
        ("temperature", format!("{:.4}", fitted.temperature)),
        (
            "score of another word",
            fitted
                .other_score
                .map_or_else(|| "-".to_owned(), |score| format!("{score:.4}")),
        ),
        ("swipes", fit.swipes.to_string()),
        ("before", figures(&fit.before)),
        ("after", figures(&fit.after)),
    ];
    if let Some(checked) = &fit.validation {
        rows.push(("other swipes", checked.swipes.to_string()));
        rows.push(("before, on them", figures(&checked.before)));
        rows.push(("after, on them", figures(&checked.after)));
    }
    output::pairs(&rows)
}
