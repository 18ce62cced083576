//! What a bundle or a caller may set about geometric evidence.

use serde::{Deserialize, Serialize};

use super::features::Features;
use crate::error::{Error, Result};

/// Words that may be rescored at most.
pub const MAX_WORDS: usize = 64;

/// Geometric evidence of a search: how many words, and with what weights. A part of
/// [`DecoderOptions`](crate::decoder::DecoderOptions).
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

/// Nats that one of each of the [`Features`] adds to a score; below 0 for what speaks against a
/// word. Default 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct GeometryWeights {
    /// Of [`Features::location`].
    pub location: f32,
    /// Of [`Features::shape`].
    pub shape: f32,
    /// Of [`Features::start`].
    pub start: f32,
    /// Of [`Features::end`].
    pub end: f32,
    /// Of [`Features::approach`].
    pub approach: f32,
    /// Of [`Features::excursion`].
    pub excursion: f32,
    /// Of [`Features::corners`].
    pub corners: f32,
    /// Of [`Features::letters`].
    pub letters: f32,
    /// Of [`Features::loops`].
    pub loops: f32,
    /// Of [`Features::dwell`].
    pub dwell: f32,
}

impl GeometryWeights {
    /// The weights of features in the order of [`Features::NAMES`].
    pub fn from_array(weights: [f32; Features::COUNT]) -> Self {
        let [
            location,
            shape,
            start,
            end,
            approach,
            excursion,
            corners,
            letters,
            loops,
            dwell,
        ] = weights;
        Self {
            location,
            shape,
            start,
            end,
            approach,
            excursion,
            corners,
            letters,
            loops,
            dwell,
        }
    }

    /// The weights in the order of [`Features::NAMES`].
    pub fn to_array(&self) -> [f32; Features::COUNT] {
        [
            self.location,
            self.shape,
            self.start,
            self.end,
            self.approach,
            self.excursion,
            self.corners,
            self.letters,
            self.loops,
            self.dwell,
        ]
    }

    /// What the features add to a word's score, in nats.
    pub fn term(&self, features: &Features) -> f64 {
        let products = self.to_array().into_iter().zip(features.to_array());
        products
            .map(|(weight, feature)| f64::from(weight) * feature)
            .sum()
    }
}
