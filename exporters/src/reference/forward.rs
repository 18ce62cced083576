//! The RNN-T forward algorithm.

use super::joint::{joint_logits, log_softmax, project_encoder, project_prediction};
use super::prediction::predict;
use super::{InputError, Matrix, Real};
use crate::network::Network;

/// ln P(`labels` | `encoded`), summed over all alignments in `f64`. `encoded` is `[T', D]`, valid
/// frames only. Its negative is the RNN-T loss. Without frames it is negative infinity.
///
/// # Errors
/// [`InputError::Range`] if one of `labels` is not a label.
pub fn log_likelihood<F: Real>(
    network: &Network<'_>,
    encoded: &Matrix<F>,
    labels: &[usize],
) -> Result<f64, InputError> {
    let frames = project_encoder(network, encoded);
    let predictions = project_prediction(network, &predict(network, labels)?.outputs);
    let blank = network.blank();
    // alpha[u]: the first u labels have been emitted by this frame.
    let mut alpha = vec![f64::NEG_INFINITY; labels.len() + 1];
    alpha[0] = 0.0;
    for frame in frames.iter_rows() {
        let scores = log_softmax(joint_logits(network, frame, &predictions));
        let score = |u: usize, class: usize| scores.row(u)[class].to_f64();
        for (u, &label) in labels.iter().enumerate() {
            alpha[u + 1] = log_add(alpha[u + 1], alpha[u] + score(u, label));
        }
        for (u, value) in alpha.iter_mut().enumerate() {
            *value += score(u, blank);
        }
    }
    Ok(match frames.rows {
        0 => f64::NEG_INFINITY,
        _ => alpha[labels.len()],
    })
}

/// ln(e^a + e^b).
pub(super) fn log_add(a: f64, b: f64) -> f64 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY {
        return high;
    }
    high + (low - high).exp().ln_1p()
}
