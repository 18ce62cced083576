//! Live sessions over the default bundle: what they give is what a plain session gives, whatever
//! happens meanwhile.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use swipekit::Error;
use swipekit::internals::decoder::{Candidate, DecoderOptions};
use swipekit::layout::LetterArea;
use swipekit::live::Ended;
use swipekit::trace::{MAX_POINTS, Point, Trace};
use swipekit::{CancelToken, Decoded, Engine, Gesture, Limits, LiveOptions, LiveSession, Partial};
use swipekit_exporters::random::Random;
use swipekit_exporters::synth::samples::trace;
use swipekit_tests::{repository, runtime, swipes};

/// Long enough for any machine; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

fn below(random: &mut Random, limit: usize) -> usize {
    (random.uniform() * limit as f64) as usize
}

fn engine() -> Option<Engine> {
    runtime().then(|| Engine::open(repository("models/en-qwerty")).unwrap())
}

fn swipe() -> Trace {
    trace("keyboard", &mut Random::new(7)).unwrap()
}

/// Options that decode as often as can be.
fn eager() -> LiveOptions {
    let mut options = LiveOptions::default();
    options.interval = Duration::ZERO;
    options.share = 1.0;
    options
}

/// A live session whose partial results come through a channel.
fn listened(engine: &Engine, options: &LiveOptions) -> (LiveSession, Receiver<Partial>) {
    let (sender, partials) = channel();
    let live = engine.live_with(options, move |partial| {
        // Nobody may be listening any more.
        let _ = sender.send(partial.unwrap().clone());
    });
    (live.unwrap(), partials)
}

/// A live session whose worker rests after each partial result until it is told to go on.
fn held(engine: &Engine, options: &LiveOptions) -> (LiveSession, Receiver<Partial>, Sender<()>) {
    let ((sender, partials), (go, wait)) = (channel(), channel());
    let live = engine.live_with(options, move |partial| {
        let _ = sender.send(partial.unwrap().clone());
        let _ = wait.recv();
    });
    (live.unwrap(), partials, go)
}

fn decode(engine: &Engine, trace: &Trace) -> Vec<Candidate> {
    engine.session().decode(trace).unwrap().candidates
}

fn finish(live: &LiveSession) -> Vec<Candidate> {
    live.finish(&Limits::default()).unwrap().candidates
}

fn words_of(live: &LiveSession, ended: &Ended) -> Decoded {
    let words = |gesture: &mut Gesture<'_>| gesture.words(live.options());
    live.with_gesture(ended, &Limits::default(), words).unwrap()
}

fn is_no_gesture<T>(result: Result<T, Error>) -> bool {
    matches!(result, Err(Error::Invalid { what, .. }) if what == "the gesture")
}

#[test]
fn finished_gestures_equal_plain_decodes_to_the_bit() {
    let Some(engine) = engine() else { return };
    let mut random = Random::new(5);
    for options in [LiveOptions::default(), eager()] {
        let live = engine.live(&options).unwrap();
        let mut plain = engine.session();
        for (_, trace) in swipes(60) {
            live.begin(trace.area());
            let mut rest = trace.points();
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(1 + below(&mut random, 12)));
                live.push(now).unwrap();
                if let Some(partial) = live.partial().unwrap() {
                    assert!(partial.points <= trace.len() - later.len());
                }
                rest = later;
            }
            let limits = Limits::default();
            let mut expected = plain.encode(&trace, &limits).unwrap();
            let compare = |got: &mut Gesture<'_>| {
                let words = got.words(live.options())?;
                assert!(words.is_complete);
                let expected_words = expected.words(engine.options())?;
                assert_eq!(words.candidates, expected_words.candidates);
                assert_eq!(got.frames(), expected.frames());
                assert_eq!(got.greedy()?, expected.greedy()?);
                Ok(())
            };
            let ended = live.end().unwrap();
            live.with_gesture(&ended, &limits, compare).unwrap();
            assert_eq!(live.partial().unwrap(), None);
        }
    }
}

