//! Decodes that are ended early, over the default bundle.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use swipekit::Error;
use swipekit::trace::Trace;
use swipekit::{CancelToken, Engine, Limits, Session};
use swipekit_exporters::random::Random;
use swipekit_exporters::synth::samples::trace;
use swipekit_tests::{repository, runtime};

fn swipe() -> Trace {
    trace("keyboard", &mut Random::new(7)).unwrap()
}

fn cancelled_by(token: &CancelToken) -> Limits {
    let mut limits = Limits::default();
    limits.cancel = Some(token.clone());
    limits
}

#[test]
fn a_cancelled_decode_gives_nothing_and_harms_nothing() {
    if !runtime() {
        return;
    }
    let engine = Engine::open(repository("models/en-qwerty")).unwrap();
    let (mut session, swipe) = (engine.session(), swipe());
    let expected = session.decode(&swipe).unwrap().candidates;
    let within = |session: &mut Session, limits: &Limits| {
        session.encode(&swipe, limits)?.words(engine.options())
    };
    let done = AtomicUsize::new(0);
    let (mut whole, mut cancelled) = (0, 0);
    thread::scope(|scope| {
        let turns = 300;
        for turn in 0..turns {
            let token = CancelToken::new();
            let limits = cancelled_by(&token);
            let done = &done;
            // From at once to long after the end.
            scope.spawn(move || {
                thread::sleep(Duration::from_micros(turn * 20));
                token.cancel();
                done.fetch_add(1, Ordering::Relaxed);
            });
            match within(&mut session, &limits) {
                Ok(decoded) => {
                    assert!(decoded.is_complete);
                    assert_eq!(decoded.candidates, expected);
                    whole += 1;
                }
                Err(Error::Cancelled) => cancelled += 1,
                Err(other) => panic!("{other}"),
            }
        }
    });
    println!("{whole} whole, {cancelled} cancelled");
    assert!(whole > 0 && cancelled > 0);
    assert_eq!(session.decode(&swipe).unwrap().candidates, expected);
    let token = CancelToken::new();
    token.cancel();
    let stale = within(&mut session, &cancelled_by(&token));
    assert!(matches!(stale, Err(Error::Cancelled)));
}

#[test]
fn a_deadline_ends_a_decode_with_what_there_is() {
    if !runtime() {
        return;
    }
    let engine = Engine::open(repository("models/en-qwerty")).unwrap();
    let (mut session, swipe) = (engine.session(), swipe());
    let expected = session.decode(&swipe).unwrap().candidates;
    let mut within = |limits: &Limits| {
        let mut gesture = session.encode(&swipe, limits).unwrap();
        gesture.words(engine.options()).unwrap()
    };
    let mut limits = Limits::default();
    limits.deadline = Some(Duration::ZERO);
    let none = within(&limits);
    assert!(!none.is_complete);
    assert!(none.candidates.len() <= engine.options().candidates);
    limits.deadline = Some(Duration::from_secs(600));
    let all = within(&limits);
    assert_eq!(all.candidates, expected);
    assert!(all.is_complete);
}
