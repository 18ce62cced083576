//! `swipekit train`.

use std::io::{self, BufWriter};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::common::LayoutArgument;
use super::output;
use crate::arguments::{at_least_one, share};
use crate::error::Result;
use crate::synth::feed::{
    Augmentation, Feed, FeedOptions, RecordedOptions, SyntheticSource, write,
};
use crate::synth::{Profile, WordOptions};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Stream training samples.
    Feed(Box<FeedArguments>),
}

#[derive(Debug, Args)]
pub(super) struct FeedArguments {
    #[command(flatten)]
    recorded: RecordedOptions,
    #[command(flatten)]
    layout: LayoutArgument,
    /// Word list for synthetic swipes: per line a word, a tab and a frequency.
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
    #[command(flatten)]
    word_options: WordOptions,
    /// Profile for synthetic swipes: how-we-swipe, prior (not fitted to real swipes), or a file
    /// from `swipekit synth fit`.
    #[arg(long, value_name = "NAME|FILE", default_value = "how-we-swipe")]
    profile: String,
    /// Share of recorded swipes among the samples if there are synthetic ones too.
    #[arg(long, value_name = "SHARE", default_value_t = 0.6, value_parser = share)]
    share: f64,
    /// Strength of the augmentation of recorded swipes: 0 is none, 1 is the usual.
    #[arg(long, value_name = "STRENGTH", default_value_t = 1.0)]
    augment: f64,
    /// Give every recorded swipe once, in order, without augmentation or synthetic swipes.
    #[arg(long)]
    once: bool,
    /// Random seed of the order, the augmentation and the synthetic swipes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Number of the first sample. To resume a training, give the number where it stopped.
    #[arg(long, value_name = "N", default_value_t = 0)]
    start: u64,
    /// Number of samples to make. Default: no end.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Threads that make samples. Their number does not change the stream.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one::<usize>)]
    threads: usize,
    /// File to write the stream to. Default: standard output.
    #[arg(long, value_name = "FILE", requires = "count")]
    output: Option<PathBuf>,
}

pub(super) fn run(command: Command) -> Result<()> {
    match command {
        Command::Feed(arguments) => feed(*arguments),
    }
}

fn feed(arguments: FeedArguments) -> Result<()> {
    let layout = arguments.layout.read()?;
    let synthetic = match &arguments.words {
        None => None,
        Some(words) => Some(SyntheticSource::open(
            words,
            arguments.word_options,
            Profile::named(&arguments.profile)?,
            &layout,
            arguments.seed,
        )?),
    };
    let feed = Feed::open(FeedOptions {
        layout,
        recorded: arguments.recorded,
        synthetic,
        share: arguments.share,
        augmentation: Augmentation::USUAL.times(arguments.augment)?,
        once: arguments.once,
        seed: arguments.seed,
    })?;
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
