use std::sync::Arc;

use super::tests::{frames, labels_of, lexicon, words};
use super::*;
use crate::lexicon::UserWords;
use crate::transducer::fixtures;

/// Every word with the sum over its prefixes, each scored by the forward algorithm.
fn brute_force(
    transducer: &PredictionJoint,
    lexicon: &Lexicon,
    words: &[(String, f64)],
    frames: &[f32],
    weight: f32,
    cost: f64,
) -> Vec<(String, f64)> {
    let mut scored: Vec<(String, f64)> = words
        .iter()
        .map(|(word, _)| {
            let labels = labels_of(word);
            let mass = (0..=labels.len()).fold(log::ZERO, |sum, length| {
                let mass = log_likelihood(transducer, frames, &labels[..length]).unwrap();
                log::add(sum, mass - cost * (labels.len() - length) as f64)
            });
            let prior = lexicon.words(&labels).next().unwrap().1;
            (word.clone(), mass - f64::from(weight) * f64::from(prior))
        })
        .collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scored
}

#[test]
fn an_unbounded_beam_equals_brute_force() {
    let words = words(3, 300);
    let lexicon = lexicon(&words);
    for seed in 0..20 {
        let transducer = Arc::new(fixtures::transducer(seed, 1 + seed as usize % 2));
        let frames = frames(&transducer, seed, 1 + seed as usize % 9, 1.5);
        let cost = 0.5 * (seed % 5) as f32;
        let options = DecoderOptions {
            beam: 0,
            candidates: 300,
            continuation: Some(cost),
            ..Default::default()
        };
        let mut decoder = Decoder::new(Arc::clone(&transducer), Arc::clone(&lexicon), 0).unwrap();
        let got = decoder.decode(&frames, &options).unwrap();
        let expected = brute_force(
            &transducer,
            &lexicon,
            &words,
            &frames,
            options.prior_weight,
            cost.into(),
        );
        assert_eq!(got.len(), 300);
        let mut total = 0.0;
        for (candidate, (word, score)) in got.iter().zip(&expected) {
            assert!((candidate.score - score).abs() < 1e-9 * score.abs().max(1.0));
            assert_eq!(&candidate.word, word);
            total += candidate.confidence;
        }
        assert!((total - 1.0).abs() < 1e-9);
        // A short list is the head of the long one where the likeliest prefix decides.
        let few = DecoderOptions {
            candidates: 1,
            ..options
        };
        let best = decoder.decode(&frames, &few).unwrap();
        assert!(best[0].score > got[0].score - 8f64.ln());
    }
}

#[test]
fn a_path_that_breaks_off_means_words_that_go_on() {
    let words: Vec<(String, f64)> = [("e", 1.0), ("stain", 50.0), ("star", 9.0), ("ton", 1.0)]
        .map(|(word, weight)| (word.to_owned(), weight))
        .to_vec();
    let lexicon = lexicon(&words);
    let transducer = Arc::new(fixtures::transducer(4, 1));
    let frames = frames(&transducer, 3, 3, 1.0);
    let options = DecoderOptions {
        beam: 8,
        continuation: Some(0.5),
        ..Default::default()
    };
    let mut decoder = Decoder::new(transducer, lexicon, 0).unwrap();
    let got = decoder.decode(&frames, &options).unwrap();
    assert_eq!(got.len(), 4, "every word continues the empty prefix");
    assert!(got.is_sorted_by(|a, b| a.score >= b.score));
    assert_eq!(decoder.decode(&frames, &options).unwrap(), got);
    assert_eq!(
        decoder.decode(&[], &options).unwrap(),
        [],
        "no frame says nothing"
    );
    let most = DecoderOptions {
        candidates: 257,
        ..options
    };
    assert!(most.validate().is_err());
}

#[test]
fn the_words_of_a_user_are_continued_and_blocked_ones_are_not() {
    let words = words(3, 40);
    let lexicon = lexicon(&words);
    let transducer = Arc::new(fixtures::transducer(6, 1));
    let frames = frames(&transducer, 3, 2, 1.0);
    let options = DecoderOptions {
        beam: 0,
        candidates: 100,
        continuation: Some(0.0),
        ..Default::default()
    };
    let layers = LexiconStack::new(vec![Layer::new(Lexicon::clone(&lexicon))]).unwrap();
    let user = UserWords::new(layers.clone(), &fixtures::vocabulary().labels);
    user.add("Zyzzyva").unwrap();
    user.block(&words[5].0).unwrap();
    let mut decoder = Decoder::with_layers(transducer, layers, 10).unwrap();
    decoder.set_layers(user.snapshot());
    let got = decoder.decode(&frames, &options).unwrap();
    assert_eq!(got.len(), 40);
    assert!(got.iter().any(|candidate| candidate.word == "Zyzzyva"));
    assert!(got.iter().all(|candidate| candidate.word != words[5].0));
}

#[test]
fn the_cost_of_a_letter_is_checked() {
    for cost in [-0.1, f32::NAN, f32::INFINITY] {
        let options = DecoderOptions {
            continuation: Some(cost),
            ..Default::default()
        };
        assert!(options.validate().is_err());
    }
}
