//! A user's words over a bundle as an app has it.

use std::thread;
use std::time::Instant;

use swipekit::Engine;
use swipekit::lexicon::{Layer, Lexicon, LexiconBuilder};
use swipekit::trace::Trace;
use swipekit_exporters::export;
use swipekit_exporters::random::Random;
use swipekit_exporters::synth::samples::trace;
use swipekit_tests::{options, random_checkpoint, repository, runtime};

/// A swipe of `word` by a careful finger.
fn swipe(word: &str) -> Trace {
    trace(word, &mut Random::new(7)).unwrap()
}

fn words(engine: &Engine, trace: &Trace) -> Vec<String> {
    let candidates = engine.session().decode(trace).unwrap().into_iter();
    candidates.map(|candidate| candidate.word).collect()
}

fn default_bundle() -> Engine {
    Engine::open(repository("models/en-qwerty")).unwrap()
}

#[test]
fn words_count_from_the_next_swipe_on() {
    if !runtime() {
        return;
    }
    let engine = default_bundle();
    let mut session = engine.session();
    let hello = swipe("hello");
    let mut decode = |trace: &Trace| {
        let candidates = session.decode(trace).unwrap().into_iter();
        candidates
            .map(|candidate| candidate.word)
            .collect::<Vec<_>>()
    };
    let before = decode(&hello);
    assert!(before.contains(&"hello".to_owned()));
    let user = engine.words();
    user.block("Hello").unwrap();
    assert!(
        !decode(&hello)
            .iter()
            .any(|word| word.eq_ignore_ascii_case("hello"))
    );
    user.unblock("Hello").unwrap();
    assert_eq!(decode(&hello), before);

    let unheard = swipe("swipekit");
    assert!(!decode(&unheard).contains(&"SwipeKit".to_owned()));
    user.add("SwipeKit").unwrap();
    assert_eq!(decode(&unheard)[0], "SwipeKit");
    // Clones and other sessions share the words.
    assert_eq!(words(&engine.clone(), &unheard)[0], "SwipeKit");
    user.remove("SwipeKit").unwrap();
    assert!(!decode(&unheard).contains(&"SwipeKit".to_owned()));
    assert!(user.is_empty());
    assert_eq!(decode(&hello), before);
}

#[test]
fn choices_decide_between_words_that_a_swipe_may_mean() {
    if !runtime() {
        return;
    }
    let engine = default_bundle();
    let trace = swipe("pit");
    let before = words(&engine, &trace);
    let other = before[1].clone();
    let rank = |engine: &Engine| words(engine, &trace).iter().position(|word| *word == other);
    for _ in 0..50 {
        engine.words().learn(&other).unwrap();
    }
    assert!(rank(&engine) <= Some(1));
    let scores = |engine: &Engine| {
        let candidates = engine.session().decode(&trace).unwrap().candidates;
        let score = |word: &str| candidates.iter().find(|c| c.word == word).unwrap().score;
        score(&other) - score(&before[0])
    };
    assert!(scores(&engine) > scores(&default_bundle()));
}

#[test]
fn a_bundle_without_words_works_with_the_user_s_alone() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = random_checkpoint(folder.path());
    let bundle = folder.path().join("bundle");
    export::onnx(&options(&checkpoint, &bundle), |_| {}).unwrap();
    let engine = Engine::open(&bundle).unwrap();
    let mut session = engine.session();
    let trace = swipe("hello");
    let error = session.decode(&trace).unwrap_err().to_string();
    assert!(
        error.contains("with_lexicon") && error.contains("words"),
        "{error}"
    );
    engine.words().add("hello").unwrap();
    let candidates = session.decode(&trace).unwrap().candidates;
    assert_eq!(candidates.len(), 1);
    assert_eq!(candidates[0].word, "hello");
    engine.words().clear();
    assert!(session.decode(&trace).is_err());
}

