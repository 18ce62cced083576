//! The program `swipekit` as people and scripts run it: output, exit codes, messages.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use swipekit_exporters::synth::{random::Random, samples};
use swipekit_tests::{checkpoint, repository, runtime};

/// Runs the program in `folder`; standard error is not a terminal.
fn swipekit(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_swipekit"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Runs what must succeed, silently on standard error, and gives its output.
fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = swipekit(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    assert_eq!(errors, "", "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&succeed(folder, arguments)).unwrap()
}

/// Runs what must fail with `code`, with nothing on standard output, and gives the message.
fn fail(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let output = swipekit(folder, arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
    message
}

/// A folder with a checkpoint, a word list and a manifest of swipes.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    checkpoint::write_nemo(&folder.path().join("model.nemo"), 7);
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

const EXPORT: [&str; 8] = [
    "export",
    "onnx",
    "--checkpoint",
    "model.nemo",
    "--output",
    "bundle",
    "--lexicon",
    "words.tsv",
];

#[test]
fn from_a_checkpoint_to_words() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    let report = json(
        at,
        &[&EXPORT[..], &["--precision", "fp32", "--parts", "--json"]].concat(),
    );
    assert!(report["seconds"].is_number() && report["rss_mb"].is_number());
    let bundle = &report["bundles"][0];
    assert_eq!(
        (&bundle["bundle"], &bundle["path"]),
        (&"bundle".into(), &"bundle".into())
    );
    assert!(bundle["validation"]["checks"].as_array().unwrap().len() > 10);
    for name in [
        "bundle.json",
        "encoder.onnx",
        "step.onnx",
        "transducer.safetensors",
        "lexicon.fst",
        "golden.json",
    ] {
        assert!(at.join("bundle").join(name).is_file(), "{name}");
    }
    assert!(
        succeed(at, &EXPORT).contains("bundle/report.html"),
        "where the evidence is"
    );

    let evaluation = json(
        at,
        &[
            "eval",
            "--bundle",
            "bundle",
            "--manifest",
            "swipes.jsonl",
            "--threads",
            "1",
            "--json",
        ],
    );
    for field in [
        "n",
        "oov",
        "top1",
        "top3",
        "top5",
        "top1_short",
        "top1_long",
        "greedy",
        "ms_p50",
        "ms_p90",
        "ms_p99",
        "encoder_ms_p50",
        "search_ms_p50",
        "rss_mb",
    ] {
        assert!(
            evaluation[field].as_f64().is_some_and(|value| value >= 0.0),
            "{field}: {evaluation}"
        );
    }
    assert_eq!(evaluation["n"], 6);
    // `zebra` is not in the list; `dont` is, as don't.
    assert_eq!(evaluation["oov"], 16.67);
    let limited = [
        "eval",
        "--bundle",
        "bundle",
        "--manifest",
        "swipes.jsonl",
        "--limit",
        "3",
        "--beam",
        "64",
        "--json",
    ];
    assert_eq!(json(at, &limited)["n"], 3);
    let other = [
        "eval",
        "--bundle",
        "bundle",
        "--manifest",
        "swipes.jsonl",
        "--lexicon",
        "words.tsv",
        "--json",
    ];
    assert_eq!(json(at, &other)["top1"], evaluation["top1"]);

    let decoded = succeed(
        at,
        &[
            "decode",
            "--bundle",
            "bundle",
            "--manifest",
            "swipes.jsonl",
            "--top",
            "2",
            "--json",
        ],
    );
    let lines: Vec<Value> = decoded
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 6);
    for line in &lines {
        let candidates = line["candidates"].as_array().unwrap();
        assert_eq!(candidates.len(), 2);
        assert!(candidates[0]["score"].as_f64() >= candidates[1]["score"].as_f64());
        assert!(candidates[0]["word"].is_string() && line["ms"].is_number());
        assert!(line.get("literal").is_none());
    }
    let plain = ["decode", "--bundle", "bundle", "--manifest", "swipes.jsonl"];
    assert!(succeed(at, &plain).contains("of 6 targets first"));
    let literal = [&plain[..], &["--literal", "3"]].concat();
    assert!(succeed(at, &literal).contains("spelled without a lexicon: "));
    let decoded = succeed(at, &[&literal[..], &["--json"]].concat());
    assert_eq!(decoded.lines().count(), 6);
    for line in decoded.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let spellings = line["literal"].as_array().unwrap();
        let numbers = |name: &str| -> Vec<f64> {
            let values = spellings.iter().map(|spelling| spelling[name].as_f64());
            values.collect::<Option<_>>().unwrap()
        };
        assert_eq!(spellings.len(), 3);
        assert!(numbers("log_probability").is_sorted_by(|a, b| a >= b));
        assert!(numbers("confidence").iter().sum::<f64>() <= 1.0 + 1e-6);
    }
}

