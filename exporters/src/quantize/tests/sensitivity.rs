use super::probe::{judge, targets};
use super::*;
use crate::quantize::calibrate::{Method, observe};
use crate::quantize::layers::layers;
use crate::quantize::probe::{Effect, Probe};
use crate::quantize::recipe::{DYNAMIC_U8S7, DYNAMIC_U8S8, STATIC_U8S8};
use crate::quantize::rewrite::{Range, Ranges};
use crate::quantize::sensitivity::{Budget, Graph, Sensitivity, When, search};
use crate::quantize::{QuantizeError, Recipe};
use crate::testing::runtime;

const FRAMES: Budget = Budget {
    max_top1_loss: 100.0,
    min_cosine: 0.99,
};

struct Case {
    model: Model,
    ranges: Ranges,
    probe: Probe,
}

impl Case {
    /// A small network after `change` to its weights.
    fn new(change: impl FnOnce(&mut Weights)) -> Self {
        let config = small_configs().swap_remove(0);
        let mut weights = random_weights(&config, 3);
        // Feed-forward modules with an effect.
        for (name, tensor) in &mut weights.tensors {
            if name.ends_with("linear2.weight") {
                tensor.data.iter_mut().for_each(|value| *value *= 6.0);
            }
        }
        change(&mut weights);
        let model = encoder(&config, &weights);
        let swipes = swipes(&config, &[20, 31, 9, 40, 25, 17, 36, 12], 4);
        let seen = observe(&model, LengthType::Int64, &swipes, 4, 1).unwrap();
        let judge = judge(&config, &weights, 1);
        let targets = targets(&judge, &model, &swipes);
        Self {
            ranges: seen.ranges(Method::MinMax),
            probe: Probe::new(judge, targets, &serialize(model.clone())).unwrap(),
            model,
        }
    }

    /// A network with ranges that clip the inputs of some layers to nothing.
    fn without_ranges(hopeless: &[&str]) -> Self {
        let mut case = Self::new(|_| {});
        for layer in layers(&case.model).unwrap() {
            if hopeless.contains(&&*layer.name) {
                let range = Range::new(-1e4, 1e4);
                case.ranges.insert(layer.activation, range);
            }
        }
        case
    }

    fn search(
        &self,
        recipe: &Recipe,
        budget: Budget,
        when: When,
        may_float: bool,
    ) -> Result<Sensitivity, QuantizeError> {
        let graph = Graph {
            model: &self.model,
            recipe,
            ranges: &self.ranges,
        };
        search(&graph, &self.probe, budget, when, may_float, &mut |_| {})
    }
}

#[test]
fn layers_without_usable_ranges_stay_in_float() {
    if !runtime() {
        return;
    }
    let hopeless = [
        "layers.0.feed_forward1/linear1",
        "layers.0.feed_forward2/linear1",
        "layers.1.feed_forward2/linear1",
    ];
    for count in 1..=hopeless.len() {
        let case = Case::without_ranges(&hopeless[..count]);
        let found = case.search(&STATIC_U8S8, FRAMES, When::Needed, true);
        let found = found.unwrap();
        assert_eq!(found.float, hopeless[..count], "{:?}", found.trials);
        assert!(found.chosen.cosine >= FRAMES.min_cosine);
        // None, then one, two, four, then three between two and four.
        let tried: Vec<usize> = found.trials.iter().map(|trial| trial.float).collect();
        let expected: &[usize] = [&[0, 1][..], &[0, 1, 2], &[0, 1, 2, 4, 3]][count - 1];
        assert_eq!(tried, expected);
        for trial in &found.trials {
            let holds = trial.effect.cosine >= FRAMES.min_cosine;
            assert_eq!(holds, trial.float >= count, "{trial:?}");
        }
        let last = found.trials.iter().find(|trial| trial.float == count);
        assert_eq!(last.unwrap().effect, found.chosen);
        // In float they lose nothing, and they come first.
        let first: Vec<&str> = found.alone[..count].iter().map(|a| &*a.layer).collect();
        assert!(hopeless[..count].iter().all(|layer| first.contains(layer)));
    }
}

/// Divides a feature's norm by a number and multiplies its column of the weight by it. The network
/// is the same, but the column sets every channel's scale and hides all others.
#[test]
fn a_weight_that_eight_bits_destroy_stays_in_float() {
    if !runtime() {
        return;
    }
    let case = Case::new(|weights| {
        let mut change = |name: &str, every: usize, factor: f32| {
            let name = format!("encoder.layers.1.{name}");
            let data = &mut weights.tensors.get_mut(&name).unwrap().data;
            data.iter_mut().step_by(every).for_each(|v| *v *= factor);
        };
        // The first of 12 features.
        change("norm_feed_forward2.weight", 12, 1e-4);
        change("norm_feed_forward2.bias", 12, 1e-4);
        change("feed_forward2.linear1.weight", 12, 1e4);
    });
    for recipe in [STATIC_U8S8, DYNAMIC_U8S8, DYNAMIC_U8S7] {
        let found = case.search(&recipe, FRAMES, When::Needed, true).unwrap();
        let hopeless = ["layers.1.feed_forward2/linear1"];
        assert_eq!(found.float, hopeless, "{:?}", found.trials);
        assert!(found.chosen.cosine >= FRAMES.min_cosine);
        assert!(found.trials[0].effect.cosine < FRAMES.min_cosine);
    }
}

