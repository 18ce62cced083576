use std::sync::Arc;

use super::tests::{frames, labels_of, lexicon, words};
use super::*;
use crate::geometry::{Features, GeometryWeights, Keys};
use crate::layout::Layout;
use crate::trace::Trace;
use crate::transducer::fixtures;

fn path() -> GesturePath {
    let labels = fixtures::vocabulary().labels;
    let keyboard = Keys::new(&Layout::qwerty(), &labels).unwrap();
    let points = [(0.2, 0.2, 0.0), (0.8, 0.5, 90.0), (0.3, 0.6, 260.0)];
    let mut path = GesturePath::new();
    path.set(&keyboard, &Trace::in_letter_area(points).unwrap());
    path
}

fn options(words: usize, weights: [f32; Features::COUNT]) -> DecoderOptions {
    DecoderOptions {
        candidates: 60,
        temperature: 1.7,
        other_score: Some(-15.0),
        geometry: Some(GeometryOptions {
            words,
            weights: GeometryWeights::from_array(weights),
        }),
        ..DecoderOptions::default()
    }
}

const WEIGHTS: [f32; Features::COUNT] = [-1.5, -0.5, -1.0, -0.8, -0.6, -0.4, -0.2, 1.1, 0.7, 0.4];

#[test]
fn the_best_words_are_measured_and_no_other_passes_them() {
    let words = words(7, 300);
    let transducer = Arc::new(fixtures::transducer(5, 1));
    let mut decoder = Decoder::new(Arc::clone(&transducer), lexicon(&words), 50).unwrap();
    let (path, mut matcher) = (path(), Matcher::new());
    let evidence = Evidence {
        geometry: Some(&path),
        ..Evidence::default()
    };
    for seed in 0..10 {
        let frames = frames(&transducer, seed, 12, 1.5);
        for count in [0, 1, 5, 20, 64] {
            let options = options(count, WEIGHTS);
            let plain = decoder.decode(&frames, &options).unwrap();
            let (got, _) = decoder
                .decode_until(&frames, &options, &evidence, &mut || Ok(false))
                .unwrap();
            assert!(plain.len() > 20 && plain.iter().all(|word| word.geometry == 0.0));
            let term = |word: &Candidate| {
                let features = matcher.features(&path, &labels_of(&word.word)).unwrap();
                options.geometry.as_ref().unwrap().weights.term(&features)
            };
            let measured: Vec<f64> = plain.iter().take(count).map(term).collect();
            let least = measured.iter().copied().reduce(f64::min).unwrap_or(0.0);
            let terms = measured.iter().chain(std::iter::repeat(&least));
            let mut expected: Vec<(f64, &str)> = plain
                .iter()
                .zip(terms)
                .map(|(word, term)| (word.score + term, &*word.word))
                .collect();
            // Words that were not measured keep their order, after all that were.
            let others: Vec<&str> = expected.iter().skip(count).map(|word| word.1).collect();
            expected.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
            let order: Vec<&str> = got.iter().map(|word| &*word.word).collect();
            assert_eq!(order[order.len() - others.len()..], others);
            assert_eq!(
                order,
                expected.iter().map(|word| word.1).collect::<Vec<_>>()
            );
            let weight = f64::from(options.prior_weight);
            for word in &got {
                let sum = word.log_probability + weight * word.log_prior + word.geometry;
                assert!((word.score - sum).abs() < 1e-9);
            }
            // Confidences are shares of the blended scores.
            let shares = decoder.scores().map(|score| (score / 1.7).exp());
            let total = shares.sum::<f64>() + (-15.0_f64 / 1.7).exp();
            for word in &got {
                let share = (word.score / 1.7).exp() / total;
                assert!((word.confidence - share).abs() < 1e-9);
            }
        }
    }
}

#[test]
fn without_weights_options_or_a_path_nothing_changes() {
    let words = words(9, 100);
    let transducer = Arc::new(fixtures::transducer(6, 1));
    let mut decoder = Decoder::new(Arc::clone(&transducer), lexicon(&words), 50).unwrap();
    let frames = frames(&transducer, 3, 12, 1.5);
    let path = path();
    let with_path = Evidence {
        geometry: Some(&path),
        ..Evidence::default()
    };
    let none = DecoderOptions {
        geometry: None,
        ..options(32, WEIGHTS)
    };
    let plain = decoder.decode(&frames, &none).unwrap();
    for (options, evidence) in [
        (&none, with_path),
        (&options(32, WEIGHTS), Evidence::default()),
        (&options(32, [0.0; Features::COUNT]), with_path),
        (&options(0, WEIGHTS), with_path),
    ] {
        let (got, _) = decoder
            .decode_until(&frames, options, &evidence, &mut || Ok(false))
            .unwrap();
        assert_eq!(got, plain);
    }
}

#[test]
fn words_without_a_key_on_the_keyboard_count_as_those_that_were_not_measured() {
    let words = words(9, 100);
    let transducer = Arc::new(fixtures::transducer(6, 1));
    let mut decoder = Decoder::new(Arc::clone(&transducer), lexicon(&words), 50).unwrap();
    let frames = frames(&transducer, 3, 12, 1.5);
    // A keyboard with the letters e and t only.
    let mut layout = Layout::qwerty();
    layout.keys.retain(|key| "et".contains(key.label));
    let keyboard = Keys::new(&layout, &fixtures::vocabulary().labels).unwrap();
    let mut path = GesturePath::new();
    let points = [(0.1, 0.5, 0.0), (0.9, 0.5, 90.0)];
    path.set(&keyboard, &Trace::in_letter_area(points).unwrap());
    let evidence = Evidence {
        geometry: Some(&path),
        ..Evidence::default()
    };
    let options = options(64, WEIGHTS);
    let (got, _) = decoder
        .decode_until(&frames, &options, &evidence, &mut || Ok(false))
        .unwrap();
    let has_key = |word: &&Candidate| word.word.contains(['e', 't']);
    let measured = got.iter().filter(has_key).map(|word| word.geometry);
    let least = measured.reduce(f64::min).unwrap();
    let mut others = got.iter().filter(|word| !has_key(word)).peekable();
    assert!(others.peek().is_some());
    assert!(others.all(|word| word.geometry == least));
}
