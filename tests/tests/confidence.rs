//! Confidences of the default bundle, fitted and written as a user does it.

use std::fs;
use std::path::Path;

use swipekit::Engine;
use swipekit_exporters::judge::confidence::{Options, fit, write};
use swipekit_exporters::synth::samples::{SAMPLE_SEED, SAMPLE_WORDS, swipe_file};
use swipekit_tests::{repository, runtime, shared, swipes};

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn options(swipes: &Path) -> Options {
    Options {
        swipes: swipes.to_path_buf(),
        limit: Some(3000),
        validate: None,
        preset: "default".to_owned(),
    }
}

#[test]
fn fitted_confidences_are_right_as_often_as_they_say() {
    if !runtime() {
        return;
    }
    let (Some(train), Some(dev)) = (
        shared("data/hws-train.jsonl.gz"),
        shared("data/hws-dev.jsonl.gz"),
    ) else {
        return;
    };
    let engine = Engine::open(repository("models/en-qwerty")).unwrap();
    let options = Options {
        validate: Some(dev),
        ..options(&train)
    };
    let mut seen = 0;
    let found = fit(&engine, &options, |done| seen = done).unwrap();
    assert_eq!(seen, 3000);
    // Other people's swipes.
    let checked = found.validation.as_ref().unwrap();
    println!("{:?}: {:?}", found.fitted, checked.after);
    assert!(checked.after.ece <= 0.03, "{}", checked.after.ece);
    let plain = swipekit::DecoderOptions::default();
    assert!((plain.temperature, plain.other_score) == (1.0, None));
    assert!(
        checked.after.negative_log_likelihood <= checked.before.negative_log_likelihood + 0.005
    );
}

#[test]
fn a_bundle_takes_the_fitted_options_and_keeps_its_words() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle");
    copy(&repository("models/en-qwerty"), &bundle);
    let path = folder.path().join("swipes.jsonl");
    fs::write(&path, swipe_file(SAMPLE_WORDS, SAMPLE_SEED)).unwrap();
    let before = Engine::open(&bundle).unwrap();
    let mut found = fit(&before, &options(&path), |_| ()).unwrap();
    assert_eq!(found.swipes, SAMPLE_WORDS.len());
    found.fitted.temperature = 3.0;
    found.fitted.other_score = Some(-9.5);
    // Beside the bundle, and in its own place.
    let other = folder.path().join("other");
    write(&before, &found, &other).unwrap();
    write(&before, &found, &bundle).unwrap();
    for path in [other, bundle] {
        let after = Engine::open(&path).unwrap();
        after.self_test().unwrap();
        let preset = after.options();
        assert_eq!((preset.temperature, preset.other_score), (3.0, Some(-9.5)));
        let (mut one, mut two) = (before.session(), after.session());
        for (_, trace) in swipes(10) {
            let (one, two) = (
                one.decode(&trace).unwrap().candidates,
                two.decode(&trace).unwrap().candidates,
            );
            assert_eq!(one.len(), two.len());
            for (one, two) in one.iter().zip(&two) {
                assert_eq!((&one.word, one.score), (&two.word, two.score));
            }
            assert!(
                two.iter()
                    .map(|candidate| candidate.confidence)
                    .sum::<f64>()
                    < 1.0
            );
        }
    }
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 3, "no temporary folder is left");
}