#[test]
fn bundles_are_packed_verified_and_shown() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    succeed(at, &EXPORT);
    assert_eq!(
        succeed(
            at,
            &["bundle", "pack", "bundle", "--output", "one.swipekit"]
        ),
        ""
    );
    assert_eq!(
        succeed(
            at,
            &["bundle", "unpack", "one.swipekit", "--output", "again"]
        ),
        ""
    );
    for path in ["bundle", "one.swipekit", "again"] {
        let verified = json(at, &["bundle", "verify", path, "--json"]);
        assert!(verified["golden_swipes"].as_u64() > Some(3), "{verified}");
        json(at, &["bundle", "verify", path, "--files-only", "--json"]);
        let shown = json(at, &["bundle", "inspect", path, "--json"]);
        assert_eq!(shown["manifest"]["vocabulary"]["blank"], 27);
        assert_eq!(shown["packed"], path == "one.swipekit");
    }
    let (first, again) = (at.join("bundle"), at.join("again"));
    for entry in fs::read_dir(&first).unwrap() {
        let name = entry.unwrap().file_name();
        assert_eq!(
            fs::read(first.join(&name)).unwrap(),
            fs::read(again.join(&name)).unwrap()
        );
    }

    // A damaged bundle is a failed check.
    let encoder = again.join("encoder.onnx");
    let mut bytes = fs::read(&encoder).unwrap();
    bytes[1000] ^= 4;
    fs::write(&encoder, bytes).unwrap();
    let message = fail(at, 3, &["bundle", "verify", "again"]);
    for part in ["encoder.onnx", "SHA-256", "expected", "got"] {
        assert!(message.contains(part), "{message}");
    }
    fail(
        at,
        3,
        &["eval", "--bundle", "again", "--manifest", "swipes.jsonl"],
    );
}

#[test]
fn lexicons_are_prepared_built_and_shown() {
    let folder = folder();
    let at = folder.path();
    let list = repository("models/lexicons/en/words.tsv");
    let prepared = json(
        at,
        &[
            "lexicon",
            "prepare",
            "--frequencies",
            list.to_str().unwrap(),
            "--small-size",
            "100",
            "--full-size",
            "1000",
            "--output-dir",
            "lists",
            "--json",
        ],
    );
    assert!(prepared.is_object());
    let count = |name: &str| {
        fs::read_to_string(at.join("lists").join(name))
            .unwrap()
            .lines()
            .count()
    };
    assert_eq!(
        (count("lexicon_small.txt"), count("lexicon_full.txt")),
        (100, 1000)
    );
    let statistics: Value =
        serde_json::from_slice(&fs::read(at.join("lists/lexicon_stats.json")).unwrap()).unwrap();
    assert!(statistics.is_object());

    let build = [
        "lexicon",
        "build",
        "--words",
        "lists/lexicon_full.txt",
        "--checkpoint",
        "model.nemo",
    ];
    let built = json(
        at,
        &[&build[..], &["--output", "words.fst", "--json"]].concat(),
    );
    assert_eq!(built["words"], 1000);
    let shown = json(at, &["lexicon", "inspect", "words.fst", "--json"]);
    assert_eq!(shown["words"], 1000);
    assert!(succeed(at, &["lexicon", "inspect", "words.fst"]).contains("1000"));
    let mut bytes = fs::read(at.join("words.fst")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(at.join("words.fst"), bytes).unwrap();
    assert!(fail(at, 3, &["lexicon", "inspect", "words.fst"]).contains("words.fst"));
}

#[test]
fn language_models_are_built_and_shown() {
    let folder = folder();
    let at = folder.path();
    fs::write(
        at.join("text.txt"),
        "We are here.\nWe are not here. Are you?\n",
    )
    .unwrap();
    let build = "language build --text text.txt --order 2 --output language.bin --json";
    let built = json(at, &build.split(' ').collect::<Vec<_>>());
    assert_eq!(built["sentences"], 3);
    assert_eq!(built["ngrams"], serde_json::json!([8, 9, 0]));
    let inspect = [
        "language",
        "inspect",
        "language.bin",
        "--perplexity",
        "text.txt",
        "--json",
    ];
    let shown = json(at, &inspect);
    assert_eq!(
        (&shown["ngrams"], &shown["order"]),
        (&built["ngrams"], &2.into())
    );
    assert_eq!(shown["perplexity"]["tokens"], 12);
    assert!(succeed(at, &inspect[..3]).contains("max_error"));

    // What stands in a file is not shown.
    fs::write(
        at.join("wrong.arpa"),
        "\\data\\\nngram 1=1\n\\1-grams:\nsecret word\n",
    )
    .unwrap();
    let wrong = [
        "language",
        "build",
        "--arpa",
        "wrong.arpa",
        "--output",
        "wrong.bin",
    ];
    let message = fail(at, 1, &wrong);
    assert!(
        message.contains("wrong.arpa:4: expected a number"),
        "{message}"
    );
    assert!(!message.contains("secret") && !at.join("wrong.bin").exists());
    let mut damaged = fs::read(at.join("language.bin")).unwrap();
    damaged[300] ^= 1;
    fs::write(at.join("damaged.bin"), damaged).unwrap();
    fail(at, 3, &["language", "inspect", "damaged.bin"]);
    fail(at, 2, &["language", "build", "--output", "nothing.bin"]);
}

#[test]
fn completions_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        assert!(succeed(folder.path(), &["completions", shell]).contains("swipekit"));
    }
}

