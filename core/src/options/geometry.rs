//! Options for geometric evidence.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Calls the macro `$call` with the names of the geometric features, in the order of all arrays of
/// features and weights.
macro_rules! with_geometric_features {
    ($call:ident) => {
        $call! {
            location, shape, start, end, approach, excursion, corners, letters, loops, dwell
        }
    };
}
pub(crate) use with_geometric_features;

/// Most words that may be rescored.
pub const MAX_WORDS: usize = 64;

/// Options for geometric evidence in a search: the number of words and the weights. Part of
/// [`DecoderOptions`](super::DecoderOptions).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct GeometryOptions {
    /// Most words to rescore, the best by all other terms: 0 to 64. Default 32; 0 changes no score.
    pub words: usize,
    /// Weights of the features.
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
    /// Checks that every option is in range.
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
            // Features are at most some tens. A larger weight is a mistake and could give infinite
            // scores.
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

/// Nats per unit of each of the [`Features`](crate::geometry::Features), added to a score; negative
/// for features that count against a word. Default 0.
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

            /// Names of the features, as in `bundle.json`.
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
