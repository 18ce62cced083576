//! Geometric evidence: how well a path fits a word's keys.
//!
//! A transducer reads a path through features of its own and can be confident in a wrong word:
//! where it rates two words alike, the user did not mean the one whose keys the path does not
//! visit. The best words of a search are therefore measured against the raw path and the real key
//! rectangles, in the manner of SHARK2 (Kristensson and Zhai, UIST 2004). A [`GesturePath`] is
//! computed once per swipe, a [`Matcher`] gives the [`Features`] of each word, and their weighted
//! sum ([`GeometryWeights::term`]) is added to the word's score. `docs/EVIDENCE.md` lists features
//! and weights.
//!
//! A [`Session`](crate::Session) does this where
//! [`DecoderOptions::geometry`](crate::DecoderOptions::geometry) is set; the parts are
//! public for fitting weights.
//!
//! ```
//! use swipekit::internals::geometry::{GesturePath, Keys, Matcher};
//! use swipekit::layout::Layout;
//! use swipekit::trace::Trace;
//!
//! # fn main() -> swipekit::Result<()> {
//! let labels = ["o", "w"];
//! let keyboard = Keys::new(&Layout::qwerty(), &labels)?;
//! let trace = Trace::in_letter_area([(0.85, 0.17, 0.0), (0.15, 0.17, 300.0)])?;
//! let (mut path, mut matcher) = (GesturePath::new(), Matcher::new());
//! path.set(&keyboard, &trace);
//! let ow = matcher.features(&path, &[0, 1]).unwrap();
//! let wo = matcher.features(&path, &[1, 0]).unwrap();
//! assert!(ow.location < wo.location && ow.end < wo.end);
//! # Ok(())
//! # }
//! ```

mod alignment;
mod features;
mod keys;
mod matcher;
mod path;
mod plane;
mod template;
#[cfg(test)]
mod tests;

pub use features::Features;
pub use keys::Keys;
pub use matcher::Matcher;
pub use path::GesturePath;

pub use crate::options::{GeometryOptions, GeometryWeights, MAX_WORDS};
