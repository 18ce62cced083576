//! Self-attention with relative positions (Dai et al. 2019, Transformer-XL; Gulati et al. 2020, Conformer).

use super::builder::{Attribute, ElementType, GraphBuilder, Value};
use super::encoder::{Context, layer_norm, linear};
use crate::checkpoint::EncoderConfig;
use crate::network::{self, Affine};

/// The position table of this run's length.
pub(super) struct Positions {
    /// `[2T', D]`: sines, then cosines, of positions T'-1 down to -T'. One more than the T'+T'-1 that occur, so that
    /// [`relative_shift`] is two views and no padding.
    table: Value,
}

/// Computes the table in the graph, so that no length is too long for it.
pub(super) fn position_table(
    b: &mut GraphBuilder,
    config: &EncoderConfig,
    context: &Context,
) -> Positions {
    b.scope("pos_enc");
    let half = config.d_model / 2;
    // As NeMo computes it, in 32-bit floats.
    let factor = -(10_000f32.ln() / config.d_model as f32);
    let frequencies = b.floats(
        "frequencies",
        &[1, half],
        (0..half).map(|i| (2.0 * i as f32 * factor).exp()),
    );
    let (axis, rows, one, down) = (b.ints(&[0]), b.ints(&[-1, 1]), b.int(1), b.int(-1));
    let frames = b.op("Squeeze", &[&context.frames, &axis]);
    let first = b.op("Sub", &[&frames, &one]);
    let below = b.op("Neg", &[&frames]);
    let below = b.op("Sub", &[&below, &one]);
    let positions = b.op("Range", &[&first, &below, &down]);
    let positions = b.op_with(
        "Cast",
        &[&positions],
        &[("to", Attribute::Int(ElementType::F32 as i64))],
    );
    let positions = b.op("Reshape", &[&positions, &rows]);
    let angles = b.op("Mul", &[&positions, &frequencies]);
    let (sines, cosines) = (b.op("Sin", &[&angles]), b.op("Cos", &[&angles]));
    Positions {
        table: b.op_with(
            "Concat",
            &[&sines, &cosines],
            &[("axis", Attribute::Int(1))],
        ),
    }
}

/// One layer's attention.
pub(super) struct Attention<'a> {
    /// The encoder's configuration.
    pub(super) config: &'a EncoderConfig,
    /// The layer's weights.
    pub(super) weights: &'a network::Attention<'a>,
}

