//! Synthetic swipes: drawn, a swipe at a time.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use swipekit::layout::Layout;
use swipekit_exporters::synth::{Profile, Synth, SynthSwipe, WordOptions, Words};

/// The default model's words.
const WORDS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../models/lexicons/en/words.tsv"
);

fn draw(c: &mut Criterion) {
    let mut group = c.benchmark_group("synth");
    group.throughput(Throughput::Elements(1));
    for profile in [Profile::how_we_swipe(), Profile::prior()] {
        let words = Words::read(Path::new(WORDS), WordOptions::default()).unwrap();
        let name = profile.name.clone();
        let synth = Synth::new(&Layout::qwerty(), words, profile, 1).unwrap();
        let (mut index, mut swipe) = (0, SynthSwipe::default());
        group.bench_function(&name, |b| {
            b.iter(|| {
                synth.swipe(index, &mut swipe);
                index += 1;
                black_box(swipe.points.len())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, draw);
criterion_main!(benches);
