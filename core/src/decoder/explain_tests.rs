use std::sync::Arc;

use super::tests::{frames, labels_of, lexicon, words};
use super::*;
use crate::lexicon::{Alphabet, UserWords};
use crate::transducer::fixtures;

#[test]
fn every_word_has_a_fate_that_the_search_bears_out() {
    let words = words(8, 400);
    let names: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
    let lexicon = lexicon(&words);
    let alphabet = Alphabet::new(&fixtures::vocabulary().labels);
    let (mut candidates, mut outranked, mut pruned, mut unfinished) = (0, 0, 0, 0);
    for seed in 0..30 {
        let transducer = Arc::new(fixtures::transducer(seed, 1));
        let frames = frames(&transducer, seed, 3 + seed as usize % 9, 2.0);
        let options = DecoderOptions {
            beam: 8,
            candidates: 3,
            word_slots: 12,
            internal_lm_weight: 0.1,
            length_reward: 0.3,
            ..Default::default()
        };
        let mut decoder = Decoder::new(Arc::clone(&transducer), Arc::clone(&lexicon), 20).unwrap();
        let plain = decoder.decode(&frames, &options).unwrap();
        let report = decoder
            .explain(&frames, &options, &Evidence::default(), &alphabet, &names)
            .unwrap();
        assert_eq!(report.candidates, plain);
        assert_eq!(report.beam.len(), 3 + seed as usize % 9);
        assert_eq!(report.words.len(), names.len());
        for (name, word) in names.iter().zip(&report.words) {
            let exact = log_likelihood(&transducer, &frames, &labels_of(name)).unwrap();
            assert_eq!(word.log_probability, exact);
            assert!(word.found.is_none_or(|found| found < exact + 1e-9));
            assert_eq!(word.trail.len(), report.beam.len());
            assert_eq!(word.least, plain.last().map(|last| last.score));
            match word.fate {
                Fate::Candidate(index) => {
                    candidates += 1;
                    assert_eq!(plain[index].word, *name);
                    let score = word.score.unwrap() - exact + word.found.unwrap();
                    assert!((plain[index].score - score).abs() < 1e-5);
                    assert!((plain[index].internal_lm - word.internal_lm).abs() < 1e-5);
                }
                Fate::Outranked(index) => {
                    outranked += 1;
                    assert!(index >= plain.len() && word.found.is_some());
                }
                Fate::Pruned { frame, labels } => {
                    pruned += 1;
                    assert!(word.found.is_none());
                    assert!(word.trail[frame..].iter().all(Option::is_none));
                    assert!(frame == 0 || word.trail[frame - 1].is_some());
                    let most = word.trail.iter().flatten().max();
                    assert_eq!(most.map_or(0, |most| usize::from(*most)), labels);
                }
                Fate::Unfinished { labels } => {
                    unfinished += 1;
                    assert!(labels <= name.len() && word.trail.last().unwrap().is_some());
                }
                other => panic!("{other:?}"),
            }
        }
        // With no limit, the search loses nothing.
        let all = DecoderOptions {
            beam: 0,
            candidates: 400,
            ..options
        };
        let report = decoder
            .explain(&frames, &all, &Evidence::default(), &alphabet, &names)
            .unwrap();
        assert!(
            report
                .words
                .iter()
                .all(|word| matches!(word.fate, Fate::Candidate(_)))
        );
    }
    assert!(
        [candidates, outranked, pruned, unfinished]
            .iter()
            .all(|count| *count > 20)
    );
}

#[test]
fn words_that_cannot_be_found_are_told_apart() {
    let words = words(8, 100);
    let layers = LexiconStack::new(vec![Layer::new(Lexicon::clone(&lexicon(&words)))]).unwrap();
    let labels = fixtures::vocabulary().labels;
    let user = UserWords::new(layers.clone(), &labels);
    let (first, second) = (&words[0].0, &words[1].0);
    user.block(first).unwrap();
    user.add("xyzzy").unwrap();
    // The user has an entry for it, but no lexicon has the word.
    user.boost("qqq", 2.0).unwrap();
    let transducer = Arc::new(fixtures::transducer(1, 1));
    let frames = frames(&transducer, 1, 8, 2.0);
    let mut decoder = Decoder::with_layers(transducer, layers, 0).unwrap();
    decoder.set_layers(user.snapshot());
    let options = DecoderOptions {
        beam: 0,
        candidates: 200,
        ..Default::default()
    };
    let asked = [
        "字",
        first.as_str(),
        "qqq",
        second.as_str(),
        "xyzzy",
        "",
        "qqq",
    ];
    let report = decoder
        .explain(
            &frames,
            &options,
            &Evidence::default(),
            &Alphabet::new(&labels),
            &asked,
        )
        .unwrap();
    let fates: Vec<Fate> = report.words.iter().map(|word| word.fate).collect();
    assert_eq!(fates[0], Fate::Untypeable);
    assert_eq!(fates[1], Fate::Blocked);
    assert_eq!(fates[2], Fate::Unknown);
    assert!(matches!(fates[3], Fate::Candidate(_)));
    assert!(matches!(fates[4], Fate::Candidate(_)));
    assert_eq!(fates[5], Fate::Untypeable);
    assert_eq!(report.words[2], report.words[6]);
    assert_eq!(report.words[0].log_probability, f64::NEG_INFINITY);
    assert!(report.words[2].log_probability.is_finite());
    assert_eq!(report.words[1].score, None);
    // Without frames, nothing was searched.
    let empty = decoder
        .explain(
            &[],
            &options,
            &Evidence::default(),
            &Alphabet::new(&labels),
            &asked,
        )
        .unwrap();
    assert!(empty.candidates.is_empty() && empty.beam.is_empty());
}