/// Words come to mind before the finger has spelled them, and more often with less prior than a
/// preset has beside geometric evidence.
#[test]
fn words_are_found_before_they_are_spelled() {
    let Some(engine) = engine() else { return };
    let live = engine.live(&LiveOptions::default()).unwrap();
    let partial = live.partial_options();
    let mut whole_prior = partial.clone();
    whole_prior.prior_weight = engine.options().prior_weight;
    assert!(partial.prior_weight < whole_prior.prior_weight);
    let mut session = engine.session();
    let variants = [partial, &whole_prior, engine.options()];
    let mut found = [0; 3];
    for (word, trace) in swipes(150) {
        let points = &trace.points()[..trace.len() * 4 / 5];
        let cut = Trace::from_points(trace.area(), points.iter().copied()).unwrap();
        for (found, options) in found.iter_mut().zip(variants) {
            let mut gesture = session.encode(&cut, &Limits::default()).unwrap();
            let candidates = gesture.words(options).unwrap().candidates;
            *found += usize::from(candidates.first().is_some_and(|first| first.word == word));
        }
    }
    println!("{found:?}");
    let [partial, whole_prior, whole] = found;
    assert!(partial > whole_prior && whole_prior > whole, "{found:?}");
}

#[test]
fn partial_results_are_those_of_the_points_that_they_name() {
    let Some(engine) = engine() else { return };
    let mut options = eager();
    options.partial = Some({
        let mut changed = engine.options().clone();
        changed.beam = 6;
        changed.continuation = Some(0.7);
        changed
    });
    let (live, partials) = listened(&engine, &options);
    let mut plain = engine.session();
    let trace = swipe();
    for turn in 1..=5 {
        assert_eq!(live.begin(trace.area()), turn);
        for chunk in trace.points().chunks(7) {
            live.push(chunk).unwrap();
            if live.points() < options.min_points {
                continue;
            }
            // What came before may be told of first.
            let partial = loop {
                let partial = partials.recv_timeout(PATIENCE).unwrap();
                if partial.points == live.points() {
                    break partial;
                }
            };
            assert_eq!(partial.gesture, turn);
            assert_eq!(live.partial().unwrap().as_ref(), Some(&partial));
            let points = trace.points()[..partial.points].iter().copied();
            let so_far = Trace::from_points(trace.area(), points).unwrap();
            let mut so_far = plain.encode(&so_far, &Limits::default()).unwrap();
            let expected = so_far.words(options.partial.as_ref().unwrap()).unwrap();
            assert_eq!(partial.candidates, expected.candidates);
        }
        live.abandon();
        assert_eq!(live.partial().unwrap(), None);
    }
}

#[test]
fn the_next_gesture_begins_while_the_last_is_decoded() {
    let Some(engine) = engine() else { return };
    let mut random = Random::new(11);
    let words = ["keyboard", "the", "people", "water", "question", "of"];
    let traces: Vec<Trace> = words
        .iter()
        .map(|word| trace(word, &mut random).unwrap())
        .collect();
    let expected: Vec<_> = traces.iter().map(|trace| decode(&engine, trace)).collect();
    let live = engine.live(&eager()).unwrap();
    let (gestures, wanted) = channel();
    thread::scope(|scope| {
        let (live, expected) = (&live, &expected);
        // One thread has the finger, another waits for words.
        scope.spawn(move || {
            for (at, ended) in wanted {
                let (at, ended): (usize, Ended) = (at, ended);
                let found = words_of(live, &ended);
                assert_eq!(found.candidates, expected[at]);
                assert!(found.is_complete);
            }
        });
        for round in 0..60 {
            let at = round % traces.len();
            let gesture = live.begin(traces[at].area());
            live.push(traces[at].points()).unwrap();
            let ended = live.end().unwrap();
            assert_eq!(ended.gesture(), gesture);
            assert!(is_no_gesture(live.end()));
            gestures.send((at, ended)).unwrap();
        }
        drop(gestures);
    });
}

#[test]
fn what_is_newest_wins() {
    let Some(engine) = engine() else { return };
    let (live, partials, go) = held(&engine, &eager());
    let trace = swipe();
    let points = trace.points();
    live.begin(trace.area());
    live.push(&points[..10]).unwrap();
    assert_eq!(partials.recv_timeout(PATIENCE).unwrap().points, 10);
    for end in 11..=30 {
        live.push(&points[end - 1..end]).unwrap();
    }
    go.send(()).unwrap();
    assert_eq!(partials.recv_timeout(PATIENCE).unwrap().points, 30);
    assert_eq!(live.counts().started, 2);
    // A gesture that was begun and abandoned meanwhile is not decoded at all.
    live.begin(trace.area());
    live.push(points).unwrap();
    live.abandon();
    let gesture = live.begin(trace.area());
    live.push(&points[..20]).unwrap();
    go.send(()).unwrap();
    let partial = partials.recv_timeout(PATIENCE).unwrap();
    assert_eq!((partial.gesture, partial.points), (gesture, 20));
    assert_eq!(live.counts().started, 3);
    // Nor does finishing wait for the worker's caller.
    live.push(&points[20..]).unwrap();
    assert_eq!(finish(&live), decode(&engine, &trace));
    drop(go);
}

