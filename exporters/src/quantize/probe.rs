//! What a graph does to words, swipe by swipe, next to the FP32 graph.

use std::sync::Arc;

use serde::Serialize;
use swipekit::internals::bundle::manifest::ModelSpec;
use swipekit::internals::decoder::{Decoder, DecoderOptions, log_likelihood};
use swipekit::internals::runtime::{Encoder, OnnxEncoder, RuntimeOptions};
use swipekit::internals::transducer::{JointScratch, PredictionJoint};
use swipekit::lexicon::{Alphabet, Lexicon};

use super::calibrate::EncoderInput;
use crate::quantize::frames::{EncoderError, ErrorHistogram, SwipeError};

/// A swipe and the key of the word that was meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The swipe.
    pub input: EncoderInput,
    /// Labels of the word; `None` where the model cannot spell it.
    pub key: Option<Vec<u8>>,
}

/// What decodes the frames of every graph that is tried.
#[derive(Clone, Debug)]
pub struct Judge {
    /// Dimensions of the network.
    pub model: ModelSpec,
    /// Prediction network and joint.
    pub transducer: Arc<PredictionJoint>,
    /// The words.
    pub lexicon: Arc<Lexicon>,
    /// The model's labels.
    pub alphabet: Alphabet,
    /// Options of the search.
    pub options: DecoderOptions,
    /// Threads that the swipes are spread over.
    pub threads: usize,
}

/// What a graph gave for one swipe.
#[derive(Clone, Debug)]
struct Outcome {
    hit: bool,
    log_likelihood: f64,
    encoded: Vec<f32>,
}

/// Swipes with what the FP32 graph gives for them.
#[derive(Debug)]
pub struct Probe {
    judge: Judge,
    decoder: Decoder,
    targets: Arc<Vec<Target>>,
    baseline: Vec<Outcome>,
}

/// What a graph does to the words of a set of swipes, next to the FP32 graph.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// Swipes.
    pub swipes: usize,
    /// Percent of the swipes whose word is the best candidate.
    pub top1: f64,
    /// Points of `top1` that the FP32 graph has more.
    pub top1_loss: f64,
    /// Swipes that only the FP32 graph gets right.
    pub lost: usize,
    /// Swipes that only this graph gets right.
    pub gained: usize,
    /// Mean loss of log P(word | swipe), in nats.
    pub log_likelihood_loss: f64,
    /// Mean cosine between this graph's frames and those of the FP32 graph.
    pub cosine: f64,
    /// Root mean square of the difference of the frames over that of the frames; a few frames may
    /// make most of it.
    pub relative_error: f64,
}

impl Probe {
    /// Decodes `targets` with the FP32 graph.
    ///
    /// # Errors
    /// What the runtime gives.
    pub fn new(judge: Judge, targets: Arc<Vec<Target>>, fp32: &[u8]) -> swipekit::Result<Self> {
        // The prefixes that swipes meet are made once and kept: later graphs meet nearly the same.
        let decoder = Decoder::new(
            Arc::clone(&judge.transducer),
            Arc::clone(&judge.lexicon),
            WARM_PREFIXES,
        )?;
        let mut probe = Self {
            judge,
            decoder,
            targets,
            baseline: Vec::new(),
        };
        probe.baseline = probe.outcomes(&probe.open(fp32)?, 1)?;
        Ok(probe)
    }

    /// Decodes the swipes with another graph of the same encoder: all of them, or every n-th so
    /// that there are at most `swipes`.
    ///
    /// # Errors
    /// What the runtime gives.
    pub fn effect(&self, encoder: &[u8], swipes: Option<usize>) -> swipekit::Result<Effect> {
        self.effect_of(&self.open(encoder)?, swipes)
    }

