//! Linear layers for a few rows: the search's inner loop.
//!
//! Each output is one sum over the inputs in ascending order, bias first, multiply then add (never
//! fused). A row's result therefore depends neither on how many rows run together nor on vector
//! width or processor. The search can batch, cache and reorder without changing a bit of its
//! scores. A vector holds several outputs of a row; [`pulp`] dispatches to the processor's best
//! instruction set.

use pulp::{Arch, Scalar128b, Simd, WithSimd};

use super::file::{JointLayer, Reader, TensorName};
use crate::error::{Error, Result};

/// Outputs computed together: two 512-bit or eight 128-bit registers.
const PANEL: usize = 32;

/// `y = W x + b` for W of `[outputs, inputs]`, packed for rows of x.
#[derive(Clone, Debug)]
pub(crate) struct Linear {
    inputs: usize,
    outputs: usize,
    /// Panels of 32 outputs: `[panel][input][32]`, zero where the last panel is not full.
    weights: Vec<[f32; PANEL]>,
    /// One panel of biases per panel of weights.
    bias: Vec<[f32; PANEL]>,
}

impl Linear {
    /// Bytes of the layer.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<f32>() * PANEL * (self.weights.len() + self.bias.len())
    }

    /// Packs `weight` (row-major `[outputs, inputs]`) and `bias` (`[outputs]`).
    ///
    /// # Errors
    /// [`Error::Shape`] where the lengths do not match.
    pub(crate) fn new(what: &str, inputs: usize, weight: &[f32], bias: &[f32]) -> Result<Self> {
        let outputs = bias.len();
        if inputs == 0 || outputs == 0 || weight.len() != inputs * outputs {
            return Err(Error::Shape {
                what: what.to_owned(),
                expected: vec![outputs, inputs],
                got: vec![weight.len()],
            });
        }
        let panels = outputs.div_ceil(PANEL);
        let mut packed = vec![[0.0; PANEL]; panels * inputs];
        let mut packed_bias = vec![[0.0; PANEL]; panels];
        for output in 0..outputs {
            let (panel, lane) = (output / PANEL, output % PANEL);
            packed_bias[panel][lane] = bias[output];
            for input in 0..inputs {
                packed[panel * inputs + input][lane] = weight[output * inputs + input];
            }
        }
        Ok(Self {
            inputs,
            outputs,
            weights: packed,
            bias: packed_bias,
        })
    }

    /// Reads a layer of the joint with `inputs` inputs.
    pub(super) fn of_joint(file: &Reader<'_>, layer: JointLayer, inputs: usize) -> Result<Self> {
        let weight = file.get(TensorName::JointWeight(layer))?;
        let bias = file.get(TensorName::JointBias(layer))?;
        Self::new(&format!("joint.{layer}"), inputs, &weight, &bias)
    }

    /// The layer whose output `i` is this layer's output `order[i]`.
    pub(crate) fn reordered(&self, order: &[usize]) -> Self {
        let mut layer = self.clone();
        for (output, from) in order.iter().enumerate() {
            let (panel, lane) = (output / PANEL, output % PANEL);
            let (panel_from, lane_from) = (from / PANEL, from % PANEL);
            layer.bias[panel][lane] = self.bias[panel_from][lane_from];
            for input in 0..self.inputs {
                layer.weights[panel * self.inputs + input][lane] =
                    self.weights[panel_from * self.inputs + input][lane_from];
            }
        }
        layer
    }

    /// Number of inputs.
    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    /// Number of outputs.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Distance between the starts of two output rows: the number of outputs, rounded up to whole
    /// panels.
    pub(crate) fn stride(&self) -> usize {
        self.bias.len() * PANEL
    }

    /// Applies the layer to `rows` rows: `x` is `[rows, inputs]`, `y` becomes `[rows, stride()]`.
    ///
    /// Outputs after the last one are zero.
    pub(crate) fn apply(&self, x: &[f32], y: &mut [f32]) {
        self.dispatch::<false>(x, y);
    }

    /// As [`apply`](Self::apply), for inputs with many zeros, which are skipped. Results are the
    /// same as long as the weights are finite, because adding zero changes no sum.
    pub(crate) fn apply_sparse(&self, x: &[f32], y: &mut [f32]) {
        self.dispatch::<true>(x, y);
    }

    fn dispatch<const SPARSE: bool>(&self, x: &[f32], y: &mut [f32]) {
        debug_assert_eq!(x.len() / self.inputs, y.len() / self.stride());
        debug_assert_eq!(x.len() % self.inputs, 0);
        Arch::new().dispatch(Apply::<SPARSE> { layer: self, x, y });
    }
}

