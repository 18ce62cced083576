//! Nothing phones home: ONNX Runtime's official builds report usage unless they are kept from it.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use swipekit::Engine;
use swipekit_exporters::random::Random;
use swipekit_exporters::synth::samples::trace;
use swipekit_tests::{repository, runtime};

/// Tells [`child`] that it is one.
const TASK: &str = "SWIPEKIT_TEST_TASK";

/// What keeps ONNX Runtime silent on machines that build and test; a user's machine has none of
/// these.
const SILENT: [&str; 14] = [
    "APPVEYOR",
    "BITBUCKET_BUILD_NUMBER",
    "BUILDKITE",
    "CI",
    "CIRCLECI",
    "CODEBUILD_BUILD_ID",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "JENKINS_URL",
    "ORT_RUNNING_UNIT_TESTS",
    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
    "TEAMCITY_VERSION",
    "TF_BUILD",
    "TRAVIS",
];

#[test]
fn child() {
    if env::var_os(TASK).is_none() {
        return;
    }
    let engine = Engine::open(repository("models/en-qwerty")).unwrap();
    let swipe = trace("hello", &mut Random::new(7)).unwrap();
    let decoded = engine.session().decode(&swipe).unwrap();
    println!("decoded {}", decoded.candidates[0].word);
}

/// Decodes a swipe in a process whose home, cache and folder for temporary files are `home`.
fn decode_in(home: &Path, telemetry: Option<&str>) {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "child", "--nocapture"])
        .current_dir(home)
        .env(TASK, "decode")
        // A library is loaded once in a process: that of this one, whatever the current folder.
        .env(
            "ORT_DYLIB_PATH",
            swipekit::internals::runtime::load(None)
                .unwrap()
                .path
                .unwrap(),
        )
        .env_remove("ORT_DISABLE_TELEMETRY");
    for variable in SILENT {
        command.env_remove(variable);
    }
    for variable in ["HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
        command.env(variable, home);
    }
    if let Some(value) = telemetry {
        command.env("ORT_DISABLE_TELEMETRY", value);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("decoded hello"),
        "{}: {text}",
        output.status
    );
}

#[test]
fn the_runtime_leaves_nothing_behind_whatever_the_variable_says() {
    if !runtime() {
        return;
    }
    for telemetry in [None, Some("0"), Some(""), Some("1")] {
        let home = tempfile::tempdir().unwrap();
        decode_in(home.path(), telemetry);
        let left: Vec<_> = fs::read_dir(home.path()).unwrap().flatten().collect();
        assert!(left.is_empty(), "{telemetry:?}: {left:?}");
    }
}
