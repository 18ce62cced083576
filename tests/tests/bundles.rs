//! Damaged bundles and hostile traces: a typed error or a sane result, never a panic.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use swipekit::lexicon::Lexicon;
use swipekit::trace::Trace;
use swipekit::{Engine, EngineOptions, Error, Limits};
use swipekit_exporters::checkpoint::Checkpoint;
use swipekit_exporters::fixtures::nemo;
use swipekit_exporters::network::Network;
use swipekit_exporters::onnx::LengthType;
use swipekit_exporters::random::Random;
use swipekit_exporters::synth::samples;
use swipekit_exporters::validate::{Files, ValidationError, validate};
use swipekit_exporters::{export, package};
use swipekit_tests::{english, lexicon, options, random_checkpoint, runtime, small_bundle, swipes};

/// What an undamaged bundle decodes.
fn decoded(engine: &Engine) -> Vec<(String, f64)> {
    let trace = samples::trace("hello", &mut Random::new(1)).unwrap();
    let candidates = engine.session().decode(&trace).unwrap().candidates;
    candidates
        .into_iter()
        .map(|candidate| (candidate.word, candidate.score))
        .collect()
}

/// Opens what may be damaged; true where it was found out, false where it decodes as if nothing had
/// happened.
fn refused(path: &Path, expected: &[(String, f64)]) -> bool {
    match Engine::open(path) {
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(!matches!(error, Error::RuntimeNotFound { .. }), "{error}");
            true
        }
        Ok(engine) => {
            assert_eq!(decoded(&engine), expected);
            false
        }
    }
}

/// Places all over a file of `length` bytes, its ends among them.
fn places(length: usize, count: usize) -> Vec<usize> {
    let spread = (0..count).map(|i| (length - 1) * i / (count - 1).max(1));
    spread
        .chain([1, length.saturating_sub(2)])
        .filter(|at| *at < length)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

#[test]
fn damaged_folders_are_found_out() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = small_bundle(folder.path(), 300);
    let expected = decoded(&Engine::open(&path).unwrap());
    assert!(!expected.is_empty());
    let mut names: Vec<PathBuf> = fs::read_dir(&path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    let mut cases = 0;
    for file in &names {
        let whole = fs::read(file).unwrap();
        let manifest = file.ends_with("bundle.json");
        for length in places(whole.len(), 12) {
            fs::write(file, &whole[..length]).unwrap();
            // The manifest ends in a line break, which nothing hangs on.
            let found = refused(&path, &expected);
            assert!(
                found || (manifest && length + 1 == whole.len()),
                "{} cut to {length}",
                file.display()
            );
            cases += 1;
        }
        for at in places(whole.len(), 24) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            fs::write(file, &flipped).unwrap();
            match Engine::open(&path) {
                Err(_) => {}
                // A name or a credit in the manifest reads as well with another letter.
                Ok(engine) => assert!(
                    manifest && !decoded(&engine).is_empty(),
                    "{} flipped at {at}",
                    file.display()
                ),
            }
            cases += 1;
        }
        fs::remove_file(file).unwrap();
        assert!(refused(&path, &expected), "without {}", file.display());
        fs::write(file, &whole).unwrap();
    }
    fs::write(path.join("more.bin"), b"nobody asked for this").unwrap();
    assert!(
        !refused(&path, &expected),
        "what the manifest does not list is out of reach"
    );
    println!("{cases} damaged folders");
    assert!(cases > 200);
}

#[test]
fn damaged_packed_bundles_are_found_out() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = small_bundle(folder.path(), 300);
    let expected = decoded(&Engine::open(&path).unwrap());
    let packed = folder.path().join("bundle.swipekit");
    package::pack(&path, &packed).unwrap();
    assert_eq!(
        decoded(&Engine::open(&packed).unwrap()),
        expected,
        "packed and unpacked decode alike"
    );
    let whole = fs::read(&packed).unwrap();
    for length in places(whole.len(), 150) {
        fs::write(&packed, &whole[..length]).unwrap();
        assert!(refused(&packed, &expected), "cut to {length}");
    }
    let (mut found, mut cases) = (0, 0);
    for at in places(whole.len(), 300) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&packed, &flipped).unwrap();
        // The space between entries holds nothing.
        found += usize::from(refused(&packed, &expected));
        cases += 1;
    }
    println!("{found} of {cases} flipped bits found, the others changed nothing");
    assert!(found * 2 > cases);
    let longer = [whole.as_slice(), b"and more"].concat();
    fs::write(&packed, longer).unwrap();
    refused(&packed, &expected);
    let twice = [whole.as_slice(), whole.as_slice()].concat();
    fs::write(&packed, twice).unwrap();
    refused(&packed, &expected);
}

