use std::sync::Arc;

use super::*;
use crate::lexicon::LexiconBuilder;
use crate::transducer::JointScratch;
use crate::transducer::fixtures::{self, Random};

/// Words of two to seven letters from a small alphabet, so that they share prefixes and endings.
pub(super) fn words(seed: u64, count: usize) -> Vec<(String, f64)> {
    let mut random = Random::new(seed);
    let mut words = std::collections::BTreeMap::new();
    while words.len() < count {
        let length = 1 + random.below(7);
        let word: String = (0..length)
            .map(|_| char::from(b"aeinorst"[random.below(8)]))
            .collect();
        words.insert(word, 1.0 + random.below(1000) as f64);
    }
    words.into_iter().collect()
}

pub(super) fn lexicon(words: &[(String, f64)]) -> Arc<Lexicon> {
    let labels = fixtures::vocabulary().labels;
    let mut builder = LexiconBuilder::new(&labels);
    for (word, weight) in words {
        builder.add(word, *weight).unwrap();
    }
    let built = builder.build().unwrap();
    Arc::new(Lexicon::from_bytes(built.bytes.into(), &labels, "test").unwrap())
}

pub(super) fn frames(
    transducer: &PredictionJoint,
    seed: u64,
    count: usize,
    scale: f32,
) -> Vec<f32> {
    let encoded = Random::new(seed).numbers(count * fixtures::spec(1).encoder, scale);
    let mut frames = Vec::new();
    transducer
        .joint
        .project_encoder(&encoded, &mut frames, &mut JointScratch::default())
        .unwrap();
    frames
}

pub(super) fn labels_of(word: &str) -> Vec<u8> {
    word.bytes().map(|byte| byte - b'a' + 1).collect()
}

/// Every word scored by the forward algorithm.
fn brute_force(
    transducer: &PredictionJoint,
    lexicon: &Lexicon,
    words: &[(String, f64)],
    frames: &[f32],
    prior_weight: f32,
) -> Vec<(String, f64)> {
    let mut scored: Vec<(String, f64)> = words
        .iter()
        .map(|(word, _)| {
            let labels = labels_of(word);
            let cost = lexicon.words(&labels).next().unwrap().1;
            let score = log_likelihood(transducer, frames, &labels).unwrap()
                - f64::from(prior_weight) * f64::from(cost);
            (word.clone(), score)
        })
        .collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scored
}

#[test]
fn an_unbounded_beam_equals_brute_force() {
    let words = words(3, 500);
    let lexicon = lexicon(&words);
    for seed in 0..40 {
        let transducer = Arc::new(fixtures::transducer(seed, 1 + seed as usize % 2));
        let frames = frames(
            &transducer,
            seed,
            1 + seed as usize % 12,
            1.0 + (seed % 4) as f32,
        );
        let mut decoder = Decoder::new(
            Arc::clone(&transducer),
            Arc::clone(&lexicon),
            20 * (seed as usize % 2),
        )
        .unwrap();
        let options = DecoderOptions {
            beam: 0,
            candidates: 500,
            prior_weight: 0.3 * (seed % 3) as f32,
            ..Default::default()
        };
        let got = decoder.decode(&frames, &options).unwrap();
        let expected = brute_force(&transducer, &lexicon, &words, &frames, options.prior_weight);
        assert_eq!(got.len(), 500);
        let mut total = 0.0;
        for (candidate, (word, score)) in got.iter().zip(&expected) {
            assert!(
                (candidate.score - score).abs() < 1e-9 * score.abs().max(1.0),
                "{} {score}",
                candidate.score
            );
            assert_eq!(&candidate.word, word);
            total += candidate.confidence;
        }
        assert!((total - 1.0).abs() < 1e-9);
    }
}

#[test]
fn a_large_beam_finds_the_best_words() {
    let words = words(4, 500);
    let lexicon = lexicon(&words);
    for seed in 100..260 {
        let transducer = Arc::new(fixtures::transducer(seed, 1));
        let frames = frames(&transducer, seed, 8 + seed as usize % 12, 3.0);
        let options = DecoderOptions {
            beam: 256,
            window: 1e3,
            candidates: 5,
            ..Default::default()
        };
        let expected = brute_force(&transducer, &lexicon, &words, &frames, options.prior_weight);
        let mut decoder = Decoder::new(transducer, Arc::clone(&lexicon), 0).unwrap();
        let got = decoder.decode(&frames, &options).unwrap();
        assert_eq!(got[0].word, expected[0].0);
        for (candidate, (_, score)) in got.iter().zip(&expected) {
            // The search can only miss the mass that the beam drops.
            assert!(
                candidate.score < score + 1e-9 && candidate.score > score - 0.5,
                "{} {score}",
                candidate.score
            );
        }
    }
}