#[test]
fn exit_codes_tell_what_went_wrong() {
    let folder = folder();
    let at = folder.path();
    // 2: the command line is wrong.
    for arguments in [
        &["nothing"][..],
        &["eval", "--bundle", "b"],
        &["export", "onnx"],
        &["lexicon", "build", "--words", "w"],
    ] {
        assert!(fail(at, 2, arguments).contains("Usage"), "{arguments:?}");
    }
    // 1: something failed.
    let absent = fail(
        at,
        1,
        &[
            "export",
            "onnx",
            "--checkpoint",
            "absent.nemo",
            "--output",
            "bundle",
        ],
    );
    assert!(
        absent.starts_with("swipekit: ") && absent.contains("absent.nemo"),
        "{absent}"
    );
    fs::write(
        at.join("bad.nemo"),
        &fs::read(at.join("model.nemo")).unwrap()[..5000],
    )
    .unwrap();
    let cut = fail(
        at,
        1,
        &[
            "export",
            "onnx",
            "--checkpoint",
            "bad.nemo",
            "--output",
            "bundle",
        ],
    );
    assert!(cut.contains("bad.nemo"), "{cut}");
    assert!(!at.join("bundle").exists());
    if !runtime() {
        return;
    }
    // 3: a check failed.
    checkpoint::write_nemo_with(&at.join("blank.nemo"), 7, |name, values| {
        if name == "decoder.prediction.embed.weight" {
            *values.last_mut().unwrap() = 0.5;
        }
    });
    let wrong = fail(
        at,
        3,
        &[
            "export",
            "onnx",
            "--checkpoint",
            "blank.nemo",
            "--output",
            "bundle",
        ],
    );
    for part in ["blank", "expected", "got"] {
        assert!(wrong.contains(part), "{wrong}");
    }
    assert!(!at.join("bundle").exists());

    // A folder that is no bundle is not replaced.
    fs::create_dir(at.join("mine")).unwrap();
    fs::write(at.join("mine/letters.txt"), "keep").unwrap();
    let kept = fail(
        at,
        1,
        &[
            "export",
            "onnx",
            "--checkpoint",
            "model.nemo",
            "--output",
            "mine",
        ],
    );
    assert!(kept.contains("mine"), "{kept}");
    assert_eq!(fs::read(at.join("mine/letters.txt")).unwrap(), b"keep");

    succeed(
        at,
        &[
            "export",
            "onnx",
            "--checkpoint",
            "model.nemo",
            "--output",
            "dynamic",
        ],
    );
    let wordless = fail(
        at,
        1,
        &[
            "decode",
            "--bundle",
            "dynamic",
            "--manifest",
            "swipes.jsonl",
        ],
    );
    assert!(
        wordless.contains("--lexicon"),
        "the fix is named: {wordless}"
    );
    let secret = "{\"word\":\"mysecret\",\"points\":7}\n";
    fs::write(at.join("line.jsonl"), secret).unwrap();
    let line = [
        "decode",
        "--bundle",
        "dynamic",
        "--lexicon",
        "words.tsv",
        "--manifest",
        "line.jsonl",
        "--json",
    ];
    let message = fail(at, 1, &line);
    assert!(
        message.contains("line.jsonl:1") && !message.contains("mysecret"),
        "{message}"
    );
    fs::write(at.join("none.jsonl"), "\n").unwrap();
    fail(
        at,
        1,
        &[
            "eval",
            "--bundle",
            "dynamic",
            "--lexicon",
            "words.tsv",
            "--manifest",
            "none.jsonl",
        ],
    );
    let preset = [
        "decode",
        "--bundle",
        "dynamic",
        "--lexicon",
        "words.tsv",
        "--manifest",
        "swipes.jsonl",
        "--preset",
        "x",
    ];
    assert!(
        fail(at, 1, &preset).contains("default"),
        "what there is is named"
    );
}

