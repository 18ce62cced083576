//! swipekit turns a finger's path over a keyboard into words, on the device.
//!
//! # Decode a swipe
//!
//! An [`Engine`] is an opened *bundle*: encoder, weights, lexicon and all that belongs to them, verified, immutable and
//! shared. A [`Session`] decodes one gesture at a time and keeps its buffers. A [`Trace`] is the finger's path with the
//! [letter area](layout::LetterArea) that it was made on.
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
//! println!("{:?}", session.timings());
//! # Ok(())
//! # }
//! ```
//!
//! [`Engine::open`] lists what can be wrong with a bundle or the runtime; [`Trace::push`] refuses points that are not
//! finite; [`Session::decode`] fails only where there is no lexicon or the runtime fails. [`Engine::self_test`] decodes
//! the swipes that the bundle brings along and compares.
//!
//! # Decode without words
//!
//! [`Session::greedy`] spells what the network heard, whether it is a word or not, and
//! [`Session::log_likelihood`] gives log P(labels | swipe) of one spelling, exactly.
//!
//! ```no_run
//! # fn main() -> swipekit::Result<()> {
//! # let trace = swipekit::Trace::default();
//! let engine = swipekit::Engine::open("models/en-qwerty")?;
//! println!("{}", engine.session().greedy(&trace)?);
//! # Ok(())
//! # }
//! ```
//!
//! # Bring words of one's own
//!
//! A lexicon is built for the labels of a model, at export or in the app. A *dynamic* bundle has none, any other may be
//! given another. Words come with a weight, their frequency in any unit.
//!
//! ```no_run
//! use swipekit::bytes::Bytes;
//! use swipekit::lexicon::{Lexicon, LexiconBuilder};
//! use swipekit::Engine;
//!
//! # fn main() -> swipekit::Result<()> {
//! # let trace = swipekit::Trace::default();
//! let engine = Engine::open("my-dynamic-bundle")?;
//! let labels = &engine.manifest().vocabulary.labels;
//! let mut builder = LexiconBuilder::new(labels);
//! for (word, weight) in [("Zürich", 20.0), ("don't", 900.0)] {
//!     if let Err(reason) = builder.add(word, weight) {
//!         eprintln!("a word was left out: {reason:?}");
//!     }
//! }
//! let lexicon = Lexicon::from_bytes(Bytes::from(builder.build()?.bytes), labels, "my words")?;
//! let candidates = engine.with_lexicon(lexicon)?.session().decode(&trace)?;
//! # Ok(())
//! # }
//! ```
//!
//! What a user adds, blocks or chooses counts from the next swipe on, in every session, without building anything again:
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
//! [`Engine::with_layers`] searches several lexicons at once, each with a weight: a second language, or contacts and an app's
//! own terms beside the bundle's words.
//!
//! [`LexiconBuilder::add`](lexicon::LexiconBuilder::add) says why a word cannot be typed with the labels;
//! [`Lexicon::from_bytes`](lexicon::Lexicon::from_bytes) refuses a lexicon of other labels.
//!
//! # End a decode early
//!
//! [`Session::decode_within`] takes [`Limits`]: a deadline, after which it gives the best words so far, and a [`CancelToken`] that
//! another thread cancels when the next finger is down. ONNX Runtime stops within its run, the search before its next frame.
//!
//! # Errors
//!
//! All of the crate fails with [`Error`], which says what was expected, what was found, where, and carries no word and no
//! point of a trace. No input makes the crate panic.
//!
//! # Features
//!
//! | feature | default | what |
//! |---|---|---|
//! | `ort` | yes | ONNX Runtime, loaded at run time from a shared library on the machine; see [`runtime`] for where it is looked for |
//! | `executorch` | no | ExecuTorch with XNNPACK, linked to its shared libraries; the build script says where they are looked for |
//! | `ort-download` | no | ONNX Runtime linked into the program; the crate `ort` downloads it at build time. Use it with `default-features = false` |
//! | `onnxruntime` | - | what the two share; not for use on its own |
//!
//! A bundle's manifest names its runtime. Without any, bundles, lexicons, features and the search can be used, and [`Engine::open`] fails with
//! [`Error::Unsupported`].
#![deny(unsafe_code)]

pub mod bundle;
pub mod bytes;
pub mod decoder;
pub mod engine;
pub mod error;
pub mod features;
mod files;
pub mod geometry;
pub mod layout;
pub mod lexicon;
pub mod limits;
pub mod runtime;
pub mod self_test;
pub mod session;
pub mod trace;
pub mod transducer;

pub use decoder::Candidate;
pub use engine::{Engine, EngineOptions, Memory};
pub use error::{Error, Result};
pub use limits::{CancelToken, Limits};
pub use self_test::SelfTest;
pub use session::{Session, Timings};
pub use trace::Trace;

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
