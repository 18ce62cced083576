use super::tests::frames;
use super::*;
use crate::transducer::fixtures;

/// A random model that emits a, b, c or, most often, the blank; the less sharp it is, the shorter
/// its spellings.
fn transducer(seed: u64, sharpness: f32) -> PredictionJoint {
    let spec = fixtures::spec(1 + seed as usize % 2);
    let mut tensors = fixtures::tensors(seed, &spec);
    for (name, _, values) in &mut tensors {
        if name == "joint.output.weight" {
            values.iter_mut().for_each(|value| *value *= sharpness);
        }
        if name == "joint.output.bias" {
            for (class, value) in values.iter_mut().enumerate() {
                match class {
                    1..=3 => {}
                    27 => *value += 3.5,
                    _ => *value -= 60.0,
                }
            }
        }
    }
    PredictionJoint::new(
        &fixtures::serialize(&tensors),
        &spec,
        &fixtures::vocabulary(),
    )
    .unwrap()
}

/// All spellings over a, b and c of at most `longest` labels, scored by the forward algorithm, best
/// first.
fn brute_force(
    transducer: &PredictionJoint,
    frames: &[f32],
    longest: usize,
) -> Vec<(Vec<u8>, f64)> {
    let (mut all, mut level) = (vec![Vec::new()], vec![Vec::new()]);
    for _ in 0..longest {
        level = level
            .iter()
            .flat_map(|labels: &Vec<u8>| {
                (1..=3).map(|label| labels.iter().copied().chain([label]).collect())
            })
            .collect();
        all.extend(level.iter().cloned());
    }
    let mut scored: Vec<_> = all
        .into_iter()
        .map(|labels| {
            let log_probability = log_likelihood(transducer, frames, &labels).unwrap();
            (labels, log_probability)
        })
        .collect();
    scored.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    scored
}

fn run(
    search: &mut SpellingSearch,
    transducer: &PredictionJoint,
    frames: &[f32],
    count: usize,
    options: &DecoderOptions,
) -> Result<Vec<Spelling>> {
    let names = fixtures::vocabulary().labels;
    search.run(transducer, &names, frames, count, options)
}

fn options(beam: usize) -> DecoderOptions {
    DecoderOptions {
        beam,
        window: 1e3,
        // These models emit a letter at any time, so no prefix lags behind.
        depth_bonus: 0.0,
        ..Default::default()
    }
}

#[test]
fn a_large_beam_equals_brute_force() {
    let mut search = SpellingSearch::default();
    for seed in 0..12 {
        let transducer = transducer(seed, 0.3);
        let frames = frames(&transducer, seed, 1 + seed as usize % 4, 1.5);
        let expected = brute_force(&transducer, &frames, 6);
        let total: f64 = expected.iter().map(|(_, score)| score.exp()).sum();
        assert!(total > 0.5 && total < 1.0 + 1e-5, "{total}");
        let got = run(&mut search, &transducer, &frames, 10, &options(3000)).unwrap();
        assert_eq!(got.len(), 10);
        for (got, (labels, log_probability)) in got.iter().zip(&expected) {
            assert!((got.log_probability - log_probability).abs() < 1e-6);
            assert_eq!(got.confidence, libm::exp(got.log_probability));
            assert_eq!(got.labels, *labels);
            let letters = labels.iter().map(|label| char::from(b'`' + label));
            assert_eq!(got.text, letters.collect::<String>());
        }
    }
}

#[test]
fn what_a_beam_finds_is_never_too_likely_and_a_larger_one_finds_more() {
    let mut search = SpellingSearch::default();
    let mut before = log::ZERO;
    for beam in [1, 4, 16, 64, 256] {
        let mut sum = 0.0;
        for seed in 0..40 {
            let transducer = transducer(seed, 0.3);
            let frames = frames(&transducer, seed, 4 + seed as usize % 12, 2.0);
            let got = run(&mut search, &transducer, &frames, 1, &options(beam)).unwrap();
            let exact = log_likelihood(&transducer, &frames, &got[0].labels).unwrap();
            assert!(got[0].log_probability <= exact + 1e-6);
            sum += got[0].log_probability;
        }
        assert!(sum >= before, "beam {beam}: {sum} after {before}");
        before = sum;
    }
}

#[test]
fn spellings_are_each_there_once_and_in_order() {
    let transducer = transducer(3, 0.3);
    let frames = frames(&transducer, 5, 9, 2.0);
    let mut search = SpellingSearch::default();
    let got = run(&mut search, &transducer, &frames, 50, &options(64)).unwrap();
    assert_eq!(got.len(), 50);
    for (index, spelling) in got.iter().enumerate() {
        assert!(
            got[..index]
                .iter()
                .all(|other| other.labels != spelling.labels)
        );
    }
    assert!(got.is_sorted_by(|a, b| a.log_probability >= b.log_probability));
    // Used buffers change nothing.
    for seed in 0..5 {
        let other = tests::frames(&transducer, seed, 30, 2.0);
        run(&mut search, &transducer, &other, 3, &options(16)).unwrap();
        assert_eq!(
            run(&mut search, &transducer, &frames, 50, &options(64)).unwrap(),
            got
        );
    }
    let mut new = SpellingSearch::default();
    assert_eq!(
        run(&mut new, &transducer, &frames, 50, &options(64)).unwrap(),
        got
    );
}

#[test]
fn a_model_that_is_sure_spells_what_greedy_spells() {
    let mut search = SpellingSearch::default();
    let mut equal = 0;
    for seed in 0..120 {
        let transducer = transducer(seed, 0.6);
        let frames = frames(&transducer, seed, 8, 6.0);
        let greedy = greedy(&transducer, &frames, 10).unwrap().labels;
        let got = run(&mut search, &transducer, &frames, 4, &options(64)).unwrap();
        let best = &got[0];
        let exact = log_likelihood(&transducer, &frames, &greedy).unwrap();
        // No other spelling can be likelier than one above a half.
        if exact > 0.5f64.ln() {
            assert_eq!(best.labels, greedy);
            equal += 1;
        }
    }
    assert!(equal > 5, "{equal}");
}

#[test]
fn hostile_requests_are_refused_or_bounded() {
    let transducer = transducer(1, 0.3);
    let mut search = SpellingSearch::default();
    assert_eq!(
        run(&mut search, &transducer, &[], 3, &options(8)).unwrap(),
        []
    );
    let frames = frames(&transducer, 1, 3, 1.0);
    for count in [0, 1025, usize::MAX] {
        assert!(run(&mut search, &transducer, &frames, count, &options(8)).is_err());
    }
    let bad = DecoderOptions {
        window: f32::NAN,
        ..Default::default()
    };
    assert!(run(&mut search, &transducer, &frames, 1, &bad).is_err());
    // A model that rarely emits the blank.
    let talkative = fixtures::transducer(1, 1);
    let frames = tests::frames(&talkative, 1, 30, 1.0);
    let got = run(&mut search, &talkative, &frames, 4, &options(4)).unwrap();
    assert!(got.iter().all(|spelling| spelling.labels.len() <= 64));
    assert!(
        got.iter()
            .all(|spelling| spelling.log_probability.is_finite())
    );
    assert!(search.bytes() < 1 << 20);
}