#[test]
fn decodes_are_bounded_and_happen_only_where_something_changed() {
    let Some(engine) = engine() else { return };
    let trace = swipe();
    let mut options = LiveOptions::default();
    options.interval = Duration::from_secs(3600);
    let (live, partials) = listened(&engine, &options);
    live.begin(trace.area());
    for point in trace.points() {
        live.push(std::slice::from_ref(point)).unwrap();
    }
    let first = partials.recv_timeout(PATIENCE).unwrap();
    assert!(first.points >= options.min_points);
    assert_eq!(finish(&live), decode(&engine, &trace));
    for _ in 0..20 {
        live.begin(trace.area());
        live.push(trace.points()).unwrap();
        assert_eq!(finish(&live), decode(&engine, &trace));
    }
    assert_eq!(live.counts().started, 1, "one an hour");

    let (live, partials) = listened(&engine, &eager());
    live.begin(trace.area());
    live.push(&trace.points()[..7]).unwrap();
    for _ in 0..10 {
        live.push(&[]).unwrap();
    }
    live.push(&trace.points()[7..20]).unwrap();
    assert_eq!(partials.recv_timeout(PATIENCE).unwrap().points, 20);
    for _ in 0..10 {
        live.push(&[]).unwrap();
    }
    live.push(&trace.points()[20..21]).unwrap();
    assert_eq!(partials.recv_timeout(PATIENCE).unwrap().points, 21);
    assert_eq!(live.counts().started, 2);
}

#[test]
fn frames_that_are_there_are_used_and_words_are_those_of_now() {
    let Some(engine) = engine() else { return };
    let (live, partials) = listened(&engine, &eager());
    let trace = swipe();
    let whole = |live: &LiveSession| {
        live.begin(trace.area());
        live.push(trace.points()).unwrap();
        let partial = partials.recv_timeout(PATIENCE).unwrap();
        assert_eq!(partial.points, trace.len());
    };
    for turn in 0..4 {
        whole(&live);
        let found = live.finish(&Limits::default()).unwrap();
        let got = found.candidates;
        assert_eq!(got, decode(&engine, &trace));
        assert_eq!(live.counts().reused, 2 * turn + 1);
        assert_eq!(found.timings.encoder, Duration::ZERO);

        whole(&live);
        engine.words().block(&got[0].word).unwrap();
        let without = finish(&live);
        assert!(without.iter().all(|found| found.word != got[0].word));
        assert_eq!(without, decode(&engine, &trace));
        assert_eq!(live.counts().reused, 2 * turn + 2);
    }
    // Gestures that were ended are told apart, in whatever order they are encoded.
    let other = swipekit_exporters::synth::samples::trace("water", &mut Random::new(3)).unwrap();
    whole(&live);
    let first = live.end().unwrap();
    live.begin(other.area());
    live.push(other.points()).unwrap();
    let second = live.end().unwrap();
    for (ended, trace) in [(&second, &other), (&first, &trace), (&first, &trace)] {
        let found = words_of(&live, ended);
        assert_eq!(found.candidates, decode(&engine, trace));
    }
}

