//! The kernels that a swipe is made of: prediction network, joint, featurizer.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use swipekit::internals::features::{Features, Featurizer, FeaturizerSpec};
use swipekit::internals::transducer::{JointScratch, PredictionJoint, PredictionScratch};
use swipekit_benches::random;
use swipekit_exporters::fixtures::values;
use swipekit_exporters::random::Random;
use swipekit_exporters::synth::samples;

fn model() -> PredictionJoint {
    random::transducer(&random::spec()).unwrap()
}

fn prediction(c: &mut Criterion) {
    let transducer = model();
    let prediction = &transducer.prediction;
    let mut group = c.benchmark_group("prediction_step");
    for rows in [1, 4, 16] {
        let labels: Vec<usize> = (2..2 + rows).collect();
        let states = values(&mut Random::new(1), rows * prediction.state_width(), 1.0);
        let (mut current, mut projected, mut scratch) =
            (states.clone(), Vec::new(), PredictionScratch::default());
        group.bench_function(BenchmarkId::from_parameter(rows), |b| {
            b.iter(|| {
                current.copy_from_slice(&states);
                prediction
                    .step(
                        black_box(&labels),
                        &mut current,
                        &mut projected,
                        &mut scratch,
                    )
                    .unwrap();
            });
        });
    }
    group.finish();
}

fn joint(c: &mut Criterion) {
    let transducer = model();
    let joint = &transducer.joint;
    let mut random = Random::new(1);
    let mut group = c.benchmark_group("joint_log_probabilities");
    let frame = values(&mut random, joint.width(), 1.0);
    for rows in [1, 16, 32] {
        let prefixes = values(&mut random, rows * joint.width(), 1.0);
        let (mut out, mut scratch) = (Vec::new(), JointScratch::default());
        group.bench_function(BenchmarkId::from_parameter(rows), |b| {
            b.iter(|| {
                out.clear();
                let prefixes = prefixes.chunks_exact(joint.width());
                joint.log_probabilities(black_box(&frame), prefixes, &mut out, &mut scratch);
            });
        });
    }
    group.finish();
    let frames = values(&mut random, 32 * random::spec().encoder, 1.0);
    let (mut projected, mut scratch) = (Vec::new(), JointScratch::default());
    c.bench_function("joint_project_32_frames", |b| {
        b.iter(|| {
            joint
                .project_encoder(black_box(&frames), &mut projected, &mut scratch)
                .unwrap()
        });
    });
}

fn features(c: &mut Criterion) {
    let featurizer = Featurizer::new(&FeaturizerSpec::seed()).unwrap();
    let trace = samples::trace("keyboard", &mut Random::new(1)).unwrap();
    let mut features = Features::new();
    c.bench_function("features", |b| {
        b.iter(|| featurizer.features(black_box(&trace), &mut features))
    });
}

criterion_group!(benches, prediction, joint, features);
criterion_main!(benches);
