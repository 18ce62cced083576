//! The command `swipekit-bench live`: swipes in real time, decoded while they are made.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use swipekit::lexicon::Alphabet;
use swipekit::trace::Trace;
use swipekit::{Engine, Limits, LiveOptions, LiveSession, Session};
use swipekit_exporters::judge::compare::{Machine, Ratio};
use swipekit_exporters::judge::times::{Times, milliseconds};
use swipekit_exporters::random::Random;
use swipekit_exporters::swipes::{Swipe, Swipes, sample};
use swipekit_exporters::synth::samples;

use crate::times::cpu;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What is replayed.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Bundle: a folder or a .swipekit file.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Lexicon instead of the bundle's: a built lexicon or a word list.
    #[arg(long, value_name = "FILE")]
    lexicon: Option<PathBuf>,
    /// Swipe file. Default: synthetic swipes.
    #[arg(long, value_name = "FILE")]
    swipes: Option<PathBuf>,
    /// Most swipes to replay, spread evenly, each in its own time.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Most swipes to cut off and decode.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    cuts: u32,
    /// Most partial results per second.
    #[arg(long, value_name = "HZ", default_value_t = 30.0)]
    rate: f64,
    /// Largest share of the time that decodes run.
    #[arg(long, value_name = "X", default_value_t = LiveOptions::default().share)]
    share: f64,
    /// Print one JSON value instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// What was measured. Times are in milliseconds on the clock, `cpu_share` is processor time.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    swipes: usize,
    /// Seconds that the finger moved.
    seconds: f64,
    partials_per_second: f64,
    /// Processor time of everything but the thread that pushes, as a share of one core while the
    /// finger moved.
    cpu_share: f64,
    /// From the lift to the words.
    finish: Finish,
    /// Likewise where the finger rested before it lifted.
    reused: Finish,
    stale: Stale,
    cuts: Vec<Cut>,
}

#[derive(Debug, Serialize)]
struct Finish {
    n: usize,
    ms: Times,
    /// Of `Session::decode` of the same swipe, right after.
    plain_ms: Times,
    /// How much faster it is than that.
    speed: Option<Ratio>,
}

/// Decodes that were abandoned while they ran.
#[derive(Debug, Serialize)]
struct Stale {
    n: usize,
    /// From `abandon` until the session was free.
    ms: Times,
    max_ms: f64,
    /// Processor time that it still took, which does not depend on what else the machine does.
    cpu_ms: Times,
    cpu_max_ms: f64,
    /// Of the call of `abandon` itself.
    call_max_ms: f64,
}

/// Swipes of which only the first points were decoded.
#[derive(Debug, Serialize)]
struct Cut {
    /// Share of the points.
    share: f64,
    n: usize,
    /// Percent of swipes whose word is the best partial candidate, and among the best three.
    top1: f64,
    top3: f64,
    /// Of those with the options of a whole gesture.
    plain_top1: f64,
    plain_top3: f64,
}

