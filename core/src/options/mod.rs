//! What a bundle or a caller may set about the search.

mod geometry;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
pub(crate) use geometry::with_geometric_features;
pub use geometry::{GeometryOptions, GeometryWeights, MAX_WORDS};

/// Most candidates where words are looked for that a path may become.
const MAX_CONTINUATIONS: usize = 256;
/// Largest beam and largest number of candidates.
const MAX_BEAM: usize = 65_536;

/// The weight of the words before a swipe that was fitted on How We Swipe (docs/LANGUAGE.md).
pub const LANGUAGE_MODEL_WEIGHT: f32 = 0.4;

// Presets of bundles without a language model stay readable for versions that know nothing of one.
fn is_zero(weight: &f32) -> bool {
    *weight == 0.0
}

/// Options of the lexicon-constrained beam search. Part of `bundle.json` as presets, where fields
/// that this version does not know are ignored: docs/BUNDLE.md says what that asks of new ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DecoderOptions {
    /// Prefixes kept a frame. Default 16; 0 keeps all (exact, for tests).
    pub beam: usize,
    /// Prefixes further than this many nats below the frame's best are dropped. Default 12.
    pub window: f32,
    /// Nats that each label of a prefix is worth when prefixes compete for the beam, not in a
    /// word's score. Default 1: without it prefixes that put off their letters crowd out those that
    /// have paid for them.
    pub depth_bonus: f32,
    /// Candidates returned at most. Default 8.
    pub candidates: usize,
    /// Complete words that keep slots of their own beside the beam, as they only have blanks to
    /// pay; `candidates` at least. Default 8.
    pub word_slots: usize,
    /// Weight λ of the lexicon's log prior. Default 0.4.
    pub prior_weight: f32,
    /// Nats that each label of a word is worth in its score: a transducer's probabilities favour
    /// short words. Default 0.
    pub length_reward: f32,
    /// Weight of the network's internal language model, which is taken off: the network has learned
    /// how frequent words were in its training, and the lexicon's prior says it again. Default 0.
    pub internal_lm_weight: f32,
    /// Weight of what the words before the swipe say
    /// ([`Gesture::with_context`](crate::Gesture::with_context)): the nats by which a language model
    /// finds a word likelier behind them. Default 0: not at all.
    #[serde(skip_serializing_if = "is_zero")]
    pub language_model_weight: f32,
    /// Divides scores before they become confidences: above 1 for a model that is too sure of
    /// itself (Guo et al. 2017). Default 1. It changes neither words nor their order.
    pub temperature: f32,
    /// Score of "another word": the share of confidence that goes to words which the search did not
    /// complete. Default `None`: the completed words share all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_score: Option<f32>,
    /// For a path that goes on, nats that each letter costs which is still to come: words that the
    /// path may become are found beside those that it spells, and geometric evidence is left out.
    /// Default `None`: only the latter. See
    /// [`LiveOptions::partial`](crate::live::LiveOptions::partial).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuation: Option<f32>,
    /// Geometric evidence: whether the best words are measured against the path and the keyboard's
    /// keys, and how much that weighs. Default `None`: it is no part of a score.
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
    /// Complete words that keep slots of their own.
    pub(crate) fn slots(&self) -> usize {
        self.word_slots.max(self.candidates)
    }

    /// The score of a word of so many labels.
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

    /// Checks that every option can be used.
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
