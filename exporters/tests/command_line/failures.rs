//! Exit codes and messages of what goes wrong.

use std::fs;

use swipekit_exporters::fixtures::nemo;

use crate::program::{fail, fail_naming, folder, runtime, succeed};

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    let folder = folder();
    for line in [
        "nothing",
        "eval b",
        "eval --swipes swipes.jsonl",
        "decode b --swipes swipes.jsonl --limit 0",
        "tune",
        "tune weights b --swipes swipes.jsonl --validate-limit 5",
        "synth",
        "export onnx",
        "lexicon build --words w",
    ] {
        let message = fail(folder.path(), 2, line);
        let said = message.contains("Usage") || message.contains("at least 1");
        assert!(said, "{line}: {message}");
    }
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_named() {
    let folder = folder();
    let at = folder.path();
    let absent = fail_naming(
        at,
        1,
        "export onnx --checkpoint absent.nemo --output bundle",
        &["absent.nemo"],
    );
    assert!(absent.starts_with("swipekit: "), "{absent}");
    let cut = &fs::read(at.join("model.nemo")).unwrap()[..5000];
    fs::write(at.join("bad.nemo"), cut).unwrap();
    let bad = "export onnx --checkpoint bad.nemo --output bundle";
    fail_naming(at, 1, bad, &["bad.nemo"]);
    assert!(!at.join("bundle").exists());
}

#[test]
fn a_failed_check_has_a_code_of_its_own() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    nemo::write_nemo_with(&at.join("blank.nemo"), 7, |name, values| {
        if name == "decoder.prediction.embed.weight" {
            *values.last_mut().unwrap() = 0.5;
        }
    });
    let wrong = "export onnx --checkpoint blank.nemo --output bundle";
    fail_naming(at, 3, wrong, &["blank", "expected", "got"]);
    assert!(!at.join("bundle").exists());
}

#[test]
fn a_folder_that_is_no_bundle_is_not_replaced() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    fs::create_dir(at.join("mine")).unwrap();
    fs::write(at.join("mine/letters.txt"), "keep").unwrap();
    let onto = "export onnx --checkpoint model.nemo --output mine";
    fail_naming(at, 1, onto, &["mine"]);
    assert_eq!(fs::read(at.join("mine/letters.txt")).unwrap(), b"keep");
}

#[test]
fn what_decoding_lacks_is_named_and_no_word_is_shown() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    succeed(at, "export onnx --checkpoint model.nemo --output dynamic");
    // The fix is named.
    let wordless = "decode dynamic --swipes swipes.jsonl";
    fail_naming(at, 1, wordless, &["--lexicon"]);
    let secret = "{\"word\":\"mysecret\",\"points\":7}\n";
    fs::write(at.join("line.jsonl"), secret).unwrap();
    let line = "decode dynamic --lexicon words.tsv --swipes line.jsonl --json";
    let message = fail_naming(at, 1, line, &["line.jsonl:1"]);
    assert!(!message.contains("mysecret"), "{message}");
    fs::write(at.join("none.jsonl"), "\n").unwrap();
    let none = "eval dynamic --lexicon words.tsv --swipes none.jsonl";
    fail_naming(at, 1, none, &["none.jsonl"]);
    // What there is is named.
    let preset = "decode dynamic --lexicon words.tsv --swipes swipes.jsonl --preset x";
    fail_naming(at, 1, preset, &["default"]);
}
