//! Encoders of bundles at T = 64, one swipe at a time: a group for each precision and number of
//! threads, a bench for each bundle.
//!
//! `SWIPEKIT_BUNDLES` names the bundles, separated as in `PATH`, relative to the repository's root
//! (cargo starts benches in their package's folder); the default bundle where it is not set.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use swipekit::internals::bundle::Bundle;
use swipekit::internals::engine::open_encoder;
use swipekit::internals::features::{Features, Featurizer};
use swipekit::internals::runtime::{self, RuntimeOptions};
use swipekit_benches::input;
use swipekit_exporters::judge::compare::Subject;

const VARIABLE: &str = "SWIPEKIT_BUNDLES";
const THREADS: [usize; 2] = [1, 2];

fn paths() -> Vec<PathBuf> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let list = std::env::var_os(VARIABLE).filter(|list| !list.is_empty());
    let list = list.unwrap_or_else(|| OsString::from("models/en-qwerty"));
    std::env::split_paths(&list)
        .map(|path| root.join(path))
        .collect()
}

fn encoders(c: &mut Criterion) {
    // Without a runtime there is nothing to time; a bundle that does not open is an error.
    if let Err(error) = runtime::load(None) {
        return eprintln!("skipped the encoders: {error}");
    }
    let traces = input::swipes(None, 64, 16).unwrap().timed;
    for subject in Subject::from_paths(&paths()) {
        let bundle = Bundle::open(&subject.path).unwrap();
        let manifest = bundle.manifest();
        let featurizer = Featurizer::new(&manifest.featurizer).unwrap();
        let swipes: Vec<(Vec<f32>, usize)> = traces
            .iter()
            .map(|trace| {
                let mut features = Features::new();
                let frames = featurizer.features(trace, &mut features);
                (features.data().to_vec(), frames)
            })
            .collect();
        for threads in THREADS {
            let mut options = RuntimeOptions::default();
            options.threads = Some(threads);
            let encoder = open_encoder(&bundle, &options).unwrap();
            let name = format!("encoder/{}/{threads} threads", manifest.precision);
            let mut group = c.benchmark_group(name);
            let mut next = swipes.iter().cycle();
            let mut encoded = Vec::new();
            group.bench_function(&subject.label, |b| {
                b.iter(|| {
                    if let Some((features, frames)) = next.next() {
                        encoder
                            .encode(black_box(features), *frames, &mut encoded)
                            .unwrap();
                    }
                });
            });
            group.finish();
        }
    }
}

criterion_group!(benches, encoders);
criterion_main!(benches);