struct Apply<'a, const SPARSE: bool> {
    layer: &'a Linear,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl<const SPARSE: bool> WithSimd for Apply<'_, SPARSE> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // The constants are the vectors of a panel and, for dense inputs, the vectors of a strip
        // and the rows processed together. The sums fill the registers, or half of them where there
        // are 32.
        match S::F32_LANES {
            16 => self.run::<S, 2, 2, 8>(simd),
            8 => self.run::<S, 4, 2, 4>(simd),
            4 => self.run::<S, 8, 4, 4>(simd),
            _ => self.run::<Scalar128b, 8, 2, 4>(Scalar128b),
        }
    }
}

impl<const SPARSE: bool> Apply<'_, SPARSE> {
    #[inline(always)]
    fn run<S: Simd, const P: usize, const V: usize, const N: usize>(self, simd: S) {
        if SPARSE {
            self.sparse::<S, P>(simd);
        } else {
            self.dense::<S, V, N>(simd);
        }
    }

    /// One row at a time, a panel of `P` vectors of outputs at a time.
    #[inline(always)]
    fn sparse<S: Simd, const P: usize>(self, simd: S) {
        let Self { layer, x, y } = self;
        let (inputs, stride) = (layer.inputs, layer.stride());
        for (x, y) in x.chunks_exact(inputs).zip(y.chunks_exact_mut(stride)) {
            for ((y, bias), weights) in y
                .chunks_exact_mut(PANEL)
                .zip(&layer.bias)
                .zip(layer.weights.chunks_exact(inputs))
            {
                let bias = S::as_simd_f32s(bias).0;
                let mut sums: [S::f32s; P] = std::array::from_fn(|vector| bias[vector]);
                for (x, weights) in x.chunks(WORD).zip(weights.chunks(WORD)) {
                    let mut left = occupied(x);
                    while left != 0 {
                        // The mask tells the compiler that the index stays within the word.
                        let input = left.trailing_zeros() as usize % WORD;
                        left &= left - 1;
                        let (Some(value), Some(weights)) = (x.get(input), weights.get(input))
                        else {
                            break;
                        };
                        let value = simd.splat_f32s(*value);
                        let weights = S::as_simd_f32s(weights).0;
                        for (sum, weight) in sums.iter_mut().zip(weights) {
                            *sum = simd.add_f32s(*sum, simd.mul_f32s(value, *weight));
                        }
                    }
                }
                let (out, _) = S::as_mut_simd_f32s(y);
                out[..P].copy_from_slice(&sums);
            }
        }
    }

    /// Strips of `V` vectors of outputs, up to `N` rows together, so that each weight is loaded
    /// once for all of them.
    #[inline(always)]
    fn dense<S: Simd, const V: usize, const N: usize>(self, simd: S) {
        let Self { layer, x, y } = self;
        let (inputs, stride) = (layer.inputs, layer.stride());
        let rows = x.len() / inputs;
        for (panel, bias) in layer.bias.iter().enumerate() {
            let weights = &layer.weights[panel * inputs..][..inputs];
            for strip in (0..PANEL).step_by(V * S::F32_LANES) {
                let strip = Strip {
                    weights,
                    bias,
                    at: strip / S::F32_LANES,
                };
                let column = panel * PANEL + strip.at * S::F32_LANES;
                let mut row = 0;
                while row < rows {
                    let x = &x[row * inputs..];
                    let y = &mut y[row * stride + column..];
                    row += match rows - row {
                        8.. if N >= 8 => strip.apply::<S, V, 8>(simd, x, y, stride),
                        4.. => strip.apply::<S, V, 4>(simd, x, y, stride),
                        2.. => strip.apply::<S, V, 2>(simd, x, y, stride),
                        _ => strip.apply::<S, V, 1>(simd, x, y, stride),
                    };
                }
            }
        }
    }
}

/// Number of inputs tested together.
const WORD: usize = 64;

