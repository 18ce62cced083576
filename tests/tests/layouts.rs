//! One network, trained on QWERTY, on other keyboards.

use swipekit::layout::{Layout, LetterArea};
use swipekit::lexicon::Lexicon;
use swipekit::trace::{Point, Trace};
use swipekit::{Candidate, Engine, Error, Limits};
use swipekit_exporters::random::Random;
use swipekit_exporters::synth::samples::swipe_on;
use swipekit_tests::{english, lexicon, repository, runtime, swipes};

fn default_bundle() -> Engine {
    Engine::open(repository("models/en-qwerty")).unwrap()
}

/// Every 40th of the 4,000 most frequent words with more than one letter.
fn words() -> Vec<String> {
    let words = english(4_000).into_iter().map(|(word, _)| word);
    let words = words.filter(|word| word.len() > 1 && word.bytes().all(|c| c.is_ascii_lowercase()));
    words.step_by(40).collect()
}

/// Generated swipes of [`words`] on `layout`, in its letter area.
fn generated(layout: &Layout) -> Vec<(String, Trace)> {
    let mut random = Random::new(5);
    let words = words().into_iter();
    words
        .map(|word| {
            let points = swipe_on(layout, &word, &mut random).unwrap();
            (word, Trace::in_letter_area(points).unwrap())
        })
        .collect()
}

/// How many of a hundred swipes give their word first, and among the first three.
fn accuracy(engine: &Engine, swipes: &[(String, Trace)]) -> [f64; 2] {
    let mut session = engine.session();
    let mut hits = [0; 2];
    for (word, trace) in swipes {
        let candidates = session.decode(trace).unwrap().candidates;
        let rank = candidates
            .iter()
            .position(|candidate| candidate.word.eq_ignore_ascii_case(word));
        hits[0] += usize::from(rank == Some(0));
        hits[1] += usize::from(rank.is_some_and(|rank| rank < 3));
    }
    hits.map(|hits| 100.0 * hits as f64 / swipes.len() as f64)
}

fn split() -> Layout {
    let mut layout = Layout::qwerty();
    for key in &mut layout.keys {
        if "yuiophjklbnm".contains(key.label) {
            key.x += 0.2;
        }
    }
    layout
}

fn with_digits() -> Layout {
    Layout::rows(
        "number row",
        &[
            ("1234567890", 0.0),
            ("qwertyuiop", 0.0),
            ("asdfghjkl", 0.5),
            ("zxcvbnm", 1.5),
        ],
    )
}

/// A layout and the accuracy that it must have.
type Floor = (Layout, [f64; 2]);

