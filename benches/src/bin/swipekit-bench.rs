//! `swipekit-bench`: timings of a bundle in one process on one thread.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, Parser, Subcommand};
use serde::Serialize;
use swipekit::internals::bundle::Bundle;
use swipekit::internals::decoder::{Decoder, DecoderOptions};
use swipekit::internals::transducer::JointScratch;
use swipekit::trace::Trace;
use swipekit::{Engine, EngineOptions, Limits};
use swipekit_benches::input::{self, Parts};
use swipekit_benches::seed::{self, Dimensions};
use swipekit_benches::times::{Times, timed};
use swipekit_benches::{comparison, encoders, live, swipes, threads};
use swipekit_exporters::judge::compare::{self, Comparison, Machine};
use swipekit_exporters::judge::machine::resident_mib;
use swipekit_exporters::judge::times::milliseconds;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Times a bundle: its search next to the seed's (in processor time), or all of it (wall-clock), or
/// several bundles in turns. One process, one thread, medians.
#[derive(Debug, Parser)]
#[command(name = "swipekit-bench", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything after the encoder, on the same encoder frames: this search and the seed's.
    Search(SearchArguments),
    /// Opening, encoder, search and memory of the whole bundle.
    Bundle(BundleArguments),
    /// Encoder and searches on swipes of all lengths: beams 16 and 32, with and without a table of
    /// prefixes.
    Swipes(swipes::Arguments),
    /// Many threads decode while words change. Results must equal those of one thread.
    Threads(threads::Arguments),
    /// Encoders of several bundles in turns on features of one length, in processor time.
    Encoder(encoders::Arguments),
    /// Several bundles in turns on the same swipes: percentiles, ratios, accuracy, memory.
    Compare(comparison::Arguments),
    /// Swipes in real time, decoded while they are made: rate, share of a core, time from the lift
    /// to the words.
    Live(live::Arguments),
    /// Measure opening and memory of one bundle in this process, for `compare`.
    #[command(name = compare::COMMAND, hide = true)]
    Measure(compare::MeasureArguments),
}

#[derive(Debug, Args)]
struct InputArguments {
    /// Bundle: a folder or a .swipekit file.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Lexicon instead of the bundle's: a built lexicon or a word list.
    #[arg(long, value_name = "FILE")]
    lexicon: Option<PathBuf>,
    /// Swipe file. Default: synthetic swipes.
    #[arg(long, value_name = "FILE")]
    swipes: Option<PathBuf>,
    /// Points of a timed swipe. From 49 to 111 the encoder sees as many frames (T).
    #[arg(long, value_name = "N", default_value_t = 64)]
    points: usize,
    /// Most swipes to time, each once. As many others warm up.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    limit: u32,
    /// Beam.
    #[arg(long, value_name = "N", default_value_t = 16)]
    beam: usize,
    /// Print one JSON value instead of a table.
    #[arg(long)]
    json: bool,
}

impl InputArguments {
    fn swipes(&self) -> Result<input::Input> {
        let input = input::swipes(self.swipes.as_deref(), self.points, self.limit as usize)?;
        if input.timed.is_empty() {
            return Err(format!(
                "no swipe of {} points: give another --points or --swipes",
                self.points
            )
            .into());
        }
        Ok(input)
    }
}

#[derive(Debug, Args)]
struct SearchArguments {
    #[command(flatten)]
    input: InputArguments,
    /// Prefixes that the prediction network has run for before the first swipe, in `warm` and
    /// `cold`.
    #[arg(long, value_name = "N", default_value_t = EngineOptions::default().warm_prefixes)]
    warm_prefixes: usize,
}

#[derive(Debug, Args)]
struct BundleArguments {
    #[command(flatten)]
    input: InputArguments,
}

/// This search: times, and the rows that the prediction network ran for a swipe.
#[derive(Debug, Serialize)]
struct Search {
    ms: Times,
    /// Median of the prefixes that a swipe was the first to meet.
    new_prefixes: usize,
}

