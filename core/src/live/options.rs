//! Options for live decoding.

use std::time::Duration;

use crate::decoder::DecoderOptions;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// The bundle's preset for partial results.
pub const PARTIAL_PRESET: &str = "partial";

/// Beam for partial results where the bundle has no preset for them.
const PARTIAL_BEAM: usize = 8;

/// Default nats per letter to come. Of 0 to 2, this value put the intended word among the first
/// three most often, on swipes of How We Swipe (train people) cut off at half, three quarters and
/// nine tenths.
const CONTINUATION: f32 = 0.5;

/// Greatest default weight of the prior. A preset with geometric evidence weights the prior more
/// than the network's evidence alone warrants, and continuations have no geometric evidence. Of 0.4
/// to 1.3, this value ranked the most words first on those swipes.
const PARTIAL_PRIOR: f32 = 0.6;

/// Options of [`Engine::live`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LiveOptions {
    /// Least time between the starts of two decodes. Default a thirtieth of a second; at most a
    /// day.
    pub interval: Duration,
    /// Greatest share of the time that decodes run, above 0 and up to 1: on a slow device partial
    /// results come less often instead of occupying a core. Default 0.3.
    pub share: f64,
    /// Points needed before the first decode. Default 8, about a tenth of a second: fewer reveal
    /// almost nothing of a word.
    pub min_points: usize,
    /// Options for final candidates; `None` (default) takes those of the engine's preset.
    pub decoder: Option<DecoderOptions>,
    /// Options for partial candidates: an unfinished path differs from the training data, and time
    /// is short. `None` (default) takes the bundle's preset [`PARTIAL_PRESET`]. Where it has none,
    /// `decoder` applies with a beam of 8, a prior weight of at most 0.6 and continuations
    /// ([`DecoderOptions::continuation`]) at half a nat per letter.
    pub partial: Option<DecoderOptions>,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            interval: Duration::from_nanos(1_000_000_000 / 30),
            share: 0.3,
            min_points: 8,
            decoder: None,
            partial: None,
        }
    }
}

/// Options with every default resolved.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) interval: Duration,
    pub(super) share: f64,
    pub(super) min_points: usize,
    pub(super) decoder: DecoderOptions,
    pub(super) partial: DecoderOptions,
}

impl Settings {
    /// Checks `options` and fills their gaps from `engine`.
    pub(super) fn new(engine: &Engine, options: &LiveOptions) -> Result<Self> {
        const LONGEST: Duration = Duration::from_secs(24 * 3600);
        if options.interval > LONGEST {
            return Err(Error::invalid(
                "the interval between partial results",
                "at most a day",
                format!("{:?}", options.interval),
            ));
        }
        if !(0.001..=1.0).contains(&options.share) {
            return Err(Error::invalid(
                "the share of the time for partial results",
                "between 0.001 and 1",
                options.share,
            ));
        }
        let decoder = options.decoder.as_ref().unwrap_or(engine.options()).clone();
        decoder.validate()?;
        let preset = || engine.preset(PARTIAL_PRESET);
        let partial = options
            .partial
            .clone()
            .or_else(preset)
            .unwrap_or_else(|| DecoderOptions {
                beam: match decoder.beam {
                    0 => PARTIAL_BEAM,
                    beam => beam.min(PARTIAL_BEAM),
                },
                prior_weight: decoder.prior_weight.min(PARTIAL_PRIOR),
                continuation: Some(CONTINUATION),
                ..decoder.clone()
            });
        partial.validate()?;
        Ok(Self {
            interval: options.interval,
            share: options.share,
            min_points: options.min_points,
            decoder,
            partial,
        })
    }
}
