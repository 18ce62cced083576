//! Bundles side by side on one manifest of swipes: size, opening, memory, accuracy, latency, the
//! encoder's error.
//!
//! The first bundle is the baseline. All decode the same swipes with the same words, so what they
//! get right is compared pair by pair; latency is measured in turns, so what else the machine does
//! weighs on all alike. See `docs/COMPARING.md`. Nothing here holds, prints or passes on a typed
//! word or a finger's path.

mod decoded;
pub(super) mod error;
mod figures;
mod footprint;
mod latency;
mod paired;
mod report;
mod run;
mod sizes;
mod subject;
mod tables;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use swipekit::internals::bundle::Bundle;

pub use super::machine::Machine;
pub use error::CompareError;
pub use figures::{BundleFigures, Comparison, Data, Difference};
pub use footprint::{COMMAND, Footprint, MeasureArguments, measure};
pub use latency::{Latency, LatencyOptions, Ratio, Speed, Stage};
pub use paired::{AccuracyDifference, LengthDifference, TopDifference};
pub use report::{blocks, page};
pub use run::Progress;
pub use sizes::Sizes;
pub use subject::{Subject, WordSource};

use crate::arguments::at_least_one;
use crate::judge::accuracy::{Accuracy, FOLDING};
use crate::judge::error::Result;
use crate::swipes::sample;
use run::{Run, Tick, timed_swipes};
use subject::Words;

/// [`Options::frame_swipes`] by default.
const FRAME_SWIPES: usize = 500;
/// [`Options::launches`] by default.
const LAUNCHES: usize = 3;

/// How bundles are compared.
#[derive(Clone, Debug, clap::Args)]
#[group(id = "CompareOptions")]
pub struct Options {
    /// Swipe file: JSON lines, plain or gzipped.
    #[arg(long, value_name = "FILE")]
    pub swipes: PathBuf,
    /// Swipes at most, taken evenly; all by default.
    #[arg(long, value_name = "N", value_parser = at_least_one::<usize>)]
    pub limit: Option<usize>,
    /// Words in place of the bundles' own: a built lexicon or a word list. By default bundles
    /// without words get those of the swipe file, all of the same frequency.
    #[arg(long, value_name = "FILE")]
    pub lexicon: Option<PathBuf>,
    /// Threads for accuracy, each with a copy of a bundle; all cores by default. Results do not
    /// depend on it. Latency is measured on one thread.
    #[arg(long, value_name = "N", value_parser = at_least_one::<usize>)]
    pub threads: Option<usize>,
    /// Swipes, evenly out of the sample, whose encoder frames are compared. The baseline's are kept
    /// in memory. Default 500.
    #[arg(skip = FRAME_SWIPES)]
    pub frame_swipes: usize,
    /// How latency is measured; not at all where it is `None`.
    #[arg(skip = Some(LatencyOptions::default()))]
    pub latency: Option<LatencyOptions>,
    /// The program that measures memory and opening in processes of its own: it has the command
    /// [`COMMAND`]. Those figures are left out where it is `None`.
    #[arg(skip = std::env::current_exe().ok())]
    pub program: Option<PathBuf>,
    /// Such processes a bundle; medians are reported. Default 3.
    #[arg(skip = LAUNCHES)]
    pub launches: usize,
    /// Whether files are deflated to see what they take in a package. Default true.
    #[arg(skip = true)]
    pub deflate: bool,
    /// ONNX Runtime's shared library; looked for by default.
    #[arg(long, value_name = "FILE")]
    pub runtime_library: Option<PathBuf>,
}

impl Options {
    /// All swipes of the file `swipes`, with the usual settings and without a program.
    pub fn new(swipes: impl Into<PathBuf>) -> Self {
        Self {
            swipes: swipes.into(),
            limit: None,
            lexicon: None,
            threads: None,
            frame_swipes: FRAME_SWIPES,
            latency: Some(LatencyOptions::default()),
            program: None,
            launches: LAUNCHES,
            deflate: true,
            runtime_library: None,
        }
    }

    fn check(&self) -> Result<(), CompareError> {
        let latency = self.latency.unwrap_or_default();
        let counts = [
            ("the number of swipes", self.limit),
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

/// Compares bundles; the first is the baseline. `progress` is told of every swipe.
///
/// Each bundle decodes with its default preset.
///
/// # Errors
/// [`CompareError::TooFew`] for fewer than two bundles, [`CompareError::Differs`] for bundles with
/// other labels, another featurizer or other words, [`CompareError::Option`] for a count of 0,
/// [`FileError::Empty`](crate::files::FileError::Empty) for a manifest without swipes,
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
        &options.swipes,
        options.limit,
        source == WordSource::Manifest,
    )?;
    let words = Words::new(
        &bundles,
        options.lexicon.as_deref(),
        &options.swipes,
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
    Ok(Comparison {
        data: Data {
            manifest: sample.name,
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
