//! Runs the program in a folder of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use swipekit_exporters::fixtures::nemo;
use swipekit_exporters::random::Random;
use swipekit_exporters::synth::samples;
use swipekit_test_support::found;

/// Whether ONNX Runtime is there; counts a skip where it is not.
pub fn runtime() -> bool {
    found(swipekit::internals::runtime::load(None)).is_some()
}

/// Exports the checkpoint of [`folder`] with its words.
pub const EXPORT: &str = "export onnx --checkpoint model.nemo --output bundle --lexicon words.tsv";

/// Runs `swipekit LINE` in `folder`, the line split at its spaces. Standard error is not a terminal.
pub fn swipekit(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_swipekit"))
        .args(line.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Runs what must succeed, silently on standard error, and gives its output.
pub fn succeed(folder: &Path, line: &str) -> String {
    let output = swipekit(folder, line);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {errors}");
    assert_eq!(errors, "", "{line}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs what must succeed and gives the JSON value that it prints.
pub fn json(folder: &Path, line: &str) -> Value {
    serde_json::from_str(&succeed(folder, line)).unwrap()
}

/// Runs what must fail with `code`, with nothing on standard output, and gives the message.
pub fn fail(folder: &Path, code: i32, line: &str) -> String {
    let output = swipekit(folder, line);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{line}: {message}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{line}");
    message
}

/// As [`fail`]; the message must name all `parts`.
pub fn fail_naming(folder: &Path, code: i32, line: &str, parts: &[&str]) -> String {
    let message = fail(folder, code, line);
    for part in parts {
        assert!(message.contains(part), "{line}: no {part} in {message}");
    }
    message
}

/// A folder with a checkpoint, a word list and a file of six swipes.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    nemo::write_nemo(&folder.path().join("model.nemo"), 7);
    let words = [
        "the", "hello", "keyboard", "a", "people", "don't", "water", "which", "number", "I'm",
    ];
    let lines: Vec<String> = words
        .iter()
        .zip(1..)
        .map(|(word, rank)| format!("{word}\t{}\n", 1000 / rank))
        .collect();
    fs::write(folder.path().join("words.tsv"), lines.concat()).unwrap();
    let mut random = Random::new(5);
    let swipes: Vec<String> = ["the", "hello", "dont", "zebra", "a", "people"]
        .iter()
        .map(|word| {
            let points = samples::swipe(word, &mut random).unwrap();
            let points: Vec<Value> = points
                .iter()
                .map(|(x, y, t)| serde_json::json!({"x": x, "y": y, "t": t}))
                .collect();
            format!("{}\n", serde_json::json!({"word": word, "points": points}))
        })
        .collect();
    fs::write(folder.path().join("swipes.jsonl"), swipes.concat()).unwrap();
    folder
}
