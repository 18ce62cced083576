//! Why a swipe gave the words that it gave: what became of certain words in the search, on request.

use serde::Serialize;

use super::beam::Completed;
use super::watch::Watch;
use super::{
    Candidate, Decoder, DecoderOptions, Evidence, Scored, internal_log_probability, log,
    log_likelihood,
};
use crate::error::Result;
use crate::lexicon::{Alphabet, fold::display_form};

/// What became of a word in a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fate {
    /// It is a candidate, at this index from 0.
    Candidate(usize),
    /// The search completed it, but this many words scored better: more candidates would show it.
    Outranked(usize),
    /// Its last prefix left the beam in this frame, from 0; `labels` of it had been reached at
    /// most. A wider beam or window keeps it longer.
    Pruned {
        /// The frame.
        frame: usize,
        /// Labels of its longest prefix that the beam held before.
        labels: usize,
    },
    /// The beam held a prefix of it to the end, of so many labels, but not the word: the path is
    /// too short for it.
    Unfinished {
        /// Labels of the prefix.
        labels: usize,
    },
    /// Neither a lexicon nor the user's words have it.
    Unknown,
    /// The user blocked it.
    Blocked,
    /// The model has no labels to spell it with.
    Untypeable,
}

/// What a gesture gave, and why. Made by [`Gesture::explain`](crate::Gesture::explain); it holds
/// words, so it belongs into no log.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The candidates, with the terms of their scores.
    pub candidates: Vec<Candidate>,
    /// What became of the words asked for, in their order.
    pub words: Vec<Explanation>,
    /// Prefixes in the beam after each of the encoder's frames.
    pub beam: Vec<usize>,
    /// Words that the search completed.
    pub completed: usize,
}

/// What became of one word, and what it would have scored.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// What became of it.
    pub fate: Fate,
    /// Labels of its longest prefix in the beam after each frame; `None` where the beam held none.
    /// Empty for a word that was not searched for.
    pub trail: Vec<Option<u16>>,
    /// log P(word's labels | swipe), natural logarithm, exact: the search may have lost some of it.
    /// Minus infinity for a word that cannot be spelled.
    pub log_probability: f64,
    /// What the search found of it; `None` where it did not complete the word.
    pub found: Option<f64>,
    /// The word's log prior, natural logarithm; `None` for an unknown or blocked word.
    pub log_prior: Option<f64>,
    /// log P(word's labels) of the internal language model.
    pub internal_lm: f64,
    /// How much likelier the words before make it, see [`Candidate::language_model`].
    pub language_model: f64,
    /// What the path says of its keys, see [`Candidate::geometry`]; 0 for a word without keys.
    pub geometry: f64,
    /// The score of these terms, see [`Candidate::score`], with the exact log-probability; `None`
    /// for an unknown or blocked word.
    pub score: Option<f64>,
    /// The score of the last candidate, which it would have had to reach; `None` where there is
    /// none.
    pub least: Option<f64>,
}

impl Explanation {
    fn untypeable() -> Self {
        Self {
            fate: Fate::Untypeable,
            trail: Vec::new(),
            log_probability: log::ZERO,
            found: None,
            log_prior: None,
            internal_lm: log::ZERO,
            language_model: 0.0,
            geometry: 0.0,
            score: None,
            least: None,
        }
    }
}

/// What a decode was given and gave.
#[derive(Clone, Copy)]
struct Given<'a> {
    frames: &'a [f32],
    options: &'a DecoderOptions,
    evidence: &'a Evidence<'a>,
    candidates: &'a [Candidate],
}

