//! The geometric features of a word.

use crate::options::{GeometryWeights, with_geometric_features};

/// Geometric features of a word against a path. Distances are in key widths
/// ([`Keys`](super::Keys)). Squared distances enter through logarithms, so that a path far from
/// every word separates words no more than a good path does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Features {
    /// SHARK2's location channel: ln(1 + d / 0.25), where d is the mean squared distance between
    /// path and word, both resampled to 64 points at equal steps of length.
    pub location: f64,
    /// SHARK2's shape channel: ln(1 + d / 0.1), where d is as for `location` after both are centred
    /// and scaled to the same size.
    pub shape: f64,
    /// Distance of the first point from the first letter's key, at most 4.
    pub start: f64,
    /// Distance of the last point (the lift) from the last letter's key, at most 4.
    pub end: f64,
    /// How far the path misses the letters, in its best alignment to them in order: the mean of
    /// ln(1 + d² / 0.1) over the letters, in the alignment with the least sum of d².
    pub approach: f64,
    /// The path's largest distance from the line between the two letters around it: ln(1 + d² /
    /// 0.3).
    pub excursion: f64,
    /// Turns of the path, in radians, that no letter explains. Each is weighted by its squared
    /// distance, at most 1, from the nearer of the two letters around it.
    pub corners: f64,
    /// Number of letters, doubled ones counted once. A word with fewer letters explains less of a
    /// path, yet transducers favour it.
    pub letters: f64,
    /// For each doubled letter, the length of path near it as a multiple of a straight pass, at
    /// most 3.
    pub loops: f64,
    /// For each doubled letter, the time that the finger stays near it: ln((ms + 20) / 150).
    pub dwell: f64,
}

macro_rules! implement_features {
    ($($name:ident),+) => {
        impl Features {
            /// Number of features.
            pub const COUNT: usize = GeometryWeights::COUNT;

            /// The features in the order of [`GeometryWeights::NAMES`].
            pub fn to_array(&self) -> [f64; Self::COUNT] {
                [$(self.$name),+]
            }
        }
    };
}
with_geometric_features!(implement_features);

impl GeometryWeights {
    /// The features' contribution to a word's score, in nats.
    pub fn term(&self, features: &Features) -> f64 {
        let products = self.to_array().into_iter().zip(features.to_array());
        products
            .map(|(weight, feature)| f64::from(weight) * feature)
            .sum()
    }
}
