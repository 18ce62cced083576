//! Row-major matrices and the operations that work on whole rows.

use super::Real;
use crate::network::Affine;

/// A row-major matrix; a row is usually a frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix<F> {
    /// Number of rows.
    pub rows: usize,
    /// Values per row.
    pub cols: usize,
    /// `rows * cols` values.
    pub data: Vec<F>,
}

impl<F: Real> Matrix<F> {
    /// A matrix of zeros.
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Self {
            rows,
            cols,
            data: vec![F::zero(); rows * cols],
        }
    }

    /// One row.
    pub fn row(&self, index: usize) -> &[F] {
        &self.data[index * self.cols..][..self.cols]
    }

    /// One row, mutable.
    pub fn row_mut(&mut self, index: usize) -> &mut [F] {
        &mut self.data[index * self.cols..][..self.cols]
    }

    /// The rows in order.
    pub fn iter_rows(&self) -> impl Iterator<Item = &[F]> {
        self.data.chunks_exact(self.cols)
    }

    /// The first `rows` rows.
    pub fn head(&self, rows: usize) -> Self {
        Self {
            rows,
            cols: self.cols,
            data: self.data[..rows * self.cols].to_vec(),
        }
    }

    /// Adds `factor * other`.
    pub(super) fn add_scaled(&mut self, other: &Self, factor: F) {
        for (value, &addend) in self.data.iter_mut().zip(&other.data) {
            *value += factor * addend;
        }
    }

    /// Replaces every value by `function` of it.
    pub(super) fn map(mut self, function: impl Fn(F) -> F) -> Self {
        for value in &mut self.data {
            *value = function(*value);
        }
        self
    }

    /// Sets the rows from `length` on to zero.
    pub(super) fn zero_from(&mut self, length: usize) {
        self.data[length.min(self.rows) * self.cols..].fill(F::zero());
    }
}

/// `x * weight^T + bias`; `weight` is `[out, x.cols]`.
pub(super) fn linear<F: Real>(x: &Matrix<F>, affine: Affine<'_>) -> Matrix<F> {
    let mut y = product(x, affine.weight);
    let bias: Vec<F> = affine.bias.iter().map(|&b| F::from_f32(b)).collect();
    for row in y.data.chunks_exact_mut(bias.len()) {
        for (value, &b) in row.iter_mut().zip(&bias) {
            *value += b;
        }
    }
    y
}

/// `x * weight^T`; `weight` is `[out, x.cols]`. Four weight rows stay in the cache for all rows of
/// `x`.
pub(super) fn product<F: Real>(x: &Matrix<F>, weight: &[f32]) -> Matrix<F> {
    let inner = x.cols;
    let out = weight.len() / inner;
    let mut y = Matrix::zeros(x.rows, out);
    for block in (0..out).step_by(4) {
        if block + 4 <= out {
            let rows: [&[f32]; 4] =
                std::array::from_fn(|i| &weight[(block + i) * inner..][..inner]);
            for t in 0..x.rows {
                let sums = dots(x.row(t), rows);
                y.data[t * out + block..][..4].copy_from_slice(&sums);
            }
        } else {
            for n in block..out {
                let row = &weight[n * inner..][..inner];
                for t in 0..x.rows {
                    y.data[t * out + n] = dots(x.row(t), [row; 1])[0];
                }
            }
        }
    }
    y
}

/// Inner products of `x` with `N` weight rows, each in eight partial sums.
#[inline]
fn dots<F: Real, const N: usize>(x: &[F], weight: [&[f32]; N]) -> [F; N] {
    let mut sums = [[F::zero(); 8]; N];
    let whole = x.len() / 8 * 8;
    for k in (0..whole).step_by(8) {
        let x = &x[k..k + 8];
        for (sum, row) in sums.iter_mut().zip(weight) {
            let w = &row[k..k + 8];
            for lane in 0..8 {
                sum[lane] += x[lane] * F::from_f32(w[lane]);
            }
        }
    }
    std::array::from_fn(|n| {
        let tail = x[whole..].iter().zip(&weight[n][whole..]);
        sums[n].iter().copied().sum::<F>() + tail.map(|(&x, &w)| x * F::from_f32(w)).sum::<F>()
    })
}

/// Inner product of two rows of activations, in eight partial sums.
pub(super) fn dot<F: Real>(a: &[F], b: &[F]) -> F {
    let mut sums = [F::zero(); 8];
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail = a_chunks.remainder().iter().zip(b_chunks.remainder());
    let tail: F = tail.map(|(&a, &b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().copied().sum::<F>() + tail
}

/// Layer norm of every row, eps 1e-5.
pub(super) fn layer_norm<F: Real>(x: &Matrix<F>, affine: Affine<'_>) -> Matrix<F> {
    let mut y = x.clone();
    let width = F::from_f64(x.cols as f64);
    for row in y.data.chunks_exact_mut(x.cols) {
        let mean = row.iter().copied().sum::<F>() / width;
        let variance = row.iter().map(|&v| (v - mean) * (v - mean)).sum::<F>() / width;
        let scale = F::ONE / (variance + F::from_f64(NORM_EPSILON)).sqrt();
        for ((value, &weight), &bias) in row.iter_mut().zip(affine.weight).zip(affine.bias) {
            *value = (*value - mean) * scale * F::from_f32(weight) + F::from_f32(bias);
        }
    }
    y
}

/// Epsilon of every normalization in NeMo's Conformer.
pub(super) const NORM_EPSILON: f64 = 1e-5;

/// Swish: `x * sigmoid(x)`.
pub(super) fn swish<F: Real>(x: F) -> F {
    x * x.sigmoid()
}
