//! `swipekit export` and its options as people give them: what is wrong is said, and nothing is left.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use swipekit_exporters::fixtures::nemo;
use swipekit_exporters::synth::samples::{SAMPLE_SEED, SAMPLE_WORDS, swipe_file};

use crate::program::{self, runtime, swipekit};

/// Exports `model.nemo` of `folder` to `out` there.
fn export(folder: &Path, options: &str) -> Output {
    let line = format!("export onnx --checkpoint model.nemo --output out {options}");
    swipekit(folder, &line)
}

/// Runs what must fail with `code`, name `part` and leave nothing, and gives the message.
fn fail(folder: &Path, code: i32, kind: &str, options: &str, part: &str) -> String {
    let line = format!("export {kind} --checkpoint model.nemo --output out {options}");
    let message = program::fail_naming(folder, code, &line, &[part]);
    let left = names(folder).into_iter();
    let left: Vec<String> = left
        .filter(|name| name == "out" || name.starts_with('.'))
        .collect();
    assert_eq!(left, [""; 0], "{line}");
    message
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| fs::write(folder.path().join(name), content).unwrap();
    nemo::write_nemo(&folder.path().join("model.nemo"), 7);
    write("swipes.jsonl", &swipe_file(SAMPLE_WORDS, SAMPLE_SEED));
    write("empty.jsonl", "");
    write(
        "garbage.jsonl",
        "{\"word\":\"mysecret\",\"points\":[[1,2]]}\n",
    );
    folder
}

#[test]
fn wrong_options_are_usage_errors() {
    let folder = folder();
    let at = folder.path();
    for (options, part) in [
        ("--precision fp8", "int8"),
        ("--precision=", "fp32"),
        ("--target desktop,watch", "android"),
        ("--recipe static", "dynamic-u8s7"),
        ("--validate-limit 5", "--validate"),
        ("--calibration-batches 0", "at least 1"),
        ("--calibration-batch-size x", "invalid"),
        ("--calibration-method none", "moving-average"),
        ("--percentile 5", "expected 50 to 100"),
        ("--moving-average 2", "expected 0 to 1"),
        ("--max-top1-loss nan", "expected 0 to 100"),
        (
            "--calibration a --synthetic-calibration",
            "cannot be used with",
        ),
        ("--precision int8 --skip-quantization", "--precision"),
    ] {
        fail(at, 2, "onnx", options, part);
    }
}

#[test]
fn calibration_swipes_that_are_not_there_are_said() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    for what_to_do in ["--calibration", "--synthetic-calibration"] {
        fail(at, 1, "onnx", "--precision int8", what_to_do);
    }
    for name in ["absent.jsonl", "empty.jsonl", "garbage.jsonl"] {
        for given in [
            "--precision=int8 --calibration",
            "--synthetic-calibration --validate",
        ] {
            let options = format!("--precision=int8,fp32 {given} {name}");
            let message = fail(at, 1, "onnx", &options, name);
            assert!(!message.contains("mysecret"), "{message}");
        }
    }
}

#[test]
fn words_that_the_model_cannot_spell_do_not_stop_a_calibration() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    let swipes = fs::read_to_string(at.join("swipes.jsonl")).unwrap();
    let foreign = swipes.replace("\"word\":\"", "\"word\":\"9");
    fs::write(at.join("none.jsonl"), &foreign).unwrap();
    let none = "--precision=int8 --calibration=none.jsonl";
    let message = fail(at, 1, "onnx", none, "the model has no labels for them");
    assert!(!message.contains("9"), "no word is shown: {message}");
    // Swipes without a target still calibrate.
    fs::write(at.join("foreign.jsonl"), foreign + &swipes).unwrap();
    let output = export(at, "--precision=int8 --calibration=foreign.jsonl --json");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let chosen = &report["bundles"][0]["encoder"]["sensitivity"]["chosen"];
    assert_eq!(chosen["swipes"], 80);
    assert!(chosen["top1"].as_f64() <= Some(50.0), "{chosen}");
}

#[test]
fn json_is_one_object_without_a_word_that_was_swiped() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    let bundles = |options: &str| {
        let all = "--precision=int8,fp32,int8 --target=web,desktop --calibration=swipes.jsonl";
        let output = export(at, &format!("{all} --json {options}"));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{message}");
        assert_eq!(message, "", "no progress without a terminal");
        let text = String::from_utf8(output.stdout).unwrap();
        for word in ["understanding", "beautiful", "tomorrow"] {
            assert!(!text.contains(word));
        }
        let report: Value = serde_json::from_str(&text).unwrap();
        assert!(report["seconds"].is_number() && report["rss_mb"].is_number());
        let bundles = report["bundles"].as_array().unwrap().iter();
        bundles
            .map(|bundle| bundle["path"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        bundles("--skip-quantization"),
        ["out/desktop-fp32", "out/web-fp32"]
    );
    assert_eq!(
        bundles("--validate=swipes.jsonl --validate-limit=8"),
        [
            "out/desktop-fp32",
            "out/desktop-int8",
            "out/web-fp32",
            "out/web-int8"
        ]
    );
    for name in ["report.json", "report.html", "bundle.json"] {
        let text = fs::read_to_string(at.join("out/web-int8").join(name)).unwrap();
        for word in ["understanding", "beautiful", "tomorrow"] {
            assert!(!text.contains(word), "{name}");
        }
    }
}

#[test]
fn several_bundles_do_not_go_into_one() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    assert!(export(at, "").status.success());
    let before = fs::read(at.join("out/bundle.json")).unwrap();
    let output = export(at, "--precision fp32,fp16");
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("out") && message.contains("several bundles"),
        "{message}"
    );
    assert_eq!(fs::read(at.join("out/bundle.json")).unwrap(), before);
    assert!(names(at).iter().all(|name| !name.starts_with('.')));
}

#[test]
fn exports_for_executorch_say_what_they_lack() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    for (options, part) in [
        ("--mode int4", "ultra"),
        ("--scheme some", "dynamic"),
        ("--target web", "unexpected argument"),
    ] {
        fail(at, 2, "pte", options, part);
    }
    #[cfg(feature = "executorch")]
    let cases = [
        ("--python nowhere/python", "nowhere/python"),
        ("--python /bin/false", "without a result"),
        ("--mode int8", "--calibration"),
    ];
    #[cfg(not(feature = "executorch"))]
    let cases = [("--mode xnnpack", "--features executorch")];
    for (options, part) in cases {
        fail(at, 1, "pte", options, part);
    }
}
