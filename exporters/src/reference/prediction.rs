//! The LSTM prediction network, one label at a time.

use super::matrix::product;
use super::{InputError, Matrix, Real};
use crate::network::Network;

/// State of the LSTM layers.
#[derive(Clone, Debug, PartialEq)]
pub struct LstmState<F> {
    /// Hidden state `[L, H]`.
    pub hidden: Matrix<F>,
    /// Cell state `[L, H]`.
    pub cell: Matrix<F>,
}

impl<F: Real> LstmState<F> {
    /// The state before the start of sequence: zeros.
    pub fn start(network: &Network<'_>) -> Self {
        let p = &network.config.prediction;
        Self {
            hidden: Matrix::zeros(p.layers, p.hidden),
            cell: Matrix::zeros(p.layers, p.hidden),
        }
    }
}

/// Outputs of the prediction network along a label sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction<F> {
    /// Top layer's outputs `[U + 1, H]`: after the start of sequence and after every label.
    pub outputs: Matrix<F>,
    /// State after the last label.
    pub state: LstmState<F>,
}

/// Advances `state` by one label, or by the start of sequence (a zero vector) if `label` is `None`.
/// The output of the prediction network is the top row of the new hidden state.
///
/// # Errors
/// [`InputError::Range`] if `label` is not a label (the blank is not one).
pub fn predict_step<F: Real>(
    network: &Network<'_>,
    label: Option<usize>,
    state: &LstmState<F>,
) -> Result<LstmState<F>, InputError> {
    let width = network.config.prediction.hidden;
    let mut x = Matrix::zeros(1, width);
    if let Some(label) = label {
        if label >= network.blank() {
            return Err(InputError::Range {
                what: "label",
                limit: network.blank() - 1,
                got: label,
            });
        }
        let row = &network.parameters.embedding[label * width..][..width];
        x.data = row.iter().map(|&v| F::from_f32(v)).collect();
    }
    let mut next = state.clone();
    for (l, lstm) in network.parameters.lstm.iter().enumerate() {
        let hidden = Matrix {
            rows: 1,
            cols: width,
            data: state.hidden.row(l).to_vec(),
        };
        let mut gates = product(&x, lstm.weight_ih);
        gates.add_scaled(&product(&hidden, lstm.weight_hh), F::ONE);
        for ((gate, &a), &b) in gates.data.iter_mut().zip(lstm.bias_ih).zip(lstm.bias_hh) {
            *gate += F::from_f32(a) + F::from_f32(b);
        }
        for k in 0..width {
            let gate = |index: usize| gates.data[index * width + k];
            let cell =
                gate(1).sigmoid() * state.cell.row(l)[k] + gate(0).sigmoid() * gate(2).tanh();
            next.cell.row_mut(l)[k] = cell;
            x.data[k] = gate(3).sigmoid() * cell.tanh();
        }
        next.hidden.row_mut(l).copy_from_slice(&x.data);
    }
    Ok(next)
}

/// Runs the prediction network over the start of sequence and `labels`.
///
/// # Errors
/// [`InputError::Range`] if one of `labels` is not a label.
pub fn predict<F: Real>(
    network: &Network<'_>,
    labels: &[usize],
) -> Result<Prediction<F>, InputError> {
    let p = &network.config.prediction;
    let mut outputs = Matrix::zeros(labels.len() + 1, p.hidden);
    let mut state = LstmState::start(network);
    let symbols = std::iter::once(None).chain(labels.iter().map(|&label| Some(label)));
    for (u, symbol) in symbols.enumerate() {
        state = predict_step(network, symbol, &state)?;
        outputs
            .row_mut(u)
            .copy_from_slice(state.hidden.row(p.layers - 1));
    }
    Ok(Prediction { outputs, state })
}
