//! Engines: opening, decoding, and the same engine with something else.

use std::path::Path;
use std::sync::Arc;

use swipekit::bytes::Bytes;
use swipekit::language_model::LanguageModel;
use swipekit::lexicon::{Layer, Lexicon};
use swipekit::{Limits, Session, Trace, trace};

use super::error::{Result, guard};
use super::layout::{KeyboardLayout, LetterArea};
use super::records::{self, decoder_options, limits};
use super::session::{self, LiveOptions, LiveSession, PartialListener};
use super::words::{RejectedWord, UserWords, WeightedWord};
use super::{
    CancelToken, DecodeOptions, DecodeResult, EngineInfo, EngineOptions, MemoryUse, Point,
    SelfTestReport, Spelling,
};
use crate::pool::Pool;
use crate::words;

/// An opened and verified bundle. Heavy, immutable but for the user's words, and free to be shared
/// between threads.
///
/// Every call blocks: call it where waiting is allowed. Decodes on several threads at once are each
/// in a session of their own; two idle ones, of about 2 MiB each, are kept for the next.
#[derive(Debug, uniffi::Object)]
pub struct Engine {
    pool: Pool,
}

impl From<swipekit::Engine> for Engine {
    fn from(engine: swipekit::Engine) -> Self {
        Self {
            pool: Pool::new(engine),
        }
    }
}

/// An engine with other words.
#[derive(Debug, uniffi::Record)]
pub struct WithWords {
    /// The engine.
    pub engine: Arc<Engine>,
    /// The words that it could not take.
    pub rejected: Vec<RejectedWord>,
}

/// A lexicon in a file, and how much it counts.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct LexiconFile {
    /// Path of the file, which must have been built for the labels of the bundle
    /// (`swipekit lexicon build`).
    pub path: String,
    /// Nats added to every log prior, -100 to 0: 0 for a lexicon that counts fully, log(0.2) for a
    /// second language that every fifth word is of.
    #[uniffi(default = 0.0)]
    pub log_weight: f32,
}

impl Engine {
    /// This engine with a part exchanged.
    fn changed(
        &self,
        change: impl FnOnce(&swipekit::Engine) -> Result<swipekit::Engine>,
    ) -> Result<Arc<Self>> {
        guard(|| Ok(Arc::new(change(&self.pool.engine)?.into())))
    }

    fn find(
        &self,
        points: impl IntoIterator<Item = trace::Point>,
        area: LetterArea,
        options: &DecodeOptions,
        cancel: Option<&CancelToken>,
    ) -> Result<DecodeResult> {
        let trace = Trace::from_points(area.checked()?, points)?;
        let limits = limits(options.deadline_ms, cancel);
        let decoder = decoder_options(self.pool.engine.options(), options.candidates, options.beam);
        self.pool.with_session(|session| {
            let gesture = session.encode(&trace, &limits)?;
            let decoded = gesture.with_context(&options.context).words(&decoder)?;
            Ok(decoded.into())
        })
    }
}

#[uniffi::export]
impl Engine {
    /// Opens the bundle at `path`, a folder or a `.swipekit` file, verifies every hash, loads the
    /// runtime and the encoder.
    ///
    /// # Errors
    /// `NotFound`, `Damaged` and `Unsupported` for a bundle that cannot be read, is damaged or asks
    /// for more than this version knows; `RuntimeLibrary` where the runtime is not there; `Decode`
    /// where it refuses the encoder; `Argument` for a preset that the bundle does not have and for
    /// options out of range.
    #[uniffi::constructor(default(options))]
    pub fn open(path: &str, options: EngineOptions) -> Result<Arc<Self>> {
        guard(|| {
            let engine = swipekit::Engine::open_with(path, &options.into())?;
            Ok(Arc::new(engine.into()))
        })
    }