    /// As [`effect`](Self::effect), of an encoder in any runtime; it should have as many copies as
    /// the judge has threads.
    ///
    /// # Errors
    /// What the runtime gives.
    pub fn effect_of(
        &self,
        encoder: &dyn Encoder,
        swipes: Option<usize>,
    ) -> swipekit::Result<Effect> {
        let every = swipes.map_or(1, |swipes| self.targets.len().div_ceil(swipes.max(1)));
        let every = every.max(1);
        let outcomes = self.outcomes(encoder, every)?;
        let mut effect = Effect {
            swipes: outcomes.len(),
            top1: 0.0,
            top1_loss: 0.0,
            lost: 0,
            gained: 0,
            log_likelihood_loss: 0.0,
            cosine: 1.0,
            relative_error: 0.0,
        };
        let (mut hits, mut spelled, mut loss) = (0usize, 0usize, 0.0);
        let width = self.judge.model.encoder.max(1);
        let (mut frames, mut histogram) = (Vec::new(), ErrorHistogram::default());
        for (before, now) in self.baseline.iter().step_by(every).zip(&outcomes) {
            hits += usize::from(now.hit);
            effect.lost += usize::from(before.hit && !now.hit);
            effect.gained += usize::from(!before.hit && now.hit);
            let change = before.log_likelihood - now.log_likelihood;
            if change.is_finite() {
                loss += change;
                spelled += 1;
            }
            let (before, now) = (&before.encoded, &now.encoded);
            frames.push(SwipeError::of(before, now, width, &mut histogram));
        }
        let swipes = outcomes.len().max(1) as f64;
        effect.top1 = 100.0 * hits as f64 / swipes;
        effect.top1_loss = 100.0 * (effect.lost as f64 - effect.gained as f64) / swipes;
        effect.log_likelihood_loss = loss / spelled.max(1) as f64;
        if let Some(error) = EncoderError::of(&frames, histogram) {
            effect.cosine = error.cosine_mean;
            effect.relative_error = error.rms_relative;
        }
        Ok(effect)
    }

    /// A graph, ready to run on all threads.
    fn open(&self, encoder: &[u8]) -> swipekit::Result<OnnxEncoder> {
        let mut options = RuntimeOptions::default();
        options.copies = self.judge.threads.max(1);
        OnnxEncoder::from_bytes(encoder, &self.judge.model, &options)
    }

    fn outcomes(&self, encoder: &dyn Encoder, every: usize) -> swipekit::Result<Vec<Outcome>> {
        let targets: Vec<&Target> = self.targets.iter().step_by(every).collect();
        let threads = self.judge.threads.clamp(1, targets.len().max(1));
        let share = targets.len().div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            let runs: Vec<_> = targets
                .chunks(share)
                .map(|targets| scope.spawn(|| self.share(encoder, targets)))
                .collect();
            let mut outcomes = Vec::with_capacity(targets.len());
            for run in runs {
                match run.join() {
                    Ok(part) => outcomes.extend(part?),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            Ok(outcomes)
        })
    }

    fn share(&self, encoder: &dyn Encoder, targets: &[&Target]) -> swipekit::Result<Vec<Outcome>> {
        let Judge {
            transducer,
            alphabet,
            options,
            ..
        } = &self.judge;
        let mut decoder = self.decoder.clone();
        let (mut projected, mut scratch) = (Vec::new(), JointScratch::default());
        let mut outcomes = Vec::with_capacity(targets.len());
        for Target { input, key } in targets {
            let mut encoded = Vec::new();
            encoder.encode(&input.features, input.samples, &mut encoded)?;
            let joint = &transducer.joint;
            joint.project_encoder(&encoded, &mut projected, &mut scratch)?;
            let best = decoder.decode(&projected, options)?.into_iter().next();
            let best = best.and_then(|candidate| alphabet.fold(&candidate.word).ok());
            let log_likelihood = match key {
                Some(key) => log_likelihood(transducer, &projected, key)?,
                None => f64::NEG_INFINITY,
            };
            outcomes.push(Outcome {
                hit: key.is_some() && best == *key,
                log_likelihood,
                encoded,
            });
        }
        Ok(outcomes)
    }
}

/// Prefixes that the prediction network runs for before the first swipe.
const WARM_PREFIXES: usize = 1024;
