//! The schema and the training's model are both compared with one file.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::fixture::tree;
use crate::checkpoint::interpret::model_config;
use crate::schema::{counters, tensors};

/// A configuration in NeMo's form, and the state dictionary of the training's model of it, which
/// `exporters/training/tests/test_schema.py` compares.
#[derive(Deserialize)]
struct Case {
    name: String,
    cfg: Json,
    tensors: BTreeMap<String, Vec<usize>>,
}

#[test]
fn names_and_shapes_are_those_of_the_training() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../schema/schema.json")).unwrap();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let config = model_config(&tree(&case.cfg)).unwrap();
        let tensors = tensors(&config).into_iter();
        let mut schema: BTreeMap<String, Vec<usize>> =
            tensors.map(|spec| (spec.name, spec.shape)).collect();
        schema.extend(counters(&config).map(|name| (name, Vec::new())));
        assert_eq!(schema, case.tensors, "{}", case.name);
    }
}
