//! The state dictionary in a pickle: its tensors, and where their values are.

use std::collections::BTreeMap;

use super::error::{Problem, at_most};
use super::pickle::{Graph, Node, NodeId};
use crate::schema::Part;

/// A view of a storage, as pickled by torch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TensorView {
    /// Key of the storage in the archive.
    pub(super) storage: String,
    /// Size of the storage in bytes.
    pub(super) storage_bytes: u64,
    /// Type of the elements.
    pub(super) element: Element,
    /// First element of the view.
    pub(super) offset: u64,
    /// Shape.
    pub(super) shape: Vec<u64>,
    /// Distance between neighbours of each dimension, in elements.
    pub(super) stride: Vec<u64>,
}

/// Type of the elements of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    F16,
    Bf16,
    F32,
    F64,
    /// Any other type of this many bytes: counters, masks, quantized weights.
    Other(u64),
}

impl Element {
    pub(super) fn size(self) -> u64 {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
            Self::Other(size) => size,
        }
    }
}

/// The tensors of encoder, prediction network and joint by name, without `_orig_mod.` (which
/// `torch.compile` adds). The rest of the state dictionary (audio front end, losses, metrics) is
/// ignored.
pub(super) fn views(graph: &Graph, id: NodeId) -> Result<BTreeMap<String, TensorView>, Problem> {
    let Some(items) = graph.items(id) else {
        return Err(graph.unexpected("state_dict", "a dictionary", id));
    };
    /// Longer than any tensor's name. A pickle may repeat a long name at no cost.
    const MAX_NAME: u64 = 512;
    let mut views = BTreeMap::new();
    for (key, value) in items {
        let Some(key) = graph.str(*key) else {
            return Err(graph.unexpected("a key of state_dict", "text", *key));
        };
        at_most("a name in state_dict", MAX_NAME, key.len() as u64)?;
        let name = key
            .split('.')
            .filter(|part| *part != "_orig_mod")
            .collect::<Vec<_>>()
            .join(".");
        if Part::of(&name).is_none() {
            continue;
        }
        let view = tensor(graph, &name, *value)?;
        if views.insert(name, view).is_some() {
            return Err(Problem::damaged(
                "state_dict",
                "tensors with different names",
                format!("{key} twice"),
            ));
        }
    }
    Ok(views)
}

/// Reads a call of one of torch's functions that build a tensor from a storage.
fn tensor(graph: &Graph, name: &str, id: NodeId) -> Result<TensorView, Problem> {
    let mut id = id;
    // A parameter wraps its tensor.
    for _ in 0..4 {
        let Node::Object(object) = graph.node(id) else {
            break;
        };
        let args = graph.sequence(object.args).unwrap_or_default();
        match (graph.class(object), args) {
            (
                "torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state",
                [inner, ..],
            ) => id = *inner,
            ("torch._utils._rebuild_tensor_v2", [storage, offset, size, stride, ..]) => {
                return view(graph, name, [*storage, *offset, *size, *stride], None);
            }
            (
                "torch._utils._rebuild_tensor_v3",
                [storage, offset, size, stride, _, _, dtype, ..],
            ) => {
                return view(
                    graph,
                    name,
                    [*storage, *offset, *size, *stride],
                    Some(*dtype),
                );
            }
            _ => break,
        }
    }
    Err(graph.unexpected(name, "a tensor", id))
}

fn view(
    graph: &Graph,
    name: &str,
    parts: [NodeId; 4],
    dtype: Option<NodeId>,
) -> Result<TensorView, Problem> {
    let [storage, offset, size, stride] = parts;
    let (storage, storage_element, count) = storage_of(graph, name, storage)?;
    let element = match dtype {
        None => storage_element,
        Some(dtype) => element_of_dtype(graph, name, dtype)?,
    };
    let storage_bytes = count.checked_mul(storage_element.size()).ok_or_else(|| {
        Problem::damaged(
            name,
            "a storage of a possible size",
            format!("{count} elements"),
        )
    })?;
    let (shape, stride) = (sizes(graph, name, size)?, sizes(graph, name, stride)?);
    if shape.len() != stride.len() {
        return Err(Problem::damaged(
            name,
            format!("{} strides", shape.len()),
            stride.len().to_string(),
        ));
    }
    let view = TensorView {
        storage,
        storage_bytes,
        element,
        offset: integer(graph, name, offset)?,
        shape,
        stride,
    };
    let end = view
        .last_element()
        .and_then(|last| last.checked_add(1)?.checked_mul(element.size()));
    match end {
        Some(end) if end <= storage_bytes => Ok(view),
        _ => Err(Problem::damaged(
            name,
            "a view inside its storage",
            format!("one beyond its {storage_bytes} bytes"),
        )),
    }
}

