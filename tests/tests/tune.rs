//! The weights of a score, fitted and written as a user does it.

use std::fs;
use std::path::{Path, PathBuf};

use swipekit::DecoderOptions;
use swipekit::{Engine, Error};
use swipekit_exporters::files::FileError;
use swipekit_exporters::judge::JudgeError;
use swipekit_exporters::judge::tune::{Group, Options, tune};
use swipekit_exporters::package::write_preset;
use swipekit_exporters::synth::samples::{SAMPLE_SEED, SAMPLE_WORDS, swipe_file};
use swipekit_tests::{repository, runtime, shared};

/// The default bundle as an export leaves it, with nothing fitted.
fn plain(folder: &Path) -> PathBuf {
    // The network that has seen nobody's swipes: it must not know the people that it is tuned on.
    let engine = Engine::open(repository("models/en-qwerty-synthetic")).unwrap();
    let path = folder.join("plain");
    write_preset(&engine, "default", &DecoderOptions::default(), &path).unwrap();
    path
}

fn options(swipes: &Path) -> Options {
    Options {
        swipes: swipes.to_path_buf(),
        limit: Some(1500),
        validate: None,
        validate_limit: Some(1500),
        preset: "default".to_owned(),
        before: None,
        groups: Some(vec![Group::Length, Group::Internal, Group::Geometry]),
        words: 16,
        context: false,
        tolerance: None,
    }
}

#[test]
fn what_is_fitted_on_some_people_helps_others() {
    if !runtime() {
        return;
    }
    let (Some(train), Some(dev)) = (
        shared("data/hws-train.jsonl.gz"),
        shared("data/hws-dev.jsonl.gz"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(plain(folder.path())).unwrap();
    // As wide as a network needs whose frames span several letters: weights are shown in the search
    // of before.
    let mut before = DecoderOptions::default();
    before.beam = 48;
    before.window = 16.0;
    before.depth_bonus = 3.0;
    let options = Options {
        validate: Some(dev),
        tolerance: Some(0.3),
        before: Some(before.clone()),
        ..options(&train)
    };
    let tuning = tune(&engine, &options, |_| ()).unwrap();
    let rows: Vec<&str> = tuning
        .validation
        .iter()
        .map(|row| row.name.as_str())
        .collect();
    assert_eq!(
        rows,
        ["before", "prior", "length", "internal", "geometry", "all"]
    );
    for row in &tuning.validation {
        let top1 = &row.difference.top1;
        println!(
            "{:9} {:.2} +{} -{} ece {:.4}",
            row.name, row.accuracy.top1, top1.won, top1.lost, row.ece
        );
        match row.name.as_str() {
            "before" => assert_eq!((top1.won, top1.lost), (0, 0)),
            "all" => assert!(top1.difference > 1.0 && top1.p < 0.01, "{top1:?}"),
            // Alone it brings less than with the other terms' weights.
            "geometry" => assert!(top1.difference > 0.5, "{top1:?}"),
            _ => assert!(top1.difference > -0.5, "{top1:?}"),
        }
    }
    assert!(tuning.validation[5].ece < 0.04);
    assert_eq!(tuning.tried.len(), 9 + 6 + 11 + 5);
    assert_eq!(tuning.before, before);
}

#[test]
fn a_bundle_takes_the_fitted_weights_in_its_place() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let bundle = plain(folder.path());
    let path = folder.path().join("swipes.jsonl");
    fs::write(&path, swipe_file(SAMPLE_WORDS, SAMPLE_SEED)).unwrap();
    let before = Engine::open(&bundle).unwrap();
    let tuning = tune(&before, &options(&path), |_| ()).unwrap();
    assert_eq!(tuning.swipes, SAMPLE_WORDS.len());
    assert!(tuning.validation.is_empty() && tuning.tried.is_empty());
    let geometry = tuning.options.geometry.as_ref().unwrap();
    assert!(geometry.words == 16 && geometry.weights.to_array().iter().any(|w| *w != 0.0));
    write_preset(&before, &tuning.preset, &tuning.options, &bundle).unwrap();
    let after = Engine::open(&bundle).unwrap();
    assert_eq!(after.options(), &tuning.options);
    // The golden swipes are those of the new weights.
    after.self_test().unwrap();
    let names = |path: &Path| -> Vec<_> {
        let entries = fs::read_dir(path).unwrap().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(
        names(&bundle),
        names(&repository("models/en-qwerty-synthetic"))
    );
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        2,
        "nothing else is left"
    );
}

#[test]
fn swipes_that_say_nothing_are_an_error() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("swipes.jsonl");
    let text = swipe_file(SAMPLE_WORDS, SAMPLE_SEED);
    // Words that were not meant.
    let lines = text.lines().map(|line| {
        let mut swipe: serde_json::Value = serde_json::from_str(line).unwrap();
        swipe["word"] = "qqqqqq".into();
        format!("{swipe}\n")
    });
    fs::write(&path, lines.collect::<String>()).unwrap();
    let engine = Engine::open(repository("models/en-qwerty-synthetic")).unwrap();
    let error = tune(&engine, &options(&path), |_| ()).unwrap_err();
    let JudgeError::File(FileError::Core(Error::Invalid { .. })) = error else {
        panic!("{error}");
    };
    assert!(!error.to_string().contains("qqqqqq"));

    // The words before a swipe need a language model, and a bundle keeps what it gives them
    // otherwise.
    fs::write(&path, &text).unwrap();
    for (context, groups) in [(true, vec![]), (false, vec![Group::Language])] {
        let options = Options {
            context,
            groups: Some(groups),
            ..options(&path)
        };
        assert!(tune(&engine, &options, |_| ()).is_err());
    }
    let options = Options {
        before: Some({
            let mut changed = engine.options().clone();
            changed.language_model_weight = 0.3;
            changed
        }),
        ..options(&path)
    };
    let tuning = tune(&engine, &options, |_| ()).unwrap();
    assert_eq!(tuning.options.language_model_weight, 0.3);
}
