//! A pickled configuration (OmegaConf's `DictConfig`, or plain dictionaries) as a plain tree.

use super::error::Problem;
use super::pickle::{Graph, Node, NodeId};
use super::value::{Budget, Value};

/// Reads the configuration at `id`. Values that are not plain data become [`Value::Opaque`], which
/// is an error only if it is read.
pub(super) fn from_pickle(graph: &Graph, id: NodeId) -> Result<Value, Problem> {
    Converter {
        graph,
        budget: Budget::default(),
    }
    .convert(id, 0)
}

struct Converter<'a> {
    graph: &'a Graph,
    budget: Budget,
}

impl Converter<'_> {
    fn convert(&mut self, id: NodeId, depth: u64) -> Result<Value, Problem> {
        self.budget.take(depth)?;
        if let Some(items) = self.graph.items(id) {
            return self.map(items, depth);
        }
        Ok(match self.graph.node(id) {
            Node::None => Value::Null,
            Node::Bool(value) => Value::Bool(*value),
            Node::Int(value) => Value::Int(*value),
            Node::Float(value) => Value::Float(*value),
            Node::Str(text) => {
                self.budget.take_text(text)?;
                Value::Str(text.to_string())
            }
            Node::List(members) => return self.list(members, depth),
            Node::Tuple(members) => return self.list(members, depth),
            Node::Object(object) => {
                let class = self.graph.class(object);
                let Some(attribute) = content_attribute(class) else {
                    self.budget.take_text(class)?;
                    return Ok(Value::Opaque(class.to_owned()));
                };
                let content = object
                    .state
                    .and_then(|state| self.graph.item(state, attribute));
                let Some(content) = content else {
                    return Err(Problem::damaged(
                        "hyper_parameters",
                        format!("{class} with {attribute}"),
                        format!("one without {attribute}"),
                    ));
                };
                return self.convert(content, depth + 1);
            }
            Node::Global(name) => {
                self.budget.take_text(name)?;
                Value::Opaque(name.to_string())
            }
            other @ (Node::BigInt
            | Node::Bytes
            | Node::Set
            | Node::Dict(_)
            | Node::Persistent(_)) => Value::Opaque(other.kind().to_owned()),
        })
    }

    fn list(&mut self, members: &[NodeId], depth: u64) -> Result<Value, Problem> {
        members
            .iter()
            .map(|member| self.convert(*member, depth + 1))
            .collect::<Result<_, _>>()
            .map(Value::List)
    }

    fn map(&mut self, items: &[(NodeId, NodeId)], depth: u64) -> Result<Value, Problem> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        for (key, value) in items {
            // Keys of other types are not needed.
            let Some(key) = self.graph.str(*key) else {
                continue;
            };
            self.budget.take_key(key, entries.len())?;
            let value = self.convert(*value, depth + 1)?;
            match entries.iter_mut().find(|(name, _)| name == key) {
                Some(entry) => entry.1 = value,
                None => entries.push((key.to_owned(), value)),
            }
        }
        Ok(Value::Map(entries))
    }
}

/// The attribute of an OmegaConf object that holds its value.
fn content_attribute(class: &str) -> Option<&'static str> {
    match class {
        "omegaconf.dictconfig.DictConfig" | "omegaconf.listconfig.ListConfig" => Some("_content"),
        "omegaconf.nodes.AnyNode"
        | "omegaconf.nodes.StringNode"
        | "omegaconf.nodes.IntegerNode"
        | "omegaconf.nodes.FloatNode"
        | "omegaconf.nodes.BooleanNode" => Some("_val"),
        _ => None,
    }
}
