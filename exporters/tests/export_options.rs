//! `swipekit export onnx` and its options as people give them: what is wrong is said, and nothing
//! is left.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use swipekit_exporters::synth::samples::{SAMPLE_SEED, SAMPLE_WORDS, manifest};
use swipekit_tests::{checkpoint, runtime};

/// Exports `model.nemo` of `folder` to `out` there.
fn export(folder: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_swipekit"))
        .args([
            "export",
            "onnx",
            "--checkpoint",
            "model.nemo",
            "--output",
            "out",
        ])
        .args(more)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Runs what must fail with `code` and leave nothing, and gives the message.
fn fail(folder: &Path, code: i32, more: &[&str]) -> String {
    let output = export(folder, more);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{more:?}: {message}");
    assert!(output.stdout.is_empty(), "{more:?}");
    let left = names(folder).into_iter();
    let left: Vec<String> = left
        .filter(|name| name == "out" || name.starts_with('.'))
        .collect();
    assert_eq!(left, [""; 0], "{more:?}");
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
    checkpoint::write_nemo(&folder.path().join("model.nemo"), 7);
    write("swipes.jsonl", &manifest(SAMPLE_WORDS, SAMPLE_SEED));
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
    for (more, said) in [
        (&["--precision", "fp8"][..], "int8"),
        (&["--precision", ""], "fp32"),
        (&["--target", "desktop,watch"], "android"),
        (&["--recipe", "static"], "dynamic-u8s7"),
        (&["--validate-samples", "5"], "--validate"),
        (&["--calibration-batches", "0"], "at least 1"),
        (&["--calibration-batch-size", "x"], "invalid"),
        (&["--percentile", "5"], "expected 50 to 100"),
        (&["--max-top1-loss", "nan"], "expected 0 to 100"),
        (
            &["--calibration", "a", "--synthetic-calibration"],
            "cannot be used with",
        ),
        (
            &["--precision", "int8", "--skip-quantization"],
            "--precision",
        ),
    ] {
        let message = fail(at, 2, more);
        assert!(message.contains(said), "{more:?}: {message}");
    }
}

#[test]
fn calibration_swipes_that_are_not_there_are_said() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    let message = fail(at, 1, &["--precision", "int8"]);
    for what_to_do in ["--calibration", "--synthetic-calibration"] {
        assert!(message.contains(what_to_do), "{message}");
    }
    for name in ["absent.jsonl", "empty.jsonl", "garbage.jsonl"] {
        for option in ["--calibration", "--validate"] {
            let calibration = if option == "--validate" {
                "--synthetic-calibration"
            } else {
                "--precision=int8"
            };
            let message = fail(
                at,
                1,
                &["--precision=int8,fp32", calibration, option, name][..],
            );
            assert!(message.contains(name), "{option} {name}: {message}");
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
    let message = fail(at, 1, &["--precision=int8", "--calibration=none.jsonl"]);
    assert!(
        message.contains("the model has no labels for them"),
        "{message}"
    );
    assert!(!message.contains("9"), "no word is shown: {message}");
    // Swipes without a target still calibrate.
    fs::write(at.join("foreign.jsonl"), foreign + &swipes).unwrap();
    let output = export(
        at,
        &["--precision=int8", "--calibration=foreign.jsonl", "--json"],
    );
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
    let more = [
        "--precision=int8,fp32,int8",
        "--skip-quantization",
        "--target=web,desktop",
        "--calibration=swipes.jsonl",
        "--json",
    ];
    let bundles = |more: &[&str]| {
        let output = export(at, more);
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
    assert_eq!(bundles(&more), ["out/desktop-fp32", "out/web-fp32"]);
    let validated = ["--validate=swipes.jsonl", "--validate-samples=8"];
    let kept = [&more[..1], &more[2..], &validated[..]].concat();
    assert_eq!(
        bundles(&kept),
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
    assert!(export(at, &[]).status.success());
    let before = fs::read(at.join("out/bundle.json")).unwrap();
    let output = export(at, &["--precision", "fp32,fp16"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("out") && message.contains("several bundles"),
        "{message}"
    );
    assert_eq!(fs::read(at.join("out/bundle.json")).unwrap(), before);
    assert!(names(at).iter().all(|name| !name.starts_with('.')));
}

/// Exports `model.nemo` of `folder` for ExecuTorch to `out` there.
fn export_pte(folder: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_swipekit"))
        .args(["export", "pte", "--checkpoint", "model.nemo"])
        .args(["--output", "out"])
        .args(more)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn exports_for_executorch_say_what_they_lack() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    for (more, said) in [
        (&["--mode", "int4"][..], "ultra"),
        (&["--scheme", "some"], "dynamic"),
        (&["--target", "web"], "unexpected argument"),
    ] {
        let output = export_pte(at, more);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{more:?}: {message}");
        assert!(message.contains(said), "{more:?}: {message}");
    }
    #[cfg(feature = "executorch")]
    let cases = [
        (&["--python", "nowhere/python"][..], "nowhere/python"),
        (&["--python", "/bin/false"], "without a result"),
        (&["--mode", "int8"], "--calibration"),
    ];
    #[cfg(not(feature = "executorch"))]
    let cases = [(&["--mode", "xnnpack"][..], "--features executorch")];
    for (more, said) in cases {
        let output = export_pte(at, more);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{more:?}: {message}");
        assert!(message.contains(said), "{more:?}: {message}");
        assert!(!at.join("out").exists());
    }
}
