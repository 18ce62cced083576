//! Compares bundles on one swipe file: size, opening, memory, accuracy, latency, the encoder's
//! error.
//!
//! The first bundle is the baseline. All bundles decode the same swipes with the same words, so
//! results are compared in pairs. Latency is measured in turns, so that other load on the machine
//! affects all alike. See `docs/COMPARING.md`. Nothing here keeps, prints or passes on a typed word
//! or a finger's path.

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

/// Default of [`Options::frame_swipes`].
const FRAME_SWIPES: usize = 500;
/// Default of [`Options::launches`].
const LAUNCHES: usize = 3;

/// How bundles are compared.
#[derive(Clone, Debug, clap::Args)]
#[group(id = "CompareOptions")]
pub struct Options {
    /// Swipe file: JSON lines, plain or gzipped.
    #[arg(long, value_name = "FILE")]
    pub swipes: PathBuf,
    /// Most swipes to take, spread evenly over the file. Default: all.
    #[arg(long, value_name = "N", value_parser = at_least_one::<usize>)]
    pub limit: Option<usize>,
    /// Words instead of the bundles': a built lexicon or a word list. By default bundles without
    /// words get those of the swipe file, all equally frequent.
    #[arg(long, value_name = "FILE")]
    pub lexicon: Option<PathBuf>,
    /// Threads for accuracy, each with a copy of a bundle. Default: all cores. Results do not
    /// depend on it. Latency is measured on one thread.
    #[arg(long, value_name = "N", value_parser = at_least_one::<usize>)]
    pub threads: Option<usize>,
    /// Number of swipes whose encoder frames are compared, spread evenly over the sample. The
    /// baseline's frames are kept in memory. Default: 500.
    #[arg(skip = FRAME_SWIPES)]
    pub frame_swipes: usize,
    /// How to measure latency. `None` skips it.
    #[arg(skip = Some(LatencyOptions::default()))]
    pub latency: Option<LatencyOptions>,
    /// The program that measures memory and opening in separate processes. It must have the command
    /// [`COMMAND`]. `None` skips those figures.
    #[arg(skip = std::env::current_exe().ok())]
    pub program: Option<PathBuf>,
    /// Number of such processes per bundle. Medians are reported. Default: 3.
    #[arg(skip = LAUNCHES)]
    pub launches: usize,
    /// Whether to measure the files' sizes after deflate. Default: true.
    #[arg(skip = true)]
    pub deflate: bool,
    /// Shared library of ONNX Runtime. Default: searched for.
    #[arg(long, value_name = "FILE")]
    pub runtime_library: Option<PathBuf>,
}

impl Options {
    /// All swipes of the file `swipes`, with the default settings and without a program.
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

/// Compares bundles. The first is the baseline. `progress` is called after every swipe.
///
/// Each bundle decodes with its default preset.
///
/// # Errors
/// [`CompareError::TooFew`] for fewer than two bundles, [`CompareError::Differs`] for bundles with
/// other labels, another featurizer or other words, [`CompareError::Option`] for a count of 0,
/// [`FileError::Empty`](crate::files::FileError::Empty) for a file without swipes,
/// [`CompareError::Launch`] if the program fails; otherwise those of opening, reading and decoding.
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
    let sample = sample::read(&options.swipes, options.limit, source == WordSource::Swipes)?;
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
            swipe_file: sample.name,
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