#[derive(Debug, Serialize)]
struct SearchReport {
    machine: Machine,
    swipes: usize,
    points: usize,
    frames: usize,
    beam: usize,
    words: usize,
    parameters: u64,
    /// A session that has seen other swipes.
    warm: Search,
    /// A session whose every swipe is its first.
    cold: Search,
    /// Likewise, in an engine that made no prefixes when it opened.
    bare: Search,
    /// The seed system's search on `step.onnx`; absent where the bundle has none.
    seed: Option<Seed>,
}

#[derive(Debug, Serialize)]
struct Seed {
    ms: Times,
    /// Median of the calls of the step graph.
    step_calls: usize,
    /// Median time of the seed system's search as a multiple of this one's.
    ratio_to_warm: f64,
    ratio_to_cold: f64,
    ratio_to_bare: f64,
}

fn search(arguments: &SearchArguments) -> Result<SearchReport> {
    let SearchArguments {
        input,
        warm_prefixes,
    } = arguments;
    let parts = Parts::open(&input.bundle, input.lexicon.as_deref())?;
    let swipes = input.swipes()?;
    let frames = |traces: &[Trace]| {
        traces
            .iter()
            .map(|trace| parts.encode(trace))
            .collect::<swipekit::Result<Vec<_>>>()
    };
    let (encoded, others) = (frames(&swipes.timed)?, frames(&swipes.others)?);
    let manifest = parts.bundle.manifest();
    let preset = manifest.presets.get("default").cloned().unwrap_or_default();
    let mut options = preset;
    options.beam = input.beam;
    options.validate()?;

    let model = &manifest.model;
    let dimensions = Dimensions {
        layers: model.prediction_layers,
        hidden: model.prediction,
        encoder: model.encoder,
        blank: manifest.vocabulary.blank,
    };
    let mut searches = [
        Run::new(&parts, *warm_prefixes, false)?,
        Run::new(&parts, *warm_prefixes, true)?,
        Run::new(&parts, 0, true)?,
    ];
    let mut step = parts.step()?;
    let (mut seed_times, mut seed_calls) = (Vec::new(), Vec::new());
    // All searches take turns at every swipe, so that what else the machine does falls on all of
    // them alike.
    for (index, encoded) in others.iter().chain(&encoded).enumerate() {
        if index == others.len() {
            searches.iter_mut().for_each(Run::clear);
        }
        for search in &mut searches {
            search.decode(&parts, encoded, &options)?;
        }
        // The graph has nothing to learn from the others: a few of them warm it up.
        let Some(step) = step
            .as_mut()
            .filter(|_| index < 10 || index >= others.len())
        else {
            continue;
        };
        let weight = options.prior_weight.into();
        let mut time = Vec::new();
        let found = timed(&mut time, || {
            seed::search(step, &parts.lexicon, encoded, dimensions, weight)
        })?;
        if index >= others.len() {
            seed_times.extend(time);
            seed_calls.push(found.calls);
        }
    }
    let [warm, cold, bare] = searches.map(Run::report);
    let yardstick = step.is_some().then(|| {
        let ms = Times::of(seed_times);
        let ratio = |search: &Search| (10.0 * ms.p50 / search.ms.p50).round() / 10.0;
        Seed {
            ms,
            step_calls: median(seed_calls),
            ratio_to_warm: ratio(&warm),
            ratio_to_cold: ratio(&cold),
            ratio_to_bare: ratio(&bare),
        }
    });
    Ok(SearchReport {
        machine: Machine::this(),
        swipes: encoded.len(),
        points: input.points,
        frames: encoded
            .first()
            .map_or(0, |frames| frames.len() / manifest.model.encoder),
        beam: input.beam,
        words: parts.lexicon.len(),
        parameters: manifest.model.parameters,
        warm,
        cold,
        bare,
        seed: yardstick,
    })
}

