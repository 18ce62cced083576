//! `swipekit bundle`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use swipekit::Engine;

use super::output;
use crate::error::Result;
use crate::package;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Put a bundle's folder into one .swipekit file.
    Pack(Pack),
    /// Unpack a .swipekit file into a folder.
    Unpack(Unpack),
    /// Check every hash, and decode the golden swipes.
    Verify(Verify),
    /// Show what a bundle is.
    Inspect(Inspect),
}

#[derive(Debug, Args)]
pub(super) struct Pack {
    /// The bundle's folder.
    #[arg(value_name = "DIR")]
    bundle: PathBuf,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Unpack {
    /// The .swipekit file.
    #[arg(value_name = "FILE")]
    bundle: PathBuf,
    /// The folder to write.
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The bundle: a folder or a .swipekit file.
    #[arg(value_name = "PATH")]
    bundle: PathBuf,
    /// Check the files only, without running the model.
    #[arg(long)]
    files_only: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The bundle: a folder or a .swipekit file.
    #[arg(value_name = "PATH")]
    bundle: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: Command) -> Result<()> {
    match command {
        Command::Pack(arguments) => Ok(package::pack(&arguments.bundle, &arguments.output)?),
        Command::Unpack(arguments) => {
            package::unpack(&arguments.bundle, &arguments.output)?;
            Ok(())
        }
        Command::Verify(arguments) => verify(&arguments),
        Command::Inspect(arguments) => {
            let report = package::inspect(&arguments.bundle)?;
            if arguments.json {
                output::json(&report)
            } else {
                output::report(&report)
            }
        }
    }
}

#[derive(serde::Serialize)]
struct Verified {
    #[serde(flatten)]
    files: package::Verification,
    #[serde(skip_serializing_if = "Option::is_none")]
    golden_swipes: Option<usize>,
}

fn verify(arguments: &Verify) -> Result<()> {
    let files = package::verify(&arguments.bundle)?;
    let mut verified = Verified {
        files,
        golden_swipes: None,
    };
    if !arguments.files_only {
        let engine = Engine::open(&arguments.bundle)?;
        if let Some(lexicon) = engine.lexicon() {
            lexicon.verify(&arguments.bundle)?;
        }
        verified.golden_swipes = Some(engine.self_test()?.swipes);
    }
    if arguments.json {
        output::json(&verified)
    } else {
        output::report(&verified)
    }
}
