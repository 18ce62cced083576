//! Builds a model's lexicon from a word list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use swipekit::bytes::Bytes;
use swipekit::lexicon::{BuiltLexicon, DEFAULT_COST_UNIT, Lexicon, LexiconBuilder, Rejection};

use super::error::{LexiconError, Result};
use super::prepare::read_all_frequencies;
use super::sources::{has_frequencies, read_frequencies, read_words};

/// Options of [`build`].
#[derive(Clone, Debug, clap::Args)]
pub struct BuildOptions {
    /// Word list, with or without frequencies: TSV, JSON or ARPA unigrams, plain or gzipped.
    #[arg(long, value_name = "FILE")]
    pub words: PathBuf,
    /// Frequencies for a list of words alone. May be repeated. Without any, the list must be sorted
    /// by frequency, and the n-th word gets the frequency 1/n (Zipf's law).
    #[arg(long, value_name = "FILE")]
    pub frequencies: Vec<PathBuf>,
    /// The labels of the model, in the order of the classes.
    #[arg(skip)]
    pub labels: Vec<String>,
    /// Resolution of the costs, in nats. A smaller one is more exact and gives a larger file.
    #[arg(long, value_name = "X", default_value_t = DEFAULT_COST_UNIT)]
    pub cost_unit: f32,
}

impl BuildOptions {
    /// The list at `words` for the vocabulary `labels`, with the default cost unit.
    pub fn new(words: impl Into<PathBuf>, labels: Vec<String>) -> Self {
        Self {
            words: words.into(),
            frequencies: Vec::new(),
            labels,
            cost_unit: DEFAULT_COST_UNIT,
        }
    }
}

/// The result of [`build`].
#[derive(Clone, Debug, Serialize)]
pub struct BuildReport {
    /// Words, counted by display form.
    pub words: usize,
    /// Distinct keys.
    pub keys: usize,
    /// States of the automaton.
    pub states: usize,
    /// Bytes of the file.
    pub bytes: usize,
    /// Resolution of the costs, in nats.
    pub cost_unit: f32,
    /// Source of the priors: `list`, `frequencies` or `rank`.
    pub priors: &'static str,
    /// Words of the list without a frequency. They got half the least frequency.
    pub without_frequency: usize,
    /// Number of rejected words, by reason.
    pub rejected: BTreeMap<String, usize>,
}

/// Builds a lexicon in memory.
///
/// # Errors
/// [`LexiconError`]: unreadable or malformed lists, no typeable word, or too many words.
pub fn build_bytes(options: &BuildOptions) -> Result<(BuiltLexicon, BuildReport)> {
    let mut builder = LexiconBuilder::new(&options.labels).cost_unit(options.cost_unit)?;
    let mut without_frequency = 0;
    let (words, priors) = if options.frequencies.is_empty() && has_frequencies(&options.words)? {
        let list = read_frequencies(&options.words)?;
        without_frequency = list.without_frequency;
        (list.words, "list")
    } else if options.frequencies.is_empty() {
        let words = read_words(&options.words)?;
        let ranked = (1u32..)
            .zip(words)
            .map(|(rank, word)| (word, 1.0 / f64::from(rank)));
        (ranked.collect(), "rank")
    } else {
        let (frequencies, _) = read_all_frequencies(&options.frequencies)?;
        let floor = 0.5 * frequencies.values().copied().fold(2.0, f64::min);
        let words = read_words(&options.words)?.into_iter().map(|word| {
            let shown = swipekit::internals::fold::display_form(&word);
            let known = frequencies
                .get(&shown)
                .or_else(|| frequencies.get(&shown.to_lowercase()));
            without_frequency += usize::from(known.is_none());
            (word, known.copied().unwrap_or(floor))
        });
        (words.collect::<Vec<_>>(), "frequencies")
    };
    for (word, frequency) in &words {
        // The builder counts rejected words.
        let _ = builder.add(word, *frequency);
    }
    let built = builder.build()?;
    let mut rejected: BTreeMap<String, usize> = BTreeMap::new();
    for word in &built.rejected {
        let reason = match word.reason {
            Rejection::Untypeable(untypeable) => untypeable.to_string(),
            Rejection::Weight => "a frequency that is not positive".to_owned(),
            _ => "too long".to_owned(),
        };
        *rejected.entry(reason).or_default() += 1;
    }
    if built.words == 0 {
        return Err(LexiconError::NoWords {
            given: words.len(),
            rejected: rejected
                .iter()
                .map(|(reason, count)| format!("{count} with {reason}"))
                .collect::<Vec<_>>()
                .join(", "),
        });
    }
    let report = BuildReport {
        words: built.words,
        keys: built.keys,
        states: built.states,
        bytes: built.bytes.len(),
        cost_unit: options.cost_unit,
        priors,
        without_frequency,
        rejected,
    };
    Ok((built, report))
}

/// Builds a lexicon and writes it to a temporary file beside `output`, then renames that.
///
/// # Errors
/// Those of [`build_bytes`], and [`swipekit::Error::Write`].
pub fn build(options: &BuildOptions, output: &Path) -> Result<BuildReport> {
    let (built, report) = build_bytes(options)?;
    built.write(output)?;
    Ok(report)
}

/// The lexicon of the vocabulary `labels` at `path`, which is a lexicon file, or a word list that
/// is built in memory.
///
/// # Errors
/// Those of opening and of [`build_bytes`].
pub fn open_or_build(path: &Path, labels: &[String]) -> Result<Lexicon> {
    let bytes = Bytes::map(path)?;
    if Lexicon::is_lexicon(&bytes) {
        return Ok(Lexicon::from_bytes(bytes, labels, path)?);
    }
    let (built, _) = build_bytes(&BuildOptions::new(path, labels.to_vec()))?;
    Ok(Lexicon::from_bytes(Bytes::from(built.bytes), labels, path)?)
}

/// A lexicon of those `words` that the vocabulary `labels` can spell, all equally frequent.
///
/// # Errors
/// [`LexiconError::NoWords`] if there is none.
pub fn of_words<'a>(
    words: impl IntoIterator<Item = &'a str>,
    labels: &[String],
) -> Result<Lexicon> {
    let mut builder = LexiconBuilder::new(labels);
    let words: BTreeSet<&str> = words.into_iter().collect();
    for word in &words {
        // The builder counts rejected words.
        let _ = builder.add(word, 1.0);
    }
    let built = builder.build()?;
    if built.words == 0 {
        return Err(LexiconError::NoWords {
            given: words.len(),
            rejected: "all: the model has no labels for them".to_owned(),
        });
    }
    Ok(Lexicon::from_bytes(
        Bytes::from(built.bytes),
        labels,
        "the words of the swipes",
    )?)
}
