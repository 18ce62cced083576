use proptest::prelude::*;

use crate::quantize::weights::{QuantizedWeight, quantize, quantize_bias, transpose};

/// The values of the integers.
fn dequantized(weight: &QuantizedWeight) -> Vec<f32> {
    let width = weight.values.len() / weight.scales.len();
    let values = weight.values.iter().enumerate();
    values
        .map(|(index, value)| f32::from(*value) * weight.scales[index / width])
        .collect()
}

#[test]
fn the_greatest_magnitude_of_a_channel_becomes_the_limit() {
    let weight = [0.5, -1.0, 0.25, 0.0, 3.0, 0.01, -0.01, 1.5];
    for limit in [127, 63] {
        let got = quantize(&weight, 2, limit, |_| 0.0);
        assert_eq!(got.scales, [1.0, 3.0].map(|most| most / f32::from(limit)));
        assert_eq!(got.values[1], -limit);
        assert_eq!(got.values[4], limit);
        assert_eq!(got.values[3], 0);
    }
    // A scale of one: halves round to the even neighbour.
    let ties = quantize(&[127.0, 0.5, 1.5, 2.5, -0.5], 1, 127, |_| 0.0);
    assert_eq!(ties.values, [127, 0, 2, 2, 0]);
}

#[test]
fn a_channel_of_zeros_has_a_scale() {
    let got = quantize(&[0.0, 0.0, 0.0, 2.0], 2, 127, |_| 0.0);
    assert_eq!(got.values, [0, 0, 0, 127]);
    assert!(got.scales[0] > 0.0 && got.scales[0].is_normal());
}

#[test]
fn one_channel_does_not_spoil_another() {
    let quiet = [0.011, -0.007, 0.003, 0.0049];
    let alone = quantize(&quiet, 1, 127, |_| 0.0);
    let loud = [1e6, -1.0, 2e3, 5e5];
    let both = quantize(&[loud, quiet].concat(), 2, 127, |_| 0.0);
    assert_eq!(both.values[4..], alone.values);
    assert_eq!(both.scales[1], alone.scales[0]);
}

#[test]
fn a_bias_may_raise_the_scale_of_its_channel() {
    let got = quantize(&[1.0, 1.0], 2, 127, |channel| [0.0, 0.5][channel]);
    assert_eq!(got.scales, [1.0 / 127.0, 0.5]);
    assert_eq!(got.values, [127, 2]);
}

#[test]
fn a_bias_is_rounded_to_its_scales() {
    let got = quantize_bias(&[1.0, -0.26, 0.0, 1e30], &[0.25, 0.1, 1e-9, 1e-9]);
    assert_eq!(got, [4, -3, 0, i32::MAX]);
    // Activation and weight are zero, so the product of both scales is zero.
    assert_eq!(quantize_bias(&[0.0], &[0.0]), [0]);
}

#[test]
fn a_matrix_is_transposed() {
    assert_eq!(transpose(&[1, 2, 3, 4, 5, 6], 2), [1, 4, 2, 5, 3, 6]);
    assert_eq!(transpose(&[], 0), [0i8; 0]);
}

proptest! {
    #[test]
    fn every_value_is_within_half_a_step(
        weight in prop::collection::vec(-1e3f32..1e3, 24),
        channels in prop::sample::select(vec![1usize, 2, 3, 4, 6, 24]),
        limit in prop::sample::select(vec![63i8, 127]),
        exponent in -8i32..8,
    ) {
        let weight: Vec<f32> = weight.iter().map(|v| v * 10f32.powi(exponent)).collect();
        let got = quantize(&weight, channels, limit, |_| 0.0);
        prop_assert_eq!(got.values.len(), weight.len());
        prop_assert_eq!(got.scales.len(), channels);
        let width = weight.len() / channels;
        for (index, (value, exact)) in dequantized(&got).iter().zip(&weight).enumerate() {
            let step = got.scales[index / width];
            prop_assert!((value - exact).abs() <= 0.5001 * step, "{} {} {}", value, exact, step);
        }
        for row in got.values.chunks_exact(width) {
            prop_assert_eq!(row.iter().map(|value| value.abs()).max(), Some(limit));
        }
    }

    #[test]
    fn transposing_twice_changes_nothing(
        values in prop::collection::vec(any::<i8>(), 30),
        rows in prop::sample::select(vec![1usize, 2, 3, 5, 6, 10, 15, 30]),
    ) {
        prop_assert_eq!(transpose(&transpose(&values, rows), 30 / rows), values);
    }
}
