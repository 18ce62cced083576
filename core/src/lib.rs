//! swipekit turns a finger's path over a keyboard into words, on the device.
//!
//! # Decode a swipe
//!
//! An [`Engine`] is an opened *bundle*: encoder, weights, lexicon and all that belongs to them,
//! verified, immutable and shared. A [`Session`] decodes one gesture at a time and keeps its
//! buffers. A [`Trace`] is the finger's path with the [letter area](layout::LetterArea) that it was
//! made on.
//!
//! ```no_run
//! use swipekit::layout::LetterArea;
//! use swipekit::trace::{Point, Trace};
//! use swipekit::Engine;
//!
//! # fn main() -> swipekit::Result<()> {
//! let engine = Engine::open("models/en-qwerty")?; // a folder or a .swipekit file
//! let mut session = engine.session();
//!
//! // The rectangle that the letters span on the screen: left, top, width, height, in the units of the points.
//! let area = LetterArea::new(12.0, 1600.0, 1056.0, 480.0)?;
//! let mut trace = Trace::new(area);
//! trace.push(Point::new(640.0, 1850.0, 0.0))?; // x, y, milliseconds
//! trace.push(Point::new(281.5, 1679.0, 140.0))?;
//!
//! for candidate in session.decode(&trace)? {
//!     println!("{} {:.2}", candidate.word, candidate.confidence);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Engine::open`] lists what can be wrong with a bundle or the runtime; [`Trace::push`] refuses
//! points that are not finite; [`Session::decode`] fails only where there is no lexicon or the
//! runtime fails. [`Engine::self_test`] decodes the swipes that the bundle brings along and
//! compares.
//!
//! # While the finger moves
//!
//! A [`LiveSession`] takes points as they come and decodes the gesture so far in a thread of its
//! own, at a bounded rate; points that came meanwhile are decoded together, and pushing never
//! waits. A [`Partial`] holds words that the path has spelled and words that it may become. When
//! the finger lifts, [`LiveSession::finish`] gives what [`Session::decode`] would, and takes the
//! encoder's frames where the last decode had seen all points. A decode that nobody wants any more
//! is cancelled.
//!
//! ```no_run
//! use swipekit::layout::LetterArea;
//! use swipekit::trace::Point;
//! use swipekit::{Engine, Limits, LiveOptions};
//!
//! # fn main() -> swipekit::Result<()> {
//! # let area = LetterArea::new(12.0, 1600.0, 1056.0, 480.0)?;
//! let engine = Engine::open("models/en-qwerty")?;
//! let mut live = engine.live(&LiveOptions::default())?; // or live_with, to be called with each partial result
//! live.begin(area);
//! live.push(&[Point::new(640.0, 1850.0, 0.0), Point::new(632.0, 1844.0, 16.0)])?;
//! if let Some(partial) = live.partial()? {
//!     println!("{} points: {:?}", partial.points, partial.candidates);
//! }
//! live.push(&[Point::new(281.5, 1679.0, 140.0)])?;
//! for candidate in live.finish(&Limits::default())? {
//!     println!("{} {:.2}", candidate.word, candidate.confidence);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # More than the words
//!
//! [`Session::encode`] gives a [`Gesture`]: the encoder runs once, and the gesture can be asked for
//! more than its words. [`Gesture::spellings`] gives the likeliest spellings, whether they are
//! words or not: for names, for passwords, for a word that the user may want to add.
//! [`Gesture::greedy`] spells what the network heard along its best alignment, and
//! [`Gesture::log_likelihood`] gives log P(labels | swipe) of one spelling, exactly.
//! [`LiveSession::with_gesture`] gives the gesture that was made while the finger moved.
//!
//! ```no_run
//! # fn main() -> swipekit::Result<()> {
//! # let trace = swipekit::Trace::default();
//! use swipekit::{Engine, Limits};
//!
//! let engine = Engine::open("models/en-qwerty")?;
//! let mut session = engine.session();
//! let mut gesture = session.encode(&trace, &Limits::default())?;
//! let words = gesture.words(engine.options())?;
//! println!("{:?} in {:?}", words.candidates, words.timings.total());
//! for spelling in gesture.spellings(3, engine.options())? {
//!     println!("{} {:.2}", spelling.text, spelling.confidence);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Bring words of one's own
//!
//! A lexicon is built for the labels of a model, at export or in the app. A *dynamic* bundle has
//! none, any other may be given another. Words come with a weight, their frequency in any unit.
//!
//! ```no_run
//! use swipekit::bytes::Bytes;
//! use swipekit::lexicon::{Lexicon, LexiconBuilder};
//! use swipekit::Engine;
//!
//! # fn main() -> swipekit::Result<()> {
//! # let trace = swipekit::Trace::default();
//! let engine = Engine::open("my-dynamic-bundle")?;
//! let labels = engine.labels();
//! let mut builder = LexiconBuilder::new(labels);
//! for (word, weight) in [("Zürich", 20.0), ("don't", 900.0)] {
//!     if let Err(reason) = builder.add(word, weight) {
//!         eprintln!("a word was left out: {reason:?}");
//!     }
//! }
//! let lexicon = Lexicon::from_bytes(Bytes::from(builder.build()?.bytes), labels, "my words")?;
//! let words = engine.with_lexicon(lexicon)?.session().decode(&trace)?;
//! # Ok(())
//! # }
//! ```
//!
//! What a user adds, blocks or chooses counts from the next swipe on, in every session, without
//! building anything again:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = swipekit::Engine::open("models/en-qwerty")?;
//! let words = engine.words();
//! words.add("Zürich")?; // or why it cannot be typed
//! words.block("damn")?;
//! words.learn("don't")?; // the user chose it: a little likelier
//! words.export("user.words")?; // all of it or nothing; import() reads it
//! # Ok(())
//! # }
//! ```
//!
//! [`Engine::with_layers`] searches several lexicons at once, each with a weight: a second
//! language, or contacts and an app's own terms beside the bundle's words.
//!
//! [`LexiconBuilder::add`](lexicon::LexiconBuilder::add) says why a word cannot be typed with the
//! labels; [`Lexicon::from_bytes`](lexicon::Lexicon::from_bytes) refuses a lexicon of other labels.
//!
//! # Use the sentence
//!
//! With a language model, in the bundle or of the app's own, the words before a swipe decide
//! between words that it may mean:
//!
//! ```no_run
//! # fn main() -> swipekit::Result<()> {
//! # let trace = swipekit::Trace::default();
//! use swipekit::language_model::LanguageModel;
//! use swipekit::{Engine, Limits};
//!
//! let engine = Engine::open("models/en-qwerty")?;
//! // Not needed where the bundle has one.
//! let engine = engine.with_language_model(LanguageModel::open("language.bin")?);
//! let mut session = engine.session();
//! let gesture = session.encode(&trace, &Limits::default())?;
//! let mut gesture = gesture.with_context(&["see", "you"]); // the words of its sentence so far
//! let words = gesture.words(engine.options())?;
//! # Ok(())
//! # }
//! ```
//!
//! Words that the model lacks, such as a user's, lose nothing by it
//! ([`LanguageModel::gain`](language_model::LanguageModel::gain)), and without words before,
//! candidates are as they are without a model.
//! [`LanguageModelBuilder`](language_model::LanguageModelBuilder) makes one of n-grams,
//! `swipekit language-model build` of an ARPA file or text.
//!
//! # Other layouts
//!
//! A network knows the layout that it was trained on. [`Engine::with_layout`] gives an engine for
//! traces that are made on another one: other rows, a split, a number row, AZERTY, QWERTZ; with
//! Dvorak and the like words are found, but far less surely. Figures and rules are in
//! `docs/LAYOUTS.md` of the repository.
//!
//! ```no_run
//! use swipekit::layout::{Layout, LetterArea};
//! use swipekit::{Engine, Trace};
//!
//! # fn main() -> swipekit::Result<()> {
//! let engine = Engine::open("models/en-qwerty")?;
//! // The keys as the app draws them, in its own units; here those of a known layout, in pixels.
//! let layout = Layout::azerty().placed(LetterArea::new(0.0, 1600.0, 1080.0, 480.0)?)?;
//! let engine = engine.with_layout(&layout)?; // once a keyboard, not once a swipe
//! let trace = Trace::new(layout.letter_area()?); // its points are in the layout's units
//! let words = engine.session().decode(&trace)?;
//! # Ok(())
//! # }
//! ```
//!
//! # End a decode early
//!
//! [`Session::encode`] takes [`Limits`]: a deadline, after which [`Gesture::words`] gives the best
//! words so far, and a [`CancelToken`] that another thread cancels when the next finger is down.
//! ONNX Runtime stops within its run, the search before its next frame.
//!
//! # Ask why
//!
//! [`Gesture::explain`] says of any word what became of it: its place, or the frame in which the
//! beam lost it, its exact log-probability beside what the search found, and the score that it
//! would have had to reach.
//!
//! # Errors
//!
//! All of the crate fails with [`Error`], which says what was expected, what was found, where, and
//! carries no word and no point of a trace. No input makes the crate panic.
//!
//! # Features
//!
//! | feature | default | what |
//! |---|---|---|
//! | `ort` | yes | ONNX Runtime, loaded at run time from a shared library on the machine; looked for as below |
//! | `executorch` | no | ExecuTorch with XNNPACK, linked to its shared libraries; the build script says where they are looked for |
//! | `ort-download` | no | ONNX Runtime linked into the program; the crate `ort` downloads it at build time. Use it with `default-features = false` |
//! | `onnxruntime` | - | what the two share; not for use on its own |
//!
//! A bundle's manifest names its runtime. Without any, bundles, lexicons, features and the search
//! can be used, and [`Engine::open`] fails with [`Error::Unsupported`].
//!
//! ONNX Runtime's library is looked for, in this order:
//!
//! 1. at the path given in [`EngineOptions::runtime_library`], and nowhere else where one is given;
//! 2. at the path in the environment variable `ORT_DYLIB_PATH`, likewise (a bare name is left to
//!    the system's loader);
//! 3. beside the executable, in `lib` beside it and in `../lib`;
//! 4. where swipekit's repository puts it, `native/onnxruntime` in cargo's target folder, found
//!    from the executable, and from the current folder in a process that cargo started. A program
//!    that was started by hand never looks into the current folder: whoever can write there could
//!    have code run;
//! 5. on Android: by name, among the app's own libraries.
//!
//! One library serves the whole process: the first that loads. With the feature `ort-download` in
//! place of `ort`, ONNX Runtime is linked into the program instead and nothing is looked for.
//!
//! # What is stable
//!
//! All that this documentation shows, as Semantic Versioning has it; options and results may get
//! further fields. `swipekit::internals`, which it does not show, is for swipekit's own tools and
//! may change with any version. `core/api.txt` in the repository lists what is stable, and a check
//! holds it to that.
#![deny(unsafe_code)]

