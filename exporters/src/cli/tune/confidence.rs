//! `swipekit tune confidence`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::common::{EngineArguments, Format};
use crate::cli::output;
use crate::error::Result;
use crate::judge::confidence::{Fit, Options, fit, write};
use crate::statistics::Reliability;

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
    let (engine, _) = arguments.engine.open()?;
    let options = Options {
        preset: arguments.engine.preset.clone(),
        ..arguments.options.clone()
    };
    let bar = output::progress(None, "swipes");
    let result = fit(&engine, &options, |done| bar.set_position(done as u64));
    bar.finish_and_clear();
    let fit = result?;
    if let Some(output) = &arguments.output {
        write(&engine, &fit, output)?;
    }
    arguments.format.print_as(&fit, table)
}

fn table(fit: &Fit) -> String {
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
