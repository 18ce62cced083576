//! `model_config.yaml` as a plain tree.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::error::Problem;
use super::value::{Budget, Value};

/// Reads one YAML document. Scalars get the types that OmegaConf's loader (YAML 1.1) gives them.
pub(super) fn from_yaml(bytes: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| broken("UTF-8", error.to_string()))?;
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| broken("YAML", error.to_string()))?;
        builder.event(event)?;
    }
    builder
        .document
        .ok_or_else(|| broken("a document", "an empty file"))
}

fn broken(expected: &str, got: impl Into<String>) -> Problem {
    Problem::damaged("model_config.yaml", expected, got)
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Value>,
    budget: Budget,
    document: Option<Value>,
}

/// A list or mapping that is being read.
struct Open {
    value: Value,
    key: Option<String>,
    anchor: usize,
    /// Tag of another language's object, whose content is not plain data.
    tag: Option<String>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Result<(), Problem> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref());
                self.budget.take(self.open.len() as u64)?;
                self.finish(value, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.start(Value::List(Vec::new()), anchor, tag.as_deref())
            }
            Event::MappingStart(anchor, tag) => {
                self.start(Value::Map(Vec::new()), anchor, tag.as_deref())
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let open = self
                    .open
                    .pop()
                    .ok_or_else(|| broken("an open list or mapping", "none"))?;
                let value = open.tag.map_or(open.value, Value::Opaque);
                self.finish(value, open.anchor)
            }
            Event::Alias(anchor) => {
                let value = self
                    .anchors
                    .get(&anchor)
                    .cloned()
                    .ok_or_else(|| broken("a finished anchor", "an alias into itself"))?;
                self.budget.take_all(&value, self.open.len() as u64)?;
                self.finish(value, 0)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn start(&mut self, value: Value, anchor: usize, tag: Option<&Tag>) -> Result<(), Problem> {
        self.budget.take(self.open.len() as u64)?;
        let tag = tag.filter(|tag| !is_plain(tag)).map(ToString::to_string);
        self.open.push(Open {
            value,
            key: None,
            anchor,
            tag,
        });
        Ok(())
    }

    fn finish(&mut self, value: Value, anchor: usize) -> Result<(), Problem> {
        if anchor != 0 {
            self.budget.take_all(&value, self.open.len() as u64)?;
            self.anchors.insert(anchor, value.clone());
        }
        let Some(open) = self.open.last_mut() else {
            return match self.document.replace(value) {
                None => Ok(()),
                Some(_) => Err(broken("one document", "several")),
            };
        };
        match (&mut open.value, open.key.take()) {
            (Value::List(members), _) => members.push(value),
            (Value::Map(entries), Some(key)) => {
                if entries.iter().any(|(name, _)| *name == key) {
                    return Err(broken("different keys", format!("{key:?} twice")));
                }
                entries.push((key, value));
            }
            (Value::Map(entries), None) => {
                let key = key_text(&value)?;
                self.budget.take_key(&key, entries.len())?;
                open.key = Some(key);
            }
            _ => return Err(broken("a list or mapping", "a scalar")),
        }
        Ok(())
    }
}

/// Whether a tag names plain data. `!!python/…` has the same prefix as plain tags.
fn is_plain(tag: &Tag) -> bool {
    tag.is_yaml_core_schema()
        && ["str", "int", "float", "bool", "null", "seq", "map"].contains(&tag.suffix.as_str())
}

fn key_text(value: &Value) -> Result<String, Problem> {
    match value {
        Value::Str(text) if text == "<<" => Err(broken("plain keys", "a merge key (<<)")),
        Value::Str(text) => Ok(text.clone()),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => Ok(value.describe()),
        Value::List(_) | Value::Map(_) | Value::Opaque(_) => {
            Err(broken("scalar keys", "a list or mapping as a key"))
        }
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    match tag {
        Some(tag) if is_plain(tag) && tag.suffix == "str" => {
            return Value::Str(text.to_owned());
        }
        Some(tag) if !is_plain(tag) => return Value::Opaque(tag.to_string()),
        _ => {}
    }
    if style != ScalarStyle::Plain {
        return Value::Str(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        ".inf" | "+.inf" => return Value::Float(f64::INFINITY),
        "-.inf" => return Value::Float(f64::NEG_INFINITY),
        ".nan" => return Value::Float(f64::NAN),
        _ => {}
    }
    let numeric = text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if !numeric {
        return Value::Str(text.to_owned());
    }
    if let Ok(value) = text.parse() {
        return Value::Int(value);
    }
    text.parse()
        .map_or_else(|_| Value::Str(text.to_owned()), Value::Float)
}
