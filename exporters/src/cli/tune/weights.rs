//! `swipekit tune weights`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::common::{EngineArguments, Format};
use crate::cli::output;
use crate::error::Result;
use crate::judge::accuracy::Length;
use crate::judge::compare::Table;
use crate::judge::tune::{Options, Tuning, tune};
use crate::package;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    engine: EngineArguments,
    /// Folder to write the bundle to, with the fitted options in its preset. The bundle's own
    /// folder changes it.
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
    // Shown first: it took its time, and writing may fail.
    arguments.format.print_as(&tuning, summary)?;
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

fn summary(tuning: &Tuning) -> String {
    let headers = [
        "terms",
        "top-1",
        "top-3",
        "top-5",
        "1-3 letters",
        "4+",
        "won",
        "lost",
        "p",
        "ECE",
        "search ms",
    ];
    let rows = tuning.validation.iter().map(|row| {
        let top1 = &row.difference.top1;
        let of_length = |letters| {
            let found = row.accuracy.of_length(letters);
            found.map_or_else(|| "-".to_owned(), |found| format!("{:.2}", found.top1))
        };
        vec![
            row.name.clone(),
            format!("{:.2}", row.accuracy.top1),
            format!("{:.2}", row.accuracy.top3),
            format!("{:.2}", row.accuracy.top5),
            of_length(Length::UpTo3),
            of_length(Length::From4),
            top1.won.to_string(),
            top1.lost.to_string(),
            format!("{:.2e}", top1.p),
            format!("{:.4}", row.ece),
            format!("{:.3}", row.search_ms),
        ]
    });
    let table = Table {
        title: format!(
            "{} swipes of {}, preset {}",
            tuning.swipes, tuning.manifest, tuning.preset
        ),
        note:
            "On the other swipes; won, lost and p of the best candidate against the options before."
                .to_owned(),
        headers: headers.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    };
    let tried = tuning.tried.iter().map(|tried| {
        format!(
            "depth bonus {:3}, window {:4}, beam {:2}, words {:2}: top-1 {:.2}, top-3 {:.2}, search {:.3} ms\n",
            tried.depth_bonus,
            tried.window,
            tried.beam,
            tried.word_slots,
            tried.top1,
            tried.top3,
            tried.ms
        )
    });
    format!("{}\n{}", table.text(), tried.collect::<String>())
}
