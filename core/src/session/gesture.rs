//! One encoded trace, and what it may mean.

use std::time::{Duration, Instant};

use super::Session;
use crate::decoder::evidence::{Evidence, Sentence};
use crate::decoder::{
    Candidate, DecoderOptions, Report, Spelling, greedy, log_likelihood, spelling_text,
};
use crate::error::Result;
use crate::geometry::GesturePath;
use crate::language_model::{Context, LanguageModel};
use crate::lexicon::Alphabet;
use crate::limits::Limits;

/// Labels that greedy decoding takes a frame at most.
const GREEDY_SYMBOLS: usize = 10;

/// Time that the stages of a gesture took.
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

/// The words that a gesture may mean, and how they were found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Decoded {
    /// The words, best first.
    pub candidates: Vec<Candidate>,
    /// Whether all frames were searched. If a deadline ended the search, the words are those of the
    /// frames before it.
    pub is_complete: bool,
    /// How long it took. Features and encoder are those of the gesture, however often it is
    /// searched; the search is that of this result.
    pub timings: Timings,
}

impl IntoIterator for Decoded {
    type Item = Candidate;
    type IntoIter = std::vec::IntoIter<Candidate>;

    fn into_iter(self) -> Self::IntoIter {
        self.candidates.into_iter()
    }
}

impl<'d> IntoIterator for &'d Decoded {
    type Item = &'d Candidate;
    type IntoIter = std::slice::Iter<'d, Candidate>;

    fn into_iter(self) -> Self::IntoIter {
        self.candidates.iter()
    }
}

/// How long a gesture's frames took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EncodeTimes {
    pub(crate) features: Duration,
    pub(crate) encoder: Duration,
    /// Frames to the joint's space, a part of every search.
    pub(crate) projection: Duration,
}

/// An encoded trace. Made by [`Session::encode`], whose buffers it borrows, and by
/// [`LiveSession::with_gesture`](crate::LiveSession::with_gesture).
///
/// It can be asked as often as one likes, with one set of options or another: nothing that it was
/// asked before changes an answer.
pub struct Gesture<'s> {
    session: &'s mut Session,
    times: EncodeTimes,
    begin: Instant,
    limits: Limits,
    context: Context,
}

impl std::fmt::Debug for Gesture<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // No point of a trace in a log.
        f.debug_struct("Gesture")
            .field("times", &self.times)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl<'s> Gesture<'s> {
    pub(crate) fn new(
        session: &'s mut Session,
        times: EncodeTimes,
        begin: Instant,
        limits: &Limits,
    ) -> Self {
        Self {
            session,
            times,
            begin,
            limits: limits.clone(),
            context: Context::default(),
        }
    }

    /// The same gesture behind `words`, those before it in its sentence, oldest first: they count
    /// in [`words`](Self::words) and [`explain`](Self::explain) where the engine has a language
    /// model. Without any, candidates are as they are without a model.
    ///
    /// Words come without their punctuation, in capitals or not; more than the model looks back on
    /// do no harm. [`SENTENCE_START`](crate::language_model::SENTENCE_START) as the first one says
    /// that the sentence begins there.
    #[must_use]
    pub fn with_context<W: AsRef<str>>(self, words: &[W]) -> Self {
        let context = match &self.session.language_model {
            Some(model) => model.context(words),
            None => Context::default(),
        };
        self.after(context)
    }

    /// As [`with_context`](Self::with_context), looked up already.
    pub(crate) fn after(self, context: Context) -> Self {
        Self { context, ..self }
    }

    /// The words that the gesture may mean, best first, as the lexicon and the user's words are at
    /// this moment.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for options out of range and where there is no
    /// word at all: no lexicon, and none of the user;
    /// [`Error::Cancelled`](crate::Error::Cancelled).
    pub fn words(&mut self, options: &DecoderOptions) -> Result<Decoded> {
        self.session.prepare(options)?;
        let start = Instant::now();
        let session = &mut *self.session;
        let evidence = evidence(&session.language_model, &self.context, &session.path);
        let (candidates, is_complete) =
            session
                .decoder
                .decode_until(&session.projected, options, &evidence, &mut || {
                    self.limits.reached(self.begin)
                })?;
        Ok(Decoded {
            candidates,
            is_complete,
            timings: Timings {
                features: self.times.features,
                encoder: self.times.encoder,
                search: self.times.projection + start.elapsed(),
            },
        })
    }

    /// As [`words`](Self::words), and the scores of all words that the search completed, those of
    /// the candidates among them, in no order: what confidences are shares of.
    ///
    /// # Errors
    /// Those of [`words`](Self::words).
    pub fn words_and_scores(&mut self, options: &DecoderOptions) -> Result<(Decoded, Vec<f64>)> {
        let decoded = self.words(options)?;
        Ok((decoded, self.session.decoder.scores().collect()))
    }

    /// The `count` likeliest spellings, best first, without a lexicon: names, passwords, words that
    /// are not in it. Beam, window and depth bonus are those of `options`, the beam at least
    /// `count`.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a count that is not 1 to 1024 and for options
    /// out of range.
    pub fn spellings(&mut self, count: usize, options: &DecoderOptions) -> Result<Vec<Spelling>> {
        let Session {
            shared,
            keyboard,
            spellings,
            projected,
            ..
        } = &mut *self.session;
        let names = &shared.bundle.manifest().vocabulary.labels;
        spellings.run(&keyboard.transducer, names, projected, count, options)
    }

    /// The text of the greedily best alignment, without a lexicon.
    ///
    /// # Errors
    /// None that a sound model gives.
    pub fn greedy(&self) -> Result<String> {
        let session = &*self.session;
        let transducer = &session.keyboard.transducer;
        let found = greedy(transducer, &session.projected, GREEDY_SYMBOLS)?;
        Ok(spelling_text(&found.labels, session.labels()))
    }

    /// log P(labels | swipe), natural logarithm, by the exact forward algorithm; minus infinity for
    /// a gesture without frames.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a label that is not one of the model's.
    pub fn log_likelihood(&self, labels: &[u8]) -> Result<f64> {
        let session = &*self.session;
        log_likelihood(&session.keyboard.transducer, &session.projected, labels)
    }

    /// The candidates, and what became of each of `words`: its rank among them, or where and why
    /// the search lost it. For reports of wrong words. Limits do not end it.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) as of [`words`](Self::words).
    pub fn explain(&mut self, words: &[&str], options: &DecoderOptions) -> Result<Report> {
        self.session.prepare(options)?;
        let session = &mut *self.session;
        let alphabet = Alphabet::new(session.labels());
        let evidence = evidence(&session.language_model, &self.context, &session.path);
        session
            .decoder
            .explain(&session.projected, options, &evidence, &alphabet, words)
    }

    /// The encoder's frames, `[T', D]`.
    pub fn frames(&self) -> &[f32] {
        &self.session.encoded
    }
}

/// What is known of a gesture besides its frames.
fn evidence<'a>(
    language_model: &'a Option<LanguageModel>,
    context: &'a Context,
    path: &'a GesturePath,
) -> Evidence<'a> {
    Evidence {
        language_model: language_model
            .as_ref()
            .map(|model| Sentence { model, context }),
        geometry: Some(path),
    }
}
