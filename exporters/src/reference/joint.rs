//! The joint: two projections, an activation of their sum, an output layer.

use super::matrix::linear;
use super::{Matrix, Real};
use crate::network::Network;
use crate::schema::Activation;

/// Projects encoder frames `[T', D]` to `[T', J]`.
pub fn project_encoder<F: Real>(network: &Network<'_>, encoded: &Matrix<F>) -> Matrix<F> {
    linear(encoded, network.parameters.joint_encoder)
}

/// Projects outputs of the prediction network `[U + 1, H]` to `[U + 1, J]`.
pub fn project_prediction<F: Real>(network: &Network<'_>, outputs: &Matrix<F>) -> Matrix<F> {
    linear(outputs, network.parameters.joint_prediction)
}

/// Raw logits `[U + 1, V + 1]` of one projected frame `[J]` with every row of `predictions`
/// `[U + 1, J]`.
pub fn joint_logits<F: Real>(
    network: &Network<'_>,
    frame: &[F],
    predictions: &Matrix<F>,
) -> Matrix<F> {
    let mut hidden = predictions.clone();
    for row in hidden.data.chunks_exact_mut(frame.len()) {
        for (value, &f) in row.iter_mut().zip(frame) {
            *value += f;
        }
    }
    let hidden = match network.config.joint.activation {
        Activation::Relu => hidden.map(|x| x.larger(F::zero())),
        Activation::Tanh => hidden.map(F::tanh),
        Activation::Sigmoid => hidden.map(F::sigmoid),
    };
    linear(&hidden, network.parameters.joint_output)
}

/// Turns every row of logits into log-probabilities.
pub fn log_softmax<F: Real>(mut logits: Matrix<F>) -> Matrix<F> {
    for row in logits.data.chunks_exact_mut(logits.cols) {
        let largest = row.iter().fold(row[0], |a, &b| a.larger(b));
        let sum: F = row.iter().map(|&x| (x - largest).exp()).sum();
        let shift = largest + sum.ln();
        for value in row {
            *value = *value - shift;
        }
    }
    logits
}
