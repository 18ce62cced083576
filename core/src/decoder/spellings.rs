//! The likeliest spellings, words or not: [`waves`](super::waves) over all label sequences.
//!
//! Every prefix is a spelling, so there is no look-ahead. Only the buffers are kept between swipes:
//! without a lexicon's priors, nothing predicts which prefixes recur.

use super::log::ZERO;
use super::waves::{Bounds, NodeId, Offer, Passing, Prefixes, Waves, Worth};
use crate::error::{Error, Result};
use crate::options::DecoderOptions;
use crate::transducer::{PredictionJoint, PredictionScratch};

/// Most spellings of one request.
const MAX_SPELLINGS: usize = 1024;

/// Marks the absence of a node or slot.
const NONE: u32 = u32::MAX;
const ROOT: NodeId = 0;

/// A label sequence that a swipe may spell, word or not.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Spelling {
    /// The labels, concatenated.
    pub text: String,
    /// The labels as classes of the model.
    pub labels: Vec<u8>,
    /// log P(labels | swipe), natural logarithm, summed over the alignments that the beam kept.
    pub log_probability: f64,
    /// The model's own probability of the spelling among all spellings, 0 to 1:
    /// exp(`log_probability`). It is not calibrated.
    pub confidence: f64,
}

/// The `names` of `labels`, concatenated.
pub(crate) fn text(labels: &[u8], names: &[String]) -> String {
    labels
        .iter()
        .filter_map(|label| names.get(usize::from(*label)))
        .map(String::as_str)
        .collect()
}

/// A prefix.
#[derive(Clone, Copy, Debug)]
struct Node {
    parent: NodeId,
    label: u8,
    depth: u16,
    /// First child, and the parent's next child.
    child: NodeId,
    sibling: NodeId,
    /// Slot of its state and projection while it has a row in the frame.
    slot: u32,
}

/// The search with its buffers, kept between swipes.
#[derive(Clone, Debug, Default)]
pub struct SpellingSearch {
    waves: Waves<u8>,
    tree: Tree,
}

/// The prefixes that a swipe has met.
#[derive(Clone, Debug, Default)]
struct Tree {
    nodes: Vec<Node>,
    /// `[slots, 2 L H]` and `[slots, J]`, of the prefixes with rows in the frame only.
    states: Vec<f32>,
    projected: Vec<f32>,
    free: Vec<u32>,
    batch: Batch,
}

/// A batch for the prediction network.
#[derive(Clone, Debug, Default)]
struct Batch {
    labels: Vec<usize>,
    states: Vec<f32>,
    projected: Vec<f32>,
    prediction: PredictionScratch,
}

impl SpellingSearch {
    /// The `count` likeliest spellings of projected encoder frames `[T', J]`, best first, equal
    /// ones in the order of their labels, with at most 64 labels each. `names` gives the names of
    /// the labels. Beam, window and depth bonus come from `options`; the beam is at least `count`,
    /// and 0, which would keep every spelling, counts as the default beam.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a count that is not 1 to 1024 and for options out of range.
    pub fn run(
        &mut self,
        transducer: &PredictionJoint,
        names: &[String],
        frames: &[f32],
        count: usize,
        options: &DecoderOptions,
    ) -> Result<Vec<Spelling>> {
        if count == 0 || count > MAX_SPELLINGS {
            return Err(Error::invalid(
                "the number of spellings",
                format!("1 to {MAX_SPELLINGS}"),
                count,
            ));
        }
        options.validate()?;
        let bounds = Bounds {
            beam: match options.beam {
                0 => DecoderOptions::default().beam.max(count),
                beam => beam.max(count),
            },
            slots: count,
            window: options.window.into(),
        };
        let joint = &transducer.joint;
        self.tree.begin(transducer)?;
        self.waves.begin(ROOT);
        let mut prefixes = Spellings {
            tree: &mut self.tree,
            transducer,
            depth_bonus: options.depth_bonus.into(),
        };
        for frame in frames.chunks_exact(joint.width()) {
            self.waves.advance(joint, &mut prefixes, frame, bounds)?;
            prefixes.tree.free_slots(&self.waves);
        }
        let ranking = self.waves.rank(|row| Some(row.next)).to_vec();
        let last = ranking.get(count - 1).map_or(ZERO, |(mass, _)| *mass);
        let mut found: Vec<Spelling> = ranking
            .into_iter()
            .take_while(|(mass, _)| *mass >= last)
            .map(|(mass, row)| {
                let labels = self.tree.labels(self.waves.rows()[row as usize].node);
                Spelling {
                    text: text(&labels, names),
                    labels,
                    log_probability: mass,
                    confidence: libm::exp(mass),
                }
            })
            .collect();
        found.sort_by(|a, b| {
            b.log_probability
                .total_cmp(&a.log_probability)
                .then_with(|| a.labels.cmp(&b.labels))
        });
        found.truncate(count);
        Ok(found)
    }

    /// Bytes of the buffers.
    pub(crate) fn bytes(&self) -> usize {
        let tree = &self.tree;
        let floats = tree.states.capacity() + tree.projected.capacity();
        size_of::<f32>() * floats + size_of::<Node>() * tree.nodes.capacity()
    }
}

impl Tree {
    /// Resets the tree to the empty prefix.
    fn begin(&mut self, transducer: &PredictionJoint) -> Result<()> {
        self.nodes.clear();
        self.states.clear();
        self.projected.clear();
        self.free.clear();
        self.nodes.push(Node {
            parent: NONE,
            label: 0,
            depth: 0,
            child: NONE,
            sibling: NONE,
            slot: NONE,
        });
        let prediction = &transducer.prediction;
        self.batch.labels.clear();
        self.batch.labels.push(prediction.start_of_sequence());
        self.batch.states.clear();
        self.batch.states.resize(prediction.state_width(), 0.0);
        self.predict(transducer, std::iter::once(ROOT))
    }

