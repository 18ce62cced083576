use std::collections::BTreeMap;

use proptest::prelude::*;
use safetensors::SafeTensors;
use serde::Deserialize;
use swipekit_test_support::shared;

use super::*;
use crate::error::Error;
use crate::layout::{Layout, LetterArea};
use crate::trace::{Point, Trace};

/// Number of features of `kinematic37`.
const FEATURES: usize = 37;

/// `kinematic37` with the grid of the stored vectors.
fn kinematic37(scale: Vec<f32>) -> FeaturizerSpec {
    FeaturizerSpec::kinematic37(Layout::qwerty_unshifted().key_centres(), scale)
}

/// |got - expected| in units of 1 + |expected|.
fn relative(got: f32, expected: f32) -> f64 {
    (f64::from(got) - f64::from(expected)).abs() / (1.0 + f64::from(expected).abs())
}

#[derive(Deserialize)]
struct Vector {
    points: Vec<(f64, f64, f64)>,
    samples: usize,
    features: BTreeMap<usize, Vec<f32>>,
}

/// Vectors from an independent implementation of the featurizer in NumPy. Two points of the first
/// have one time stamp; its features use the repaired time of the earlier one, half-way between its
/// neighbours.
#[test]
fn stored_vectors() {
    let vectors: Vec<Vector> =
        serde_json::from_str(include_str!("fixtures/kinematic37.json")).unwrap();
    assert_eq!(vectors.len(), 3);
    let featurizer = Featurizer::new(&kinematic37(Vec::new())).unwrap();
    let mut out = Features::new();
    for vector in vectors {
        let trace = Trace::in_letter_area(vector.points).unwrap();
        assert_eq!(featurizer.features(&trace, &mut out), vector.samples);
        for (index, expected) in vector.features {
            let got = out.sample(index).unwrap();
            assert_eq!(expected.len(), FEATURES);
            for (feature, (got, expected)) in got.into_iter().zip(expected).enumerate() {
                let error = relative(got, expected);
                assert!(
                    error < 2e-7,
                    "sample {index} feature {feature}: {got} for {expected}"
                );
            }
        }
    }
}

/// From q to p in one second: every number can be computed by hand.
#[test]
fn a_straight_swipe_by_hand() {
    let sixth = 1.0 / 6.0;
    let trace = Trace::in_letter_area([(0.05, sixth, 100.0), (0.95, sixth, 1100.0)]).unwrap();
    let mut scale = vec![1.0; FEATURES];
    scale[2] = 0.5;
    let featurizer = Featurizer::new(&kinematic37(scale)).unwrap();
    let mut out = Features::new();
    assert_eq!(featurizer.features(&trace, &mut out), 56);
    let step = 1.8 / 55.0;
    let at = |index: usize| out.sample(index).unwrap();
    let near = |got: f32, expected: f32| assert!(relative(got, expected) < 1e-5, "{got}");
    let first = at(0);
    near(first[0], -0.9);
    near(first[1], -2.0 / 3.0);
    assert_eq!(first[2..13], [0., 0., 0., 0., 0., 0., 0., 0., 0., 1., 0.]);
    // The nearest keys: q, then w a key width (0.2) away, then a a row (2/3) below.
    let row = 2.0f32 / 3.0;
    near(first[13], 0.0);
    near(first[14], 0.2);
    near(first[15], 0.4);
    near(first[16], 0.6);
    near(first[17], row);
    assert_eq!(first[18..21], [0.0, 1.0, 0.0]);
    near(first[21], -0.9 + step);
    near(first[22], step * row.sqrt());
    near(first[25], 2.0 * step);
    assert!(first[24] < 1e-12);
    assert_eq!(first[26..], [0.0; 11]);
    for index in 1..56 {
        let sample = at(index);
        near(sample[2], 0.5 * index as f32 / 55.0);
        near(sample[3], 1.8);
        near(sample[5], 1.8);
        assert!(sample[6].abs() < 1e-6 && sample[8].abs() < 1e-6);
        assert_eq!(sample[9..13], [0.0, 0.0, 1.0, 0.0]);
        near(sample[18], index as f32 / 55.0);
        assert_eq!(sample[19], 0.0);
        assert_eq!(sample[20], if index == 55 { 1.0 } else { 0.0 });
    }
}

