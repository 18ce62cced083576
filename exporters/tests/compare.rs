//! `swipekit compare` and the library under it: the default bundle against itself, against one with
//! noise on its encoder's weights, and against what it cannot be compared with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use half::f16;
use prost::Message;
use serde_json::Value;
use swipekit::internals::bundle::{Bundle, Manifest};
use swipekit::{Engine, Limits};
use swipekit_exporters::judge::JudgeError;
use swipekit_exporters::judge::accuracy::Length;
use swipekit_exporters::judge::compare::{
    CompareError, Comparison, LatencyOptions, Options, Subject, WordSource, compare,
};
use swipekit_exporters::onnx::{proto, serialize};
use swipekit_exporters::package::BundleWriter;
use swipekit_exporters::random::Random;
use swipekit_exporters::swipes::Swipes;
use swipekit_test_support::{found, repository};

/// Whether ONNX Runtime is there; counts a skip where it is not.
fn runtime() -> bool {
    found(swipekit::internals::runtime::load(None)).is_some()
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_swipekit");

/// The default model in FP16.
fn default_bundle() -> PathBuf {
    repository("models/en-qwerty-fp16")
}

/// Forty synthetic swipes.
fn manifest() -> PathBuf {
    repository("models/samples/en-qwerty.jsonl")
}

/// Without latency, memory and deflating: what a test of accuracy needs.
fn quick() -> Options {
    let mut options = Options::new(manifest());
    options.latency = None;
    options.deflate = false;
    options
}

fn run(paths: &[&Path], options: &Options) -> Comparison {
    compare(&Subject::from_paths(paths), options, |_| {}).unwrap()
}

/// A copy of the default bundle with another manifest, in which `change_file` has had every file.
fn copy(
    destination: &Path,
    change: impl FnOnce(&mut Manifest),
    change_file: impl Fn(&str, Vec<u8>) -> Vec<u8>,
) -> PathBuf {
    let bundle = Bundle::open(default_bundle()).unwrap();
    let mut manifest = bundle.manifest().clone();
    change(&mut manifest);
    let mut writer = BundleWriter::create(destination).unwrap();
    for name in bundle.file_names() {
        let words = bundle.manifest().lexicon.as_ref();
        if manifest.lexicon.is_none() && words.is_some_and(|spec| spec.file == name) {
            continue;
        }
        let content = change_file(name, bundle.file(name).unwrap().to_vec());
        writer.add(name, &content).unwrap();
    }
    writer.finish(manifest).unwrap();
    destination.to_path_buf()
}

/// A copy whose encoder's larger weights are each off by up to `scale` of themselves; they are
/// stored in 16 bits.
fn noisy(destination: &Path, scale: f32) -> PathBuf {
    let change_file = |name: &str, content: Vec<u8>| {
        if name != "encoder.onnx" {
            return content;
        }
        let mut model = proto::Model::decode(content.as_slice()).unwrap();
        let mut random = Random::new(11);
        for tensor in &mut model.graph.as_mut().unwrap().initializer {
            let values = tensor.raw_data.as_mut().unwrap();
            if tensor.data_type != Some(10) {
                continue;
            }
            for value in values.as_chunks_mut::<2>().0 {
                let factor = 1.0 + scale * (2.0 * random.uniform() as f32 - 1.0);
                let noisy = f16::from_le_bytes(*value).to_f32() * factor;
                *value = f16::from_f32(noisy).to_le_bytes();
            }
        }
        serialize(model)
    };
    copy(destination, |_| {}, change_file)
}

/// A copy without words.
fn dynamic(destination: &Path) -> PathBuf {
    let change = |manifest: &mut Manifest| manifest.lexicon = None;
    copy(destination, change, |_, content| content)
}

#[test]
fn a_bundle_is_like_itself_whatever_the_threads() {
    if !runtime() {
        return;
    }
    let path = default_bundle();
    let mut options = quick();
    options.threads = Some(1);
    let one = run(&[&path, &path], &options);
    options.threads = Some(3);
    assert_eq!(run(&[&path, &path], &options), one);

    assert_eq!((one.data.swipes, one.data.of), (40, 40));
    assert_eq!(
        (one.data.words, one.data.word_count),
        (WordSource::Bundle, 70_000)
    );
    let [first, second] = &one.bundles[..] else {
        panic!("two bundles");
    };
    assert_eq!(first.accuracy, second.accuracy);
    assert!(first.accuracy.top1 > 70.0 && first.difference.is_none());
    let difference = second.difference.as_ref().unwrap();
    assert!(difference.same_checkpoint);
    assert_eq!(
        (difference.same_candidates, difference.same_best),
        (100.0, 100.0)
    );
    assert_eq!(difference.encoder_bytes, 1.0);
    let top1 = &difference.accuracy.overall.top1;
    assert_eq!(
        (top1.lost, top1.won, top1.p, top1.difference),
        (0, 0, 1.0, 0.0)
    );
    let error = difference.encoder_error.as_ref().unwrap();
    assert_eq!(
        (error.swipes, error.max_abs, error.rms_relative),
        (40, 0.0, 0.0)
    );
    assert!(error.cosine_min > 1.0 - 1e-12);
    assert_eq!(first.sizes.encoder_deflated, None);
}

#[test]
fn the_counts_are_those_of_eval() {
    if !runtime() {
        return;
    }
    let compared = run(&[&default_bundle(), &default_bundle()], &quick());
    let engine = Engine::open(default_bundle()).unwrap();
    let options = swipekit_exporters::judge::evaluate::Options::default();
    let evaluated =
        swipekit_exporters::judge::evaluate::evaluate(&engine, &manifest(), &options, |_| {})
            .unwrap();
    let accuracy = &compared.bundles[0].accuracy;
    assert_eq!(
        (
            accuracy.n,
            accuracy.top1,
            accuracy.top3,
            accuracy.top5,
            accuracy.greedy,
            accuracy.oov
        ),
        (
            evaluated.n,
            evaluated.top1,
            evaluated.top3,
            evaluated.top5,
            evaluated.greedy,
            evaluated.oov
        )
    );
    let short = accuracy.of_length(Length::UpTo3).unwrap();
    assert_eq!(
        (short.n, short.top1),
        (evaluated.n_short, evaluated.top1_short)
    );
}

#[test]
fn a_gesture_tells_the_same_whatever_it_was_asked_before() {
    if !runtime() {
        return;
    }
    let engine = Engine::open(default_bundle()).unwrap();
    let (mut session, mut other) = (engine.session(), engine.session());
    for swipe in Swipes::open(manifest()).unwrap().take(5) {
        let trace = swipe.unwrap().trace;
        let limits = Limits::default();
        let mut gesture = session.encode(&trace, &limits).unwrap();
        let words = gesture.words(engine.options()).unwrap().candidates;
        let greedy = gesture.greedy().unwrap();
        assert!(!greedy.is_empty());
        let mut new = other.encode(&trace, &limits).unwrap();
        assert_eq!(gesture.frames(), new.frames());
        assert_eq!(new.greedy().unwrap(), greedy, "before its words");
        assert_eq!(new.words(engine.options()).unwrap().candidates, words);
        assert_eq!(gesture.words(engine.options()).unwrap().candidates, words);
    }
}

#[test]
fn noise_on_the_weights_shows() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let little = noisy(&folder.path().join("little"), 6e-4);
    let much = noisy(&folder.path().join("much"), 3.0);
    let mut options = quick();
    options.frame_swipes = 10;
    let compared = run(&[&default_bundle(), &little, &much], &options);
    let difference = |index: usize| compared.bundles[index].difference.as_ref().unwrap();

    let (near, far) = (difference(1), difference(2));
    let (near_error, far_error) = (
        near.encoder_error.as_ref().unwrap(),
        far.encoder_error.as_ref().unwrap(),
    );
    assert_eq!(
        (near_error.swipes, near_error.frames),
        (10, far_error.frames)
    );
    assert!(near_error.max_abs > 0.0 && near_error.rms_relative < 5e-3);
    assert!(near_error.cosine_min > 0.999_9 && near.same_best == 100.0);

    assert!(far_error.rms_relative > 0.1 && far_error.cosine_mean < 0.99);
    assert!(far_error.max_abs > near_error.max_abs);
    assert!(far.same_candidates < 50.0);
    let top1 = &far.accuracy.overall.top1;
    assert!(top1.difference < -15.0 && top1.p < 0.01, "{top1:?}");
    assert!(top1.interval[1] < 0.0 && top1.lost > top1.won);
    let (base, this) = (&compared.bundles[0].accuracy, &compared.bundles[2].accuracy);
    assert!((this.top1 - base.top1 - top1.difference).abs() < 0.02);
    let histogram = &far_error.histogram;
    let values = histogram.counts.iter().sum::<u64>() + histogram.below + histogram.above;
    let width = Bundle::open(&much).unwrap().manifest().model.encoder;
    assert_eq!(values, (far_error.frames * width) as u64);
}

