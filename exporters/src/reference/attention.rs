//! Multi-head self-attention with relative positions (Transformer-XL), as NeMo's
//! `RelPositionMultiHeadAttention`.

use super::matrix::{dot, layer_norm, linear, product};
use super::{Matrix, Real};
use crate::network::Attention;

/// Score of a masked pair before the softmax.
const MASKED: f64 = -10000.0;

/// The module's output before the residual, `[T', D]`. `positions` is the table of relative
/// positions. Only the first `length` frames are keys. Queries from `length` on attend to nothing.
pub(super) fn attend<F: Real>(
    attention: &Attention<'_>,
    heads: usize,
    x: &Matrix<F>,
    positions: &Matrix<F>,
    length: usize,
) -> Matrix<F> {
    let frames = x.rows;
    let head_width = x.cols / heads;
    let x = layer_norm(x, attention.norm);
    let query = linear(&x, attention.query);
    let key = linear(&x, attention.key);
    let value = linear(&x, attention.value);
    let position = product(positions, attention.position);
    let scale = F::from_f64((head_width as f64).sqrt());

    let mut context = Matrix::zeros(frames, x.cols);
    let mut scores = vec![F::zero(); frames];
    for head in 0..heads {
        let columns = head * head_width..(head + 1) * head_width;
        let biased = |t: usize, bias: &[f32]| -> Vec<F> {
            let query = &query.row(t)[columns.clone()];
            let bias = &bias[columns.clone()];
            query
                .iter()
                .zip(bias)
                .map(|(&q, &b)| q + F::from_f32(b))
                .collect()
        };
        for t in 0..length {
            let for_content = biased(t, attention.bias_u);
            let for_position = biased(t, attention.bias_v);
            for (s, score) in scores.iter_mut().enumerate() {
                // Row r of the table is position frames - 1 - r, and the pair's is t - s.
                let relative = frames - 1 + s - t;
                *score = if s < length {
                    (dot(&for_content, &key.row(s)[columns.clone()])
                        + dot(&for_position, &position.row(relative)[columns.clone()]))
                        / scale
                } else {
                    F::from_f64(MASKED)
                };
            }
            softmax(&mut scores);
            let out = &mut context.row_mut(t)[columns.clone()];
            for (s, &probability) in scores[..length].iter().enumerate() {
                for (o, &v) in out.iter_mut().zip(&value.row(s)[columns.clone()]) {
                    *o += probability * v;
                }
            }
        }
    }
    linear(&context, attention.output)
}

fn softmax<F: Real>(values: &mut [F]) {
    let largest = values
        .iter()
        .fold(F::from_f64(f64::NEG_INFINITY), |a, &b| a.larger(b));
    let mut sum = F::zero();
    for value in &mut *values {
        *value = (*value - largest).exp();
        sum += *value;
    }
    for value in values {
        *value /= sum;
    }
}
