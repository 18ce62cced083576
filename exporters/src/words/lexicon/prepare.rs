//! Prepares the small and the full word list from words and frequencies.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use swipekit::internals::fold::display_form;
use swipekit::lexicon::Alphabet;
use tempfile::NamedTempFile;

use super::error::{LexiconError, Result};
use super::filter::{Filters, Reason};
use super::sources::{read_frequencies, read_words};
use crate::files::FileError;

/// Words of the small list by default.
const SMALL: usize = 12_000;
/// Words of the full list by default.
const FULL: usize = 70_000;

/// The labels by default.
fn latin() -> Vec<String> {
    ('a'..='z').map(String::from).collect()
}

/// Options of [`prepare`].
#[derive(Clone, Debug, clap::Args)]
pub struct PrepareOptions {
    /// Word list, one word per line. May be repeated. Default: the words of the frequency lists.
    #[arg(long, value_name = "FILE")]
    pub words: Vec<PathBuf>,
    /// Frequencies: TSV, JSON or ARPA unigrams, plain or gzipped. May be repeated. Each list is
    /// scaled to a sum of one, then the lists are averaged.
    #[arg(long, value_name = "FILE", required = true)]
    pub frequencies: Vec<PathBuf>,
    /// Words to keep whatever their rank and the filters, if the alphabet has their letters.
    #[arg(long, value_name = "FILE")]
    pub priority: Vec<PathBuf>,
    /// Words to leave out, in any case.
    #[arg(long, value_name = "FILE")]
    pub blocked: Vec<PathBuf>,
    /// Number of words in the small list.
    #[arg(long, value_name = "N", default_value_t = SMALL)]
    pub small_size: usize,
    /// Number of words in the full list.
    #[arg(long, value_name = "N", default_value_t = FULL)]
    pub full_size: usize,
    /// The labels of the model, in the order of the classes.
    #[arg(skip = latin())]
    pub labels: Vec<String>,
    /// Rules that decide what counts as a word.
    #[command(flatten)]
    pub filters: Filters,
    /// Folder for the lists. It is created if absent.
    #[arg(long, value_name = "DIR")]
    pub output_dir: PathBuf,
}

impl PrepareOptions {
    /// The default sizes, 12,000 and 70,000, the letters a to z and the default filters.
    pub fn new(output_dir: impl Into<PathBuf>) -> Self {
        Self {
            words: Vec::new(),
            frequencies: Vec::new(),
            priority: Vec::new(),
            blocked: Vec::new(),
            small_size: SMALL,
            full_size: FULL,
            labels: latin(),
            filters: Filters::default(),
            output_dir: output_dir.into(),
        }
    }
}

/// The result of [`prepare`]; the content of `lexicon_stats.json`.
#[derive(Clone, Debug, Serialize)]
pub struct PrepareReport {
    /// File names of the word lists.
    pub words: Vec<String>,
    /// File names of the frequency lists.
    pub frequencies: Vec<String>,
    /// Distinct words considered.
    pub considered: usize,
    /// Words given more than once in the word lists (in display form). They were merged.
    pub duplicates: usize,
    /// Words of the word lists without a frequency. They rank last.
    pub without_frequency: usize,
    /// Entries of the frequency lists left out because their frequency was zero, negative or not
    /// finite.
    pub unusable_frequencies: usize,
    /// Words left out, by reason.
    pub rejected: BTreeMap<Reason, usize>,
    /// Words of the priority lists that were kept.
    pub priority_kept: usize,
    /// Words that passed the filters but rank below the full list.
    pub below_full_size: usize,
    /// The filters.
    pub filters: Filters,
    /// The small list.
    pub small: ListReport,
    /// The full list.
    pub full: ListReport,
}

/// A list that was written.
#[derive(Clone, Debug, Serialize)]
pub struct ListReport {
    /// File name.
    pub file: String,
    /// The requested number of words.
    pub size: usize,
    /// Words.
    pub words: usize,
    /// Distinct keys.
    pub keys: usize,
    /// Threshold: the frequency of the rarest word that was chosen by rank, as a share of all
    /// considered.
    pub least_frequency: f64,
    /// Share of the frequency of all considered words that the list covers.
    pub retained_mass: f64,
}