#[test]
fn gestures_that_end_while_they_are_decoded_harm_nothing() {
    let Some(engine) = engine() else { return };
    let trace = swipe();
    let expected = decode(&engine, &trace);
    let mut live = engine.live(&eager()).unwrap();
    for turn in 0..300u64 {
        live.begin(trace.area());
        live.push(&trace.points()[..trace.len() - 1]).unwrap();
        // From before the decode has begun to after its end.
        thread::sleep(Duration::from_micros(turn * 10));
        match turn % 4 {
            0 => live.abandon(),
            1 => {
                live.push(&trace.points()[trace.len() - 1..]).unwrap();
                assert_eq!(finish(&live), expected);
            }
            2 => {
                live.begin(trace.area());
                live.push(trace.points()).unwrap();
                assert_eq!(finish(&live), expected);
            }
            _ => live = engine.live(&eager()).unwrap(),
        }
        assert!(live.partial().unwrap().is_none());
    }
    let (live, partials) = listened(&engine, &eager());
    let mut counts = live.counts();
    for turn in 0..400u64 {
        live.begin(trace.area());
        live.push(trace.points()).unwrap();
        thread::sleep(Duration::from_micros(turn * 8));
        live.abandon();
        // It waits for a decode that runs.
        live.memory();
        while partials.try_recv().is_ok() {}
        counts = live.counts();
    }
    println!("{counts:?}");
    assert_eq!(counts.failed, 0);
    assert!(counts.cancelled > 0 && counts.finished > 0);
}

#[test]
fn eight_at_once_do_not_disturb_each_other() {
    let Some(engine) = engine() else { return };
    let swipes = swipes(24);
    let expected: Vec<_> = swipes
        .iter()
        .map(|(_, trace)| decode(&engine, trace))
        .collect();
    thread::scope(|scope| {
        for number in 0..8 {
            let (engine, swipes, expected) = (&engine, &swipes, &expected);
            scope.spawn(move || {
                let live = engine.live(&eager()).unwrap();
                let mut random = Random::new(number);
                for _ in 0..swipes.len() {
                    let at = below(&mut random, swipes.len());
                    let trace = &swipes[at].1;
                    live.begin(trace.area());
                    for chunk in trace.points().chunks(9) {
                        live.push(chunk).unwrap();
                        thread::yield_now();
                    }
                    assert_eq!(finish(&live), expected[at]);
                }
            });
        }
    });
}

#[test]
fn what_cannot_be_is_refused_and_leaves_the_gesture_alone() {
    let Some(engine) = engine() else { return };
    let trace = swipe();
    let live = engine.live(&eager()).unwrap();
    assert!(is_no_gesture(live.push(trace.points())));
    assert!(is_no_gesture(live.finish(&Limits::default())));
    live.abandon();
    assert_eq!(live.partial().unwrap(), None);
    live.begin(trace.area());
    live.push(&trace.points()[..20]).unwrap();
    let good = Point::new(0.5, 0.5, 1e4);
    for bad in [f64::NAN, f64::INFINITY] {
        let points = [good, Point::new(bad, 0.0, 1e4), good];
        assert!(matches!(live.push(&points), Err(Error::NotFinite { .. })));
        assert_eq!(live.points(), 20);
    }
    let late = [good, Point::new(0.5, 0.5, 1e9)];
    assert!(matches!(live.push(&late), Err(Error::TooLarge { .. })));
    let many = vec![good; MAX_POINTS];
    assert!(matches!(live.push(&many), Err(Error::TooLarge { .. })));
    live.push(&trace.points()[20..]).unwrap();
    assert_eq!(finish(&live), decode(&engine, &trace));
    assert!(is_no_gesture(live.finish(&Limits::default())));
    assert!(is_no_gesture(live.push(&[])));

    for points in [0, 1] {
        live.begin(LetterArea::UNIT);
        live.push(&trace.points()[..points]).unwrap();
        assert_eq!(finish(&live), []);
    }
    // All at one place, at one time.
    live.begin(LetterArea::UNIT);
    live.push(&[good; 30]).unwrap();
    let still = Trace::from_points(LetterArea::UNIT, [good; 30]).unwrap();
    assert_eq!(finish(&live), decode(&engine, &still));

    let mut bad = vec![LiveOptions::default(); 5];
    bad[0].share = 0.0;
    bad[1].share = f64::NAN;
    bad[2].interval = Duration::MAX;
    bad[3].decoder = Some({
        let mut changed = DecoderOptions::default();
        changed.candidates = 0;
        changed
    });
    bad[4].partial = Some({
        let mut changed = DecoderOptions::default();
        changed.window = f32::NAN;
        changed
    });
    for options in bad {
        let refused = engine.live(&options);
        assert!(matches!(refused, Err(Error::Invalid { .. })));
    }
}

