//! Sinusoidal table of relative positions.

use super::{Matrix, Real};

/// Positions `frames - 1` down to `-(frames - 1)`, `[2 * frames - 1, width]`:
/// `[2i] = sin(position * 10000^(-2i / width))`, `[2i + 1]` the cosine.
pub(super) fn position_table<F: Real>(frames: usize, width: usize) -> Matrix<F> {
    let mut table = Matrix::zeros(2 * frames - 1, width);
    for r in 0..table.rows {
        let position = frames as f64 - 1.0 - r as f64;
        for (i, pair) in table.row_mut(r).chunks_exact_mut(2).enumerate() {
            let angle = position * (-(2.0 * i as f64) * 10000f64.ln() / width as f64).exp();
            pair[0] = F::from_f64(angle.sin());
            pair[1] = F::from_f64(angle.cos());
        }
    }
    table
}
