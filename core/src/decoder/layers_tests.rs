//! Searches over several lexicons and a user's words.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use super::tests::{frames, labels_of, lexicon, words};
use super::*;
use crate::lexicon::{Layer, UserWord, UserWords};
use crate::transducer::fixtures::{self, Random};

/// Two lexicons with some words in common; the second has less weight.
fn layers() -> LexiconStack {
    let second = Layer::weighted(Lexicon::clone(&lexicon(&words(8, 200))), -2.0).unwrap();
    LexiconStack::new(vec![
        Layer::new(Lexicon::clone(&lexicon(&words(7, 200)))),
        second,
    ])
    .unwrap()
}

/// Adds or changes one random entry of the user.
fn say(words: &UserWords, random: &mut Random, vocabulary: &[String]) {
    let word = &vocabulary[random.below(vocabulary.len())];
    let said = match random.below(6) {
        0 => words.add(word),
        1 => words.add_with(word, -1.0 - random.below(12) as f32),
        2 => words.boost(word, random.below(12) as f32 - 6.0),
        3 => words.block(word),
        4 => words.learn(word),
        _ => words.remove(word),
    };
    said.unwrap();
}

/// Words of the lexicons and others.
fn vocabulary() -> Vec<String> {
    let all = words(7, 200).into_iter().chain(words(21, 100));
    all.map(|(word, _)| word).collect()
}

#[test]
fn an_unbounded_beam_over_layers_equals_brute_force() {
    let vocabulary = vocabulary();
    for seed in 0..20 {
        let transducer = Arc::new(fixtures::transducer(seed, 1));
        let frames = frames(&transducer, seed, 1 + seed as usize % 10, 2.0);
        let layers = layers();
        let user = UserWords::new(layers.clone(), &fixtures::vocabulary().labels);
        let mut random = Random::new(seed);
        for _ in 0..150 {
            say(&user, &mut random, &vocabulary);
        }
        let mut decoder =
            Decoder::with_layers(Arc::clone(&transducer), layers.clone(), 30).unwrap();
        decoder.set_layers(user.snapshot());
        let options = DecoderOptions {
            beam: 0,
            candidates: 1000,
            ..Default::default()
        };
        let got = decoder.decode(&frames, &options).unwrap();

        // Every word of a lexicon or of the user, changed by the user's entries.
        let mut costs: BTreeMap<String, f32> = BTreeMap::new();
        for (lexicon, penalty) in layers.lexicons().iter().zip([0.0, 2.0]) {
            let lexicon = lexicon.lexicon();
            let source = if penalty == 0.0 {
                words(7, 200)
            } else {
                words(8, 200)
            };
            for (word, _) in source {
                let cost = lexicon.words(&labels_of(&word)).next().unwrap().1 + penalty;
                let known = costs.entry(word).or_insert(cost);
                *known = known.min(cost);
            }
        }
        for UserWord {
            word,
            log_prior,
            boost,
            chosen,
            blocked,
            ..
        } in user.entries()
        {
            let bonus = (boost + (1.0 + chosen).ln() as f32).clamp(-6.0, 6.0);
            if let Some(prior) = log_prior {
                let known = costs.entry(word.clone()).or_insert(-prior);
                *known = known.min(-prior);
            }
            if let Some(cost) = costs.get_mut(&word) {
                *cost = (*cost - bonus).max(0.0);
            }
            if blocked {
                costs.remove(&word);
            }
        }
        assert_eq!(got.len(), costs.len());
        for candidate in &got {
            let cost = costs[&candidate.word];
            let labels = labels_of(&candidate.word);
            let exact = log_likelihood(&transducer, &frames, &labels).unwrap();
            assert!((candidate.log_probability - exact).abs() < 1e-9 * exact.abs().max(1.0));
            assert!((candidate.log_prior + f64::from(cost)).abs() < 1e-4);
        }
        assert!(got.is_sorted_by(|a, b| a.score >= b.score));
    }
}

#[test]
fn results_do_not_depend_on_what_the_user_said_before() {
    let vocabulary = vocabulary();
    let layers = layers();
    let transducer = Arc::new(fixtures::transducer(3, 2));
    let user = UserWords::new(layers.clone(), &fixtures::vocabulary().labels);
    let mut random = Random::new(5);
    let mut old = Decoder::with_layers(Arc::clone(&transducer), layers.clone(), 100).unwrap();
    let options = DecoderOptions {
        beam: 8,
        ..Default::default()
    };
    for round in 0..200 {
        for _ in 0..random.below(5) {
            say(&user, &mut random, &vocabulary);
        }
        if round % 37 == 36 {
            user.clear();
        }
        if round % 50 == 49 {
            old.forget();
        }
        let frames = frames(&transducer, round, 9, 2.0);
        let mut new = Decoder::with_layers(Arc::clone(&transducer), layers.clone(), 0).unwrap();
        old.set_layers(user.snapshot());
        new.set_layers(user.snapshot());
        assert_eq!(
            old.decode(&frames, &options).unwrap(),
            new.decode(&frames, &options).unwrap(),
            "round {round}"
        );
    }
}