#[test]
fn generated_swipes_are_decoded_on_other_keyboards() {
    if !runtime() {
        return;
    }
    let engine = default_bundle();
    let typewriter = [("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75)];
    let umlauts = [("qwertzuiopü", 0.0), ("asdfghjklöä", 0.0), ("yxcvbnm", 2.0)];
    let colemak = [("qwfpgjluy", 0.0), ("arstdhneio", 0.0), ("zxcvbkm", 1.5)];
    // The floors of docs/LAYOUTS.md.
    let floors: [Floor; 10] = [
        (Layout::qwerty(), [92.0, 98.0]),
        (Layout::rows("typewriter", &typewriter), [92.0, 98.0]),
        (Layout::qwerty_unshifted(), [92.0, 98.0]),
        (with_digits(), [92.0, 98.0]),
        (split(), [86.0, 94.0]),
        (Layout::qwertz(), [92.0, 97.0]),
        (Layout::rows("qwertz with umlauts", &umlauts), [91.0, 97.0]),
        (Layout::azerty(), [88.0, 93.0]),
        (Layout::rows("colemak", &colemak), [86.0, 92.0]),
        (Layout::dvorak(), [80.0, 88.0]),
    ];
    for (layout, floor) in floors {
        let engine = engine.with_layout(&layout).unwrap();
        assert_eq!(engine.layout(), &layout);
        let got = accuracy(&engine, &generated(&layout));
        println!("{:20} {:5.1} {:5.1}", layout.name, got[0], got[1]);
        assert!(
            got[0] >= floor[0] && got[1] >= floor[1],
            "{}: {got:?}",
            layout.name
        );
    }
}

/// The trace in the pixels of a letter area.
fn in_pixels(trace: &Trace, area: LetterArea) -> Trace {
    let points = trace.points().iter().map(|point| {
        let [x, y] = area.point([point.x, point.y]);
        Point::new(x, y, point.t)
    });
    Trace::from_points(area, points).unwrap()
}

fn same(got: &[Candidate], expected: &[Candidate], tolerance: f64) {
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert_eq!(got.word, expected.word);
        let difference = (got.score - expected.score).abs();
        assert!(
            difference <= tolerance * expected.score.abs().max(1.0),
            "{difference}"
        );
    }
}

#[test]
fn qwerty_of_any_size_decodes_what_it_decoded_before() {
    if !runtime() {
        return;
    }
    let engine = default_bundle();
    let mut plain = engine.session();
    // The network's part bit for bit where the app's keys are those of the bundle, digits or not;
    // keys' places are rounded.
    for layout in [Layout::qwerty(), with_digits()] {
        let mut session = engine.with_layout(&layout).unwrap().session();
        for (_, trace) in swipes(20) {
            let (got, expected) = (
                session.decode(&trace).unwrap().candidates,
                plain.decode(&trace).unwrap().candidates,
            );
            same(&got, &expected, 1e-6);
            for (got, expected) in got.iter().zip(&expected) {
                assert_eq!(got.log_probability, expected.log_probability);
            }
        }
    }
    // To rounding in pixels, portrait and landscape.
    for (width, height) in [(1080.0, 480.0), (2340.0, 330.0)] {
        let area = LetterArea::new(12.0, 1600.0, width, height).unwrap();
        let layout = Layout::qwerty().placed(area).unwrap();
        let mut session = engine.with_layout(&layout).unwrap().session();
        let area = layout.letter_area().unwrap();
        for (_, trace) in swipes(20) {
            let got = session.decode(&in_pixels(&trace, area)).unwrap().candidates;
            same(&got, &plain.decode(&trace).unwrap().candidates, 1e-3);
        }
    }
}

#[test]
fn portrait_and_landscape_decode_alike() {
    if !runtime() {
        return;
    }
    let engine = default_bundle();
    for layout in [Layout::azerty(), split()] {
        let mut plain = engine.with_layout(&layout).unwrap().session();
        for (width, height) in [(1080.0, 480.0), (2340.0, 330.0)] {
            let area = LetterArea::new(0.0, 1600.0, width, height).unwrap();
            let placed = layout.placed(area).unwrap();
            let area = placed.letter_area().unwrap();
            let mut session = engine.with_layout(&placed).unwrap().session();
            for (_, trace) in generated(&layout).iter().step_by(5) {
                let got = session.decode(&in_pixels(trace, area)).unwrap().candidates;
                let expected = plain.decode(trace).unwrap().candidates;
                // Where a finger rests, rounding decides the direction of its motion, which is a
                // feature.
                same(&got[..1], &expected[..1], 0.05);
            }
        }
    }
}

/// On QWERTZ points stay where they are and y and z change places: the same as QWERTY with y and z
/// changed in every word.
#[test]
fn letters_taken_for_others_score_as_words_spelled_so() {
    if !runtime() {
        return;
    }
    let engine = default_bundle();
    let labels = engine.manifest().vocabulary.labels.clone();
    let list: Vec<(String, f64)> = english(3_000)
        .into_iter()
        .filter(|(word, _)| word.bytes().all(|c| c.is_ascii_lowercase()))
        .collect();
    let exchange = |word: &str| -> String {
        let letters = word.chars();
        letters
            .map(|letter| match letter {
                'y' => 'z',
                'z' => 'y',
                other => other,
            })
            .collect()
    };
    let spelled: Vec<(String, f64)> = list
        .iter()
        .map(|(word, weight)| (exchange(word), *weight))
        .collect();
    let with = |engine: &Engine, words: &[(String, f64)]| {
        let lexicon = Lexicon::clone(&lexicon(words, &labels));
        engine.with_lexicon(lexicon).unwrap()
    };
    let qwertz = with(&engine, &list).with_layout(&Layout::qwertz()).unwrap();
    let plain = with(&engine, &spelled);
    let (mut session, mut plain) = (qwertz.session(), plain.session());
    for (_, trace) in generated(&Layout::qwertz()).iter().step_by(3) {
        let limits = Limits::default();
        let mut spelled = plain.encode(trace, &limits).unwrap();
        let mut expected = spelled.words(qwertz.options()).unwrap().candidates;
        for candidate in &mut expected {
            candidate.word = exchange(&candidate.word);
        }
        let mut gesture = session.encode(trace, &limits).unwrap();
        let got = gesture.words(qwertz.options()).unwrap().candidates;
        same(&got, &expected, 1e-4);
        assert_eq!(
            gesture.greedy().unwrap(),
            exchange(&spelled.greedy().unwrap())
        );
    }
}

#[test]
fn engines_of_several_layouts_share_the_rest() {
    if !runtime() {
        return;
    }
    let engine = default_bundle();
    let dvorak = engine.with_layout(&Layout::dvorak()).unwrap();
    let memory = (engine.memory(), dvorak.memory());
    assert_eq!(memory.0, memory.1);
    // The golden swipes were made on the trained layout, and are decoded there.
    assert_eq!(dvorak.self_test().unwrap(), engine.self_test().unwrap());
    // The user's words are the same.
    engine.words().add("SwipeKit").unwrap();
    assert!(!dvorak.words().is_empty());
    // Another lexicon keeps the layout, another layout the lexicon.
    let labels = &engine.manifest().vocabulary.labels;
    let few = Lexicon::clone(&lexicon(&[("water", 1.0), ("paper", 1.0)], labels));
    let few = dvorak.with_lexicon(few).unwrap();
    assert_eq!(few.layout(), &Layout::dvorak());
    let points = swipe_on(&Layout::dvorak(), "paper", &mut Random::new(1)).unwrap();
    let trace = Trace::in_letter_area(points).unwrap();
    assert_eq!(
        few.session().decode(&trace).unwrap().candidates[0].word,
        "paper"
    );
    // And the way back.
    let back = few.with_layout(&engine.manifest().layout).unwrap();
    assert_eq!(back.lexicon().unwrap().keys(), 2);
    let points = swipe_on(&Layout::qwerty(), "water", &mut Random::new(1)).unwrap();
    let trace = Trace::in_letter_area(points).unwrap();
    assert_eq!(
        back.session().decode(&trace).unwrap().candidates[0].word,
        "water"
    );
}

#[test]
fn a_layout_that_cannot_be_used_is_refused() {
    if !runtime() {
        return;
    }
    let engine = default_bundle();
    let greek = Layout::rows("greek", &[("ςερτυθιοπ", 0.0), ("ασδφγηξκλ", 0.5)]);
    let error = engine.with_layout(&greek).unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }), "{error}");
    // A path that is drawn far beside the keyboard gives no more than no words.
    let azerty = engine.with_layout(&Layout::azerty()).unwrap();
    let far = [f64::MAX, -f64::MAX, 1e300, 0.0].map(|x| (x, -x, 10.0));
    let trace = Trace::in_letter_area(far).unwrap();
    let candidates = azerty.session().decode(&trace).unwrap().candidates;
    assert!(
        candidates
            .iter()
            .all(|candidate| candidate.score.is_finite())
    );
}