/// Tries everything that a session does with a trace.
fn try_trace(engine: &Engine, points: &[(f64, f64, f64)]) -> Option<usize> {
    let trace = match Trace::in_letter_area(points.iter().copied()) {
        Ok(trace) => trace,
        Err(error) => {
            assert!(
                matches!(error, Error::NotFinite { .. } | Error::TooLarge { .. }),
                "{error}"
            );
            return None;
        }
    };
    let mut session = engine.session();
    let mut gesture = session.encode(&trace, &Limits::default()).unwrap();
    let candidates = gesture.words(engine.options()).unwrap().candidates;
    for candidate in &candidates {
        assert!(candidate.score.is_finite() && candidate.log_probability <= 0.0);
        assert!((0.0..=1.0 + 1e-9).contains(&candidate.confidence));
        assert!(!candidate.word.is_empty());
    }
    assert!(
        candidates
            .windows(2)
            .all(|pair| pair[0].score >= pair[1].score)
    );
    gesture.greedy().unwrap();
    let likelihood = gesture.log_likelihood(&[1, 2, 3]).unwrap();
    assert!(likelihood <= 0.0);
    assert_eq!(
        candidates,
        session.decode(&trace).unwrap().candidates,
        "the same again"
    );
    Some(candidates.len())
}

#[test]
fn hostile_traces_give_errors_or_words() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(small_bundle(folder.path(), 300)).unwrap();
    let line = |count: usize| {
        (0..count)
            .map(move |i| (i as f64 / count as f64, 0.5, 4.0 * i as f64))
            .collect::<Vec<_>>()
    };
    assert_eq!(try_trace(&engine, &[]), Some(0));
    assert_eq!(try_trace(&engine, &line(1)), Some(0));
    for count in [2, 3, 47, 48, 49, 111, 112, 256, 257, 10_000] {
        assert!(
            try_trace(&engine, &line(count)).unwrap() > 0,
            "{count} points"
        );
    }
    let mut reversed = line(80);
    reversed
        .iter_mut()
        .for_each(|point| point.2 = 1e4 - point.2);
    assert!(try_trace(&engine, &reversed).unwrap() > 0);
    let still = vec![(0.5, 0.5, 0.0); 60];
    assert!(try_trace(&engine, &still).unwrap() > 0);
    for huge in [10.0, 1e6, 1e30, 1e300, f64::MAX] {
        for sign in [1.0, -1.0] {
            let far: Vec<_> = line(60)
                .iter()
                .map(|(x, y, t)| (x * huge * sign, y * huge, *t))
                .collect();
            assert!(try_trace(&engine, &far).unwrap() > 0, "{huge}");
        }
        let late: Vec<_> = line(60)
            .iter()
            .map(|(x, y, t)| (*x, *y, t + huge))
            .collect();
        try_trace(&engine, &late);
        let slow: Vec<_> = line(60)
            .iter()
            .map(|(x, y, t)| (*x, *y, t * huge))
            .collect();
        try_trace(&engine, &slow);
    }
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for index in [0, 30, 59] {
            for axis in 0..3 {
                let mut points = line(60);
                let point = &mut points[index];
                *[&mut point.0, &mut point.1, &mut point.2][axis] = bad;
                assert_eq!(try_trace(&engine, &points), None);
            }
        }
    }
    let options = ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..Default::default()
    };
    let number = || prop_oneof![5 => -0.5..1.5, 1 => any::<f64>(), 1 => -1e9..1e9_f64];
    let time = prop_oneof![6 => 0.0..2000.0, 1 => any::<f64>(), 1 => -1e6..1e6_f64];
    proptest!(options, |(points in proptest::collection::vec((number(), number(), time), 0..150))| {
        let got = try_trace(&engine, &points);
        prop_assert!(got.is_none() || points.len() < 2 || got > Some(0));
    });
}

/// Whether anything but `known` is in `folder`.
fn leftovers(folder: &Path, known: &[&str]) -> Vec<String> {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names
        .filter(|name| !known.contains(&name.as_str()))
        .collect()
}

#[test]
fn a_failed_validation_names_the_artefact() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let export = |seed: u64| {
        let path = folder.path().join(format!("{seed}.nemo"));
        nemo::write_nemo(&path, seed);
        let output = folder.path().join(seed.to_string());
        export::onnx(&options(&path, &output), |_| {}).unwrap();
        (Checkpoint::open(&path).unwrap(), output)
    };
    let ((right, files), (_, other)) = (export(1), export(2));
    let network = Network::new(&right.config, &right.weights).unwrap();
    let check = |encoder: &Path, step: &Path, transducer: &Path| {
        let [encoder, step, transducer] = [
            encoder.join("encoder.onnx"),
            step.join("step.onnx"),
            transducer.join("transducer.safetensors"),
        ];
        let files = Files {
            encoder: &encoder,
            step: &step,
            transducer: &transducer,
            parts: None,
        };
        validate(&network, &files, LengthType::Int64)
    };
    check(&files, &files, &files).unwrap();
    for (result, name) in [
        (check(&other, &files, &files), "encoder"),
        (check(&files, &other, &files), "step"),
        (check(&files, &files, &other), "transducer"),
    ] {
        let Err(ValidationError::Check(failed)) = result else {
            panic!("{name} passed")
        };
        assert!(failed.check.starts_with(name), "{failed}");
    }
}

