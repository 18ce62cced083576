//! Builds a graph node by node. Values are named after what makes them.

use std::collections::HashMap;

use super::proto;

/// Operator set of all graphs: the first with LayerNormalization.
pub const OPSET: i64 = 17;
/// Version of the format for that operator set.
pub const IR_VERSION: i64 = 8;

/// Type of a tensor's elements, by ONNX's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementType {
    /// 32-bit float.
    F32 = 1,
    /// Unsigned 8-bit integer.
    U8 = 2,
    /// Signed 8-bit integer.
    I8 = 3,
    /// 32-bit integer.
    I32 = 6,
    /// 64-bit integer.
    I64 = 7,
    /// 16-bit float.
    F16 = 10,
}

/// A dimension of an input or output.
#[derive(Clone, Copy, Debug)]
pub enum Dim {
    /// Fixed size.
    Fixed(usize),
    /// Dynamic size with a name.
    Dynamic(&'static str),
}

/// Name of a value in a graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Value(String);

/// A graph under construction.
#[derive(Debug)]
pub struct GraphBuilder {
    graph: proto::Graph,
    names: HashMap<String, usize>,
    scope: String,
    metadata: Vec<(String, String)>,
}

/// An attribute's value.
#[derive(Clone, Debug)]
pub enum Attribute {
    /// A float.
    Float(f32),
    /// An integer.
    Int(i64),
    /// Integers.
    Ints(Vec<i64>),
}

impl GraphBuilder {
    /// An empty graph.
    pub fn new(name: &str) -> Self {
        let graph = proto::Graph {
            name: Some(name.to_owned()),
            ..Default::default()
        };
        Self {
            graph,
            names: HashMap::new(),
            scope: String::new(),
            metadata: Vec::new(),
        }
    }

    /// Prefixes the names that follow, for readers of the graph.
    pub fn scope(&mut self, scope: impl Into<String>) {
        self.scope = scope.into();
    }

    /// Adds a metadata property to the model.
    pub fn metadata(&mut self, key: &str, value: impl ToString) {
        self.metadata.push((key.to_owned(), value.to_string()));
    }

    /// Declares an input.
    pub fn input(&mut self, name: &str, element: ElementType, shape: &[Dim]) -> Value {
        self.names.insert(name.to_owned(), 0);
        self.graph.input.push(value_info(name, element, shape));
        Value(name.to_owned())
    }

    /// Declares `value` as the output `name`.
    pub fn output(&mut self, name: &str, value: &Value, element: ElementType, shape: &[Dim]) {
        self.names.insert(name.to_owned(), 0);
        self.graph.node.push(proto::Node {
            input: vec![value.0.clone()],
            output: vec![name.to_owned()],
            name: Some(format!("output/{name}")),
            op_type: Some("Identity".to_owned()),
            attribute: Vec::new(),
        });
        self.graph.output.push(value_info(name, element, shape));
    }

    /// A constant of 32-bit floats.
    pub fn floats(
        &mut self,
        name: &str,
        shape: &[usize],
        values: impl IntoIterator<Item = f32>,
    ) -> Value {
        let raw = values.into_iter().flat_map(f32::to_le_bytes).collect();
        self.constant(name, ElementType::F32, shape, raw)
    }

    /// A scalar constant.
    pub fn float(&mut self, value: f32) -> Value {
        self.floats("constant", &[], [value])
    }

    /// A constant vector of 64-bit integers.
    pub fn ints(&mut self, values: &[i64]) -> Value {
        let raw = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.constant("constant", ElementType::I64, &[values.len()], raw)
    }

    /// A scalar constant of a 64-bit integer.
    pub fn int(&mut self, value: i64) -> Value {
        self.constant(
            "constant",
            ElementType::I64,
            &[],
            value.to_le_bytes().to_vec(),
        )
    }

