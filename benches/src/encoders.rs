//! Encoders of several bundles in turns on the same features: one thread, processor time, swipes of
//! one length.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use swipekit::internals::bundle::Bundle;
use swipekit::internals::engine::open_encoder;
use swipekit::internals::features::{Features, Featurizer};
use swipekit::internals::runtime::{Encoder, RuntimeOptions};
use swipekit_exporters::judge::compare::{Machine, Ratio, Subject};

use crate::input;
use crate::times::{Times, timed};

/// What is timed.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Bundles: folders or .swipekit files. The others are compared with the first.
    #[arg(value_name = "BUNDLE", required = true)]
    bundles: Vec<PathBuf>,
    /// Swipe file; synthetic swipes by default.
    #[arg(long, value_name = "FILE")]
    swipes: Option<PathBuf>,
    /// Points of a timed swipe. From 49 to 111 the encoder sees as many frames (T).
    #[arg(long, value_name = "N", default_value_t = 64)]
    points: usize,
    /// Swipes at most.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    limit: u32,
    /// How often each swipe is timed.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rounds: u32,
    /// Runs of the same encoder on the same swipe right before each timed one: 0 times it with
    /// caches that the others have used since, as an app's other work does, 1 with its own weights
    /// in them.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    warm_up: u32,
    /// Print one JSON value instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Times of several encoders.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    points: usize,
    swipes: usize,
    rounds: u32,
    warm_up: u32,
    encoders: Vec<Timed>,
}

/// Times of one encoder.
#[derive(Debug, Serialize)]
pub struct Timed {
    label: String,
    runtime: String,
    precision: String,
    /// Processor time of a swipe.
    ms: Times,
    /// How much faster it is than the first; absent for that one.
    speed: Option<Ratio>,
}

/// An encoder at work.
struct Run {
    encoder: Box<dyn Encoder>,
    features: Vec<Features>,
    times: Vec<Duration>,
}

/// Times the encoders: each bundle with its own settings but one thread. They take turns at every
/// swipe, and another one begins each time, so that none always finds the caches as the same other
/// one left them.
///
/// # Errors
/// What opening, reading and encoding give; a text where there is no swipe of the length.
pub fn run(arguments: &Arguments) -> Result<Report, Box<dyn std::error::Error>> {
    let Arguments {
        bundles,
        swipes,
        points,
        limit,
        rounds,
        warm_up,
        ..
    } = arguments;
    let traces = input::swipes(swipes.as_deref(), *points, *limit as usize)?.timed;
    if traces.is_empty() {
        return Err(
            format!("no swipe of {points} points: give another --points or --swipes").into(),
        );
    }
    let subjects = Subject::from_paths(bundles);
    let mut runs = Vec::with_capacity(subjects.len());
    let mut precisions = Vec::with_capacity(subjects.len());
    for subject in &subjects {
        let bundle = Bundle::open(&subject.path)?;
        let featurizer = Featurizer::new(&bundle.manifest().featurizer)?;
        let features = traces.iter().map(|trace| {
            let mut features = Features::new();
            featurizer.features(trace, &mut features);
            features
        });
        let mut options = RuntimeOptions::default();
        options.threads = Some(1);
        runs.push(Run {
            encoder: open_encoder(&bundle, &options)?,
            features: features.collect(),
            times: Vec::new(),
        });
        precisions.push(bundle.manifest().precision.clone());
    }
    let mut encoded = Vec::new();
    // The first round warms up.
    for round in 0..=*rounds {
        for swipe in 0..traces.len() {
            for turn in 0..runs.len() {
                let index = (turn + swipe) % runs.len();
                let run = &mut runs[index];
                let (data, samples) = (run.features[swipe].data(), run.features[swipe].samples());
                for _ in 0..*warm_up {
                    run.encoder.encode(data, samples, &mut encoded)?;
                }
                timed(&mut run.times, || {
                    run.encoder.encode(data, samples, &mut encoded)
                })?;
            }
        }
        if round == 0 {
            runs.iter_mut().for_each(|run| run.times.clear());
        }
    }
    let baseline = runs[0].times.clone();
    let timed = subjects.iter().zip(precisions).zip(runs).enumerate();
    Ok(Report {
        machine: Machine::this(),
        points: *points,
        swipes: traces.len(),
        rounds: *rounds,
        warm_up: *warm_up,
        encoders: timed
            .map(|(index, ((subject, precision), run))| Timed {
                label: subject.label.clone(),
                runtime: run.encoder.runtime().to_string(),
                precision,
                speed: (index > 0)
                    .then(|| Ratio::of(&baseline, &run.times))
                    .flatten(),
                ms: Times::of(run.times),
            })
            .collect(),
    })
}

impl Report {
    /// Prints the report as a table.
    pub fn print(&self) {
        println!("{}", self.machine);
        println!(
            "{} swipes of {} points, {} times, {} warm-up runs before each, one thread, processor time\n",
            self.swipes, self.points, self.rounds, self.warm_up
        );
        println!(
            "{:52}     p50      p90      p99   faster than the first",
            "encoder, ms"
        );
        for encoder in &self.encoders {
            let Times { p50, p90, p99 } = encoder.ms;
            let label = format!(
                "{} ({}, {})",
                encoder.label, encoder.precision, encoder.runtime
            );
            let speed = encoder.speed.map_or_else(String::new, |speed| {
                format!(
                    "   x {:.2} (medians x {:.2})",
                    speed.median, speed.of_medians
                )
            });
            println!("{label:52}{p50:8.3} {p90:8.3} {p99:8.3}{speed}");
        }
    }
}
