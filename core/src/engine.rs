//! An opened bundle, shared by all gestures.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bundle::{Bundle, Manifest};
use crate::bytes::Bytes;
use crate::decoder::{Decoder, DecoderOptions, LANGUAGE_MODEL_WEIGHT, PREFIX_BYTES, PrefixTable};
use crate::error::{Error, Result};
use crate::features::Featurizer;
use crate::keyboard::Keyboard;
use crate::language_model::LanguageModel;
use crate::layout::Layout;
use crate::lexicon::{Layer, Lexicon, LexiconStack, UserWords};
use crate::runtime::{RuntimeInfo, RuntimeOptions};
use crate::session::Session;
use crate::shared::{Shared, open_prefix_table};
use crate::transducer::PredictionJoint;

pub use crate::shared::open_encoder;

/// Options of [`Engine::open_with`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EngineOptions {
    /// Threads of the encoder; those that the bundle asks for where it is `None` (default).
    pub threads: Option<usize>,
    /// Copies of the encoder, and so swipes that can be encoded at the same time. Default 1: a
    /// keyboard has one gesture at a time, and every copy holds the weights once more.
    pub copies: usize,
    /// Path of the runtime's shared library; looked for in the usual places where it is `None`
    /// (see [the crate](crate#features)).
    pub runtime_library: Option<PathBuf>,
    /// The bundle's preset of decoder options to use. Default `default`.
    pub preset: String,
    /// Prefixes of the lexicon that the prediction network is run for when the engine opens, so
    /// that the first swipe is as fast as the others. Default 1024. It has no effect where the
    /// bundle has a table of prefixes for the layout.
    pub warm_prefixes: usize,
    /// Memory of the prefixes that each session remembers between swipes, in bytes. Default
    /// [`PREFIX_BYTES`].
    pub prefix_bytes: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            threads: None,
            copies: 1,
            runtime_library: None,
            preset: "default".to_owned(),
            warm_prefixes: 1024,
            prefix_bytes: PREFIX_BYTES,
        }
    }
}

/// An opened and verified bundle: heavy, immutable, `Send + Sync`; clones share everything.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Shared>,
    keyboard: Arc<Keyboard>,
    decoder: Arc<Decoder>,
    words: UserWords,
    language_model: Option<LanguageModel>,
    options: DecoderOptions,
    /// The options on the trained layout.
    trained: DecoderOptions,
    /// The bundle's table of prefixes.
    table: Option<Arc<PrefixTable>>,
    warm_prefixes: usize,
    prefix_bytes: usize,
}

/// What an engine takes, by part, in bytes. See [`Engine::memory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Memory {
    /// Files of the bundle, mapped: the system reads them as they are needed, shares them between
    /// processes and takes them back under pressure. The lexicon and the language model are
    /// searched where they lie; all others are given back when the engine has opened.
    pub mapped: usize,
    /// The encoder's file, a part of `mapped`. The runtime holds the weights in a form of its own,
    /// of about that size for each copy, besides what it takes itself; neither can be asked for.
    pub encoder_file: usize,
    /// Weights of prediction network and joint.
    pub transducer: usize,
    /// Prefixes that were run when the engine opened, shared by all sessions; of a bundle's table
    /// only what is not mapped.
    pub prefixes: usize,
    /// The user's words, about.
    pub words: usize,
}