#[test]
fn limits_hold_for_the_last_decode() {
    let Some(engine) = engine() else { return };
    let trace = swipe();
    let live = engine.live(&eager()).unwrap();
    let token = CancelToken::new();
    token.cancel();
    let mut limits = Limits::default();
    limits.cancel = Some(token);
    live.begin(trace.area());
    live.push(trace.points()).unwrap();
    let cancelled = live.finish(&limits);
    assert!(matches!(cancelled, Err(Error::Cancelled)));
    assert!(is_no_gesture(live.finish(&limits)));
    limits.cancel = None;
    limits.deadline = Some(Duration::ZERO);
    live.begin(trace.area());
    live.push(trace.points()).unwrap();
    assert!(!live.finish(&limits).unwrap().is_complete);
    live.begin(trace.area());
    live.push(trace.points()).unwrap();
    assert_eq!(finish(&live), decode(&engine, &trace));
}

#[test]
fn failures_of_the_worker_are_errors_and_not_the_end() {
    let Some(engine) = engine() else { return };
    let trace = swipe();
    let (told, heard) = channel();
    let mut calls = 0;
    let live = engine.live_with(&eager(), move |_| {
        calls += 1;
        told.send(()).unwrap();
        assert!(calls != 1, "on purpose");
    });
    let live = live.unwrap();
    live.begin(trace.area());
    live.push(&trace.points()[..20]).unwrap();
    heard.recv_timeout(PATIENCE).unwrap();
    let failure = (0..)
        .find_map(|_| {
            thread::yield_now();
            live.partial().err()
        })
        .unwrap();
    assert!(matches!(failure, Error::Panicked { .. }), "{failure}");
    live.push(&trace.points()[20..]).unwrap();
    heard.recv_timeout(PATIENCE).unwrap();
    assert_eq!(live.partial().unwrap().unwrap().points, trace.len());
    assert_eq!(finish(&live), decode(&engine, &trace));

    // No words at all.
    let bare = engine.with_layers(Vec::new()).unwrap();
    let (told, heard) = channel();
    let live = bare.live_with(&eager(), move |partial| {
        let is_expected = matches!(partial, Err(Error::Invalid { .. }));
        told.send(is_expected).unwrap();
    });
    let live = live.unwrap();
    live.begin(trace.area());
    live.push(trace.points()).unwrap();
    assert!(heard.recv_timeout(PATIENCE).unwrap());
    let failed = live.finish(&Limits::default());
    assert!(matches!(failed, Err(Error::Invalid { .. })));
    assert_eq!(live.counts().failed, 1);
}

#[test]
fn any_order_of_calls_ends_in_plain_decodes() {
    let Some(engine) = engine() else { return };
    let swipes = swipes(30);
    let mut plain = engine.session();
    let mut finished = 0;
    for seed in 0..12 {
        let mut random = Random::new(seed);
        let mut options = LiveOptions::default();
        options.interval = Duration::from_micros(500 * below(&mut random, 4) as u64);
        options.share = 1.0;
        options.min_points = below(&mut random, 30);
        let live = engine.live(&options).unwrap();
        // The gesture as it should be.
        let mut open: Option<(&Trace, usize)> = None;
        for _ in 0..150 {
            match below(&mut random, 12) {
                0 => {
                    let trace = &swipes[below(&mut random, swipes.len())].1;
                    live.begin(trace.area());
                    open = Some((trace, 0));
                }
                1..=6 => {
                    let Some((trace, done)) = &mut open else {
                        assert!(is_no_gesture(live.push(&[])));
                        continue;
                    };
                    let end = trace.len().min(*done + below(&mut random, 20));
                    live.push(&trace.points()[*done..end]).unwrap();
                    *done = end;
                }
                7 => {
                    let bad = Point::new(0.0, f64::NAN, 0.0);
                    assert!(live.push(&[bad]).is_err());
                }
                8 => {
                    let partial = live.partial().unwrap();
                    let known = open.map_or(0, |(_, done)| done);
                    assert!(partial.is_none_or(|partial| partial.points <= known));
                }
                9 => thread::sleep(Duration::from_micros(below(&mut random, 3000) as u64)),
                10 if below(&mut random, 4) == 0 => {
                    live.abandon();
                    open = None;
                }
                11 if below(&mut random, 2) == 0 => {
                    let Some((trace, done)) = open.take() else {
                        assert!(is_no_gesture(live.finish(&Limits::default())));
                        continue;
                    };
                    let points = trace.points()[..done].iter().copied();
                    let expected = Trace::from_points(trace.area(), points).unwrap();
                    assert_eq!(finish(&live), plain.decode(&expected).unwrap().candidates);
                    finished += 1;
                }
                _ => {
                    let word = ["the", "and", "water"][below(&mut random, 3)];
                    match below(&mut random, 2) {
                        0 => engine.words().block(word).unwrap(),
                        _ => engine.words().unblock(word).unwrap(),
                    }
                }
            }
        }
    }
    assert!(finished > 20, "{finished}");
}

