//! Exports of several precisions and targets, as a user makes them: every bundle is whole and
//! carries its evidence.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use swipekit::Engine;
use swipekit::internals::bundle::manifest::Execution;
use swipekit_exporters::export::{self, Options, Outcome, Precision, Quantization, Source, Target};
use swipekit_exporters::synth::samples::{SAMPLE_SEED, SAMPLE_WORDS, swipe_file, trace};
use swipekit_exporters::{error::Error, random::Random};
use swipekit_tests::{english, options, random_checkpoint, runtime, shared};

const PRECISIONS: [Precision; 3] = [Precision::Fp32, Precision::Fp16, Precision::Int8];
const TARGETS: [Target; 3] = [Target::Desktop, Target::Android, Target::Web];

/// All precisions and targets of the checkpoint, calibrated on synthetic swipes in a manifest.
fn all(checkpoint: &Path, folder: &Path) -> Options {
    let swipes = folder.join("swipes.jsonl");
    fs::write(&swipes, swipe_file(SAMPLE_WORDS, SAMPLE_SEED)).unwrap();
    Options {
        precisions: PRECISIONS.to_vec(),
        targets: TARGETS.to_vec(),
        quantization: Quantization {
            calibration: Some(Source::Swipes(swipes)),
            ..Quantization::default()
        },
        name: None,
        parts: false,
        ..options(checkpoint, &folder.join("out"))
    }
}

/// A word list in `folder`.
fn words(folder: &Path) -> PathBuf {
    let path = folder.join("words.tsv");
    let lines = english(500).into_iter();
    let lines: Vec<String> = lines.map(|(word, f)| format!("{word}\t{f}\n")).collect();
    fs::write(&path, lines.concat()).unwrap();
    path
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn folder_of(outcome: &Outcome, target: Target, precision: Precision) -> &Path {
    let mut bundles = outcome.bundles.iter();
    let found = bundles.find(|b| b.report.target == target && b.report.precision == precision);
    &found.unwrap().path
}

/// The names in `folder`, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn nine_bundles_of_one_export_are_whole() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let asset = folder.path().join("notes.txt");
    fs::write(&asset, "for people").unwrap();
    let packed = folder.path().join("packed");
    let options = Options {
        lexicon: Some(words(folder.path())),
        assets: vec![asset],
        package_dir: Some(packed.clone()),
        compression_test: true,
        optimized: true,
        ..all(&random_checkpoint(folder.path()), folder.path())
    };
    let outcome = export::onnx(&options, |_| {}).unwrap();
    assert_eq!(outcome.bundles.len(), 9);
    assert_eq!(
        names(&options.output).len(),
        9,
        "no temporary folder is left"
    );
    assert_eq!(names(&packed).len(), 9);

    for (target, precision) in TARGETS.iter().flat_map(|t| PRECISIONS.map(|p| (*t, p))) {
        let path = folder_of(&outcome, target, precision);
        let name = format!("out-{}-{}", target.name(), precision.name());
        let engine = Engine::open(path).unwrap_or_else(|error| panic!("{name}: {error}"));
        engine.self_test().unwrap();
        let manifest = engine.manifest();
        assert_eq!(
            (&manifest.name, &manifest.precision[..]),
            (&name, precision.name())
        );
        assert_eq!(manifest.runtime.target.as_deref(), Some(target.name()));
        let session = &manifest.runtime.session;
        assert!(!session.spinning, "{name}");
        assert_eq!(
            session.execution == Execution::Parallel,
            target == Target::Web
        );
        assert_eq!(session.arena, target != Target::Android, "{name}");
        assert_eq!(session.memory_pattern, target != Target::Android, "{name}");
        assert_eq!(
            manifest.runtime.optimized.is_some(),
            precision != Precision::Fp16,
            "{name}: 16-bit weights would be folded"
        );
        let calibration = manifest.provenance.calibration.as_deref();
        assert_eq!(
            calibration.is_some(),
            precision == Precision::Int8,
            "{name}"
        );
        assert!(
            calibration.is_none_or(|line| line.starts_with("swipes.jsonl: 40 swipes, SHA-256"))
        );
        assert_eq!(manifest.files["notes.txt"].size, 10, "the asset is listed");
        assert_eq!(
            engine.bundle().file("notes.txt").unwrap()[..],
            *b"for people"
        );
        assert!(engine.lexicon().is_some());
        report_says_how(path, target, precision);

        // The packed bundle decodes as the folder does.
        let swipe = trace("hello", &mut Random::new(1)).unwrap();
        let file = packed.join(format!("{name}.swipekit"));
        let again = Engine::open(file).unwrap();
        let best = engine.session().decode(&swipe).unwrap().candidates;
        assert_eq!(
            again.session().decode(&swipe).unwrap().candidates,
            best,
            "{name}"
        );
    }
    differ(&outcome);
}