/// One bit per input of at most a word, set where the input is not zero.
#[inline(always)]
fn occupied(x: &[f32]) -> u64 {
    let bits = x.chunks(16).map(|x| {
        let bits = x
            .iter()
            .zip(0..)
            .map(|(x, bit)| u16::from(*x != 0.0) << bit);
        u64::from(bits.fold(0, |all, bit| all | bit))
    });
    bits.zip((0..).step_by(16))
        .fold(0, |all, (bits, shift): (u64, u32)| all | bits << shift)
}

/// Neighbouring outputs of a panel.
struct Strip<'a> {
    weights: &'a [[f32; PANEL]],
    bias: &'a [f32; PANEL],
    /// Index of the first vector within the panel.
    at: usize,
}

impl Strip<'_> {
    /// Processes `N` rows; `x` begins at the first row's inputs, `y` at the strip in its outputs.
    /// Returns `N`.
    #[inline(always)]
    fn apply<S: Simd, const V: usize, const N: usize>(
        &self,
        simd: S,
        x: &[f32],
        y: &mut [f32],
        stride: usize,
    ) -> usize {
        let inputs = self.weights.len();
        let vectors = |panel: &[f32; PANEL]| -> [S::f32s; V] {
            let vectors = S::as_simd_f32s(panel).0;
            std::array::from_fn(|vector| vectors[self.at + vector])
        };
        let rows: [&[f32]; N] = std::array::from_fn(|row| &x[row * inputs..][..inputs]);
        let mut sums = [vectors(self.bias); N];
        for (input, weights) in self.weights.iter().enumerate() {
            let weights = vectors(weights);
            for (sums, row) in sums.iter_mut().zip(&rows) {
                let value = simd.splat_f32s(row[input]);
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum = simd.add_f32s(*sum, simd.mul_f32s(value, weight));
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            let (out, _) = S::as_mut_simd_f32s(&mut y[row * stride..]);
            out[..V].copy_from_slice(sums);
        }
        N
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(inputs: usize, weight: &[f32], bias: &[f32], x: &[f32]) -> Vec<f32> {
        let mut y = Vec::new();
        for row in x.chunks_exact(inputs) {
            for (output, b) in bias.iter().enumerate() {
                let mut sum = *b;
                for (input, value) in row.iter().enumerate() {
                    sum += value * weight[output * inputs + input];
                }
                y.push(sum);
            }
        }
        y
    }

    proptest! {
        #[test]
        fn equals_the_plain_loop_bit_for_bit(
            inputs in 1usize..70, outputs in 1usize..70, rows in 1usize..20, seed in any::<u64>(),
        ) {
            let mut state = seed | 1;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 40) as f32 / 8_388_608.0 - 1.0
            };
            let weight: Vec<f32> = (0..inputs * outputs).map(|_| next()).collect();
            let bias: Vec<f32> = (0..outputs).map(|_| next()).collect();
            let x: Vec<f32> = (0..rows * inputs).map(|_| next()).collect();
            let layer = Linear::new("w", inputs, &weight, &bias).unwrap();
            let mut y = vec![f32::NAN; rows * layer.stride()];
            layer.apply(&x, &mut y);
            let got: Vec<f32> = y.chunks_exact(layer.stride()).flat_map(|row| row[..layer.outputs()].to_vec()).collect();
            prop_assert_eq!(got, plain(inputs, &weight, &bias, &x));
        }

        #[test]
        fn zeros_that_are_passed_over_change_nothing(
            inputs in 1usize..150, outputs in 1usize..70, rows in 1usize..6, seed in any::<u64>(),
        ) {
            let mut state = seed | 1;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 40) as f32 / 8_388_608.0 - 1.0
            };
            let weight: Vec<f32> = (0..inputs * outputs).map(|_| next()).collect();
            let bias: Vec<f32> = (0..outputs).map(|_| next()).collect();
            let x: Vec<f32> = (0..rows * inputs).map(|_| next().max(0.0)).collect();
            let layer = Linear::new("w", inputs, &weight, &bias).unwrap();
            let mut dense = vec![f32::NAN; rows * layer.stride()];
            let mut sparse = dense.clone();
            layer.apply(&x, &mut dense);
            layer.apply_sparse(&x, &mut sparse);
            prop_assert_eq!(dense, sparse);
        }
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        assert!(matches!(
            Linear::new("w", 3, &[0.0; 5], &[0.0; 2]),
            Err(Error::Shape { .. })
        ));
        assert!(matches!(
            Linear::new("w", 0, &[], &[]),
            Err(Error::Shape { .. })
        ));
    }
}