#[test]
fn a_budget_that_cannot_be_kept_is_an_error() {
    if !runtime() {
        return;
    }
    let case = Case::without_ranges(&["layers.0.feed_forward1/linear1"]);
    let error = |budget: Budget, may_float| -> (usize, f64) {
        let error = case.search(&STATIC_U8S8, budget, When::Needed, may_float);
        match error.unwrap_err() {
            QuantizeError::Check(failed) => {
                assert!(failed.expected.contains(&budget.min_cosine.to_string()));
                let float = failed.check.split_once('(').unwrap().1;
                let (float, layers) = float.split_once(" of ").unwrap();
                assert!(layers.starts_with("19 layers"), "{failed}");
                let cosine = failed.got.rsplit_once(' ').unwrap().1;
                (float.parse().unwrap(), cosine.parse().unwrap())
            }
            other => panic!("{other}"),
        }
    };
    // No layer may stay in float.
    let (float, cosine) = error(FRAMES, false);
    assert!(float == 0 && cosine < FRAMES.min_cosine);
    // No cosine is that great, so half of the layers are tried.
    let beyond = Budget {
        min_cosine: 1.1,
        ..FRAMES
    };
    let (float, cosine) = error(beyond, true);
    assert!(float == 10 && cosine > FRAMES.min_cosine);
}

#[test]
fn layers_are_measured_one_by_one_where_asked_for() {
    if !runtime() {
        return;
    }
    let hopeless = "layers.0.feed_forward2/linear1";
    let case = Case::without_ranges(&[hopeless]);
    let anything = Budget {
        max_top1_loss: 100.0,
        min_cosine: -1.0,
    };
    let quiet = case.search(&STATIC_U8S8, anything, When::Needed, true);
    let quiet = quiet.unwrap();
    assert!(quiet.alone.is_empty() && quiet.float.is_empty());
    let found = case.search(&STATIC_U8S8, anything, When::Always, true);
    let found = found.unwrap();
    assert!(found.float.is_empty());
    assert_eq!((found.trials.len(), found.chosen), (1, quiet.chosen));
    let layers = layers(&case.model).unwrap();
    assert_eq!(
        (found.alone.len(), found.layers),
        (layers.len(), layers.len())
    );
    for layer in &layers {
        let alone = found.alone.iter().find(|alone| alone.layer == layer.name);
        let parameters = layer.shape.iter().product::<usize>();
        assert_eq!(alone.unwrap().parameters, parameters);
    }
    // Worst first: by words, then by frames.
    let order = |effect: &Effect| (-effect.top1_loss, effect.cosine);
    assert!(
        found
            .alone
            .is_sorted_by(|a, b| order(&a.effect) <= order(&b.effect))
    );
    let worst = found
        .alone
        .iter()
        .min_by(|a, b| a.effect.cosine.total_cmp(&b.effect.cosine));
    assert_eq!(worst.unwrap().layer, hopeless);
}

#[test]
fn a_loss_that_chance_explains_is_none() {
    let budget = Budget {
        max_top1_loss: 0.2,
        min_cosine: 0.99,
    };
    let effect = |lost: usize, gained: usize, cosine| Effect {
        swipes: 100,
        top1: 80.0,
        top1_loss: lost as f64 - gained as f64,
        lost,
        gained,
        log_likelihood_loss: 0.0,
        cosine,
        relative_error: 0.0,
    };
    for (lost, gained) in [(0, 0), (1, 0), (2, 0), (2, 1), (12, 10), (0, 9)] {
        assert!(budget.holds(&effect(lost, gained, 1.0)), "{lost} {gained}");
        assert!(!budget.holds(&effect(lost, gained, 0.98)));
        assert!(!budget.holds(&effect(lost, gained, f64::NAN)));
    }
    for (lost, gained) in [(4, 0), (20, 2), (9, 3), (60, 40)] {
        assert!(!budget.holds(&effect(lost, gained, 1.0)), "{lost} {gained}");
        let lenient = Budget {
            max_top1_loss: 25.0,
            ..budget
        };
        assert!(lenient.holds(&effect(lost, gained, 1.0)));
    }
}
