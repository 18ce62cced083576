//! Bundles side by side on one manifest of swipes: size, opening, memory, accuracy, latency, the
//! encoder's error.
//!
//! The first bundle is the baseline. All decode the same swipes with the same words, so what they
//! get right is compared pair by pair; latency is measured in turns, so what else the machine does
//! weighs on all alike. See `docs/COMPARING.md`. Nothing here holds, prints or passes on a typed
//! word or a finger's path.

mod decoded;
mod error;
mod footprint;
mod latency;
mod machine;
mod paired;
mod report;
mod sizes;
mod subject;
mod tables;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use swipekit::internals::bundle::Bundle;

pub use error::CompareError;
pub use footprint::{COMMAND, Footprint, MeasureArguments, measure};
pub use latency::{Latency, LatencyOptions, Ratio, Speed, Stage};
pub use machine::Machine;
pub use paired::{AccuracyDifference, LengthDifference, Paired, TopDifference, mcnemar};
pub use report::{html, sections};
pub use sizes::Sizes;
pub use subject::{Subject, WordSource};
pub use tables::{Table, tables, text};

use crate::error::Result;
use crate::frames::EncoderError;
use crate::judge::accuracy::{Accuracy, FOLDING, percent};
use crate::swipes::{Swipe, sample};
use decoded::{Decoded, Job};
use subject::Words;

/// How bundles are compared.
#[derive(Clone, Debug)]
pub struct Options {
    /// Manifest of swipes.
    pub manifest: PathBuf,
    /// Swipes to take, evenly out of the manifest; all where it is `None`.
    pub samples: Option<usize>,
    /// Words in place of the bundles' own: a lexicon or a word list. Bundles without words get
    /// those of the manifest, all of the same frequency, where it is `None`.
    pub lexicon: Option<PathBuf>,
    /// Threads for accuracy, each with a copy of a bundle; all cores where it is `None`. Results do
    /// not depend on it.
    pub threads: Option<usize>,
    /// Swipes, evenly out of the sample, whose encoder frames are compared. The baseline's are kept
    /// in memory. Default 500.
    pub frame_swipes: usize,
    /// How latency is measured; not at all where it is `None`.
    pub latency: Option<LatencyOptions>,
    /// The program that measures memory and opening in processes of its own: it has the command
    /// [`COMMAND`]. Those figures are left out where it is `None`.
    pub program: Option<PathBuf>,
    /// Such processes a bundle; medians are reported. Default 3.
    pub launches: usize,
    /// Whether files are deflated to see what they take in a package. Default true.
    pub deflate: bool,
    /// ONNX Runtime's shared library; looked for in the usual places where it is `None`.
    pub runtime_library: Option<PathBuf>,
}

impl Options {
    /// All swipes of `manifest`, with the usual settings and without a program.
    pub fn new(manifest: impl Into<PathBuf>) -> Self {
        Self {
            manifest: manifest.into(),
            samples: None,
            lexicon: None,
            threads: None,
            frame_swipes: 500,
            latency: Some(LatencyOptions::default()),
            program: None,
            launches: 3,
            deflate: true,
            runtime_library: None,
        }
    }

    fn check(&self) -> Result<(), CompareError> {
        let latency = self.latency.unwrap_or_default();
        let counts = [
            ("the number of samples", self.samples),
            ("the number of threads", self.threads),
            ("the number of launches", Some(self.launches)),
            ("the number of swipes for latency", Some(latency.swipes)),
            ("the number of rounds for latency", Some(latency.rounds)),
        ];
        match counts.into_iter().find(|(_, count)| *count == Some(0)) {
            Some((what, _)) => Err(CompareError::Option {
                what,
                expected: "at least 1",
                got: 0,
            }),
            None => Ok(()),
        }
    }
}

/// The swipes of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// Name of the manifest's file, without its folder.
    pub manifest: String,
    /// SHA-256 of the manifest.
    pub sha256: String,
    /// Swipes that all bundles decoded.
    pub swipes: usize,
    /// Swipes of the manifest, from which they were taken evenly.
    pub of: usize,
    /// Where the words come from.
    pub words: WordSource,
    /// How many words there are.
    pub word_count: usize,
    /// How targets are compared.
    pub folding: String,
}

/// Figures of one bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BundleFigures {
    /// What it was called for the comparison.
    pub label: String,
    /// Name in its manifest.
    pub name: String,
    /// What runs the encoder, with its version.
    pub runtime: String,
    /// Precision of the encoder.
    pub precision: String,
    /// Parameters of the network.
    pub parameters: u64,
    /// Bytes.
    pub sizes: Sizes,
    /// Memory and opening; `None` without a program to measure them.
    pub footprint: Option<Footprint>,
    /// Accuracy on all swipes.
    pub accuracy: Accuracy,
    /// Latency; `None` where it was left out.
    pub latency: Option<Latency>,
    /// Against the first bundle; `None` for that one.
    pub difference: Option<Difference>,
}