impl Decoder {
    /// Decodes, and tells what became of `words`, which are spelled with `alphabet`.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub(crate) fn explain(
        &mut self,
        frames: &[f32],
        options: &DecoderOptions,
        evidence: &Evidence<'_>,
        alphabet: &Alphabet,
        words: &[&str],
    ) -> Result<Report> {
        let keys = words.iter().map(|word| alphabet.fold(word).ok());
        let keys: Vec<Option<Vec<u8>>> = keys.collect();
        let watched = keys.iter().flatten().cloned().collect();
        self.search.watch = Some(Watch::new(watched));
        let decoded = self.decode_until(frames, options, evidence, &mut || Ok(false));
        let watch = self.search.watch.take().unwrap_or_default();
        let (candidates, _) = decoded?;
        let (trails, beam) = watch.taken();
        let mut trails = trails.into_iter();
        let mut explanations = Vec::with_capacity(words.len());
        for (word, key) in words.iter().zip(keys) {
            let Some(key) = key else {
                explanations.push(Explanation::untypeable());
                continue;
            };
            let trail = trails.next().unwrap_or_default();
            let word = display_form(word);
            let given = Given {
                frames,
                options,
                evidence,
                candidates: &candidates,
            };
            explanations.push(self.explain_word(given, &word, &key, trail)?);
        }
        Ok(Report {
            candidates,
            words: explanations,
            beam,
            completed: self.completed.len(),
        })
    }

    fn explain_word(
        &mut self,
        given: Given<'_>,
        word: &str,
        key: &[u8],
        trail: Vec<Option<u16>>,
    ) -> Result<Explanation> {
        let Given {
            frames,
            options,
            evidence,
            candidates,
        } = given;
        let log_probability = log_likelihood(&self.transducer, frames, key)?;
        let internal_lm = internal_log_probability(&self.transducer, key)?;
        let user = key.iter().try_fold(self.layers.user(), |user, label| {
            user.map(|user| user.child(*label))
        });
        let user = user.flatten().map(|user| &**user);
        let forms = self.layers.forms(key, user);
        let entries = user.map_or(&[][..], |user| user.entries());
        let is_blocked = entries
            .iter()
            .any(|entry| entry.blocked && entry.word.to_lowercase() == word.to_lowercase());
        // The word as it is written, or the likeliest that is spelled like it.
        let form = forms.iter().position(|(form, _)| form == word).unwrap_or(0);
        let log_prior = match is_blocked {
            true => None,
            false => forms.get(form).map(|(_, cost)| -f64::from(*cost)),
        };
        let mut found = None;
        for completed in &self.completed {
            self.tree.labels(completed.node, &mut self.key);
            if self.key == key {
                found = Some(*completed);
            }
        }
        let index = |completed: Completed| {
            let is_it = |scored: &Scored| {
                scored.completed.node == completed.node && scored.form as usize == form
            };
            self.scored.iter().position(is_it)
        };
        let shown = forms.get(form).and_then(|(form, _)| {
            candidates
                .iter()
                .position(|candidate| candidate.word == *form)
        });
        let fate = match (log_prior, shown) {
            (None, _) if is_blocked => Fate::Blocked,
            (None, _) => Fate::Unknown,
            (Some(_), Some(index)) => Fate::Candidate(index),
            (Some(_), None) => match found.and_then(index) {
                Some(index) => Fate::Outranked(index),
                None => lost(&trail),
            },
        };
        let language_model = match forms.get(form) {
            Some((word, _)) => evidence.language_model(word, options),
            None => 0.0,
        };
        let geometry = match (&options.geometry, evidence.geometry, options.continuation) {
            (Some(geometry), Some(path), None) if geometry.words > 0 => {
                let features = self.matcher.features(path, key);
                features.map_or(0.0, |features| geometry.weights.term(&features))
            }
            _ => 0.0,
        };
        let own = |log_prior| options.score(log_probability, log_prior, internal_lm, key.len());
        let more = f64::from(options.language_model_weight) * language_model + geometry;
        Ok(Explanation {
            fate,
            trail,
            log_probability,
            found: found.map(|completed| completed.log_probability),
            log_prior,
            internal_lm,
            language_model,
            geometry,
            score: log_prior.map(|log_prior| own(log_prior) + more),
            least: candidates.last().map(|candidate| candidate.score),
        })
    }
}

/// What became of a key that the search did not complete.
fn lost(trail: &[Option<u16>]) -> Fate {
    match trail.last() {
        Some(Some(labels)) => Fate::Unfinished {
            labels: usize::from(*labels),
        },
        _ => {
            let held = trail.iter().rposition(Option::is_some);
            let labels = trail.iter().flatten().max().copied().unwrap_or(0);
            Fate::Pruned {
                frame: held.map_or(0, |frame| frame + 1),
                labels: labels.into(),
            }
        }
    }
}
