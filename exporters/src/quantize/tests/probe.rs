use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::quantize::probe::{Judge, Probe, Target};
use crate::quantize::recipe::DYNAMIC_U8S8;
use crate::quantize::rewrite::{Ranges, rewrite};
use crate::testing::runtime;
use crate::words::lexicon;
use swipekit::internals::decoder::{Decoder, DecoderOptions};
use swipekit::internals::runtime::{Encoder, OnnxEncoder};
use swipekit::internals::transducer::{JointScratch, PredictionJoint};
use swipekit::lexicon::Alphabet;

/// What decodes with the prediction network and joint of a network, and a few words.
pub fn judge(config: &ModelConfig, weights: &Weights, threads: usize) -> Judge {
    let network = Network::new(config, weights).unwrap();
    let (model, vocabulary) = (network.model_spec(), onnx::vocabulary(&network));
    let transducer = onnx::transducer(&network, false).unwrap();
    let words = ["a", "b", "c", "ab", "ba", "bc", "ca", "abc", "bac", "cabb"];
    Judge {
        transducer: Arc::new(PredictionJoint::new(&transducer, &model, &vocabulary).unwrap()),
        lexicon: Arc::new(lexicon::of_words(words, &config.labels).unwrap()),
        alphabet: Alphabet::new(&config.labels),
        options: DecoderOptions::default(),
        model,
        threads,
    }
}

/// Swipes that mean what `model` makes of them.
pub fn targets(judge: &Judge, model: &Model, swipes: &[EncoderInput]) -> Arc<Vec<Target>> {
    let bytes = serialize(model.clone());
    let options = RuntimeOptions::default();
    let encoder = OnnxEncoder::from_bytes(&bytes, &judge.model, &options).unwrap();
    let (transducer, lexicon) = (Arc::clone(&judge.transducer), Arc::clone(&judge.lexicon));
    let mut decoder = Decoder::new(transducer, lexicon, 16).unwrap();
    let (mut encoded, mut projected) = (Vec::new(), Vec::new());
    let targets = swipes.iter().map(|swipe| {
        encoder
            .encode(&swipe.features, swipe.samples, &mut encoded)
            .unwrap();
        let joint = &judge.transducer.joint;
        joint
            .project_encoder(&encoded, &mut projected, &mut JointScratch::default())
            .unwrap();
        let best = decoder.decode(&projected, &judge.options).unwrap();
        Target {
            input: swipe.clone(),
            key: Some(judge.alphabet.fold(&best[0].word).unwrap()),
        }
    });
    Arc::new(targets.collect())
}

/// Samples of the swipes.
const LENGTHS: [usize; 11] = [20, 31, 9, 40, 25, 17, 36, 12, 28, 33, 22];

struct Case {
    config: ModelConfig,
    weights: Weights,
    model: Model,
    swipes: Vec<EncoderInput>,
}

fn case() -> Case {
    let config = small_configs().swap_remove(0);
    let weights = random_weights(&config, 1);
    Case {
        model: encoder(&config, &weights),
        swipes: swipes(&config, &LENGTHS, 2),
        config,
        weights,
    }
}

#[test]
fn the_same_graph_costs_nothing() {
    if !runtime() {
        return;
    }
    let case = case();
    let judge = judge(&case.config, &case.weights, 2);
    let targets = targets(&judge, &case.model, &case.swipes);
    let fp32 = serialize(case.model);
    let probe = Probe::new(judge, targets, &fp32).unwrap();
    let effect = probe.effect(&fp32, None).unwrap();
    assert_eq!((effect.swipes, effect.top1), (LENGTHS.len(), 100.0));
    assert_eq!((effect.lost, effect.gained, effect.top1_loss), (0, 0, 0.0));
    assert_eq!(
        (effect.log_likelihood_loss, effect.relative_error),
        (0.0, 0.0)
    );
    assert!((effect.cosine - 1.0).abs() < 1e-12);
}

#[test]
fn some_of_the_swipes_are_at_most_those_asked_for() {
    if !runtime() {
        return;
    }
    let case = case();
    let judge = judge(&case.config, &case.weights, 1);
    let targets = targets(&judge, &case.model, &case.swipes);
    let fp32 = serialize(case.model);
    let probe = Probe::new(judge, targets, &fp32).unwrap();
    for most in 0..=2 * LENGTHS.len() {
        let swipes = probe.effect(&fp32, Some(most)).unwrap().swipes;
        assert!((1..=most.max(1)).contains(&swipes), "{most}: {swipes}");
        assert!(2 * swipes > most.min(LENGTHS.len()), "{most}: {swipes}");
    }
}

#[test]
fn losses_of_one_graph_are_gains_of_the_other() {
    if !runtime() {
        return;
    }
    let case = case();
    let judge = judge(&case.config, &case.weights, 1);
    let targets = targets(&judge, &case.model, &case.swipes);
    let other = encoder(&case.config, &random_weights(&case.config, 9));
    let (this, other) = (serialize(case.model), serialize(other));
    let probe = |fp32| Probe::new(judge.clone(), Arc::clone(&targets), fp32).unwrap();
    let worse = probe(&this).effect(&other, None).unwrap();
    let better = probe(&other).effect(&this, None).unwrap();
    assert!(worse.lost > 0, "{worse:?}");
    assert_eq!((worse.lost, worse.gained), (better.gained, better.lost));
    let loss = 100.0 * worse.lost as f64 / LENGTHS.len() as f64;
    assert!((worse.top1_loss - loss).abs() < 1e-9);
    assert!((worse.top1 - (100.0 - loss)).abs() < 1e-9);
    assert_eq!((better.top1, better.top1_loss), (100.0, -worse.top1_loss));
    let losses = worse.log_likelihood_loss + better.log_likelihood_loss;
    assert!(worse.log_likelihood_loss > 0.0 && losses.abs() < 1e-9);
    assert!((worse.cosine - better.cosine).abs() < 1e-9 && worse.cosine < 0.9);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    if !runtime() {
        return;
    }
    let case = case();
    let quantized = rewrite(&case.model, &DYNAMIC_U8S8, &Ranges::new(), &BTreeSet::new());
    let quantized = serialize(quantized.unwrap());
    let fp32 = serialize(case.model.clone());
    let effects = [1, 2, 3, 64].map(|threads| {
        let judge = judge(&case.config, &case.weights, threads);
        let targets = targets(&judge, &case.model, &case.swipes);
        let probe = Probe::new(judge, targets, &fp32).unwrap();
        [None, Some(4)].map(|swipes| probe.effect(&quantized, swipes).unwrap())
    });
    assert!(effects[0][0].relative_error > 0.0);
    assert!(effects.iter().all(|effect| *effect == effects[0]));
}

#[test]
fn a_word_that_the_model_cannot_spell_is_never_right() {
    if !runtime() {
        return;
    }
    let case = case();
    let judge = judge(&case.config, &case.weights, 1);
    let mut targets = targets(&judge, &case.model, &case.swipes);
    for target in Arc::get_mut(&mut targets).unwrap().iter_mut().skip(1) {
        target.key = None;
    }
    let fp32 = serialize(case.model);
    let effect = Probe::new(judge, targets, &fp32).unwrap();
    let effect = effect.effect(&fp32, None).unwrap();
    assert!((effect.top1 - 100.0 / LENGTHS.len() as f64).abs() < 1e-9);
    assert_eq!((effect.lost, effect.log_likelihood_loss), (0, 0.0));
}
