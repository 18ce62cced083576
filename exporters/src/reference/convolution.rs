//! The Conformer's convolution module.

use super::matrix::{NORM_EPSILON, layer_norm, linear, swish};
use super::{Matrix, Real};
use crate::network::{Convolution, ConvolutionNorm};

/// The module's output before the residual, `[T', D]`. Frames from `length` on are zeroed before
/// the depthwise convolution, so they do not affect valid frames.
pub(super) fn convolve<F: Real>(
    convolution: &Convolution<'_>,
    x: &Matrix<F>,
    length: usize,
) -> Matrix<F> {
    let x = layer_norm(x, convolution.norm);
    let mut gated = gated_linear_unit(&linear(&x, convolution.pointwise1));
    gated.zero_from(length);
    let mut y = depthwise(&gated, convolution.depthwise.weight);
    for row in y.data.chunks_exact_mut(x.cols) {
        for (value, &bias) in row.iter_mut().zip(convolution.depthwise.bias) {
            *value += F::from_f32(bias);
        }
    }
    let y = normalize(y, &convolution.inner_norm).map(swish);
    linear(&y, convolution.pointwise2)
}

/// First half of the channels times the logistic function of the second half.
fn gated_linear_unit<F: Real>(x: &Matrix<F>) -> Matrix<F> {
    let width = x.cols / 2;
    let mut y = Matrix::zeros(x.rows, width);
    for t in 0..x.rows {
        let (values, gates) = x.row(t).split_at(width);
        for ((out, &value), &gate) in y.row_mut(t).iter_mut().zip(values).zip(gates) {
            *out = value * gate.sigmoid();
        }
    }
    y
}

/// Convolves every channel with its own kernel over time, with zero padding on both sides. `weight`
/// is `[D, 1, kernel]`.
fn depthwise<F: Real>(x: &Matrix<F>, weight: &[f32]) -> Matrix<F> {
    let kernel = weight.len() / x.cols;
    let mut y = Matrix::zeros(x.rows, x.cols);
    for tap in 0..kernel {
        let taps: Vec<F> = (0..x.cols)
            .map(|c| F::from_f32(weight[c * kernel + tap]))
            .collect();
        for t in 0..x.rows {
            let Some(source) = (t + tap).checked_sub(kernel / 2).filter(|&s| s < x.rows) else {
                continue;
            };
            for ((out, &value), &w) in y.row_mut(t).iter_mut().zip(x.row(source)).zip(&taps) {
                *out += value * w;
            }
        }
    }
    y
}

fn normalize<F: Real>(mut x: Matrix<F>, norm: &ConvolutionNorm<'_>) -> Matrix<F> {
    match *norm {
        ConvolutionNorm::Layer(affine) => layer_norm(&x, affine),
        ConvolutionNorm::Batch {
            affine,
            mean,
            variance,
        } => {
            for row in x.data.chunks_exact_mut(mean.len()) {
                for (c, value) in row.iter_mut().enumerate() {
                    let deviation = (F::from_f32(variance[c]) + F::from_f64(NORM_EPSILON)).sqrt();
                    *value = (*value - F::from_f32(mean[c])) / deviation
                        * F::from_f32(affine.weight[c])
                        + F::from_f32(affine.bias[c]);
                }
            }
            x
        }
    }
}