mod bundle;
pub mod bytes;
mod decoder;
mod engine;
mod error;
mod features;
mod files;
mod geometry;
mod hash;
mod keyboard;
pub mod language_model;
pub mod layout;
pub mod lexicon;
mod limits;
pub mod live;
mod options;
mod runtime;
mod sections;
mod self_test;
mod session;
mod shared;
pub mod trace;
mod transducer;

pub use decoder::{
    Candidate, DecoderOptions, Explanation, Fate, LANGUAGE_MODEL_WEIGHT, PREFIX_BYTES, Report,
    Spelling,
};
pub use engine::{Engine, EngineOptions, Memory};
pub use error::{Error, Result};
pub use geometry::{GeometryOptions, GeometryWeights};
pub use limits::{CancelToken, Limits};
pub use live::{LiveOptions, LiveSession, Partial};
pub use runtime::RuntimeInfo;
pub use self_test::SelfTest;
pub use session::{Decoded, Gesture, Session, Timings};
pub use trace::Trace;

/// What the exporters, the benchmarks and the tests of this repository build on: the parts of a
/// decode, the runtimes, bundles from within. Nothing here is stable: it may change with any
/// version.
#[doc(hidden)]
pub mod internals {
    /// See `core/src/bundle`.
    pub mod bundle {
        pub use crate::bundle::*;
    }
    /// See `core/src/decoder`.
    pub mod decoder {
        pub use crate::decoder::*;
    }
    /// See `core/src/engine.rs`.
    pub mod engine {
        pub use crate::engine::open_encoder;
    }
    /// See `core/src/features`.
    pub mod features {
        pub use crate::features::*;
    }
    /// See `core/src/geometry`.
    pub mod geometry {
        pub use crate::geometry::*;
    }
    /// See `core/src/lexicon/fold.rs`.
    pub mod fold {
        pub use crate::lexicon::fold::*;
    }
    /// See `core/src/runtime`.
    pub mod runtime {
        pub use crate::runtime::*;
    }
    /// See `core/src/transducer`.
    pub mod transducer {
        pub use crate::transducer::*;
    }
}
