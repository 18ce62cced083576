//! The terms of a word's score, and their weights as decoder options.

use std::collections::BTreeSet;

use serde::Serialize;
use swipekit::DecoderOptions;
use swipekit::internals::geometry::{
    Features, GeometryOptions, GeometryWeights, GesturePath, Keys, Matcher,
};
use swipekit::lexicon::Alphabet;
use swipekit::{Engine, Limits};

use super::blend::{ScoredList, fit};
use crate::judge::error::Result;
use crate::swipes::Swipe;
use crate::words::language_model::Cursor;

/// Terms of a word before its geometric features: log-probability, log prior, labels, internal
/// language model, words before.
const FIRST: usize = 5;
/// Terms of a word.
pub const TERMS: usize = FIRST + Features::COUNT;
/// SHARK2's shape channel says much the same as the location channel (docs/EVIDENCE.md).
const UNUSED: &str = "shape";

/// Terms that are fitted together or left out together. The log prior's weight is always fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// The reward for each label.
    Length,
    /// The network's internal language model, taken off.
    Internal,
    /// The words before the swipe.
    Language,
    /// Geometric evidence.
    Geometry,
}

impl Group {
    /// All groups.
    pub const ALL: [Self; 4] = [Self::Length, Self::Internal, Self::Language, Self::Geometry];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Internal => "internal",
            Self::Language => "language",
            Self::Geometry => "geometry",
        }
    }
}

/// The words of each swipe with their [`TERMS`] that a search with `options` completes, `words` at
/// most. Words of one spelling are one word, that of the best score. With `context` the words of a
/// swipe's prompt before its own are known. `progress` is told the number of swipes done.
///
/// # Errors
/// What decoding gives.
pub fn collect(
    engine: &Engine,
    swipes: &[Swipe],
    options: &DecoderOptions,
    words: usize,
    context: bool,
    mut progress: impl FnMut(usize),
) -> Result<Vec<ScoredList>> {
    let labels = &engine.manifest().vocabulary.labels;
    let keys = Keys::new(engine.layout(), labels)?;
    let alphabet = Alphabet::new(labels);
    let mut options = options.clone();
    options.candidates = words.max(1);
    // The terms are wanted, whatever they weigh.
    options.language_model_weight = if context {
        options.language_model_weight.max(1e-6)
    } else {
        0.0
    };
    options.geometry = None;
    let mut session = engine.session();
    let (mut path, mut matcher) = (GesturePath::new(), Matcher::new());
    let mut cursor = context.then(Cursor::default);
    let mut lists = Vec::with_capacity(swipes.len());
    for swipe in swipes {
        let mut gesture = session.encode(&swipe.trace, &Limits::default())?;
        if let Some(cursor) = &mut cursor {
            gesture = cursor.follow(gesture, swipe);
        }
        let target = alphabet.fold(&swipe.word).ok();
        let mut list = ScoredList::new(TERMS);
        path.set(&keys, &swipe.trace);
        let mut known = BTreeSet::new();
        for candidate in gesture.words(&options)? {
            let Ok(key) = alphabet.fold(&candidate.word) else {
                continue;
            };
            let Some(features) = matcher.features(&path, &key) else {
                continue;
            };
            let first = [
                candidate.log_probability,
                candidate.log_prior,
                key.len() as f64,
                candidate.internal_lm,
                candidate.language_model,
            ];
            let terms = [&first[..], &features.to_array()].concat();
            let is_target = target.as_ref() == Some(&key);
            if known.insert(key) {
                list.push(&terms, is_target);
            }
        }
        lists.push(list);
        progress(lists.len());
    }
    Ok(lists)
}

/// `options` with the weights that make the meant words of `lists` likeliest, of the terms of
/// `groups`; those of other groups get no weight, but for the words before a swipe, whose weight
/// stays. `words` words are measured for geometric evidence. `None` where the lists say nothing, or
/// speak against the log-probability, since scores are measured by it.
pub fn fit_weights(
    lists: &[ScoredList],
    groups: &[Group],
    options: &DecoderOptions,
    words: usize,
    penalty: f64,
) -> Option<DecoderOptions> {
    let has = |group| groups.contains(&group);
    if has(Group::Length) && has(Group::Geometry) {
        // Both count letters, so lists leave open how much is whose. The search knows no geometric
        // evidence: the reward is the one that is right without any.
        let but = |left_out| {
            groups
                .iter()
                .copied()
                .filter(move |group| *group != left_out)
        };
        let without: Vec<Group> = but(Group::Geometry).collect();
        let length_reward = fit_weights(lists, &without, options, words, penalty)?.length_reward;
        let rewarded: Vec<ScoredList> = lists
            .iter()
            .map(|list| rewarded(list, length_reward.into()))
            .collect();
        let rest: Vec<Group> = but(Group::Length).collect();
        let mut fitted = fit_weights(&rewarded, &rest, options, words, penalty)?;
        fitted.length_reward = length_reward;
        return Some(fitted);
    }
    let mut free = vec![
        true,
        true,
        has(Group::Length),
        has(Group::Internal),
        has(Group::Language),
    ];
    let names = GeometryWeights::NAMES.iter();
    free.extend(names.map(|name| has(Group::Geometry) && *name != UNUSED));
    let blend = fit(lists, &free, penalty);
    let scale = *blend.weights.first()?;
    if scale <= 0.0 {
        return None;
    }
    let weight = |term: usize| (blend.weights[term] / scale) as f32;
    let mut features = [0.0; Features::COUNT];
    for (at, feature) in features.iter_mut().enumerate() {
        *feature = weight(FIRST + at);
    }
    let mut fitted = options.clone();
    fitted.prior_weight = weight(1).max(0.0);
    fitted.length_reward = weight(2);
    fitted.internal_lm_weight = -weight(3);
    fitted.language_model_weight = match has(Group::Language) {
        true => weight(4).max(0.0),
        false => options.language_model_weight,
    };
    fitted.temperature = (1.0 / scale) as f32;
    fitted.geometry = has(Group::Geometry).then(|| {
        let mut geometry = GeometryOptions::default();
        geometry.words = words;
        geometry.weights = GeometryWeights::from_array(features);
        geometry
    });
    Some(fitted)
}

/// The list with the reward for each label as a part of the log-probability.
fn rewarded(list: &ScoredList, length_reward: f64) -> ScoredList {
    let mut rewarded = ScoredList::new(TERMS);
    for (at, terms) in list.words().enumerate() {
        let mut terms = terms.to_vec();
        terms[0] += length_reward * terms[2];
        rewarded.push(&terms, list.target() == Some(at));
    }
    rewarded
}