/// Replays and measures.
///
/// # Errors
/// What opening, reading and decoding give.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let mut engine = Engine::open(&arguments.bundle)?;
    if let Some(path) = &arguments.lexicon {
        let labels = &engine.manifest().vocabulary.labels;
        engine = engine.with_lexicon(swipekit_exporters::words::lexicon::open_or_build(
            path, labels,
        )?)?;
    }
    let mut options = LiveOptions::default();
    options.interval = Duration::try_from_secs_f64(1.0 / arguments.rate)?;
    options.share = arguments.share;
    let swipes = |count: u32| -> Result<Vec<Swipe>> {
        Ok(match &arguments.swipes {
            Some(path) => sample::read(path, Some(count as usize), false)?.swipes,
            None => {
                let lines = samples::swipe_file(samples::SAMPLE_WORDS, samples::SAMPLE_SEED);
                let lines = std::io::Cursor::new(lines);
                let swipes = Swipes::new("synthetic", lines).take(count as usize);
                swipes.collect::<std::result::Result<_, _>>()?
            }
        })
    };
    let replayed = swipes(arguments.limit)?;
    let mut plain = engine.session();
    // Both sessions know the prefixes of these words, as after some typing.
    let (live, partials) = listened(&engine, &options)?;
    for swipe in &replayed {
        plain.decode(&swipe.trace)?;
        live.begin(swipe.trace.area());
        live.push(swipe.trace.points())?;
        live.finish(&Limits::default())?;
    }

    let (mut finish, mut reused) = (Pairs::default(), Pairs::default());
    let (mut moved, mut used, mut found) = (Duration::ZERO, Duration::ZERO, 0);
    for swipe in &replayed {
        let before = live.counts();
        let (start, busy) = (Instant::now(), cpu::others());
        replay(&live, &swipe.trace)?;
        moved += start.elapsed();
        used += cpu::others().saturating_sub(busy);
        found += live.counts().finished - before.finished;
        let start = Instant::now();
        live.finish(&Limits::default())?;
        let took = start.elapsed();
        let is_reused = live.counts().reused > before.reused;
        let pairs = if is_reused { &mut reused } else { &mut finish };
        pairs.add(took, &mut plain, &swipe.trace)?;
        if is_reused {
            continue;
        }
        while partials.try_recv().is_ok() {}
        live.begin(swipe.trace.area());
        live.push(swipe.trace.points())?;
        wait(&partials, swipe.trace.len())?;
        let start = Instant::now();
        live.finish(&Limits::default())?;
        reused.add(start.elapsed(), &mut plain, &swipe.trace)?;
    }
    Ok(Report {
        machine: Machine::this(),
        swipes: replayed.len(),
        seconds: (moved.as_secs_f64() * 10.0).round() / 10.0,
        partials_per_second: short(found as f64 / moved.as_secs_f64()),
        cpu_share: short(used.as_secs_f64() / moved.as_secs_f64()),
        stale: stale(&engine, &replayed, &finish.plain)?,
        finish: finish.report(),
        reused: reused.report(),
        cuts: cuts(&engine, live.partial_options(), &swipes(arguments.cuts)?)?,
    })
}

/// A live session whose partial results' numbers of points come through a channel.
fn listened(engine: &Engine, options: &LiveOptions) -> Result<(LiveSession, Receiver<usize>)> {
    let (sender, partials) = channel();
    let live = engine.live_with(options, move |partial| {
        if let Ok(partial) = partial {
            // Nobody may be listening any more.
            let _ = sender.send(partial.points);
        }
    })?;
    Ok((live, partials))
}

