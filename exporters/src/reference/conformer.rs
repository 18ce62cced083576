//! One Conformer layer: half a feed-forward module, attention, convolution, half a feed-forward
//! module, layer norm.

use super::attention::attend;
use super::convolution::convolve;
use super::matrix::{layer_norm, linear, swish};
use super::{Matrix, Real};
use crate::network::{ConformerLayer, FeedForward};

/// The layer's output `[T', D]` for its input `x`. The first `length` frames are valid.
pub(super) fn conformer_layer<F: Real>(
    layer: &ConformerLayer<'_>,
    heads: usize,
    mut x: Matrix<F>,
    positions: &Matrix<F>,
    length: usize,
) -> Matrix<F> {
    let half = F::from_f64(0.5);
    x.add_scaled(&feed_forward(&layer.feed_forward1, &x), half);
    let attended = attend(&layer.attention, heads, &x, positions, length);
    x.add_scaled(&attended, F::ONE);
    x.add_scaled(&convolve(&layer.convolution, &x, length), F::ONE);
    x.add_scaled(&feed_forward(&layer.feed_forward2, &x), half);
    layer_norm(&x, layer.norm)
}

fn feed_forward<F: Real>(module: &FeedForward<'_>, x: &Matrix<F>) -> Matrix<F> {
    let hidden = linear(&layer_norm(x, module.norm), module.linear1).map(swish);
    linear(&hidden, module.linear2)
}
