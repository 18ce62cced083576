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
    /// Stream samples to train a network on.
    Feed(Box<FeedArguments>),
}

#[derive(Debug, Args)]
pub(super) struct FeedArguments {
    #[command(flatten)]
    recorded: RecordedOptions,
    #[command(flatten)]
    layout: LayoutArgument,
    /// Word list to make synthetic swipes of: a word, a tab and a frequency a line.
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
    #[command(flatten)]
    word_options: WordOptions,
    /// What synthetic fingers do: how-we-swipe, prior (not fitted to anybody's swipes), or a
    /// profile of `swipekit synth fit`.
    #[arg(long, value_name = "NAME|FILE", default_value = "how-we-swipe")]
    profile: String,
    /// Share of recorded swipes among the samples, where there are synthetic ones too.
    #[arg(long, value_name = "SHARE", default_value_t = 0.6, value_parser = share)]
    share: f64,
    /// How much recorded swipes are varied: 0 not at all, 1 as usual.
    #[arg(long, value_name = "STRENGTH", default_value_t = 1.0)]
    augment: f64,
    /// Give every recorded swipe once, in order and unvaried. Nothing is synthetic.
    #[arg(long)]
    once: bool,
    /// Seed of the order, of what is varied and of synthetic swipes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// First sample. A training that goes on begins where it ended.
    #[arg(long, value_name = "N", default_value_t = 0)]
    start: u64,
    /// Samples to make. Without it the stream has no end.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Threads that make samples. The stream does not depend on their number.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one::<usize>)]
    threads: usize,
    /// File for the stream, in place of standard output.
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