#[test]
fn live_sessions_may_be_sent_and_shared() {
    fn is<T: Send + Sync>() {}
    is::<LiveSession>();
}

#[test]
fn spellings_stand_beside_the_words() {
    let Some(engine) = engine() else { return };
    let (options, limits) = (engine.options(), Limits::default());
    let mut session = engine.session();
    let (mut equal, mut compared, count) = (0, 0, 40);
    for (_, trace) in swipes(count) {
        let mut gesture = session.encode(&trace, &limits).unwrap();
        let words = gesture.words(options).unwrap();
        let spellings = gesture.spellings(5, options).unwrap();
        assert!(spellings.is_sorted_by(|a, b| a.log_probability >= b.log_probability));
        let total: f64 = spellings.iter().map(|spelling| spelling.confidence).sum();
        assert!(total > 0.0 && total <= 1.0 + 1e-6);
        equal += usize::from(spellings[0].text == gesture.greedy().unwrap());
        for spelling in &spellings {
            let exact = gesture.log_likelihood(&spelling.labels).unwrap();
            assert!(exact > spelling.log_probability - 1e-6);
        }
        // A word that is a spelling is as likely as such, up to what either beam has dropped.
        for spelling in spellings.iter().filter(|found| found.confidence > 0.1) {
            let mut words = words.candidates.iter();
            if let Some(word) = words.find(|word| word.word == spelling.text) {
                let difference = spelling.log_probability - word.log_probability;
                assert!(difference.abs() < 0.5, "{difference}");
                compared += 1;
            }
        }
        // The words of the same gesture, afterwards, and its scores.
        let (again, scores) = gesture.words_and_scores(options).unwrap();
        assert_eq!(again.candidates, words.candidates);
        assert_eq!(
            again.timings.encoder, words.timings.encoder,
            "not run again"
        );
        let is_there = |word: &Candidate| scores.contains(&word.score);
        assert!(again.candidates.iter().all(is_there));
        let mut other = engine.session();
        let mut other = other.encode(&trace, &limits).unwrap();
        assert_eq!(other.spellings(5, options).unwrap(), spellings);
    }
    assert!(equal * 10 > count * 7, "{equal}");
    assert!(compared > count / 2, "{compared}");
}

/// Whatever came before it in the session.
#[test]
fn a_trace_of_fewer_than_two_points_means_nothing() {
    let Some(engine) = engine() else { return };
    let (options, limits) = (engine.options(), Limits::default());
    let point = Point::new(0.5, 0.5, 0.0);
    let mut continued = options.clone();
    continued.continuation = Some(0.5);
    let mut session = engine.session();
    for points in [&[][..], &[point]] {
        session.decode(&swipe()).unwrap();
        let trace = Trace::from_points(LetterArea::UNIT, points.iter().copied()).unwrap();
        let mut gesture = session.encode(&trace, &limits).unwrap();
        assert!(gesture.frames().is_empty());
        for options in [options, &continued] {
            let (words, scores) = gesture.words_and_scores(options).unwrap();
            assert!(words.candidates.is_empty() && words.is_complete && scores.is_empty());
        }
        assert_eq!(gesture.spellings(3, options).unwrap(), []);
        assert!(gesture.spellings(0, options).is_err());
        assert_eq!(gesture.greedy().unwrap(), "");
        assert_eq!(gesture.log_likelihood(&[1]).unwrap(), f64::NEG_INFINITY);
        let report = gesture.explain(&["keyboard"], options).unwrap();
        assert!(report.candidates.is_empty() && report.beam.is_empty());
        assert_eq!(report.words[0].geometry, 0.0);
        assert_eq!(session.decode(&trace).unwrap().candidates, []);
    }
}
