//! The search against brute force, and a narrow beam against a wide one.

use std::sync::Arc;

use swipekit::Engine;
use swipekit::internals::decoder::{Candidate, Decoder, DecoderOptions, log_likelihood};
use swipekit::internals::transducer::PredictionJoint;
use swipekit::lexicon::{Alphabet, Lexicon};
use swipekit_exporters::export;
use swipekit_exporters::random::Random;
use swipekit_tests::{
    english, frames, lexicon, options, project, random_checkpoint, runtime, shared, swipes,
    transducer,
};

/// One of the trained models, or a random one, without a lexicon.
fn engine(folder: &std::path::Path, checkpoint: &str) -> Engine {
    let checkpoint = shared(checkpoint).unwrap_or_else(|| random_checkpoint(folder));
    let output = folder.join("bundle");
    let options = export::Options {
        parts: false,
        ..options(&checkpoint, &output)
    };
    export::onnx(&options, |_| {}).unwrap();
    Engine::open(&output).unwrap()
}

/// 500 words from all over the list: frequent and rare, short and long, words with the same key
/// among them.
fn words() -> Vec<(String, f64)> {
    let list = english(60_000);
    let frequent = list.iter().take(200);
    let rare = list.iter().skip(200).step_by(195);
    let mut words: Vec<_> = frequent.chain(rare).take(500).cloned().collect();
    words.sort_by(|a, b| a.0.cmp(&b.0));
    words.dedup_by(|a, b| a.0 == b.0);
    words
}

/// Every word scored by the forward algorithm: word and score, best first.
fn brute_force(
    transducer: &PredictionJoint,
    lexicon: &Lexicon,
    words: &[(String, Vec<u8>)],
    frames: &[f32],
    weight: f32,
) -> Vec<(String, f64)> {
    let mut scored: Vec<(String, f64)> = words
        .iter()
        .map(|(word, key)| {
            let cost = lexicon.words(key).find(|form| form.0 == *word).unwrap().1;
            let prior = -f64::from(cost) * f64::from(weight);
            (
                word.clone(),
                log_likelihood(transducer, frames, key).unwrap() + prior,
            )
        })
        .collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    scored
}

fn assert_equal(got: &[Candidate], expected: &[(String, f64)]) {
    assert_eq!(got.len(), expected.len());
    for (candidate, (word, score)) in got.iter().zip(expected) {
        assert_eq!(&candidate.word, word);
        assert!(
            (candidate.score - score).abs() <= 1e-6 * score.abs().max(1.0),
            "{} {score}",
            candidate.score
        );
    }
    let total: f64 = got.iter().map(|candidate| candidate.confidence).sum();
    assert!((total - 1.0).abs() < 1e-9);
}

/// Compares on `real` swipes and `random` sequences of frames.
fn check(checkpoint: &str, real: usize, random: usize) {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path(), checkpoint);
    let transducer = transducer(&engine);
    let words = words();
    let lexicon = lexicon(&words, &engine.manifest().vocabulary.labels);
    let alphabet = Alphabet::new(&engine.manifest().vocabulary.labels);
    let keyed: Vec<_> = words
        .iter()
        .map(|(word, _)| (word.clone(), alphabet.fold(word).unwrap()))
        .collect();
    let mut decoder = Decoder::new(Arc::clone(&transducer), Arc::clone(&lexicon), 64).unwrap();

    let mut inputs: Vec<Vec<f32>> = swipes(real)
        .iter()
        .map(|(_, trace)| frames(&engine, trace))
        .collect();
    let mut source = Random::new(11);
    let width = engine.manifest().model.encoder;
    for count in 0..random {
        let values = (0..(1 + count % 24) * width)
            .map(|_| (source.normal() * (0.5 + count as f64 / 50.0)) as f32);
        inputs.push(project(&transducer, &values.collect::<Vec<_>>()));
    }
    assert_eq!(inputs.len(), real + random);
    for (index, input) in inputs.iter().enumerate() {
        let weight = [0.0, 0.4, 1.0][index % 3];
        let mut options = DecoderOptions::default();
        options.beam = 0;
        options.candidates = words.len();
        options.prior_weight = weight;
        let got = decoder.decode(input, &options).unwrap();
        assert_equal(
            &got,
            &brute_force(&transducer, &lexicon, &keyed, input, weight),
        );
    }
}

#[test]
fn an_unbounded_beam_is_brute_force_for_a_small_model() {
    check("oracle/tiny/tiny.nemo", 80, 105);
}

/// Fewer inputs: brute force by the larger model takes a second each.
#[test]
fn an_unbounded_beam_is_brute_force_for_the_trained_model() {
    check("checkpoints/en-qwerty-poc.nemo", 10, 5);
}

/// Swipes that the two beams are compared on.
const COMPARED: usize = 1000;

#[test]
fn a_beam_of_16_loses_no_more_than_its_bound_to_one_of_256() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path(), "checkpoints/en-qwerty-poc.nemo");
    let labels = &engine.manifest().vocabulary.labels;
    let lexicon = lexicon(&english(70_000), labels);
    let alphabet = Alphabet::new(labels);
    let mut decoder = Decoder::new(transducer(&engine), lexicon, 1024).unwrap();
    let narrow = DecoderOptions::default();
    assert_eq!(narrow.beam, 16);
    let mut wide = DecoderOptions::default();
    wide.beam = 256;
    let (mut hits, mut discordant) = ([0_i32; 2], 0);
    let swipes = swipes(COMPARED);
    for (word, trace) in &swipes {
        let input = frames(&engine, trace);
        let best = [&narrow, &wide]
            .map(|options| decoder.decode(&input, options).unwrap().into_iter().next());
        let hit = best.map(|best| {
            let key = best.and_then(|best| alphabet.fold(&best.word).ok());
            key.is_some() && key == alphabet.fold(word).ok()
        });
        hits.iter_mut()
            .zip(hit)
            .for_each(|(hits, hit)| *hits += i32::from(hit));
        discordant += i32::from(hit[0] != hit[1]);
    }
    let percent = |count: i32| 100.0 * f64::from(count) / swipes.len() as f64;
    println!(
        "{} swipes: top-1 {:.2} % with a beam of 16, {:.2} % with 256",
        swipes.len(),
        percent(hits[0]),
        percent(hits[1])
    );
    // Two standard errors of the paired difference: this is a sample of the swipes that the bound
    // of 0.3 % is for.
    let allowance = 100.0 * 2.0 * f64::from(discordant).sqrt() / swipes.len() as f64;
    println!("{discordant} swipes hit by one beam only; allowance for the sample {allowance:.2} %");
    assert!(percent(hits[1] - hits[0]) <= 0.3 + allowance);
}
