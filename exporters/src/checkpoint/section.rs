//! Typed access to one mapping of a model configuration. It records which keys were read.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::error::Problem;
use super::value::{Value, resolve};

/// A mapping of the configuration.
#[derive(Debug)]
pub(super) struct Section<'a> {
    root: &'a Value,
    path: Vec<String>,
    entries: &'a [(String, Value)],
    seen: RefCell<BTreeSet<String>>,
}

impl<'a> Section<'a> {
    /// The whole configuration.
    pub(super) fn root(root: &'a Value) -> Result<Self, Problem> {
        match root {
            Value::Map(entries) => Ok(Self {
                root,
                path: Vec::new(),
                entries,
                seen: RefCell::default(),
            }),
            other => Err(Problem::config(
                "(top level)",
                "a mapping",
                other.describe(),
            )),
        }
    }

    /// The mapping under `key`, which must exist.
    pub(super) fn section(&self, key: &str) -> Result<Section<'a>, Problem> {
        let value = self.required(key, "a mapping")?;
        match value {
            Value::Map(entries) => Ok(Section {
                root: self.root,
                path: self.path_of(key),
                entries,
                seen: RefCell::default(),
            }),
            other => Err(self.wrong(key, "a mapping", other)),
        }
    }

    /// The full name of `key`.
    pub(super) fn name(&self, key: &str) -> String {
        self.path_of(key).join(".")
    }

    /// The value of `key` with references resolved; `None` if absent.
    pub(super) fn get(&self, key: &str) -> Result<Option<&'a Value>, Problem> {
        self.seen.borrow_mut().insert(key.to_owned());
        let Some((_, value)) = self.entries.iter().find(|(name, _)| name == key) else {
            return Ok(None);
        };
        match resolve(self.root, &self.path_of(key), value)? {
            Value::Opaque(global) => Err(Problem::ForbiddenGlobal {
                part: format!("model configuration: {}", self.name(key)),
                global: global.clone(),
            }),
            value => Ok(Some(value)),
        }
    }

    /// Like [`get`](Self::get), but null counts as absent.
    pub(super) fn get_some(&self, key: &str) -> Result<Option<&'a Value>, Problem> {
        Ok(self.get(key)?.filter(|value| !matches!(value, Value::Null)))
    }

    fn required(&self, key: &str, expected: &str) -> Result<&'a Value, Problem> {
        self.get(key)?
            .ok_or_else(|| Problem::config(self.name(key), expected, "nothing: the key is missing"))
    }

    /// An integer within `range`; `default` where the key is absent.
    pub(super) fn integer(
        &self,
        key: &str,
        default: Option<i64>,
        range: RangeInclusive<i64>,
    ) -> Result<i64, Problem> {
        let expected = format!("an integer from {} to {}", range.start(), range.end());
        let value = match (self.get(key)?, default) {
            (Some(Value::Int(value)), _) => *value,
            (Some(other), _) => return Err(self.wrong(key, &expected, other)),
            (None, Some(default)) => default,
            (None, None) => {
                return Err(Problem::config(
                    self.name(key),
                    expected,
                    "nothing: the key is missing",
                ));
            }
        };
        if range.contains(&value) {
            Ok(value)
        } else {
            Err(Problem::config(self.name(key), expected, value.to_string()))
        }
    }

    /// A size from 1 to `limit`.
    pub(super) fn size(
        &self,
        key: &str,
        default: Option<i64>,
        limit: u32,
    ) -> Result<usize, Problem> {
        let value = self.integer(key, default, 1..=i64::from(limit))?;
        usize::try_from(value)
            .map_err(|_| Problem::config(self.name(key), "a size", value.to_string()))
    }

    /// A boolean; `default` where the key is absent.
    pub(super) fn boolean(&self, key: &str, default: bool) -> Result<bool, Problem> {
        match self.get(key)? {
            None => Ok(default),
            Some(Value::Bool(value)) => Ok(*value),
            Some(other) => Err(self.wrong(key, "true or false", other)),
        }
    }

    /// A number; 0 where the key is absent or null.
    pub(super) fn number(&self, key: &str) -> Result<f64, Problem> {
        match self.get_some(key)? {
            None => Ok(0.0),
            Some(Value::Int(value)) => Ok(*value as f64),
            Some(Value::Float(value)) if value.is_finite() => Ok(*value),
            Some(other) => Err(self.wrong(key, "a finite number", other)),
        }
    }

    /// Text; `default` where the key is absent.
    pub(super) fn text(&self, key: &str, default: Option<&'a str>) -> Result<&'a str, Problem> {
        match (self.get(key)?, default) {
            (Some(Value::Str(text)), _) => Ok(text),
            (Some(other), _) => Err(self.wrong(key, "text", other)),
            (None, Some(default)) => Ok(default),
            (None, None) => Err(Problem::config(
                self.name(key),
                "text",
                "nothing: the key is missing",
            )),
        }
    }

    /// A list with its members' references resolved.
    pub(super) fn list(&self, key: &str) -> Result<Vec<&'a Value>, Problem> {
        let members = match self.required(key, "a list")? {
            Value::List(members) => members,
            other => return Err(self.wrong(key, "a list", other)),
        };
        let path = self.path_of(key);
        members
            .iter()
            .map(|member| resolve(self.root, &path, member))
            .collect()
    }

    /// Marks keys that do not affect the trained network's output.
    pub(super) fn ignore(&self, keys: &[&str]) {
        self.seen
            .borrow_mut()
            .extend(keys.iter().map(|key| (*key).to_owned()));
    }

    /// Refuses keys that were never read. NeMo would have passed them to the module, so they may
    /// change its maths.
    pub(super) fn finish(&self) -> Result<(), Problem> {
        let seen = self.seen.borrow();
        match self.entries.iter().find(|(key, _)| !seen.contains(key)) {
            None => Ok(()),
            Some((key, value)) => Err(Problem::unsupported(
                self.name(key),
                "options of NeMo that swipekit knows",
                value.describe(),
            )),
        }
    }

    /// The error for a value of another type.
    pub(super) fn wrong(&self, key: &str, expected: &str, got: &Value) -> Problem {
        Problem::config(self.name(key), expected, got.describe())
    }

    /// The error for a value that NeMo supports and swipekit does not.
    pub(super) fn unsupported(&self, key: &str, supported: &str, got: &Value) -> Problem {
        Problem::unsupported(self.name(key), supported, got.describe())
    }

    fn path_of(&self, key: &str) -> Vec<String> {
        let mut path = self.path.clone();
        path.push(key.to_owned());
        path
    }
}