#[test]
fn checkpoint_goldens() {
    let Some(file) = shared("checkpoints/golden.safetensors") else {
        return;
    };
    let bytes = std::fs::read(&file).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let floats = |name: String| -> Vec<f32> {
        let data = tensors.tensor(&name).unwrap().data();
        let number = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        data.chunks_exact(4).map(number).collect()
    };
    let featurizer = Featurizer::new(&kinematic37(Vec::new())).unwrap();
    let mut out = Features::new();
    let (mut worst_sample, mut worst_feature) = (0.0f64, 0.0f64);
    for swipe in 0..10 {
        // The points are stored as float32; the features come from the four decimals that they
        // stand for.
        let decimals = |v: f32| (f64::from(v) * 1e4).round() / 1e4;
        let trace = Trace::in_letter_area(
            floats(format!("points{swipe}"))
                .chunks_exact(3)
                .map(|p| (decimals(p[0]), decimals(p[1]), f64::from(p[2]))),
        )
        .unwrap();
        let samples = floats(format!("frames{swipe}"));
        let features = floats(format!("features{swipe}"));
        assert_eq!(featurizer.features(&trace, &mut out) * 3, samples.len());
        for (got, expected) in out.path.iter().zip(samples.chunks_exact(3)) {
            for (got, expected) in [got.x, got.y, got.t].into_iter().zip(expected) {
                worst_sample = worst_sample.max(relative(got as f32, *expected));
            }
        }
        for (index, expected) in features.chunks_exact(FEATURES).enumerate() {
            for (got, expected) in out.sample(index).unwrap().into_iter().zip(expected) {
                worst_feature = worst_feature.max(relative(got, *expected));
            }
        }
    }
    eprintln!("worst sample {worst_sample:.1e}, worst feature {worst_feature:.1e}");
    assert!(worst_sample < 2e-7, "samples differ by {worst_sample:.1e}");
    assert!(
        worst_feature < 2e-7,
        "features differ by {worst_feature:.1e}"
    );
}

#[test]
fn fewer_than_two_points_give_one_zero_sample() {
    let featurizer = Featurizer::new(&FeaturizerSpec::seed()).unwrap();
    let mut out = Features::new();
    for points in [&[][..], &[(0.5, 0.5, 3.0)]] {
        let trace = Trace::in_letter_area(points.iter().copied()).unwrap();
        assert_eq!(featurizer.features(&trace, &mut out), 1);
        assert_eq!(out.data(), [0.0; FEATURES]);
        assert_eq!(out.sample(1), None);
    }
}

#[test]
fn the_keyboards_units_do_not_matter() {
    let featurizer = Featurizer::new(&FeaturizerSpec::seed()).unwrap();
    let area = LetterArea::new(8.0, 1200.0, 1024.0, 512.0).unwrap();
    let path = [(0.25, 0.5, 0.0), (0.75, 0.125, 90.0), (0.5, 0.875, 200.0)];
    let unit = Trace::in_letter_area(path).unwrap();
    let pixels = path.map(|(x, y, t)| Point::new(x * 1024.0 + 8.0, y * 512.0 + 1200.0, t));
    let pixels = Trace::from_points(area, pixels).unwrap();
    let (mut a, mut b) = (Features::new(), Features::new());
    featurizer.features(&unit, &mut a);
    featurizer.features(&pixels, &mut b);
    assert_eq!(a.data(), b.data());
}

#[test]
fn the_seed_cuts_and_clamps_late() {
    let seed = Featurizer::new(&FeaturizerSpec::seed()).unwrap();
    let ours = Featurizer::new(&kinematic37(Vec::new())).unwrap();
    let (mut a, mut b) = (Features::new(), Features::new());
    let inside = Trace::in_letter_area([(0.1, 0.1, 0.0), (0.9, 0.8, 300.0)]).unwrap();
    seed.features(&inside, &mut a);
    ours.features(&inside, &mut b);
    assert_eq!(a.data(), b.data());
    let beyond = Trace::in_letter_area([(0.1, 0.1, 0.0), (1.9, 0.8, 300.0)]).unwrap();
    seed.features(&beyond, &mut a);
    ours.features(&beyond, &mut b);
    // Clamped after resampling, the path reaches the edge half-way; clamped before, only at its
    // end.
    assert_eq!(a.sample(28).unwrap()[0], 1.0);
    assert!(b.sample(28).unwrap()[0] < 0.2);
    let long = |count: usize| {
        let points = (0..count).map(|i| (i as f64 / 400.0, 0.5, 10.0 * i as f64));
        Trace::in_letter_area(points).unwrap()
    };
    seed.features(&long(400), &mut a);
    ours.features(&long(256), &mut b);
    assert_eq!(a.data(), b.data());
}

#[test]
fn memory_is_reused() {
    let featurizer = Featurizer::new(&FeaturizerSpec::seed()).unwrap();
    let mut out = Features::new();
    let points = |count: usize| (0..count).map(|i| (i as f64 / 400.0, 0.5, 10.0 * i as f64));
    featurizer.features(&Trace::in_letter_area(points(111)).unwrap(), &mut out);
    let memory = (out.data().as_ptr(), out.path.as_ptr());
    for count in [0, 1, 2, 40, 60, 111, 5000] {
        featurizer.features(&Trace::in_letter_area(points(count)).unwrap(), &mut out);
        assert_eq!((out.data().as_ptr(), out.path.as_ptr()), memory);
    }
}