#[test]
fn results_do_not_depend_on_what_came_before() {
    let words = words(5, 300);
    let lexicon = lexicon(&words);
    let transducer = Arc::new(fixtures::transducer(9, 2));
    let options = DecoderOptions {
        beam: 6,
        window: 6.0,
        ..Default::default()
    };
    let mut old = Decoder::new(Arc::clone(&transducer), Arc::clone(&lexicon), 50).unwrap();
    for seed in 0..30 {
        let frames = frames(&transducer, seed, 10, 2.0);
        let mut new = Decoder::new(Arc::clone(&transducer), Arc::clone(&lexicon), 0).unwrap();
        assert_eq!(
            old.decode(&frames, &options).unwrap(),
            new.decode(&frames, &options).unwrap()
        );
        if seed == 20 {
            old.forget();
        }
    }
}

#[test]
fn equal_scores_are_ordered_by_word() {
    let words: Vec<(String, f64)> = ["its", "it's", "IT's"]
        .iter()
        .map(|word| (word.to_string(), 1.0))
        .collect();
    let lexicon = lexicon(&words);
    let transducer = Arc::new(fixtures::transducer(2, 1));
    let frames = frames(&transducer, 1, 9, 1.0);
    let mut decoder = Decoder::new(transducer, lexicon, 0).unwrap();
    let got = decoder.decode(&frames, &DecoderOptions::default()).unwrap();
    let got: Vec<&str> = got
        .iter()
        .map(|candidate| candidate.word.as_str())
        .collect();
    assert_eq!(got, ["IT's", "it's", "its"]);
}

#[test]
fn no_frames_mean_nothing() {
    let lexicon = lexicon(&words(1, 20));
    let transducer = Arc::new(fixtures::transducer(2, 1));
    let mut decoder = Decoder::new(Arc::clone(&transducer), lexicon, 0).unwrap();
    assert_eq!(decoder.decode(&[], &DecoderOptions::default()).unwrap(), []);
    assert_eq!(greedy(&transducer, &[], 10).unwrap(), Greedy::default());
    assert_eq!(
        log_likelihood(&transducer, &[], &[1]).unwrap(),
        f64::NEG_INFINITY
    );
    let frames = frames(&transducer, 1, 2, 1.0);
    assert!(log_likelihood(&transducer, &frames, &[27]).is_err());
}

#[test]
fn the_forward_algorithm_sums_over_all_alignments() {
    /// Sums over all ways to spread the labels over the frames, one by one.
    fn enumerate(
        rows: &[Vec<f32>],
        classes: usize,
        labels: &[u8],
        frame: usize,
        done: usize,
    ) -> f64 {
        let frames = rows.len();
        if frame == frames {
            return if done == labels.len() { 1.0 } else { 0.0 };
        }
        let row = &rows[frame][done * classes..][..classes];
        let mut sum =
            f64::from(row[classes - 1]).exp() * enumerate(rows, classes, labels, frame + 1, done);
        if done < labels.len() {
            let label = f64::from(row[usize::from(labels[done])]).exp();
            sum += label * enumerate(rows, classes, labels, frame, done + 1);
        }
        sum
    }
    let transducer = fixtures::transducer(8, 2);
    let (prediction, joint) = (&transducer.prediction, &transducer.joint);
    let labels = labels_of("noise");
    let frames = frames(&transducer, 4, 5, 1.5);
    let mut state = vec![0.0; prediction.state_width()];
    let (mut projected, mut prefixes) = (Vec::new(), Vec::new());
    for label in std::iter::once(27).chain(labels.iter().map(|label| usize::from(*label))) {
        prediction
            .step(
                &[label],
                &mut state,
                &mut projected,
                &mut Default::default(),
            )
            .unwrap();
        prefixes.extend_from_slice(&projected);
    }
    let rows: Vec<Vec<f32>> = frames
        .chunks_exact(joint.width())
        .map(|frame| {
            let mut row = Vec::new();
            joint.log_probabilities(
                frame,
                prefixes.chunks_exact(joint.width()),
                &mut row,
                &mut JointScratch::default(),
            );
            row
        })
        .collect();
    let expected = enumerate(&rows, joint.classes(), &labels, 0, 0).ln();
    assert!((log_likelihood(&transducer, &frames, &labels).unwrap() - expected).abs() < 1e-9);
}

