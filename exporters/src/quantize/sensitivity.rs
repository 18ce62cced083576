//! Finds the layers that must stay in float to keep the words right.
//!
//! All layers are quantized first. If that exceeds the budget, each layer is quantized alone and
//! measured on some of the swipes. The worst layers then return to float: one, two, four and so on,
//! until the loss is within the budget. The last step is then halved as long as it stays there.

use std::collections::BTreeSet;

use serde::Serialize;

use super::layers::{Layer, layers};
use super::probe::{Effect, Probe};
use super::recipe::Recipe;
use super::rewrite::{Ranges, rewrite};
use super::{QuantizeError, Result};
use crate::check::FailedCheck;

use crate::onnx::proto::Model;
use crate::onnx::serialize;
use crate::statistics::mcnemar;

/// When to measure layers one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    /// If all of them together exceed the budget.
    #[value(name = "auto")]
    Needed,
    /// Always. The report then shows every layer's own cost.
    Always,
}

/// The loss that quantization may cause on the calibration swipes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Budget {
    /// Largest significant loss of top-1 accuracy, in percentage points.
    pub max_top1_loss: f64,
    /// Smallest mean cosine between the graph's frames and those of the FP32 graph. Words alone
    /// show too little on a model that gets few right.
    pub min_cosine: f64,
}

impl Budget {
    /// Whether an effect is within the budget. Losses that are not significant (McNemar's test) are
    /// ignored.
    pub fn holds(&self, effect: &Effect) -> bool {
        let loses = effect.top1_loss > self.max_top1_loss
            && mcnemar(effect.lost, effect.gained).0 <= SIGNIFICANT;
        !loses && effect.cosine >= self.min_cosine
    }

    /// The error for an effect that is not within the budget. `how` describes the quantization.
    pub fn exceeded(&self, effect: &Effect, how: &str, advice: &'static str) -> FailedCheck {
        FailedCheck::new(
            format!("the cost of 8 bits ({how})"),
            format!(
                "at most {} points of top-1 accuracy lost and a mean cosine of at least {} between \
                 frames",
                self.max_top1_loss, self.min_cosine
            ),
            format!(
                "{:.2} points lost and a mean cosine of {:.4}",
                effect.top1_loss, effect.cosine
            ),
        )
        .advice(advice)
    }
}

/// Significance level of the test (two-sided p value). It is lenient: losses below it are small,
/// and keeping a layer in float without need only costs bytes.
const SIGNIFICANT: f64 = 0.25;

/// Number of swipes on which a graph must pass before it is measured on all.
const GLANCE_SWIPES: usize = 64;

/// Most swipes to measure single layers on.
const ALONE_SWIPES: usize = 256;

/// One layer's cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerEffect {
    /// The layer.
    pub layer: String,
    /// Number of its weight's parameters.
    pub parameters: usize,
    /// Effect of quantizing this layer alone.
    pub effect: Effect,
}

/// A set of layers that was tried in float.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// Number of layers in float.
    pub float: usize,
    /// Effect of the graph.
    pub effect: Effect,
}

/// Course and result of the search.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sensitivity {
    /// The allowed loss.
    pub budget: Budget,
    /// Number of layers that can be quantized.
    pub layers: usize,
    /// Each layer alone on some of the swipes, worst first. Empty if it was neither requested nor
    /// needed.
    pub alone: Vec<LayerEffect>,
    /// The trials, in order.
    pub trials: Vec<Trial>,
    /// The layers that stay in float.
    pub float: Vec<String>,
    /// Effect of the chosen graph.
    pub chosen: Effect,
}

/// Finds the layers that must stay in float. `progress` is called with each measurement. Without
/// `may_float` no layer may stay in float.
///
/// # Errors
/// [`QuantizeError::Check`] if the budget does not hold without layers in float, or with half of
/// them; errors of the graph and the runtime.
pub fn search(
    graph: &Graph<'_>,
    probe: &Probe,
    budget: Budget,
    when: When,
    may_float: bool,
    progress: &mut dyn FnMut(&str),
) -> Result<Sensitivity> {
    let layers = layers(graph.model)?;
    let mut search = Search {
        graph,
        probe,
        budget,
        layers: layers.len(),
        trials: Vec::new(),
    };
    progress("all layers in 8 bits");
    if !may_float {
        // Frames that differ much on some swipes differ much on all, so decoding is not needed.
        let glance = search.effect(&BTreeSet::new(), Some(GLANCE_SWIPES))?;
        if glance.cosine < budget.min_cosine {
            return Err(search.exceeded(&glance, 0));
        }
    }
    let mut chosen = search.float(&BTreeSet::new())?;
    let mut float = BTreeSet::new();
    let mut alone = Vec::new();
    let enough = budget.holds(&chosen);
    if !enough && !may_float {
        return Err(search.exceeded(&chosen, 0));
    }
    if !enough || when == When::Always {
        alone = search.alone(&layers, progress)?;
    }
    if !enough {
        let worst: Vec<String> = alone.iter().map(|effect| effect.layer.clone()).collect();
        (float, chosen) = search.fewest(&worst, progress)?;
    }
    Ok(Sensitivity {
        budget,
        layers: layers.len(),
        alone,
        trials: search.trials,
        float: float.into_iter().collect(),
        chosen,
    })
}

