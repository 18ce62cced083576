//! Exports that are killed, and exports onto a full disk: whole bundles or none.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use swipekit::Engine;
use swipekit_exporters::fixtures::nemo;
use swipekit_exporters::synth::samples::{SAMPLE_SEED, SAMPLE_WORDS, swipe_file};
use swipekit_test_support::found;

/// Whether ONNX Runtime is there; counts a skip where it is not.
fn runtime() -> bool {
    found(swipekit::internals::runtime::load(None)).is_some()
}

/// The exports take a checkpoint and calibration swipes in the folder they run in.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    nemo::write_nemo(&folder.path().join("model.nemo"), 7);
    let swipes = swipe_file(SAMPLE_WORDS, SAMPLE_SEED);
    fs::write(folder.path().join("swipes.jsonl"), swipes).unwrap();
    folder
}

const SEVERAL: [&str; 14] = [
    "export",
    "onnx",
    "--checkpoint",
    "model.nemo",
    "--output",
    "out",
    "--precision",
    "fp32,fp16,int8",
    "--target",
    "desktop,android,web",
    "--calibration",
    "swipes.jsonl",
    "--create-ort-optimized",
    "--package-dir=packed",
];

fn several(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swipekit"));
    command.args(SEVERAL).current_dir(folder);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Names in a folder, which may be absent.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Opens and tries every bundle in `folder`, and gives how many there are. What is not a bundle
/// must be a temporary file or folder by its name.
fn whole_bundles(folder: &Path) -> usize {
    let mut count = 0;
    for name in names(folder) {
        if name.starts_with(".swipekit-") {
            continue;
        }
        let engine = Engine::open(folder.join(&name));
        let engine = engine.unwrap_or_else(|error| panic!("{name}: {error}"));
        engine.self_test().unwrap();
        count += 1;
    }
    count
}

#[test]
fn a_killed_export_leaves_whole_bundles_or_none() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    let start = Instant::now();
    assert!(several(at).status().unwrap().success());
    let whole = start.elapsed();
    assert_eq!(whole_bundles(&at.join("out")), 9);
    let mut seen = Vec::new();
    let mut killed = 0;
    for percent in [2, 10, 25, 40, 55, 65, 75, 80, 85, 90, 93, 96, 98] {
        // Half of the exports replace older bundles, the others begin from nothing.
        let replaces = percent % 2 == 0;
        if !replaces {
            fs::remove_dir_all(at.join("out")).unwrap();
            fs::remove_dir_all(at.join("packed")).unwrap();
        }
        let mut child = several(at).spawn().unwrap();
        std::thread::sleep(whole * percent / 100);
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        let bundles = whole_bundles(&at.join("out"));
        if replaces {
            assert_eq!(bundles, 9, "{percent} %: the older bundles are there");
        }
        whole_bundles(&at.join("packed"));
        seen.push(bundles);
        if !replaces {
            assert!(several(at).status().unwrap().success(), "{percent} %");
            assert_eq!(whole_bundles(&at.join("out")), 9);
        }
    }
    assert!(several(at).status().unwrap().success());
    assert_eq!(whole_bundles(&at.join("out")), 9);
    assert_eq!(whole_bundles(&at.join("packed")), 9);
    println!("one export takes {whole:?}; bundles after each of {killed} kills: {seen:?}");
    assert!(killed > 4, "most were stopped in the middle");
    assert!(start.elapsed() < Duration::from_secs(300));
}

/// Runs an export in which no file may be larger than `blocks` of 512 bytes, as on a disk that is
/// full.
fn limited(folder: &Path, blocks: u32, more: &[&str]) -> Output {
    let script = format!("ulimit -f {blocks} && trap '' XFSZ && exec \"$@\"");
    Command::new("sh")
        .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_swipekit")])
        .args(["export", "onnx", "--checkpoint", "model.nemo"])
        .args(["--output", "out"])
        .args(more)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn a_full_disk_is_an_error_that_names_the_file() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    let optimized = ["--create-ort-optimized"];
    let int8 = [
        "--precision=fp32,int8",
        "--calibration=swipes.jsonl",
        "--recipe=static-s8s8",
    ];
    let packed = ["--package-dir=packed"];
    // The step graph is 13 KiB, the encoder 42 KiB, its optimized form 78 KiB, a packed bundle more
    // than 100 KiB.
    let cases: [(u32, &[&str], &str); 5] = [
        (20, &[], "step.onnx"),
        (70, &[], "encoder.onnx"),
        (120, &optimized, "encoder.ort"),
        (70, &int8, "encoder.onnx"),
        (160, &packed, ".swipekit"),
    ];
    let before = names(at).len();
    for (blocks, more, file) in cases {
        let output = limited(at, blocks, more);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{more:?}: {message}");
        assert!(output.stdout.is_empty());
        assert!(
            message.starts_with("swipekit: cannot write ") && message.contains(file),
            "{more:?}: {message}"
        );
        assert!(
            message.contains("File too large") || message.contains("may be full"),
            "what the system said: {message}"
        );
        if more == packed {
            // The bundle itself was whole by then.
            assert_eq!(names(&at.join("packed")).len(), 0);
            Engine::open(at.join("out")).unwrap().self_test().unwrap();
            fs::remove_dir_all(at.join("out")).unwrap();
            fs::remove_dir(at.join("packed")).unwrap();
        }
        assert_eq!(names(at).len(), before, "{more:?}: {:?}", names(at));
    }
    let output = limited(at, 2000, &optimized);
    assert!(output.status.success(), "with room it is written");
    let older = fs::read(at.join("out/bundle.json")).unwrap();
    assert_eq!(limited(at, 70, &[]).status.code(), Some(1));
    assert_eq!(fs::read(at.join("out/bundle.json")).unwrap(), older);
    Engine::open(at.join("out")).unwrap().self_test().unwrap();
}
