//! Accuracy and speed of a bundle on a manifest of swipes.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use swipekit::decoder::DecoderOptions;
use swipekit::lexicon::Alphabet;
use swipekit::{Engine, Session};

use crate::error::{Error, Result};
use crate::swipes::{Swipe, Swipes};

/// Words of up to so many letters are short.
const SHORT: usize = 3;

/// What to evaluate.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Swipes at most; all where it is `None`.
    pub limit: Option<usize>,
    /// Decoder options; the engine's where it is `None`.
    pub decoder: Option<DecoderOptions>,
}

/// Accuracy and speed on a manifest. Shares are in percent of all swipes, times in milliseconds.
///
/// Targets and candidates are compared by their folded spelling (`don't`, `Dont` and `dont` are the same), since that
/// is what a finger draws. A target that the lexicon does not hold counts as a miss.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Swipes.
    pub n: usize,
    /// Swipes whose target is not in the lexicon.
    pub oov: f64,
    /// The target is the best candidate.
    pub top1: f64,
    /// The target is among the best three.
    pub top3: f64,
    /// The target is among the best five.
    pub top5: f64,
    /// The target is the best candidate, of targets of up to three letters.
    pub top1_short: f64,
    /// The target is the best candidate, of targets of four letters and more.
    pub top1_long: f64,
    /// Greedy decoding without the lexicon spells the target.
    pub greedy: f64,
    /// Swipes with a target of up to three letters.
    pub n_short: usize,
    /// Median time of a swipe, from points to candidates.
    pub ms_p50: f64,
    /// 90th percentile.
    pub ms_p90: f64,
    /// 99th percentile.
    pub ms_p99: f64,
    /// Median time of the encoder.
    pub encoder_ms_p50: f64,
    /// Median time of the search: everything after the encoder.
    pub search_ms_p50: f64,
    /// Resident memory of the process at the end, in MiB.
    pub rss_mb: f64,
    /// How targets are compared.
    pub folding: &'static str,
}

/// Decodes the swipes of `manifest` and compares; `progress` is told the number of swipes done.
///
/// # Errors
/// Whatever reading the manifest or decoding gives; [`Error::Empty`] where there is no swipe.
pub fn evaluate(
    engine: &Engine,
    manifest: &Path,
    options: &Options,
    mut progress: impl FnMut(usize),
) -> Result<Evaluation> {
    let mut session = engine.session();
    let alphabet = Alphabet::new(&engine.manifest().vocabulary.labels);
    let mut counts = Counts::default();
    for swipe in Swipes::open(manifest)?.take(options.limit.unwrap_or(usize::MAX)) {
        counts.add(engine, &alphabet, &mut session, &swipe?, options)?;
        progress(counts.n);
    }
    if counts.n == 0 {
        return Err(Error::Empty {
            path: manifest.to_path_buf(),
            what: "swipes",
        });
    }
    Ok(counts.summary())
}

#[derive(Default)]
struct Counts {
    n: usize,
    short: usize,
    oov: usize,
    top: [usize; 5],
    short_top1: usize,
    greedy: usize,
    total: Vec<Duration>,
    encoder: Vec<Duration>,
    search: Vec<Duration>,
}

impl Counts {
    fn add(
        &mut self,
        engine: &Engine,
        alphabet: &Alphabet,
        session: &mut Session,
        swipe: &Swipe,
        options: &Options,
    ) -> Result<()> {
        let decoder = options.decoder.as_ref().unwrap_or(engine.options());
        let candidates = session.decode_with(&swipe.trace, decoder)?;
        let timings = session.timings();
        self.total.push(timings.total());
        self.encoder.push(timings.encoder);
        self.search.push(timings.search);

        // A word that cannot be typed has no key: nothing can be equal to it.
        let target = alphabet.fold(&swipe.word).ok();
        let short = target.as_ref().is_some_and(|key| key.len() <= SHORT);
        self.n += 1;
        self.short += usize::from(short);
        let known = target
            .as_ref()
            .zip(engine.lexicon())
            .is_some_and(|(key, lexicon)| lexicon.contains_key(key));
        self.oov += usize::from(!known);
        let hit = |word: &str| target.is_some() && alphabet.fold(word).ok() == target;
        let rank = candidates.iter().position(|candidate| hit(&candidate.word));
        if let Some(rank) = rank.filter(|rank| *rank < self.top.len()) {
            self.top[rank] += 1;
            self.short_top1 += usize::from(short && rank == 0);
        }
        self.greedy += usize::from(hit(&session.greedy(&swipe.trace)?));
        Ok(())
    }

    fn summary(mut self) -> Evaluation {
        let percent = |count: usize, of: usize| {
            if of == 0 {
                0.0
            } else {
                round(100.0 * count as f64 / of as f64, 2)
            }
        };
        let within = |rank: usize| percent(self.top[..rank].iter().sum(), self.n);
        let (top1, top3, top5) = (within(1), within(3), within(5));
        let top1_long = percent(self.top[0] - self.short_top1, self.n - self.short);
        let total = &mut self.total;
        total.sort_unstable();
        Evaluation {
            n: self.n,
            oov: percent(self.oov, self.n),
            top1,
            top3,
            top5,
            top1_short: percent(self.short_top1, self.short),
            top1_long,
            greedy: percent(self.greedy, self.n),
            n_short: self.short,
            ms_p50: percentile(total, 50),
            ms_p90: percentile(total, 90),
            ms_p99: percentile(total, 99),
            encoder_ms_p50: median(&mut self.encoder),
            search_ms_p50: median(&mut self.search),
            rss_mb: resident_mib(),
            folding: "letters only: case, accents, apostrophes and hyphens are folded in targets and candidates",
        }
    }
}

fn round(value: f64, digits: i32) -> f64 {
    let factor = 10f64.powi(digits);
    (value * factor).round() / factor
}

/// The `percent`th percentile of sorted times by nearest rank, in milliseconds.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted
        .get(rank - 1)
        .map_or(0.0, |time| round(time.as_secs_f64() * 1e3, 3))
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    percentile(times, 50)
}

/// Resident memory of this process in MiB; 0 where the platform does not tell.
pub fn resident_mib() -> f64 {
    memory_stats::memory_stats().map_or(0.0, |stats| {
        round(stats.physical_mem as f64 / f64::from(1 << 20), 1)
    })
}
