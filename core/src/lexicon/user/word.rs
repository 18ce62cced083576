//! A user's entry for one word.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Most nats by which boosts and choices together raise or lower a word's log prior.
pub const MAX_BOOST: f32 = 6.0;

/// Number of choices after which an old choice counts half.
pub const HALF_LIFE: f64 = 500.0;

/// A user's entry for a word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct UserWord {
    /// The word as displayed.
    pub word: String,
    /// Log prior of a word that the user added; `None` for a word of a lexicon that has another
    /// entry.
    pub log_prior: Option<f32>,
    /// Boost in nats.
    pub boost: f32,
    /// Count of choices, with older ones faded.
    pub chosen: f64,
    /// Number of choices of all words when this one was last chosen.
    pub chosen_at: u64,
    /// Whether the word is blocked.
    pub blocked: bool,
}

impl UserWord {
    pub(super) fn new(word: &str) -> Self {
        Self {
            word: word.to_owned(),
            log_prior: None,
            boost: 0.0,
            chosen: 0.0,
            chosen_at: 0,
            blocked: false,
        }
    }

    /// Whether the entry is empty.
    pub(super) fn is_void(&self) -> bool {
        self.log_prior.is_none() && self.boost == 0.0 && self.chosen == 0.0 && !self.blocked
    }

    /// Nats that boosts and choices subtract from the cost.
    fn bonus(&self) -> f32 {
        (self.boost + libm::log1p(self.chosen) as f32).clamp(-MAX_BOOST, MAX_BOOST)
    }

    /// Whether every number is in range.
    pub(super) fn is_sound(&self) -> bool {
        self.log_prior
            .is_none_or(|prior| (-100.0..=0.0).contains(&prior))
            && (-MAX_BOOST..=MAX_BOOST).contains(&self.boost)
            && (0.0..=1e9).contains(&self.chosen)
    }

    /// Applies the entry to the forms of the word's key, given with their costs in nats.
    pub(in crate::lexicon) fn change(&self, forms: &mut Vec<(Cow<'_, str>, f32)>) {
        if self.blocked {
            let blocked = self.word.to_lowercase();
            forms.retain(|(word, _)| word.to_lowercase() != blocked);
            return;
        }
        let own = self.log_prior.map(|prior| -prior);
        match forms.iter_mut().find(|(word, _)| *word == self.word) {
            Some((_, cost)) => {
                *cost = (own.map_or(*cost, |own| own.min(*cost)) - self.bonus()).max(0.0);
            }
            None => {
                if let Some(own) = own {
                    let cost = (own - self.bonus()).max(0.0);
                    forms.push((Cow::Owned(self.word.clone()), cost));
                }
            }
        }
    }

    /// The faded count of earlier choices, after `choices` of all words.
    pub(super) fn decayed(&self, choices: u64) -> f64 {
        let since = choices.saturating_sub(self.chosen_at) as f64;
        self.chosen * libm::exp2(-since / HALF_LIFE)
    }
}
