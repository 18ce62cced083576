//! Striding subsampling: 3x3 convolutions of stride 2 with ReLU, then a linear layer.

use super::matrix::{linear, product};
use super::{Matrix, Real};
use crate::network::Network;
use crate::schema::subsampled;

/// Activations `[frames, features, channels]`, with adjacent channels.
struct Planes<F> {
    frames: usize,
    features: usize,
    channels: usize,
    data: Vec<F>,
}

/// One utterance of `frames` samples, of which `length` are valid. `features` is `[F, frames]`, the
/// result `[T', D]`.
///
/// Rows from `length` on are zeroed before every convolution and once after the last, as in NeMo
/// 2.5 and later.
pub(super) fn subsample<F: Real>(
    network: &Network<'_>,
    features: &[f32],
    frames: usize,
    length: usize,
) -> Matrix<F> {
    let count = network.config.encoder.features;
    let mut planes = Planes {
        frames,
        features: count,
        channels: 1,
        data: (0..frames * count)
            .map(|i| F::from_f32(features[i % count * frames + i / count]))
            .collect(),
    };
    let mut length = length;
    for stage in &network.parameters.subsampling {
        planes.zero_from(length);
        planes = planes.convolve(stage.weight, stage.bias);
        length = subsampled(length, 1);
    }
    planes.zero_from(length);
    let mut out = linear(&planes.channel_major(), network.parameters.subsampling_out);
    if network.config.encoder.xscaling {
        let scale = F::from_f64((out.cols as f64).sqrt());
        out = out.map(|x| x * scale);
    }
    out
}

impl<F: Real> Planes<F> {
    fn zero_from(&mut self, length: usize) {
        let stride = self.features * self.channels;
        self.data[length.min(self.frames) * stride..].fill(F::zero());
    }

    /// Convolution 3x3, stride 2, padding 1, then ReLU; `weight` is
    /// `[out, channels, 3 (time), 3 (feature)]`.
    fn convolve(&self, weight: &[f32], bias: &[f32]) -> Self {
        let (frames, features) = (subsampled(self.frames, 1), subsampled(self.features, 1));
        let mut out = Self {
            frames,
            features,
            channels: bias.len(),
            data: Vec::with_capacity(frames * features * bias.len()),
        };
        for t in 0..frames {
            let mut patches = Matrix::zeros(features, self.channels * 9);
            for f in 0..features {
                self.patch(2 * t, 2 * f, patches.row_mut(f));
            }
            let sums = product(&patches, weight);
            for row in sums.iter_rows() {
                let biased = row.iter().zip(bias).map(|(&x, &b)| x + F::from_f32(b));
                out.data.extend(biased.map(|x| x.larger(F::zero())));
            }
        }
        out
    }

    /// The 3x3 neighbourhood of (`t`, `f`), `[channels, 3, 3]`; zero outside the plane.
    fn patch(&self, t: usize, f: usize, patch: &mut [F]) {
        for i in 0..3 {
            for j in 0..3 {
                let (Some(row), Some(col)) = ((t + i).checked_sub(1), (f + j).checked_sub(1))
                else {
                    continue;
                };
                if row >= self.frames || col >= self.features {
                    continue;
                }
                let source = &self.data[(row * self.features + col) * self.channels..];
                for (channel, &value) in source[..self.channels].iter().enumerate() {
                    patch[channel * 9 + i * 3 + j] = value;
                }
            }
        }
    }

    /// `[frames, channels * features]`, index `channel * features + feature`.
    fn channel_major(&self) -> Matrix<F> {
        let mut out = Matrix::zeros(self.frames, self.channels * self.features);
        for t in 0..self.frames {
            let source = &self.data[t * out.cols..][..out.cols];
            let row = out.row_mut(t);
            for (i, &value) in source.iter().enumerate() {
                row[i % self.channels * self.features + i / self.channels] = value;
            }
        }
        out
    }
}
