//! Points become features.
//!
//! A bundle names its featurizer by id and version ([`FeaturizerSpec`]), with all parameters that
//! its output depends on. `kinematic37` is the only one so far.
//!
//! A path is first resampled in time to at most [`MAX_SAMPLES`] samples, so the encoder's work is
//! bounded whatever the touch screen delivers. All arithmetic is float64 with one rounding to
//! float32 at the end: accelerations divide twice by a few milliseconds, which float32 does not
//! survive. Transcendental functions come from one library on every platform, so the same trace
//! gives the same bits everywhere.

mod buffer;
mod featurizer;
mod kind;
mod kinematic37;
mod resample;
mod spec;
#[cfg(test)]
mod tests;

pub use buffer::Features;
pub use featurizer::Featurizer;
pub(crate) use kind::known;
pub use resample::MAX_SAMPLES;
pub use spec::FeaturizerSpec;

/// One resampled sample of a path: x and y in [-1, 1] over the letter area, t in milliseconds since
/// touch-down.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sample {
    x: f64,
    y: f64,
    t: f64,
}
