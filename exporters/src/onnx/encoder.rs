//! The Conformer encoder as a graph.
//!
//! The trunk runs on `[B T', D]`, so that every linear layer is one Gemm with its bias. Constants
//! are folded into weights: the input scale into the subsampling's linear layer, 1/2 into the
//! feed-forward modules, 1/sqrt(d_head) into the queries, the batch norm into the depthwise
//! convolution, the values' bias into the attention's output. For valid frames, masks equal those
//! of NeMo 2.5 and later: padding is zeroed before every convolution and hidden from every
//! attention, so it never leaks, whatever it contains.
//!
//! For one swipe, starting a node costs about as much as computing it. So shapes are constants
//! where 0 (as in the input) and -1 (the rest) suffice, and values that all layers share are
//! computed once.

use super::attention::{Attention, position_table};
use super::builder::{Attribute, Dim, ElementType, GraphBuilder, Value};
use super::layers::{Context, cast, layer_norm, linear, swap_last, swish};
use super::{LengthType, convolution, proto};
use crate::network::{Affine, FeedForward, Network};

/// The encoder of `network`.
pub fn encoder(network: &Network, lengths: LengthType) -> proto::Model {
    let config = &network.config.encoder;
    let mut b = GraphBuilder::new("encoder");
    let (batch, time) = (Dim::Dynamic("B"), Dim::Dynamic("T"));
    let features = b.input(
        "features_bft",
        ElementType::F32,
        &[batch, Dim::Fixed(config.features), time],
    );
    let lengths = match lengths {
        LengthType::Int64 => b.input("lengths", ElementType::I64, &[batch]),
        LengthType::Int32 => {
            let lengths = b.input("lengths", ElementType::I32, &[batch]);
            cast(&mut b, &lengths, ElementType::I64)
        }
    };
    b.metadata("swipekit.blank", network.blank());
    b.metadata("swipekit.subsampling", config.subsampling);

    let (mut x, lengths, context) = subsampling(&mut b, network, &features, &lengths);
    let positions = position_table(&mut b, config, &context);
    for (index, layer) in network.parameters.layers.iter().enumerate() {
        b.scope(format!("layers.{index}.feed_forward1"));
        let y = feed_forward(&mut b, &layer.feed_forward1, &x);
        x = b.op("Add", &[&x, &y]);
        b.scope(format!("layers.{index}.self_attn"));
        let y = Attention {
            config,
            weights: &layer.attention,
        }
        .build(&mut b, &x, &positions, &context);
        x = b.op("Add", &[&x, &y]);
        b.scope(format!("layers.{index}.conv"));
        let y = convolution::build(&mut b, config, &layer.convolution, &x, &context);
        x = b.op("Add", &[&x, &y]);
        b.scope(format!("layers.{index}.feed_forward2"));
        let y = feed_forward(&mut b, &layer.feed_forward2, &x);
        x = b.op("Add", &[&x, &y]);
        b.scope(format!("layers.{index}"));
        x = layer_norm(&mut b, "norm_out", &layer.norm, &x);
    }
    b.scope("");
    let shape = shape_around(&mut b, &[-1], &context.frames, &[config.d_model as i64]);
    let encoded = b.op("Reshape", &[&x, &shape]);
    let out = [batch, Dim::Dynamic("T_out"), Dim::Fixed(config.d_model)];
    b.output("encoded_btf", &encoded, ElementType::F32, &out);
    b.output("encoded_lengths", &lengths, ElementType::I64, &[batch]);
    b.build("Conformer encoder with relative positions: features to frames")
}

/// Half a feed-forward module.
fn feed_forward(b: &mut GraphBuilder, weights: &FeedForward, x: &Value) -> Value {
    let x = layer_norm(b, "norm", &weights.norm, x);
    let x = linear(b, "linear1", weights.linear1, 1.0, &x);
    let x = swish(b, &x);
    linear(b, "linear2", weights.linear2, 0.5, &x)
}

/// The shape `before`, then T', then `after`.
fn shape_around(b: &mut GraphBuilder, before: &[i64], frames: &Value, after: &[i64]) -> Value {
    let (before, after) = (b.ints(before), b.ints(after));
    b.op_with(
        "Concat",
        &[&before, frames, &after],
        &[("axis", Attribute::Int(0))],
    )
}

