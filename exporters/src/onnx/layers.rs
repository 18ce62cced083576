//! Building blocks of the encoder's modules: linear layers, normalizations, activations, casts, and
//! the values that all layers share.

use super::builder::{Attribute, ElementType, GraphBuilder, Value};
use crate::network::Affine;

/// Epsilon of every normalization.
pub(super) const EPSILON: f32 = 1e-5;

/// Values that all layers need.
pub(super) struct Context {
    /// `[B T', 1]`, 1 for valid frames and 0 for others.
    pub(super) frame_mask: Value,
    /// `[B, 1, 1, T']`, 0 for valid keys and -10000 for others.
    pub(super) key_mask: Value,
    /// T' as a vector of one.
    pub(super) frames: Value,
    /// `[B, T', 3D]` as a shape.
    pub(super) shape_joined: Value,
    /// `[B, 1, T', D]` as a shape.
    pub(super) shape_image: Value,
    /// The first two dimensions of any tensor, then T', then the rest, as a shape.
    pub(super) shape_shifted: Value,
}

/// `[out, in]` weights and bias as a Gemm over rows, both scaled by `scale`.
pub(super) fn linear(
    b: &mut GraphBuilder,
    name: &str,
    affine: Affine,
    scale: f32,
    x: &Value,
) -> Value {
    let (outputs, inputs) = (affine.bias.len(), affine.weight.len() / affine.bias.len());
    let weight = b.floats(
        &format!("{name}.weight"),
        &[outputs, inputs],
        affine.weight.iter().map(|value| value * scale),
    );
    let bias = b.floats(
        &format!("{name}.bias"),
        &[outputs],
        affine.bias.iter().map(|value| value * scale),
    );
    b.op_with(
        "Gemm",
        &[x, &weight, &bias],
        &[("transB", Attribute::Int(1))],
    )
}

/// Layer norm over the last dimension.
pub(super) fn layer_norm(b: &mut GraphBuilder, name: &str, affine: &Affine, x: &Value) -> Value {
    let scale = b.floats(
        &format!("{name}.weight"),
        &[affine.weight.len()],
        affine.weight.iter().copied(),
    );
    let bias = b.floats(
        &format!("{name}.bias"),
        &[affine.bias.len()],
        affine.bias.iter().copied(),
    );
    let attributes = [
        ("axis", Attribute::Int(-1)),
        ("epsilon", Attribute::Float(EPSILON)),
    ];
    b.op_with("LayerNormalization", &[x, &scale, &bias], &attributes)
}

/// x * sigmoid(x).
pub(super) fn swish(b: &mut GraphBuilder, x: &Value) -> Value {
    let gate = b.op("Sigmoid", &[x]);
    b.op("Mul", &[x, &gate])
}

/// `x` as another type.
pub(super) fn cast(b: &mut GraphBuilder, x: &Value, to: ElementType) -> Value {
    b.op_with("Cast", &[x], &[("to", Attribute::Int(to as i64))])
}

/// Swaps the last two of four dimensions.
pub(super) fn swap_last(b: &mut GraphBuilder, x: &Value) -> Value {
    let order = Attribute::Ints(vec![0, 1, 3, 2]);
    b.op_with("Transpose", &[x], &[("perm", order)])
}