    fn constant(
        &mut self,
        name: &str,
        element: ElementType,
        shape: &[usize],
        raw: Vec<u8>,
    ) -> Value {
        let data_type = element as i32;
        let dims: Vec<i64> = shape.iter().map(|size| *size as i64).collect();
        // Small constants recur: axes, shapes, ones and zeros.
        if raw.len() <= 64 && name == "constant" {
            let same = self.graph.initializer.iter().find(|tensor| {
                tensor.data_type == Some(data_type)
                    && tensor.dims == dims
                    && tensor.raw_data.as_ref() == Some(&raw)
            });
            if let Some(name) = same.and_then(|tensor| tensor.name.clone()) {
                return Value(name);
            }
        }
        let name = self.unique(name);
        self.graph.initializer.push(proto::Tensor {
            dims,
            data_type: Some(data_type),
            name: Some(name.clone()),
            raw_data: Some(raw),
        });
        Value(name)
    }

    /// Adds an operator with one output.
    pub fn op(&mut self, op: &str, inputs: &[&Value]) -> Value {
        self.op_with(op, inputs, &[])
    }

    /// Adds an operator with attributes and one output.
    pub fn op_with(
        &mut self,
        op: &str,
        inputs: &[&Value],
        attributes: &[(&str, Attribute)],
    ) -> Value {
        self.op_many(
            op,
            &inputs.iter().map(|input| Some(*input)).collect::<Vec<_>>(),
            attributes,
            1,
        )
        .swap_remove(0)
    }

    /// Adds an operator with attributes, optional inputs and several outputs.
    pub fn op_many(
        &mut self,
        op: &str,
        inputs: &[Option<&Value>],
        attributes: &[(&str, Attribute)],
        outputs: usize,
    ) -> Vec<Value> {
        let name = self.unique(op);
        let output: Vec<String> = match outputs {
            1 => vec![name.clone()],
            _ => (0..outputs)
                .map(|index| self.unique(&format!("{op}.{index}")))
                .collect(),
        };
        self.graph.node.push(proto::Node {
            input: inputs
                .iter()
                .map(|input| input.map_or_else(String::new, |value| value.0.clone()))
                .collect(),
            output: output.clone(),
            name: Some(name),
            op_type: Some(op.to_owned()),
            attribute: attributes
                .iter()
                .map(|(name, value)| attribute(name, value))
                .collect(),
        });
        output.into_iter().map(Value).collect()
    }

    fn unique(&mut self, name: &str) -> String {
        let name = if self.scope.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.scope)
        };
        let count = self.names.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count == 1 {
            name
        } else {
            format!("{name}_{count}")
        }
    }

    /// The finished model.
    pub fn build(self, documentation: &str) -> proto::Model {
        let mut graph = self.graph;
        graph.doc_string = Some(documentation.to_owned());
        proto::Model {
            ir_version: Some(IR_VERSION),
            producer_name: Some("swipekit".to_owned()),
            producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            graph: Some(graph),
            opset_import: vec![proto::OperatorSet {
                domain: Some(String::new()),
                version: Some(OPSET),
            }],
            metadata_props: self
                .metadata
                .into_iter()
                .map(|(key, value)| proto::Property {
                    key: Some(key),
                    value: Some(value),
                })
                .collect(),
        }
    }
}

fn attribute(name: &str, value: &Attribute) -> proto::Attribute {
    let mut attribute = proto::Attribute {
        name: Some(name.to_owned()),
        ..Default::default()
    };
    attribute.r#type = Some(match value {
        Attribute::Float(value) => {
            attribute.f = Some(*value);
            1
        }
        Attribute::Int(value) => {
            attribute.i = Some(*value);
            2
        }
        Attribute::Ints(values) => {
            attribute.ints.clone_from(values);
            7
        }
    });
    attribute
}

fn value_info(name: &str, element: ElementType, shape: &[Dim]) -> proto::ValueInfo {
    let dim = shape.iter().map(|dim| proto::Dimension {
        value: Some(match dim {
            Dim::Fixed(size) => proto::Size::Fixed(*size as i64),
            Dim::Dynamic(name) => proto::Size::Dynamic((*name).to_owned()),
        }),
    });
    let tensor_type = proto::TensorType {
        elem_type: Some(element as i32),
        shape: Some(proto::Shape { dim: dim.collect() }),
    };
    proto::ValueInfo {
        name: Some(name.to_owned()),
        r#type: Some(proto::Type {
            tensor_type: Some(tensor_type),
        }),
        doc_string: None,
    }
}