impl Engine {
    /// Opens the bundle at `path` (a folder or a `.swipekit` file) with the default options.
    ///
    /// # Errors
    /// As [`open_with`](Self::open_with).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, &EngineOptions::default())
    }

    /// Opens the bundle at `path`, verifies every hash, loads the runtime and the encoder.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`] and [`Error::Unsupported`] for a bundle that cannot be
    /// read, is damaged or asks for more than this version knows; [`Error::RuntimeNotFound`] and
    /// [`Error::Runtime`] where the runtime is not there or refuses the encoder; [`Error::Invalid`]
    /// for a preset that the bundle does not have.
    pub fn open_with(path: impl AsRef<Path>, options: &EngineOptions) -> Result<Self> {
        Self::open_bundle(Bundle::open(path)?, options)
    }

    /// As [`open_with`](Self::open_with), of a packed bundle (`.swipekit`) that is mapped already,
    /// such as an asset of an Android app ([`Bytes::map_part`]), or in memory. `name` is for
    /// errors.
    ///
    /// # Errors
    /// Those of [`open_with`](Self::open_with).
    pub fn open_bytes(
        bytes: Bytes,
        name: impl AsRef<Path>,
        options: &EngineOptions,
    ) -> Result<Self> {
        Self::open_bundle(Bundle::from_bytes(bytes, name)?, options)
    }

    fn open_bundle(bundle: Bundle, options: &EngineOptions) -> Result<Self> {
        let manifest = bundle.manifest();
        let preset = manifest
            .presets
            .get(&options.preset)
            .cloned()
            .ok_or_else(|| {
                let known: Vec<&str> = manifest.presets.keys().map(String::as_str).collect();
                Error::invalid(
                    "the preset",
                    format!("one of {}", known.join(", ")),
                    &options.preset,
                )
            })?;
        let featurizer = Featurizer::new(&manifest.featurizer)?;
        let weights = bundle.file(&manifest.runtime.transducer)?;
        let transducer = Arc::new(PredictionJoint::new(
            &weights,
            &manifest.model,
            &manifest.vocabulary,
        )?);
        let runtime = RuntimeOptions {
            threads: options.threads,
            copies: options.copies,
            library: options.runtime_library.clone(),
            ..RuntimeOptions::default()
        };
        let encoder = open_encoder(&bundle, &runtime)?;
        let lexicon = match &manifest.lexicon {
            Some(spec) => {
                let path = bundle.path().join(&spec.file);
                Some(Lexicon::from_bytes(
                    bundle.file(&spec.file)?,
                    &manifest.vocabulary.labels,
                    path,
                )?)
            }
            None => None,
        };
        let language_model = match &manifest.language_model {
            Some(spec) => {
                let path = bundle.path().join(&spec.file);
                Some(LanguageModel::from_bytes(bundle.file(&spec.file)?, path)?)
            }
            None => None,
        };
        let layers = LexiconStack::new(lexicon.map(Layer::new).into_iter().collect())?;
        let table = open_prefix_table(&bundle, &transducer)?.map(Arc::new);
        let decoder = decoder(
            &transducer,
            &layers,
            table.as_ref(),
            options.warm_prefixes,
            options.prefix_bytes,
        )?;
        let words = UserWords::new(layers, &manifest.vocabulary.labels);
        let keyboard = Keyboard::trained(manifest, &transducer)?;
        // The runtime and the transducer hold their weights in a form of their own by now.
        bundle.forget();
        Ok(Self {
            shared: Arc::new(Shared {
                bundle,
                featurizer,
                encoder,
                transducer,
            }),
            keyboard: Arc::new(keyboard),
            decoder: Arc::new(decoder),
            words,
            language_model,
            options: preset.clone(),
            trained: preset,
            table,
            warm_prefixes: options.warm_prefixes,
            prefix_bytes: options.prefix_bytes,
        })
    }

    /// The same engine with another lexicon, for a dynamic bundle or for words that the bundle does
    /// not have.
    ///
    /// # Errors
    /// [`Error::WrongVocabulary`] for a lexicon of other labels.
    pub fn with_lexicon(&self, lexicon: Lexicon) -> Result<Self> {
        self.with_layers(vec![Layer::new(lexicon)])
    }

    /// The same engine with other lexicons, each with a weight: languages, or words of an app
    /// beside the bundle's own ([`lexicon`](Self::lexicon)). They must have been built for the
    /// bundle's labels.
    ///
    /// The user's [`words`](Self::words) are copied and change apart from this engine's.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for more than [`MAX_LAYERS`](crate::lexicon::MAX_LAYERS),
    /// [`Error::WrongVocabulary`] for a lexicon of other labels.
    pub fn with_layers(&self, layers: Vec<Layer>) -> Result<Self> {
        let labels = &self.manifest().vocabulary.labels;
        for layer in &layers {
            layer
                .lexicon()
                .check_labels(labels, Path::new("a lexicon"))?;
        }
        let layers = LexiconStack::new(layers)?;
        let decoder = self.decoder_for(&self.keyboard, &layers)?;
        Ok(Self {
            decoder: Arc::new(decoder),
            words: self.words.over(&layers),
            ..self.clone()
        })
    }

    /// The same engine with another language model, for
    /// [`Gesture::with_context`](crate::Gesture::with_context). Where the preset
    /// gives the words before a swipe no weight, as in a bundle that has no language model of its
    /// own, they get [`LANGUAGE_MODEL_WEIGHT`] in [`options`](Self::options).
    #[must_use]
    pub fn with_language_model(&self, language_model: LanguageModel) -> Self {
        let mut engine = Self {
            language_model: Some(language_model),
            ..self.clone()
        };
        for options in [&mut engine.options, &mut engine.trained] {
            if options.language_model_weight == 0.0 {
                options.language_model_weight = LANGUAGE_MODEL_WEIGHT;
            }
        }
        engine
    }

    fn decoder_for(&self, keyboard: &Keyboard, layers: &LexiconStack) -> Result<Decoder> {
        // The bundle's table is that of the trained layout's labels.
        let table = self
            .table
            .as_ref()
            .filter(|_| keyboard.has_trained_classes());
        decoder(
            &keyboard.transducer,
            layers,
            table,
            self.warm_prefixes,
            self.prefix_bytes,
        )
    }

    /// The same engine for traces that are made on another keyboard, of any arrangement of the
    /// letters; see docs/LAYOUTS.md. The layout may be in any units, its traces are in the same
    /// ones: `Trace::new(layout.letter_area()?)`. Everything else is shared, the user's words too.
    /// Where letters are taken for others, [`options`](Self::options) take off more of the internal
    /// language model, which has learned to spell with other letters.
    ///
    /// Keys are matched by their labels, capital or not. Those that are no letter of the model are
    /// passed over: digits, marks, letters with accents (words with such letters are swiped by
    /// their plain ones). Letters without a key cannot be swiped.
    ///
    /// # Errors
    /// Those of [`Layout::validate`], and [`Error::Invalid`] where fewer than half of the model's
    /// letters have a key, one has two, or the keys do not lie in rows.
    pub fn with_layout(&self, layout: &Layout) -> Result<Self> {
        let keyboard = Keyboard::new(layout, self.manifest(), &self.shared.transducer)?;
        let decoder = match keyboard.has_classes_of(&self.keyboard) {
            true => Arc::clone(&self.decoder),
            false => Arc::new(self.decoder_for(&keyboard, self.decoder.layers())?),
        };
        // Where letters are taken for others, what the network has learned of spelling is of other
        // words.
        let options = keyboard.adjusted(&self.trained);
        options.validate()?;
        Ok(Self {
            options,
            keyboard: Arc::new(keyboard),
            decoder,
            ..self.clone()
        })
    }

    /// The layout that traces are made on: the one given to [`with_layout`](Self::with_layout),
    /// otherwise the one that the network was trained on.
    pub fn layout(&self) -> &Layout {
        &self.keyboard.layout
    }

    /// A session: light, for one gesture at a time, with buffers that are kept between gestures.
    pub fn session(&self) -> Session {
        Session::new(
            Arc::clone(&self.shared),
            Arc::clone(&self.keyboard),
            Decoder::clone(&self.decoder),
            self.words.clone(),
            self.options.clone(),
            self.language_model.clone(),
        )
    }

    /// The user's own words: what is added, boosted, blocked or learned there counts from the next
    /// swipe on, in every session.
    pub fn words(&self) -> &UserWords {
        &self.words
    }

    /// What the engine takes, by part.
    pub fn memory(&self) -> Memory {
        let bundle = &self.shared.bundle;
        let size = |name: &str| bundle.file(name).map_or(0, |file| file.len());
        let transducer = &self.keyboard.transducer;
        Memory {
            mapped: bundle.manifest_json().len() + bundle.file_names().map(size).sum::<usize>(),
            encoder_file: size(&bundle.manifest().runtime.encoder),
            transducer: transducer.prediction.bytes() + transducer.joint.bytes(),
            prefixes: self.decoder.table().bytes(),
            words: self.words.bytes(),
        }
    }

    /// What the network can spell, in the order of its classes: what a lexicon is built for.
    pub fn labels(&self) -> &[String] {
        &self.manifest().vocabulary.labels
    }

    /// The bundle's manifest. Its fields are those of the bundle's format, which has a version of
    /// its own, and no stable part of this crate.
    pub fn manifest(&self) -> &Manifest {
        self.shared.bundle.manifest()
    }

    /// Options of the bundle's preset `name` as they are for this engine's layout and language
    /// model; `None` where the bundle has no such preset.
    pub(crate) fn preset(&self, name: &str) -> Option<DecoderOptions> {
        let mut options = self.manifest().presets.get(name)?.clone();
        if options.language_model_weight == 0.0 {
            options.language_model_weight = self.trained.language_model_weight;
        }
        Some(self.keyboard.adjusted(&options))
    }

    /// The decoder options of the preset that the engine was opened with.
    pub fn options(&self) -> &DecoderOptions {
        &self.options
    }

    /// The lexicon in use, the first of several; `None` for a dynamic bundle that has not been
    /// given one.
    pub fn lexicon(&self) -> Option<&Lexicon> {
        self.decoder.layers().lexicons().first().map(Layer::lexicon)
    }

    /// The language model in use.
    pub fn language_model(&self) -> Option<&LanguageModel> {
        self.language_model.as_ref()
    }

    /// The bundle, for swipekit's own tools.
    #[doc(hidden)]
    pub fn bundle(&self) -> &Bundle {
        &self.shared.bundle
    }

    /// What runs the encoder.
    pub fn runtime(&self) -> RuntimeInfo {
        self.shared.encoder.runtime()
    }

    /// The prediction network and the joint, for swipekit's own tools.
    #[doc(hidden)]
    pub fn transducer(&self) -> &PredictionJoint {
        &self.keyboard.transducer
    }
}

/// A decoder with the table of the bundle or, where there is none, one of the likeliest prefixes of
/// `layers`.
fn decoder(
    transducer: &Arc<PredictionJoint>,
    layers: &LexiconStack,
    table: Option<&Arc<PrefixTable>>,
    warm_prefixes: usize,
    prefix_bytes: usize,
) -> Result<Decoder> {
    let table = match table {
        Some(table) => Arc::clone(table),
        None => Arc::new(PrefixTable::compute(transducer, layers, warm_prefixes)?),
    };
    let mut decoder = Decoder::with_table(Arc::clone(transducer), layers.clone(), table);
    decoder.set_prefix_bytes(prefix_bytes);
    Ok(decoder)
}
