//! A relabelled transducer searches like the original with the words respelled.

use std::sync::Arc;

use super::tests::{frames, labels_of, lexicon, words};
use super::*;
use crate::transducer::fixtures;

/// An order of the fixture's classes: label `i` is class `ORDER[i]`. The apostrophe stays; a to z
/// move.
fn order() -> Vec<u8> {
    (0..27u8)
        .map(|label| {
            if label == 0 {
                0
            } else {
                (label * 5 + 2) % 26 + 1
            }
        })
        .collect()
}

#[test]
fn relabelled_classes_give_the_scores_of_words_spelled_by_them() {
    let order = order();
    let spelled: Vec<(String, f64)> = words(3, 300)
        .into_iter()
        .map(|(word, weight)| {
            let labels = labels_of(&word).into_iter();
            let letters = labels.map(|label| char::from(order[usize::from(label)] - 1 + b'a'));
            (letters.collect(), weight)
        })
        .collect();
    let respell = |word: &str| -> String {
        let classes = labels_of(word).into_iter();
        classes
            .map(|class| {
                let label = order.iter().position(|other| *other == class).unwrap();
                char::from(label as u8 - 1 + b'a')
            })
            .collect()
    };
    for seed in 0..10 {
        let plain = Arc::new(fixtures::transducer(seed, 1 + seed as usize % 2));
        let relabelled = Arc::new(plain.relabelled(&order).unwrap());
        let frames = frames(&plain, seed, 1 + seed as usize % 12, 2.0);
        let options = DecoderOptions {
            beam: [0, 16][seed as usize % 2],
            ..Default::default()
        };
        let mut expected = Decoder::new(Arc::clone(&plain), lexicon(&spelled), 20)
            .unwrap()
            .decode(&frames, &options)
            .unwrap();
        for candidate in &mut expected {
            candidate.word = respell(&candidate.word);
        }
        let got = Decoder::new(Arc::clone(&relabelled), lexicon(&words(3, 300)), 20)
            .unwrap()
            .decode(&frames, &options)
            .unwrap();
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(&expected) {
            assert_eq!(got.word, expected.word);
            // Log-softmax sums the classes in another order.
            assert!((got.score - expected.score).abs() < 1e-4 * expected.score.abs().max(1.0));
        }
        let labels = greedy(&relabelled, &frames, 10).unwrap().labels;
        let classes: Vec<u8> = labels
            .iter()
            .map(|label| order[usize::from(*label)])
            .collect();
        assert_eq!(classes, greedy(&plain, &frames, 10).unwrap().labels);
    }
}

#[test]
fn only_a_permutation_is_an_order() {
    let transducer = fixtures::transducer(1, 1);
    assert!(transducer.relabelled(&order()).is_ok());
    let mut twice = order();
    twice[3] = twice[4];
    let mut blank = order();
    blank[0] = 27;
    let longer: Vec<u8> = (0..28).collect();
    for bad in [&twice[..], &blank, &order()[1..], &longer, &[]] {
        assert!(transducer.relabelled(bad).is_err());
    }
}
