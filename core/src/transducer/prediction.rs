//! The LSTM prediction network, which reads the labels so far.

use std::sync::Arc;

use pulp::{Arch, NullaryFnOnce};

use super::activation::{sigmoid, tanh};
use super::file::{JointLayer, Reader, TensorName};
use super::linear::Linear;
use crate::error::{Error, Result};
use crate::transducer::ModelSpec;

/// The prediction network and the joint's projection of its output.
///
/// A row of state is `[h_0, …, h_(L-1), c_0, …, c_(L-1)]`, `2 L H` numbers; the state before the
/// first label is zero.
#[derive(Debug)]
pub struct Prediction {
    layers: usize,
    hidden: usize,
    classes: usize,
    blank: usize,
    /// The first layer's input part for each class, `W_ih e + b`, `[V+1, 4H]`: the embedding is a
    /// table, so this part is one too.
    input: Vec<f32>,
    /// The first layer's recurrent part (bias zero), then `[W_ih, W_hh]` of each further layer.
    recurrent: Arc<[Linear]>,
    /// The joint's projection of the top layer's output.
    projection: Arc<Linear>,
}

/// Buffers of [`Prediction::step`], kept between calls.
#[derive(Clone, Debug, Default)]
pub struct PredictionScratch {
    inputs: Vec<f32>,
    gates: Vec<f32>,
    projected: Vec<f32>,
}

impl Prediction {
    /// Bytes of the weights.
    pub(crate) fn bytes(&self) -> usize {
        let layers: usize = self.recurrent.iter().map(Linear::bytes).sum();
        size_of::<f32>() * self.input.len() + layers + self.projection.bytes()
    }

    pub(super) fn new(
        file: &Reader<'_>,
        model: &ModelSpec,
        classes: usize,
        blank: usize,
    ) -> Result<Self> {
        let (layers, hidden) = (model.prediction_layers, model.prediction);
        if layers == 0 {
            return Err(Error::invalid(
                "the number of LSTM layers",
                "at least 1",
                layers,
            ));
        }
        let gates = 4 * hidden;
        let embedding = file.get(TensorName::Embedding)?;
        let mut input = Vec::new();
        let mut recurrent = Vec::with_capacity(layers);
        for layer in 0..layers {
            let weight_ih = file.get(TensorName::LstmInput(layer))?;
            let weight_hh = file.get(TensorName::LstmRecurrent(layer))?;
            let bias = file.get(TensorName::LstmBias(layer))?;
            if layer == 0 {
                let linear = Linear::new("lstm.0", hidden, &weight_ih, &bias)?;
                let mut rows = vec![0.0; classes * linear.stride()];
                linear.apply(&embedding, &mut rows);
                input = rows
                    .chunks_exact(linear.stride())
                    .flat_map(|row| &row[..gates])
                    .copied()
                    .collect();
                recurrent.push(Linear::new(
                    "lstm.0",
                    hidden,
                    &weight_hh,
                    &vec![0.0; gates],
                )?);
            } else {
                let joined: Vec<f32> = weight_ih
                    .chunks_exact(hidden)
                    .zip(weight_hh.chunks_exact(hidden))
                    .flat_map(|(ih, hh)| ih.iter().chain(hh))
                    .copied()
                    .collect();
                recurrent.push(Linear::new("lstm", 2 * hidden, &joined, &bias)?);
            }
        }
        let projection = Linear::of_joint(file, JointLayer::Prediction, hidden)?;
        Ok(Self {
            layers,
            hidden,
            classes,
            blank,
            input,
            recurrent: recurrent.into(),
            projection: Arc::new(projection),
        })
    }

    /// The same network with its classes in another `order`; it shares all weights but the input
    /// part.
    pub(super) fn relabelled(&self, order: &[usize]) -> Self {
        let row = |class: &usize| &self.input[class * 4 * self.hidden..][..4 * self.hidden];
        Self {
            input: order.iter().flat_map(row).copied().collect(),
            recurrent: Arc::clone(&self.recurrent),
            projection: Arc::clone(&self.projection),
            ..*self
        }
    }

