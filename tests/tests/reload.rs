//! Engines of ExecuTorch that are opened and dropped again and again: in a process of its own,
//! whose memory tells.
#![cfg(feature = "executorch")]

use swipekit::Engine;
use swipekit_exporters::judge::machine::resident_mib;
use swipekit_exporters::random::Random;
use swipekit_exporters::synth::samples::trace;
use swipekit_tests::pte::fixture;

#[test]
fn a_hundred_reloads_leave_nothing_behind() {
    let trace = trace("keyboard", &mut Random::new(1)).unwrap();
    let reload = |times: usize| {
        for _ in 0..times {
            let engine = Engine::open(fixture()).unwrap();
            engine.session().decode(&trace).unwrap();
        }
        resident_mib()
    };
    // What is made once in a process is made by now.
    let before = reload(20);
    let after = reload(100);
    println!("{before} MiB, after 100 reloads {after} MiB");
    assert!(after - before < 1.0, "{before} MiB, then {after} MiB");
}