#[test]
fn threads_see_one_state_of_the_words_each() {
    const ROUNDS: usize = 400;
    let vocabulary = vocabulary();
    let layers = layers();
    let transducer = Arc::new(fixtures::transducer(4, 1));
    let user = UserWords::new(layers.clone(), &fixtures::vocabulary().labels);
    let decoder = Decoder::with_layers(Arc::clone(&transducer), layers, 100).unwrap();
    let options = DecoderOptions {
        beam: 8,
        ..Default::default()
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                let (user, transducer, options) = (&user, &transducer, &options);
                let mut decoder = decoder.clone();
                scope.spawn(move || {
                    let mut seen = Vec::new();
                    for round in 0..ROUNDS {
                        let frames = frames(transducer, (round % 30) as u64, 8, 2.0);
                        let snapshot = user.snapshot();
                        decoder.set_layers(snapshot.clone());
                        let got = decoder.decode(&frames, options).unwrap();
                        if round % 20 == worker {
                            seen.push((frames, snapshot, got));
                        }
                    }
                    seen
                })
            })
            .collect();
        let mut random = Random::new(6);
        while workers.iter().any(|worker| !worker.is_finished()) {
            say(&user, &mut random, &vocabulary);
        }
        // Each result equals that of a decoder that knows only the snapshot used.
        for worker in workers {
            for (frames, snapshot, got) in worker.join().unwrap() {
                let mut replay = decoder.clone();
                replay.set_layers(snapshot);
                assert_eq!(replay.decode(&frames, &options).unwrap(), got);
            }
        }
    });
}

#[test]
fn a_path_that_breaks_off_means_words_that_are_not_blocked() {
    let words = [("a", 1.0), ("toastertoaster", 50.0), ("toasterstone", 1.0)];
    let words = words.map(|(word, weight)| (word.to_owned(), weight));
    let layers = LexiconStack::new(vec![Layer::new(Lexicon::clone(&lexicon(&words)))]).unwrap();
    let user = UserWords::new(layers.clone(), &fixtures::vocabulary().labels);
    user.block("toastertoaster").unwrap();
    user.block("a").unwrap();
    let mut found = 0;
    for seed in 0..60 {
        let transducer = Arc::new(fixtures::transducer(seed, 1));
        let frames = frames(&transducer, seed, 3, 2.0);
        let mut decoder = Decoder::with_layers(transducer, layers.clone(), 10).unwrap();
        decoder.set_layers(user.snapshot());
        let got = decoder.decode(&frames, &DecoderOptions::default()).unwrap();
        assert!(got.iter().all(|candidate| candidate.word == "toasterstone"));
        found += got.len();
    }
    assert!(found > 10, "{found}");
}

#[test]
fn prefixes_do_not_pile_up_while_words_come_and_go() {
    let layers =
        LexiconStack::new(vec![Layer::new(Lexicon::clone(&lexicon(&words(7, 200))))]).unwrap();
    let transducer = Arc::new(fixtures::transducer(3, 1));
    let user = UserWords::new(layers.clone(), &fixtures::vocabulary().labels);
    let mut decoder = Decoder::with_layers(Arc::clone(&transducer), layers, 100).unwrap();
    let frames = frames(&transducer, 1, 8, 2.0);
    let round = |decoder: &mut Decoder| {
        // Labels that no lexicon continues with: the lists of warm prefixes grow.
        for word in ["zz", "zap", "xenon"] {
            user.add(word).unwrap();
        }
        decoder.set_layers(user.snapshot());
        decoder.decode(&frames, &DecoderOptions::default()).unwrap();
        decoder.forget();
        user.clear();
        decoder.set_layers(user.snapshot());
        decoder.decode(&frames, &DecoderOptions::default()).unwrap();
        let prefixes = decoder.prefixes();
        decoder.forget();
        prefixes
    };
    let first = round(&mut decoder);
    for _ in 0..50 {
        assert_eq!(round(&mut decoder), first);
    }
}
