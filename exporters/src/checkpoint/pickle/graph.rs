//! The values of a pickle.

use crate::checkpoint::error::Problem;

/// Index of a value in its [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::checkpoint) struct NodeId(pub(super) u32);

/// A value of a pickle. Containers refer to their members by index. Members may be shared, and
/// cycles occur.
#[derive(Debug)]
pub(in crate::checkpoint) enum Node {
    None,
    Bool(bool),
    Int(i64),
    /// An integer beyond 64 bits. It is never needed, so it is not stored.
    BigInt,
    Float(f64),
    Str(Box<str>),
    /// Bytes. They are never needed, so they are not stored.
    Bytes,
    List(Vec<NodeId>),
    Tuple(Box<[NodeId]>),
    Set,
    Dict(Vec<(NodeId, NodeId)>),
    /// A class or function: `module.name`.
    Global(Box<str>),
    /// The result of a call that was recorded, not made.
    Object(Box<Object>),
    /// A reference to something outside of the pickle. In torch, that is a storage.
    Persistent(NodeId),
}

/// A call that was recorded, not made, and what was later put into its result.
#[derive(Debug)]
pub(in crate::checkpoint) struct Object {
    /// The callable.
    pub(in crate::checkpoint) class: NodeId,
    /// Its arguments, a tuple.
    pub(in crate::checkpoint) args: NodeId,
    /// State set on it (`__setstate__`).
    pub(in crate::checkpoint) state: Option<NodeId>,
    /// Items set on it, for subclasses of `dict`.
    pub(in crate::checkpoint) items: Vec<(NodeId, NodeId)>,
}

/// Every value of one pickle.
#[derive(Debug)]
pub(in crate::checkpoint) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) root: NodeId,
}

/// Classes that are dictionaries, by their names in Python 2 and 3, PyTorch Lightning and its
/// forks.
const DICTIONARIES: [&str; 8] = [
    "collections.OrderedDict",
    "collections.defaultdict",
    "builtins.dict",
    "__builtin__.dict",
    "pytorch_lightning.utilities.parsing.AttributeDict",
    "lightning.pytorch.utilities.parsing.AttributeDict",
    "lightning_fabric.utilities.data.AttributeDict",
    "lightning.fabric.utilities.data.AttributeDict",
];

impl Graph {
    /// The value that the pickle returns.
    pub(in crate::checkpoint) fn root(&self) -> NodeId {
        self.root
    }

    /// The value at `id`. For an id of another graph it may be Python's `None`.
    pub(in crate::checkpoint) fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id.0 as usize).unwrap_or(&Node::None)
    }

    pub(in crate::checkpoint) fn str(&self, id: NodeId) -> Option<&str> {
        match self.node(id) {
            Node::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The name of the callable that made `object`.
    pub(in crate::checkpoint) fn class<'a>(&'a self, object: &Object) -> &'a str {
        match self.node(object.class) {
            Node::Global(name) => name,
            _ => "an unnamed callable",
        }
    }

    /// The members of a tuple or list.
    pub(in crate::checkpoint) fn sequence(&self, id: NodeId) -> Option<&[NodeId]> {
        match self.node(id) {
            Node::Tuple(members) => Some(members),
            Node::List(members) => Some(members),
            _ => None,
        }
    }

    /// The items of a dictionary (`dict`, `OrderedDict`, …) in order. `None` for anything else.
    pub(in crate::checkpoint) fn items(&self, id: NodeId) -> Option<&[(NodeId, NodeId)]> {
        match self.node(id) {
            Node::Dict(items) => Some(items),
            Node::Object(object) if DICTIONARIES.contains(&self.class(object)) => {
                Some(&object.items)
            }
            _ => None,
        }
    }

    /// The value of the last item with this key: Python's rule for repeated keys.
    pub(in crate::checkpoint) fn item(&self, id: NodeId, key: &str) -> Option<NodeId> {
        let found = self
            .items(id)?
            .iter()
            .rev()
            .find(|(name, _)| self.str(*name) == Some(key));
        found.map(|(_, value)| *value)
    }

    /// The error for a value at `id` that is not `expected`. A Python object is named.
    pub(in crate::checkpoint) fn unexpected(
        &self,
        part: &str,
        expected: &str,
        id: NodeId,
    ) -> Problem {
        match self.node(id) {
            Node::Object(object) => Problem::ForbiddenGlobal {
                part: part.to_owned(),
                global: self.class(object).to_owned(),
            },
            Node::Global(name) => Problem::ForbiddenGlobal {
                part: part.to_owned(),
                global: name.to_string(),
            },
            other => Problem::damaged(part, expected, other.kind()),
        }
    }
}

impl Node {
    /// Kind of the value, for messages. Never the value itself.
    pub(in crate::checkpoint) fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::BigInt => "an integer beyond 64 bits",
            Self::Float(_) => "a float",
            Self::Str(_) => "a string",
            Self::Bytes => "bytes",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Set => "a set",
            Self::Dict(_) => "a dictionary",
            Self::Global(_) => "a class or function",
            Self::Object(_) => "an object",
            Self::Persistent(_) => "a storage",
        }
    }
}