impl Attention<'_> {
    /// Layer norm and attention of `x` `[B T', D]`, without the residual.
    ///
    /// Only keys are masked: a padded query's output is never seen by a valid frame.
    pub(super) fn build(
        &self,
        b: &mut GraphBuilder,
        x: &Value,
        positions: &Positions,
        context: &Context,
    ) -> Value {
        let (heads, width) = (self.config.heads, self.config.d_model);
        let head = width / heads;
        let scale = 1.0 / (head as f32).sqrt();
        let weights = self.weights;
        let x = layer_norm(b, "norm", &weights.norm, x);

        // Queries, keys and values in one product. A bias of the keys adds the same to all of a query's scores, which
        // the softmax does not see; the values' bias passes through it, since probabilities sum to one.
        let joined = weights.query.weight.iter().map(|value| value * scale);
        let joined = joined
            .chain(weights.key.weight.iter().copied())
            .chain(weights.value.weight.iter().copied());
        let weight = b.floats("qkv.weight", &[3 * width, width], joined);
        let joined = b.op_with("Gemm", &[&x, &weight], &[("transB", Attribute::Int(1))]);
        let parts = b.ints(&[width as i64; 3]);
        let split = b.op_many(
            "Split",
            &[Some(&joined), Some(&parts)],
            &[("axis", Attribute::Int(1))],
            3,
        );

        let batch_first = |b: &mut GraphBuilder, x: &Value, perm: [i64; 4]| {
            let dims = b.ints(&[heads as i64, head as i64]);
            let shape = b.ints(&[-1]);
            let shape = b.op_with(
                "Concat",
                &[&shape, &context.frames, &dims],
                &[("axis", Attribute::Int(0))],
            );
            let x = b.op("Reshape", &[x, &shape]);
            b.op_with(
                "Transpose",
                &[&x],
                &[("perm", Attribute::Ints(perm.to_vec()))],
            )
        };
        let with_bias = |b: &mut GraphBuilder, name: &str, bias: &[f32]| {
            let sum = weights
                .query
                .bias
                .iter()
                .zip(bias)
                .map(|(a, c)| (a + c) * scale);
            let bias = b.floats(name, &[width], sum);
            let query = b.op("Add", &[&split[0], &bias]);
            batch_first(b, &query, [0, 2, 1, 3])
        };
        let content = with_bias(b, "pos_bias_u", weights.bias_u);
        let relative = with_bias(b, "pos_bias_v", weights.bias_v);
        let keys = batch_first(b, &split[1], [0, 2, 3, 1]);
        let values = batch_first(b, &split[2], [0, 2, 1, 3]);

        // The table holds sines before cosines: so must the columns of its projection.
        let half = width / 2;
        let columns = |row: usize| {
            let row = &weights.position[row * width..][..width];
            (0..width).map(move |column| {
                row[if column < half {
                    2 * column
                } else {
                    2 * (column - half) + 1
                }]
            })
        };
        let weight = b.floats(
            "linear_pos.weight",
            &[width, width],
            (0..width).flat_map(columns),
        );
        let projected = b.op_with(
            "Gemm",
            &[&positions.table, &weight],
            &[("transB", Attribute::Int(1))],
        );
        let shape = b.ints(&[-1, heads as i64, head as i64]);
        let projected = b.op("Reshape", &[&projected, &shape]);
        let projected = b.op_with(
            "Transpose",
            &[&projected],
            &[("perm", Attribute::Ints(vec![1, 2, 0]))],
        );

        let by_content = b.op("MatMul", &[&content, &keys]);
        let by_position = b.op("MatMul", &[&relative, &projected]);
        let by_position = relative_shift(b, heads, &by_position, &context.frames);
        let scores = b.op("Add", &[&by_content, &by_position]);
        let scores = b.op("Add", &[&scores, &context.key_mask]);
        let probabilities = b.op_with("Softmax", &[&scores], &[("axis", Attribute::Int(-1))]);
        let mixed = b.op("MatMul", &[&probabilities, &values]);
        let mixed = b.op_with(
            "Transpose",
            &[&mixed],
            &[("perm", Attribute::Ints(vec![0, 2, 1, 3]))],
        );
        let mixed = b.op("Reshape", &[&mixed, &context.shape_rows]);
        let bias: Vec<f32> = weights
            .output
            .weight
            .chunks_exact(width)
            .zip(weights.output.bias)
            .map(|(row, bias)| {
                let passed = row
                    .iter()
                    .zip(weights.value.bias)
                    .map(|(w, v)| f64::from(*w) * f64::from(*v));
                (f64::from(*bias) + passed.sum::<f64>()) as f32
            })
            .collect();
        linear(
            b,
            "linear_out",
            Affine {
                weight: weights.output.weight,
                bias: &bias,
            },
            1.0,
            &mixed,
        )
    }
}

/// Moves scores by relative position `[B, H, T', 2T']` to their keys: out[i, j] = x[i, T'-1 + j - i], `[B, H, T', T']`.
///
/// Row i begins i places earlier than the one above it, so with rows one place shorter the columns line up.
fn relative_shift(b: &mut GraphBuilder, heads: usize, x: &Value, frames: &Value) -> Value {
    let (one, two, minus) = (b.ints(&[1]), b.ints(&[2]), b.ints(&[-1]));
    let heads = b.ints(&[heads as i64]);
    let axis = [("axis", Attribute::Int(0))];
    let start = b.op("Sub", &[frames, &one]);
    let twice = b.op("Mul", &[frames, &two]);
    let all = b.op("Mul", &[frames, &twice]);
    let flat = b.op_with("Concat", &[&minus, &heads, &all], &axis);
    let x = b.op("Reshape", &[x, &flat]);
    let row = b.op("Sub", &[&twice, &one]);
    let length = b.op("Mul", &[frames, &row]);
    let end = b.op("Add", &[&start, &length]);
    let x = b.op("Slice", &[&x, &start, &end, &two]);
    let rows = b.op_with("Concat", &[&minus, &heads, frames, &row], &axis);
    let x = b.op("Reshape", &[&x, &rows]);
    let (zero, three) = (b.ints(&[0]), b.ints(&[3]));
    b.op("Slice", &[&x, &zero, frames, &three])
}