    /// Runs the prediction network on the batch, whose rows belong to `nodes`.
    fn predict(
        &mut self,
        transducer: &PredictionJoint,
        nodes: impl Iterator<Item = u32>,
    ) -> Result<()> {
        let (prediction, width) = (&transducer.prediction, transducer.joint.width());
        let state = prediction.state_width();
        let batch = &mut self.batch;
        prediction.step(
            &batch.labels,
            &mut batch.states,
            &mut batch.projected,
            &mut batch.prediction,
        )?;
        for (row, node) in nodes.enumerate() {
            let slot = self.free.pop().unwrap_or_else(|| {
                let slot = self.projected.len() / width;
                self.states.resize((slot + 1) * state, 0.0);
                self.projected.resize((slot + 1) * width, 0.0);
                slot as u32
            });
            self.nodes[node as usize].slot = slot;
            let slot = slot as usize;
            self.states[slot * state..][..state]
                .copy_from_slice(&batch.states[row * state..][..state]);
            self.projected[slot * width..][..width]
                .copy_from_slice(&batch.projected[row * width..][..width]);
        }
        Ok(())
    }

    /// The prefix of `node` and `label`, where it exists.
    fn child(&self, node: u32, label: u8) -> Option<u32> {
        let mut child = self.nodes[node as usize].child;
        while child != NONE {
            let state = &self.nodes[child as usize];
            if state.label == label {
                return Some(child);
            }
            child = state.sibling;
        }
        None
    }

    /// The prefix of `parent` and `label`, created where it does not exist.
    fn grow(&mut self, parent: NodeId, label: u8) -> NodeId {
        self.child(parent, label).unwrap_or_else(|| {
            let child = self.nodes.len() as NodeId;
            let above = &mut self.nodes[parent as usize];
            let sibling = std::mem::replace(&mut above.child, child);
            let depth = above.depth + 1;
            self.nodes.push(Node {
                parent,
                label,
                depth,
                child: NONE,
                sibling,
                slot: NONE,
            });
            child
        })
    }

    /// Frees the slots of prefixes that have left the beam.
    fn free_slots(&mut self, waves: &Waves<u8>) {
        for row in waves.rows().iter().filter(|row| !row.kept) {
            let node = &mut self.nodes[row.node as usize];
            self.free.push(std::mem::replace(&mut node.slot, NONE));
        }
    }

    /// The labels of a prefix, first label first.
    fn labels(&self, mut node: u32) -> Vec<u8> {
        let mut labels = Vec::with_capacity(self.nodes[node as usize].depth.into());
        while node != ROOT {
            let state = &self.nodes[node as usize];
            labels.push(state.label);
            node = state.parent;
        }
        labels.reverse();
        labels
    }
}

/// All label sequences.
struct Spellings<'a> {
    tree: &'a mut Tree,
    transducer: &'a PredictionJoint,
    depth_bonus: f64,
}

impl Spellings<'_> {
    /// A prefix that lags behind still has to pay for its letters.
    #[inline(always)]
    fn worth_at(&self, depth: u16) -> Worth {
        Worth {
            prior: 0.0,
            labels: self.depth_bonus * f64::from(depth),
            internal_lm: 0.0,
        }
    }
}

impl Prefixes for Spellings<'_> {
    type Way = u8;

    fn len(&self) -> usize {
        self.tree.nodes.len()
    }

    fn depth(&self, node: NodeId) -> usize {
        self.tree.nodes[node as usize].depth.into()
    }

    #[inline(always)]
    fn worth(&self, node: NodeId) -> Worth {
        self.worth_at(self.tree.nodes[node as usize].depth)
    }

    fn score(&self, _: NodeId, mass: f64) -> Option<f64> {
        Some(mass)
    }

    fn projected(&self, node: NodeId) -> &[f32] {
        let width = self.transducer.joint.width();
        let slot = self.tree.nodes[node as usize].slot as usize;
        &self.tree.projected[slot * width..][..width]
    }

    fn meet(&mut self, _: NodeId) {}

    #[inline(always)]
    fn expand(&mut self, node: NodeId, passing: &mut Passing<'_, u8>) {
        let (classes, blank) = (
            self.transducer.joint.classes(),
            self.transducer.joint.blank(),
        );
        let depth = self.tree.nodes[node as usize].depth + 1;
        for class in (0..classes).filter(|class| *class != blank) {
            let label = class as u8;
            let child = self.tree.child(node, label);
            passing.on(label, child, label, || self.worth_at(depth));
        }
    }

    fn grow(&mut self, offers: &[Offer<u8>]) -> Result<()> {
        let width = self.transducer.prediction.state_width();
        let Tree { batch, .. } = &mut *self.tree;
        batch.labels.clear();
        batch.states.clear();
        let mut nodes = Vec::with_capacity(offers.len());
        for offer in offers {
            let (parent, label) = (offer.parent, offer.way);
            nodes.push(self.tree.grow(parent, label));
            let Tree {
                nodes,
                states,
                batch,
                ..
            } = &mut *self.tree;
            let state = nodes[parent as usize].slot as usize * width;
            batch.labels.push(label.into());
            batch.states.extend_from_slice(&states[state..][..width]);
        }
        self.tree.predict(self.transducer, nodes.into_iter())
    }

    fn grown(&self, offer: &Offer<u8>) -> Option<NodeId> {
        self.tree.child(offer.parent, offer.way)
    }
}
