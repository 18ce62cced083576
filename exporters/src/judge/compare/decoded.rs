//! Decodes the swipes with one bundle, spread over the cores.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use swipekit::Limits;

use super::subject::Words;
use crate::judge::accuracy::{Judge, Outcome};
use crate::judge::error::Result;
use crate::quantize::frames::{EncoderError, ErrorHistogram, SwipeError};
use crate::swipes::Swipe;
use crate::swipes::sample::picked;

/// What is decoded, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job<'a> {
    pub(super) swipes: &'a [Swipe],
    pub(super) words: &'a Words,
    /// Sessions at the same time, each with an engine of its own: an encoder runs one swipe at a
    /// time.
    pub(super) threads: usize,
    pub(super) library: Option<&'a Path>,
    /// Swipes, evenly out of all, whose encoder frames are kept or compared.
    pub(super) frame_swipes: usize,
}

/// A bundle's results for the swipes, in their order. Contains no word.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) outcomes: Vec<Outcome>,
    /// Hashes of the list of candidates and of the best one.
    pub(super) lists: Vec<[u64; 2]>,
    /// Frames `[T', D]` of each swipe that encoders are compared on, nothing for the others; of the
    /// baseline only.
    frames: Vec<Vec<f32>>,
    /// Width and subsampling of the encoder.
    dimensions: (usize, usize),
    /// What ran the encoder.
    pub(super) runtime: String,
    pub(super) error: Option<EncoderError>,
}

/// What a thread says of its engine and of the frames that it compared.
struct Worked {
    histogram: ErrorHistogram,
    dimensions: (usize, usize),
    runtime: String,
}

/// What becomes of one swipe.
struct One {
    outcome: Outcome,
    lists: [u64; 2],
    frames: Vec<f32>,
    error: Option<SwipeError>,
}

impl Job<'_> {
    /// Decodes with the bundle at `path`. Its encoder is compared with that of `baseline`, if that
    /// has the same dimensions. The result does not depend on the number of threads. `done` is
    /// called after every swipe.
    pub(super) fn run(
        &self,
        path: &Path,
        baseline: Option<&Decoded>,
        mut done: impl FnMut(),
    ) -> Result<Decoded> {
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let mut slots: Vec<Option<One>> = Vec::new();
        slots.resize_with(self.swipes.len(), || None);
        let mut histogram = ErrorHistogram::default();
        let mut decoded = Decoded::default();
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| -> Result<()> {
            let workers: Vec<_> = (0..self.threads.clamp(1, self.swipes.len().max(1)))
                .map(|_| {
                    let sender = sender.clone();
                    let (next, stop) = (&next, &stop);
                    scope.spawn(move || {
                        let result = self.work(path, baseline, next, stop, &sender);
                        if result.is_err() {
                            stop.store(true, Ordering::Relaxed);
                        }
                        result
                    })
                })
                .collect();
            drop(sender);
            for (index, one) in receiver {
                slots[index] = Some(one);
                done();
            }
            for worker in workers {
                let worked = worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
                histogram.merge(&worked.histogram);
                decoded.dimensions = worked.dimensions;
                decoded.runtime = worked.runtime;
            }
            Ok(())
        })?;
        let mut errors = Vec::new();
        for one in slots.into_iter().flatten() {
            decoded.outcomes.push(one.outcome);
            decoded.lists.push(one.lists);
            errors.extend(one.error);
            decoded.frames.push(one.frames);
        }
        decoded.error = EncoderError::of(&errors, histogram);
        Ok(decoded)
    }

    /// One thread: takes swipe after swipe until there is none.
    fn work(
        &self,
        path: &Path,
        baseline: Option<&Decoded>,
        next: &AtomicUsize,
        stop: &AtomicBool,
        sender: &mpsc::Sender<(usize, One)>,
    ) -> Result<Worked> {
        let engine = self.words.engine(path, 1, self.library)?;
        let model = &engine.manifest().model;
        let dimensions = (model.encoder, model.subsampling);
        let keep = baseline.is_none();
        let baseline = baseline.filter(|baseline| baseline.dimensions == dimensions);
        let judge = Judge::new(&engine.manifest().vocabulary.labels, engine.lexicon());
        let mut session = engine.session();
        let mut histogram = ErrorHistogram::default();
        while !stop.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(swipe) = self.swipes.get(index) else {
                break;
            };
            let mut gesture = session.encode(&swipe.trace, &Limits::default())?;
            let candidates = gesture.words(engine.options())?.candidates;
            let greedy = gesture.greedy()?;
            let frames = gesture.frames();
            let words = candidates.iter().map(|candidate| candidate.word.as_str());
            let picked = picked(index, self.frame_swipes, self.swipes.len());
            let one = One {
                outcome: judge.outcome(&swipe.word, &candidates, &greedy),
                lists: [hash(words.clone()), hash(words.take(1))],
                error: baseline
                    .filter(|_| picked)
                    .and_then(|baseline| baseline.frames.get(index))
                    .map(|base| SwipeError::of(base, frames, dimensions.0, &mut histogram)),
                frames: if keep && picked {
                    frames.to_vec()
                } else {
                    Vec::new()
                },
            };
            // If another thread has failed, there is no receiver any more.
            let _ = sender.send((index, one));
        }
        Ok(Worked {
            histogram,
            dimensions,
            runtime: engine.runtime().to_string(),
        })
    }
}

fn hash<'a>(words: impl Iterator<Item = &'a str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    words.for_each(|word| word.hash(&mut hasher));
    hasher.finish()
}
