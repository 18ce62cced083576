//! The bindings, generated of the library that this test was built with, and run.
#![cfg(feature = "uniffi")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use swipekit::internals::runtime;
use swipekit::language_model::LanguageModelBuilder;
use swipekit::{Engine, Limits, Trace};
use swipekit_bindgen::{Language, generate};
use swipekit_test_support::{found, repository};

/// The library that cargo has built beside this test.
fn library() -> PathBuf {
    let deps = env::current_exe().unwrap();
    let name = format!(
        "{}swipekit_ffi{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    );
    deps.parent().unwrap().join(name)
}

/// Whether ONNX Runtime is there; counts a skip where it is not.
fn runtime_is_here() -> bool {
    found(runtime::load(None)).is_some()
}

/// The sample swipes with what Rust makes of them.
fn expected(engine: &Engine) -> Vec<Value> {
    let samples = fs::read_to_string(repository("models/samples/en-qwerty.jsonl")).unwrap();
    let mut session = engine.session();
    let swipes = samples.lines().map(|line| {
        let swipe: Value = serde_json::from_str(line).unwrap();
        let points = swipe["points"].as_array().unwrap().iter();
        let points: Vec<[f64; 3]> = points
            .map(|point| ["x", "y", "t"].map(|name| point[name].as_f64().unwrap()))
            .collect();
        let trace = Trace::in_letter_area(points.iter().map(|&[x, y, t]| (x, y, t))).unwrap();
        let mut gesture = session.encode(&trace, &Limits::default()).unwrap();
        let candidates = gesture
            .words(engine.options())
            .unwrap()
            .into_iter()
            .map(|candidate| {
                json!({
                    "word": candidate.word,
                    "score": candidate.score,
                    "confidence": candidate.confidence,
                    "log_probability": candidate.log_probability,
                })
            });
        let candidates: Vec<Value> = candidates.collect();
        let spellings = gesture.spellings(3, engine.options()).unwrap().into_iter();
        let spellings: Vec<Value> = spellings
            .map(|spelling| json!([spelling.text, spelling.log_probability]))
            .collect();
        let greedy = gesture.greedy().unwrap();
        json!({
            "points": points, "candidates": candidates, "spellings": spellings, "greedy": greedy
        })
    });
    swipes.collect()
}

/// A language model which says that the third candidate of the first swipe that has so many follows
/// `behold`.
fn write_language_model(swipes: &[Value], path: &Path) {
    let word = swipes
        .iter()
        .find_map(|swipe| swipe["candidates"][2]["word"].as_str());
    let mut builder = LanguageModelBuilder::new();
    for unigram in ["<unk>", "<s>", "behold", word.unwrap()] {
        builder.add(&[unigram], -5.0, -1.0).unwrap();
    }
    builder.add(&["behold", word.unwrap()], -0.1, 0.0).unwrap();
    builder.build().unwrap().write(path).unwrap();
}

#[test]
fn python_gives_what_rust_gives() {
    if !runtime_is_here() {
        return;
    }
    if found(Command::new("python3").arg("--version").output()).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    generate(&library(), &[Language::Python], folder).unwrap();
    let name = format!(
        "{}swipekit{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    );
    fs::copy(library(), folder.join(name)).unwrap();

    let bundle = fs::canonicalize(repository("models/en-qwerty")).unwrap();
    let swipes = expected(&Engine::open(&bundle).unwrap());
    write_language_model(&swipes, &folder.join("language.bin"));
    fs::write(
        folder.join("expected.json"),
        Value::from(swipes).to_string(),
    )
    .unwrap();

    let loaded = runtime::loaded().unwrap().path.unwrap();
    let status = Command::new("python3")
        .args(["-m", "unittest", "-v", "test_swipekit"])
        .current_dir(repository("ffi/tests/python"))
        .env("PYTHONPATH", folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SWIPEKIT_BUNDLE", &bundle)
        .env("SWIPEKIT_FOLDER", folder)
        .env("ORT_DYLIB_PATH", loaded)
        .status()
        .unwrap();
    assert!(status.success(), "{status}");

    let quick_start = Command::new("python3")
        .arg("-c")
        .arg(python_program())
        .arg(&bundle)
        .env("PYTHONPATH", folder)
        .env("ORT_DYLIB_PATH", runtime::loaded().unwrap().path.unwrap())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&quick_start.stdout);
    let words = printed.lines().filter(|line| line.ends_with('%')).count();
    assert!((2..=5).contains(&words), "{quick_start:?}");
}

/// The Python program of docs/BINDINGS.md.
fn python_program() -> String {
    let text = fs::read_to_string(repository("docs/BINDINGS.md")).unwrap();
    let (_, rest) = text.split_once("```python\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn kotlin_and_swift_are_generated() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    generate(&library(), &[Language::Kotlin, Language::Swift], folder).unwrap();
    let read = |path: &str| fs::read_to_string(folder.join(path)).unwrap();
    let kotlin = read("io/github/swipekit/uniffi/swipekit.kt");
    assert!(kotlin.contains("\npackage io.github.swipekit.uniffi\n"));
    let swift = read("Swipekit.swift");
    assert!(read("SwipekitFFI.h").contains("uniffi_swipekit_ffi_fn_method_engine_decode"));
    assert!(read("SwipekitFFI.modulemap").contains("module SwipekitFFI"));
    for method in [
        "decodePacked",
        "withLayout",
        "selfTest",
        "exportTo",
        "setContext",
        "isCancelled",
    ] {
        assert!(
            kotlin.contains(&format!("override fun `{method}`(")),
            "{method}"
        );
        assert!(swift.contains(&format!("open func {method}(")), "{method}");
    }
}

#[test]
fn a_file_that_is_no_library_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("libswipekit.so");
    for content in [&b""[..], b"\x7fELF", b"not a library"] {
        fs::write(&file, content).unwrap();
        let error = generate(&file, &[Language::Python], folder.path()).unwrap_err();
        assert!(error.to_string().contains("libswipekit.so"), "{error}");
    }
}
