use std::path::Path;
use std::sync::Arc;

use super::tests::{frames, labels_of, lexicon, words};
use super::*;
use crate::bytes::Bytes;
use crate::error::Error;
use crate::transducer::fixtures::{self, Random};
use crate::transducer::{JointScratch, PredictionScratch};

fn layers(count: usize) -> LexiconStack {
    LexiconStack::new(vec![Layer::new(Lexicon::clone(&lexicon(&words(5, count))))]).unwrap()
}

/// A table read from its bytes, placed `shift` bytes after a multiple of eight.
fn read(table: &[u8], transducer: &PredictionJoint, shift: usize) -> Result<PrefixTable> {
    let mut padded = vec![0; shift];
    padded.extend_from_slice(table);
    let bytes = Bytes::from(padded)
        .slice(shift..shift + table.len())
        .unwrap();
    PrefixTable::from_bytes(
        &bytes,
        transducer,
        "model",
        Some("words"),
        Path::new("test"),
    )
}

#[test]
fn results_depend_neither_on_the_table_nor_on_what_was_forgotten() {
    let layers = layers(300);
    for layers_of_lstm in [1, 2] {
        let transducer = Arc::new(fixtures::transducer(9, layers_of_lstm));
        let options = DecoderOptions {
            beam: 6,
            window: 6.0,
            internal_lm_weight: 0.3,
            ..Default::default()
        };
        let table = PrefixTable::compute(&transducer, &layers, 150).unwrap();
        assert_eq!(table.len(), 150);
        let file = table.to_bytes("model", Some("words")).unwrap();
        let mut decoders: Vec<Decoder> = [0, 1, 3]
            .map(|shift| read(&file, &transducer, shift).unwrap())
            .into_iter()
            .chain([0, 1, 7, 400].map(|n| PrefixTable::compute(&transducer, &layers, n).unwrap()))
            .map(|table| {
                Decoder::with_table(Arc::clone(&transducer), layers.clone(), Arc::new(table))
            })
            .collect();
        let budgets = [4 << 20, 0, 1000, 20_000, 60_000, 100_000];
        let mut forgot = false;
        for seed in 0..120 {
            let frames = frames(&transducer, seed, 10, 2.0);
            let fresh = Decoder::with_layers(Arc::clone(&transducer), layers.clone(), 0);
            let expected = fresh.unwrap().decode(&frames, &options).unwrap();
            for (at, decoder) in decoders.iter_mut().enumerate() {
                decoder.set_prefix_bytes(budgets[at % budgets.len()]);
                let before = decoder.prefixes();
                assert_eq!(decoder.decode(&frames, &options).unwrap(), expected);
                forgot |= decoder.prefixes() < before;
            }
        }
        assert!(forgot);
    }
}

#[test]
fn the_memory_of_prefixes_is_bounded_and_those_of_the_last_swipes_stay() {
    let layers = layers(2000);
    let transducer = Arc::new(fixtures::transducer(9, 1));
    let options = DecoderOptions::default();
    let mut decoder = Decoder::with_layers(Arc::clone(&transducer), layers, 0).unwrap();
    let (mut most, mut last) = (0, 0);
    const BUDGET: usize = 150_000;
    decoder.set_prefix_bytes(BUDGET);
    for seed in 0..400 {
        let frames = frames(&transducer, seed, 12, 2.0);
        decoder.decode(&frames, &options).unwrap();
        // The same swipe again adds no prefix.
        let prefixes = decoder.prefixes();
        decoder.set_prefix_bytes(usize::MAX);
        decoder.decode(&frames, &options).unwrap();
        assert_eq!(decoder.prefixes(), prefixes);
        decoder.set_prefix_bytes(BUDGET);
        if prefixes < last {
            assert!(prefixes > last / 10, "not all are forgotten");
        }
        last = prefixes;
        most = most.max(decoder.bytes());
    }
    // Buffers double, and a swipe may add to the kept prefixes.
    assert!(most < 3 * BUDGET, "{most}");
}

