//! The parts of a comparison, one after the other.

use std::path::Path;

use swipekit::internals::bundle::Bundle;

use super::decoded::{Decoded, Job};
use super::figures::{BundleFigures, Difference};
use super::subject::{Subject, Words};
use super::{AccuracyDifference, Footprint, Options, footprint, latency};
use crate::judge::accuracy::{Accuracy, percent};
use crate::judge::error::Result;
use crate::swipes::{Swipe, sample};

/// How far a comparison is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// What is done: `sizes`, `opening`, `accuracy`, `latency`.
    pub step: &'static str,
    /// The bundle at work, by its label; empty where it is all of them.
    pub bundle: &'a str,
    /// Work done, of `total`.
    pub done: usize,
    /// All the work of this comparison, in swipes.
    pub total: usize,
}

/// Those swipes that latency is measured on.
pub(super) fn timed_swipes(swipes: &[Swipe], wanted: usize) -> Vec<&Swipe> {
    let all = swipes.iter().enumerate();
    all.filter(|(index, _)| sample::picked(*index, wanted, swipes.len()))
        .map(|(_, swipe)| swipe)
        .collect()
}

/// Tells how far the work is.
pub(super) struct Tick<'p> {
    pub(super) done: usize,
    pub(super) total: usize,
    pub(super) progress: &'p mut dyn FnMut(&Progress<'_>),
}

impl Tick<'_> {
    pub(super) fn tell(&mut self, step: &'static str, bundle: &str, swipes: usize) {
        self.done += swipes;
        (self.progress)(&Progress {
            step,
            bundle,
            done: self.done,
            total: self.total,
        });
    }
}

/// What the parts of a comparison need.
pub(super) struct Run<'a> {
    pub(super) subjects: &'a [Subject],
    pub(super) options: &'a Options,
    pub(super) words: &'a Words,
    pub(super) swipes: &'a [Swipe],
    pub(super) timed: Vec<&'a Swipe>,
}

impl Run<'_> {
    fn library(&self) -> Option<&Path> {
        self.options.runtime_library.as_deref()
    }

    /// All the work, in swipes.
    pub(super) fn work(&self) -> usize {
        let rounds = self.options.latency.map_or(0, |latency| latency.rounds);
        self.subjects.len() * (self.swipes.len() + self.timed.len() * rounds)
    }

    pub(super) fn footprint(
        &self,
        subject: &Subject,
        runtime: &str,
        tick: &mut Tick<'_>,
    ) -> Result<Option<Footprint>> {
        let Some(program) = &self.options.program else {
            return Ok(None);
        };
        let mut launches = Vec::with_capacity(self.options.launches);
        for _ in 0..self.options.launches {
            tick.tell("opening", &subject.label, 0);
            launches.push(footprint::launch(
                program,
                &subject.path,
                runtime,
                &self.options.swipes,
                self.options.lexicon.as_deref(),
                self.library(),
            )?);
        }
        Ok(footprint::median(&launches))
    }

    pub(super) fn accuracy(
        &self,
        bundles: &[Bundle],
        figures: &mut [BundleFigures],
        tick: &mut Tick<'_>,
    ) -> Result<()> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let job = Job {
            swipes: self.swipes,
            words: self.words,
            threads: self.options.threads.unwrap_or(cores),
            library: self.library(),
            frame_swipes: self.options.frame_swipes,
        };
        let mut baseline: Option<Decoded> = None;
        for (index, subject) in self.subjects.iter().enumerate() {
            let decoded = job.run(&subject.path, baseline.as_ref(), || {
                tick.tell("accuracy", &subject.label, 1);
            })?;
            figures[index].accuracy = Accuracy::of(&decoded.outcomes);
            figures[index].runtime.clone_from(&decoded.runtime);
            let Some(base) = &baseline else {
                baseline = Some(decoded);
                continue;
            };
            let checkpoint =
                |bundle: &Bundle| bundle.manifest().provenance.checkpoint_sha256.clone();
            let (own, of) = (figures[index].sizes.encoder, figures[0].sizes.encoder);
            figures[index].difference = Some(Difference {
                same_checkpoint: checkpoint(&bundles[0]) == checkpoint(&bundles[index]),
                encoder_bytes: (1e4 * own as f64 / of.max(1) as f64).round() / 1e4,
                accuracy: AccuracyDifference::of(&base.outcomes, &decoded.outcomes),
                same_candidates: same(base, &decoded, |lists| lists[0]),
                same_best: same(base, &decoded, |lists| lists[1]),
                encoder_error: decoded.error,
                speed: None,
            });
        }
        Ok(())
    }

    pub(super) fn latency(&self, figures: &mut [BundleFigures], tick: &mut Tick<'_>) -> Result<()> {
        let Some(latency) = self.options.latency else {
            return Ok(());
        };
        let mut engines = Vec::with_capacity(self.subjects.len());
        for subject in self.subjects {
            engines.push(self.words.engine(&subject.path, 1, self.library())?);
        }
        let done = || tick.tell("latency", "", 1);
        let timed = latency::measure(&engines, &self.timed, latency.rounds, done)?;
        for (figures, times) in figures.iter_mut().zip(&timed) {
            figures.latency = Some(times.latency());
            if let Some(difference) = &mut figures.difference {
                difference.speed = timed.first().map(|first| times.speed(first));
            }
        }
        Ok(())
    }
}

/// The share of swipes in percent whose hashed lists are equal.
fn same(baseline: &Decoded, bundle: &Decoded, list: fn(&[u64; 2]) -> u64) -> f64 {
    let pairs = baseline.lists.iter().zip(&bundle.lists);
    let equal = pairs.filter(|(a, b)| list(a) == list(b)).count();
    percent(equal, baseline.lists.len())
}
