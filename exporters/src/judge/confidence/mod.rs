//! Confidences that are probabilities: how far they are from it, and the options that bring them
//! there.
//!
//! A candidate's confidence is its share in exp(score / T) of all completed words and of "another
//! word", a score of its own. [`calibrate`] fits the temperature T (Guo et al. 2017) and that score
//! on swipes with their words, so that of the best candidates which are given a confidence of 0.8
//! eight in ten are right. Neither words nor their order change.

mod fit;
mod reliability;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::Serialize;
use swipekit::{Engine, Limits};

pub use fit::{Fitted, fit};
pub use reliability::{BINS, Bin, Reliability};

use crate::error::Result;
use crate::export::write_preset;
use crate::judge::accuracy::Judge;
use crate::swipes::sample;

/// A decoded swipe: the scores of its words, and whether the best is right. Holds no word.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Scores of all words that the search completed, best first.
    pub scores: Vec<f64>,
    /// Whether the best candidate is the target.
    pub hit: bool,
}

/// What a calibration found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
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
    pub fitted: Fitted,
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

/// What to calibrate on.
#[derive(Clone, Debug)]
pub struct Options {
    /// Manifest of swipes to fit on.
    pub manifest: PathBuf,
    /// Swipes at most, taken evenly; all where it is `None`.
    pub samples: Option<usize>,
    /// Another manifest, of other people, to see how far the fit holds.
    pub validate: Option<PathBuf>,
    /// The preset whose options are fitted.
    pub preset: String,
}

/// Fits the confidences of an engine, which was opened with [`Options::preset`]; `progress` is told
/// the number of swipes done.
///
/// # Errors
/// Whatever reading the manifests and decoding give.
pub fn calibrate(
    engine: &Engine,
    options: &Options,
    mut progress: impl FnMut(usize),
) -> Result<Calibration> {
    let sample = sample::read(&options.manifest, options.samples, false)?;
    let before = Fitted::of(engine.options());
    let scored = decode(engine, &sample.swipes, &mut progress)?;
    let fitted = fit(&scored, before);
    let validation = match &options.validate {
        Some(manifest) => {
            let sample = sample::read(manifest, options.samples, false)?;
            let scored = decode(engine, &sample.swipes, &mut progress)?;
            Some(Checked {
                manifest: file_name(manifest),
                swipes: scored.len(),
                before: Reliability::of(&scored, before),
                after: Reliability::of(&scored, fitted),
            })
        }
        None => None,
    };
    Ok(Calibration {
        manifest: file_name(&options.manifest),
        sha256: sample.sha256,
        swipes: scored.len(),
        preset: options.preset.clone(),
        fitted,
        before: Reliability::of(&scored, before),
        after: Reliability::of(&scored, fitted),
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
        let (decoded, mut scores) = gesture.words_and_scores(engine.options())?;
        scores.sort_by(|a, b| b.total_cmp(a));
        scored.push(Scored {
            hit: judge
                .outcome(&swipe.word, &decoded.candidates, "")
                .within(1),
            scores,
        });
        progress(scored.len());
    }
    Ok(scored)
}

/// Writes a copy of the bundle that `engine` was opened from to the folder `output`, with the
/// fitted options in the preset; a bundle that is there is replaced, the opened one itself as well.
///
/// # Errors
/// Those of [`write_preset`].
pub fn write(engine: &Engine, calibration: &Calibration, output: &Path) -> Result<()> {
    let manifest = engine.manifest();
    let preset = manifest.presets.get(&calibration.preset);
    let mut options = preset.cloned().unwrap_or_default();
    options.temperature = calibration.fitted.temperature;
    options.other_score = calibration.fitted.other_score;
    write_preset(engine, &calibration.preset, &options, output)
}

fn file_name(path: &Path) -> String {
    let name = path.file_name();
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
