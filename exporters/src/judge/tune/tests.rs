use super::terms::{Group, TERMS, fit_weights};
use super::*;
use crate::random::Random;

/// Lists whose targets are drawn with the weights `truth`.
fn drawn(seed: u64, count: usize, truth: &[f64]) -> Vec<ScoredList> {
    let mut random = Random::new(seed);
    let mut lists = Vec::new();
    for _ in 0..count {
        let words = 2 + (random.bits() % 12) as usize;
        let terms: Vec<Vec<f64>> = (0..words)
            .map(|_| truth.iter().map(|_| 2.0 * random.normal()).collect())
            .collect();
        let share = |terms: &[f64]| -> f64 {
            let products = terms.iter().zip(truth).map(|(term, weight)| term * weight);
            products.sum::<f64>().exp()
        };
        let mut left = random.uniform() * terms.iter().map(|terms| share(terms)).sum::<f64>();
        let target = terms.iter().position(|terms| {
            left -= share(terms);
            left <= 0.0
        });
        let mut list = ScoredList::new(truth.len());
        for (index, terms) in terms.iter().enumerate() {
            list.push(terms, target.unwrap_or(0) == index);
        }
        lists.push(list);
    }
    lists
}

#[test]
fn a_fit_finds_the_weights_that_targets_were_drawn_with() {
    for (seed, truth) in [
        (1, vec![0.7, 0.3, -1.2]),
        (2, vec![0.5, 0.0, 0.2, -0.4, 0.9]),
    ] {
        let lists = drawn(seed, 20_000, &truth);
        let blend = fit(&lists, &vec![true; truth.len()], 1e-6);
        for (got, expected) in blend.weights.iter().zip(&truth) {
            assert!(
                (got - expected).abs() < 0.03,
                "{:?} {truth:?}",
                blend.weights
            );
        }
        assert_eq!(blend.lists, 20_000);
        assert!(blend.steps < 15, "{}", blend.steps);
        // Nothing else is likelier, and least of all no weights.
        let least = blend::log_likelihood(&lists, &blend.weights);
        assert!((least - blend.log_likelihood).abs() < 1e-12);
        for term in 0..truth.len() {
            for step in [-0.05, 0.05] {
                let mut other = blend.weights.clone();
                other[term] += step;
                assert!(blend::log_likelihood(&lists, &other) < least);
            }
        }
        // And the same again.
        assert_eq!(fit(&lists, &vec![true; truth.len()], 1e-6), blend);
    }
}

#[test]
fn terms_that_are_not_free_stay_at_nothing() {
    let lists = drawn(3, 3_000, &[0.7, 0.3, -1.2]);
    let blend = fit(&lists, &[true, false], 1e-4);
    assert!(blend.weights[0] > 0.1);
    assert_eq!(blend.weights[1..], [0.0, 0.0]);
    assert!(blend.log_likelihood < fit(&lists, &[true; 3], 1e-4).log_likelihood);
}

#[test]
fn what_lists_leave_open_is_settled_by_the_penalty() {
    // One term twice, one that is the same for all words, and words that are always told apart.
    let mut lists = Vec::new();
    for i in 0..50 {
        let mut list = ScoredList::new(3);
        list.push(&[1.0, 1.0, f64::from(i)], true);
        list.push(&[0.0, 0.0, f64::from(i)], false);
        lists.push(list);
    }
    let blend = fit(&lists, &[true; 3], 1e-3);
    assert!(blend.weights.iter().all(|weight| weight.is_finite()));
    assert!((blend.weights[0] - blend.weights[1]).abs() < 1e-6);
    assert!(
        blend.weights[0] > 1.0 && blend.weights[2] == 0.0,
        "{blend:?}"
    );
}

#[test]
fn lists_that_say_nothing_give_nothing() {
    let mut without = ScoredList::new(2);
    without.push(&[1.0, 2.0], false);
    let mut alone = ScoredList::new(2);
    alone.push(&[f64::NAN, f64::INFINITY], true);
    assert_eq!(alone.words().next(), Some(&[0.0, 0.0][..]));
    assert_eq!(fit(&[], &[true], 1e-4).weights, [] as [f64; 0]);
    assert_eq!(blend::log_likelihood(&[], &[1.0]), 0.0);
    for lists in [vec![without.clone()], vec![alone.clone()]] {
        let blend = fit(&lists, &[true; 2], 1e-4);
        assert_eq!(blend.weights, [0.0, 0.0], "{blend:?}");
    }
    assert_eq!((without.target(), without.rank(&[1.0, 1.0])), (None, None));
}

#[test]
fn ranks_are_by_score() {
    let mut list = ScoredList::new(2);
    list.push(&[1.0, 0.0], false);
    list.push(&[0.0, 1.0], true);
    list.push(&[0.0, 3.0], true);
    assert_eq!((list.len(), list.target()), (3, Some(1)));
    assert_eq!(list.rank(&[1.0, 0.5]), Some(2));
    assert_eq!(list.rank(&[1.0, -1.0]), Some(1));
    assert_eq!(list.rank(&[0.0, 0.0]), Some(0));
}

#[test]
fn fitted_weights_are_relative_to_the_log_probability() {
    let mut truth = [0.0; TERMS];
    // log-probability, prior, labels, internal, before; then location, shape, ..., letters.
    (truth[0], truth[1], truth[2], truth[3]) = (0.5, 0.25, 0.3, -0.1);
    (truth[5], truth[12]) = (-1.0, 0.4);
    let lists = drawn(5, 10_000, &truth);
    let mut before = DecoderOptions::default();
    before.beam = 7;
    before.language_model_weight = 0.9;
    let fitted = fit_weights(&lists, &Group::ALL, &before, 24, 1e-5).unwrap();
    let near = |got: f32, expected: f32| {
        assert!(
            (got - expected).abs() < 0.12,
            "{got} {expected}: {fitted:?}"
        );
    };
    near(fitted.temperature, 2.0);
    near(fitted.prior_weight, 0.5);
    near(fitted.length_reward, 0.6);
    near(fitted.internal_lm_weight, 0.2);
    near(fitted.language_model_weight, 0.0);
    let geometry = fitted.geometry.as_ref().unwrap();
    near(geometry.weights.location, -2.0);
    near(geometry.weights.letters, 0.8);
    assert_eq!((geometry.words, geometry.weights.shape), (24, 0.0));
    assert_eq!(fitted.beam, 7);
    assert!(fitted.validate().is_ok());

    // What is left out has no weight.
    let fitted = fit_weights(&lists, &[Group::Length], &before, 24, 1e-5).unwrap();
    assert!(fitted.geometry.is_none() && fitted.length_reward > 0.2);
    assert_eq!(fitted.internal_lm_weight, 0.0);
    assert_eq!(
        fitted.language_model_weight, 0.9,
        "not asked for: as it was"
    );

    assert!(fit_weights(&[], &Group::ALL, &before, 24, 1e-5).is_none());
    truth[0] = -0.5;
    assert!(fit_weights(&drawn(6, 500, &truth), &Group::ALL, &before, 24, 1e-5).is_none());
}
