//! Contents of a lexicon file.

use std::path::Path;

use serde::Serialize;
use swipekit::bytes::Bytes;
use swipekit::lexicon::Lexicon;

use super::error::Result;

/// Number of keys with several words in a report.
const SAMPLE: usize = 20;

/// Most entries of a histogram. The last counts all higher costs.
const HISTOGRAM: usize = 64;

/// The result of [`inspect`].
#[derive(Clone, Debug, Serialize)]
pub struct InspectReport {
    /// Bytes of the file.
    pub bytes: usize,
    /// Bytes of the automaton.
    pub automaton_bytes: usize,
    /// Bytes of the word table.
    pub table_bytes: usize,
    /// Words, counted by display form.
    pub words: usize,
    /// Distinct keys.
    pub keys: usize,
    /// States of the automaton.
    pub states: usize,
    /// Labels of the longest key.
    pub longest_key: usize,
    /// Resolution of the costs, in nats.
    pub cost_unit: f32,
    /// The labels that occur, with their classes.
    pub labels: Vec<(u8, String)>,
    /// Keys by -log prior of their best word. Entry n counts those of at least n and less than n +
    /// 1 nats; entry 63 counts all above.
    pub cost_histogram: Vec<usize>,
    /// Keys with more than one word.
    pub homographs: usize,
    /// The likeliest of them, each with its words, best first.
    pub homograph_sample: Vec<Vec<String>>,
}

/// Opens the lexicon at `path`, built for any vocabulary, verifies all of it and counts.
///
/// # Errors
/// [`swipekit::Error`] if the file is unreadable or damaged.
pub fn inspect(path: &Path) -> Result<InspectReport> {
    let lexicon = Lexicon::any_vocabulary(Bytes::map(path)?, path)?;
    lexicon.verify(path)?;
    let mut cost_histogram = Vec::new();
    let mut homographs = Vec::new();
    lexicon.each_key(|key, cost| {
        let nats = ((cost as f32 * lexicon.cost_unit()) as usize).min(HISTOGRAM - 1);
        if cost_histogram.len() <= nats {
            cost_histogram.resize(nats + 1, 0);
        }
        cost_histogram[nats] += 1;
        let words: Vec<String> = lexicon
            .words(key)
            .map(|(word, _)| word.into_owned())
            .collect();
        if words.len() > 1 {
            homographs.push((cost, words));
        }
    });
    homographs.sort_unstable();
    let [bytes, automaton_bytes, table_bytes] = lexicon.sizes();
    Ok(InspectReport {
        bytes,
        automaton_bytes,
        table_bytes,
        words: lexicon.len(),
        keys: lexicon.keys(),
        states: lexicon.states(),
        longest_key: lexicon.longest_key(),
        cost_unit: lexicon.cost_unit(),
        labels: lexicon.labels().to_vec(),
        cost_histogram,
        homographs: homographs.len(),
        homograph_sample: homographs
            .into_iter()
            .take(SAMPLE)
            .map(|(_, words)| words)
            .collect(),
    })
}