impl TensorView {
    /// Index in the storage of the view's last element; `None` on overflow.
    fn last_element(&self) -> Option<u64> {
        let mut last = self.offset;
        for (size, stride) in self.shape.iter().zip(&self.stride) {
            last = last.checked_add(size.saturating_sub(1).checked_mul(*stride)?)?;
        }
        Some(last)
    }
}

/// A storage's key, element type and number of elements: `('storage', class, key, device, count)`.
fn storage_of(graph: &Graph, name: &str, id: NodeId) -> Result<(String, Element, u64), Problem> {
    let Node::Persistent(id) = graph.node(id) else {
        return Err(graph.unexpected(name, "a storage", id));
    };
    let Some([tag, class, key, _device, count, ..]) = graph.sequence(*id) else {
        return Err(graph.unexpected(name, "a storage", *id));
    };
    if graph.str(*tag) != Some("storage") {
        return Err(graph.unexpected(name, "a storage", *tag));
    }
    let element = match graph.node(*class) {
        Node::Global(class) => match &**class {
            "torch.FloatStorage" => Element::F32,
            "torch.HalfStorage" => Element::F16,
            "torch.BFloat16Storage" => Element::Bf16,
            "torch.DoubleStorage" => Element::F64,
            "torch.LongStorage" => Element::Other(8),
            "torch.IntStorage" => Element::Other(4),
            "torch.ShortStorage" => Element::Other(2),
            "torch.CharStorage" | "torch.ByteStorage" | "torch.BoolStorage" => Element::Other(1),
            "torch.storage.UntypedStorage" | "torch.UntypedStorage" => Element::Other(1),
            _ => {
                return Err(Problem::ForbiddenGlobal {
                    part: name.to_owned(),
                    global: class.to_string(),
                });
            }
        },
        _ => return Err(graph.unexpected(name, "a storage class of torch", *class)),
    };
    let Some(key) = graph.str(*key) else {
        return Err(graph.unexpected(name, "a storage key", *key));
    };
    at_most("the key of a storage", 64, key.len() as u64)?;
    Ok((key.to_owned(), element, integer(graph, name, *count)?))
}

fn element_of_dtype(graph: &Graph, name: &str, id: NodeId) -> Result<Element, Problem> {
    let Node::Global(dtype) = graph.node(id) else {
        return Err(graph.unexpected(name, "a torch dtype", id));
    };
    match &**dtype {
        "torch.float32" | "torch.float" => Ok(Element::F32),
        "torch.float16" | "torch.half" => Ok(Element::F16),
        "torch.bfloat16" => Ok(Element::Bf16),
        "torch.float64" | "torch.double" => Ok(Element::F64),
        "torch.int64" | "torch.uint64" => Ok(Element::Other(8)),
        "torch.int32" | "torch.uint32" => Ok(Element::Other(4)),
        "torch.int16" | "torch.uint16" => Ok(Element::Other(2)),
        "torch.int8" | "torch.uint8" | "torch.bool" => Ok(Element::Other(1)),
        _ => Err(graph.unexpected(name, "a torch dtype", id)),
    }
}

/// A tuple of sizes or strides, also as `torch.Size`.
fn sizes(graph: &Graph, name: &str, id: NodeId) -> Result<Vec<u64>, Problem> {
    /// More than any tensor of the network has.
    const MAX_DIMENSIONS: usize = 8;
    let mut id = id;
    if let Node::Object(object) = graph.node(id)
        && graph.class(object) == "torch.Size"
        && let Some([inner]) = graph.sequence(object.args)
    {
        id = *inner;
    }
    match graph.sequence(id) {
        Some(members) if members.len() <= MAX_DIMENSIONS => members
            .iter()
            .map(|member| integer(graph, name, *member))
            .collect(),
        Some(members) => Err(Problem::damaged(
            name,
            "at most 8 dimensions",
            members.len().to_string(),
        )),
        None => Err(graph.unexpected(name, "a tuple of sizes", id)),
    }
}

fn integer(graph: &Graph, name: &str, id: NodeId) -> Result<u64, Problem> {
    match graph.node(id) {
        Node::Int(value) => u64::try_from(*value)
            .map_err(|_| Problem::damaged(name, "a size of at least 0", value.to_string())),
        _ => Err(graph.unexpected(name, "an integer", id)),
    }
}
