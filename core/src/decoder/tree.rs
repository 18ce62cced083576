//! The prefixes that a search has met, each with its place in the lexicon and its prediction-network output.
//!
//! A prefix is its labels, not its state of the automaton: an automaton shares states between prefixes. What a node
//! holds depends on the lexicon and the model only, never on a swipe, so the tree outlives the swipes of its session:
//! common prefixes cost the prediction network nothing from the second time on.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use crate::error::Result;
use crate::lexicon::{Lexicon, MAX_KEY, State};
use crate::transducer::{Prediction, PredictionScratch};

/// Index of a node; the root is 0.
pub(super) type NodeId = u32;
/// Index of an arc.
pub(super) type ArcId = u32;

/// The root: the empty prefix.
pub(super) const ROOT: NodeId = 0;
/// An arc whose child has not been made, a root without a parent.
const NONE: u32 = u32::MAX;

/// One prefix.
#[derive(Clone, Debug)]
pub(super) struct Node {
    parent: NodeId,
    label: u8,
    /// Labels of the prefix.
    pub(super) depth: u16,
    state: State,
    /// Least prior cost of any word that begins with the prefix, in the lexicon's units: the look-ahead.
    pub(super) cost: u32,
    /// Prior cost of the prefix as a word, where it is one.
    pub(super) word_cost: Option<u32>,
    arcs: Option<(ArcId, ArcId)>,
}

/// A way on from a prefix by one label.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc {
    /// The label.
    pub(super) label: u8,
    child: NodeId,
    next: State,
    /// Look-ahead of the prefix with the label, see [`Node::cost`].
    pub(super) cost: u32,
}

impl Arc {
    /// The node that the arc leads to, where it has been made.
    pub(super) fn child(&self) -> Option<NodeId> {
        (self.child != NONE).then_some(self.child)
    }
}

/// A state of the tree to go back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    nodes: usize,
    arcs: usize,
}

/// The tree of prefixes.
#[derive(Clone, Debug)]
pub(super) struct PrefixTree {
    nodes: Vec<Node>,
    arcs: Vec<Arc>,
    /// `[nodes, 2 L H]`.
    states: Vec<f32>,
    state_width: usize,
    /// `[nodes, J]`.
    projected: Vec<f32>,
    joint_width: usize,
    scratch: Scratch,
}

#[derive(Clone, Debug, Default)]
struct Scratch {
    labels: Vec<usize>,
    states: Vec<f32>,
    projected: Vec<f32>,
    prediction: PredictionScratch,
}

impl PrefixTree {
    /// The tree of the empty prefix alone.
    pub(super) fn new(
        lexicon: &Lexicon,
        prediction: &Prediction,
        joint_width: usize,
    ) -> Result<Self> {
        let state = lexicon.root();
        let mut tree = Self {
            nodes: vec![Node {
                parent: NONE,
                label: 0,
                depth: 0,
                state,
                cost: 0,
                word_cost: lexicon.final_cost(state),
                arcs: None,
            }],
            arcs: Vec::new(),
            states: vec![0.0; prediction.state_width()],
            state_width: prediction.state_width(),
            projected: Vec::new(),
            joint_width,
            scratch: Scratch::default(),
        };
        let label = [prediction.start_of_sequence()];
        let PrefixTree {
            states,
            projected,
            scratch,
            ..
        } = &mut tree;
        prediction.step(&label, states, projected, &mut scratch.prediction)?;
        Ok(tree)
    }

    /// Number of nodes.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// What the tree holds now, for [`truncate`](Self::truncate).
    pub(super) fn mark(&self) -> Mark {
        Mark {
            nodes: self.nodes.len(),
            arcs: self.arcs.len(),
        }
    }

    /// Forgets what came after `mark`; the buffers stay.
    pub(super) fn truncate(&mut self, mark: Mark) {
        self.nodes.truncate(mark.nodes);
        self.states.truncate(mark.nodes * self.state_width);
        self.projected.truncate(mark.nodes * self.joint_width);
        self.arcs.truncate(mark.arcs);
        for node in &mut self.nodes {
            node.arcs = node.arcs.filter(|(_, end)| *end as usize <= mark.arcs);
        }
        for arc in &mut self.arcs {
            if arc.child != NONE && arc.child as usize >= mark.nodes {
                arc.child = NONE;
            }
        }
    }

    /// Number of nodes that take up `bytes` of memory, at least one.
    pub(super) fn capacity(&self, bytes: usize) -> usize {
        (bytes / (size_of::<f32>() * (self.state_width + self.joint_width))).max(1)
    }

    /// The node `id`.
    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// The arc `id`.
    pub(super) fn arc(&self, id: ArcId) -> &Arc {
        &self.arcs[id as usize]
    }

