//! A model indexed for the audit: constants by name, and the maker and the readers of each value.

use std::collections::HashMap;

use prost::Message;

use super::AuditError;
use super::error::{malformed, wrong_type};
use crate::onnx::proto::{Model, Node, Tensor};
use crate::quantize::rewrite::UNSIGNED_ZERO;

/// Type of a constant's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    F32,
    F16,
    U8,
    I8,
    I32,
    /// Another, by name and bytes.
    Other(&'static str, u64),
}

impl Element {
    fn of(tensor: &Tensor) -> Option<Self> {
        Some(match tensor.data_type? {
            1 => Self::F32,
            2 => Self::U8,
            3 => Self::I8,
            4 => Self::Other("uint16", 2),
            5 => Self::Other("int16", 2),
            6 => Self::I32,
            7 => Self::Other("int64", 8),
            9 => Self::Other("bool", 1),
            10 => Self::F16,
            11 => Self::Other("float64", 8),
            12 => Self::Other("uint32", 4),
            13 => Self::Other("uint64", 8),
            16 => Self::Other("bfloat16", 2),
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::F16 => "float16",
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::I32 => "int32",
            Self::Other(name, _) => name,
        }
    }

    /// The integer that represents zero in a symmetric weight.
    pub(super) fn middle(self) -> i32 {
        match self {
            Self::U8 => i32::from(UNSIGNED_ZERO),
            _ => 0,
        }
    }

    pub(super) fn size(self) -> u64 {
        match self {
            Self::F32 | Self::I32 => 4,
            Self::F16 => 2,
            Self::U8 | Self::I8 => 1,
            Self::Other(_, size) => size,
        }
    }
}

/// A constant whose type and shape were checked.
#[derive(Clone, Debug)]
pub(super) struct Constant {
    pub(super) name: String,
    pub(super) element: Element,
    pub(super) shape: Vec<usize>,
    /// Number of values.
    pub(super) values: u64,
    raw: Option<Vec<u8>>,
}

impl Constant {
    fn new(tensor: Tensor) -> Result<Self, AuditError> {
        let name = tensor.name.clone().unwrap_or_default();
        let malformed = |expected: &str, got: String| {
            malformed(format!("the constant {name:?}"), expected, got)
        };
        let element = Element::of(&tensor).ok_or_else(|| {
            malformed("a type of numbers", format!("type {:?}", tensor.data_type))
        })?;
        let shape: Option<Vec<usize>> = tensor
            .dims
            .iter()
            .map(|size| usize::try_from(*size).ok())
            .collect();
        let values = shape.as_ref().and_then(|shape| {
            let sizes = shape.iter().map(|size| *size as u64);
            sizes.into_iter().try_fold(1, u64::checked_mul)
        });
        let bytes = values.and_then(|values| values.checked_mul(element.size()));
        let (Some(shape), Some(values), Some(bytes)) = (shape, values, bytes) else {
            return Err(malformed("a shape", format!("{:?}", tensor.dims)));
        };
        // The optimizer may write a few numbers as separate fields. The exporter never does.
        let raw = tensor.raw_data;
        if raw.as_ref().is_some_and(|raw| raw.len() as u64 != bytes) {
            let got = raw.map_or(0, |raw| raw.len());
            return Err(malformed(&format!("{bytes} bytes"), format!("{got}")));
        }
        Ok(Self {
            name,
            element,
            shape,
            values,
            raw,
        })
    }

    pub(super) fn bytes(&self) -> u64 {
        self.values * self.element.size()
    }

    /// The values' bytes if they are of the type `element`.
    pub(super) fn raw(&self, element: Element) -> Result<&[u8], AuditError> {
        if self.element != element {
            return Err(wrong_type(&self.name, element.name(), self.element.name()));
        }
        let what = || format!("the constant {:?}", self.name);
        let raw = self.raw.as_deref();
        raw.ok_or_else(|| malformed(what(), "its values as bytes", "none"))
    }

