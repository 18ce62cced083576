//! Fits what a preset may set on swipes with their words.
//!
//! [`blend`] fits the weights of a score that is a sum of weighted terms; [`terms`] gathers those
//! terms and makes options of the weights; [`search`] finds how wide a search has to be. [`tune`]
//! does all of it, and shows on other people's swipes what each group of terms gains alone and what
//! all gain together.

pub mod blend;
pub mod search;
pub mod terms;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::Serialize;
use swipekit::DecoderOptions;
use swipekit::internals::geometry::MAX_WORDS;
use swipekit::{Engine, Limits};

use crate::error::Result;
use crate::judge::accuracy::{Accuracy, Judge, Outcome};
use crate::judge::compare::TopDifference;
use crate::judge::confidence::{Fitted, Reliability, Scored, fit as fit_confidence};
use crate::swipes::{Swipe, sample};
use crate::words::language_model::Cursor;
pub use blend::{Blend, ScoredList, fit};
pub use search::Tried;
pub use terms::Group;
use terms::{collect, fit_weights};

/// Settles terms that say the same, see [`fit`].
const PENALTY: f64 = 1e-4;
/// Times that lists are gathered: the first search knows nothing of the weights that follow from
/// its lists.
const ROUNDS: usize = 2;
/// Beam and words of the searches that lists are gathered with.
const WIDE_BEAM: usize = 64;
const WIDE_WORDS: usize = 32;
/// Depth bonus of that search at least: with less, prefixes that lag behind crowd out others where
/// frames are few.
const WIDE_DEPTH: f32 = 3.0;

/// What to tune.
#[derive(Clone, Debug)]
pub struct Options {
    /// Manifest of swipes to fit on.
    pub manifest: PathBuf,
    /// Swipes at most, taken evenly; all where it is `None`.
    pub samples: Option<usize>,
    /// Another manifest, of other people, to see what was gained.
    pub validate: Option<PathBuf>,
    /// Swipes of it at most.
    pub validate_samples: Option<usize>,
    /// The preset that is fitted.
    pub preset: String,
    /// The options before, which keep what is not fitted; those of the engine where it is `None`.
    pub before: Option<DecoderOptions>,
    /// The terms. What the words before a swipe weigh stays as it is where they are not among them.
    pub groups: Vec<Group>,
    /// Words that are measured for geometric evidence.
    pub words: usize,
    /// Whether the words of a prompt before a swipe are known.
    pub context: bool,
    /// Whether depth bonus, window, beam and places for complete words are chosen as well, and the
    /// percentage points of the mean of top-1 and top-3 that they may cost.
    pub tolerance: Option<f64>,
}

impl Options {
    fn check(&self, engine: &Engine) -> Result<()> {
        if self.words > MAX_WORDS {
            return Err(swipekit::Error::invalid(
                "the number of words to measure",
                format!("at most {MAX_WORDS}"),
                self.words,
            )
            .into());
        }
        let wants_language_model = self.context || self.groups.contains(&Group::Language);
        if wants_language_model && !(self.context && engine.language_model().is_some()) {
            return Err(swipekit::Error::invalid(
                "the words before a swipe",
                "a language model, of the bundle or given, and swipes with their prompts (context)",
                "one of them only, or none",
            )
            .into());
        }
        Ok(())
    }
}

/// What tuning found.
#[derive(Clone, Debug, Serialize)]
pub struct Tuning {
    /// File name of the manifest.
    pub manifest: String,
    /// SHA-256 of the manifest.
    pub sha256: String,
    /// Swipes that it was fitted on.
    pub swipes: usize,
    /// The preset.
    pub preset: String,
    /// The options before.
    pub before: DecoderOptions,
    /// The fitted options.
    pub options: DecoderOptions,
    /// Widths of the search that were tried.
    pub tried: Vec<Tried>,
    /// What came of them on the other manifest; empty where none was given.
    pub validation: Vec<Validated>,
}

/// One set of options on swipes that nothing was fitted on.
#[derive(Clone, Debug, Serialize)]
pub struct Validated {
    /// What the options have: `before`, `prior`, a group of terms alone, or `all`.
    pub name: String,
    /// Accuracy.
    pub accuracy: Accuracy,
    /// Paired differences to `before`.
    pub difference: TopDifference,
    /// Expected calibration error.
    pub ece: f64,
    /// Median time of the search in milliseconds, on the clock.
    pub search_ms: f64,
}

