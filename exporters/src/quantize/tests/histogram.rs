use proptest::prelude::*;

use crate::quantize::histogram::Histogram;
use crate::quantize::rewrite::Range;
use crate::random::Random;

fn histogram(values: &[f32]) -> Histogram {
    let mut histogram = Histogram::default();
    assert!(histogram.add(values));
    histogram
}

/// The width of a bin where `values` were counted: bins are a 2048th of the power of two above all
/// magnitudes.
fn bin(values: &[f32]) -> f32 {
    let most = values
        .iter()
        .fold(0f32, |most, value| most.max(value.abs()));
    let mut limit = 2f32.powi(-10);
    while limit <= most {
        limit *= 2.0;
    }
    limit / 2048.0
}

/// Normally distributed values.
fn normal(count: usize, seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..count).map(|_| random.normal() as f32).collect()
}

#[test]
fn percentiles_are_those_of_the_sorted_values() {
    let values: Vec<f32> = normal(20_000, 1).iter().map(|value| value + 0.5).collect();
    let histogram = histogram(&values);
    let mut sorted = values.clone();
    sorted.sort_by(f32::total_cmp);
    for percent in [50.0, 90.0, 99.0, 99.9, 99.99] {
        let outside = (values.len() as f64 * (100.0 - percent) / 200.0).floor() as usize;
        let range = histogram.percentile(percent);
        let low = sorted[outside].min(0.0);
        let high = sorted[sorted.len() - 1 - outside].max(0.0);
        let bin = bin(&values);
        assert!((range.low - low).abs() <= bin, "{percent}: {range:?} {low}");
        assert!(
            (range.high - high).abs() <= bin,
            "{percent}: {range:?} {high}"
        );
    }
}

#[test]
fn all_of_the_values_are_the_extremes() {
    let values = normal(5000, 2);
    let histogram = histogram(&values);
    let extremes = histogram.extremes();
    assert_eq!(extremes.low, values.iter().copied().fold(0.0, f32::min));
    assert_eq!(extremes.high, values.iter().copied().fold(0.0, f32::max));
    assert_eq!(histogram.percentile(100.0), extremes);
}

#[test]
fn entropy_clips_outliers() {
    let mut values = normal(50_000, 3);
    values.extend([90.0, -95.0, 100.0]);
    let range = histogram(&values).entropy();
    assert!((3.0..15.0).contains(&range.high), "{range:?}");
    assert!((-15.0..-3.0).contains(&range.low), "{range:?}");
}

#[test]
fn entropy_clips_nothing_of_a_uniform_distribution() {
    let values: Vec<f32> = (0..100_000).map(|i| i as f32 / 50_000.0 - 1.0).collect();
    let histogram = histogram(&values);
    assert_eq!(histogram.entropy(), histogram.extremes());
}

#[test]
fn what_is_not_finite_is_refused_and_not_counted() {
    let mut histogram = histogram(&[1.0, -2.0]);
    let before = histogram.clone();
    for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(!histogram.add(&[0.5, wrong, 9.0]));
        assert_eq!(histogram, before);
    }
}

#[test]
fn zeros_and_nothing_have_an_empty_range() {
    for histogram in [Histogram::default(), histogram(&[]), histogram(&[0.0; 100])] {
        let none = Range::new(0.0, 0.0);
        assert_eq!(histogram.extremes(), none);
        assert_eq!(histogram.percentile(99.99), none);
        assert_eq!(histogram.entropy(), none);
    }
}

#[test]
fn values_of_one_sign_have_zero_at_the_other_end() {
    let negative: Vec<f32> = (1..=1000).map(|i| -(i as f32) / 100.0).collect();
    let positive: Vec<f32> = negative.iter().map(|value| -value).collect();
    let (negative, positive) = (histogram(&negative), histogram(&positive));
    assert_eq!(negative.extremes(), Range::new(-10.0, 0.0));
    assert_eq!(positive.extremes(), Range::new(0.0, 10.0));
    for (negative, positive) in [
        (negative.percentile(98.0), positive.percentile(98.0)),
        (negative.entropy(), positive.entropy()),
    ] {
        assert_eq!((negative.high, positive.low), (0.0, 0.0));
        assert!((-10.0..-9.8).contains(&negative.low), "{negative:?}");
        assert!((9.8..=10.0).contains(&positive.high), "{positive:?}");
    }
}

#[test]
fn sizes_of_all_kinds_are_counted() {
    for size in [1e-30f32, 1e-10, 1.0, 1e10, 1e30] {
        let values = [0.3 * size, -size, 0.1 * size];
        let histogram = histogram(&values);
        assert_eq!(histogram.count(), 3, "{size}");
        assert_eq!(histogram.extremes(), Range::new(-size, 0.3 * size));
        assert_eq!(histogram.percentile(100.0), histogram.extremes(), "{size}");
        let entropy = histogram.entropy();
        assert!(entropy.low.is_finite() && entropy.high.is_finite());
    }
}

proptest! {
    #[test]
    fn the_order_of_adding_and_merging_does_not_matter(
        values in prop::collection::vec((-1f32..1.0, -12i32..30), 1..200),
        cut in 0.0..1.0,
    ) {
        let values: Vec<f32> = values.iter().map(|(v, e)| v * 2f32.powi(*e)).collect();
        let at = (cut * values.len() as f64) as usize;
        let (first, second) = values.split_at(at);
        let together = histogram(&values);
        let mut forwards = histogram(first);
        forwards.merge(&histogram(second));
        let mut backwards = histogram(second);
        backwards.merge(&histogram(first));
        let mut one_by_one = Histogram::default();
        for value in values.iter().rev() {
            prop_assert!(one_by_one.add(&[*value]));
        }
        prop_assert_eq!(together.count(), values.len() as u64);
        prop_assert_eq!(&forwards, &together);
        prop_assert_eq!(&backwards, &together);
        prop_assert_eq!(&one_by_one, &together);
    }

    #[test]
    fn every_range_lies_within_the_extremes(
        values in prop::collection::vec(-1e4f32..1e4, 1..500),
        percent in 0.0..100.0,
    ) {
        let histogram = histogram(&values);
        let extremes = histogram.extremes();
        for range in [histogram.percentile(percent), histogram.entropy()] {
            prop_assert!(extremes.low <= range.low && range.low <= 0.0, "{:?}", range);
            prop_assert!(0.0 <= range.high && range.high <= extremes.high, "{:?}", range);
        }
    }
}
