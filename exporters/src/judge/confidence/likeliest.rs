//! The options that make confidences likeliest.

use serde::Serialize;
use swipekit::DecoderOptions;

use super::Scored;
use crate::statistics::{Reliability, log_likelihood};

/// The options that confidences follow from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ConfidenceOptions {
    /// Temperature.
    pub temperature: f32,
    /// Score of another word.
    pub other_score: Option<f32>,
}

impl ConfidenceOptions {
    /// Those of a preset.
    pub fn of(options: &DecoderOptions) -> Self {
        Self {
            temperature: options.temperature,
            other_score: options.other_score,
        }
    }

    /// `options` with these.
    pub fn set(self, options: DecoderOptions) -> DecoderOptions {
        {
            let mut changed = options;
            changed.temperature = self.temperature;
            changed.other_score = self.other_score;
            changed
        }
    }

    /// The confidences that they give, next to what was the case.
    pub fn reliability(&self, scored: &[Scored]) -> Reliability {
        Reliability::of(
            scored
                .iter()
                .map(|swipe| (self.confidence(&swipe.scores), swipe.hit)),
        )
    }

    /// Confidence of the first of `scores`; 0 where there is none.
    pub fn confidence(&self, scores: &[f64]) -> f64 {
        let temperature = f64::from(self.temperature);
        let Some(best) = scores.first() else {
            return 0.0;
        };
        // Relative to the best, so that nothing over- or underflows.
        let share = |score: f64| ((score - best) / temperature).exp();
        let known: f64 = scores.iter().map(|score| share(*score)).sum();
        let other = self
            .other_score
            .map_or(0.0, |score| share(f64::from(score)));
        1.0 / (known + other)
    }

    fn loss(&self, scored: &[Scored]) -> f64 {
        let losses = scored.iter();
        let losses = losses.map(|swipe| -log_likelihood(self.confidence(&swipe.scores), swipe.hit));
        losses.sum()
    }
}

/// First step of the search, in the logarithm of the temperature and in nats of the score.
const FIRST_STEPS: [f64; 2] = [0.4, 4.0];
/// The search ends when its steps are this part of the first.
const LAST_STEP: f64 = 1e-3;

/// The temperature and the score of another word that make what was the case likeliest; `before`
/// where no swipe has a word.
///
/// A compass search: the loss is smooth in two variables and cheap, and the way does not depend on
/// the machine.
pub fn likeliest(scored: &[Scored], before: ConfidenceOptions) -> ConfidenceOptions {
    if scored.iter().all(|swipe| swipe.scores.is_empty()) {
        return before;
    }
    let options = |[temperature, other]: [f64; 2]| ConfidenceOptions {
        temperature: (temperature.exp() as f32).clamp(0.05, 20.0),
        other_score: Some(other as f32),
    };
    let worst = scored
        .iter()
        .filter_map(|swipe| swipe.scores.first().copied());
    let mut at = [0.0, worst.fold(0.0, f64::min).max(-30.0)];
    let mut least = options(at).loss(scored);
    let mut scale = 1.0;
    while scale > LAST_STEP {
        let mut moved = false;
        for axis in 0..2 {
            for direction in [-1.0, 1.0] {
                let mut next = at;
                next[axis] += direction * scale * FIRST_STEPS[axis];
                let loss = options(next).loss(scored);
                if loss < least {
                    (at, least, moved) = (next, loss, true);
                }
            }
        }
        if !moved {
            scale /= 2.0;
        }
    }
    options(at)
}