    /// As `open`, of a packed bundle in memory, which is copied. `name` is for errors.
    ///
    /// # Errors
    /// Those of `open`.
    #[uniffi::constructor(default(options))]
    pub fn open_bytes(bytes: &[u8], name: &str, options: EngineOptions) -> Result<Arc<Self>> {
        guard(|| {
            let bytes = Bytes::from(bytes.to_vec());
            let engine = swipekit::Engine::open_bytes(bytes, Path::new(name), &options.into())?;
            Ok(Arc::new(engine.into()))
        })
    }

    /// What the engine is.
    ///
    /// # Errors
    /// `Decode` where swipekit itself fails.
    pub fn info(&self) -> Result<EngineInfo> {
        guard(|| Ok((&self.pool.engine).into()))
    }

    /// The layout that swipes are made on: the one given to `with_layout`, otherwise the one that
    /// the network was trained on.
    ///
    /// # Errors
    /// `Decode` where swipekit itself fails.
    pub fn layout(&self) -> Result<KeyboardLayout> {
        guard(|| Ok(self.pool.engine.layout().into()))
    }

    /// What the engine takes, by part.
    ///
    /// # Errors
    /// `Decode` where swipekit itself fails.
    pub fn memory(&self) -> Result<MemoryUse> {
        guard(|| Ok(self.pool.engine.memory().into()))
    }

    /// Decodes the swipes that the bundle brings along and compares; a bundle without any passes.
    ///
    /// # Errors
    /// `SelfTest` with the first difference, otherwise what decoding gives.
    pub fn self_test(&self) -> Result<SelfTestReport> {
        guard(|| Ok(self.pool.engine.self_test()?.into()))
    }

    /// Decodes an artificial gesture, so that the first real one finds everything ready.
    ///
    /// # Errors
    /// What decoding gives.
    pub fn warm_up(&self) -> Result<()> {
        guard(|| Ok(self.pool.warm_up()?))
    }

    /// Gives the memory of idle sessions back.
    ///
    /// # Errors
    /// `Decode` where swipekit itself fails.
    pub fn trim(&self) -> Result<()> {
        guard(|| {
            self.pool.trim();
            Ok(())
        })
    }