    /// The joint's projection of the prediction network's output after the prefix, `[J]`.
    pub(super) fn projected(&self, id: NodeId) -> &[f32] {
        &self.projected[id as usize * self.joint_width..][..self.joint_width]
    }

    /// The labels of a prefix, first label first, into `labels`.
    pub(super) fn labels(&self, mut id: NodeId, labels: &mut Vec<u8>) {
        labels.clear();
        while id != ROOT {
            let node = self.node(id);
            labels.push(node.label);
            id = node.parent;
        }
        labels.reverse();
    }

    /// The arcs of a node, read out of the lexicon the first time.
    pub(super) fn arcs(&mut self, lexicon: &Lexicon, id: NodeId) -> Range<ArcId> {
        let node = &mut self.nodes[id as usize];
        let (start, end) = *node.arcs.get_or_insert_with(|| {
            let start = self.arcs.len() as ArcId;
            let cost = node.cost;
            self.arcs.extend(lexicon.arcs(node.state).map(|arc| Arc {
                label: arc.label,
                child: NONE,
                next: arc.next,
                cost: cost.saturating_add(arc.cost),
            }));
            (start, self.arcs.len() as ArcId)
        });
        start..end
    }

    /// Makes the children at the end of `arcs` (given with their parents) that have not been made, running the
    /// prediction network once for all of them.
    pub(super) fn grow(
        &mut self,
        lexicon: &Lexicon,
        prediction: &Prediction,
        arcs: impl Iterator<Item = (NodeId, ArcId)>,
    ) -> Result<()> {
        self.scratch.labels.clear();
        self.scratch.states.clear();
        for (parent, arc) in arcs {
            let id = self.nodes.len() as NodeId;
            let arc = &mut self.arcs[arc as usize];
            if arc.child != NONE {
                continue;
            }
            arc.child = id;
            self.nodes.push(Node {
                parent,
                label: arc.label,
                depth: self.nodes[parent as usize].depth.saturating_add(1),
                state: arc.next,
                cost: arc.cost,
                word_cost: lexicon
                    .final_cost(arc.next)
                    .map(|cost| arc.cost.saturating_add(cost)),
                arcs: None,
            });
            self.scratch.labels.push(arc.label.into());
            let state = parent as usize * self.state_width;
            self.scratch
                .states
                .extend_from_slice(&self.states[state..state + self.state_width]);
        }
        let Scratch {
            labels,
            states,
            projected,
            prediction: scratch,
        } = &mut self.scratch;
        if !labels.is_empty() {
            prediction.step(labels, states, projected, scratch)?;
            self.states.extend_from_slice(states);
            self.projected.extend_from_slice(projected);
        }
        Ok(())
    }

    /// The word of the greatest prior that begins with the prefix `id`; `None` where the lexicon has none.
    pub(super) fn best_word(
        &mut self,
        lexicon: &Lexicon,
        prediction: &Prediction,
        mut id: NodeId,
    ) -> Result<Option<NodeId>> {
        // Only a damaged automaton has longer paths.
        for _ in 0..=MAX_KEY {
            let node = self.node(id);
            if node.word_cost == Some(node.cost) {
                return Ok(Some(id));
            }
            let Some(arc) = self
                .arcs(lexicon, id)
                .min_by_key(|arc| self.arcs[*arc as usize].cost)
            else {
                break;
            };
            self.grow(lexicon, prediction, std::iter::once((id, arc)))?;
            let Some(child) = self.arc(arc).child() else {
                break;
            };
            id = child;
        }
        Ok(None)
    }

    /// Makes the `nodes` prefixes of the greatest prior, so that the first swipe finds them made.
    pub(super) fn warm_up(
        &mut self,
        lexicon: &Lexicon,
        prediction: &Prediction,
        nodes: usize,
    ) -> Result<()> {
        // A prefix is never costlier than its extensions, so each round of the heap may be grown as one batch.
        const BATCH: usize = 64;
        let mut heap = BinaryHeap::new();
        let push_arcs = |tree: &mut Self, heap: &mut BinaryHeap<_>, id: NodeId| {
            for arc in tree.arcs(lexicon, id) {
                if tree.arc(arc).child().is_none() {
                    heap.push(Reverse((tree.arc(arc).cost, tree.node(id).depth, id, arc)));
                }
            }
        };
        push_arcs(self, &mut heap, ROOT);
        let mut batch = Vec::with_capacity(BATCH);
        while self.len() < nodes {
            batch.clear();
            while batch.len() < BATCH.min(nodes - self.len()) {
                let Some(Reverse((_, _, parent, arc))) = heap.pop() else {
                    break;
                };
                batch.push((parent, arc));
            }
            if batch.is_empty() {
                break;
            }
            let known = self.len();
            self.grow(lexicon, prediction, batch.iter().copied())?;
            for id in known as NodeId..self.len() as NodeId {
                push_arcs(self, &mut heap, id);
            }
        }
        Ok(())
    }
}
