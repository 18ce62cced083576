//! The Conformer's convolution module.

use super::builder::{Attribute, GraphBuilder, Value};
use super::layers::{Context, EPSILON, layer_norm, linear, swish};
use crate::network::{Affine, Convolution, ConvolutionNorm};
use crate::schema::EncoderConfig;

/// Layer norm and convolution module of `x` `[B T', D]`, without the residual.
pub(super) fn build(
    b: &mut GraphBuilder,
    config: &EncoderConfig,
    weights: &Convolution,
    x: &Value,
    context: &Context,
) -> Value {
    let (width, kernel) = (config.d_model, config.kernel);
    let x = layer_norm(b, "norm", &weights.norm, x);
    // One product for both halves of the gated linear unit. Two are no faster, and their input
    // would be quantized as a separate step.
    let joined = linear(b, "pointwise_conv1", weights.pointwise1, 1.0, &x);
    let halves = b.ints(&[width as i64; 2]);
    let halves = b.op_many(
        "Split",
        &[Some(&joined), Some(&halves)],
        &[("axis", Attribute::Int(1))],
        2,
    );
    let (value, gate) = (&halves[0], &halves[1]);
    let gate = b.op("Sigmoid", &[gate]);
    let gate = b.op("Mul", &[&gate, &context.frame_mask]);
    let x = b.op("Mul", &[value, &gate]);

    // As an image of height 1: ONNX Runtime has a special kernel for depthwise convolutions in two
    // dimensions, which absorbs the transpositions. In one dimension it only has a general one.
    let x = b.op("Reshape", &[&x, &context.shape_image]);
    let x = b.op_with(
        "Transpose",
        &[&x],
        &[("perm", Attribute::Ints(vec![0, 3, 1, 2]))],
    );
    let (depthwise, bias) = fold_batch_norm(weights, kernel);
    let depthwise = b.floats("depthwise_conv.weight", &[width, 1, 1, kernel], depthwise);
    let bias = b.floats("depthwise_conv.bias", &[width], bias);
    let pad = (kernel as i64 - 1) / 2;
    let attributes = [
        ("kernel_shape", Attribute::Ints(vec![1, kernel as i64])),
        ("pads", Attribute::Ints(vec![0, pad, 0, pad])),
        ("group", Attribute::Int(width as i64)),
    ];
    let x = b.op_with("Conv", &[&x, &depthwise, &bias], &attributes);
    let x = b.op_with(
        "Transpose",
        &[&x],
        &[("perm", Attribute::Ints(vec![0, 2, 3, 1]))],
    );
    let rows = b.ints(&[-1, width as i64]);
    let mut x = b.op("Reshape", &[&x, &rows]);
    if let ConvolutionNorm::Layer(affine) = &weights.inner_norm {
        x = layer_norm(b, "batch_norm", affine, &x);
    }
    let x = swish(b, &x);
    linear(b, "pointwise_conv2", weights.pointwise2, 1.0, &x)
}

/// Weights and biases of the depthwise convolution with the batch norm's scale and shift folded in.
fn fold_batch_norm(weights: &Convolution, kernel: usize) -> (Vec<f32>, Vec<f32>) {
    let Affine { weight, bias } = weights.depthwise;
    let ConvolutionNorm::Batch {
        affine,
        mean,
        variance,
    } = &weights.inner_norm
    else {
        return (weight.to_vec(), bias.to_vec());
    };
    let mut folded = (
        Vec::with_capacity(weight.len()),
        Vec::with_capacity(bias.len()),
    );
    for (channel, kernel) in weight.chunks_exact(kernel).enumerate() {
        let deviation = (f64::from(variance[channel]) + f64::from(EPSILON)).sqrt();
        let scale = f64::from(affine.weight[channel]) / deviation;
        folded.0.extend(
            kernel
                .iter()
                .map(|value| (f64::from(*value) * scale) as f32),
        );
        let shifted = (f64::from(bias[channel]) - f64::from(mean[channel])) * scale;
        folded
            .1
            .push((shifted + f64::from(affine.bias[channel])) as f32);
    }
    folded
}