    /// The words that a swipe on letters spanning `area` may mean. Fewer than two points mean
    /// nothing: the result is empty.
    ///
    /// # Errors
    /// `NotFinite` for NaN and infinities; `Argument` for an area that is none, options out of
    /// range, too many points, too long a time, and where there is no word at all; `Cancelled`;
    /// `Decode` where the runtime fails.
    #[uniffi::method(default(cancel = None, options))]
    pub fn decode(
        &self,
        points: Vec<Point>,
        area: LetterArea,
        options: DecodeOptions,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<DecodeResult> {
        guard(|| {
            let points = points.into_iter().map(trace::Point::from);
            self.find(points, area, &options, cancel.as_deref())
        })
    }

    /// As `decode`, of points in bytes: x, y and t of each as little-endian float64, one after the
    /// other. One copy less.
    ///
    /// # Errors
    /// Those of `decode`, and `Argument` where the bytes end within a point.
    #[uniffi::method(default(cancel = None, options))]
    pub fn decode_packed(
        &self,
        points: &[u8],
        area: LetterArea,
        options: DecodeOptions,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<DecodeResult> {
        guard(|| self.find(records::unpack(points)?, area, &options, cancel.as_deref()))
    }

    /// The `count` likeliest spellings of a swipe, best first, without a lexicon: names, words that
    /// are not in it.
    ///
    /// # Errors
    /// Those of `decode`, and `Argument` for a count that is not 1 to 1024.
    pub fn spellings(
        &self,
        points: Vec<Point>,
        area: LetterArea,
        count: u32,
    ) -> Result<Vec<Spelling>> {
        guard(|| {
            let trace =
                Trace::from_points(area.checked()?, points.into_iter().map(trace::Point::from))?;
            let found = self.pool.spellings(&trace, count as usize)?;
            Ok(found.into_iter().map(Into::into).collect())
        })
    }

    /// The text of the network's best alignment, without a lexicon; empty for fewer than two
    /// points.
    ///
    /// # Errors
    /// Those of `decode`.
    pub fn greedy(&self, points: Vec<Point>, area: LetterArea) -> Result<String> {
        guard(|| {
            let trace =
                Trace::from_points(area.checked()?, points.into_iter().map(trace::Point::from))?;
            let greedy =
                |session: &mut Session| session.encode(&trace, &Limits::default())?.greedy();
            Ok(self.pool.with_session(greedy)?)
        })
    }

    /// The same engine for swipes that are made on another keyboard. Everything else is shared, the
    /// user's words too.
    ///
    /// # Errors
    /// `Argument` and `NotFinite` for a layout that is none, where fewer than half of the network's
    /// letters have a key, one has two, or the keys do not lie in rows.
    pub fn with_layout(&self, layout: KeyboardLayout) -> Result<Arc<Self>> {
        self.changed(|engine| Ok(engine.with_layout(&layout.into())?))
    }

    /// The same engine with words of the app's own in the place of its lexicons, for a bundle that
    /// has none or other ones. Words that it cannot take are told, the others are taken. The user's
    /// words are copied and change apart from this engine's.
    ///
    /// # Errors
    /// `Argument` where no word is left.
    pub fn with_words(&self, words: Vec<WeightedWord>) -> Result<WithWords> {
        guard(|| {
            let engine = &self.pool.engine;
            let words = words.iter().map(|word| (word.word.as_str(), word.weight));
            let (lexicon, rejected) = words::lexicon(words, &engine.manifest().vocabulary.labels)?;
            let rejected = rejected.into_iter().map(|(index, reason)| RejectedWord {
                index: index as u64,
                reason,
            });
            Ok(WithWords {
                engine: Arc::new(engine.with_lexicon(lexicon)?.into()),
                rejected: rejected.collect(),
            })
        })
    }

    /// The same engine with lexicons of files, up to four in all: languages, or an app's words.
    /// With `keep_own` they come beside the engine's own, the first one where it has several. The
    /// user's words are copied and change apart from this engine's.
    ///
    /// # Errors
    /// `NotFound`, `Damaged` and `Unsupported` for a file; `Argument` for a weight out of range and
    /// for too many.
    #[uniffi::method(default(keep_own = true))]
    pub fn with_lexicons(&self, lexicons: Vec<LexiconFile>, keep_own: bool) -> Result<Arc<Self>> {
        self.changed(|engine| {
            let own = engine.lexicon().filter(|_| keep_own);
            let mut layers: Vec<Layer> = own.cloned().map(Layer::new).into_iter().collect();
            for LexiconFile { path, log_weight } in lexicons {
                let lexicon = Lexicon::open(path, &engine.manifest().vocabulary.labels)?;
                layers.push(Layer::weighted(lexicon, log_weight)?);
            }
            Ok(engine.with_layers(layers)?)
        })
    }

    /// The same engine with the language model in a file, for `DecodeOptions.context`.
    ///
    /// # Errors
    /// `NotFound`, `Damaged` and `Unsupported` for the file.
    pub fn with_language_model(&self, path: &str) -> Result<Arc<Self>> {
        self.changed(|engine| Ok(engine.with_language_model(LanguageModel::open(path)?)))
    }

    /// The user's own words: what is said there counts from the next swipe on.
    pub fn words(&self) -> Arc<UserWords> {
        Arc::new(UserWords::new(self.pool.engine.words().clone()))
    }

    /// A session that decodes while the finger moves, with a thread of its own. A `listener` is
    /// called with each partial result; without one, `LiveSession.partial` gives the newest.
    ///
    /// # Errors
    /// `Argument` for options out of range, `Decode` where the system starts no thread.
    #[uniffi::method(default(listener = None, options))]
    pub fn live(
        &self,
        options: LiveOptions,
        listener: Option<Arc<dyn PartialListener>>,
    ) -> Result<Arc<LiveSession>> {
        guard(|| {
            Ok(Arc::new(session::open(
                &self.pool.engine,
                options,
                listener,
            )?))
        })
    }
}