#[test]
fn synthetic_swipes_are_made_and_a_profile_is_fitted_to_them() {
    let folder = folder();
    let folder = folder.path();
    let make = [
        "synth",
        "--words",
        "words.tsv",
        "--count",
        "150",
        "--people",
        "9",
        "--seed",
        "3",
    ];
    let text = succeed(folder, &[&make[..], &["--profile", "prior"]].concat());
    let swipes: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(swipes.len(), 150);
    assert!(
        swipes
            .iter()
            .all(|swipe| swipe["user"].as_u64().unwrap() < 9
                && swipe["kb"][0].as_f64().unwrap() >= 320.0)
    );
    assert!(swipes.iter().any(|swipe| swipe["word"] == "dont") && !text.contains("don't"));
    // The same from the middle on, into a packed file.
    let rest = [
        "--profile",
        "prior",
        "--start",
        "100",
        "--count",
        "50",
        "--output",
        "rest.jsonl.gz",
    ];
    assert_eq!(
        succeed(folder, &[&make[..3], &make[5..], &rest].concat()),
        ""
    );
    let read: Vec<_> = swipekit_exporters::swipes::Swipes::open(folder.join("rest.jsonl.gz"))
        .unwrap()
        .map(|swipe| swipe.unwrap().word)
        .collect();
    let words: Vec<_> = swipes[100..]
        .iter()
        .map(|swipe| swipe["word"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(read, words);

    fs::write(folder.join("swipes.jsonl"), text).unwrap();
    let fit = [
        "synth",
        "calibrate",
        "swipes.jsonl",
        "--rounds",
        "4",
        "--name",
        "mine",
        "--source",
        "Ours.",
    ];
    let out = ["--output", "profile.json", "--report", "report.html"];
    let table = succeed(folder, &[&fit[..], &out].concat());
    assert!(
        table.contains("150 of 150 swipes by 9 people") && table.contains("segment_ms"),
        "{table}"
    );
    assert!(
        fs::read_to_string(folder.join("report.html"))
            .unwrap()
            .contains("<svg")
    );
    let fitted = json(folder, &[&fit[..], &["--json"]].concat());
    let profile: Value =
        serde_json::from_slice(&fs::read(folder.join("profile.json")).unwrap()).unwrap();
    assert_eq!(fitted["profile"], profile);
    assert_eq!(profile["name"], "mine");
    assert!(
        profile["source"]
            .as_str()
            .unwrap()
            .starts_with("Ours. Fitted to 150 swipes of 9 people")
    );
    let again = ["--profile", "profile.json", "--layout", "azerty"];
    assert_eq!(
        succeed(folder, &[&make[..], &again].concat())
            .lines()
            .count(),
        150
    );

    assert!(fail(folder, 1, &[&make[..], &["--profile", "nobody"]].concat()).contains("nobody"));
    assert!(
        fail(folder, 1, &[&make[..], &["--layout", "words.tsv"]].concat()).contains("words.tsv")
    );
    assert!(fail(folder, 1, &[&make[..], &["--temper", "-1"]].concat()).contains("frequencies"));
    fail(folder, 2, &["synth"]);
    fail(folder, 1, &["synth", "calibrate", "absent.jsonl"]);
}
