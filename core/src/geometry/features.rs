//! What is measured of a word against a path.

use crate::options::{GeometryWeights, with_geometric_features};

/// Geometric features of a word against a path. Distances are in key widths
/// ([`Keys`](super::Keys)); those that are squared are taken to logarithms, so that a path which is
/// far from every word does not tell them apart more than a good one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Features {
    /// SHARK2's location channel: ln(1 + d / 0.25), d the mean squared distance of the path from
    /// the word's lines, both taken at 64 points evenly along their length.
    pub location: f64,
    /// SHARK2's shape channel: ln(1 + d / 0.1), d as for `location` after both have been moved to
    /// their middle and scaled to the same size.
    pub shape: f64,
    /// Distance of the first point from the first letter's key, at most 4.
    pub start: f64,
    /// Distance of the last point, the lift, from the last letter's key, at most 4.
    pub end: f64,
    /// How far the path misses the letters when it passes them in order as near as it can: the mean
    /// of ln(1 + d² / 0.1) over the letters, with the order that makes the sum of d² least.
    pub approach: f64,
    /// The path's largest departure from the line between the letters that it is between: ln(1 + d²
    /// / 0.3).
    pub excursion: f64,
    /// Turns of the path, in radians, that no letter explains: each counts by its squared distance,
    /// at most 1, from the nearer of the two letters that it is between.
    pub corners: f64,
    /// Letters, doubled ones once. A word that needs fewer explains less of a path, and transducers
    /// favour it.
    pub letters: f64,
    /// For each doubled letter the length of the path that stays near it, as a share of a straight
    /// pass, at most 3.
    pub loops: f64,
    /// For each doubled letter how long the finger stays near it: ln((ms + 20) / 150).
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
    /// What the features add to a word's score, in nats.
    pub fn term(&self, features: &Features) -> f64 {
        let products = self.to_array().into_iter().zip(features.to_array());
        products
            .map(|(weight, feature)| f64::from(weight) * feature)
            .sum()
    }
}
