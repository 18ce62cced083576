//! Many threads decode while words come and go: every result must be that of one thread alone with
//! the words of some moment during the decode.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use swipekit::lexicon::UserWords;
use swipekit::{Engine, EngineOptions, Trace};
use swipekit_exporters::error::Result;
use swipekit_exporters::judge::compare::Machine;
use swipekit_exporters::judge::machine::resident_mib;
use swipekit_exporters::swipes::sample;

/// What to run.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Bundle: a folder or a .swipekit file.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Swipe file: JSON lines, plain or gzipped.
    #[arg(long, value_name = "FILE")]
    swipes: PathBuf,
    /// Swipes that are decoded again and again, taken evenly.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// Decodes of all threads together.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    decodes: usize,
    /// Threads.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=256))]
    threads: u32,
    /// Copies of the encoder: swipes that are encoded at the same time.
    #[arg(long, value_name = "N", default_value_t = 2)]
    copies: usize,
    /// Print one JSON value instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    threads: u32,
    decodes: usize,
    /// Changes of the words meanwhile.
    changes: usize,
    /// Decodes whose result is that of one thread alone.
    right: usize,
    /// Decodes whose result is not.
    wrong: usize,
    decodes_a_second: f64,
    /// Resident memory once every thread has decoded every swipe, and at the end, in MiB.
    rss_mib: [f64; 2],
}

/// The change number `step` of a round that ends where it began: words are added, others blocked,
/// and both are taken back.
fn change(words: &UserWords, step: usize) {
    const NAMES: [&str; 8] = ["zyxt", "hte", "teh", "qat", "ot", "thes", "wast", "andy"];
    const KNOWN: [&str; 8] = ["the", "and", "of", "was", "for", "that", "are", "with"];
    let at = step / 2 % NAMES.len();
    // Every word can be typed with the labels of a Latin alphabet; where one cannot, it is left out
    // of every round alike.
    let _ = match (step / 16, step % 2) {
        (0, 0) => words.add(NAMES[at]),
        (0, _) => words.block(KNOWN[at]),
        (_, 0) => words.remove(NAMES[at]),
        (_, _) => words.unblock(KNOWN[at]),
    };
}

/// Changes of a round.
const ROUND: usize = 32;

/// Runs the threads and compares.
///
/// # Errors
/// What opening the bundle and decoding give.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let mut options = EngineOptions::default();
    options.copies = arguments.copies;
    let engine = Engine::open_with(&arguments.bundle, &options)?;
    let sample = sample::read(&arguments.swipes, Some(arguments.limit), false)?;
    let traces: Vec<&Trace> = sample.swipes.iter().map(|swipe| &swipe.trace).collect();

    // One thread, every swipe with every state of the words.
    let mut session = engine.session();
    let mut expected = Vec::with_capacity(ROUND);
    for step in 0..ROUND {
        let decoded = traces
            .iter()
            .map(|trace| Ok(session.decode(trace)?.candidates));
        expected.push(decoded.collect::<swipekit::Result<Vec<_>>>()?);
        change(engine.words(), step);
    }
    drop(session);

    let (begun, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (left, is_over) = (AtomicUsize::new(arguments.decodes), AtomicBool::new(false));
    let warm = AtomicUsize::new(0);
    let start = Instant::now();
    let worker = || -> swipekit::Result<[usize; 2]> {
        let mut session = engine.session();
        let mut counts = [0; 2];
        for at in (0..traces.len()).cycle() {
            let take = |left: usize| left.checked_sub(1);
            let order = Ordering::AcqRel;
            if left.fetch_update(order, Ordering::Acquire, take).is_err() {
                break;
            }
            let from = done.load(Ordering::SeqCst);
            let got = session.decode(traces[at])?.candidates;
            let to = begun.load(Ordering::SeqCst);
            let is_right = (from..=to).any(|state| expected[state % ROUND][at] == got);
            counts[usize::from(!is_right)] += 1;
            if counts.iter().sum::<usize>() == traces.len() {
                warm.fetch_add(1, Ordering::AcqRel);
            }
        }
        Ok(counts)
    };
    let (counts, changes, rss_mib) = thread::scope(|scope| {
        let workers: Vec<_> = (0..arguments.threads)
            .map(|_| scope.spawn(worker))
            .collect();
        let changer = scope.spawn(|| {
            let mut step = 0;
            while !is_over.load(Ordering::Acquire) {
                begun.fetch_add(1, Ordering::SeqCst);
                change(engine.words(), step % ROUND);
                done.fetch_add(1, Ordering::SeqCst);
                step += 1;
                thread::sleep(Duration::from_micros(500));
            }
            step
        });
        let threads = arguments.threads as usize;
        while warm.load(Ordering::Acquire) < threads
            && left.load(Ordering::Acquire) > 0
            && !workers.iter().all(|worker| worker.is_finished())
        {
            thread::sleep(Duration::from_millis(10));
        }
        let before = resident_mib();
        let counts: Vec<_> = workers.into_iter().map(|worker| worker.join()).collect();
        let after = resident_mib();
        is_over.store(true, Ordering::Release);
        (counts, changer.join().unwrap_or_default(), [before, after])
    });
    let seconds = start.elapsed().as_secs_f64();
    let [mut right, mut wrong] = [0; 2];
    for count in counts {
        let [thread_right, thread_wrong] =
            count.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        right += thread_right;
        wrong += thread_wrong;
    }
    Ok(Report {
        machine: Machine::this(),
        threads: arguments.threads,
        decodes: right + wrong,
        changes,
        right,
        wrong,
        decodes_a_second: ((right + wrong) as f64 / seconds).round(),
        rss_mib,
    })
}

impl Report {
    /// Whether every result was right.
    pub fn is_right(&self) -> bool {
        self.wrong == 0
    }

    /// Prints it.
    pub fn print(&self) {
        println!("{}", self.machine);
        println!(
            "{} threads, {} decodes, {} a second, {} changes of the words meanwhile",
            self.threads, self.decodes, self.decodes_a_second, self.changes
        );
        println!("{} as one thread alone, {} not", self.right, self.wrong);
        println!(
            "resident: {:.1} MiB once every thread knew every swipe, {:.1} MiB at the end",
            self.rss_mib[0], self.rss_mib[1]
        );
    }
}