#[test]
fn bundles_of_another_task_are_refused() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let keep = |_: &str, content| content;
    let labels = copy(&at("labels"), |m| m.vocabulary.labels.swap(1, 2), keep);
    let features = copy(
        &at("features"),
        |m| m.featurizer.max_points = Some(99),
        keep,
    );
    let wordless = dynamic(&at("wordless"));
    for (path, expected) in [
        (&labels, "the labels"),
        (&features, "the featurizer"),
        (&wordless, "the words"),
    ] {
        let subjects = Subject::from_paths(&[&default_bundle(), path]);
        let error = compare(&subjects, &quick(), |_| {}).unwrap_err();
        assert!(
            matches!(&error, JudgeError::Compare(CompareError::Differs { what, .. }) if *what == expected),
            "{error}"
        );
        let message = error.to_string();
        for part in ["expected", "got", path.to_str().unwrap()] {
            assert!(message.contains(part), "{message}");
        }
    }
}

#[test]
fn words_come_from_a_file_or_from_the_manifest() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let wordless = dynamic(&folder.path().join("wordless"));
    let mut options = quick();
    let own = run(&[&wordless, &wordless], &options);
    // `dont`, `cant` and the like are all in the manifest under their own spelling.
    assert_eq!(
        (own.data.words, own.data.word_count),
        (WordSource::Swipes, 40)
    );
    assert_eq!(own.bundles[0].accuracy.oov, 0.0);

    let list = folder.path().join("words.tsv");
    fs::write(&list, "the\t100\nhello\t20\nkeyboard\t3\n").unwrap();
    options.lexicon = Some(list);
    let given = run(&[&default_bundle(), &wordless], &options);
    assert_eq!(
        (given.data.words, given.data.word_count),
        (WordSource::File, 3)
    );
    assert_eq!(given.bundles[0].accuracy, given.bundles[1].accuracy);
    assert_eq!(given.bundles[0].accuracy.oov, 92.5);
}

