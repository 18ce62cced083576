//! What a caller may set about live decoding.

use std::time::Duration;

use crate::decoder::DecoderOptions;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// The preset of a bundle that partial results are decoded with.
pub const PARTIAL_PRESET: &str = "partial";

/// Beam of partial results where the bundle has no preset for them.
const PARTIAL_BEAM: usize = 8;

/// Nats that a letter to come costs there: of 0 to 2 it put the word meant among the first three
/// most often, over swipes of How We Swipe (train people) cut off at half, three quarters and nine
/// tenths.
const CONTINUATION: f32 = 0.5;

/// Weight of the prior there at most. Beside geometric evidence, which words to come go without, a
/// preset gives the prior more than the network's own evidence warrants. Of 0.4 to 1.3 it gave the
/// most best words over those swipes.
const PARTIAL_PRIOR: f32 = 0.6;

/// Options of [`Engine::live`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LiveOptions {
    /// Time between the beginnings of two decodes at least. Default a thirtieth of a second; at
    /// most a day.
    pub interval: Duration,
    /// Share of the time that decodes run at most, above 0, up to 1: on a slow device partial
    /// results come less often instead of taking a core. Default 0.3.
    pub share: f64,
    /// Points that a gesture has before it is decoded for the first time. Default 8, about a tenth
    /// of a second: less says next to nothing of a word.
    pub min_points: usize,
    /// How the final candidates are found; as the engine's preset says where it is `None`
    /// (default).
    pub decoder: Option<DecoderOptions>,
    /// How partial candidates are found: a path that breaks off is not what the model was trained
    /// on, and time is short. Where it is `None` (default) the bundle's preset [`PARTIAL_PRESET`]
    /// says so or, where it has none, `decoder` with a beam of 8, a weight of the prior of at most
    /// 0.6 and words that the path may become ([`DecoderOptions::continuation`]) at half a nat a
    /// letter.
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

/// Options with nothing left open.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) interval: Duration,
    pub(super) share: f64,
    pub(super) min_points: usize,
    pub(super) decoder: DecoderOptions,
    pub(super) partial: DecoderOptions,
}

impl Settings {
    /// Checks `options` and takes from `engine` what they leave open.
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
