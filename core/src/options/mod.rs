//! Options of the search.

mod geometry;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
pub(crate) use geometry::with_geometric_features;
pub use geometry::{GeometryOptions, GeometryWeights, MAX_WORDS};

/// Most candidates of a search for continuations.
const MAX_CONTINUATIONS: usize = 256;
/// Largest beam and largest number of candidates.
const MAX_BEAM: usize = 65_536;

/// Weight of the language model, fitted on How We Swipe (docs/LANGUAGE.md).
pub const LANGUAGE_MODEL_WEIGHT: f32 = 0.4;

// Omitting a weight of zero keeps presets readable for versions without language models.
fn is_zero(weight: &f32) -> bool {
    *weight == 0.0
}

/// Options of the lexicon-constrained beam search. Part of `bundle.json` as presets, where fields
/// that this version does not know are ignored: docs/BUNDLE.md says what that asks of new ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DecoderOptions {
    /// Prefixes kept per frame. Default 16; 0 keeps all (exact, for tests).
    pub beam: usize,
    /// Prefixes further than this many nats below the frame's best are dropped. Default 12.
    pub window: f32,
    /// Nats per label of a prefix when prefixes compete for the beam; no part of a word's score.
    /// Default 1: without it, prefixes that delay their letters crowd out those that have paid for
    /// them.
    pub depth_bonus: f32,
    /// Most candidates returned. Default 8.
    pub candidates: usize,
    /// Complete words kept in slots of their own beside the beam, because they only have blanks to
    /// pay; at least `candidates`. Default 8.
    pub word_slots: usize,
    /// Weight λ of the lexicon's log prior. Default 0.4.
    pub prior_weight: f32,
    /// Nats per label in a word's score, because a transducer's probabilities favour short words.
    /// Default 0.
    pub length_reward: f32,
    /// Weight of the network's internal language model, which is subtracted: the network learned
    /// word frequencies in training, and the lexicon's prior repeats them. Default 0.
    pub internal_lm_weight: f32,
    /// Weight of the words before the swipe
    /// ([`Gesture::with_context`](crate::Gesture::with_context)), applied to the nats by which a
    /// language model finds a word likelier after them. Default 0: no effect.
    #[serde(skip_serializing_if = "is_zero")]
    pub language_model_weight: f32,
    /// Divides scores before they become confidences: above 1 for an overconfident model (Guo et
    /// al. 2017). Default 1. It changes neither words nor their order.
    pub temperature: f32,
    /// Score of "another word", which sets the share of confidence for words that the search did
    /// not complete. Default `None`: the completed words share all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_score: Option<f32>,
    /// Nats per letter still to come, for an unfinished path. The search then also finds the words
    /// that the path may become, and skips geometric evidence. Default `None`: only the words that
    /// the path spells. See [`LiveOptions::partial`](crate::live::LiveOptions::partial).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuation: Option<f32>,
    /// Geometric evidence: how many of the best words to measure against the path and the
    /// keyboard's keys, and with what weights. Default `None`: no geometric evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geometry: Option<GeometryOptions>,
}

impl Default for DecoderOptions {
    fn default() -> Self {
        Self {
            beam: 16,
            window: 12.0,
            depth_bonus: 1.0,
            candidates: 8,
            word_slots: 8,
            prior_weight: 0.4,
            length_reward: 0.0,
            internal_lm_weight: 0.0,
            language_model_weight: 0.0,
            temperature: 1.0,
            other_score: None,
            continuation: None,
            geometry: None,
        }
    }
}

impl DecoderOptions {
    /// Number of slots for complete words.
    pub(crate) fn slots(&self) -> usize {
        self.word_slots.max(self.candidates)
    }

    /// The score of a word with this many labels.
    pub(crate) fn score(
        &self,
        log_probability: f64,
        log_prior: f64,
        internal_lm: f64,
        labels: usize,
    ) -> f64 {
        log_probability
            + f64::from(self.prior_weight) * log_prior
            + f64::from(self.length_reward) * labels as f64
            - f64::from(self.internal_lm_weight) * internal_lm
    }

    /// Checks that every option is in range.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the option.
    pub fn validate(&self) -> Result<()> {
        let least = |value: f32| value.is_finite() && value >= 0.0;
        if self.beam > MAX_BEAM {
            return Err(Error::invalid(
                "the beam",
                format!("at most {MAX_BEAM}"),
                self.beam,
            ));
        }
        if self.candidates == 0 || self.candidates > MAX_BEAM {
            return Err(Error::invalid(
                "the number of candidates",
                format!("1 to {MAX_BEAM}"),
                self.candidates,
            ));
        }
        if self.word_slots > MAX_BEAM {
            return Err(Error::invalid(
                "the slots for complete words",
                format!("at most {MAX_BEAM}"),
                self.word_slots,
            ));
        }
        for (what, value) in [
            ("the window", self.window),
            ("the depth bonus", self.depth_bonus),
            ("the prior weight", self.prior_weight),
            ("the language weight", self.language_model_weight),
        ] {
            if !least(value) {
                return Err(Error::invalid(what, "a number not below 0", value));
            }
        }
        for (what, value) in [
            ("the length reward", self.length_reward),
            (
                "the weight of the internal language model",
                self.internal_lm_weight,
            ),
        ] {
            if !(-100.0..=100.0).contains(&value) {
                return Err(Error::invalid(what, "between -100 and 100", value));
            }
        }
        if !(0.01..=100.0).contains(&self.temperature) {
            return Err(Error::invalid(
                "the temperature",
                "between 0.01 and 100",
                self.temperature,
            ));
        }
        if let Some(score) = self.other_score
            && !score.is_finite()
        {
            return Err(Error::invalid(
                "the score of another word",
                "a finite number",
                score,
            ));
        }
        if self.continuation.is_some() && self.candidates > MAX_CONTINUATIONS {
            return Err(Error::invalid(
                "the number of candidates with words that a path may become",
                format!("at most {MAX_CONTINUATIONS}"),
                self.candidates,
            ));
        }
        if let Some(cost) = self.continuation
            && !least(cost)
        {
            return Err(Error::invalid(
                "the cost of a letter to come",
                "a number not below 0",
                cost,
            ));
        }
        if let Some(geometry) = &self.geometry {
            geometry.validate()?;
        }
        Ok(())
    }
}
