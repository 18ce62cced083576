//! One gesture at a time: a trace goes in, candidates come out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::decoder::evidence::{Evidence, Sentence};
use crate::decoder::{
    Candidate, Decoder, DecoderOptions, Greedy, Report, SpellingSearch, greedy, log_likelihood,
};
use crate::error::{Error, Result};
use crate::features::Features;
use crate::geometry::GesturePath;
use crate::keyboard::Keyboard;
use crate::language_model::{Context, LanguageModel};
use crate::lexicon::{Alphabet, UserWords};
use crate::limits::{CancelToken, Limits};
use crate::shared::Shared;
use crate::trace::Trace;
use crate::transducer::JointScratch;

/// Labels that greedy decoding takes a frame at most.
const GREEDY_SYMBOLS: usize = 10;

/// Time that the stages of the last gesture took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timings {
    /// Points to features.
    pub features: Duration,
    /// Features to frames: the encoder.
    pub encoder: Duration,
    /// Frames to words: everything after the encoder.
    pub search: Duration,
}

impl Timings {
    /// The whole gesture.
    pub fn total(&self) -> Duration {
        self.features + self.encoder + self.search
    }
}

/// What a swipe spells, whether it is a word or not.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Literal {
    /// The labels, written one after the other.
    pub text: String,
    /// log P(labels | swipe), natural logarithm, summed over alignments.
    pub log_probability: f64,
    /// Its share in all spellings that there are, 0 to 1: exp(`log_probability`). It is the model's
    /// own and no calibrated probability.
    pub confidence: f64,
}

/// Decodes gestures, one after the other. Made by [`Engine::session`](crate::Engine::session).
#[derive(Debug)]
pub struct Session {
    shared: Arc<Shared>,
    keyboard: Arc<Keyboard>,
    decoder: Decoder,
    spellings: SpellingSearch,
    words: UserWords,
    options: DecoderOptions,
    language_model: Option<LanguageModel>,
    context: Context,
    features: Features,
    /// Encoder frames `[T', D]`.
    encoded: Vec<f32>,
    /// Encoder frames in the joint's space, `[T', J]`.
    projected: Vec<f32>,
    scratch: JointScratch,
    /// The path on the keyboard, for geometric evidence.
    path: GesturePath,
    timings: Timings,
    is_whole: bool,
}

impl Session {
    pub(crate) fn new(
        shared: Arc<Shared>,
        keyboard: Arc<Keyboard>,
        decoder: Decoder,
        words: UserWords,
        options: DecoderOptions,
        language_model: Option<LanguageModel>,
    ) -> Self {
        Self {
            shared,
            keyboard,
            decoder,
            spellings: SpellingSearch::default(),
            words,
            options,
            language_model,
            context: Context::default(),
            features: Features::new(),
            encoded: Vec::new(),
            projected: Vec::new(),
            scratch: JointScratch::default(),
            path: GesturePath::new(),
            timings: Timings::default(),
            is_whole: true,
        }
    }

    /// The words before the next gesture in its sentence, oldest first: they count in every decode
    /// until this is called again, so call it before each. Without any, and where the engine has no
    /// language model, candidates are as ever.
    ///
    /// Words come without their punctuation, in capitals or not; more than the model looks back on
    /// do no harm. [`SENTENCE_START`](crate::language_model::SENTENCE_START) as the first one says
    /// that the sentence begins there.
    pub fn set_context<W: AsRef<str>>(&mut self, words: &[W]) {
        self.context = match &self.language_model {
            Some(model) => model.context(words),
            None => Context::default(),
        };
    }

    /// As [`set_context`](Self::set_context), looked up already.
    pub(crate) fn take_context(&mut self, context: &Context) {
        self.context.clone_from(context);
    }

    /// Forgets the words before the next gesture.
    pub fn clear_context(&mut self) {
        self.context = Context::default();
    }

    /// Whether the last gesture that was decoded was worked off to its end, and not cut short by a
    /// deadline or cancelled.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The words that a trace may mean, best first, with the options of the engine's preset.
    ///
    /// A trace of fewer than two points means nothing: the result is empty.
    ///
    /// # Errors
    /// As [`decode_with`](Self::decode_with).
    pub fn decode(&mut self, trace: &Trace) -> Result<Vec<Candidate>> {
        let options = self.options.clone();
        self.decode_with(trace, &options)
    }

    /// The words that a trace may mean, best first.
    ///
    /// # Errors
    /// [`Error::Invalid`] where there is no word at all: no lexicon, and none of the user;
    /// [`Error::Runtime`] where the encoder fails.
    pub fn decode_with(
        &mut self,
        trace: &Trace,
        options: &DecoderOptions,
    ) -> Result<Vec<Candidate>> {
        self.decode_within(trace, options, &Limits::default())
    }