/// The reports of a bundle: for programs and for people.
fn report_says_how(path: &Path, target: Target, precision: Precision) {
    let report = json(&path.join("report.json"));
    assert_eq!(report["precision"], precision.name());
    assert_eq!(report["target"], target.name());
    assert_eq!(report["audit"]["precision"], precision.name());
    assert!(report["audit"]["size"]["deflated"].as_u64() > Some(0));
    assert!(report["compressed"]["encoder.onnx"].as_u64() > Some(0));
    assert!(report["golden_swipes"].as_u64() > Some(3));
    let encoder = &report["encoder"];
    match precision {
        Precision::Fp32 => assert!(encoder.get("agreement").is_none()),
        Precision::Fp16 => {
            assert!(encoder["agreement"]["cosine_mean"].as_f64() > Some(0.9999));
            assert!(
                encoder["half"]
                    .as_array()
                    .is_some_and(|list| list.len() > 5)
            );
        }
        Precision::Int8 => {
            let recipe = encoder["recipe"]["name"].as_str().unwrap();
            let passed_over = encoder.get("passed_over").is_some();
            assert!(
                passed_over || recipe == target.recipes()[0].name,
                "{recipe}"
            );
            assert_eq!(encoder["calibration"]["source"], "swipes.jsonl");
            assert_eq!(encoder["calibration"]["swipes"], 40);
            assert_eq!(encoder["calibration"]["words"], "bundle");
            let chosen = &encoder["sensitivity"]["chosen"];
            assert!(chosen["cosine"].as_f64() > Some(0.99), "{chosen}");
            assert_eq!(chosen["swipes"], 40);
            assert!(encoder["agreement"]["cosine_mean"].as_f64() > Some(0.99));
            let kernels = report["audit"]["optimized"]["integer_kernels"].as_u64();
            let weights = report["audit"]["weights"].as_array().unwrap().len() as u64;
            assert!(
                weights > 5 && kernels >= Some(weights),
                "integer kernels run"
            );
        }
    }
    let page = fs::read_to_string(path.join("report.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains(precision.name()));
    for outside in [
        "http:", "https:", "<script", "<link", "<img", "src=", "@import", "url(",
    ] {
        assert!(
            !page.contains(outside),
            "the page is self-contained: {outside}"
        );
    }
}

/// Precisions differ, targets only where their recipes do.
fn differ(outcome: &Outcome) {
    let file = |target, precision| {
        fs::read(folder_of(outcome, target, precision).join("encoder.onnx")).unwrap()
    };
    for target in TARGETS {
        let [fp32, fp16, int8] = PRECISIONS.map(|precision| file(target, precision));
        assert!(fp16.len() < fp32.len() && int8.len() < fp32.len());
        assert!(fp16 != int8);
        assert_eq!(fp32, file(Target::Desktop, Precision::Fp32));
        assert_eq!(fp16, file(Target::Desktop, Precision::Fp16));
    }
    let recipe = |target| {
        json(&folder_of(outcome, target, Precision::Int8).join("report.json"))["encoder"]["recipe"]
            .clone()
    };
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let (a, b) = (TARGETS[a], TARGETS[b]);
        let same = file(a, Precision::Int8) == file(b, Precision::Int8);
        assert_eq!(same, recipe(a) == recipe(b));
    }
}

#[test]
fn dynamic_bundles_are_calibrated_with_the_swipes_own_words() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let swipes = folder.path().join("a <b> & c.jsonl");
    fs::write(&swipes, swipe_file(SAMPLE_WORDS, SAMPLE_SEED)).unwrap();
    let options = Options {
        precisions: vec![Precision::Int8],
        targets: vec![Target::Android],
        quantization: Quantization {
            calibration: Some(Source::Swipes(swipes)),
            ..Quantization::default()
        },
        name: Some("one".to_owned()),
        ..all(&random_checkpoint(folder.path()), folder.path())
    };
    export::onnx(&options, |_| {}).unwrap();
    let engine = Engine::open(&options.output).unwrap();
    engine.self_test().unwrap();
    assert!(engine.lexicon().is_none() && engine.manifest().lexicon.is_none());
    let report = json(&options.output.join("report.json"));
    assert_eq!(report["encoder"]["calibration"]["words"], "swipes");
    assert_eq!(report["bundle"], "one");
    let page = fs::read_to_string(options.output.join("report.html")).unwrap();
    assert!(
        page.contains("a &lt;b&gt; &amp; c") && !page.contains("a <b>"),
        "names are escaped"
    );
}

