//! Confidences as probabilities: measures how far they are from it, and fits the options.
//!
//! A candidate's confidence is its share of exp(score / T) among all completed words and "another
//! word", which has a score of its own. [`fit`] finds the temperature T (Guo et al. 2017) and that
//! score on swipes with known words, so that of the best candidates with a confidence of 0.8, eight
//! in ten are right. Words and their order do not change.

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

/// A decoded swipe: the scores of its words, and whether the best is right. Contains no word.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Scores of all words that the search completed, best first.
    pub scores: Vec<f64>,
    /// Whether the best candidate is the target.
    pub hit: bool,
}

impl Scored {
    /// From a decoded swipe: the scores of all its words, in any order, and its outcome.
    pub fn of(mut scores: Vec<f64>, outcome: &Outcome) -> Self {
        scores.sort_by(|a, b| b.total_cmp(a));
        Self {
            scores,
            hit: outcome.within(1),
        }
    }
}

/// Result of a fit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// Name of the swipe file.
    pub swipe_file: String,
    /// SHA-256 of the swipe file.
    pub sha256: String,
    /// Number of swipes fitted on.
    pub swipes: usize,
    /// The preset.
    pub preset: String,
    /// The fitted options.
    #[serde(flatten)]
    pub fitted: ConfidenceOptions,
    /// Confidences with the preset's previous options, on the same swipes.
    pub before: Reliability,
    /// Confidences with the fitted options.
    pub after: Reliability,
    /// Both on another swipe file, if given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Checked>,
}

/// Confidences on swipes that were not fitted on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checked {
    /// Name of the swipe file.
    pub swipe_file: String,
    /// Swipes.
    pub swipes: usize,
    /// With the preset's previous options.
    pub before: Reliability,
    /// With the fitted options.
    pub after: Reliability,
}

/// Options of [`fit`].
#[derive(Clone, Debug, clap::Args)]
#[group(id = "ConfidenceOptions")]
pub struct Options {
    /// Swipe file to fit on.
    #[arg(long, value_name = "FILE")]
    pub swipes: PathBuf,
    /// Most swipes to take from each file, spread evenly.
    #[arg(long, value_name = "N", default_value = "5000", value_parser = at_least_one::<usize>)]
    pub limit: Option<usize>,
    /// Swipe file of other people, to test the fit on.
    #[arg(long, value_name = "FILE")]
    pub validate: Option<PathBuf>,
    /// The preset to fit.
    #[arg(skip = "default")]
    pub preset: String,
}

/// Fits the confidences of an engine that was opened with [`Options::preset`]. `progress` is called
/// with the number of decoded swipes.
///
/// # Errors
/// Those of reading the swipe files and of decoding.
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
                swipe_file: sample.name,
                swipes: scored.len(),
                before: before.reliability(&scored),
                after: fitted.reliability(&scored),
            })
        }
        None => None,
    };
    Ok(Fit {
        swipe_file: sample.name,
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

/// Writes a copy of the engine's bundle to the folder `output`, with the fitted options in the
/// preset. It replaces a bundle there, which may be the engine's own.
///
/// # Errors
/// Those of [`write_preset`].
pub fn write(engine: &Engine, fit: &Fit, output: &Path) -> Result<()> {
    let manifest = engine.manifest();
    let preset = manifest.presets.get(&fit.preset);
    let options = fit.fitted.set(preset.cloned().unwrap_or_default());
    Ok(write_preset(engine, &fit.preset, &options, output)?)
}