/// A bundle against the baseline, on the same swipes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Both were exported from the same checkpoint.
    pub same_checkpoint: bool,
    /// Bytes of the encoder as a part of the baseline's.
    pub encoder_bytes: f64,
    /// Accuracy.
    pub accuracy: AccuracyDifference,
    /// Swipes with the same candidates in the same order, in percent.
    pub same_candidates: f64,
    /// Swipes with the same best candidate, in percent.
    pub same_best: f64,
    /// The encoder's error; `None` where the encoders are of different dimensions.
    pub encoder_error: Option<EncoderError>,
    /// How much faster it is; `None` where latency was left out.
    pub speed: Option<Speed>,
}

/// A comparison: what `swipekit compare` shows and what a report holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The swipes and the words.
    pub data: Data,
    /// What it was measured on.
    pub machine: Machine,
    /// How latency was measured, on one thread; `None` where it was left out.
    pub latency: Option<LatencyOptions>,
    /// The bundles, the baseline first.
    pub bundles: Vec<BundleFigures>,
}

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

/// Compares bundles; the first is the baseline. `progress` is told of every swipe.
///
/// Each bundle decodes with its default preset.
///
/// # Errors
/// [`CompareError::TooFew`] for fewer than two bundles, [`CompareError::Differs`] for bundles with
/// other labels, another featurizer or other words, [`CompareError::Option`] for a count of 0,
/// [`Error::Empty`](crate::error::Error::Empty) for a manifest without swipes,
/// [`CompareError::Launch`] where the program fails; otherwise whatever opening, reading and
/// decoding give.
pub fn compare(
    subjects: &[Subject],
    options: &Options,
    mut progress: impl FnMut(&Progress<'_>),
) -> Result<Comparison> {
    if subjects.len() < 2 {
        return Err(CompareError::TooFew {
            got: subjects.len(),
        }
        .into());
    }
    options.check()?;
    let mut bundles = Vec::with_capacity(subjects.len());
    for subject in subjects {
        bundles.push(Bundle::open(&subject.path)?);
    }
    let source = Words::source(&bundles, options.lexicon.as_deref());
    subject::check_comparable(&bundles, source)?;
    let sample = sample::read(
        &options.manifest,
        options.samples,
        source == WordSource::Manifest,
    )?;
    let words = Words::new(
        &bundles,
        options.lexicon.as_deref(),
        &options.manifest,
        &sample.words,
    )?;
    let run = Run {
        subjects,
        options,
        words: &words,
        swipes: &sample.swipes,
        timed: timed_swipes(
            &sample.swipes,
            options.latency.map_or(0, |latency| latency.swipes),
        ),
    };
    let mut tick = Tick {
        done: 0,
        total: run.work(),
        progress: &mut progress,
    };

    let mut scales = sizes::Scales::default();
    let mut figures = Vec::with_capacity(bundles.len());
    for (subject, bundle) in subjects.iter().zip(&bundles) {
        tick.tell("sizes", &subject.label, 0);
        let manifest = bundle.manifest();
        figures.push(BundleFigures {
            label: subject.label.clone(),
            name: manifest.name.clone(),
            runtime: String::new(),
            precision: manifest.precision.clone(),
            parameters: manifest.model.parameters,
            sizes: scales.weigh(bundle, options.deflate)?,
            footprint: run.footprint(subject, &manifest.runtime.kind, &mut tick)?,
            accuracy: Accuracy::of(&[]),
            latency: None,
            difference: None,
        });
    }
    run.accuracy(&bundles, &mut figures, &mut tick)?;
    run.latency(&mut figures, &mut tick)?;
    let manifest = options.manifest.file_name();
    Ok(Comparison {
        data: Data {
            manifest: manifest.map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            sha256: sample.sha256,
            swipes: sample.swipes.len(),
            of: sample.of,
            words: words.source,
            word_count: words.count,
            folding: FOLDING.to_owned(),
        },
        machine: Machine::this(),
        latency: options.latency.map(|latency| LatencyOptions {
            swipes: run.timed.len(),
            rounds: latency.rounds,
        }),
        bundles: figures,
    })
}

/// Those swipes that latency is measured on.
fn timed_swipes(swipes: &[Swipe], wanted: usize) -> Vec<&Swipe> {
    let all = swipes.iter().enumerate();
    all.filter(|(index, _)| sample::picked(*index, wanted, swipes.len()))
        .map(|(_, swipe)| swipe)
        .collect()
}

/// Tells how far the work is.
struct Tick<'p> {
    done: usize,
    total: usize,
    progress: &'p mut dyn FnMut(&Progress<'_>),
}

impl Tick<'_> {
    fn tell(&mut self, step: &'static str, bundle: &str, swipes: usize) {
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
struct Run<'a> {
    subjects: &'a [Subject],
    options: &'a Options,
    words: &'a Words,
    swipes: &'a [Swipe],
    timed: Vec<&'a Swipe>,
}

impl Run<'_> {
    fn library(&self) -> Option<&Path> {
        self.options.runtime_library.as_deref()
    }

    /// All the work, in swipes.
    fn work(&self) -> usize {
        let rounds = self.options.latency.map_or(0, |latency| latency.rounds);
        self.subjects.len() * (self.swipes.len() + self.timed.len() * rounds)
    }

    fn footprint(
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
                &self.options.manifest,
                self.options.lexicon.as_deref(),
                self.library(),
            )?);
        }
        Ok(footprint::median(&launches))
    }

    fn accuracy(
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

    fn latency(&self, figures: &mut [BundleFigures], tick: &mut Tick<'_>) -> Result<()> {
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