#[test]
fn assets_with_unusable_names_are_refused() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = random_checkpoint(folder.path());
    for name in ["two words.txt", "encoder.onnx", "bundle.json", "absent.txt"] {
        let asset = folder.path().join(name);
        if name != "absent.txt" {
            fs::write(&asset, "x").unwrap();
        }
        let options = Options {
            assets: vec![asset],
            ..options(&checkpoint, &folder.path().join("out"))
        };
        let error = export::onnx(&options, |_| {}).unwrap_err();
        assert!(matches!(error, Error::File(_)), "{error}");
        assert!(error.to_string().contains(name), "{error}");
        assert!(!options.output.exists());
        assert!(
            names(folder.path())
                .iter()
                .all(|name| !name.starts_with('.'))
        );
    }
}

#[test]
fn the_default_checkpoint_keeps_sizes_and_words() {
    if !runtime() {
        return;
    }
    let (Some(checkpoint), Some(swipes)) = (
        shared("checkpoints/en-qwerty-poc.nemo"),
        shared("data/hws-dev.jsonl.gz"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        quantization: Quantization {
            calibration: Some(Source::Swipes(swipes.clone())),
            batches: 4,
            ..Quantization::default()
        },
        lexicon: Some(swipekit_tests::repository("models/lexicons/en/words.tsv")),
        validation: Some(export::Validation {
            swipes,
            limit: Some(150),
            program: None,
        }),
        ..all(&checkpoint, folder.path())
    };
    let outcome = export::onnx(&options, |_| {}).unwrap();
    for bundle in &outcome.bundles {
        let report = &bundle.report;
        let size = |target, precision| {
            let path = folder_of(&outcome, target, precision).join("encoder.onnx");
            fs::metadata(path).unwrap().len() as f64
        };
        let ratio = size(report.target, report.precision) / size(report.target, Precision::Fp32);
        let most = match report.precision {
            Precision::Fp32 => 1.0,
            Precision::Fp16 => 0.52,
            Precision::Int8 => 0.28,
        };
        assert!(ratio <= most, "{}: {ratio}", report.bundle);
        let comparison = report.comparison.as_ref().unwrap();
        assert_eq!(comparison.bundles[0].accuracy.n, 150);
        let own = comparison.bundles.last().unwrap();
        assert!(own.accuracy.top1 > 70.0, "{}", report.bundle);
        let Some(difference) = &own.difference else {
            assert_eq!(report.precision, Precision::Fp32);
            continue;
        };
        let top1 = &difference.accuracy.overall.top1;
        // Two of 150 swipes are chance.
        assert!(top1.lost <= top1.won + 2, "{}: {top1:?}", report.bundle);
        let error = difference.encoder_error.as_ref().unwrap();
        assert!(
            error.cosine_mean > 0.999,
            "{}: {}",
            report.bundle,
            error.cosine_mean
        );
    }
}
