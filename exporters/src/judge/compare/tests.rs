//! A comparison whose figures are made up, and what is refused before anything is decoded.

use super::*;
use crate::judge::JudgeError;
use crate::judge::accuracy::Outcome;
use crate::judge::times::Times;
use crate::quantize::frames::{EncoderError, ErrorHistogram};

fn outcomes(hits: usize) -> Vec<Outcome> {
    (0..20)
        .map(|index| Outcome {
            letters: 1 + index % 9,
            rank: (index < hits).then_some(index % 3),
            known: true,
            greedy: index + 2 < hits,
        })
        .collect()
}

fn figures(label: &str, hits: usize) -> BundleFigures {
    let stage = |scale: f64| Stage {
        times: Times {
            p50: scale,
            p90: 2.0 * scale,
            p99: 3.0 * scale,
        },
        distribution: (0..=40)
            .map(|step| scale * f64::from(step) / 20.0)
            .collect(),
    };
    BundleFigures {
        label: label.to_owned(),
        name: "made-up".to_owned(),
        runtime: "ONNX Runtime 1.32.0".to_owned(),
        precision: "fp32".to_owned(),
        parameters: 1_900_000,
        sizes: Sizes {
            encoder: 100_000 * hits as u64,
            encoder_deflated: Some(90_000 * hits as u64),
            bundle: 200_000 * hits as u64,
            bundle_deflated: Some(150_000 * hits as u64),
        },
        footprint: Some(Footprint {
            runtime_ms: 12.0,
            load_ms: 80.5,
            rss_before_mib: 5.0,
            rss_opened_mib: 60.0,
            rss_end_mib: 70.25,
            swipes: 20,
        }),
        accuracy: Accuracy::of(&outcomes(hits)),
        latency: Some(Latency {
            encoder: stage(1.5),
            search: stage(0.5),
            total: stage(2.0),
        }),
        difference: None,
    }
}

/// Two bundles, the second with a name that must be escaped.
pub(super) fn comparison() -> Comparison {
    let mut second = figures("<b>int8</b>\u{1b}[31m", 15);
    let ratio = Some(Ratio {
        of_medians: 2.1,
        median: 2.2,
    });
    let mut histogram = ErrorHistogram::default();
    [0.0, 1e-4, 2e-3, 0.5]
        .iter()
        .for_each(|error| histogram.add(*error));
    second.difference = Some(Difference {
        same_checkpoint: true,
        encoder_bytes: 0.833,
        accuracy: AccuracyDifference::of(&outcomes(18), &outcomes(15)),
        same_candidates: 85.0,
        same_best: 90.0,
        encoder_error: Some(EncoderError {
            swipes: 20,
            frames: 600,
            cosine_min: 0.99,
            cosine_mean: 0.999,
            max_abs: 0.5,
            rms_relative: 0.01,
            histogram,
        }),
        speed: Some(Speed {
            encoder: ratio,
            search: ratio,
            total: ratio,
        }),
    });
    Comparison {
        data: Data {
            swipe_file: "swipes.jsonl".to_owned(),
            sha256: "0".repeat(64),
            swipes: 20,
            of: 40,
            words: WordSource::Bundle,
            word_count: 70_000,
            folding: FOLDING.to_owned(),
        },
        machine: Machine::this(),
        latency: Some(LatencyOptions::default()),
        bundles: vec![figures("fp32", 18), second],
    }
}

#[test]
fn a_comparison_survives_json() {
    let comparison = comparison();
    let json = serde_json::to_string(&comparison).unwrap();
    assert_eq!(
        serde_json::from_str::<Comparison>(&json).unwrap(),
        comparison
    );
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["data"]["words"], "bundle");
    let second = &value["bundles"][1];
    assert_eq!(
        second["difference"]["accuracy"]["by_length"][0]["letters"],
        "1-3"
    );
    assert_eq!(second["latency"]["encoder"]["p50"], 1.5);
}

#[test]
fn fewer_than_two_bundles_are_refused() {
    for paths in [&[][..], &["one"]] {
        let subjects = Subject::from_paths(paths);
        let error = compare(&subjects, &Options::new("m"), |_| {}).unwrap_err();
        let got = paths.len();
        assert!(
            matches!(error, JudgeError::Compare(CompareError::TooFew { got: n }) if n == got),
            "{error}"
        );
    }
}

#[test]
fn counts_of_zero_are_refused_by_their_name() {
    let subjects = Subject::from_paths(&["one", "two"]);
    type Change = (&'static str, fn(&mut Options));
    let changes: [Change; 5] = [
        ("swipes", |options| options.limit = Some(0)),
        ("threads", |options| options.threads = Some(0)),
        ("launches", |options| options.launches = 0),
        ("swipes for latency", |options| {
            options.latency = Some(LatencyOptions {
                swipes: 0,
                rounds: 1,
            })
        }),
        ("rounds", |options| {
            options.latency = Some(LatencyOptions {
                swipes: 1,
                rounds: 0,
            })
        }),
    ];
    for (name, change) in changes {
        let mut options = Options::new("m");
        change(&mut options);
        let error = compare(&subjects, &options, |_| {})
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(name) && error.contains("at least 1"),
            "{error}"
        );
    }
}

#[test]
fn a_bundle_that_is_not_there_is_named() {
    let subjects = Subject::from_paths(&["no-such-bundle", "no-such-bundle"]);
    let error = compare(&subjects, &Options::new("m"), |_| {})
        .unwrap_err()
        .to_string();
    assert!(error.contains("no-such-bundle"), "{error}");
}