/// Waits for the partial result of `points` points.
fn wait(partials: &Receiver<usize>, points: usize) -> Result<()> {
    loop {
        match partials.recv_timeout(Duration::from_secs(10)) {
            Ok(got) if got == points => return Ok(()),
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) if points < 8 => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Pushes the points of a swipe when they were made.
fn replay(live: &LiveSession, trace: &Trace) -> Result<()> {
    live.begin(trace.area());
    let start = Instant::now();
    let origin = trace.points().first().map_or(0.0, |point| point.t);
    for point in trace.points() {
        let due = Duration::from_secs_f64((point.t - origin) / 1e3);
        thread::sleep(due.saturating_sub(start.elapsed()));
        live.push(std::slice::from_ref(point))?;
    }
    Ok(())
}

/// Times of finishing next to those of decoding.
#[derive(Default)]
struct Pairs {
    finish: Vec<Duration>,
    plain: Vec<Duration>,
}

impl Pairs {
    fn add(&mut self, took: Duration, plain: &mut Session, trace: &Trace) -> Result<()> {
        let start = Instant::now();
        plain.decode(trace)?;
        self.plain.push(start.elapsed());
        self.finish.push(took);
        Ok(())
    }

    fn report(self) -> Finish {
        Finish {
            n: self.finish.len(),
            speed: Ratio::of(&self.plain, &self.finish),
            ms: Times::of(self.finish),
            plain_ms: Times::of(self.plain),
        }
    }
}

/// Abandons decodes at any point of theirs; `plain` is how long they take.
fn stale(engine: &Engine, swipes: &[Swipe], plain: &[Duration]) -> Result<Stale> {
    let mut options = LiveOptions::default();
    options.interval = Duration::ZERO;
    options.share = 1.0;
    let live = engine.live(&options)?;
    let typical = Duration::from_secs_f64(Times::of(plain.to_vec()).p50 / 1e3);
    let mut random = Random::new(9);
    let (mut times, mut used, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    for swipe in swipes.iter().cycle().take(swipes.len().max(1000)) {
        let before = live.counts();
        live.begin(swipe.trace.area());
        live.push(swipe.trace.points())?;
        let (pushed, delay) = (Instant::now(), typical.mul_f64(random.uniform()));
        while pushed.elapsed() < delay {
            thread::yield_now();
        }
        let (start, busy) = (Instant::now(), cpu::others());
        live.abandon();
        let call = start.elapsed();
        // It waits for a decode that runs.
        live.memory();
        let took = start.elapsed();
        let cpu = cpu::others().saturating_sub(busy);
        let counts = loop {
            let counts = live.counts();
            if counts.started == counts.finished + counts.cancelled + counts.failed {
                break counts;
            }
            thread::yield_now();
        };
        calls.push(call);
        if counts.cancelled > before.cancelled {
            times.push(took);
            used.push(cpu);
        }
    }
    let most = |times: &[Duration]| times.iter().max().map_or(0.0, |time| milliseconds(*time));
    Ok(Stale {
        n: times.len(),
        max_ms: most(&times),
        cpu_max_ms: most(&used),
        cpu_ms: Times::of(used),
        call_max_ms: most(&calls),
        ms: Times::of(times),
    })
}

/// How often the word is found before the swipe is whole.
fn cuts(engine: &Engine, partial: &swipekit::DecoderOptions, swipes: &[Swipe]) -> Result<Vec<Cut>> {
    let mut session = engine.session();
    let alphabet = Alphabet::new(&engine.manifest().vocabulary.labels);
    let mut cuts = Vec::new();
    for share in [0.25, 0.5, 0.75, 0.9, 1.0] {
        let mut hits = [[0usize; 2]; 2];
        for swipe in swipes {
            let points = swipe.trace.points();
            let count = (points.len() as f64 * share).round() as usize;
            let trace = Trace::from_points(swipe.trace.area(), points[..count].iter().copied())?;
            let target = alphabet.fold(&swipe.word).ok();
            for (options, hits) in [partial, engine.options()].into_iter().zip(&mut hits) {
                let mut gesture = session.encode(&trace, &Limits::default())?;
                let words = gesture.words(options)?.candidates;
                let rank = words.iter().position(|found| {
                    target.is_some() && alphabet.fold(&found.word).ok() == target
                });
                for (hits, most) in hits.iter_mut().zip([1, 3]) {
                    *hits += usize::from(rank.is_some_and(|rank| rank < most));
                }
            }
        }
        let percent = |hits: usize| short(100.0 * hits as f64 / swipes.len().max(1) as f64);
        cuts.push(Cut {
            share,
            n: swipes.len(),
            top1: percent(hits[0][0]),
            top3: percent(hits[0][1]),
            plain_top1: percent(hits[1][0]),
            plain_top3: percent(hits[1][1]),
        });
    }
    Ok(cuts)
}

fn short(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

impl Report {
    /// Prints the report as tables.
    pub fn print(&self) {
        println!("{}", self.machine);
        println!(
            "{} swipes, {} s of movement: {:.1} partial results a second, {:.1} % of a core\n",
            self.swipes,
            self.seconds,
            self.partials_per_second,
            100.0 * self.cpu_share
        );
        println!("ms                           n      p50      p90      p99");
        let row = |name: &str, n: usize, ms: &Times, rest: String| {
            println!(
                "{name:24}{n:6} {:8.3} {:8.3} {:8.3}   {rest}",
                ms.p50, ms.p90, ms.p99
            );
        };
        for (name, finish) in [("finish", &self.finish), ("finish, reused", &self.reused)] {
            let speed = finish.speed.map_or_else(String::new, |speed| {
                format!("x {:.2} faster than plain", speed.median)
            });
            row(name, finish.n, &finish.ms, speed);
            row("  plain decode", finish.n, &finish.plain_ms, String::new());
        }
        let stale = &self.stale;
        let rest = format!(
            "max {:.3}; the call itself max {:.3}",
            stale.max_ms, stale.call_max_ms
        );
        row("stale decode", stale.n, &stale.ms, rest);
        let rest = format!("max {:.3}", stale.cpu_max_ms);
        row("  processor time", stale.n, &stale.cpu_ms, rest);
        println!("\npoints     n   top-1   top-3   with the options of whole gestures");
        for cut in &self.cuts {
            println!(
                "{:4.0} %{:6}{:8.1}{:8.1}{:8.1}{:8.1}",
                100.0 * cut.share,
                cut.n,
                cut.top1,
                cut.top3,
                cut.plain_top1,
                cut.plain_top3
            );
        }
    }
}
