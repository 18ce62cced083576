//! The words before a swipe, over a bundle as an app has it.

use std::fs;
use std::path::Path;

use swipekit::language_model::{LanguageModel, LanguageModelBuilder, SENTENCE_START};
use swipekit::trace::Trace;
use swipekit::{Candidate, Engine, Gesture, Limits, LiveOptions, Session};
use swipekit_exporters::judge::evaluate::{Options, evaluate};
use swipekit_exporters::random::Random;
use swipekit_exporters::synth::samples::trace;
use swipekit_exporters::{export, package};
use swipekit_tests::{options, random_checkpoint, repository, runtime};

/// A swipe of `word` by a careful finger.
fn swipe(word: &str) -> Trace {
    trace(word, &mut Random::new(7)).unwrap()
}

fn default_bundle() -> Engine {
    Engine::open(repository("models/en-qwerty")).unwrap()
}

/// A model in which `word` is all that follows "the".
fn model_of(word: &str) -> LanguageModel {
    let mut builder = LanguageModelBuilder::new();
    for (words, log_probability) in [
        (&["the"][..], -3.0),
        (&[SENTENCE_START], -99.0),
        (&[word], -9.0),
        (&["the", word], -0.2),
    ] {
        builder.add(words, log_probability, 0.0).unwrap();
    }
    let built = builder.build().unwrap();
    LanguageModel::from_bytes(built.bytes.into(), "test").unwrap()
}

/// Two words that a swipe may mean, the second not much less likely.
fn ambiguous(session: &mut Session) -> (Trace, Vec<Candidate>) {
    let words = [
        "pit", "put", "or", "of", "in", "tin", "hit", "has", "do", "fit",
    ];
    let swipes = (7..27).flat_map(|seed| words.map(|word| trace(word, &mut Random::new(seed))));
    let mut found = swipes.filter_map(|trace| {
        let trace = trace?;
        let candidates = session.decode(&trace).unwrap().candidates;
        (candidates[0].score - candidates[1].score < 2.5).then_some((trace, candidates))
    });
    found.next().expect("a swipe that may mean two words")
}

/// The words of a swipe behind those of `context`.
fn behind<W: AsRef<str>>(engine: &Engine, trace: &Trace, context: &[W]) -> Vec<Candidate> {
    let mut session = engine.session();
    let gesture = session.encode(trace, &Limits::default()).unwrap();
    let mut gesture = gesture.with_context(context);
    gesture.words(engine.options()).unwrap().candidates
}

#[test]
fn the_words_before_decide_between_words_that_a_swipe_may_mean() {
    if !runtime() {
        return;
    }
    let engine = default_bundle();
    let (trace, before) = ambiguous(&mut engine.session());
    let other = before[1].word.clone();
    let engine = engine.with_language_model(model_of(&other));
    assert!(engine.options().language_model_weight > 0.0);
    let mut session = engine.session();
    assert_eq!(session.decode(&trace).unwrap().candidates, before);
    for context in [&["the"][..], &["THE"], &[SENTENCE_START, "over", "the"]] {
        let after = behind(&engine, &trace, context);
        assert_eq!(after[0].word, other);
        assert!(after[0].language_model > 5.0);
        assert_eq!(after[0].log_probability, before[1].log_probability);
    }
    // They are one gesture's, and no session keeps them.
    let gesture = session.encode(&trace, &Limits::default()).unwrap();
    let mut gesture = gesture.with_context(&["the"]);
    let after = gesture.words(engine.options()).unwrap().candidates;
    assert_eq!(after[0].word, other);
    let mut gesture = gesture.with_context::<&str>(&[]);
    let without = gesture.words(engine.options()).unwrap().candidates;
    assert_eq!(without, before);
    assert_eq!(session.decode(&trace).unwrap().candidates, before);
}

#[test]
fn live_sessions_have_words_before_them_too() {
    if !runtime() {
        return;
    }
    let engine = default_bundle();
    let (trace, before) = ambiguous(&mut engine.session());
    let other = before[1].word.clone();
    let engine = engine.with_language_model(model_of(&other));
    let after = behind(&engine, &trace, &["the"]);
    assert_eq!(after[0].word, other);
    let live = engine.live(&LiveOptions::default()).unwrap();
    let finished = |context: &[&str]| {
        live.begin(trace.area());
        live.set_context(context);
        live.push(trace.points()).unwrap();
        live.finish(&Limits::default()).unwrap().candidates
    };
    assert_eq!(finished(&["the"]), after);
    assert_eq!(finished(&[]), before);
    assert_eq!(finished(&["the"]), after);
    // They hold until they are set again.
    live.begin(trace.area());
    live.push(trace.points()).unwrap();
    let found = live.finish(&Limits::default()).unwrap();
    assert_eq!(found.candidates, after);
}

#[test]
fn without_anything_to_say_nothing_changes() {
    if !runtime() {
        return;
    }
    let plain = default_bundle();
    let (trace, before) = ambiguous(&mut plain.session());
    assert_eq!(behind(&plain, &trace, &["the"]), before);

    let engine = plain.with_language_model(model_of(&before[1].word));
    let long: Vec<String> = (0..1000).map(|at| format!("word{at}")).collect();
    for context in [
        vec![],
        long,
        vec![String::new()],
        vec!["the".to_owned(), "absent".to_owned()],
        vec!["\u{0}'".to_owned()],
    ] {
        assert_eq!(behind(&engine, &trace, &context), before);
    }
    let mut options = engine.options().clone();
    options.language_model_weight = 0.0;
    let mut session = engine.session();
    let gesture = session.encode(&trace, &Limits::default()).unwrap();
    let found = gesture.with_context(&["the"]).words(&options).unwrap();
    assert_eq!(found.candidates, before);
}

