//! The search at T = 64: on a model made here, and on the default bundle where it is.

use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use swipekit::internals::decoder::{Decoder, DecoderOptions};
use swipekit::internals::transducer::JointScratch;
use swipekit_benches::input::{self, Parts};
use swipekit_benches::random;
use swipekit_exporters::fixtures::values;
use swipekit_exporters::random::Random;

/// Times each of `swipes` (projected frames) in turn, in a session that has seen them and in one
/// that has not.
fn time(c: &mut Criterion, name: &str, mut decoder: Decoder, swipes: &[Vec<f32>]) {
    let options = DecoderOptions::default();
    for known in [true, false] {
        let mut next = swipes.iter().cycle();
        c.bench_function(
            &format!("{name}/{}", if known { "known" } else { "new" }),
            |b| {
                b.iter(|| {
                    if !known {
                        decoder.forget();
                    }
                    decoder
                        .decode(black_box(next.next().map_or(&[], Vec::as_slice)), &options)
                        .unwrap()
                });
            },
        );
    }
}

fn random_model(c: &mut Criterion) {
    let mut spec = random::spec();
    (spec.prediction_layers, spec.prediction, spec.joint) = (1, 64, 64);
    let transducer = Arc::new(random::transducer(&spec).unwrap());
    let mut random = Random::new(3);
    let swipes: Vec<_> = (0..16)
        .map(|_| values(&mut random, 32 * spec.joint, 2.0))
        .collect();
    let decoder = Decoder::new(transducer, random::lexicon(5_000).unwrap(), 256).unwrap();
    time(c, "random_model", decoder, &swipes);
}

fn default_bundle(c: &mut Criterion) {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/en-qwerty"));
    let parts = match Parts::open(path, None) {
        Ok(parts) => parts,
        Err(error) => return eprintln!("skipped the default bundle: {error}"),
    };
    let (mut scratch, mut projected) = (JointScratch::default(), Vec::new());
    let mut swipes = Vec::new();
    for trace in input::swipes(None, 64, 16).unwrap().timed {
        let encoded = parts.encode(&trace).unwrap();
        parts
            .transducer
            .joint
            .project_encoder(&encoded, &mut projected, &mut scratch)
            .unwrap();
        swipes.push(projected.clone());
    }
    let decoder = Decoder::new(parts.transducer, parts.lexicon, 1024).unwrap();
    time(c, "default_bundle", decoder, &swipes);
}

criterion_group!(benches, random_model, default_bundle);
criterion_main!(benches);
