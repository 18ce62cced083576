//! Fits the options of a preset on swipes with known words.
//!
//! [`blend`] fits the weights of a score that is a sum of weighted terms. [`terms`] collects those
//! terms and converts the weights to options. [`search`] finds the necessary width of the search.
//! [`tune`] does all of it, and measures on other people's swipes what each group of terms gains
//! alone and what all gain together.

pub mod blend;
mod report;
pub mod search;
pub mod terms;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Serialize;
use swipekit::DecoderOptions;
use swipekit::internals::geometry::MAX_WORDS;
use swipekit::{Engine, Limits};

use crate::arguments::{at_least_one, points};
use crate::judge::accuracy::{Accuracy, Judge, Outcome};
use crate::judge::compare::TopDifference;
use crate::judge::confidence::{ConfidenceOptions, Scored, likeliest};
use crate::judge::error::Result;
use crate::judge::times::Times;
use crate::swipes::{Swipe, sample};
use crate::words::language_model::Cursor;
pub use blend::{Blend, ScoredList, fit};
pub use report::blocks;
pub use search::Tried;
pub use terms::Group;
use terms::{collect, fit_weights};

/// Decides between equivalent terms, see [`fit`].
const PENALTY: f64 = 1e-4;
/// How often lists are collected. The first search does not know the weights that its lists lead
/// to.
const ROUNDS: usize = 2;
/// Beam and number of words of the searches that collect lists.
const WIDE_BEAM: usize = 64;
const WIDE_WORDS: usize = 32;
/// Smallest depth bonus of that search. With less, prefixes that lag behind displace others if
/// frames are few.
const WIDE_DEPTH: f32 = 3.0;

/// Options of [`tune`].
#[derive(Clone, Debug, clap::Args)]
#[group(id = "TuneOptions")]
pub struct Options {
    /// Swipe file to fit on.
    #[arg(long, value_name = "FILE")]
    pub swipes: PathBuf,
    /// Most swipes to take, spread evenly over the file.
    #[arg(long, value_name = "N", default_value = "5000", value_parser = at_least_one::<usize>)]
    pub limit: Option<usize>,
    /// Swipe file of other people, to measure what each group of terms gains, alone and together.
    #[arg(long, value_name = "FILE")]
    pub validate: Option<PathBuf>,
    /// Most swipes to take from --validate, spread evenly. Default: all.
    #[arg(long, value_name = "N", requires = "validate", value_parser = at_least_one::<usize>)]
    pub validate_limit: Option<usize>,
    /// The preset to fit.
    #[arg(skip = "default")]
    pub preset: String,
    /// The previous options. Those that are not fitted stay. `None`: the engine's.
    #[arg(skip)]
    pub before: Option<DecoderOptions>,
    /// Terms to fit besides the prior's weight. Default: all that the swipes allow. If the language
    /// model is not among them, its weight does not change.
    #[arg(long = "terms", value_name = "GROUP", value_delimiter = ',')]
    pub groups: Option<Vec<Group>>,
    /// Number of words to measure geometric evidence for.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = at_most_all_words)]
    pub words: usize,
    /// Give the preceding words of each swipe's prompt to the language model.
    #[arg(long)]
    pub context: bool,
    /// Also choose the depth bonus, the window, the beam and the number of word slots. Takes the
    /// cheapest search that loses at most this many percentage points of the mean of top-1 and
    /// top-3.
    #[arg(long = "search", value_name = "POINTS", value_parser = points)]
    pub tolerance: Option<f64>,
}

/// Parses the number of words for geometric evidence.
fn at_most_all_words(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(words) if words <= MAX_WORDS => Ok(words),
        Ok(_) => Err(format!("expected at most {MAX_WORDS}")),
        Err(error) => Err(error.to_string()),
    }
}

impl Options {
    /// The terms to fit.
    fn groups(&self) -> BTreeSet<Group> {
        let all = || {
            // The language model can only be weighted if the context is known.
            let allowed = |group: &Group| self.context || *group != Group::Language;
            Group::ALL.into_iter().filter(allowed).collect()
        };
        let given = self.groups.as_ref();
        given.map_or_else(all, |groups| groups.iter().copied().collect())
    }

