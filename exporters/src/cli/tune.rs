//! `swipekit tune`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use swipekit::internals::geometry::MAX_WORDS;

use super::{EngineArguments, at_least_one, output};
use crate::error::Result;
use crate::export::write_preset;
use crate::judge::compare::Table;
use crate::judge::tune::{Group, Options, Tuning, tune};

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
    /// Another manifest, of other people, to see what each group of terms gains, alone and
    /// together.
    #[arg(long, value_name = "FILE")]
    validate: Option<PathBuf>,
    /// Swipes of it at most; all where it is not given.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    validate_samples: Option<usize>,
    /// Terms to fit besides the prior's weight; all that the input allows where it is not given.
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    terms: Option<Vec<Group>>,
    /// Words that are measured for geometric evidence.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = up_to_most)]
    words: usize,
    /// Give the words of a swipe's prompt before its own to the language model.
    #[arg(long, value_name = "WHERE")]
    context: Option<Context>,
    /// Choose depth bonus, window, beam and places for complete words as well: the least that loses
    /// at most so many percentage points of the mean of top-1 and top-3.
    #[arg(long, value_name = "POINTS")]
    search: Option<f64>,
    /// Folder to write the bundle to with the fitted options in its preset; the bundle's own folder
    /// to change it.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Where the words before a swipe come from.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Context {
    /// The manifest's `sentence`.
    Sentence,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let (engine, before) = arguments.engine.open()?;
    let context = matches!(arguments.context, Some(Context::Sentence));
    // The words before a swipe are among all terms only where they are known.
    let all = || {
        let all = Group::ALL.into_iter();
        all.filter(|group| context || *group != Group::Language)
            .collect()
    };
    let mut groups = arguments.terms.clone().unwrap_or_else(all);
    groups.sort_unstable();
    groups.dedup();
    let options = Options {
        manifest: arguments.manifest.clone(),
        samples: Some(arguments.samples),
        validate: arguments.validate.clone(),
        validate_samples: arguments.validate_samples,
        preset: arguments.engine.preset.clone(),
        before: Some(before),
        groups,
        words: arguments.words,
        context,
        tolerance: arguments.search,
    };
    let bar = output::stages("tune");
    let result = tune(&engine, &options, |what| bar.set_message(what.to_owned()));
    bar.finish_and_clear();
    let tuning = result?;
    // Shown first: it took its time, and writing may fail.
    if arguments.json {
        output::json(&tuning)?;
    } else {
        output::text(&summary(&tuning))?;
        output::json(&tuning.options)?;
    }
    match &arguments.output {
        Some(output) => write_preset(&engine, &tuning.preset, &tuning.options, output),
        None => Ok(()),
    }
}

/// A number of words that geometric evidence may measure.
fn up_to_most(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(words) if words <= MAX_WORDS => Ok(words),
        Ok(_) => Err(format!("expected at most {MAX_WORDS}")),
        Err(error) => Err(error.to_string()),
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
            of_length(crate::judge::accuracy::Length::UpTo3),
            of_length(crate::judge::accuracy::Length::From4),
            top1.won.to_string(),
            top1.lost.to_string(),
            format!("{:.2e}", top1.p),
            format!("{:.4}", row.ece),
            format!("{:.3}", row.search_ms),
        ]
    });
    let table = Table {
        title: format!("{} swipes of {}, preset {}", tuning.swipes, tuning.manifest, tuning.preset),
        note: "On the other manifest; won, lost and p of the best candidate against the options before.".to_owned(),
        headers: headers.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    };
    let tried = tuning.tried.iter().map(|tried| {
        format!(
            "depth bonus {:3}, window {:4}, beam {:2}, places {:2}: top-1 {:.2}, top-3 {:.2}, search {:.3} ms\n",
            tried.depth_bonus,
            tried.window,
            tried.beam,
            tried.word_places,
            tried.top1,
            tried.top3,
            tried.ms
        )
    });
    format!("{}\n{}", table.text(), tried.collect::<String>())
}
