//! `swipekit tune`.

mod confidence;
mod weights;

use clap::Subcommand;

use crate::error::Result;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Fit the weights of a score's terms, and the width of the search.
    Weights(Box<weights::Arguments>),
    /// Fit the confidences so that they are probabilities. Words and their order do not change.
    Confidence(Box<confidence::Arguments>),
}

pub(super) fn run(command: &Command) -> Result<()> {
    match command {
        Command::Weights(arguments) => weights::run(arguments),
        Command::Confidence(arguments) => confidence::run(arguments),
    }
}
