//! The command line `swipekit`.
//!
//! Every subcommand prints a table for people, or with `--json` one JSON value for programs.
//! Progress goes to standard error, and only where that is a terminal.
//!
//! Exit codes: 0 done; 1 something failed, standard error says what; 2 the command line is wrong; 3
//! a check failed: an export that does not decode what its checkpoint decodes, a bundle whose
//! hashes are wrong.

mod bundle;
mod calibrate;
mod compare;
mod decode;
mod eval;
mod export;
mod feed;
mod language_model;
mod lexicon;
mod output;
mod shark2;
mod synth;
mod tune;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use swipekit::language_model::LanguageModel;
use swipekit::{Engine, EngineOptions};

use crate::error::{Error, Result};

/// Turns NeMo RNN-T checkpoints into swipe-typing bundles, and tries them out.
#[derive(Debug, Parser)]
#[command(name = "swipekit", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Export a checkpoint to a validated bundle.
    #[command(subcommand)]
    Export(export::Command),
    /// Measure a bundle's accuracy and speed on a manifest of swipes.
    Eval(eval::Arguments),
    /// Fit the confidences of a bundle on swipes, so that they are probabilities.
    Calibrate(calibrate::Arguments),
    /// Fit the weights of all terms of a score, and the width of the search, on swipes.
    Tune(tune::Arguments),
    /// Put bundles side by side on a manifest of swipes: accuracy, sizes, memory, latency.
    Compare(compare::Arguments),
    /// Measure opening and memory of one bundle in this process, for `compare`.
    #[command(name = crate::judge::compare::COMMAND, hide = true)]
    Measure(crate::judge::compare::MeasureArguments),
    /// Decode the swipes of a manifest.
    Decode(decode::Arguments),
    /// Prepare word lists, build and inspect lexicons.
    #[command(subcommand)]
    Lexicon(lexicon::Command),
    /// Build and inspect language models.
    #[command(subcommand)]
    Language(language_model::Command),
    /// Stream samples to train a network on.
    Feed(feed::Arguments),
    /// Measure a geometric baseline, which has no network, on a manifest of swipes.
    Shark2(shark2::Arguments),
    /// Make synthetic swipes to train on, and fit them to real ones.
    Synth(Box<synth::Arguments>),
    /// Pack, unpack, verify and inspect bundles.
    #[command(subcommand)]
    Bundle(bundle::Command),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// How to open a bundle for decoding.
#[derive(Debug, Args)]
struct EngineArguments {
    /// Bundle: a folder or a .swipekit file.
    #[arg(long, value_name = "PATH")]
    bundle: PathBuf,
    /// Lexicon in place of the bundle's own: a built lexicon or a word list.
    #[arg(long, value_name = "FILE")]
    lexicon: Option<PathBuf>,
    /// Language model in place of the bundle's own.
    #[arg(long, value_name = "FILE")]
    language_model: Option<PathBuf>,
    /// Preset of decoder options.
    #[arg(long, value_name = "NAME", default_value = "default")]
    preset: String,
    /// Prefixes kept a frame, in place of the preset's; 0 keeps all.
    #[arg(long, value_name = "N")]
    beam: Option<usize>,
    /// Weight of the lexicon's prior, in place of the preset's.
    #[arg(long, value_name = "X")]
    prior_weight: Option<f32>,
    /// Weight of the words before a swipe, in place of the preset's.
    #[arg(long, value_name = "X")]
    language_model_weight: Option<f32>,
    /// Threads of the encoder, in place of those that the bundle asks for.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// ONNX Runtime's shared library; looked for where it is not given.
    #[arg(long, value_name = "FILE")]
    runtime_library: Option<PathBuf>,
}

/// A number from 1.
fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("expected at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}

impl EngineArguments {
    fn open(&self) -> Result<(Engine, swipekit::DecoderOptions)> {
        let mut options = EngineOptions::default();
        options.threads = self.threads;
        options.preset = self.preset.clone();
        options.runtime_library = self.runtime_library.clone();
        let mut engine = Engine::open_with(&self.bundle, &options)?;
        if let Some(path) = &self.lexicon {
            let lexicon =
                crate::words::lexicon::open_or_build(path, &engine.manifest().vocabulary.labels)?;
            engine = engine.with_lexicon(lexicon)?;
        }
        if engine.lexicon().is_none() {
            return Err(Error::NoLexicon {
                path: self.bundle.clone(),
            });
        }
        if let Some(path) = &self.language_model {
            engine = engine.with_language_model(LanguageModel::open(path)?);
        }
        let mut decoder = engine.options().clone();
        decoder.language_model_weight = self
            .language_model_weight
            .unwrap_or(decoder.language_model_weight);
        decoder.beam = self.beam.unwrap_or(decoder.beam);
        decoder.prior_weight = self.prior_weight.unwrap_or(decoder.prior_weight);
        decoder.validate()?;
        Ok((engine, decoder))
    }
}

/// Parses this process's command line; help, version and errors end the process.
pub fn parse() -> Arguments {
    let mut command = Arguments::command();
    // The runtime's version is only to be had by loading it.
    if std::env::args_os().any(|argument| argument == "--version") {
        command = command.long_version(output::long_version());
    }
    Arguments::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

/// Runs the command line and gives the exit code.
pub fn run(arguments: Arguments) -> ExitCode {
    let result = match arguments.command {
        Command::Export(command) => export::run(command),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Calibrate(arguments) => calibrate::run(&arguments),
        Command::Tune(arguments) => tune::run(&arguments),
        Command::Compare(arguments) => compare::run(arguments),
        Command::Measure(arguments) => compare::measure(&arguments),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Lexicon(command) => lexicon::run(command),
        Command::Language(command) => language_model::run(command),
        Command::Feed(arguments) => feed::run(&arguments),
        Command::Shark2(arguments) => shark2::run(&arguments),
        Command::Synth(arguments) => synth::run(&arguments),
        Command::Bundle(command) => bundle::run(command),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "swipekit", &mut script);
            output::text(&String::from_utf8_lossy(&script))
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("swipekit: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
