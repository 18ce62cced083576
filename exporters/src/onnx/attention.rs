//! Self-attention with relative positions (Dai et al. 2019, Transformer-XL; Gulati et al. 2020,
//! Conformer).

use super::builder::{Attribute, ElementType, GraphBuilder, Value};
use super::layers::{Context, cast, layer_norm, linear, swap_last};
use crate::network::{self, Affine};
use crate::schema::EncoderConfig;

/// The position table for this run's length.
pub(super) struct Positions {
    /// `[2T', D]`: sines, then cosines, of positions T' down to -(T'-1). There is one more than the
    /// T'-1+T' that occur, so that [`relative_shift`] is two views without padding.
    table: Value,
}

/// Computes the table in the graph, so it has no maximum length.
pub(super) fn position_table(
    b: &mut GraphBuilder,
    config: &EncoderConfig,
    context: &Context,
) -> Positions {
    b.scope("pos_enc");
    let half = config.d_model / 2;
    // In 32-bit floats, as in NeMo.
    let factor = -(10_000f32.ln() / config.d_model as f32);
    let frequencies = b.floats(
        "frequencies",
        &[1, half],
        (0..half).map(|i| (2.0 * i as f32 * factor).exp()),
    );
    let (axis, column, down) = (b.ints(&[0]), b.ints(&[1]), b.float(-1.0));
    let frames = cast(b, &context.frames, ElementType::F32);
    let frames = b.op("Squeeze", &[&frames, &axis]);
    let end = b.op("Neg", &[&frames]);
    let positions = b.op("Range", &[&frames, &end, &down]);
    let positions = b.op("Unsqueeze", &[&positions, &column]);
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
    /// Only keys are masked. No valid frame sees a padded query's output.
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

        // One product for queries, keys and values. The keys' bias adds the same to all scores of a
        // query, and the softmax removes it. The values' bias passes through the softmax, since
        // probabilities sum to one. What remains is the bias of the queries for the keys. Their
        // bias for the positions is added afterwards.
        let joined = weights.query.weight.iter().map(|value| value * scale);
        let joined: Vec<f32> = joined
            .chain(weights.key.weight.iter().copied())
            .chain(weights.value.weight.iter().copied())
            .collect();
        let content = weights.query.bias.iter().zip(weights.bias_u);
        let mut bias: Vec<f32> = content.map(|(a, u)| (a + u) * scale).collect();
        bias.resize(3 * width, 0.0);
        let joined = Affine {
            weight: &joined,
            bias: &bias,
        };
        let joined = linear(b, "qkv", joined, 1.0, &x);

        // One transposition for all, frames last. It is the cheapest of its kind, and ONNX
        // Runtime's products can read queries and values in that layout.
        let order = Attribute::Ints(vec![0, 2, 1]);
        let joined = b.op("Reshape", &[&joined, &context.shape_joined]);
        let joined = b.op_with("Transpose", &[&joined], &[("perm", order)]);
        let shape = b.ints(&[0, 3 * heads as i64, head as i64, -1]);
        let joined = b.op("Reshape", &[&joined, &shape]);
        let parts = b.ints(&[heads as i64; 3]);
        let parts = b.op_many(
            "Split",
            &[Some(&joined), Some(&parts)],
            &[("axis", Attribute::Int(1))],
            3,
        );
        let (content, keys, values) = (&parts[0], &parts[1], &parts[2]);
        let biases = weights.bias_u.iter().zip(weights.bias_v);
        let step = b.floats(
            "pos_bias_v_less_u",
            &[heads, head, 1],
            biases.map(|(u, v)| (v - u) * scale),
        );
        let relative = b.op("Add", &[content, &step]);
        let (content, relative) = (swap_last(b, content), swap_last(b, &relative));
        let values = swap_last(b, values);

        // The table has sines before cosines, so the columns of its projection must too.
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
        // The order matters: a Transpose right after the product would be fused into the Gemm,
        // which then never runs on integers.
        let shape = b.ints(&[-1, heads as i64, head as i64]);
        let projected = b.op("Reshape", &[&projected, &shape]);
        let order = Attribute::Ints(vec![1, 2, 0]);
        let projected = b.op_with("Transpose", &[&projected], &[("perm", order)]);

        let by_content = b.op("MatMul", &[&content, keys]);
        let by_position = b.op("MatMul", &[&relative, &projected]);
        let by_position = relative_shift(b, &by_position, context);
        let scores = b.op("Add", &[&by_content, &by_position]);
        let scores = b.op("Add", &[&scores, &context.key_mask]);
        let probabilities = b.op_with("Softmax", &[&scores], &[("axis", Attribute::Int(-1))]);
        let mixed = b.op("MatMul", &[&probabilities, &values]);
        let mixed = b.op_with(
            "Transpose",
            &[&mixed],
            &[("perm", Attribute::Ints(vec![0, 2, 1, 3]))],
        );
        let rows = b.ints(&[-1, width as i64]);
        let mixed = b.op("Reshape", &[&mixed, &rows]);
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

/// Moves scores by relative position `[B, H, T', 2T']` to their keys: out[i, j] = x[i, T' + j - i],
/// `[B, H, T', T']`.
///
/// Each row must begin one column earlier than the row above. With rows one column shorter, the
/// columns line up. The T' values left over are the first.
fn relative_shift(b: &mut GraphBuilder, x: &Value, context: &Context) -> Value {
    let (flat, end, two) = (b.ints(&[0, 0, -1]), b.ints(&[i64::MAX]), b.ints(&[2]));
    let x = b.op("Reshape", &[x, &flat]);
    let x = b.op("Slice", &[&x, &context.frames, &end, &two]);
    let x = b.op("Reshape", &[&x, &context.shape_shifted]);
    let (zero, three) = (b.ints(&[0]), b.ints(&[3]));
    b.op("Slice", &[&x, &zero, &context.frames, &three])
}
