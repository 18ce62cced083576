//! Greedy decoding.

use super::joint::{joint_logits, log_softmax, project_encoder, project_prediction};
use super::prediction::{LstmState, predict_step};
use super::{InputError, Matrix, Real};
use crate::network::Network;

/// Result of greedy decoding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Greedy {
    /// The labels.
    pub labels: Vec<usize>,
    /// The frame of each label.
    pub frames: Vec<usize>,
    /// Sum of the labels' log-probabilities, without those of the blanks, as in NeMo.
    pub score: f64,
}

/// Emits the best class until it is the blank, at most `max_symbols` times per frame. `encoded` is
/// `[T', D]`, valid frames only. Of equal classes the first is taken.
///
/// # Errors
/// None for a sound network; [`InputError`] from the prediction network.
pub fn greedy<F: Real>(
    network: &Network<'_>,
    encoded: &Matrix<F>,
    max_symbols: usize,
) -> Result<Greedy, InputError> {
    let mut found = Greedy::default();
    let mut state = predict_step(network, None, &LstmState::start(network))?;
    let mut prediction = project(network, &state);
    for (t, frame) in project_encoder(network, encoded).iter_rows().enumerate() {
        for _ in 0..max_symbols {
            let scores = log_softmax(joint_logits(network, frame, &prediction));
            let best = (1..scores.cols).fold(0, |best, class| {
                if scores.data[class] > scores.data[best] {
                    class
                } else {
                    best
                }
            });
            if best == network.blank() {
                break;
            }
            found.labels.push(best);
            found.frames.push(t);
            found.score += scores.data[best].to_f64();
            state = predict_step(network, Some(best), &state)?;
            prediction = project(network, &state);
        }
    }
    Ok(found)
}

/// The projected output `[1, J]` of the prediction network in `state`.
pub(super) fn project<F: Real>(network: &Network<'_>, state: &LstmState<F>) -> Matrix<F> {
    let top = Matrix {
        rows: 1,
        cols: state.hidden.cols,
        data: state.hidden.row(state.hidden.rows - 1).to_vec(),
    };
    project_prediction(network, &top)
}
