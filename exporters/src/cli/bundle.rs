//! `swipekit bundle`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use swipekit::Engine;

use super::common::Format;
use crate::error::Result;
use crate::package;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Pack a bundle's folder into one .swipekit file.
    Pack(Pack),
    /// Unpack a .swipekit file into a folder.
    Unpack(Unpack),
    /// Check every hash and decode the golden swipes.
    Verify(Verify),
    /// Show a bundle's contents.
    Inspect(Inspect),
}

#[derive(Debug, Args)]
pub(super) struct Pack {
    /// Folder of the bundle.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// File to write.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Unpack {
    /// Bundle: a .swipekit file.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Folder to write.
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Bundle: a folder or a .swipekit file.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Check the files only, without running the model.
    #[arg(long)]
    files_only: bool,
    #[command(flatten)]
    format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// Bundle: a folder or a .swipekit file.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    #[command(flatten)]
    format: Format,
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
            arguments.format.print(&report)
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
    arguments.format.print(&verified)
}
