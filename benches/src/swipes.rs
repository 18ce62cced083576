//! Encoder and searches on swipes as they come, of all lengths: what a keyboard waits for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use swipekit::internals::decoder::{Decoder, PREFIX_BYTES, PrefixTable};
use swipekit::internals::features::Features;
use swipekit::internals::transducer::JointScratch;
use swipekit::lexicon::{Layer, Lexicon, LexiconStack};
use swipekit_exporters::error::Result;
use swipekit_exporters::judge::compare::Machine;
use swipekit_exporters::swipes::sample;

use crate::input::Parts;
use crate::times::{Times, timed};

/// What to time.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Bundle: a folder or a .swipekit file.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Lexicon in place of the bundle's own: a built lexicon or a word list.
    #[arg(long, value_name = "FILE")]
    lexicon: Option<PathBuf>,
    /// Swipe file: JSON lines, plain or gzipped.
    #[arg(long, value_name = "FILE")]
    swipes: PathBuf,
    /// Swipes to time at most, taken evenly.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: usize,
    /// Prefixes of the table.
    #[arg(long, value_name = "N", default_value_t = 4096)]
    prefixes: usize,
    /// Memory of the prefixes that a session remembers, in KiB.
    #[arg(long, value_name = "KIB", default_value_t = PREFIX_BYTES / 1024)]
    prefix_kib: usize,
    /// Print one JSON value instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// One way to search.
#[derive(Debug, Serialize)]
struct Search {
    name: &'static str,
    beam: usize,
    /// Prefixes of the table.
    prefixes: usize,
    /// Whether each swipe is a session's first.
    is_first: bool,
    ms: Times,
    /// 99th percentile over the median.
    tail: f64,
    /// Median over the swipes of its time over the encoder's.
    of_encoder: f64,
    /// Median over the swipes of its time over that of beam 16 without a table, first or not as
    /// here.
    of_beam16_without: f64,
    /// Mean of the prefixes that a swipe left behind in its session; one that made older ones be
    /// forgotten counts none.
    new_prefixes: f64,
    /// What the session takes at the end, in KiB.
    session_kib: usize,
}

/// Times of the encoder and of the searches.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    bundle: String,
    precision: String,
    parameters: u64,
    words: usize,
    lexicon_kib: usize,
    swipes: usize,
    encoder_ms: Times,
    searches: Vec<Search>,
}

/// Beam, prefixes and whether each swipe is the first, and how that is called. Those without a
/// table come first.
const WAYS: [(&str, usize, bool, bool); 6] = [
    ("beam 16, no table", 16, false, false),
    ("beam 16, no table, first swipe", 16, false, true),
    ("beam 16, table", 16, true, false),
    ("beam 16, table, first swipe", 16, true, true),
    ("beam 32, table", 32, true, false),
    ("beam 32, table, first swipe", 32, true, true),
];

/// Times encoder and searches in turns at every swipe, in processor time of the thread.
///
/// # Errors
/// What opening the bundle and decoding give.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let parts = Parts::open(&arguments.bundle, arguments.lexicon.as_deref())?;
    let sample = sample::read(&arguments.swipes, Some(arguments.limit), false)?;
    let manifest = parts.bundle.manifest();
    let preset = manifest.presets.get("default").cloned().unwrap_or_default();
    let layers = LexiconStack::new(vec![Layer::new(Lexicon::clone(&parts.lexicon))])?;
    let table = |count| PrefixTable::compute(&parts.transducer, &layers, count).map(Arc::new);
    let (table, bare) = (table(arguments.prefixes)?, table(0)?);
    let decoder = |has_table: bool| {
        let table = if has_table { &table } else { &bare };
        let (transducer, table) = (Arc::clone(&parts.transducer), Arc::clone(table));
        let mut decoder = Decoder::with_table(transducer, layers.clone(), table);
        decoder.set_prefix_bytes(arguments.prefix_kib << 10);
        decoder
    };
    let mut decoders: Vec<Decoder> = WAYS.iter().map(|way| decoder(way.2)).collect();
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); WAYS.len()];
    let mut new = vec![0; WAYS.len()];
    let mut encoder_times = Vec::new();
    let (mut features, mut encoded, mut projected) = (Features::new(), Vec::new(), Vec::new());
    let mut scratch = JointScratch::default();
    for swipe in &sample.swipes {
        let frames = parts.featurizer.features(&swipe.trace, &mut features);
        encoded.clear();
        timed(&mut encoder_times, || {
            parts.encoder.encode(features.data(), frames, &mut encoded)
        })?;
        for (at, (_, beam, _, is_first)) in WAYS.into_iter().enumerate() {
            let mut options = preset.clone();
            options.beam = beam;
            let decoder = &mut decoders[at];
            if is_first {
                decoder.forget();
            }
            let before = decoder.prefixes();
            timed(&mut times[at], || {
                let joint = &parts.transducer.joint;
                joint.project_encoder(&encoded, &mut projected, &mut scratch)?;
                decoder.decode(&projected, &options).map(drop)
            })?;
            new[at] += decoder.prefixes().saturating_sub(before);
        }
    }
    let ratio = |a: &[Duration], b: &[Duration]| {
        let pairs = a.iter().zip(b);
        let ratios = pairs.map(|(a, b)| a.as_secs_f64() / b.as_secs_f64().max(1e-9));
        let mut ratios: Vec<f64> = ratios.collect();
        ratios.sort_by(f64::total_cmp);
        round(ratios.get(ratios.len() / 2).copied().unwrap_or(0.0))
    };
    let searches = WAYS.iter().enumerate().map(|(at, way)| {
        let (name, beam, has_table, is_first) = *way;
        let ms = Times::of(times[at].clone());
        Search {
            name,
            beam,
            prefixes: if has_table { table.len() } else { 1 },
            is_first,
            tail: round(ms.p99 / ms.p50.max(1e-9)),
            ms,
            of_encoder: ratio(&times[at], &encoder_times),
            of_beam16_without: ratio(&times[at], &times[usize::from(is_first)]),
            new_prefixes: round(new[at] as f64 / sample.swipes.len().max(1) as f64),
            session_kib: decoders[at].bytes() >> 10,
        }
    });
    Ok(Report {
        machine: Machine::this(),
        bundle: manifest.name.clone(),
        precision: manifest.precision.clone(),
        parameters: manifest.model.parameters,
        words: parts.lexicon.len(),
        lexicon_kib: parts.lexicon.bytes().len() >> 10,
        swipes: sample.swipes.len(),
        searches: searches.collect(),
        encoder_ms: Times::of(encoder_times),
    })
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

impl Report {
    /// Prints a table.
    pub fn print(&self) {
        println!("{}", self.machine);
        println!(
            "{} {}, {} parameters, {} words in {} KiB, {} swipes, one thread, processor time\n",
            self.bundle, self.precision, self.parameters, self.words, self.lexicon_kib, self.swipes
        );
        let encoder = &self.encoder_ms;
        println!(
            "ms                                p50    p90    p99   p99/p50   of encoder   of beam 16 without   new prefixes   session KiB"
        );
        println!(
            "{:31}{:7.3}{:7.3}{:7.3}",
            "encoder", encoder.p50, encoder.p90, encoder.p99
        );
        for search in &self.searches {
            println!(
                "{:31}{:7.3}{:7.3}{:7.3}{:10.2}{:13.3}{:21.3}{:15.1}{:14}",
                search.name,
                search.ms.p50,
                search.ms.p90,
                search.ms.p99,
                search.tail,
                search.of_encoder,
                search.of_beam16_without,
                search.new_prefixes,
                search.session_kib
            );
        }
    }
}
