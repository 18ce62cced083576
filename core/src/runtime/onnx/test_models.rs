//! Small ONNX models for tests, assembled byte by byte.

/// ONNX's code for 8-bit integers.
pub(super) const INT8: u64 = 3;
/// ONNX's code for 32-bit floats.
pub(super) const FLOAT: u64 = 1;
/// ONNX's code for 32-bit integers.
pub(super) const INT32: u64 = 6;
/// ONNX's code for 64-bit integers.
pub(super) const INT64: u64 = 7;
/// ONNX's code for 64-bit floats.
pub(super) const DOUBLE: u64 = 11;

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn part(field: u64, bytes: &[u8]) -> Vec<u8> {
    [
        &varint(field << 3 | 2)[..],
        &varint(bytes.len() as u64),
        bytes,
    ]
    .concat()
}

/// A dimension of an input or an output.
#[derive(Clone, Copy)]
pub(super) enum Size {
    Fixed(u64),
    Named(&'static str),
}

/// `ValueInfoProto`.
pub(super) fn value(name: &str, element: u64, shape: &[Size]) -> Vec<u8> {
    let dimensions = shape.iter().map(|size| {
        let size = match size {
            Size::Fixed(size) => number(1, *size),
            Size::Named(name) => part(2, name.as_bytes()),
        };
        part(1, &size)
    });
    let shape: Vec<u8> = dimensions.flatten().collect();
    let tensor = [number(1, element), part(2, &shape)].concat();
    [part(1, name.as_bytes()), part(2, &part(1, &tensor))].concat()
}

/// `NodeProto` without attributes.
pub(super) fn node(operator: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let inputs = inputs.iter().flat_map(|input| part(1, input.as_bytes()));
    let mut node: Vec<u8> = inputs.collect();
    node.extend(part(2, output.as_bytes()));
    node.extend(part(4, operator.as_bytes()));
    node
}

/// `NodeProto` with an attribute of integers.
pub(super) fn node_with(
    operator: &str,
    input: &str,
    output: &str,
    attribute: &str,
    values: &[u64],
) -> Vec<u8> {
    let mut content = part(1, attribute.as_bytes());
    content.extend(values.iter().flat_map(|value| number(8, *value)));
    content.extend(number(20, 7));
    [node(operator, &[input], output), part(5, &content)].concat()
}

/// `TensorProto` with the raw bytes of its values.
pub(super) fn constant(name: &str, element: u64, shape: &[u64], raw: &[u8]) -> Vec<u8> {
    let shape = shape.iter().flat_map(|size| number(1, *size));
    let mut tensor: Vec<u8> = shape.collect();
    tensor.extend(number(2, element));
    tensor.extend(part(8, name.as_bytes()));
    tensor.extend(part(9, raw));
    tensor
}

/// `ModelProto` of IR version 8 and operator set 17, which ONNX Runtime reads since version 1.17.
pub(super) fn model(nodes: &[Vec<u8>], inputs: &[Vec<u8>], outputs: &[Vec<u8>]) -> Vec<u8> {
    model_with(nodes, &[], inputs, outputs)
}

/// As [`model`], with constants.
pub(super) fn model_with(
    nodes: &[Vec<u8>],
    constants: &[Vec<u8>],
    inputs: &[Vec<u8>],
    outputs: &[Vec<u8>],
) -> Vec<u8> {
    let mut graph: Vec<u8> = nodes.iter().flat_map(|node| part(1, node)).collect();
    graph.extend(part(2, b"test"));
    graph.extend(constants.iter().flat_map(|constant| part(5, constant)));
    graph.extend(inputs.iter().flat_map(|input| part(11, input)));
    graph.extend(outputs.iter().flat_map(|output| part(12, output)));
    [number(1, 8), part(7, &graph), part(8, &number(2, 17))].concat()
}

/// An encoder with `features` features per sample that outputs `operator` of its transposed input.
/// `lengths` is the type of that input, which comes first with `lengths_first`.
pub(super) fn encoder(operator: &str, features: u64, lengths: u64, lengths_first: bool) -> Vec<u8> {
    let (batch, frames) = (Size::Named("B"), Size::Named("T"));
    let features = Size::Fixed(features);
    let mut inputs = vec![
        value("features_bft", FLOAT, &[batch, features, frames]),
        value("lengths", lengths, &[batch]),
    ];
    if lengths_first {
        inputs.reverse();
    }
    let nodes = [
        node(operator, &["features_bft"], "inner"),
        node_with("Transpose", "inner", "encoded_btf", "perm", &[0, 2, 1]),
        node("Identity", &["lengths"], "encoded_lengths"),
    ];
    let outputs = [
        value("encoded_btf", FLOAT, &[batch, frames, features]),
        value("encoded_lengths", lengths, &[batch]),
    ];
    model(&nodes, &inputs, &outputs)
}