/// Fits the preset of `engine`, which was opened with [`Options::preset`]. `progress` is told what
/// is being done.
///
/// # Errors
/// Whatever reading the manifests and decoding give; [`swipekit::Error::Invalid`] where the swipes
/// say nothing of the weights, for too many words, and where the words before a swipe are to be
/// used without a language model.
pub fn tune(engine: &Engine, options: &Options, mut progress: impl FnMut(&str)) -> Result<Tuning> {
    options.check(engine)?;
    let sample = sample::read(&options.manifest, options.samples, false)?;
    let swipes = &sample.swipes;
    let before = options.before.as_ref().unwrap_or(engine.options()).clone();
    let wide = |options: &DecoderOptions| {
        let mut changed = options.clone();
        changed.beam = options.beam.max(WIDE_BEAM);
        changed.word_places = options.word_places.max(WIDE_WORDS);
        changed.depth_bonus = options.depth_bonus.max(WIDE_DEPTH);
        changed
    };
    let nothing = || {
        swipekit::Error::invalid(
            "the swipes to tune on",
            "swipes whose words the search finds, and which the network knows better than chance",
            "others",
        )
    };
    let mut fitted = before.clone();
    let mut first = Vec::new();
    for round in 0..ROUNDS {
        progress("gathering words and their terms");
        let lists = collect(
            engine,
            swipes,
            &wide(&fitted),
            WIDE_WORDS,
            options.context,
            |_| {},
        )?;
        fitted = fit_weights(&lists, &options.groups, &before, options.words, PENALTY)
            .filter(|fitted| fitted.validate().is_ok())
            .ok_or_else(nothing)?;
        if round == 0 {
            first = lists;
        }
    }
    let mut tried = Vec::new();
    if let Some(tolerance) = options.tolerance {
        progress("choosing the width of the search");
        (fitted, tried) = search::choose(engine, swipes, &fitted, options.context, tolerance)?;
    }
    progress("fitting confidences");
    let found = run(engine, swipes, &fitted, options.context)?;
    let confidence = fit_confidence(&found.scored, Fitted::of(&fitted));
    fitted.temperature = confidence.temperature;
    fitted.other_score = confidence.other_score;
    fitted.validate()?;

    let mut validation = Vec::new();
    if let Some(manifest) = &options.validate {
        let mut variants = vec![("before".to_owned(), before.clone())];
        let mut alone = |name: &str, groups: &[Group]| {
            let weights = fit_weights(&first, groups, &before, options.words, PENALTY);
            let confidence = Fitted::of(&before);
            let weights = weights.map(|mut weights| {
                weights.temperature = confidence.temperature;
                weights.other_score = confidence.other_score;
                weights
            });
            let weights = weights.filter(|weights| weights.validate().is_ok());
            variants.extend(weights.map(|weights| (name.to_owned(), weights)));
        };
        alone("prior", &[]);
        for group in &options.groups {
            alone(group.name(), &[*group]);
        }
        variants.push(("all".to_owned(), fitted.clone()));
        let others = sample::read(manifest, options.validate_samples, false)?.swipes;
        let mut baseline = Vec::new();
        for (name, decoder) in variants {
            progress(&format!("validating: {name}"));
            let found = run(engine, &others, &decoder, options.context)?;
            if baseline.is_empty() {
                baseline.clone_from(&found.outcomes);
            }
            validation.push(Validated {
                name,
                accuracy: Accuracy::of(&found.outcomes),
                difference: TopDifference::of(&baseline, &found.outcomes, |_| true),
                ece: Reliability::of(&found.scored, Fitted::of(&decoder)).ece,
                search_ms: found.search_ms,
            });
        }
    }
    Ok(Tuning {
        manifest: file_name(&options.manifest),
        sha256: sample.sha256,
        swipes: swipes.len(),
        preset: options.preset.clone(),
        before,
        options: fitted,
        tried,
        validation,
    })
}

/// What decoding gave.
struct Found {
    outcomes: Vec<Outcome>,
    scored: Vec<Scored>,
    search_ms: f64,
}

fn run(
    engine: &Engine,
    swipes: &[Swipe],
    options: &DecoderOptions,
    context: bool,
) -> Result<Found> {
    let judge = Judge::new(&engine.manifest().vocabulary.labels, engine.lexicon());
    let mut session = engine.session();
    let mut cursor = context.then(Cursor::default);
    let (mut outcomes, mut scored, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for swipe in swipes {
        let mut gesture = session.encode(&swipe.trace, &Limits::default())?;
        if let Some(cursor) = &mut cursor {
            gesture = cursor.follow(gesture, swipe);
        }
        let (decoded, mut scores) = gesture.words_and_scores(options)?;
        times.push(decoded.timings.search);
        let outcome = judge.outcome(&swipe.word, &decoded.candidates, "");
        scores.sort_by(|a, b| b.total_cmp(a));
        scored.push(Scored {
            hit: outcome.within(1),
            scores,
        });
        outcomes.push(outcome);
    }
    Ok(Found {
        outcomes,
        scored,
        search_ms: crate::judge::times::Times::of(times).p50,
    })
}

fn file_name(path: &Path) -> String {
    let name = path.file_name();
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
