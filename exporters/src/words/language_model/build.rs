//! Builds the file that core reads from an ARPA file or from sentences.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Serialize;
use swipekit::bytes::Bytes;
use swipekit::language_model::{
    BuiltLanguageModel, DEFAULT_BITS, LanguageModel, LanguageModelBuilder, MAX_ORDER, Refusal,
    fold_word,
};
use swipekit::lexicon::Lexicon;

use super::arpa::{self, Selection};
use super::counts::{Corpus, Vocabulary};
use super::error::Result;
use super::kneser_ney::{self, Model};
use super::lines::Lines;
use super::text::Sentences;
use crate::arguments::{arguments_of, at_least_one};
use crate::files::FileError;

/// The source of a model.
#[derive(Clone, Debug)]
pub enum Source {
    /// An ARPA file, plain or gzipped.
    Arpa(PathBuf),
    /// Texts, plain or gzipped.
    Text(Vec<PathBuf>),
    /// The prompts of a swipe file, each once.
    Swipes(PathBuf),
}

/// [`Source`] on the command line.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct SourceArguments {
    /// ARPA file, plain or gzipped.
    #[arg(long, value_name = "FILE")]
    arpa: Option<PathBuf>,
    /// Text, plain or gzipped; may be given several times.
    #[arg(long, value_name = "FILE")]
    text: Vec<PathBuf>,
    /// Swipe file whose prompts to use.
    #[arg(long, value_name = "FILE")]
    swipes: Option<PathBuf>,
}

impl From<SourceArguments> for Source {
    fn from(arguments: SourceArguments) -> Self {
        match (arguments.arpa, arguments.swipes) {
            (Some(arpa), _) => Self::Arpa(arpa),
            (_, Some(swipes)) => Self::Swipes(swipes),
            _ => Self::Text(arguments.text),
        }
    }
}

arguments_of!(Source, SourceArguments);

/// Options of [`build`].
#[derive(Clone, Debug, clap::Args)]
pub struct BuildOptions {
    /// The source of the model.
    #[command(flatten)]
    pub source: Source,
    /// Most words of an n-gram, 1 to 3. Longer n-grams are left out. Default: as many as in the
    /// ARPA file, or 3 for a text.
    #[arg(long, value_name = "N", value_parser = order)]
    pub order: Option<usize>,
    /// Bits of a stored probability, 8 to 16.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_BITS, value_parser = clap::value_parser!(u32).range(8..=16))]
    pub bits: u32,
    /// Keep only the N likeliest words.
    #[arg(long, value_name = "N", value_parser = at_least_one::<usize>)]
    pub max_words: Option<usize>,
    /// Keep only the words of this lexicon or word list.
    #[arg(long = "lexicon", value_name = "FILE")]
    pub words: Option<PathBuf>,
    /// Least counts for words, pairs and triples of a text to be kept. The last number also applies
    /// to longer n-grams.
    #[arg(long, value_name = "N,N,N", default_value = "1", conflicts_with = "arpa", value_parser = min_counts)]
    pub min_counts: [u64; MAX_ORDER],
    /// Leave out the sentences of this swipe file or text, so that they can serve as test data.
    #[arg(long, value_name = "FILE", conflicts_with = "arpa")]
    pub without: Option<PathBuf>,
}

/// Parses the order of a model.
fn order(text: &str) -> std::result::Result<usize, String> {
    let order = at_least_one(text)?;
    if order <= MAX_ORDER {
        Ok(order)
    } else {
        Err(format!("expected at most {MAX_ORDER}"))
    }
}

/// Parses counts by the length of the n-gram, separated by commas.
fn min_counts(text: &str) -> std::result::Result<[u64; MAX_ORDER], String> {
    let given: Vec<u64> = text
        .split(',')
        .map(at_least_one)
        .collect::<std::result::Result<_, _>>()?;
    if given.len() > MAX_ORDER {
        return Err(format!("expected at most {MAX_ORDER} numbers"));
    }
    let last = given[given.len() - 1];
    Ok(std::array::from_fn(|index| {
        *given.get(index).unwrap_or(&last)
    }))
}

impl BuildOptions {
    /// All n-grams of `source`, of up to three words.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            order: None,
            bits: DEFAULT_BITS,
            max_words: None,
            words: None,
            min_counts: [1; MAX_ORDER],
            without: None,
        }
    }
}

/// The result of [`build`].
#[derive(Clone, Debug, Serialize)]
pub struct BuildReport {
    /// Bytes of the file.
    pub bytes: usize,
    /// Words of its longest n-grams.
    pub order: usize,
    /// N-grams of one, two and three words.
    pub ngrams: [usize; MAX_ORDER],
    /// Bits of a probability.
    pub bits: u32,
    /// Largest error of a stored number, in nats.
    pub max_error: f64,
    /// N-grams of one, two and three words in the ARPA file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<[usize; MAX_ORDER]>,
    /// N-grams of the ARPA file left out because of a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<usize>,
    /// Sentences of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentences: Option<usize>,
    /// Words of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<usize>,
    /// Sentences of the text that were left out as test data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentences_left_out: Option<usize>,
}