    /// Numbers in a state row, `2 L H`.
    pub fn state_width(&self) -> usize {
        2 * self.layers * self.hidden
    }

    /// The class that means "no label yet": the blank, whose embedding is the zero vector.
    pub fn start_of_sequence(&self) -> usize {
        self.blank
    }

    /// Feeds one label to each row.
    ///
    /// `labels` holds a class per row, and `states` the rows' states `[N, 2 L H]`, which are
    /// replaced. `projected` receives the joint's projection of the outputs, `[N, J]`, packed.
    ///
    /// # Errors
    /// [`Error::Shape`] where the lengths do not match, [`Error::Invalid`] for a label that is not
    /// a class.
    pub fn step(
        &self,
        labels: &[usize],
        states: &mut [f32],
        projected: &mut Vec<f32>,
        scratch: &mut PredictionScratch,
    ) -> Result<()> {
        let (rows, width, hidden) = (labels.len(), self.state_width(), self.hidden);
        if states.len() != rows * width {
            return Err(Error::Shape {
                what: "states of the prediction network".to_owned(),
                expected: vec![rows, width],
                got: vec![states.len()],
            });
        }
        if let Some(label) = labels.iter().find(|label| **label >= self.classes) {
            return Err(Error::invalid(
                "a label",
                format!("below {}", self.classes),
                label,
            ));
        }
        for (layer, linear) in self.recurrent.iter().enumerate() {
            scratch.inputs.clear();
            for state in states.chunks_exact(width) {
                // From the second layer on, the input is the new h of the layer below, stored just
                // before this h.
                let from = layer.saturating_sub(1) * hidden;
                scratch
                    .inputs
                    .extend_from_slice(&state[from..(layer + 1) * hidden]);
            }
            scratch.gates.clear();
            scratch.gates.resize(rows * linear.stride(), 0.0);
            linear.apply(&scratch.inputs, &mut scratch.gates);
            for ((label, gates), state) in labels
                .iter()
                .zip(scratch.gates.chunks_exact_mut(linear.stride()))
                .zip(states.chunks_exact_mut(width))
            {
                let gates = &mut gates[..4 * hidden];
                let input = (layer == 0).then(|| &self.input[label * 4 * hidden..][..4 * hidden]);
                let (h, c) = state.split_at_mut(self.layers * hidden);
                Arch::new().dispatch(Cell {
                    gates,
                    input,
                    h: &mut h[layer * hidden..][..hidden],
                    c: &mut c[layer * hidden..][..hidden],
                });
            }
        }
        scratch.inputs.clear();
        for state in states.chunks_exact(width) {
            scratch
                .inputs
                .extend_from_slice(&state[(self.layers - 1) * hidden..][..hidden]);
        }
        let stride = self.projection.stride();
        scratch.projected.clear();
        scratch.projected.resize(rows * stride, 0.0);
        self.projection
            .apply(&scratch.inputs, &mut scratch.projected);
        projected.clear();
        let joint = self.projection.outputs();
        for row in scratch.projected.chunks_exact(stride) {
            projected.extend_from_slice(&row[..joint]);
        }
        Ok(())
    }
}

/// One LSTM cell: `c = f c + i g`, `h = o tanh(c)` (gates in PyTorch's order i, f, g, o).
struct Cell<'a> {
    gates: &'a mut [f32],
    input: Option<&'a [f32]>,
    h: &'a mut [f32],
    c: &'a mut [f32],
}

impl NullaryFnOnce for Cell<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        if let Some(input) = self.input {
            for (gate, input) in self.gates.iter_mut().zip(input) {
                *gate += input;
            }
        }
        let hidden = self.h.len();
        let (input, rest) = self.gates.split_at(hidden);
        let (forget, rest) = rest.split_at(hidden);
        let (cell, output) = rest.split_at(hidden);
        let gates = input.iter().zip(forget).zip(cell).zip(output);
        for ((h, c), (((i, f), g), o)) in self.h.iter_mut().zip(self.c.iter_mut()).zip(gates) {
            *c = sigmoid(*f) * *c + sigmoid(*i) * tanh(*g);
            *h = sigmoid(*o) * tanh(*c);
        }
    }
}
