//! Turns points into features.
//!
//! A bundle names its featurizer by id and version ([`FeaturizerSpec`]) and gives all parameters
//! that the output depends on. The only featurizer is `kinematic37`, version 1. It describes each
//! sample of a path by 37 numbers, with the letter area mapped to [-1, 1] and times in seconds:
//!
//! | features | what |
//! |---|---|
//! | 0-2 | x, y, time since touch-down |
//! | 3-5, 6-8 | velocity (x, y, magnitude), acceleration (x, y, magnitude) |
//! | 9-11, 12 | direction of motion (angle, sine, cosine), curvature: change of that angle |
//! | 13-17 | the five smallest distances to key centres, ascending |
//! | 18-20 | progress, whether first sample, whether last sample |
//! | 21-26 | mean x, std x, mean y, std y, range x, range y over five samples |
//! | 27-36 | zero |
//!
//! Paths with few or many points are first resampled in time, so that there are at most
//! [`MAX_SAMPLES`] samples, which bounds the encoder's work for any touch screen. All arithmetic is
//! float64, rounded once to float32 at the end: accelerations divide twice by a few milliseconds,
//! and float32 would lose them. Transcendental functions come from one library on every platform,
//! so a trace gives the same bits everywhere.

mod buffer;
mod featurizer;
mod kind;
mod kinematic37;
mod known;
mod resample;
mod spec;
#[cfg(test)]
mod tests;

pub use buffer::Features;
pub use featurizer::Featurizer;
pub(crate) use known::known;
pub use resample::MAX_SAMPLES;
pub use spec::FeaturizerSpec;

/// One sample of a path: x and y in [-1, 1] over the letter area, t in milliseconds since
/// touch-down.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sample {
    x: f64,
    y: f64,
    t: f64,
}
