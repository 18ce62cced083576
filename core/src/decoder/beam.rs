//! The lexicon-constrained beam search: [`waves`](super::waves) over the prefixes of words. The
//! beam holds words, not alignments of them. A prefix has one node in the tree, which outlives the
//! swipe.

use super::log::ZERO;
use super::tree::{EdgeId, NodeId, PrefixTree, ROOT};
use super::watch::Watch;
use super::waves::{Bounds, Offer, Passing, Prefixes, Waves, Worth};
use crate::error::Result;
use crate::lexicon::LexiconStack;
use crate::options::DecoderOptions;
use crate::transducer::PredictionJoint;

/// A complete word's node, with log P(word | swipe).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Completed {
    /// The node of the word's last prefix.
    pub(super) node: NodeId,
    /// log P(word | swipe), summed over the alignments that the beam kept.
    pub(super) log_probability: f64,
}

/// The read-only input of a search.
#[derive(Clone, Copy)]
pub(super) struct Model<'a> {
    /// The prediction network and the joint.
    pub(super) transducer: &'a PredictionJoint,
    /// The words.
    pub(super) layers: &'a LexiconStack,
}

/// Weights of the terms by which prefixes are compared, in nats.
#[derive(Clone, Copy)]
struct Weights {
    /// Per step of prior cost.
    prior: f64,
    /// Per label, as part of a word's score.
    length: f64,
    /// Per label, in addition: a prefix that lags behind still has to pay for its letters and must
    /// not beat one that has paid.
    depth: f64,
    /// Per nat of the internal language model.
    internal_lm: f64,
}

impl Weights {
    fn new(options: &DecoderOptions, layers: &LexiconStack) -> Self {
        Self {
            prior: f64::from(options.prior_weight) * f64::from(layers.cost_unit()),
            length: f64::from(options.length_reward),
            depth: f64::from(options.length_reward) + f64::from(options.depth_bonus),
            internal_lm: f64::from(options.internal_lm_weight),
        }
    }

    /// The worth of a prefix with look-ahead `cost`, this depth and this internal log-probability.
    #[inline(always)]
    fn worth(self, cost: u32, depth: u16, internal_lm: f32) -> Worth {
        Worth {
            prior: self.prior * f64::from(cost),
            labels: self.depth * f64::from(depth),
            internal_lm: self.internal_lm * f64::from(internal_lm),
        }
    }
}

/// The search with its buffers, kept between swipes.
#[derive(Clone, Debug, Default)]
pub(super) struct BeamSearch {
    waves: Waves<EdgeId>,
    /// The record of the search, where requested.
    pub(super) watch: Option<Watch>,
}

impl BeamSearch {
    /// Runs over projected encoder frames `[T', J]` until `reached` reports a limit before a frame,
    /// and writes the complete words after the last frame to `words`, in no order. Returns the
    /// number of frames processed.
    pub(super) fn run(
        &mut self,
        model: Model,
        tree: &mut PrefixTree,
        frames: &[f32],
        options: &DecoderOptions,
        reached: &mut dyn FnMut() -> Result<bool>,
        words: &mut Vec<Completed>,
    ) -> Result<usize> {
        words.clear();
        self.waves.begin(ROOT);
        let joint = &model.transducer.joint;
        let bounds = Bounds {
            beam: options.beam,
            slots: options.slots(),
            window: options.window.into(),
        };
        let mut prefixes = WordPrefixes {
            tree,
            model,
            weights: Weights::new(options, model.layers),
        };
        let mut done = 0;
        for frame in frames.chunks_exact(joint.width()) {
            if reached()? {
                break;
            }
            done += 1;
            self.waves.advance(joint, &mut prefixes, frame, bounds)?;
            if let Some(watch) = &mut self.watch {
                watch.frame(prefixes.tree, self.waves.active());
            }
        }
        let is_word = |node| prefixes.tree.node(node).word_cost.is_some();
        words.extend(
            self.waves
                .rows()
                .iter()
                .filter(|row| row.next > ZERO && is_word(row.node))
                .map(|row| Completed {
                    node: row.node,
                    log_probability: row.next,
                }),
        );
        Ok(done)
    }

    /// The prefixes in the beam after the last frame.
    pub(super) fn prefixes(&self) -> &[(NodeId, f64)] {
        self.waves.active()
    }
}

/// The prefixes of words.
struct WordPrefixes<'a> {
    tree: &'a mut PrefixTree,
    model: Model<'a>,
    weights: Weights,
}

impl Prefixes for WordPrefixes<'_> {
    type Way = EdgeId;

    fn len(&self) -> usize {
        self.tree.len()
    }

    fn depth(&self, node: NodeId) -> usize {
        self.tree.node(node).depth.into()
    }

    #[inline(always)]
    fn worth(&self, node: NodeId) -> Worth {
        let node = self.tree.node(node);
        self.weights.worth(node.cost, node.depth, node.internal_lm)
    }

    fn score(&self, node: NodeId, mass: f64) -> Option<f64> {
        let (node, weights) = (self.tree.node(node), self.weights);
        let cost = node.word_cost?;
        Some(
            mass - weights.prior * f64::from(cost) + weights.length * f64::from(node.depth)
                - weights.internal_lm * f64::from(node.internal_lm),
        )
    }

    fn projected(&self, node: NodeId) -> &[f32] {
        self.tree.projected(node)
    }

    fn meet(&mut self, node: NodeId) {
        self.tree.meet(node);
    }

    #[inline(always)]
    fn expand(&mut self, node: NodeId, passing: &mut Passing<'_, EdgeId>) {
        let edges = self.tree.edges(self.model.layers, node);
        let internal_lm = self.tree.internal_lm(node);
        let (before, depth) = {
            let node = self.tree.node(node);
            (node.internal_lm, node.depth)
        };
        for edge in edges {
            let to = *self.tree.edge(edge);
            passing.on(to.label, to.child(), edge, || {
                let internal_lm = before + internal_lm[usize::from(to.label)];
                self.weights.worth(to.cost, depth + 1, internal_lm)
            });
        }
    }

    fn grow(&mut self, offers: &[Offer<EdgeId>]) -> Result<()> {
        let Model { transducer, layers } = self.model;
        let edges = offers.iter().map(|offer| (offer.parent, offer.way));
        self.tree.grow(layers, transducer, edges)
    }

    fn grown(&self, offer: &Offer<EdgeId>) -> Option<NodeId> {
        self.tree.edge(offer.way).child()
    }
}