    /// The words that a trace may mean, best first, within limits: see [`Limits`].
    /// [`is_whole`](Self::is_whole) says afterwards whether the whole gesture was worked off.
    ///
    /// # Errors
    /// Those of [`decode_with`](Self::decode_with), and [`Error::Cancelled`].
    pub fn decode_within(
        &mut self,
        trace: &Trace,
        options: &DecoderOptions,
        limits: &Limits,
    ) -> Result<Vec<Candidate>> {
        let begin = Instant::now();
        self.prepare(options)?;
        if !self.encode_until(trace, limits.cancel.as_ref())? {
            self.is_whole = true;
            return Ok(Vec::new());
        }
        self.search(options, limits, begin)
    }

    /// The words that the last gesture may mean, with other options or after the user's words have
    /// changed: the encoder does not run again. The same as decoding its trace anew; empty where
    /// that was no gesture, or was cancelled before it was encoded.
    ///
    /// # Errors
    /// As [`decode_within`](Self::decode_within).
    pub fn decode_again(
        &mut self,
        options: &DecoderOptions,
        limits: &Limits,
    ) -> Result<Vec<Candidate>> {
        let begin = Instant::now();
        self.prepare(options)?;
        self.timings = Timings::default();
        if self.encoded.is_empty() {
            self.is_whole = true;
            return Ok(Vec::new());
        }
        self.search(options, limits, begin)
    }

    /// Checks the options and takes one state of the user's words for the whole decode.
    fn prepare(&mut self, options: &DecoderOptions) -> Result<()> {
        options.validate()?;
        let layers = self.words.snapshot();
        if layers.is_empty() {
            return Err(Error::invalid(
                "the words",
                "a lexicon given to Engine::with_lexicon, or words added to Engine::words",
                "none",
            ));
        }
        self.decoder.set_layers(layers);
        self.is_whole = false;
        Ok(())
    }

    /// Searches the encoded frames, for a decode that began at `begin`.
    fn search(
        &mut self,
        options: &DecoderOptions,
        limits: &Limits,
        begin: Instant,
    ) -> Result<Vec<Candidate>> {
        let start = Instant::now();
        self.project()?;
        let evidence = evidence(self.language_model.as_ref(), &self.context, &self.path);
        let mut reached = || limits.reached(begin);
        let (candidates, is_whole) =
            self.decoder
                .decode_until(&self.projected, options, &evidence, &mut reached)?;
        self.is_whole = is_whole;
        self.timings.search = start.elapsed();
        Ok(candidates)
    }

    /// As [`decode_with`](Self::decode_with), and what became of each of `words`: its place among
    /// the candidates, or where and why the search lost it. For reports of wrong words; it costs
    /// about as much again for each word.
    ///
    /// # Errors
    /// Those of [`decode_with`](Self::decode_with).
    pub fn explain(
        &mut self,
        trace: &Trace,
        options: &DecoderOptions,
        words: &[&str],
    ) -> Result<Report> {
        self.decode_with(trace, options)?;
        if self.encoded.is_empty() {
            self.projected.clear();
        }
        let start = Instant::now();
        let alphabet = Alphabet::new(&self.shared.bundle.manifest().vocabulary.labels);
        let evidence = evidence(self.language_model.as_ref(), &self.context, &self.path);
        let report = self
            .decoder
            .explain(&self.projected, options, &evidence, &alphabet, words);
        self.timings.search = start.elapsed();
        report
    }

    /// The text of the greedily best alignment, without a lexicon; empty for a trace of fewer than
    /// two points.
    ///
    /// # Errors
    /// [`Error::Runtime`] where the encoder fails.
    pub fn greedy(&mut self, trace: &Trace) -> Result<String> {
        if !self.encode(trace)? {
            return Ok(String::new());
        }
        let start = Instant::now();
        let text = self.last_greedy();
        self.timings.search = start.elapsed();
        text
    }

    /// As [`greedy`](Self::greedy), of the last gesture: the encoder does not run again.
    ///
    /// # Errors
    /// None that a sound model gives.
    pub fn last_greedy(&mut self) -> Result<String> {
        if self.encoded.is_empty() {
            return Ok(String::new());
        }
        if self.projected.is_empty() {
            self.project()?;
        }
        let Greedy { labels, .. } =
            greedy(&self.keyboard.transducer, &self.projected, GREEDY_SYMBOLS)?;
        Ok(self.text(&labels))
    }

    /// The `count` likeliest spellings of a trace, best first, without a lexicon: names, words that
    /// are not in it. Beam, window and depth bonus are those of the engine's preset, the beam at
    /// least `count`. None for a trace of fewer than two points.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a count that is not 1 to 1024, [`Error::Runtime`] where the encoder
    /// fails.
    pub fn literal(&mut self, trace: &Trace, count: usize) -> Result<Vec<Literal>> {
        self.encode(trace)?;
        let start = Instant::now();
        let found = self.last_literal(count);
        self.timings.search = start.elapsed();
        found
    }