#[test]
fn a_damaged_table_is_refused() {
    let transducer = fixtures::transducer(9, 1);
    let file = PrefixTable::compute(&transducer, &layers(50), 40)
        .unwrap()
        .to_bytes("model", Some("words"))
        .unwrap();
    assert!(read(&file, &transducer, 0).is_ok());
    let other = |model, words| {
        let bytes = Bytes::from(file.clone());
        PrefixTable::from_bytes(&bytes, &transducer, model, words, Path::new("test"))
    };
    for (model, words) in [
        ("other", Some("words")),
        ("model", Some("other")),
        ("model", None),
    ] {
        assert!(matches!(other(model, words), Err(Error::Damaged { .. })));
    }
    assert!(
        read(&file, &fixtures::transducer(9, 2), 0).is_err(),
        "another network's rows"
    );
    for length in (0..file.len()).step_by(7) {
        assert!(
            read(&file[..length], &transducer, 0).is_err(),
            "{length} bytes"
        );
    }
    // A flipped bit is either detected or harmless: any table that is read can be searched. Bundles
    // also carry hashes.
    let (mut refused, mut random) = (0, Random::new(3));
    let shared = Arc::new(fixtures::transducer(9, 1));
    let frames = frames(&shared, 1, 6, 2.0);
    for _ in 0..3000 {
        let mut damaged = file.clone();
        let at = match random.below(2) {
            0 => random.below(400),
            _ => random.below(file.len()),
        };
        damaged[at] ^= 1 << random.below(8);
        match read(&damaged, &shared, 0) {
            Ok(table) => {
                let mut decoder =
                    Decoder::with_table(Arc::clone(&shared), layers(50), Arc::new(table));
                decoder.decode(&frames, &DecoderOptions::default()).unwrap();
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 300, "{refused}");
    let huge = PrefixTable::compute(&transducer, &layers(50), MAX_PREFIXES + 1);
    assert!(matches!(huge, Err(Error::TooLarge { .. })));
}

/// log P of the labels by the internal language model, step by step.
fn internal_lm(transducer: &PredictionJoint, labels: &[u8]) -> f64 {
    let (prediction, joint) = (&transducer.prediction, &transducer.joint);
    let mut state = vec![0.0; prediction.state_width()];
    let (mut projected, mut row) = (Vec::new(), Vec::new());
    let mut before = prediction.start_of_sequence();
    let mut sum = 0.0;
    for label in labels {
        let mut scratch = PredictionScratch::default();
        prediction
            .step(&[before], &mut state, &mut projected, &mut scratch)
            .unwrap();
        row.clear();
        let silence = vec![0.0; joint.width()];
        let prefix = std::iter::once(projected.as_slice());
        joint.log_probabilities(&silence, prefix, &mut row, &mut JointScratch::default());
        let row: Vec<f64> = row.iter().map(|value| f64::from(*value)).collect();
        let labels: f64 = row[..joint.blank()].iter().map(|value| value.exp()).sum();
        sum += row[usize::from(*label)] - labels.ln();
        before = usize::from(*label);
    }
    sum
}

#[test]
fn scores_are_the_sum_of_their_terms_and_an_unbounded_beam_finds_the_best() {
    let words = words(6, 200);
    let lexicon = lexicon(&words);
    for seed in 0..20 {
        let transducer = Arc::new(fixtures::transducer(seed, 1 + seed as usize % 2));
        let frames = frames(&transducer, seed, 9, 2.0);
        let options = DecoderOptions {
            beam: if seed < 10 { 0 } else { 64 },
            window: 100.0,
            candidates: 200,
            prior_weight: 0.5,
            length_reward: 0.7 - 0.1 * seed as f32,
            internal_lm_weight: 0.25,
            ..Default::default()
        };
        let mut decoder = Decoder::new(Arc::clone(&transducer), Arc::clone(&lexicon), 20).unwrap();
        let got = decoder.decode(&frames, &options).unwrap();
        let mut expected: Vec<(String, f64)> = words
            .iter()
            .map(|(word, _)| {
                let labels = labels_of(word);
                let cost = lexicon.words(&labels).next().unwrap().1;
                let score = log_likelihood(&transducer, &frames, &labels).unwrap()
                    - f64::from(options.prior_weight) * f64::from(cost)
                    + f64::from(options.length_reward) * labels.len() as f64
                    - f64::from(options.internal_lm_weight) * internal_lm(&transducer, &labels);
                (word.clone(), score)
            })
            .collect();
        expected.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        // The search can only miss the mass that the beam drops.
        let (compared, missing) = if options.beam == 0 {
            (200, 2e-5)
        } else {
            (3, 0.01)
        };
        for (candidate, (word, score)) in got.iter().zip(&expected).take(compared) {
            assert_eq!(&candidate.word, word);
            let difference = candidate.score - score;
            assert!(difference < 2e-5 && difference > -missing, "{difference}");
            let labels = labels_of(word);
            assert!((candidate.internal_lm - internal_lm(&transducer, &labels)).abs() < 2e-5);
        }
    }
}
