//! The Conformer encoder as a graph.
//!
//! The trunk runs on `[B T', D]`, so that every linear layer is one Gemm with its bias. What depends on weights alone is
//! folded: the input scale into the subsampling's linear layer, 1/2 into the feed-forward modules, 1/sqrt(d_head) into
//! the queries, the batch norm into the depthwise convolution, the values' bias into the attention's output. Masks are
//! those of NeMo 2.5 and later, as far as valid frames see them: padding is cut out before every convolution and hidden
//! from every attention, so nothing leaks, whatever the padding holds.

use super::attention::{Attention, position_table};
use super::builder::{Attribute, Dim, ElementType, GraphBuilder, Value};
use super::{LengthType, convolution, proto};
use crate::network::{Affine, FeedForward, Network};

/// Epsilon of every normalisation.
pub(super) const EPSILON: f32 = 1e-5;

/// Values that all layers need.
pub(super) struct Context {
    /// `[B T', 1]`, 1 for valid frames and 0 for others.
    pub(super) frame_mask: Value,
    /// `[B, 1, 1, T']`, 0 for valid keys and -10000 for others.
    pub(super) key_mask: Value,
    /// `[B, T', D]` as a shape.
    pub(super) shape_btd: Value,
    /// `[B, 1, T', D]` as a shape.
    pub(super) shape_image: Value,
    /// `[-1, D]` as a shape.
    pub(super) shape_rows: Value,
    /// T' as a vector of one.
    pub(super) frames: Value,
}

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
            b.op_with(
                "Cast",
                &[&lengths],
                &[("to", Attribute::Int(ElementType::I64 as i64))],
            )
        }
    };
    b.metadata("swipekit.blank", network.blank());
    b.metadata("swipekit.subsampling", config.subsampling);

    let (mut x, lengths, context) = subsampling(&mut b, network, &features, &lengths);
    let positions = position_table(&mut b, config, &context);
    for (index, layer) in network.layers.iter().enumerate() {
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
    let encoded = b.op("Reshape", &[&x, &context.shape_btd]);
    let out = [batch, Dim::Dynamic("T_out"), Dim::Fixed(config.d_model)];
    b.output("encoded_btf", &encoded, ElementType::F32, &out);
    b.output("encoded_lengths", &lengths, ElementType::I64, &[batch]);
    b.build("Conformer encoder with relative positions: features to frames")
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

/// Half a feed-forward module.
fn feed_forward(b: &mut GraphBuilder, weights: &FeedForward, x: &Value) -> Value {
    let x = layer_norm(b, "norm", &weights.norm, x);
    let x = linear(b, "linear1", weights.linear1, 1.0, &x);
    let x = swish(b, &x);
    linear(b, "linear2", weights.linear2, 0.5, &x)
}

/// Striding subsampling: `[B, F, T]` to `[B T', D]`, the new lengths, and what the layers need to know about shapes.
fn subsampling(
    b: &mut GraphBuilder,
    network: &Network,
    features: &Value,
    lengths: &Value,
) -> (Value, Value, Context) {
    let config = &network.config.encoder;
    b.scope("pre_encode");
    let zero = b.float(0.0);
    let x = b.op_with(
        "Transpose",
        &[features],
        &[("perm", Attribute::Ints(vec![0, 2, 1]))],
    );
    let axis = b.ints(&[1]);
    let mut x = b.op("Unsqueeze", &[&x, &axis]);
    let mut lengths = lengths.clone();
    for (index, stage) in network.subsampling.iter().enumerate() {
        x = cut_padding(b, &x, &lengths, &zero);
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
        // ceil(L / 2).
        let (one, two) = (b.int(1), b.int(2));
        let up = b.op("Add", &[&lengths, &one]);
        lengths = b.op("Div", &[&up, &two]);
    }
    x = cut_padding(b, &x, &lengths, &zero);
    let shape = b.op("Shape", &[&x]);
    let (first, third) = (b.ints(&[0]), b.ints(&[2]));
    let batch = b.op("Gather", &[&shape, &first]);
    let frames = b.op("Gather", &[&shape, &third]);
    let x = b.op_with(
        "Transpose",
        &[&x],
        &[("perm", Attribute::Ints(vec![0, 2, 1, 3]))],
    );
    let inputs = network.subsampling_out.weight.len() / config.d_model;
    let rows = b.ints(&[-1, inputs as i64]);
    let x = b.op("Reshape", &[&x, &rows]);
    let scale = if config.xscaling {
        (config.d_model as f32).sqrt()
    } else {
        1.0
    };
    let x = linear(b, "out", network.subsampling_out, scale, &x);

    let valid = valid_frames(b, &frames, &lengths);
    let valid = b.op_with(
        "Cast",
        &[&valid],
        &[("to", Attribute::Int(ElementType::F32 as i64))],
    );
    let (column, middle) = (b.ints(&[-1, 1]), b.ints(&[1, 2]));
    let frame_mask = b.op("Reshape", &[&valid, &column]);
    let (unit, hidden) = (b.float(1.0), b.float(10_000.0));
    let invalid = b.op("Sub", &[&valid, &unit]);
    let penalty = b.op("Mul", &[&invalid, &hidden]);
    let key_mask = b.op("Unsqueeze", &[&penalty, &middle]);
    let width = b.ints(&[config.d_model as i64]);
    let shape_btd = b.op_with(
        "Concat",
        &[&batch, &frames, &width],
        &[("axis", Attribute::Int(0))],
    );
    let height = b.ints(&[1]);
    let image = [&batch, &height, &frames, &width];
    let shape_image = b.op_with("Concat", &image, &[("axis", Attribute::Int(0))]);
    let shape_rows = b.ints(&[-1, config.d_model as i64]);
    (
        x,
        lengths,
        Context {
            frame_mask,
            key_mask,
            shape_btd,
            shape_image,
            shape_rows,
            frames,
        },
    )
}

/// `[B, T]`, true where a frame is within its length; `frames` is T as a vector of one.
fn valid_frames(b: &mut GraphBuilder, frames: &Value, lengths: &Value) -> Value {
    let (start, step, axis) = (b.int(0), b.int(1), b.ints(&[1]));
    let no_axes = b.ints(&[0]);
    let count = b.op("Squeeze", &[frames, &no_axes]);
    let index = b.op("Range", &[&start, &count, &step]);
    let lengths = b.op("Unsqueeze", &[lengths, &axis]);
    b.op("Less", &[&index, &lengths])
}

/// Sets frames past their length to zero, whatever they hold: `x` is `[B, C, T, F]`.
fn cut_padding(b: &mut GraphBuilder, x: &Value, lengths: &Value, zero: &Value) -> Value {
    let shape = b.op("Shape", &[x]);
    let third = b.ints(&[2]);
    let frames = b.op("Gather", &[&shape, &third]);
    let valid = valid_frames(b, &frames, lengths);
    let axes = b.ints(&[1, 3]);
    let mask = b.op("Unsqueeze", &[&valid, &axes]);
    b.op("Where", &[&mask, x, zero])
}