#[test]
fn an_app_s_words_are_searched_beside_the_bundle_s() {
    if !runtime() {
        return;
    }
    let engine = default_bundle();
    engine.words().block("hello").unwrap();
    let labels = engine.manifest().vocabulary.labels.clone();
    let mut builder = LexiconBuilder::new(&labels);
    for contact in ["Jörg", "Xiaoming", "Wojciechowska"] {
        builder.add(contact, 1.0).unwrap();
    }
    let contacts = builder.build().unwrap().bytes;
    let contacts = Lexicon::from_bytes(contacts.into(), &labels, "contacts").unwrap();
    let both = engine
        .with_layers(vec![
            Layer::new(engine.lexicon().unwrap().clone()),
            Layer::weighted(contacts, -6.0).unwrap(),
        ])
        .unwrap();
    for (word, shown) in [
        ("xiaoming", "Xiaoming"),
        ("wojciechowska", "Wojciechowska"),
        ("keyboard", "keyboard"),
    ] {
        assert_eq!(words(&both, &swipe(word))[0], shown);
    }
    assert!(!words(&engine, &swipe("xiaoming")).contains(&"Xiaoming".to_owned()));
    // The user's words came along, and go their own way from then on.
    assert!(!words(&both, &swipe("hello")).contains(&"hello".to_owned()));
    both.words().unblock("hello").unwrap();
    assert!(words(&both, &swipe("hello")).contains(&"hello".to_owned()));
    assert!(!words(&engine, &swipe("hello")).contains(&"hello".to_owned()));
}

/// Eight threads decode while words come and go: every word is one that was allowed when its swipe
/// began.
#[test]
fn threads_decode_while_words_come_and_go() {
    if !runtime() {
        return;
    }
    const SWIPES: usize = 150;
    let engine = default_bundle();
    let traces = ["hello", "the", "people", "keyboard", "water"].map(swipe);
    let (blocked, added) = ("hello", "helo");
    let start = Instant::now();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|worker| {
                let (engine, traces) = (&engine, &traces);
                scope.spawn(move || {
                    let mut session = engine.session();
                    let mut lists = Vec::with_capacity(SWIPES);
                    for at in 0..SWIPES {
                        let list = session
                            .decode(&traces[(at + worker) % traces.len()])
                            .unwrap();
                        let words = list.into_iter().map(|candidate| candidate.word);
                        lists.push(((at + worker) % traces.len(), words.collect::<Vec<_>>()));
                    }
                    lists
                })
            })
            .collect();
        let mut turn = 0_u32;
        while workers.iter().any(|worker| !worker.is_finished()) {
            turn += 1;
            let user = engine.words();
            match turn % 4 {
                0 => user.block(blocked),
                1 => user.add(added),
                2 => user.unblock(blocked),
                _ => user.remove(added),
            }
            .unwrap();
        }
        // What each swipe gives in each of the states that there were.
        engine.words().clear();
        let mut allowed: Vec<Vec<Vec<String>>> = vec![Vec::new(); traces.len()];
        for state in 0..4 {
            let user = engine.words();
            user.clear();
            if state & 1 != 0 {
                user.block(blocked).unwrap();
            }
            if state & 2 != 0 {
                user.add(added).unwrap();
            }
            for (lists, trace) in allowed.iter_mut().zip(&traces) {
                lists.push(words(&engine, trace));
            }
        }
        for worker in workers {
            for (trace, list) in worker.join().unwrap() {
                assert!(allowed[trace].contains(&list), "a list that no state gives");
            }
        }
        println!(
            "{} decodes, {turn} changes in {:?}",
            8 * SWIPES,
            start.elapsed()
        );
    });
}

#[test]
fn memory_is_told_by_part() {
    if !runtime() {
        return;
    }
    let engine = default_bundle();
    let memory = engine.memory();
    let bundle = engine.bundle();
    let files = bundle
        .file_names()
        .map(|name| bundle.file(name).unwrap().len());
    assert!(memory.mapped > files.sum::<usize>());
    let size = |name: &str| bundle.file(name).unwrap().len();
    assert_eq!(memory.encoder_file, size("encoder.onnx"));
    // Weights as they are in the file, and what padding to whole vectors adds.
    let file = size("transducer.safetensors");
    assert!(memory.transducer > file / 2 && memory.transducer < 2 * file);
    // States and projections of a thousand prefixes.
    let model = &engine.manifest().model;
    let floats = 2 * model.prediction_layers * model.prediction + model.joint;
    assert!(memory.prefixes > 4 * 1024 * floats && memory.prefixes < 4 << 20);
    assert_eq!(memory.words, 0);
    engine.words().add("SwipeKit").unwrap();
    assert!(engine.memory().words > 0);

    let mut session = engine.session();
    let before = session.memory();
    assert!(before < memory.prefixes / 8, "sessions share the prefixes");
    session.decode(&swipe("keyboard")).unwrap();
    let first = session.memory();
    assert!(first > before);
    for _ in 0..20 {
        session.decode(&swipe("keyboard")).unwrap();
    }
    assert_eq!(
        session.memory(),
        first,
        "the same gesture needs nothing new"
    );
}