    /// As [`literal`](Self::literal), of the last gesture, beside its words: the encoder does not
    /// run again.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a count that is not 1 to 1024.
    pub fn last_literal(&mut self, count: usize) -> Result<Vec<Literal>> {
        let options = self.options.clone();
        self.last_literal_with(count, &options)
    }

    /// As [`last_literal`](Self::last_literal), with beam, window and depth bonus of `options`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a count that is not 1 to 1024 and for options out of range.
    pub fn last_literal_with(
        &mut self,
        count: usize,
        options: &DecoderOptions,
    ) -> Result<Vec<Literal>> {
        if self.projected.is_empty() && !self.encoded.is_empty() {
            self.project()?;
        }
        let transducer = &self.keyboard.transducer;
        let found = self
            .spellings
            .run(transducer, &self.projected, count, options)?;
        Ok(found
            .into_iter()
            .map(|spelling| Literal {
                text: self.text(&spelling.labels),
                log_probability: spelling.log_probability,
                confidence: libm::exp(spelling.log_probability),
            })
            .collect())
    }

    fn text(&self, labels: &[u8]) -> String {
        let names = &self.shared.bundle.manifest().vocabulary.labels;
        labels
            .iter()
            .filter_map(|label| names.get(usize::from(*label)))
            .map(String::as_str)
            .collect()
    }

    /// log P(labels | swipe) by the exact forward algorithm; minus infinity for a trace of fewer
    /// than two points.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a label that is not one of the model's, [`Error::Runtime`] where the
    /// encoder fails.
    pub fn log_likelihood(&mut self, trace: &Trace, labels: &[u8]) -> Result<f64> {
        if !self.encode(trace)? {
            return Ok(f64::NEG_INFINITY);
        }
        self.project()?;
        log_likelihood(&self.keyboard.transducer, &self.projected, labels)
    }

    /// The encoder's frames of a trace, `[T', D]`; empty for a trace of fewer than two points.
    ///
    /// # Errors
    /// [`Error::Runtime`] where the encoder fails.
    pub fn frames(&mut self, trace: &Trace) -> Result<&[f32]> {
        self.encode(trace)?;
        Ok(&self.encoded)
    }

    /// The encoder's frames of the last gesture, `[T', D]`: the encoder does not run again.
    pub fn last_frames(&self) -> &[f32] {
        &self.encoded
    }

    /// Scores of all words that the search for the last gesture completed, those of its candidates
    /// among them, in no order.
    pub fn last_scores(&self) -> impl Iterator<Item = f64> {
        self.decoder.scores()
    }

    /// Bytes that the session takes: prefixes that it remembers
    /// ([`EngineOptions::prefix_bytes`](crate::EngineOptions::prefix_bytes) and what one gesture
    /// adds) and buffers, which grow to what the longest gesture needed.
    pub fn memory(&self) -> usize {
        let floats = self.encoded.capacity() + self.projected.capacity();
        size_of::<f32>() * (floats + self.features.data().len())
            + self.path.bytes()
            + self.decoder.bytes()
            + self.spellings.bytes()
    }

    /// How long the stages of the last gesture took.
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// Runs featurizer and encoder; false for a trace that is no gesture.
    fn encode(&mut self, trace: &Trace) -> Result<bool> {
        self.encode_until(trace, None)
    }

    fn encode_until(&mut self, trace: &Trace, cancel: Option<&CancelToken>) -> Result<bool> {
        self.timings = Timings::default();
        self.encoded.clear();
        self.projected.clear();
        if trace.len() < 2 {
            return Ok(false);
        }
        let start = Instant::now();
        let warp = self.keyboard.warp();
        let frames = self
            .shared
            .featurizer
            .features_through(warp, trace, &mut self.features);
        self.path.set(&self.keyboard.keys, trace);
        self.timings.features = start.elapsed();
        let start = Instant::now();
        let (encoder, features) = (&self.shared.encoder, self.features.data());
        match cancel {
            Some(cancel) => encoder.encode_until(features, frames, cancel, &mut self.encoded)?,
            None => encoder.encode(features, frames, &mut self.encoded)?,
        };
        self.timings.encoder = start.elapsed();
        Ok(true)
    }

    fn project(&mut self) -> Result<()> {
        self.keyboard.transducer.joint.project_encoder(
            &self.encoded,
            &mut self.projected,
            &mut self.scratch,
        )
    }
}

/// What is known of a gesture besides its frames.
fn evidence<'a>(
    language_model: Option<&'a LanguageModel>,
    context: &'a Context,
    path: &'a GesturePath,
) -> Evidence<'a> {
    Evidence {
        language_model: language_model.map(|model| Sentence { model, context }),
        geometry: Some(path),
    }
}
