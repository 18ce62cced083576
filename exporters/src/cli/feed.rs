//! `swipekit feed`.

use std::io::{self, BufWriter};
use std::path::PathBuf;

use clap::Args;

use super::output;
use crate::error::Result;
use crate::swipes::layouts;
use crate::synth::feed::{
    Augmentation, Feed, FeedOptions, RecordedOptions, SyntheticSource, write,
};
use crate::synth::{Profile, WordOptions};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Manifest of swipes to learn from, JSON lines, plain or gzipped; may be given several times.
    #[arg(long, value_name = "FILE")]
    manifest: Vec<PathBuf>,
    /// Manifest whose people and swipes must not be learned from: they are left out of all others.
    #[arg(long, value_name = "FILE")]
    hold_out: Vec<PathBuf>,
    /// Leave out swipes that pass further than this from a key of their word, in keys.
    #[arg(long, value_name = "KEYS", value_parser = positive)]
    max_deviation: Option<f64>,
    /// Layout that all swipes are made on: a name or a JSON file.
    #[arg(long, value_name = "NAME|FILE", default_value = "qwerty")]
    layout: String,
    /// Word list to make synthetic swipes of: word TAB frequency a line.
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
    /// Power of a word's frequency in drawing words for synthetic swipes: 1 as they are written, 0
    /// all equally.
    #[arg(long, value_name = "POWER", default_value_t = WordOptions::default().temper)]
    temper: f64,
    /// What synthetic fingers do: `how-we-swipe`, `prior` (not fitted to any person's swipes) or a
    /// profile of `swipekit synth calibrate`.
    #[arg(long, value_name = "NAME|FILE", default_value = "how-we-swipe")]
    profile: String,
    /// Share of the manifests' swipes among the samples, where there are synthetic ones too.
    #[arg(long, value_name = "SHARE", default_value_t = 0.6, value_parser = share)]
    share: f64,
    /// How much the manifests' swipes are varied: 0 not at all, 1 as usual.
    #[arg(long, value_name = "STRENGTH", default_value_t = 1.0)]
    augment: f64,
    /// Every swipe of the manifests once, in order, unvaried; nothing synthetic.
    #[arg(long)]
    once: bool,
    /// Seed of the order, of what is varied and of synthetic swipes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// First sample; a training that goes on begins where it ended.
    #[arg(long, value_name = "N", default_value_t = 0)]
    start: u64,
    /// Samples at most; without it the stream has no end.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Threads.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = super::at_least_one)]
    threads: usize,
    /// File for the stream, in place of standard output.
    #[arg(long, value_name = "FILE", requires = "count")]
    output: Option<PathBuf>,
}

fn share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

fn positive(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number > 0.0)
        .ok_or_else(|| "expected a positive number".to_owned())
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let layout = layouts::named(&arguments.layout)?;
    let synthetic = match &arguments.words {
        None => None,
        Some(words) => {
            let word_options = WordOptions {
                temper: arguments.temper,
                ..WordOptions::default()
            };
            let profile = Profile::named(&arguments.profile)?;
            Some(SyntheticSource::open(
                words,
                word_options,
                profile,
                &layout,
                arguments.seed,
            )?)
        }
    };
    let options = FeedOptions {
        layout,
        recorded: RecordedOptions {
            manifests: arguments.manifest.clone(),
            held_out: arguments.hold_out.clone(),
            max_deviation: arguments.max_deviation,
        },
        synthetic,
        share: arguments.share,
        augmentation: Augmentation::USUAL.times(arguments.augment)?,
        once: arguments.once,
        seed: arguments.seed,
    };
    let feed = Feed::open(options)?;
    let (start, count, threads) = (arguments.start, arguments.count, arguments.threads);
    match &arguments.output {
        Some(path) => output::file_with(path, |mut out| {
            write(&feed, start, count, threads, &mut out).map_err(io::Error::other)
        }),
        None => {
            let mut out = BufWriter::with_capacity(1 << 18, io::stdout().lock());
            Ok(write(&feed, start, count, threads, &mut out)?)
        }
    }
}
