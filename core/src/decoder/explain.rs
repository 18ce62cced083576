//! Explains a search: what happened to certain words, on request.

use serde::Serialize;

use super::beam::Completed;
use super::watch::Watch;
use super::{
    Candidate, Decoder, DecoderOptions, Evidence, Scored, internal_log_probability, log,
    log_likelihood,
};
use crate::error::Result;
use crate::lexicon::{Alphabet, fold::display_form};

/// What happened to a word in a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fate {
    /// It is the candidate at this index, from 0.
    Candidate(usize),
    /// The search completed it, but this many words scored better: a longer list would show it.
    Outranked(usize),
    /// Its last prefix left the beam in this frame, from 0, when at most `labels` of its labels had
    /// been reached. A wider beam or window keeps it longer.
    Pruned {
        /// The frame.
        frame: usize,
        /// Labels of the longest of its prefixes that the beam held.
        labels: usize,
    },
    /// The beam held a prefix of it to the end, but not the whole word: the path is too short.
    Unfinished {
        /// Labels of the prefix.
        labels: usize,
    },
    /// Neither a lexicon nor the user's words contain it.
    Unknown,
    /// The user blocked it.
    Blocked,
    /// The model lacks labels to spell it.
    Untypeable,
}

/// The result of a gesture, with explanations. Made by
/// [`Gesture::explain`](crate::Gesture::explain). It holds words, so it must not be logged.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The candidates, with the terms of their scores.
    pub candidates: Vec<Candidate>,
    /// What happened to the requested words, in their order.
    pub words: Vec<Explanation>,
    /// Number of prefixes in the beam after each frame.
    pub beam: Vec<usize>,
    /// Number of words that the search completed.
    pub completed: usize,
}

/// What happened to one word, and the score that it would have had.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// What happened to it.
    pub fate: Fate,
    /// Labels of its longest prefix in the beam after each frame; `None` where the beam held none.
    /// Empty for a word that was not searched for.
    pub trail: Vec<Option<u16>>,
    /// Exact log P(word's labels | swipe), natural logarithm; the search may have lost part of it.
    /// Minus infinity for a word that cannot be spelled.
    pub log_probability: f64,
    /// The log-probability that the search found; `None` where it did not complete the word.
    pub found: Option<f64>,
    /// The word's log prior, natural logarithm; `None` for an unknown or blocked word.
    pub log_prior: Option<f64>,
    /// log P(word's labels) of the internal language model.
    pub internal_lm: f64,
    /// How much likelier the words before make it; see [`Candidate::language_model`].
    pub language_model: f64,
    /// The geometric term of its keys, see [`Candidate::geometry`]; 0 for a word without keys.
    pub geometry: f64,
    /// The score from these terms, with the exact log-probability; see [`Candidate::score`]. `None`
    /// for an unknown or blocked word.
    pub score: Option<f64>,
    /// The score of the last candidate, which the word had to reach; `None` where there is no
    /// candidate.
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

/// The input and the result of a decode.
#[derive(Clone, Copy)]
struct Given<'a> {
    frames: &'a [f32],
    options: &'a DecoderOptions,
    evidence: &'a Evidence<'a>,
    candidates: &'a [Candidate],
}

impl Decoder {
    /// Decodes and reports what happened to `words`, which are spelled with `alphabet`.
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
        // The word as written, or the likeliest word with the same spelling.
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

/// What happened to a key that the search did not complete.
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
