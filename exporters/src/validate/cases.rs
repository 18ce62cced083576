//! Steps of the prediction network and the joint, with what the reference gives for them.

use std::borrow::Borrow;

use swipekit::internals::runtime::Tensor;

use super::Result;
use crate::network::Network;
use crate::random::Random;
use crate::reference::{
    LstmState, Matrix, joint_logits, log_softmax, predict_step, project_encoder, project_prediction,
};

/// Steps from the states of random label strings.
const RANDOM_CASES: usize = 24;
/// Labels of the longest random string.
const LONGEST: u64 = 6;

/// One step: a label fed to a state, and the joint with one frame.
pub(super) struct Case {
    /// The label; `None` for the start of sequence.
    pub(super) label: Option<usize>,
    /// The state before, exact in single precision.
    pub(super) before: LstmState<f64>,
    /// The state after.
    pub(super) after: LstmState<f64>,
    /// The encoder's frame `[D]`.
    pub(super) frame: Vec<f32>,
    /// The joint's projection of the frame `[J]`.
    pub(super) frame_projected: Vec<f64>,
    /// The joint's projection of the prediction network's output `[J]`.
    pub(super) projected: Vec<f64>,
    /// Raw logits `[V + 1]`.
    pub(super) logits: Vec<f64>,
    /// Log-probabilities `[V + 1]`.
    pub(super) log_probabilities: Vec<f64>,
}

impl Case {
    /// The prediction network's output `[H]`.
    pub(super) fn output(&self) -> &[f64] {
        self.after.hidden.row(self.after.hidden.rows - 1)
    }
}

/// The start of sequence first, then every label after it, then labels after random strings.
pub(super) fn cases(network: &Network<'_>) -> Result<Vec<Case>> {
    let mut random = Random::new(2);
    let labels = network.blank();
    let nothing = LstmState::start(network);
    let started = single_precision(predict_step(network, None, &nothing)?);
    let width = network.config.encoder.d_model;
    let any_frame =
        |random: &mut Random| -> Vec<f32> { (0..width).map(|_| random.normal() as f32).collect() };
    let mut cases = vec![case(network, None, nothing, any_frame(&mut random))?];
    for label in 0..labels {
        let frame = any_frame(&mut random);
        cases.push(case(network, Some(label), started.clone(), frame)?);
    }
    let any_label = |random: &mut Random| (random.bits() % labels as u64) as usize;
    for _ in 0..RANDOM_CASES {
        let mut state = started.clone();
        for _ in 0..1 + random.bits() % LONGEST {
            let label = any_label(&mut random);
            state = single_precision(predict_step(network, Some(label), &state)?);
        }
        let label = any_label(&mut random);
        let frame = any_frame(&mut random);
        cases.push(case(network, Some(label), state, frame)?);
    }
    Ok(cases)
}

/// What `network` makes of a label after a state, and of a frame.
pub(super) fn case(
    network: &Network<'_>,
    label: Option<usize>,
    before: LstmState<f64>,
    frame: Vec<f32>,
) -> Result<Case> {
    let row = |data: Vec<f64>| Matrix {
        rows: 1,
        cols: data.len(),
        data,
    };
    let after = predict_step(network, label, &before)?;
    let output = row(after.hidden.row(after.hidden.rows - 1).to_vec());
    let projected = project_prediction(network, &output);
    let frame_row = row(frame.iter().map(|&value| value.into()).collect());
    let frame_projected = project_encoder(network, &frame_row).data;
    let logits = joint_logits(network, &frame_projected, &projected);
    Ok(Case {
        label,
        before,
        after,
        frame,
        frame_projected,
        projected: projected.data,
        log_probabilities: log_softmax(logits.clone()).data,
        logits: logits.data,
    })
}

fn single_precision(mut state: LstmState<f64>) -> LstmState<f64> {
    for value in state.hidden.data.iter_mut().chain(&mut state.cell.data) {
        *value = f64::from(*value as f32);
    }
    state
}

/// `y_prev` of the cases `[N]`; the blank stands for the start of sequence.
pub(super) fn y_prev(network: &Network<'_>, cases: &[impl Borrow<Case>]) -> Tensor {
    let class = |case: &Case| case.label.unwrap_or(network.blank()) as i64;
    let classes = cases.iter().map(|case| class(case.borrow()));
    Tensor::i64([cases.len()], classes.collect())
}

/// States as a graph takes them, `[L, N, H]`.
pub(super) fn states<'c>(
    cases: &'c [impl Borrow<Case>],
    part: impl Fn(&'c Case) -> &'c Matrix<f64>,
) -> Vec<f64> {
    let layers = cases
        .first()
        .map_or(0, |case| case.borrow().before.hidden.rows);
    (0..layers)
        .flat_map(|layer| cases.iter().map(move |case| (case.borrow(), layer)))
        .flat_map(|(case, layer)| part(case).row(layer).iter().copied())
        .collect()
}

/// A tensor of numbers that are exact in single precision.
pub(super) fn tensor(shape: &[usize], values: Vec<f64>) -> Tensor {
    Tensor::f32(
        shape,
        values.into_iter().map(|value| value as f32).collect(),
    )
}

/// `[N, width]` out of one row a case.
pub(super) fn rows<'c>(
    cases: &'c [impl Borrow<Case>],
    part: impl Fn(&'c Case) -> &'c [f64],
) -> Vec<f64> {
    cases
        .iter()
        .flat_map(|case| part(case.borrow()).iter().copied())
        .collect()
}

/// The cases' frames `[N, D]`.
pub(super) fn frames(network: &Network<'_>, cases: &[impl Borrow<Case>]) -> Tensor {
    let values = cases
        .iter()
        .flat_map(|case| case.borrow().frame.iter().copied())
        .collect();
    Tensor::f32([cases.len(), network.config.encoder.d_model], values)
}
