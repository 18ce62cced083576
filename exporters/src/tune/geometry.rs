//! Weights of geometric evidence.

use std::collections::BTreeSet;

use serde::Serialize;
use swipekit::Engine;
use swipekit::decoder::DecoderOptions;
use swipekit::geometry::{Features, GeometryOptions, GeometryWeights, GesturePath, Keys, Matcher};
use swipekit::lexicon::Alphabet;

use super::blend::{ScoredList, fit};
use crate::error::Result;
use crate::swipes::Swipe;

/// Terms of a word: its log-probability, its log prior, its features.
pub const TERMS: usize = 2 + Features::COUNT;

/// The best `words` words of each swipe with their [`TERMS`], as a search with `options` finds them without geometric evidence.
/// Words of one spelling are one word, that of the best prior. `progress` is told the number of swipes done.
///
/// # Errors
/// What decoding gives, and [`swipekit::Error::Invalid`] for a layout without letters.
pub fn collect(
    engine: &Engine,
    swipes: &[Swipe],
    options: &DecoderOptions,
    words: usize,
    mut progress: impl FnMut(usize),
) -> Result<Vec<ScoredList>> {
    let manifest = engine.manifest();
    let labels = &manifest.vocabulary.labels;
    let keyboard = Keys::new(&manifest.layout, labels)?;
    let alphabet = Alphabet::new(labels);
    let options = DecoderOptions {
        candidates: words.max(1),
        geometry: None,
        ..options.clone()
    };
    let mut session = engine.session();
    let (mut path, mut matcher) = (GesturePath::new(), Matcher::new());
    let mut lists = Vec::with_capacity(swipes.len());
    for swipe in swipes {
        let target = alphabet.fold(&swipe.word).ok();
        let mut list = ScoredList::new(TERMS);
        path.set(&keyboard, &swipe.trace);
        let mut keys = BTreeSet::new();
        for candidate in session.decode_with(&swipe.trace, &options)? {
            let Ok(key) = alphabet.fold(&candidate.word) else {
                continue;
            };
            let Some(features) = matcher.features(&path, &key) else {
                continue;
            };
            let mut terms = [0.0; TERMS];
            [terms[0], terms[1]] = [candidate.log_probability, candidate.log_prior];
            terms[2..].copy_from_slice(&features.to_array());
            let is_target = target.as_ref() == Some(&key);
            if keys.insert(key) {
                list.push(&terms, is_target);
            }
        }
        lists.push(list);
        progress(lists.len());
    }
    Ok(lists)
}

/// Fitted options of a preset: what [`DecoderOptions`] has under the same names.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GeometryFit {
    /// Weight of the log prior beside these weights.
    pub prior_weight: f32,
    /// The temperature at which shares of the listed words alone are likeliest. `swipekit calibrate` fits it together with the
    /// score of another word.
    pub temperature: f32,
    /// Geometric evidence.
    pub geometry: GeometryOptions,
    /// Swipes whose word was in its list: those that count.
    pub swipes: usize,
    /// Mean log P of their words with these weights, in nats.
    pub log_likelihood: f64,
}

/// Fits weights and prior weight on the lists that [`collect`] gave for `words` words; features whose place in `used` is not
/// `true`, in the order of [`Features::NAMES`], are left at 0. `None` where the lists say nothing, or speak against the
/// log-probability, since scores are measured by it.
pub fn fit_weights(
    lists: &[ScoredList],
    words: usize,
    used: &[bool; Features::COUNT],
    penalty: f64,
) -> Option<GeometryFit> {
    let free: Vec<bool> = [true, true].into_iter().chain(*used).collect();
    let blend = fit(lists, &free, penalty);
    let scale = *blend.weights.first()?;
    if scale <= 0.0 {
        return None;
    }
    let mut weights = [0.0; Features::COUNT];
    for (weight, fitted) in weights.iter_mut().zip(&blend.weights[2..]) {
        *weight = (fitted / scale) as f32;
    }
    Some(GeometryFit {
        prior_weight: (blend.weights[1] / scale).max(0.0) as f32,
        temperature: (1.0 / scale) as f32,
        geometry: GeometryOptions {
            words,
            weights: GeometryWeights::from_array(weights),
        },
        swipes: blend.lists,
        log_likelihood: blend.log_likelihood,
    })
}
