//! One gesture at a time: a trace goes in, candidates come out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::decoder::{
    Candidate, Decoder, DecoderOptions, Evidence, Greedy, greedy, log_likelihood,
};
use crate::engine::Shared;
use crate::error::{Error, Result};
use crate::features::Features;
use crate::geometry::GesturePath;
use crate::lexicon::Words;
use crate::limits::{CancelToken, Limits};
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

/// Decodes gestures, one after the other. Made by [`Engine::session`](crate::Engine::session).
#[derive(Debug)]
pub struct Session {
    shared: Arc<Shared>,
    decoder: Decoder,
    words: Words,
    options: DecoderOptions,
    features: Features,
    /// Encoder frames `[T', D]`.
    encoded: Vec<f32>,
    /// Encoder frames in the joint's space, `[T', J]`.
    projected: Vec<f32>,
    scratch: JointScratch,
    /// The path on the keyboard, where geometric evidence is asked for.
    path: GesturePath,
    timings: Timings,
    is_whole: bool,
}

impl Session {
    pub(crate) fn new(
        shared: Arc<Shared>,
        decoder: Decoder,
        words: Words,
        options: DecoderOptions,
    ) -> Self {
        Self {
            shared,
            decoder,
            words,
            options,
            features: Features::new(),
            encoded: Vec::new(),
            projected: Vec::new(),
            scratch: JointScratch::default(),
            path: GesturePath::new(),
            timings: Timings::default(),
            is_whole: true,
        }
    }

    /// Whether the last gesture that was decoded was worked off to its end, and not cut short by a deadline or cancelled.
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
    /// [`Error::Invalid`] where there is no word at all: no lexicon, and none of the user; [`Error::Runtime`] where the encoder fails.
    pub fn decode_with(
        &mut self,
        trace: &Trace,
        options: &DecoderOptions,
    ) -> Result<Vec<Candidate>> {
        self.decode_within(trace, options, &Limits::default())
    }

    /// The words that a trace may mean, best first, within limits: see [`Limits`]. [`is_whole`](Self::is_whole) says afterwards
    /// whether the whole gesture was worked off.
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
        options.validate()?;
        // One state of the user's words for the whole gesture.
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
        if !self.encode_until(trace, limits.cancel.as_ref())? {
            self.is_whole = true;
            return Ok(Vec::new());
        }
        let start = Instant::now();
        self.project()?;
        let mut evidence = Evidence::default();
        if options.geometry.is_some() && self.path.set(&self.shared.keyboard, trace) {
            evidence.geometry = Some(&self.path);
        }
        let mut reached = || limits.reached(begin);
        let (candidates, is_whole) =
            self.decoder
                .decode_until(&self.projected, options, &evidence, &mut reached)?;
        self.is_whole = is_whole;
        self.timings.search = start.elapsed();
        Ok(candidates)
    }

    /// The text of the greedily best alignment, without a lexicon; empty for a trace of fewer than two points.
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
            greedy(&self.shared.transducer, &self.projected, GREEDY_SYMBOLS)?;
        let names = &self.shared.bundle.manifest().vocabulary.labels;
        Ok(labels
            .iter()
            .filter_map(|label| names.get(usize::from(*label)))
            .map(String::as_str)
            .collect())
    }

    /// log P(labels | swipe) by the exact forward algorithm; minus infinity for a trace of fewer than two points.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a label that is not one of the model's, [`Error::Runtime`] where the encoder fails.
    pub fn log_likelihood(&mut self, trace: &Trace, labels: &[u8]) -> Result<f64> {
        if !self.encode(trace)? {
            return Ok(f64::NEG_INFINITY);
        }
        self.project()?;
        log_likelihood(&self.shared.transducer, &self.projected, labels)
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

    /// Scores of all words that the search for the last gesture completed, those of its candidates among them, in no order.
    pub fn last_scores(&self) -> impl Iterator<Item = f64> {
        self.decoder.scores()
    }

    /// Bytes that the session takes: prefixes that it remembers (at most about 16 MB and what one gesture adds) and buffers,
    /// which grow to what the longest gesture needed.
    pub fn memory(&self) -> usize {
        let floats = self.encoded.capacity() + self.projected.capacity();
        size_of::<f32>() * (floats + self.features.data().len())
            + self.path.bytes()
            + self.decoder.bytes()
    }

    /// How long the stages of the last gesture took.
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// Runs featuriser and encoder; false for a trace that is no gesture.
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
        let frames = self.shared.featuriser.features(trace, &mut self.features);
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
        self.shared.transducer.joint.project_encoder(
            &self.encoded,
            &mut self.projected,
            &mut self.scratch,
        )
    }
}