#[test]
fn padding_is_zero() {
    let featurizer = Featurizer::new(&FeaturizerSpec::seed()).unwrap();
    let mut out = Features::new();
    let trace = Trace::in_letter_area([(0.1, 0.1, 0.0), (0.9, 0.8, 300.0)]).unwrap();
    featurizer.features(&trace, &mut out);
    let mut padded = vec![7.0; FEATURES * 60];
    out.copy_padded(60, &mut padded).unwrap();
    for feature in 0..FEATURES {
        let row = &padded[feature * 60..(feature + 1) * 60];
        assert_eq!(row[..56], out.data()[feature * 56..(feature + 1) * 56]);
        assert_eq!(row[56..], [0.0; 4]);
    }
    assert!(out.copy_padded(55, &mut vec![0.0; FEATURES * 55]).is_err());
    assert!(out.copy_padded(60, &mut padded[1..]).is_err());
    assert!(Features::new().copy_padded(0, &mut []).is_ok());
}

#[test]
fn unknown_and_malformed_specs_are_refused() {
    type Edit = fn(&mut FeaturizerSpec);
    let refused = |edit: Edit| {
        let mut spec = kinematic37(vec![1.0; FEATURES]);
        edit(&mut spec);
        Featurizer::new(&spec).unwrap_err()
    };
    let id = refused(|spec| spec.id = "kinematic38".to_owned());
    assert_eq!(
        id.to_string(),
        "the featurizer must be kinematic37 version 1, got kinematic38 version 1"
    );
    let invalid: [Edit; 5] = [
        |spec| spec.version = 2,
        |spec| spec.max_points = Some(1),
        |spec| spec.key_centres.truncate(4),
        |spec| spec.key_centres[9] = [2e6, 0.0],
        |spec| spec.scale[3] = -1e7,
    ];
    for edit in invalid {
        assert!(matches!(refused(edit), Error::Invalid { .. }));
    }
    let shapes: [Edit; 2] = [|spec| spec.scale.truncate(36), |spec| spec.scale.push(1.0)];
    for edit in shapes {
        assert!(matches!(refused(edit), Error::Shape { .. }));
    }
    let not_finite: [Edit; 2] = [
        |spec| spec.scale[36] = f32::NAN,
        |spec| spec.key_centres[25][1] = f32::INFINITY,
    ];
    for edit in not_finite {
        assert!(matches!(refused(edit), Error::NotFinite { .. }));
    }
    assert!(matches!(
        refused(|spec| spec.key_centres = vec![[0.0; 2]; 513]),
        Error::TooLarge { .. }
    ));
}

#[test]
fn a_spec_survives_json() {
    let spec = kinematic37((0..FEATURES).map(|i| i as f32 * 0.1).collect());
    let text = serde_json::to_string(&spec).unwrap();
    assert_eq!(serde_json::from_str::<FeaturizerSpec>(&text).unwrap(), spec);
    assert_eq!(spec.key_centres.len(), Layout::qwerty().keys.len());
}

fn coordinate() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -0.2f64..1.2,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::MAX, -f64::MAX, 0.0, -0.0]),
    ]
}

fn time() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => 0.0..2000.0f64,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![f64::NAN, f64::NEG_INFINITY, 1e300, -1e300]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn any_trace_gives_a_typed_error_or_finite_features(
        points in prop::collection::vec((coordinate(), coordinate(), time()), 0..200),
        seed in any::<bool>(),
        keep in any::<bool>(),
    ) {
        let spec = if seed { FeaturizerSpec::seed() } else { kinematic37(Vec::new()) };
        let featurizer = Featurizer::new(&spec).unwrap();
        let mut trace = Trace::default();
        for (x, y, t) in points {
            if let Err(error) = trace.push(Point::new(x, y, t)) {
                let typed = matches!(error, Error::NotFinite { .. } | Error::TooLarge { .. });
                prop_assert!(typed, "{}", error);
                if !keep {
                    return Ok(());
                }
            }
        }
        let mut out = Features::new();
        let samples = featurizer.features(&trace, &mut out);
        prop_assert!((1..=MAX_SAMPLES).contains(&samples));
        prop_assert_eq!(out.data().len(), FEATURES * samples);
        prop_assert!(out.data().iter().all(|value| value.is_finite()));
    }
}

#[test]
fn ten_thousand_points_and_reversed_time() {
    let featurizer = Featurizer::new(&kinematic37(Vec::new())).unwrap();
    let mut out = Features::new();
    for direction in [1.0, -1.0, 0.0] {
        let points = (0..10_000).map(|i| {
            let part = f64::from(i) / 10_000.0;
            (part, (7.0 * part).sin(), direction * 16.0 * f64::from(i))
        });
        let trace = Trace::in_letter_area(points).unwrap();
        assert_eq!(featurizer.features(&trace, &mut out), 96);
        assert!(out.data().iter().all(|value| value.is_finite()));
    }
}

/// The features use a trace's repaired times.
#[test]
fn a_stamp_ahead_of_its_time_leaves_the_features_alone() {
    let featurizer = Featurizer::new(&kinematic37(Vec::new())).unwrap();
    let features = |ahead: f64| {
        let mut points: Vec<_> = (0..30)
            .map(|at| (f64::from(at) / 40.0, 0.5, f64::from(at) * 16.0))
            .collect();
        points[11].2 += ahead;
        let mut out = Features::new();
        featurizer.features(&Trace::in_letter_area(points).unwrap(), &mut out);
        out.data().to_vec()
    };
    assert_eq!(features(300.0), features(0.0));
}
