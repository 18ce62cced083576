//! Weights as 8-bit integers: symmetric, one scale per channel.

/// A weight as integers; value = integer * scale of its channel.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedWeight {
    /// The integers, row-major, channels first.
    pub values: Vec<i8>,
    /// One scale per channel, all greater than zero.
    pub scales: Vec<f32>,
}

/// Smallest scale. A channel of zeros needs a scale too.
const LEAST_SCALE: f32 = 1e-12;

/// Rounds a weight of `channels` channels to integers from -`limit` to `limit` (127, or 63 for
/// seven bits).
///
/// Zero stays zero, and the channel's greatest magnitude becomes `limit`. `floor` returns the
/// smallest scale of a channel with which its bias fits into 32-bit integers.
pub fn quantize(
    weight: &[f32],
    channels: usize,
    limit: i8,
    floor: impl Fn(usize) -> f32,
) -> QuantizedWeight {
    let width = weight.len().checked_div(channels).unwrap_or(0).max(1);
    let mut values = Vec::with_capacity(weight.len());
    let mut scales = Vec::with_capacity(channels);
    for (channel, row) in weight.chunks_exact(width).enumerate() {
        let greatest = row.iter().fold(0f32, |most, value| most.max(value.abs()));
        let scale = (greatest / f32::from(limit))
            .max(floor(channel))
            .max(LEAST_SCALE);
        let bound = f32::from(limit);
        values.extend(
            row.iter()
                .map(|value| (value / scale).round_ties_even().clamp(-bound, bound) as i8),
        );
        scales.push(scale);
    }
    QuantizedWeight { values, scales }
}

/// `[rows, columns]` as `[columns, rows]`.
pub fn transpose(values: &[i8], rows: usize) -> Vec<i8> {
    let columns = values.len().checked_div(rows).unwrap_or(0);
    let mut out = Vec::with_capacity(values.len());
    for column in 0..columns {
        out.extend((0..rows).map(|row| values[row * columns + column]));
    }
    out
}

/// A bias as 32-bit integers of the given scales.
pub fn quantize_bias(bias: &[f32], scales: &[f32]) -> Vec<i32> {
    let pairs = bias.iter().zip(scales);
    pairs
        .map(|(value, scale)| (f64::from(*value) / f64::from(*scale)).round() as i32)
        .collect()
}