/// Striding subsampling: `[B, F, T]` to `[B T', D]`, the new lengths, and the frame data that
/// layers need.
fn subsampling(
    b: &mut GraphBuilder,
    network: &Network,
    features: &Value,
    lengths: &Value,
) -> (Value, Value, Context) {
    let config = &network.config.encoder;
    b.scope("pre_encode");
    let mut valid = valid_frames(b, features, lengths);
    // Clears the padding, even NaN. From here on every value is finite.
    let (channel, zero) = (b.ints(&[1]), b.float(0.0));
    let x = b.op("Unsqueeze", &[features, &channel]);
    let x = b.op("Where", &[&valid, &x, &zero]);
    let mut x = swap_last(b, &x);
    for (index, stage) in network.parameters.subsampling.iter().enumerate() {
        if index > 0 {
            let mask = cast(b, &valid, ElementType::F32);
            let mask = swap_last(b, &mask);
            x = b.op("Mul", &[&x, &mask]);
        }
        let channels_in = stage.weight.len() / (9 * stage.bias.len());
        let shape = [stage.bias.len(), channels_in, 3, 3];
        let weight = b.floats(
            &format!("conv.{}.weight", 2 * index),
            &shape,
            stage.weight.iter().copied(),
        );
        let bias = b.floats(
            &format!("conv.{}.bias", 2 * index),
            &[stage.bias.len()],
            stage.bias.iter().copied(),
        );
        let attributes = [
            ("kernel_shape", Attribute::Ints(vec![3, 3])),
            ("strides", Attribute::Ints(vec![2, 2])),
            ("pads", Attribute::Ints(vec![1, 1, 1, 1])),
        ];
        let y = b.op_with("Conv", &[&x, &weight, &bias], &attributes);
        x = b.op("Relu", &[&y]);
        // Frame t of the output is valid if frame 2t of the input is.
        let (start, end) = (b.ints(&[0]), b.ints(&[i64::MAX]));
        let (axis, step) = (b.ints(&[3]), b.ints(&[2]));
        valid = b.op("Slice", &[&valid, &start, &end, &axis, &step]);
    }
    // ceil(L / factor).
    let factor = 1 << network.parameters.subsampling.len();
    let (divisor, below) = (b.int(factor), b.int(factor - 1));
    let up = b.op("Add", &[lengths, &below]);
    let lengths = b.op("Div", &[&up, &divisor]);

    // Channels last, which is how ONNX Runtime's convolution writes them by itself. The columns of
    // the linear layer are ordered to match.
    let x = b.op_with(
        "Transpose",
        &[&x],
        &[("perm", Attribute::Ints(vec![0, 2, 3, 1]))],
    );
    let Affine { weight, bias } = network.parameters.subsampling_out;
    let columns = weight.len() / bias.len();
    let channels = network
        .parameters
        .subsampling
        .last()
        .map_or(1, |s| s.bias.len());
    let bins = columns / channels;
    let weight: Vec<f32> = weight
        .chunks_exact(columns)
        .flat_map(|row| (0..columns).map(|i| row[i % channels * bins + i / channels]))
        .collect();
    let rows = b.ints(&[-1, columns as i64]);
    let x = b.op("Reshape", &[&x, &rows]);
    let scale = if config.xscaling {
        (config.d_model as f32).sqrt()
    } else {
        1.0
    };
    let out = Affine {
        weight: &weight,
        bias,
    };
    let x = linear(b, "out", out, scale, &x);

    let frames = b.op_with("Shape", &[&valid], &[("start", Attribute::Int(3))]);
    let valid = cast(b, &valid, ElementType::F32);
    let column = b.ints(&[-1, 1]);
    let frame_mask = b.op("Reshape", &[&valid, &column]);
    let (unit, hidden) = (b.float(1.0), b.float(10_000.0));
    let invalid = b.op("Sub", &[&valid, &unit]);
    let key_mask = b.op("Mul", &[&invalid, &hidden]);
    let width = config.d_model as i64;
    let shape_joined = shape_around(b, &[-1], &frames, &[3 * width]);
    let shape_image = shape_around(b, &[-1, 1], &frames, &[width]);
    let shape_shifted = shape_around(b, &[0, 0], &frames, &[-1]);
    (
        x,
        lengths,
        Context {
            frame_mask,
            key_mask,
            frames,
            shape_joined,
            shape_image,
            shape_shifted,
        },
    )
}

/// `[B, 1, 1, T]`, true where a frame of `features` `[B, F, T]` is within its length.
fn valid_frames(b: &mut GraphBuilder, features: &Value, lengths: &Value) -> Value {
    let (start, step) = (b.int(0), b.int(1));
    let (axis, axes) = (b.ints(&[0]), b.ints(&[1, 2, 3]));
    let frames = b.op_with("Shape", &[features], &[("start", Attribute::Int(2))]);
    let count = b.op("Squeeze", &[&frames, &axis]);
    let index = b.op("Range", &[&start, &count, &step]);
    let lengths = b.op("Unsqueeze", &[lengths, &axes]);
    b.op("Less", &[&index, &lengths])
}