struct Ranked {
    word: String,
    key: Vec<u8>,
    frequency: f64,
    priority: bool,
}

/// Writes these files into the output folder, most frequent word first, ties in the order of the
/// words:
/// - `lexicon_small.txt` and `lexicon_full.txt`: one word a line in display form;
/// - `lexicon_small.tsv` and `lexicon_full.tsv`: the same words with a tab and their share of all
///   frequency;
/// - `lexicon_stats.json`: the report.
///
/// A word list may have capitals where the frequencies have none. A word without a frequency takes
/// that of its lower-case form, unless the lists contain that form too. Words without any frequency
/// get half the least one.
///
/// # Errors
/// [`LexiconError`]: unreadable or malformed lists, impossible sizes, no word left, an unwritable
/// folder.
pub fn prepare(options: &PrepareOptions) -> Result<PrepareReport> {
    if options.small_size == 0 || options.small_size > options.full_size {
        return Err(LexiconError::Option {
            option: "the small size",
            expected: "at least 1 and at most the full size",
            got: options.small_size.to_string(),
        });
    }
    if options.words.is_empty() && options.frequencies.is_empty() {
        return Err(LexiconError::Option {
            option: "the word lists and frequency lists",
            expected: "at least one",
            got: "none".to_owned(),
        });
    }
    let (frequencies, unusable_frequencies) = read_all_frequencies(&options.frequencies)?;
    let priority: BTreeSet<String> = read_all_words(&options.priority)?.into_iter().collect();
    let blocked: BTreeSet<String> = read_all_words(&options.blocked)?
        .iter()
        .map(|word| word.to_lowercase())
        .collect();
    let mut words: BTreeSet<String> = priority.clone();
    let mut duplicates = 0;
    if options.words.is_empty() {
        words.extend(frequencies.keys().cloned());
    } else {
        let mut seen = BTreeSet::new();
        for word in read_all_words(&options.words)? {
            duplicates += usize::from(!seen.insert(word));
        }
        words.append(&mut seen);
    }
    let considered = words.len();
    let floor = 0.5 * frequencies.values().copied().fold(f64::INFINITY, f64::min);
    let floor = if floor.is_finite() { floor } else { 1.0 };

    let alphabet = Alphabet::new(&options.labels);
    let mut rejected: BTreeMap<Reason, usize> = BTreeMap::new();
    let mut ranked = Vec::new();
    let (mut without_frequency, mut total) = (0, 0.0);
    for word in &words {
        let lower = word.to_lowercase();
        let own = frequencies.get(word).or_else(|| {
            let shared = *word != lower && words.contains(&lower);
            frequencies.get(&lower).filter(|_| !shared)
        });
        without_frequency += usize::from(own.is_none());
        let frequency = own.copied().unwrap_or(floor);
        total += frequency;
        let priority = priority.contains(word);
        let outcome = if blocked.contains(&lower) {
            Err(Reason::Blocked)
        } else {
            options.filters.apply(word, &alphabet, priority)
        };
        match outcome {
            Ok(key) => ranked.push(Ranked {
                word: word.clone(),
                key,
                frequency,
                priority,
            }),
            Err(reason) => *rejected.entry(reason).or_default() += 1,
        }
    }
    if ranked.is_empty() {
        return Err(LexiconError::NoWords {
            given: considered,
            rejected: describe(&rejected),
        });
    }
    // The words are sorted already, and the stable sort keeps their order among ties.
    ranked.sort_by(|a, b| b.frequency.total_cmp(&a.frequency));
    for word in &mut ranked {
        word.frequency /= total;
    }

    let full = select(&ranked, options.full_size);
    let small = select(&ranked, options.small_size);
    let report = PrepareReport {
        words: names(&options.words),
        frequencies: names(&options.frequencies),
        considered,
        duplicates,
        without_frequency,
        unusable_frequencies,
        rejected,
        priority_kept: full.iter().filter(|word| word.priority).count(),
        below_full_size: ranked.len() - full.len(),
        filters: options.filters.clone(),
        small: list_report("lexicon_small.txt", options.small_size, &small),
        full: list_report("lexicon_full.txt", options.full_size, &full),
    };
    write_lists(&options.output_dir, &small, &full, &report)?;
    Ok(report)
}

