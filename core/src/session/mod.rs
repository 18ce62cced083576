//! One gesture at a time: a trace goes in, a [`Gesture`] comes out, which tells its words.

mod gesture;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) use gesture::EncodeTimes;
pub use gesture::{Decoded, Gesture, Timings};

use crate::decoder::{Decoder, DecoderOptions, SpellingSearch};
use crate::error::{Error, Result};
use crate::features::Features;
use crate::geometry::GesturePath;
use crate::keyboard::Keyboard;
use crate::language_model::LanguageModel;
use crate::lexicon::UserWords;
use crate::limits::Limits;
use crate::shared::Shared;
use crate::trace::Trace;
use crate::transducer::JointScratch;

/// Decodes gestures, one after the other. Made by [`Engine::session`](crate::Engine::session).
///
/// What it keeps from gesture to gesture are buffers and prefixes that it has met: no result
/// depends on them.
#[derive(Debug)]
pub struct Session {
    shared: Arc<Shared>,
    keyboard: Arc<Keyboard>,
    decoder: Decoder,
    spellings: SpellingSearch,
    words: UserWords,
    options: DecoderOptions,
    language_model: Option<LanguageModel>,
    features: Features,
    /// Encoder frames `[T', D]`.
    encoded: Vec<f32>,
    /// Encoder frames in the joint's space, `[T', J]`.
    projected: Vec<f32>,
    scratch: JointScratch,
    /// The path on the keyboard, for geometric evidence.
    path: GesturePath,
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
            features: Features::new(),
            encoded: Vec::new(),
            projected: Vec::new(),
            scratch: JointScratch::default(),
            path: GesturePath::new(),
        }
    }

    /// The words that a trace may mean, with the options of the engine's preset and without limits:
    /// the short way of [`encode`](Self::encode) and [`Gesture::words`].
    ///
    /// # Errors
    /// Those of the two.
    pub fn decode(&mut self, trace: &Trace) -> Result<Decoded> {
        let options = self.options.clone();
        self.encode(trace, &Limits::default())?.words(&options)
    }

    /// Runs featurizer and encoder. What comes out lends the session's buffers, and tells whatever
    /// there is to know of the gesture; the encoder runs once for all of it.
    ///
    /// A trace of fewer than two points is a gesture without frames: it has no words, no spelling,
    /// and means nothing.
    ///
    /// A deadline counts from this call. It does not end the encoder, only the searches of the
    /// gesture; a cancel token ends both.
    ///
    /// # Errors
    /// [`Error::Runtime`] where the encoder fails, [`Error::Cancelled`].
    pub fn encode(&mut self, trace: &Trace, limits: &Limits) -> Result<Gesture<'_>> {
        let begin = Instant::now();
        let times = self.run_encoder(trace, limits)?;
        Ok(Gesture::new(self, times, begin, limits))
    }

    /// Fills the buffers with the frames and the path of `trace`.
    pub(crate) fn run_encoder(&mut self, trace: &Trace, limits: &Limits) -> Result<EncodeTimes> {
        self.encoded.clear();
        self.projected.clear();
        if trace.len() < 2 {
            self.path.clear();
            return Ok(EncodeTimes::default());
        }
        let mut start = Instant::now();
        let mut lap = || -> Duration {
            let now = Instant::now();
            now - std::mem::replace(&mut start, now)
        };
        let warp = self.keyboard.warp();
        let samples = self
            .shared
            .featurizer
            .features_through(warp, trace, &mut self.features);
        self.path.set(&self.keyboard.keys, trace);
        let features = lap();
        let (encoder, data) = (&self.shared.encoder, self.features.data());
        match &limits.cancel {
            Some(cancel) => encoder.encode_until(data, samples, cancel, &mut self.encoded)?,
            None => encoder.encode(data, samples, &mut self.encoded)?,
        };
        let encoder = lap();
        self.keyboard.transducer.joint.project_encoder(
            &self.encoded,
            &mut self.projected,
            &mut self.scratch,
        )?;
        Ok(EncodeTimes {
            features,
            encoder,
            projection: lap(),
        })
    }

    /// Checks the options and takes one state of the user's words for a whole search.
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
        Ok(())
    }

    /// What the model's classes are called.
    fn labels(&self) -> &[String] {
        &self.shared.bundle.manifest().vocabulary.labels
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
}
