//! Arguments that several commands have.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use swipekit::DecoderOptions;
use swipekit::language_model::LanguageModel;
use swipekit::layout::Layout;
use swipekit::{Engine, EngineOptions};

use super::output;
use crate::error::{Error, Result};
use crate::swipes::layouts;
use crate::words::lexicon;

/// A bundle, and how to open it for decoding.
#[derive(Debug, Args)]
pub(super) struct EngineArguments {
    /// Bundle: a folder or a .swipekit file.
    #[arg(value_name = "BUNDLE")]
    pub(super) bundle: PathBuf,
    /// Lexicon in place of the bundle's own: a built lexicon or a word list.
    #[arg(long, value_name = "FILE")]
    lexicon: Option<PathBuf>,
    /// Language model in place of the bundle's own.
    #[arg(long, value_name = "FILE")]
    language_model: Option<PathBuf>,
    /// Preset of decoder options.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(super) preset: String,
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
    /// ONNX Runtime's shared library; looked for by default.
    #[arg(long, value_name = "FILE")]
    runtime_library: Option<PathBuf>,
}

impl EngineArguments {
    pub(super) fn open(&self) -> Result<(Engine, DecoderOptions)> {
        let mut options = EngineOptions::default();
        options.threads = self.threads;
        options.preset = self.preset.clone();
        options.runtime_library = self.runtime_library.clone();
        let mut engine = Engine::open_with(&self.bundle, &options)?;
        if let Some(path) = &self.lexicon {
            let labels = &engine.manifest().vocabulary.labels;
            let lexicon = lexicon::open_or_build(path, labels)?;
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

/// A file of swipes.
#[derive(Debug, Args)]
pub(super) struct SwipesArgument {
    /// Swipe file: JSON lines, plain or gzipped.
    #[arg(id = "swipes", long = "swipes", value_name = "FILE")]
    pub(super) path: PathBuf,
}

/// The layout that swipes are made on.
#[derive(Debug, Args)]
pub(super) struct LayoutArgument {
    /// Layout that all swipes are made on: qwerty, qwertz, azerty, dvorak, or a JSON file.
    #[arg(
        id = "layout",
        long = "layout",
        value_name = "NAME|FILE",
        default_value = "qwerty"
    )]
    name: String,
}

impl LayoutArgument {
    pub(super) fn read(&self) -> Result<Layout> {
        Ok(layouts::named(&self.name)?)
    }
}

/// How a command prints its result.
#[derive(Debug, Args)]
pub(super) struct Format {
    /// Print one JSON value instead of a table.
    #[arg(long)]
    pub(super) json: bool,
}

impl Format {
    /// Prints a result as names and values.
    pub(super) fn print(&self, result: &impl Serialize) -> Result<()> {
        if self.json {
            output::json(result)
        } else {
            output::report(result)
        }
    }

    /// Prints a result as the text that `text` makes of it.
    pub(super) fn print_as<T: Serialize>(
        &self,
        result: &T,
        text: impl FnOnce(&T) -> String,
    ) -> Result<()> {
        if self.json {
            output::json(result)
        } else {
            output::text(&text(result))
        }
    }
}
