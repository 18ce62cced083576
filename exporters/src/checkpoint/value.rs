//! A model configuration as a plain tree, with OmegaConf's `${…}` references.

use super::error::{Problem, at_most};

/// Most values in a configuration. A NeMo configuration has a few hundred.
pub(super) const MAX_VALUES: u64 = 200_000;
/// Most bytes of text in a configuration. A pickle or an alias may repeat a long text any number of
/// times.
const MAX_TEXT: u64 = 16 << 20;
/// Most keys of one mapping.
const MAX_KEYS: u64 = 4096;
/// Deepest nesting of a configuration. It also bounds recursion over the tree.
pub(super) const MAX_DEPTH: u64 = 48;
/// Longest chain of references. Cycles end here.
const MAX_REFERENCES: usize = 32;

/// A value of a configuration, from YAML or from a pickle.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
    /// Something that is not plain data, by the name of its class or tag. Reading it is an error.
    Opaque(String),
}

impl Value {
    /// A description for messages. Short scalars are shown.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Str(text) if text.len() <= 120 => format!("{text:?}"),
            Self::Str(text) => format!("a string of {} bytes", text.len()),
            Self::List(members) => format!("a list of {}", members.len()),
            Self::Map(_) => "a mapping".to_owned(),
            Self::Opaque(name) => name.clone(),
        }
    }

    /// The value as JSON. `None` if JSON cannot express a part of it, such as NaN.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        use serde_json::Value as Json;
        Some(match self {
            Self::Null => Json::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Float(value) => serde_json::Number::from_f64(*value)?.into(),
            Self::Str(text) => text.as_str().into(),
            Self::List(members) => members.iter().map(Self::json).collect::<Option<_>>()?,
            Self::Map(entries) => (entries.iter())
                .map(|(key, value)| Some((key.clone(), value.json()?)))
                .collect::<Option<serde_json::Map<_, _>>>()?
                .into(),
            Self::Opaque(_) => return None,
        })
    }

    /// The value of `key` if this is a mapping that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Map(entries) => entries
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    fn child(&self, key: &str) -> Option<&Value> {
        match self {
            Self::List(members) => members.get(key.parse::<usize>().ok()?),
            _ => self.get(key),
        }
    }
}

/// Resolves references in the tree under `root`. `path` is the path of `value`.
pub(super) fn resolve<'a>(
    root: &'a Value,
    path: &[String],
    value: &'a Value,
) -> Result<&'a Value, Problem> {
    let mut path = path.to_vec();
    let mut value = value;
    for _ in 0..MAX_REFERENCES {
        let Value::Str(text) = value else {
            return Ok(value);
        };
        if text == "???" {
            return Err(Problem::config(
                path.join("."),
                "a value",
                "???, OmegaConf's mark of a missing one",
            ));
        }
        if !text.contains("${") {
            return Ok(value);
        }
        path = target(&path, text)?;
        value = walk(root, &path, text)?;
    }
    Err(Problem::config(
        path.join("."),
        "a value",
        "a chain of references without an end",
    ))
}

/// The path that a reference such as `${model_defaults.enc_hidden}` or `${..d_model}` names.
fn target(path: &[String], text: &str) -> Result<Vec<String>, Problem> {
    let unsupported = || {
        Problem::unsupported(
            path.join("."),
            "${name} references to other values",
            format!("{text:?}"),
        )
    };
    let inner = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .ok_or_else(unsupported)?
        .trim();
    if inner.contains(['$', '{', '}', ':']) {
        return Err(unsupported());
    }
    let dots = inner.len() - inner.trim_start_matches('.').len();
    let base = match dots {
        0 => &[],
        _ => path
            .len()
            .checked_sub(dots)
            .and_then(|length| path.get(..length))
            .ok_or_else(unsupported)?,
    };
    // `a[0].b` is another spelling of `a.0.b`.
    let names = inner
        .get(dots..)
        .unwrap_or_default()
        .replace('[', ".")
        .replace(']', "");
    let mut result = base.to_vec();
    for name in names.split('.') {
        if name.is_empty() {
            return Err(unsupported());
        }
        result.push(name.to_owned());
    }
    Ok(result)
}

fn walk<'a>(root: &'a Value, path: &[String], text: &str) -> Result<&'a Value, Problem> {
    path.iter()
        .try_fold(root, |value, name| value.child(name))
        .ok_or_else(|| {
            Problem::config(
                path.join("."),
                "a value, since another refers to it",
                format!("none (reference {text:?})"),
            )
        })
}

/// Counts the values of a tree while it is built.
#[derive(Debug, Default)]
pub(super) struct Budget {
    used: u64,
    text: u64,
}

impl Budget {
    /// Counts one more value at `depth`.
    pub(super) fn take(&mut self, depth: u64) -> Result<(), Problem> {
        self.used += 1;
        at_most("the model configuration (values)", MAX_VALUES, self.used)?;
        at_most("the nesting of the model configuration", MAX_DEPTH, depth)
    }

    /// Counts the memory of one text.
    pub(super) fn take_text(&mut self, text: &str) -> Result<(), Problem> {
        self.text = self.text.saturating_add(text.len() as u64);
        at_most("the text of the model configuration", MAX_TEXT, self.text)
    }

    /// Counts one more key of a mapping that has `keys` so far.
    pub(super) fn take_key(&mut self, key: &str, keys: usize) -> Result<(), Problem> {
        at_most(
            "a mapping of the model configuration",
            MAX_KEYS,
            keys as u64 + 1,
        )?;
        self.take_text(key)
    }

    /// Counts all values in `value`, which is at `depth`.
    pub(super) fn take_all(&mut self, value: &Value, depth: u64) -> Result<(), Problem> {
        self.take(depth)?;
        match value {
            Value::List(members) => members
                .iter()
                .try_for_each(|member| self.take_all(member, depth + 1)),
            Value::Map(entries) => entries.iter().try_for_each(|(key, member)| {
                self.take_text(key)?;
                self.take_all(member, depth + 1)
            }),
            Value::Str(text) | Value::Opaque(text) => self.take_text(text),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => Ok(()),
        }
    }
}