    /// The values of a constant of 32-bit floats.
    pub(super) fn floats(&self) -> Result<Vec<f32>, AuditError> {
        let raw = self.raw(Element::F32)?.as_chunks().0;
        Ok(raw.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    /// The values of a constant of 8-bit or 32-bit integers.
    pub(super) fn integers(&self) -> Result<Vec<i32>, AuditError> {
        Ok(match self.element {
            Element::U8 => self
                .raw(Element::U8)?
                .iter()
                .map(|v| i32::from(*v))
                .collect(),
            Element::I8 => {
                let raw = self.raw(Element::I8)?.iter();
                raw.map(|v| i32::from(i8::from_le_bytes([*v]))).collect()
            }
            _ => {
                let raw = self.raw(Element::I32)?.as_chunks().0;
                raw.iter().map(|bytes| i32::from_le_bytes(*bytes)).collect()
            }
        })
    }
}

/// A model's graph with an index of its names.
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) constants: Vec<Constant>,
    by_name: HashMap<String, usize>,
    makers: HashMap<String, usize>,
    readers: HashMap<String, Vec<(usize, usize)>>,
}

impl Graph {
    /// Reads a model. `file` names it in errors.
    pub(super) fn parse(bytes: &[u8], file: &'static str) -> Result<Self, AuditError> {
        let model = Model::decode(bytes).map_err(|source| AuditError::Decode { file, source })?;
        let malformed = |expected: &str, got: String| malformed(file, expected, got);
        let graph = model
            .graph
            .filter(|graph| !graph.node.is_empty())
            .ok_or_else(|| malformed("a graph with nodes", "none".to_owned()))?;
        let constants = graph.initializer.into_iter().map(Constant::new);
        let constants = constants.collect::<Result<Vec<_>, _>>()?;
        let mut by_name = HashMap::new();
        for (index, constant) in constants.iter().enumerate() {
            if by_name.insert(constant.name.clone(), index).is_some() {
                let got = format!("{:?} twice", constant.name);
                return Err(malformed("constants with a name each", got));
            }
        }
        let mut makers = HashMap::new();
        let mut readers: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (index, node) in graph.node.iter().enumerate() {
            for output in &node.output {
                makers.insert(output.clone(), index);
            }
            for (position, input) in node.input.iter().enumerate() {
                readers
                    .entry(input.clone())
                    .or_default()
                    .push((index, position));
            }
        }
        Ok(Self {
            nodes: graph.node,
            constants,
            by_name,
            makers,
            readers,
        })
    }

    /// The constant `name`.
    pub(super) fn constant(&self, name: &str) -> Option<&Constant> {
        self.by_name.get(name).map(|index| &self.constants[*index])
    }

    /// The node that outputs `value`.
    pub(super) fn maker(&self, value: &str) -> Option<&Node> {
        self.makers.get(value).map(|index| &self.nodes[*index])
    }

    /// The nodes that read `value`, with the index of the input.
    pub(super) fn readers(&self, value: &str) -> impl Iterator<Item = (&Node, usize)> {
        let readers = self.readers.get(value).map_or(&[][..], Vec::as_slice);
        readers
            .iter()
            .map(|(index, position)| (&self.nodes[*index], *position))
    }
}

/// The operator of a node.
pub(super) fn operator(node: &Node) -> &str {
    node.op_type.as_deref().unwrap_or_default()
}

/// The input at `position`; `None` if it is left out.
pub(super) fn input(node: &Node, position: usize) -> Option<&str> {
    let name = node.input.get(position)?.as_str();
    (!name.is_empty()).then_some(name)
}

/// An integer among the attributes.
pub(super) fn integer(node: &Node, name: &str) -> Option<i64> {
    let mut attributes = node.attribute.iter();
    let found = attributes.find(|attribute| attribute.name.as_deref() == Some(name));
    found.and_then(|attribute| attribute.i)
}
