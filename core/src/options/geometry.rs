//! What a bundle or a caller may set about geometric evidence.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Calls the macro `$call` with the names of the geometric features in their order: that of every
/// array of features or weights.
macro_rules! with_geometric_features {
    ($call:ident) => {
        $call! {
            location, shape, start, end, approach, excursion, corners, letters, loops, dwell
        }
    };
}
pub(crate) use with_geometric_features;

/// Words that may be rescored at most.
pub const MAX_WORDS: usize = 64;

/// Geometric evidence of a search: how many words, and with what weights. A part of
/// [`DecoderOptions`](super::DecoderOptions).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct GeometryOptions {
    /// Words rescored at most, the best by all other terms: 0 to 64. Default 32; 0 leaves every
    /// score as it is.
    pub words: usize,
    /// What the features weigh.
    pub weights: GeometryWeights,
}

impl Default for GeometryOptions {
    fn default() -> Self {
        Self {
            words: 32,
            weights: GeometryWeights::default(),
        }
    }
}

impl GeometryOptions {
    /// Checks that every option can be used.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the option.
    pub fn validate(&self) -> Result<()> {
        if self.words > MAX_WORDS {
            return Err(Error::invalid(
                "the number of words to rescore",
                format!("at most {MAX_WORDS}"),
                self.words,
            ));
        }
        for weight in self.weights.to_array() {
            // Features are at most some tens: what is larger is a mistake, and infinite scores are
            // none.
            if !(-1e3..=1e3).contains(&weight) {
                return Err(Error::invalid(
                    "a weight of geometric evidence",
                    "between -1000 and 1000",
                    weight,
                ));
            }
        }
        Ok(())
    }
}

/// Nats that one of each of the [`Features`](crate::geometry::Features) adds to a score; below 0 for what speaks against a
/// word. Default 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct GeometryWeights {
    /// Of [`Features::location`](crate::geometry::Features::location).
    pub location: f32,
    /// Of [`Features::shape`](crate::geometry::Features::shape).
    pub shape: f32,
    /// Of [`Features::start`](crate::geometry::Features::start).
    pub start: f32,
    /// Of [`Features::end`](crate::geometry::Features::end).
    pub end: f32,
    /// Of [`Features::approach`](crate::geometry::Features::approach).
    pub approach: f32,
    /// Of [`Features::excursion`](crate::geometry::Features::excursion).
    pub excursion: f32,
    /// Of [`Features::corners`](crate::geometry::Features::corners).
    pub corners: f32,
    /// Of [`Features::letters`](crate::geometry::Features::letters).
    pub letters: f32,
    /// Of [`Features::loops`](crate::geometry::Features::loops).
    pub loops: f32,
    /// Of [`Features::dwell`](crate::geometry::Features::dwell).
    pub dwell: f32,
}

macro_rules! implement_weights {
    ($($name:ident),+) => {
        impl GeometryWeights {
            /// Number of features.
            pub const COUNT: usize = [$(stringify!($name)),+].len();

            /// Names of the features, as `bundle.json` has them.
            pub const NAMES: [&'static str; Self::COUNT] = [$(stringify!($name)),+];

            /// The weights of features in the order of [`NAMES`](Self::NAMES).
            pub fn from_array(weights: [f32; Self::COUNT]) -> Self {
                let [$($name),+] = weights;
                Self { $($name),+ }
            }

            /// The weights in the order of [`NAMES`](Self::NAMES).
            pub fn to_array(&self) -> [f32; Self::COUNT] {
                [$(self.$name),+]
            }
        }
    };
}
with_geometric_features!(implement_weights);