#[test]
fn options_are_checked() {
    assert!(DecoderOptions::default().validate().is_ok());
    for options in [
        DecoderOptions {
            beam: usize::MAX,
            ..Default::default()
        },
        DecoderOptions {
            candidates: 0,
            ..Default::default()
        },
        DecoderOptions {
            window: f32::NAN,
            ..Default::default()
        },
        DecoderOptions {
            window: -1.0,
            ..Default::default()
        },
        DecoderOptions {
            prior_weight: f32::INFINITY,
            ..Default::default()
        },
        DecoderOptions {
            depth_bonus: -0.5,
            ..Default::default()
        },
    ] {
        assert!(options.validate().is_err());
    }
}

#[test]
fn confidences_are_shares_at_a_temperature() {
    let words = words(3, 50);
    let lexicon = lexicon(&words);
    let transducer = Arc::new(fixtures::transducer(2, 1));
    let frames = frames(&transducer, 2, 8, 2.0);
    let mut decoder = Decoder::new(transducer, lexicon, 0).unwrap();
    let mut decode = |temperature, other_score| {
        let options = DecoderOptions {
            beam: 0,
            candidates: 50,
            temperature,
            other_score,
            ..Default::default()
        };
        decoder.decode(&frames, &options).unwrap()
    };
    let plain = decode(1.0, None);
    for (temperature, other) in [
        (1.0, None),
        (2.5, None),
        (0.5, Some(-9.0)),
        (1.3, Some(2.0)),
    ] {
        let got = decode(temperature, other);
        let t = f64::from(temperature);
        let known: f64 = plain.iter().map(|c| (c.score / t).exp()).sum();
        let total = known + other.map_or(0.0, |other: f32| (f64::from(other) / t).exp());
        for (got, plain) in got.iter().zip(&plain) {
            assert_eq!((&got.word, got.score), (&plain.word, plain.score));
            assert!((got.confidence - (plain.score / t).exp() / total).abs() < 1e-12);
        }
        let sum: f64 = got.iter().map(|c| c.confidence).sum();
        assert!((sum - known / total).abs() < 1e-9);
    }
    for (temperature, other_score) in [
        (0.0, None),
        (f32::NAN, None),
        (-1.0, None),
        (1.0, Some(f32::NAN)),
        (1.0, Some(f32::INFINITY)),
    ] {
        let options = DecoderOptions {
            temperature,
            other_score,
            ..Default::default()
        };
        assert!(options.validate().is_err());
    }
}

#[test]
fn a_search_that_is_cut_short_means_what_it_has_seen() {
    let words = words(3, 200);
    let lexicon = lexicon(&words);
    let transducer = Arc::new(fixtures::transducer(2, 1));
    let frames = frames(&transducer, 2, 10, 2.0);
    let width = transducer.joint.width();
    let options = DecoderOptions::default();
    let mut decoder = Decoder::new(transducer, lexicon, 20).unwrap();
    for most in 0..=10 {
        let mut left = most;
        let mut reached = || {
            left -= 1;
            Ok(left < 0)
        };
        let (got, is_whole) = decoder
            .decode_until(&frames, &options, &Evidence::default(), &mut reached)
            .unwrap();
        assert_eq!(is_whole, most == 10);
        let seen = &frames[..most as usize * width];
        assert_eq!(
            got,
            decoder.decode(seen, &options).unwrap(),
            "{most} frames"
        );
    }
    let whole = decoder.decode(&frames, &options).unwrap();
    for most in 0..10 {
        let mut left = most;
        let mut reached = || {
            left -= 1;
            if left < 0 {
                Err(crate::Error::Cancelled)
            } else {
                Ok(false)
            }
        };
        let cancelled = decoder.decode_until(&frames, &options, &Evidence::default(), &mut reached);
        assert!(matches!(cancelled, Err(crate::Error::Cancelled)));
        assert_eq!(decoder.decode(&frames, &options).unwrap(), whole);
    }
}
