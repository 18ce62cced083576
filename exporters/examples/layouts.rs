//! Accuracy of a bundle on layouts that it was not trained on; see docs/LAYOUTS.md.
//!
//! `cargo run --release -p swipekit-cli --example layouts -- BUNDLE [COUNT] [MANIFEST]`
//!
//! Without a manifest swipes are generated, of words drawn by the square root of their frequency;
//! otherwise its swipes, made on QWERTY, are carried over to each layout. COUNT of either, 1000 by
//! default.

use std::path::Path;

use swipekit::layout::Layout;
use swipekit::trace::Trace;
use swipekit::{Engine, Limits, Result};
use swipekit_exporters::judge::accuracy::{Accuracy, Judge};
use swipekit_exporters::random::Random;
use swipekit_exporters::swipes::Swipes;
use swipekit_exporters::swipes::carry::carry;
use swipekit_exporters::synth::samples::swipe_on;

fn layouts() -> Vec<Layout> {
    let mut split = Layout::qwerty();
    split.name = "split, gap of two keys".into();
    for key in &mut split.keys {
        if "yuiophjklbnm".contains(key.label) {
            key.x += 0.2;
        }
    }
    let umlauts = Layout::rows(
        "qwertz with umlauts",
        &[("qwertzuiopü", 0.0), ("asdfghjklöä", 0.0), ("yxcvbnm", 2.0)],
    );
    vec![
        Layout::qwerty(),
        Layout::rows(
            "typewriter",
            &[("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75)],
        ),
        Layout::qwerty_unshifted(),
        split,
        Layout::qwertz(),
        umlauts,
        Layout::azerty(),
        Layout::rows(
            "colemak",
            &[("qwfpgjluy", 0.0), ("arstdhneio", 0.0), ("zxcvbkm", 1.5)],
        ),
        Layout::rows(
            "workman",
            &[("qdrwbjfup", 0.0), ("ashtgyneoi", 0.0), ("zxmcvkl", 1.5)],
        ),
        Layout::dvorak(),
        Layout::rows(
            "alphabetical",
            &[("abcdefghij", 0.0), ("klmnopqrs", 0.5), ("tuvwxyz", 1.5)],
        ),
    ]
}

/// Swipes with their words on QWERTY or, where they are generated, on `layout`.
fn swipes(layout: &Layout, words: &[String], real: &[(String, Trace)]) -> Vec<(String, Trace)> {
    let qwerty = Layout::qwerty();
    if real.is_empty() {
        let mut random = Random::new(11);
        return words
            .iter()
            .filter_map(|word| {
                let points = swipe_on(layout, word, &mut random)?;
                Some((word.clone(), Trace::in_letter_area(points).ok()?))
            })
            .collect();
    }
    real.iter()
        .filter_map(|(word, trace)| {
            let points = carry(word, trace, &qwerty, layout)?;
            Some((word.clone(), Trace::in_letter_area(points).ok()?))
        })
        .collect()
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let bundle = arguments.next().ok_or("expected a bundle")?;
    let count: usize = arguments.next().map_or(Ok(1000), |count| count.parse())?;
    let manifest = arguments.next();
    let engine = Engine::open(&bundle)?;
    let lexicon = engine.lexicon().ok_or("expected a bundle with a lexicon")?;

    let text = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/lexicons/en/words.tsv"),
    )?;
    let list: Vec<(&str, f64)> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(word, weight)| Some((word, weight.parse().ok()?)))
        .collect();
    // Of the first 20,000 words, each as often as the square root of its frequency says.
    let list = &list[..list.len().min(20_000)];
    let total: f64 = list.iter().map(|(_, weight)| weight.sqrt()).sum();
    let mut words = Vec::new();
    let mut sum = 0.0;
    for (word, weight) in list {
        sum += weight.sqrt() * count as f64 / total;
        while (words.len() as f64) < sum.floor() {
            words.push((*word).to_owned());
        }
    }
    let real: Vec<(String, Trace)> = match &manifest {
        Some(path) => {
            let all: Vec<_> = Swipes::open(path)?.collect::<std::result::Result<_, _>>()?;
            let step = (all.len() / count.max(1)).max(1);
            all.into_iter()
                .step_by(step)
                .take(count)
                .map(|swipe| (swipe.word, swipe.trace))
                .collect()
        }
        None => Vec::new(),
    };

    let judge = Judge::new(&engine.manifest().vocabulary.labels, Some(lexicon));
    println!(
        "{:24} {:>5} {:>6} {:>6} {:>6} {:>6}",
        "layout", "n", "top 1", "top 3", "top 5", "greedy"
    );
    for layout in layouts() {
        let engine = engine.with_layout(&layout)?;
        let mut session = engine.session();
        let outcomes: Result<Vec<_>> = swipes(&layout, &words, &real)
            .iter()
            .map(|(word, trace)| {
                let mut gesture = session.encode(trace, &Limits::default())?;
                let candidates = gesture.words(engine.options())?.candidates;
                let greedy = gesture.greedy()?;
                Ok(judge.outcome(word, &candidates, &greedy))
            })
            .collect();
        let Accuracy {
            n,
            top1,
            top3,
            top5,
            greedy,
            ..
        } = Accuracy::of(&outcomes?);
        println!(
            "{:24} {n:5} {top1:6.1} {top3:6.1} {top5:6.1} {greedy:6.1}",
            layout.name
        );
    }
    Ok(())
}