/// One session of this search.
struct Run {
    decoder: Decoder,
    /// Whether each swipe is the session's first.
    forget: bool,
    scratch: JointScratch,
    projected: Vec<f32>,
    times: Vec<Duration>,
    new_prefixes: Vec<usize>,
}

impl Run {
    fn new(parts: &Parts, prefixes: usize, forget: bool) -> Result<Self> {
        Ok(Self {
            decoder: Decoder::new(parts.transducer.clone(), parts.lexicon.clone(), prefixes)?,
            forget,
            scratch: JointScratch::default(),
            projected: Vec::new(),
            times: Vec::new(),
            new_prefixes: Vec::new(),
        })
    }

    fn decode(&mut self, parts: &Parts, encoded: &[f32], options: &DecoderOptions) -> Result<()> {
        if self.forget {
            self.decoder.forget();
        }
        let before = self.decoder.prefixes();
        let Self {
            decoder,
            scratch,
            projected,
            times,
            ..
        } = self;
        let found = timed(times, || {
            parts
                .transducer
                .joint
                .project_encoder(encoded, projected, scratch)?;
            decoder.decode(projected, options)
        })?;
        std::hint::black_box(found);
        self.new_prefixes
            .push(self.decoder.prefixes().saturating_sub(before));
        Ok(())
    }

    /// Forgets the figures so far.
    fn clear(&mut self) {
        self.times.clear();
        self.new_prefixes.clear();
    }

    fn report(self) -> Search {
        Search {
            ms: Times::of(self.times),
            new_prefixes: median(self.new_prefixes),
        }
    }
}

impl SearchReport {
    fn print(&self) {
        println!("{}", self.machine);
        println!(
            "{} swipes of {} points, {} frames, beam {}, {} words, {} parameters\n",
            self.swipes, self.points, self.frames, self.beam, self.words, self.parameters
        );
        println!("search, ms     p50      p90      p99   ");
        let row = |name: &str, ms: &Times, rest: String| {
            println!(
                "{name:8} {:9.3}{:9.3}{:9.3}   {rest}",
                ms.p50, ms.p90, ms.p99
            );
        };
        for (name, search) in [
            ("warm", &self.warm),
            ("cold", &self.cold),
            ("bare", &self.bare),
        ] {
            row(
                name,
                &search.ms,
                format!("{} new prefixes", search.new_prefixes),
            );
        }
        if let Some(seed) = &self.seed {
            let Seed {
                step_calls,
                ratio_to_warm,
                ratio_to_cold,
                ratio_to_bare,
                ..
            } = seed;
            let ratios =
                format!("x {ratio_to_warm} warm, x {ratio_to_cold} cold, x {ratio_to_bare} bare");
            row(
                "seed",
                &seed.ms,
                format!("{step_calls} step calls; {ratios}"),
            );
        }
    }
}

#[derive(Debug, Serialize)]
struct BundleReport {
    machine: Machine,
    swipes: usize,
    points: usize,
    beam: usize,
    bundle_mib: f64,
    open_ms: f64,
    features_ms: Times,
    encoder_ms: Times,
    search_ms: Times,
    total_ms: Times,
    /// Resident memory before opening, after it, and after all swipes, in MiB.
    rss_mib: [f64; 3],
}