#[test]
fn latency_memory_and_sizes_are_measured() {
    if !runtime() {
        return;
    }
    let mut options = quick();
    options.limit = Some(10);
    options.latency = Some(LatencyOptions {
        swipes: 5,
        rounds: 2,
    });
    options.deflate = true;
    options.program = Some(PROGRAM.into());
    options.launches = 1;
    let path = default_bundle();
    let mut ticks = Vec::new();
    let compared = compare(
        &Subject::from_paths(&[&path, &path]),
        &options,
        |progress| {
            ticks.push((progress.step, progress.done, progress.total));
        },
    )
    .unwrap();
    // Two bundles, ten swipes, and five twice.
    assert_eq!(ticks.last(), Some(&("latency", 40, 40)));
    assert!(ticks.windows(2).all(|pair| pair[0].1 <= pair[1].1));
    for bundle in &compared.bundles {
        let latency = bundle.latency.as_ref().unwrap();
        let (encoder, total) = (latency.encoder.times, latency.total.times);
        assert!(0.0 < encoder.p50 && encoder.p50 <= encoder.p90 && encoder.p90 <= encoder.p99);
        assert!(encoder.p50 < total.p50);
        let footprint = bundle.footprint.as_ref().unwrap();
        assert!(footprint.load_ms > 0.0 && footprint.swipes == 20);
        if cfg!(target_os = "linux") {
            assert!(footprint.rss_before_mib > 0.0);
            assert!(footprint.rss_opened_mib > footprint.rss_before_mib + 5.0);
            assert!(footprint.rss_end_mib > footprint.rss_before_mib);
        }
        let sizes = &bundle.sizes;
        let file = |name: &str| fs::metadata(path.join(name)).unwrap().len();
        assert_eq!(sizes.encoder, file("encoder.onnx"));
        let files = fs::read_dir(&path)
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap());
        assert_eq!(sizes.bundle, files.map(|about| about.len()).sum::<u64>());
        assert!(sizes.encoder_deflated.unwrap() < sizes.encoder);
        assert!(sizes.bundle_deflated.unwrap() < sizes.bundle);
    }
    let speed = compared.bundles[1]
        .difference
        .as_ref()
        .unwrap()
        .speed
        .unwrap();
    let ratio = speed.encoder.unwrap();
    assert!((0.2..5.0).contains(&ratio.median) && (0.2..5.0).contains(&ratio.of_medians));
}

