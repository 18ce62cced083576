//! Confidences that are probabilities: how far they are from it, and the options that bring them
//! there.
//!
//! A candidate's confidence is its share in exp(score / T) of all completed words and of "another
//! word", a score of its own. [`fit`] finds the temperature T (Guo et al. 2017) and that score
//! on swipes with their words, so that of the best candidates which are given a confidence of 0.8
//! eight in ten are right. Neither words nor their order change.

mod likeliest;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::Serialize;
use swipekit::{Engine, Limits};

pub use likeliest::{ConfidenceOptions, likeliest};

use crate::arguments::at_least_one;
use crate::judge::accuracy::{Judge, Outcome};
use crate::judge::error::Result;
use crate::package::write_preset;
use crate::statistics::Reliability;
use crate::swipes::sample;

/// A decoded swipe: the scores of its words, and whether the best is right. Holds no word.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Scores of all words that the search completed, best first.
    pub scores: Vec<f64>,
    /// Whether the best candidate is the target.
    pub hit: bool,
}

impl Scored {
    /// Of a decoded swipe: the scores of all its words, in any order, and what became of it.
    pub fn of(mut scores: Vec<f64>, outcome: &Outcome) -> Self {
        scores.sort_by(|a, b| b.total_cmp(a));
        Self {
            scores,
            hit: outcome.within(1),
        }
    }
}

/// What a fit found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// File name of the manifest.
    pub manifest: String,
    /// SHA-256 of the manifest.
    pub sha256: String,
    /// Swipes that it was fitted on.
    pub swipes: usize,
    /// The preset.
    pub preset: String,
    /// The options.
    #[serde(flatten)]
    pub fitted: ConfidenceOptions,
    /// Confidences with the preset's options before, on the same swipes.
    pub before: Reliability,
    /// Confidences with the fitted options.
    pub after: Reliability,
    /// Both on another manifest, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Checked>,
}

/// Confidences on swipes that nothing was fitted on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checked {
    /// File name of the manifest.
    pub manifest: String,
    /// Swipes.
    pub swipes: usize,
    /// With the preset's options before.
    pub before: Reliability,
    /// With the fitted options.
    pub after: Reliability,
}

/// What to fit on.
#[derive(Clone, Debug, clap::Args)]
#[group(id = "ConfidenceOptions")]
pub struct Options {
    /// Swipe file to fit on: swipes with their words.
    #[arg(long, value_name = "FILE")]
    pub swipes: PathBuf,
    /// Swipes of each file at most, taken evenly.
    #[arg(long, value_name = "N", default_value = "5000", value_parser = at_least_one::<usize>)]
    pub limit: Option<usize>,
    /// Swipe file of other people. It shows how far the fit holds.
    #[arg(long, value_name = "FILE")]
    pub validate: Option<PathBuf>,
    /// The preset whose options are fitted.
    #[arg(skip = "default")]
    pub preset: String,
}

/// Fits the confidences of an engine, which was opened with [`Options::preset`]; `progress` is told
/// the number of swipes done.
///
/// # Errors
/// Whatever reading the manifests and decoding give.
pub fn fit(engine: &Engine, options: &Options, mut progress: impl FnMut(usize)) -> Result<Fit> {
    let sample = sample::read(&options.swipes, options.limit, false)?;
    let before = ConfidenceOptions::of(engine.options());
    let scored = decode(engine, &sample.swipes, &mut progress)?;
    let fitted = likeliest(&scored, before);
    let validation = match &options.validate {
        Some(path) => {
            let sample = sample::read(path, options.limit, false)?;
            let scored = decode(engine, &sample.swipes, &mut progress)?;
            Some(Checked {
                manifest: sample.name,
                swipes: scored.len(),
                before: before.reliability(&scored),
                after: fitted.reliability(&scored),
            })
        }
        None => None,
    };
    Ok(Fit {
        manifest: sample.name,
        sha256: sample.sha256,
        swipes: scored.len(),
        preset: options.preset.clone(),
        fitted,
        before: before.reliability(&scored),
        after: fitted.reliability(&scored),
        validation,
    })
}

fn decode(
    engine: &Engine,
    swipes: &[crate::swipes::Swipe],
    progress: &mut impl FnMut(usize),
) -> Result<Vec<Scored>> {
    let judge = Judge::new(&engine.manifest().vocabulary.labels, engine.lexicon());
    let mut session = engine.session();
    let mut scored = Vec::with_capacity(swipes.len());
    for swipe in swipes {
        let mut gesture = session.encode(&swipe.trace, &Limits::default())?;
        let (decoded, scores) = gesture.words_and_scores(engine.options())?;
        let outcome = judge.outcome(&swipe.word, &decoded.candidates, "");
        scored.push(Scored::of(scores, &outcome));
        progress(scored.len());
    }
    Ok(scored)
}

/// Writes a copy of the bundle that `engine` was opened from to the folder `output`, with the
/// fitted options in the preset; a bundle that is there is replaced, the opened one itself as well.
///
/// # Errors
/// Those of [`write_preset`].
pub fn write(engine: &Engine, fit: &Fit, output: &Path) -> Result<()> {
    let manifest = engine.manifest();
    let preset = manifest.presets.get(&fit.preset);
    let options = fit.fitted.set(preset.cloned().unwrap_or_default());
    Ok(write_preset(engine, &fit.preset, &options, output)?)
}