/// Builds a language model in memory.
///
/// # Errors
/// [`LanguageError`](super::LanguageError): a file that is unreadable or malformed, unusable
/// options, a model that is too large.
pub fn build_bytes(options: &BuildOptions) -> Result<(BuiltLanguageModel, BuildReport)> {
    if options
        .order
        .is_some_and(|order| !(1..=MAX_ORDER).contains(&order))
    {
        let got = options.order.unwrap_or_default();
        return Err(swipekit::Error::invalid("the order", "1 to 3", got).into());
    }
    let words = options.words.as_deref().map(words_of).transpose()?;
    let (mut given, mut left_out) = (None, None);
    let (mut sentences, mut tokens, mut sentences_left_out) = (None, None, None);
    let builder = match &options.source {
        Source::Arpa(path) => {
            let selection = Selection {
                order: options.order,
                max_words: options.max_words,
                words,
            };
            let (builder, read) = arpa::read(Lines::open(path)?, path, &selection)?;
            (given, left_out) = (Some(read.given), Some(read.left_out));
            builder
        }
        Source::Text(_) | Source::Swipes(_) => {
            let (mut corpus, count) = corpus(options)?;
            corpus.limit(&Vocabulary {
                min_count: options.min_counts[0],
                max_words: options.max_words,
                words,
            });
            sentences = Some(corpus.sentences);
            tokens = Some(corpus.tokens());
            sentences_left_out = options.without.as_ref().map(|_| count);
            let order = options.order.unwrap_or(MAX_ORDER);
            let model = kneser_ney::estimate(&corpus, order, options.min_counts);
            fill(&model, &corpus.words).map_err(|refusal| {
                swipekit::Error::invalid("the text", "n-grams that a model can hold", refusal)
            })?
        }
    };
    let built = builder.bits(options.bits)?.build()?;
    let model = LanguageModel::from_bytes(Bytes::from(built.bytes.clone()), "the language model")?;
    let report = BuildReport {
        bytes: built.bytes.len(),
        order: model.order(),
        ngrams: built.ngrams,
        bits: model.bits(),
        max_error: model.max_error(),
        given,
        left_out,
        sentences,
        tokens,
        sentences_left_out,
    };
    Ok((built, report))
}

/// Builds a language model and writes it to a temporary file beside `output`, then renames that.
///
/// # Errors
/// Those of [`build_bytes`], and [`swipekit::Error::Write`].
pub fn build(options: &BuildOptions, output: &Path) -> Result<BuildReport> {
    let (built, report) = build_bytes(options)?;
    built.write(output)?;
    Ok(report)
}

/// The sentences of a text, and the number of test sentences left out of it.
fn corpus(options: &BuildOptions) -> Result<(Corpus, usize)> {
    let fold = |sentence: &[&str]| -> Vec<String> {
        sentence.iter().filter_map(|word| fold_word(word)).collect()
    };
    let mut without = HashSet::new();
    if let Some(path) = &options.without {
        Sentences::of(path)?.each(|sentence| {
            without.insert(fold(sentence));
        })?;
    }
    let (mut corpus, mut left_out) = (Corpus::new(), HashSet::new());
    let mut add = |sentence: &[&str]| {
        if !without.is_empty() {
            let folded = fold(sentence);
            if without.contains(&folded) {
                left_out.insert(folded);
                return;
            }
        }
        corpus.add(sentence);
    };
    let path = match &options.source {
        Source::Swipes(path) => {
            Sentences::of_manifest(path).each(&mut add)?;
            path
        }
        Source::Text(paths) => {
            for path in paths {
                Sentences::of_text(path).each(&mut add)?;
            }
            paths.first().unwrap_or(const { &PathBuf::new() })
        }
        Source::Arpa(path) => path,
    };
    if corpus.sentences == 0 {
        return Err(FileError::Empty {
            path: path.clone(),
            what: "sentence",
        }
        .into());
    }
    Ok((corpus, left_out.len()))
}

fn fill(model: &Model, words: &[String]) -> Result<LanguageModelBuilder, Refusal> {
    let mut builder = LanguageModelBuilder::new();
    // Only the start of a sentence has probability 0.
    let ln = |number: f64| number.max(f64::MIN_POSITIVE).ln();
    let word = |number: u32| words[number as usize].as_str();
    for (number, [probability, backoff]) in (0..).zip(&model.unigrams) {
        builder.add(&[word(number)], ln(*probability), ln(*backoff))?;
    }
    for ([first, second], [probability, backoff]) in &model.pairs {
        builder.add(
            &[word(*first), word(*second)],
            ln(*probability),
            ln(*backoff),
        )?;
    }
    for ([first, second, third], probability) in &model.triples {
        let words = [word(*first), word(*second), word(*third)];
        builder.add(&words, ln(*probability), 0.0)?;
    }
    Ok(builder)
}

/// The words of a lexicon or of a word list, folded.
fn words_of(path: &Path) -> Result<HashSet<String>> {
    let bytes = Bytes::map(path)?;
    if !Lexicon::is_lexicon(&bytes) {
        let words = crate::words::lexicon::read_words(path)?;
        return Ok(words.iter().filter_map(|word| fold_word(word)).collect());
    }
    let lexicon = Lexicon::any_vocabulary(bytes, path)?;
    let mut words = HashSet::new();
    lexicon.each_key(|key, _| {
        words.extend(lexicon.words(key).filter_map(|(word, _)| fold_word(&word)));
    });
    Ok(words)
}