/// Runs the program in `folder`; standard error is not a terminal.
fn swipekit(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn the_command_prints_a_table_json_and_a_page() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (bundle, swipes) = (default_bundle(), manifest());
    let (bundle, swipes) = (bundle.to_str().unwrap(), swipes.to_str().unwrap());
    let base = [
        "compare", bundle, bundle, "--swipes", swipes, "--limit", "8",
    ];
    let succeed = |more: &[&str]| {
        let output = swipekit(folder.path(), &[&base[..], more].concat());
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && errors.is_empty(), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    };
    let table = succeed(&["--latency-limit", "4", "--html", "page.html"]);
    for part in [
        "en-qwerty-fp16 (2)",
        "top-1",
        "encoder p99",
        "opens in",
        "same candidates",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }
    let json = succeed(&["--json", "--skip-latency", "--threads", "1"]);
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["data"]["swipes"], 8);
    assert_eq!(value["latency"], Value::Null);
    assert!(value["bundles"][1]["footprint"]["load_ms"].as_f64() > Some(0.0));
    assert_eq!(
        value["bundles"][1]["difference"]["accuracy"]["overall"]["top1"]["p"],
        1.0
    );

    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<svg"));
    // Neither a word that was swiped nor where anything lies.
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing is left beside the page");
    for output in [&table, &json, &page] {
        for word in [
            "coffee",
            "tomorrow",
            "beautiful",
            "understanding",
            "models/",
            "\"points\"",
        ] {
            assert!(!output.contains(word), "{word}");
        }
    }
}

#[test]
fn the_command_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let (bundle, swipes) = (default_bundle(), manifest());
    let (bundle, swipes) = (bundle.to_str().unwrap(), swipes.to_str().unwrap());
    fs::write(folder.path().join("none.jsonl"), "\n").unwrap();
    let fail = |code: i32, arguments: &[&str]| {
        let output = swipekit(folder.path(), &[&["compare"], arguments].concat());
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{message}");
        assert!(output.stdout.is_empty());
        message
    };
    assert!(fail(2, &[bundle, "--swipes", swipes]).contains("Usage"));
    assert!(fail(2, &[bundle, bundle]).contains("--swipes"));
    assert!(fail(2, &[bundle, bundle, "--swipes", swipes, "--limit", "0"]).contains("at least 1"));
    let absent = fail(1, &[bundle, "no-such-bundle", "--swipes", swipes]);
    assert!(absent.contains("no-such-bundle"), "{absent}");
    let absent = fail(1, &[bundle, bundle, "--swipes", "no-such.jsonl"]);
    assert!(absent.contains("no-such.jsonl"), "{absent}");
    let empty = fail(1, &[bundle, bundle, "--swipes", "none.jsonl"]);
    assert!(empty.contains("none.jsonl holds no swipes"), "{empty}");
}
