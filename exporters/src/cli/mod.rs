//! The command line `swipekit`.
//!
//! Every subcommand prints a table for people, or with `--json` one JSON value for programs.
//! Progress goes to standard error if that is a terminal.
//!
//! Exit codes:
//!
//! - 0: done.
//! - 1: something failed. Standard error has the reason.
//! - 2: the command line is wrong.
//! - 3: a check failed: for example, an export decodes differently from its checkpoint, or a
//!   bundle's hashes are wrong.

mod bundle;
mod common;
mod compare;
mod decode;
mod eval;
mod export;
mod language_model;
mod lexicon;
mod output;
mod shark2;
mod synth;
mod train;
mod tune;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::judge::compare::{COMMAND, MeasureArguments};

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
    /// Measure a bundle's accuracy and speed on swipes.
    Eval(eval::Arguments),
    /// Fit the decoder options of a bundle on swipes.
    #[command(subcommand)]
    Tune(tune::Command),
    /// Compare bundles on the same swipes: accuracy, size, memory and latency.
    Compare(compare::Arguments),
    /// Measure the opening time and memory of one bundle in this process, for `compare`.
    #[command(name = COMMAND, hide = true)]
    Measure(MeasureArguments),
    /// Decode swipes and show the candidates.
    Decode(decode::Arguments),
    /// Prepare word lists, build and inspect lexicons.
    #[command(subcommand)]
    Lexicon(lexicon::Command),
    /// Build and inspect language models.
    #[command(subcommand)]
    LanguageModel(language_model::Command),
    /// Produce training samples for a network.
    #[command(subcommand)]
    Train(train::Command),
    /// Measure the accuracy of SHARK2, a geometric baseline without a network, on swipes.
    Shark2(shark2::Arguments),
    /// Make synthetic swipes, and fit them to real ones.
    #[command(subcommand)]
    Synth(synth::Command),
    /// Pack, unpack, verify and inspect bundles.
    #[command(subcommand)]
    Bundle(bundle::Command),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Parses this process's command line. Help, version and errors end the process.
pub fn parse() -> Arguments {
    let mut command = Arguments::command();
    // The runtime's version is known only once it is loaded.
    if std::env::args_os().any(|argument| argument == "--version") {
        command = command.long_version(output::long_version());
    }
    Arguments::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

/// Runs the command line and returns the exit code.
pub fn run(arguments: Arguments) -> ExitCode {
    let result = match arguments.command {
        Command::Export(command) => export::run(command),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Tune(command) => tune::run(&command),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Measure(arguments) => compare::measure(&arguments),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Lexicon(command) => lexicon::run(command),
        Command::LanguageModel(command) => language_model::run(&command),
        Command::Train(command) => train::run(command),
        Command::Shark2(arguments) => shark2::run(&arguments),
        Command::Synth(command) => synth::run(&command),
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
