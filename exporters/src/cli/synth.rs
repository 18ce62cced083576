//! `swipekit synth`.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{at_least_one, output};
use crate::error::{Error, Result};
use crate::layouts;
use crate::report;
use crate::synth::{self, FitOptions, Profile, Synth, WordOptions, Words};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Word list with frequencies: a word, a tab and a frequency a line.
    #[arg(long, value_name = "FILE", required = true)]
    words: Option<PathBuf>,
    /// Swipes.
    #[arg(long, value_name = "N", required = true)]
    count: Option<u64>,
    /// Number of the first swipe: swipe N of a seed is always the same.
    #[arg(long, value_name = "N", default_value_t = 0)]
    start: u64,
    /// Seed.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Layout: qwerty, qwertz, azerty, dvorak, or a JSON file.
    #[arg(long, value_name = "NAME|FILE", default_value = "qwerty")]
    layout: String,
    /// Profile of people's fingers: how-we-swipe, prior (no human data), or a JSON file.
    #[arg(long, value_name = "NAME|FILE", default_value = "how-we-swipe")]
    profile: String,
    /// People who swipe; 0 has every swipe made by somebody else.
    #[arg(long, value_name = "N", default_value_t = 0)]
    people: u64,
    /// Power of words' frequencies: 1 draws words as often as they are written, 0 all equally.
    #[arg(long, value_name = "X", default_value_t = WordOptions::default().temper, allow_negative_numbers = true)]
    temper: f64,
    /// Power of words' lengths: more than 0 draws long words more often.
    #[arg(long, value_name = "X", default_value_t = WordOptions::default().length_power, allow_negative_numbers = true)]
    length_power: f64,
    /// Most letters of a word.
    #[arg(long, value_name = "N", default_value_t = WordOptions::default().max_length)]
    max_length: usize,
    /// Manifest to write, gzipped where its name ends in .gz; standard output where it is not
    /// given.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fit a profile of people's fingers to real swipes.
    Calibrate(Calibrate),
}

#[derive(Debug, Args)]
struct Calibrate {
    /// Manifest of swipes with their words, JSON lines, plain or gzipped.
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,
    /// Swipes at most, taken evenly.
    #[arg(long, value_name = "N", default_value = "10000", value_parser = at_least_one)]
    samples: usize,
    /// Layout: qwerty, qwertz, azerty, dvorak, or a JSON file.
    #[arg(long, value_name = "NAME|FILE", default_value = "qwerty")]
    layout: String,
    /// Profile to begin with: prior, how-we-swipe, or a JSON file.
    #[arg(long, value_name = "NAME|FILE", default_value = "prior")]
    profile: String,
    /// Rounds.
    #[arg(long, value_name = "N", default_value_t = FitOptions::default().rounds)]
    rounds: usize,
    /// Seed of the synthetic swipes.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Name of the new profile.
    #[arg(long, value_name = "NAME", default_value = "fitted")]
    name: String,
    /// Where the swipes come from, for the new profile; credits belong here.
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// Profile to write.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Page to write, with real and synthetic distributions.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        Some(Command::Calibrate(arguments)) => calibrate(arguments),
        None => generate(arguments),
    }
}

fn generate(arguments: &Arguments) -> Result<()> {
    let (Some(words), Some(count)) = (&arguments.words, arguments.count) else {
        return Err(
            swipekit::Error::invalid("the command", "--words and --count", "neither").into(),
        );
    };
    let options = WordOptions {
        temper: arguments.temper,
        length_power: arguments.length_power,
        max_length: arguments.max_length,
    };
    let synth = Synth::new(
        &layouts::named(&arguments.layout)?,
        Words::read(words, options)?,
        Profile::named(&arguments.profile)?,
        arguments.seed,
    )?
    .with_people(arguments.people);
    let bar = output::progress(usize::try_from(count).ok(), "swipes");
    let write = |mut out: &mut dyn Write| {
        synth::manifest(&synth, arguments.start, count, &mut out, |done| {
            bar.set_position(done)
        })
    };
    let result = match &arguments.output {
        None => {
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            match write(&mut out).and_then(|()| out.flush()) {
                // A reader that has gone away, such as `head`, is not an error.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
                result => result.map_err(Error::write("standard output")),
            }
        }
        Some(path) => output::file_with(path, |file| {
            if path.extension().is_some_and(|extension| extension == "gz") {
                // Three tenths larger than the default makes it, in a third of the time.
                let mut packed = GzEncoder::new(file, Compression::fast());
                write(&mut packed)?;
                packed.finish().map(|_| ())
            } else {
                write(file)
            }
        }),
    };
    bar.finish_and_clear();
    result?;
    if synth.left_out() > 0 {
        eprintln!(
            "swipekit: {} words were left out: too long, or with a letter that the layout lacks; {} were drawn from",
            synth.left_out(),
            synth.words()
        );
    }
    Ok(())
}

fn calibrate(arguments: &Calibrate) -> Result<()> {
    let options = FitOptions {
        samples: Some(arguments.samples),
        layout: layouts::named(&arguments.layout)?,
        profile: Profile::named(&arguments.profile)?,
        rounds: arguments.rounds,
        seed: arguments.seed,
    };
    let bar = output::progress(Some(arguments.rounds + 1), "rounds");
    let result = synth::fit(&arguments.manifest, &options, |round| {
        bar.set_position(round as u64)
    });
    bar.finish_and_clear();
    let mut fit = result?;
    fit.profile.name = arguments.name.clone();
    if let Some(source) = &arguments.source {
        fit.profile.source = format!("{source} {}", fit.profile.source);
    }
    if let Some(path) = &arguments.output {
        output::file(path, fit.profile.json().as_bytes())?;
    }
    if let Some(path) = &arguments.report {
        output::file(path, synth::fit::page(&fit).to_html().as_bytes())?;
    }
    if arguments.json {
        return output::json(&fit);
    }
    output::text(&report::to_text(&synth::fit::summary(&fit)))
}