#[test]
fn a_failed_export_leaves_nothing_behind() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let good = random_checkpoint(folder.path());
    let whole = fs::read(&good).unwrap();
    let output = folder.path().join("bundle");
    let bad = folder.path().join("bad.nemo");
    for length in [0, 100, whole.len() / 2, whole.len() - 2000] {
        fs::write(&bad, &whole[..length]).unwrap();
        export::onnx(&options(&bad, &output), |_| {}).unwrap_err();
        assert_eq!(
            leftovers(folder.path(), &["random.nemo", "bad.nemo"]),
            [""; 0]
        );
    }
    // The checkpoint is sound, the words are not: this fails after the graphs have been written and
    // validated.
    let list = folder.path().join("list.tsv");
    fs::write(&list, b"the\xff\xfe\t1\n").unwrap();
    let words = export::Options {
        lexicon: Some(list),
        ..options(&good, &output)
    };
    export::onnx(&words, |_| {}).unwrap_err();
    assert_eq!(
        leftovers(folder.path(), &["random.nemo", "bad.nemo", "list.tsv"]),
        [""; 0]
    );

    // The blank's embedding is not zero: the weights read well, and the validation refuses them.
    let blank = folder.path().join("blank.nemo");
    nemo::write_nemo_with(&blank, 7, |name, values| {
        if name == "decoder.prediction.embed.weight" {
            *values.last_mut().unwrap() = 0.5;
        }
    });
    let error = export::onnx(&options(&blank, &output), |_| {}).unwrap_err();
    assert_eq!(error.exit_code(), 3, "{error}");
    assert!(!output.exists());

    // An older bundle stays as it is.
    export::onnx(&options(&good, &output), |_| {}).unwrap();
    let before = fs::read(output.join("bundle.json")).unwrap();
    export::onnx(&options(&blank, &output), |_| {}).unwrap_err();
    assert_eq!(fs::read(output.join("bundle.json")).unwrap(), before);
    let known = [
        "random.nemo",
        "bad.nemo",
        "list.tsv",
        "blank.nemo",
        "bundle",
    ];
    assert_eq!(leftovers(folder.path(), &known), [""; 0]);
    Engine::open(&output).unwrap();
}

#[test]
fn a_bundle_for_a_newer_runtime_is_refused() {
    if !runtime() {
        return;
    }
    let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/en-qwerty"));
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    Engine::open(folder.path()).unwrap();
    let manifest = folder.path().join("bundle.json");
    let json = fs::read_to_string(&manifest).unwrap();
    let newer = json.replace("\"minimum\": \"1.17\"", "\"minimum\": \"9.0\"");
    assert_ne!(json, newer);
    fs::write(&manifest, newer).unwrap();
    let refused = Engine::open(folder.path());
    assert!(
        matches!(refused, Err(Error::Unsupported { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_table_of_prefixes_changes_no_score_and_takes_no_memory() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = small_bundle(folder.path(), 300);
    let packed = folder.path().join("bundle.swipekit");
    package::pack(&path, &packed).unwrap();
    let with = Engine::open(&path).unwrap();
    let packed = Engine::open(&packed).unwrap();
    // The same bundle without it.
    let mut manifest = with.manifest().clone();
    let name = manifest.runtime.prefixes.take().unwrap();
    let plain = folder.path().join("plain");
    let mut writer = package::BundleWriter::create(&plain).unwrap();
    let bundle = with.bundle();
    for file in bundle.file_names().filter(|file| *file != name) {
        writer.add(file, &bundle.file(file).unwrap()).unwrap();
    }
    drop(writer.finish(manifest).unwrap());
    let plain = Engine::open_with(&plain, &{
        let mut options = EngineOptions::default();
        options.warm_prefixes = 0;
        options
    })
    .unwrap();
    let mut sessions = [&with, &packed, &plain].map(|engine| engine.session());
    for (_, trace) in swipes(40) {
        let [with, packed, plain] = &mut sessions;
        let expected = plain.decode(&trace).unwrap().candidates;
        assert_eq!(with.decode(&trace).unwrap().candidates, expected);
        assert_eq!(packed.decode(&trace).unwrap().candidates, expected);
    }
    assert!(with.memory().prefixes < 2000, "{}", with.memory().prefixes);
    assert!(with.memory().mapped > plain.memory().mapped);
    // Another lexicon is searched with the same table.
    let words = lexicon(&english(50), &with.manifest().vocabulary.labels);
    let [mut with, mut plain] = [&with, &plain].map(|engine| {
        let engine = engine.with_lexicon(Lexicon::clone(&words)).unwrap();
        engine.session()
    });
    for (_, trace) in swipes(10) {
        assert_eq!(
            with.decode(&trace).unwrap().candidates,
            plain.decode(&trace).unwrap().candidates
        );
    }
}