#[test]
fn a_user_s_word_that_the_model_lacks_is_not_punished() {
    if !runtime() {
        return;
    }
    let engine = default_bundle().with_language_model(model_of("nothing"));
    engine.words().add("SwipeKit").unwrap();
    let trace = swipe("swipekit");
    let before = behind::<&str>(&engine, &trace, &[]);
    assert_eq!(before[0].word, "SwipeKit");
    assert_eq!(behind(&engine, &trace, &["the"])[0], before[0]);
}

#[test]
fn a_bundle_brings_its_language_model_along() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.bin");
    fs::write(&file, &**model_of("hello").bytes()).unwrap();
    let list = folder.path().join("words.tsv");
    fs::write(&list, "hello\t9\nhalo\t5\nthe\t99\n").unwrap();
    let output = folder.path().join("bundle");
    let options = export::Options {
        lexicon: Some(list),
        language_model: Some(file),
        language_model_source: "made by the test".to_owned(),
        language_model_licence: "CC0-1.0".to_owned(),
        parts: false,
        ..options(&random_checkpoint(folder.path()), &output)
    };
    export::onnx(&options, |_| {}).unwrap();
    let shown = package::inspect(&output)
        .unwrap()
        .manifest
        .language_model
        .unwrap();
    assert_eq!(
        (shown.file.as_str(), shown.order, shown.words),
        ("language.bin", 2, 3)
    );
    assert_eq!(
        (shown.source.as_str(), shown.licence.as_str()),
        ("made by the test", "CC0-1.0")
    );

    let packed = folder.path().join("bundle.swipekit");
    package::pack(&output, &packed).unwrap();
    for path in [&output, &packed] {
        let engine = Engine::open(path).unwrap();
        assert_eq!(engine.language_model().unwrap().words(), 3);
        assert!(engine.options().language_model_weight > 0.0);
        engine.self_test().unwrap();
        let mut session = engine.session();
        // A random model finds a word likely by chance only: all are searched.
        let mut options = engine.options().clone();
        (options.beam, options.window) = (0, 1000.0);
        let trace = swipe("hello");
        let mut gesture = session.encode(&trace, &Limits::default()).unwrap();
        let hello = |gesture: &mut Gesture<'_>| {
            let mut words = gesture.words(&options).unwrap().into_iter();
            words.find(|candidate| candidate.word == "hello").unwrap()
        };
        let before = hello(&mut gesture);
        let mut gesture = gesture.with_context(&["the"]);
        assert!(hello(&mut gesture).score > before.score + 1.0);
    }
    refuses_damage(&output);
}

/// A language model that is not what the manifest says, in one way or another, keeps the bundle
/// closed.
fn refuses_damage(output: &Path) {
    let file = output.join("language.bin");
    let whole = fs::read(&file).unwrap();
    for at in [0, 12, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&file, damaged).unwrap();
        Engine::open(output).unwrap_err();
    }
    fs::write(&file, &whole).unwrap();
    let manifest = output.join("bundle.json");
    let text = fs::read_to_string(&manifest).unwrap();
    for (from, to) in [
        ("\"file\": \"language.bin\"", "\"file\": \"absent.bin\""),
        ("\"order\": 2", "\"order\": 4"),
        ("\"file\": \"language.bin\"", "\"file\": \"lexicon.fst\""),
    ] {
        assert!(text.contains(from));
        fs::write(&manifest, text.replace(from, to)).unwrap();
        Engine::open(output).unwrap_err();
    }
    fs::write(&manifest, text).unwrap();
    Engine::open(output).unwrap();
}

#[test]
fn an_evaluation_tells_what_the_words_before_do() {
    if !runtime() {
        return;
    }
    let engine = default_bundle();
    let (_, before) = ambiguous(&mut engine.session());
    let engine = engine.with_language_model(model_of(&before[1].word));
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("swipes.jsonl");
    let prompt = "see the hello world";
    let lines = ["see", "hello", "world", "hello"].map(|word| {
        let points: Vec<String> = swipe(word)
            .points()
            .iter()
            .map(|point| format!("{{\"x\":{},\"y\":{},\"t\":{}}}", point.x, point.y, point.t))
            .collect();
        let points = points.join(",");
        format!("{{\"word\":\"{word}\",\"sentence\":\"{prompt}\",\"points\":[{points}]}}\n")
    });
    fs::write(&manifest, lines.concat()).unwrap();
    let mut options = Options::default();
    let without = evaluate(&engine, &manifest, &options, |_| {}).unwrap();
    assert!(without.context.is_none());
    options.context = true;
    let with = evaluate(&engine, &manifest, &options, |_| {}).unwrap();
    let effect = with.context.unwrap();
    assert_eq!((with.n, effect.swipes), (4, 4));
    assert_eq!(effect.without.top1, without.top1);
    assert_eq!(effect.difference.overall.n, 4);
}
