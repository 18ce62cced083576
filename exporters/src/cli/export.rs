//! `swipekit export`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::output;
use crate::error::Result;
use crate::export;
use crate::onnx::LengthType;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write an ONNX bundle, after it has proved itself against the checkpoint.
    Onnx(Box<Arguments>),
}

/// Precision of the encoder.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Precision {
    /// 32-bit floats.
    Fp32,
}

/// Parameters of the featuriser.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Featuriser {
    /// All points, clamped before resampling; the checkpoint's feature scale.
    Kinematic37,
    /// As the seed: the first 256 points, clamped after resampling; no scale.
    Seed,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Lengths {
    Int32,
    Int64,
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// NeMo checkpoint: .nemo or Lightning .ckpt.
    #[arg(long, value_name = "FILE")]
    checkpoint: PathBuf,
    /// Folder of the bundle; an older bundle there is replaced once the new one has passed.
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// Lexicon to bundle: a built lexicon or a word list with frequencies. Without it the bundle is dynamic.
    #[arg(long, value_name = "FILE")]
    lexicon: Option<PathBuf>,
    /// Where the lexicon's words come from, for the manifest.
    #[arg(long, value_name = "TEXT", default_value = "not stated")]
    lexicon_source: String,
    /// Licence of the lexicon.
    #[arg(long, value_name = "TEXT", default_value = "not stated")]
    lexicon_licence: String,
    /// Precision of the encoder.
    #[arg(long, value_enum, default_value_t = Precision::Fp32)]
    precision: Precision,
    /// Name of the bundle; the output folder's where it is not given.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Language, as a BCP 47 tag.
    #[arg(long, value_name = "TAG", default_value = "en")]
    language: String,
    /// Featuriser; by default `kinematic37` for a checkpoint with a feature scale, otherwise `seed`.
    #[arg(long, value_enum)]
    featuriser: Option<Featuriser>,
    /// Type of the encoder's input `lengths`.
    #[arg(long, value_enum, default_value_t = Lengths::Int64)]
    lengths: Lengths,
    /// Also write prediction network and joint as graphs of their own.
    #[arg(long)]
    parts: bool,
    /// Weight of the lexicon's prior in the default preset.
    #[arg(long, value_name = "X")]
    prior_weight: Option<f32>,
    /// Licence of the weights.
    #[arg(long, value_name = "TEXT", default_value = "not stated")]
    licence: String,
    /// Whom to credit; may be given several times.
    #[arg(long = "credit", value_name = "TEXT")]
    credits: Vec<String>,
    /// Print the report as one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: Command) -> Result<()> {
    let Command::Onnx(arguments) = command;
    let Precision::Fp32 = arguments.precision;
    let options = export::Options {
        checkpoint: arguments.checkpoint,
        output: arguments.output,
        lexicon: arguments.lexicon,
        lexicon_source: arguments.lexicon_source,
        lexicon_licence: arguments.lexicon_licence,
        name: arguments.name,
        language: arguments.language,
        featuriser: arguments.featuriser.map(|featuriser| match featuriser {
            Featuriser::Kinematic37 => export::FeaturiserKind::Kinematic37,
            Featuriser::Seed => export::FeaturiserKind::Seed,
        }),
        lengths: match arguments.lengths {
            Lengths::Int32 => LengthType::Int32,
            Lengths::Int64 => LengthType::Int64,
        },
        parts: arguments.parts,
        prior_weight: arguments.prior_weight,
        licence: arguments.licence,
        credits: arguments.credits,
    };
    let bar = output::progress(None, "export");
    let result = export::onnx(&options, |step| bar.set_message(step.to_owned()));
    bar.finish_and_clear();
    let report = result?;
    if arguments.json {
        output::json(&report)
    } else {
        output::report(&report)
    }
}
