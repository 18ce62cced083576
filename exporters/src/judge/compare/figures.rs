//! Result of a comparison.

use serde::{Deserialize, Serialize};

use super::{
    AccuracyDifference, Footprint, Latency, LatencyOptions, Machine, Sizes, Speed, WordSource,
};
use crate::judge::accuracy::Accuracy;
use crate::quantize::frames::EncoderError;

/// The swipes of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// Name of the swipe file, without its folder.
    pub swipe_file: String,
    /// SHA-256 of the swipe file.
    pub sha256: String,
    /// Swipes that all bundles decoded.
    pub swipes: usize,
    /// Number of swipes in the file, from which they were taken evenly.
    pub of: usize,
    /// Where the words come from.
    pub words: WordSource,
    /// How many words there are.
    pub word_count: usize,
    /// How targets are compared.
    pub folding: String,
}

/// Figures of one bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BundleFigures {
    /// What it was called for the comparison.
    pub label: String,
    /// Name in its manifest.
    pub name: String,
    /// What runs the encoder, with its version.
    pub runtime: String,
    /// Precision of the encoder.
    pub precision: String,
    /// Parameters of the network.
    pub parameters: u64,
    /// Bytes.
    pub sizes: Sizes,
    /// Memory and opening; `None` without a program to measure them.
    pub footprint: Option<Footprint>,
    /// Accuracy on all swipes.
    pub accuracy: Accuracy,
    /// Latency; `None` where it was left out.
    pub latency: Option<Latency>,
    /// Against the first bundle; `None` for that one.
    pub difference: Option<Difference>,
}

/// A bundle against the baseline, on the same swipes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Both were exported from the same checkpoint.
    pub same_checkpoint: bool,
    /// Size of the encoder relative to the baseline's.
    pub encoder_bytes: f64,
    /// Accuracy.
    pub accuracy: AccuracyDifference,
    /// Swipes with the same candidates in the same order, in percent.
    pub same_candidates: f64,
    /// Swipes with the same best candidate, in percent.
    pub same_best: f64,
    /// The encoder's error; `None` where the encoders are of different dimensions.
    pub encoder_error: Option<EncoderError>,
    /// How much faster it is; `None` where latency was left out.
    pub speed: Option<Speed>,
}

/// A comparison: what `swipekit compare` shows and what a report holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The swipes and the words.
    pub data: Data,
    /// What it was measured on.
    pub machine: Machine,
    /// How latency was measured, on one thread; `None` where it was left out.
    pub latency: Option<LatencyOptions>,
    /// The bundles, the baseline first.
    pub bundles: Vec<BundleFigures>,
}
