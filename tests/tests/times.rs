//! Faulty time stamps, from the trace to the words: rounded, shared, ahead of their time, swapped.

use swipekit::trace::{Point, Trace};
use swipekit::{Engine, Limits, LiveOptions};
use swipekit_exporters::random::Random;
use swipekit_exporters::swipes::Swipes;
use swipekit_tests::{repository, runtime, swipes};

type Alteration = fn(&mut [f64], &mut Random);

const ALTERATIONS: [(&str, Alteration); 12] = [
    ("floored to 16 ms", |stamps, _| floor(stamps, 16.0)),
    ("floored to 20 ms", |stamps, _| floor(stamps, 20.0)),
    ("floored to 100 ms", |stamps, _| floor(stamps, 100.0)),
    ("two points a stamp", |stamps, _| group(stamps, 2)),
    ("three points a stamp", |stamps, _| group(stamps, 3)),
    ("one 100 ms ahead", |stamps, random| {
        move_one(stamps, 100.0, random)
    }),
    ("one 300 ms ahead", |stamps, random| {
        move_one(stamps, 300.0, random)
    }),
    ("one 1000 ms ahead", |stamps, random| {
        move_one(stamps, 1000.0, random)
    }),
    ("one 300 ms behind", |stamps, random| {
        move_one(stamps, -300.0, random)
    }),
    ("two swapped", |stamps, random| {
        let at = below(random, stamps.len() - 1);
        stamps.swap(at, at + 1);
    }),
    ("all the same", |stamps, _| stamps.fill(0.0)),
    ("all back", |stamps, _| stamps.reverse()),
];

fn below(random: &mut Random, limit: usize) -> usize {
    (random.uniform() * limit as f64) as usize
}

fn floor(stamps: &mut [f64], ms: f64) {
    for stamp in stamps {
        *stamp = (*stamp / ms).floor() * ms;
    }
}

/// Each `count` points have the stamp of the last of them.
fn group(stamps: &mut [f64], count: usize) {
    for group in stamps.chunks_mut(count) {
        group.fill(group[group.len() - 1]);
    }
}

/// Moves one stamp that is neither the first nor the last.
fn move_one(stamps: &mut [f64], by: f64, random: &mut Random) {
    stamps[1 + below(random, stamps.len() - 2)] += by;
}

/// The points of `trace` with other stamps.
fn altered(trace: &Trace, alter: Alteration, random: &mut Random) -> Vec<Point> {
    let mut points = trace.points().to_vec();
    let mut stamps: Vec<f64> = points.iter().map(|point| point.t).collect();
    alter(&mut stamps, random);
    for (point, stamp) in points.iter_mut().zip(stamps) {
        point.t = stamp;
    }
    points
}

fn engine() -> Option<Engine> {
    runtime().then(|| Engine::open(repository("models/en-qwerty")).unwrap())
}

/// How many of `swipes` have their word first after `alter`.
fn found(engine: &Engine, swipes: &[(String, Trace)], alter: Alteration) -> usize {
    let (mut session, mut random) = (engine.session(), Random::new(3));
    let is_first = |(word, trace): &&(String, Trace)| {
        let points = altered(trace, alter, &mut random);
        let trace = Trace::from_points(trace.area(), points).unwrap();
        let decoded = session.decode(&trace).unwrap();
        decoded
            .candidates
            .first()
            .is_some_and(|best| best.word == *word)
    };
    swipes.iter().filter(is_first).count()
}

#[test]
fn words_survive_faulty_stamps() {
    let Some(engine) = engine() else { return };
    let samples = Swipes::open(repository("models/samples/en-qwerty.jsonl")).unwrap();
    let samples: Vec<_> = samples
        .map(|swipe| swipe.unwrap())
        .map(|swipe| (swipe.word, swipe.trace))
        .collect();
    // One word in a hundred may be lost to faulty stamps, and one.
    for swipes in [samples, swipes(400)] {
        let sound = found(&engine, &swipes, |_, _| {});
        assert!(sound * 4 >= swipes.len() * 3, "{sound}");
        for (name, alter) in ALTERATIONS {
            let found = found(&engine, &swipes, alter);
            println!(
                "{name}: {found} of {}, {sound} with sound stamps",
                swipes.len()
            );
            assert!(
                found + 1 + swipes.len() / 100 >= sound,
                "{name}: {found} of {sound}"
            );
        }
    }
}

#[test]
fn live_gestures_with_faulty_stamps_end_as_whole_ones() {
    let Some(engine) = engine() else { return };
    let live = engine.live(&LiveOptions::default()).unwrap();
    let (mut session, mut random) = (engine.session(), Random::new(4));
    for (_, trace) in swipes(10) {
        for (name, alter) in ALTERATIONS {
            let points = altered(&trace, alter, &mut random);
            live.begin(trace.area());
            for points in points.chunks(5) {
                live.push(points).unwrap();
            }
            let got = live.finish(&Limits::default()).unwrap();
            let whole = Trace::from_points(trace.area(), points).unwrap();
            let expected = session.decode(&whole).unwrap();
            assert_eq!(got.candidates, expected.candidates, "{name}");
        }
    }
}

/// A swipe of which one stamp is 300 ms ahead of its time.
#[test]
fn one_stamp_ahead_does_not_change_a_word() {
    let Some(engine) = engine() else { return };
    let word = |ahead: f64| {
        let mut points: Vec<(f64, f64, f64)> = (0..13)
            .map(|at| {
                let t = f64::from(at) * 16.0;
                // From o past n to e.
                let down = f64::from(at.min(6)) / 6.0;
                let back = f64::from((at - 6).max(0)) / 6.0;
                (
                    0.85 - 0.15 * down - 0.45 * back,
                    0.167 + 0.666 * (down - back),
                    t,
                )
            })
            .collect();
        points[4].2 += ahead;
        let trace = Trace::in_letter_area(points).unwrap();
        let candidates = engine.session().decode(&trace).unwrap();
        candidates.into_iter().next().unwrap()
    };
    assert_eq!(word(0.0).word, "one");
    assert_eq!(word(300.0), word(0.0));
}
