//! Contents of a language model, and how well it predicts a text.

use std::path::Path;

use serde::Serialize;
use swipekit::language_model::{LanguageModel, MAX_ORDER, SENTENCE_END, SENTENCE_START, UNKNOWN};

use super::error::Result;
use super::text::Sentences;
use crate::files::FileError;

/// The result of [`inspect`].
#[derive(Clone, Debug, Serialize)]
pub struct InspectReport {
    /// Bytes of the file.
    pub bytes: usize,
    /// Words of its longest n-grams.
    pub order: usize,
    /// N-grams of one, two and three words.
    pub ngrams: [usize; MAX_ORDER],
    /// Bytes an n-gram, the words' text included.
    pub bytes_per_ngram: f64,
    /// Bits of a probability.
    pub bits: u32,
    /// Largest error of a stored number, in nats.
    pub max_error: f64,
    /// Which of the marks `<unk>`, `<s>` and `</s>` the model has.
    pub marks: Vec<&'static str>,
    /// How well it predicts a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub perplexity: Option<Perplexity>,
}

/// How well a model predicts the words of a text.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Perplexity {
    /// Sentences.
    pub sentences: usize,
    /// Words counted. If the model has the end of a sentence, that counts as a word.
    pub tokens: usize,
    /// Words that the model lacks. They are not counted.
    pub unknown: usize,
    /// exp of the mean of -ln P(word | words before it in its sentence).
    pub perplexity: f64,
    /// The same without the words before.
    pub unigram_perplexity: f64,
}

/// Opens and verifies the language model at `path`. Measures the perplexity of `text`, a text or a
/// swipe file, if given.
///
/// # Errors
/// If a file is unreadable or damaged, or the text has no word of the model.
pub fn inspect(path: &Path, text: Option<&Path>) -> Result<InspectReport> {
    let model = LanguageModel::open(path)?;
    let ngrams = model.ngrams();
    let marks = [UNKNOWN, SENTENCE_START, SENTENCE_END];
    Ok(InspectReport {
        bytes: model.bytes().len(),
        order: model.order(),
        ngrams,
        bytes_per_ngram: model.bytes().len() as f64 / ngrams.iter().sum::<usize>().max(1) as f64,
        bits: model.bits(),
        max_error: model.max_error(),
        marks: marks
            .into_iter()
            .filter(|mark| model.contains(mark))
            .collect(),
        perplexity: text.map(|text| perplexity(&model, text)).transpose()?,
    })
}

fn perplexity(model: &LanguageModel, path: &Path) -> Result<Perplexity> {
    let (mut sentences, mut tokens, mut unknown) = (0, 0, 0);
    let (mut sum, mut alone) = (0.0, 0.0);
    let none = model.context::<&str>(&[]);
    Sentences::of(path)?.each(|sentence| {
        sentences += 1;
        let mut words = vec![SENTENCE_START];
        words.extend(sentence);
        words.push(SENTENCE_END);
        for at in 1..words.len() {
            let word = words[at];
            if !model.contains(word) || word == UNKNOWN {
                unknown += usize::from(word != SENTENCE_END);
                continue;
            }
            let context = model.context(&words[..at]);
            tokens += 1;
            sum -= model.log_probability(&context, word).unwrap_or_default();
            alone -= model.log_probability(&none, word).unwrap_or_default();
        }
    })?;
    if tokens == 0 {
        return Err(FileError::Empty {
            path: path.to_path_buf(),
            what: "sentence",
        }
        .into());
    }
    let mean = |sum: f64| (sum / tokens as f64).exp();
    Ok(Perplexity {
        sentences,
        tokens,
        unknown,
        perplexity: mean(sum),
        unigram_perplexity: mean(alone),
    })
}