fn bundle(arguments: &BundleArguments) -> Result<BundleReport> {
    let input = &arguments.input;
    let swipes = input.swipes()?;
    let before = resident_mib();
    let start = Instant::now();
    let mut engine = Engine::open(&input.bundle)?;
    if let Some(path) = &input.lexicon {
        let labels = &engine.manifest().vocabulary.labels;
        engine = engine.with_lexicon(swipekit_exporters::words::lexicon::open_or_build(
            path, labels,
        )?)?;
    }
    let mut session = engine.session();
    let open_ms = milliseconds(start.elapsed());
    let opened = resident_mib();
    let mut options = engine.options().clone();
    options.beam = input.beam;
    for trace in &swipes.others {
        session.encode(trace, &Limits::default())?.words(&options)?;
    }
    let mut times: [Vec<Duration>; 4] = Default::default();
    for trace in &swipes.timed {
        let mut gesture = session.encode(trace, &Limits::default())?;
        let timings = gesture.words(&options)?.timings;
        for (list, time) in times.iter_mut().zip([
            timings.features,
            timings.encoder,
            timings.search,
            timings.total(),
        ]) {
            list.push(time);
        }
    }
    let [features_ms, encoder_ms, search_ms, total_ms] = times.map(Times::of);
    Ok(BundleReport {
        machine: Machine::this(),
        swipes: swipes.timed.len(),
        points: input.points,
        beam: input.beam,
        bundle_mib: size(&input.bundle)?,
        open_ms,
        features_ms,
        encoder_ms,
        search_ms,
        total_ms,
        rss_mib: [before, opened, resident_mib()],
    })
}

impl BundleReport {
    fn print(&self) {
        println!("{}", self.machine);
        println!(
            "{} swipes of {} points, beam {}\n",
            self.swipes, self.points, self.beam
        );
        println!("ms             p50      p90      p99");
        let rows = [
            ("features", &self.features_ms),
            ("encoder", &self.encoder_ms),
            ("search", &self.search_ms),
            ("total", &self.total_ms),
        ];
        for (name, ms) in rows {
            println!("{name:8} {:9.3}{:9.3}{:9.3}", ms.p50, ms.p90, ms.p99);
        }
        let [before, opened, after] = self.rss_mib;
        println!(
            "\nopens in {:.1} ms; {:.1} MiB on disk",
            self.open_ms, self.bundle_mib
        );
        println!(
            "resident: {before:.1} MiB before opening, {opened:.1} MiB after, {after:.1} MiB at the end"
        );
    }
}

/// Size of a bundle's files in MiB.
fn size(path: &Path) -> Result<f64> {
    let bundle = Bundle::open(path)?;
    let bytes: u64 = match std::fs::metadata(path)? {
        file if file.is_file() => file.len(),
        _ => bundle.manifest().files.values().map(|file| file.size).sum(),
    };
    Ok((bytes as f64 / f64::from(1 << 20) * 10.0).round() / 10.0)
}

fn median(mut values: Vec<usize>) -> usize {
    values.sort_unstable();
    values
        .get(values.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or(0)
}

fn report<R: Serialize>(report: Result<R>, json: bool, print: impl FnOnce(&R)) -> Result<()> {
    let report = report?;
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    Ok(())
}

fn main() -> ExitCode {
    let done = match &Arguments::parse().command {
        Command::Search(arguments) => {
            report(search(arguments), arguments.input.json, SearchReport::print)
        }
        Command::Bundle(arguments) => {
            report(bundle(arguments), arguments.input.json, BundleReport::print)
        }
        Command::Swipes(arguments) => {
            let run = swipes::run(arguments).map_err(Into::into);
            report(run, arguments.json, swipes::Report::print)
        }
        Command::Threads(arguments) => {
            threads::run(arguments)
                .map_err(Into::into)
                .and_then(|found| {
                    let is_right = found.is_right();
                    report(Ok(found), arguments.json, threads::Report::print)?;
                    match is_right {
                        true => Ok(()),
                        false => Err("a result is not that of one thread alone".into()),
                    }
                })
        }
        Command::Encoder(arguments) => report(
            encoders::run(arguments),
            arguments.json,
            encoders::Report::print,
        ),
        Command::Compare(arguments) => {
            let print = |comparison: &Comparison| print!("{}", compare::page(comparison).to_text());
            let compared = comparison::run(arguments).map_err(Into::into);
            report(compared, arguments.json, print)
        }
        Command::Live(arguments) => {
            report(live::run(arguments), arguments.json, live::Report::print)
        }
        Command::Measure(arguments) => {
            let measured = compare::measure(arguments).map_err(Into::into);
            report(measured, true, |_| {})
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