/// "12 blocked, 3 repeats", for errors and tables.
pub(super) fn describe(rejected: &BTreeMap<Reason, usize>) -> String {
    rejected
        .iter()
        .map(|(reason, count)| format!("{count} {reason:?}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn names(paths: &[PathBuf]) -> Vec<String> {
    paths
        .iter()
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect()
}

fn read_all_words(paths: &[PathBuf]) -> Result<Vec<String>> {
    let mut words = Vec::new();
    for path in paths {
        words.extend(read_words(path)?.iter().map(|word| display_form(word)));
    }
    words.retain(|word| !word.is_empty());
    Ok(words)
}

/// The mean frequency of each display form over the lists, each scaled to a sum of one, and the
/// number of entries left out.
pub(super) fn read_all_frequencies(paths: &[PathBuf]) -> Result<(HashMap<String, f64>, usize)> {
    let mut merged: HashMap<String, f64> = HashMap::new();
    let mut unusable = 0;
    for path in paths {
        let list = read_frequencies(path)?;
        unusable += list.without_frequency;
        let total: f64 = list.words.iter().map(|(_, frequency)| frequency).sum();
        for (word, frequency) in list.words {
            let share = frequency / total / paths.len() as f64;
            // The frequencies may overflow their sum, or a word may be too rare for a float.
            if share > 0.0 && share.is_finite() {
                *merged.entry(display_form(&word)).or_default() += share;
            } else {
                unusable += 1;
            }
        }
    }
    merged.remove("");
    Ok((merged, unusable))
}

/// Every priority word, and the most frequent others up to `size` words in all.
fn select(ranked: &[Ranked], size: usize) -> Vec<&Ranked> {
    let priority = ranked.iter().filter(|word| word.priority).count();
    let mut room = size.saturating_sub(priority);
    ranked
        .iter()
        .filter(|word| {
            let by_rank = !word.priority && room > 0;
            room -= usize::from(by_rank);
            word.priority || by_rank
        })
        .collect()
}

fn list_report(file: &str, size: usize, words: &[&Ranked]) -> ListReport {
    let keys: BTreeSet<&[u8]> = words.iter().map(|word| word.key.as_slice()).collect();
    let by_rank = words.iter().rev().find(|word| !word.priority);
    ListReport {
        file: file.to_owned(),
        size,
        words: words.len(),
        keys: keys.len(),
        least_frequency: by_rank.or(words.last()).map_or(0.0, |word| word.frequency),
        retained_mass: words.iter().map(|word| word.frequency).sum(),
    }
}

fn write_lists(
    folder: &Path,
    small: &[&Ranked],
    full: &[&Ranked],
    report: &PrepareReport,
) -> Result<()> {
    let mut stats = serde_json::to_string_pretty(report)
        .map_err(|error| FileError::write(folder)(error.into()))?;
    stats.push('\n');
    let mut files = vec![("lexicon_stats.json", stats)];
    for (text, table, words) in [
        ("lexicon_small.txt", "lexicon_small.tsv", small),
        ("lexicon_full.txt", "lexicon_full.tsv", full),
    ] {
        files.push((
            text,
            words.iter().map(|w| format!("{}\n", w.word)).collect(),
        ));
        let lines = words
            .iter()
            .map(|w| format!("{}\t{:e}\n", w.word, w.frequency));
        files.push((table, lines.collect()));
    }
    std::fs::create_dir_all(folder).map_err(FileError::write(folder))?;
    // Write all lists before renaming the first, so that a full disk leaves the old lists
    // consistent.
    let mut written = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        let file = NamedTempFile::new_in(folder)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.as_file().sync_all()?;
                Ok(file)
            })
            .map_err(FileError::write(&path))?;
        written.push((file, path));
    }
    for (file, path) in written {
        file.persist(&path)
            .map_err(|failed| FileError::write(&path)(failed.error))?;
    }
    Ok(())
}