    fn check(&self, engine: &Engine) -> Result<()> {
        if self.words > MAX_WORDS {
            return Err(swipekit::Error::invalid(
                "the number of words to measure",
                format!("at most {MAX_WORDS}"),
                self.words,
            )
            .into());
        }
        let wants_language_model = self.context || self.groups().contains(&Group::Language);
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

/// Result of tuning.
#[derive(Clone, Debug, Serialize)]
pub struct Tuning {
    /// Name of the swipe file.
    pub swipe_file: String,
    /// SHA-256 of the swipe file.
    pub sha256: String,
    /// Number of swipes fitted on.
    pub swipes: usize,
    /// The preset.
    pub preset: String,
    /// The previous options.
    pub before: DecoderOptions,
    /// The fitted options.
    pub options: DecoderOptions,
    /// Widths of the search that were tried.
    pub tried: Vec<Tried>,
    /// Results on the other swipe file. Empty if none was given.
    pub validation: Vec<Validated>,
}

/// Results of one set of options on swipes that were not fitted on.
#[derive(Clone, Debug, Serialize)]
pub struct Validated {
    /// Name of the options: `before`, `prior`, a group of terms alone, or `all`.
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

/// Fits the preset of `engine`, which was opened with [`Options::preset`]. `progress` is called
/// with each step.
///
/// # Errors
/// Those of reading the swipe files and of decoding; [`swipekit::Error::Invalid`] if the swipes do
/// not determine the weights, for too many words, and for context without a language model.
pub fn tune(engine: &Engine, options: &Options, mut progress: impl FnMut(&str)) -> Result<Tuning> {
    options.check(engine)?;
    let sample = sample::read(&options.swipes, options.limit, false)?;
    let swipes = &sample.swipes;
    let before = options.before.as_ref().unwrap_or(engine.options()).clone();
    let wide = |options: &DecoderOptions| {
        let mut changed = options.clone();
        changed.beam = options.beam.max(WIDE_BEAM);
        changed.word_slots = options.word_slots.max(WIDE_WORDS);
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
    let groups: Vec<Group> = options.groups().into_iter().collect();
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
        fitted = fit_weights(&lists, &groups, &before, options.words, PENALTY)
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
    let confidence = likeliest(&found.scored, ConfidenceOptions::of(&fitted));
    fitted = confidence.set(fitted);
    fitted.validate()?;

    let mut validation = Vec::new();
    if let Some(path) = &options.validate {
        let mut variants = vec![("before".to_owned(), before.clone())];
        let mut alone = |name: &str, groups: &[Group]| {
            let weights = fit_weights(&first, groups, &before, options.words, PENALTY);
            let weights = weights.map(|weights| ConfidenceOptions::of(&before).set(weights));
            let weights = weights.filter(|weights| weights.validate().is_ok());
            variants.extend(weights.map(|weights| (name.to_owned(), weights)));
        };
        alone("prior", &[]);
        for group in &groups {
            alone(group.name(), &[*group]);
        }
        variants.push(("all".to_owned(), fitted.clone()));
        let others = sample::read(path, options.validate_limit, false)?.swipes;
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
                ece: ConfidenceOptions::of(&decoder)
                    .reliability(&found.scored)
                    .ece,
                search_ms: found.search_ms,
            });
        }
    }
    Ok(Tuning {
        swipe_file: sample.name,
        sha256: sample.sha256,
        swipes: swipes.len(),
        preset: options.preset.clone(),
        before,
        options: fitted,
        tried,
        validation,
    })
}

/// Results of decoding.
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
        let (decoded, scores) = gesture.words_and_scores(options)?;
        times.push(decoded.timings.search);
        let outcome = judge.outcome(&swipe.word, &decoded.candidates, "");
        scored.push(Scored::of(scores, &outcome));
        outcomes.push(outcome);
    }
    Ok(Found {
        outcomes,
        scored,
        search_ms: Times::of(times).p50,
    })
}