/// What is quantized, and how.
#[derive(Clone, Copy, Debug)]
pub struct Graph<'g> {
    /// The FP32 graph.
    pub model: &'g Model,
    /// The recipe.
    pub recipe: &'g Recipe,
    /// The ranges of activations, for a static recipe.
    pub ranges: &'g Ranges,
}

struct Search<'s> {
    graph: &'s Graph<'s>,
    probe: &'s Probe,
    budget: Budget,
    layers: usize,
    trials: Vec<Trial>,
}

impl Search<'_> {
    /// The smallest number of the `worst` layers that must be in float to keep the budget.
    fn fewest(
        &mut self,
        worst: &[String],
        progress: &mut dyn FnMut(&str),
    ) -> Result<(BTreeSet<String>, Effect)> {
        let first =
            |count: usize| -> BTreeSet<String> { worst.iter().take(count).cloned().collect() };
        let most = self.layers.div_ceil(2);
        let (mut too_few, mut count) = (0, 1);
        let mut chosen = loop {
            progress(&format!("{count} layers in float"));
            let effect = self.float(&first(count))?;
            if self.budget.holds(&effect) {
                break effect;
            }
            if count >= most {
                return Err(self.exceeded(&effect, count));
            }
            too_few = count;
            count = (2 * count).min(most);
        };
        while count - too_few > 1 {
            let middle = too_few + (count - too_few) / 2;
            progress(&format!("{middle} layers in float"));
            let effect = self.float(&first(middle))?;
            if self.budget.holds(&effect) {
                (count, chosen) = (middle, effect);
            } else {
                too_few = middle;
            }
        }
        Ok((first(count), chosen))
    }

    fn exceeded(&self, effect: &Effect, float: usize) -> QuantizeError {
        let how = format!("{float} of {} layers in float", self.layers);
        let advice = "allow more with --max-top1-loss, choose another --recipe or \
                      --calibration-method";
        self.budget.exceeded(effect, &how, advice).into()
    }

    /// Measures the graph with `float` in float.
    fn float(&mut self, float: &BTreeSet<String>) -> Result<Effect> {
        let effect = self.effect(float, None)?;
        self.trials.push(Trial {
            float: float.len(),
            effect,
        });
        Ok(effect)
    }

    fn effect(&self, float: &BTreeSet<String>, swipes: Option<usize>) -> Result<Effect> {
        let Graph {
            model,
            recipe,
            ranges,
        } = *self.graph;
        let model: Result<Model> = rewrite(model, recipe, ranges, float);
        Ok(self.probe.effect(&serialize(model?), swipes)?)
    }

    /// Measures each layer alone. Sorts them worst first: by words lost, then by the frames'
    /// cosine.
    fn alone(&self, layers: &[Layer], progress: &mut dyn FnMut(&str)) -> Result<Vec<LayerEffect>> {
        let names: BTreeSet<String> = layers.iter().map(|layer| layer.name.clone()).collect();
        let mut effects = Vec::with_capacity(layers.len());
        for (index, layer) in layers.iter().enumerate() {
            progress(&format!("layer {} of {} alone", index + 1, layers.len()));
            let mut float = names.clone();
            float.remove(&layer.name);
            effects.push(LayerEffect {
                layer: layer.name.clone(),
                parameters: layer.shape.iter().product(),
                effect: self.effect(&float, Some(ALONE_SWIPES))?,
            });
        }
        effects.sort_by(|a, b| {
            let (a, b) = (&a.effect, &b.effect);
            b.top1_loss
                .total_cmp(&a.top1_loss)
                .then(a.cosine.total_cmp(&b.cosine))
        });
        Ok(effects)
    }
}
