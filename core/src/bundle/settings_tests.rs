use std::path::Path;

use serde_json::{Value, json};

use super::manifest::{
    CONFIG_KEYS, Execution, Manifest, OptimizationLevel, OptimizedSpec, SessionSpec,
};
use super::tests::manifest;
use crate::error::{Error, Result};

fn parse(manifest: &Value) -> Result<Manifest> {
    Manifest::parse(manifest.to_string().as_bytes(), Path::new("bundle.json"))
}

/// The test's manifest as JSON with `runtime` changed by `change`.
fn with_runtime(change: impl FnOnce(&mut Value)) -> Value {
    let mut value = serde_json::to_value(manifest()).unwrap();
    change(&mut value["runtime"]);
    value
}

fn optimized() -> Value {
    json!({"file": "empty.txt", "architecture": "any", "runtime": "1.32", "level": "extended"})
}

#[test]
fn a_manifest_without_settings_has_the_defaults() {
    let old = with_runtime(|runtime| {
        runtime.as_object_mut().unwrap().remove("session").unwrap();
        assert!(runtime.get("target").is_none() && runtime.get("optimized").is_none());
    });
    let read = parse(&old).unwrap();
    assert_eq!(read, manifest());
    let session = &read.runtime.session;
    assert_eq!((session.threads, session.inter_threads), (1, 1));
    assert_eq!(session.execution, Execution::Sequential);
    assert!(!session.spinning && !session.arena && !session.memory_pattern);
    assert_eq!(session.optimization, OptimizationLevel::All);
    assert!(session.config.is_empty());
    // Some settings alone leave the others as they are.
    let some = with_runtime(|runtime| runtime["session"] = json!({"threads": 2}));
    let expected = SessionSpec {
        threads: 2,
        ..SessionSpec::default()
    };
    assert_eq!(parse(&some).unwrap().runtime.session, expected);
}

#[test]
fn settings_read_back_as_they_were_written() {
    let mut manifest = manifest();
    let runtime = &mut manifest.runtime;
    runtime.target = Some("web".to_owned());
    runtime.session = SessionSpec {
        threads: 4,
        execution: Execution::Parallel,
        inter_threads: 2,
        spinning: true,
        arena: true,
        memory_pattern: true,
        optimization: OptimizationLevel::Extended,
        config: CONFIG_KEYS
            .map(|key| (key.to_owned(), "1".to_owned()))
            .into(),
    };
    runtime.optimized = Some(serde_json::from_value(optimized()).unwrap());
    let value = serde_json::to_value(&manifest).unwrap();
    assert_eq!(value["runtime"]["session"]["execution"], "parallel");
    assert_eq!(value["runtime"]["session"]["optimization"], "extended");
    assert_eq!(parse(&value).unwrap(), manifest);
}

#[test]
fn settings_out_of_range_are_refused() {
    let long = "x".repeat(100_000);
    let cases = [
        ("threads", json!(0)),
        ("threads", json!(257)),
        ("threads", json!(-1)),
        ("threads", json!(u64::MAX)),
        ("threads", json!("2")),
        ("threads", json!(null)),
        ("inter_threads", json!(0)),
        ("inter_threads", json!(257)),
        ("execution", json!("both")),
        ("optimization", json!("layout")),
        ("optimization", json!(99)),
        ("spinning", json!(1)),
        ("config", json!({"session.load_model_format": "ORT"})),
        ("config", json!({"session.set_denormal_as_zero": "1"})),
        ("config", json!({"session.optimized_model_filepath": "/x"})),
        ("config", json!({"session.qdqisint8allowed": "2"})),
        ("config", json!({"session.qdqisint8allowed": ""})),
        ("config", json!({"session.qdqisint8allowed": 1})),
        ("config", json!({"session.qdqisint8allowed": long.clone()})),
        ("config", json!({"session.qdqisint8allowed\0": "1"})),
        ("config", json!({long: "1"})),
        ("priority", json!(1)),
    ];
    for (field, value) in cases {
        let bad = with_runtime(|runtime| runtime["session"][field] = value.clone());
        let error = parse(&bad).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{field}: {error:?}");
        assert!(error.to_string().len() < 1000, "{field}");
    }
    for threads in [1, 256] {
        let good = with_runtime(|runtime| runtime["session"]["threads"] = json!(threads));
        assert_eq!(parse(&good).unwrap().runtime.session.threads, threads);
    }
}

#[test]
fn an_unknown_target_says_which_are_known() {
    for target in ["iphone", "", "Desktop"] {
        let bad = with_runtime(|runtime| runtime["target"] = json!(target));
        let error = parse(&bad).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
        assert!(error.to_string().contains("desktop, android, web"));
    }
}

#[test]
fn an_optimized_encoder_that_cannot_be_one_is_refused() {
    let sound = with_runtime(|runtime| runtime["optimized"] = optimized());
    assert!(parse(&sound).unwrap().runtime.optimized.is_some());
    let cases = [
        ("file", json!("absent.ort")),
        ("file", json!("../encoder.onnx")),
        ("file", json!("bundle.json")),
        ("architecture", json!("")),
        ("architecture", json!("X86")),
        ("architecture", json!("x".repeat(33))),
        ("runtime", json!("")),
        ("runtime", json!("1")),
        ("runtime", json!("newest")),
        ("level", json!("all")),
        ("level", json!("disabled")),
        ("level", json!("layout")),
        ("threads", json!(1)),
    ];
    for (field, value) in cases {
        let bad = with_runtime(|runtime| {
            runtime["optimized"] = optimized();
            runtime["optimized"][field] = value.clone();
        });
        let error = parse(&bad).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{field}: {error:?}");
    }
}

#[test]
fn an_optimized_encoder_serves_its_architecture_and_newer_runtimes() {
    let spec = |architecture: &str, runtime: &str| OptimizedSpec {
        file: "encoder.ort".to_owned(),
        architecture: architecture.to_owned(),
        runtime: runtime.to_owned(),
        level: OptimizationLevel::Extended,
    };
    assert!(spec("any", "1.32").serves("aarch64", "1.32.0"));
    assert!(spec("any", "1.9").serves("x86_64", "1.32.0"));
    assert!(spec("x86_64", "1.32").serves("x86_64", "1.33.1"));
    assert!(!spec("x86_64", "1.32").serves("aarch64", "1.32.0"));
    assert!(!spec("any", "1.32").serves("x86_64", "1.31.2"));
    // A runtime that is linked in tells no version.
    assert!(!spec("any", "1.32").serves("x86_64", ""));
    assert!(!spec("any", "damaged").serves("x86_64", "1.32.0"));
}
