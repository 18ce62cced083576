//! The prefixes that a search has met, each with its place in the lexicon and its prediction-network output.
//!
//! A prefix is its labels, not its state of the automaton: an automaton shares states between prefixes. What a node
//! holds depends on the words and the model only, never on a swipe, so the tree outlives the swipes of its session:
//! common prefixes cost the prediction network nothing from the second time on.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc as Shared;

use crate::error::Result;
use crate::lexicon::layers::Place;
use crate::lexicon::user::Node as UserNode;
use crate::lexicon::{Layers, MAX_KEY};
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
    place: Place,
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
    arcs: Vec<(u8, u32)>,
    labels: Vec<usize>,
    states: Vec<f32>,
    projected: Vec<f32>,
    prediction: PredictionScratch,
}

impl PrefixTree {
    /// The tree of the empty prefix alone.
    pub(super) fn new(
        layers: &Layers,
        prediction: &Prediction,
        joint_width: usize,
    ) -> Result<Self> {
        let place = layers.root();
        let mut tree = Self {
            nodes: vec![Node {
                parent: NONE,
                label: 0,
                depth: 0,
                cost: layers.look_ahead(&place),
                word_cost: layers.word_cost(&place),
                place,
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

    /// Bytes that the nodes take, with what is kept for more.
    pub(super) fn bytes(&self) -> usize {
        let floats = self.states.capacity() + self.projected.capacity();
        size_of::<f32>() * floats
            + size_of::<Node>() * self.nodes.capacity()
            + size_of::<Arc>() * self.arcs.capacity()
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
        // Lists of kept prefixes that have grown since lie behind the mark: they are moved, and with them the way to the
        // prefixes below.
        let mut moved: Vec<(usize, Vec<Arc>)> = Vec::new();
        for (id, node) in self.nodes.iter().enumerate() {
            if let Some((start, end)) = node.arcs
                && end as usize > mark.arcs
            {
                moved.push((id, self.arcs[start as usize..end as usize].to_vec()));
            }
        }
        self.arcs.truncate(mark.arcs);
        for (id, arcs) in moved {
            let start = self.arcs.len() as ArcId;
            self.arcs.extend(arcs);
            self.nodes[id].arcs = Some((start, self.arcs.len() as ArcId));
        }
        for arc in &mut self.arcs {
            if arc.child != NONE && arc.child as usize >= mark.nodes {
                arc.child = NONE;
            }
        }
    }

    /// Whether nodes or arcs take up more memory than `bytes`.
    pub(super) fn is_full(&self, bytes: usize) -> bool {
        self.len() > self.capacity(bytes) || size_of::<Arc>() * self.arcs.len() > bytes / 2
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

    /// What the user says of the prefix as a key.
    pub(super) fn user(&self, id: NodeId) -> Option<&UserNode> {
        self.node(id).place.user().map(|user| &**user)
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

    /// The arcs of a node, read out of the lexicons the first time.
    pub(super) fn arcs(&mut self, layers: &Layers, id: NodeId) -> Range<ArcId> {
        let node = &mut self.nodes[id as usize];
        let (start, end) = match node.arcs {
            Some(arcs) => arcs,
            None => {
                layers.arcs(&node.place, &mut self.scratch.arcs);
                let start = self.arcs.len() as ArcId;
                let arcs = self.scratch.arcs.iter();
                self.arcs.extend(arcs.map(|(label, cost)| Arc {
                    label: *label,
                    child: NONE,
                    cost: *cost,
                }));
                *node.arcs.insert((start, self.arcs.len() as ArcId))
            }
        };
        start..end
    }

    /// Brings the tree to the words that the user has now: those prefixes are worked out again that the user says or said
    /// something of. What the prediction network gave for them stays.
    pub(super) fn relink(&mut self, layers: &Layers) {
        let root = self.nodes[ROOT as usize].place.user();
        let is_same = match (root, layers.user()) {
            (Some(old), Some(new)) => Shared::ptr_eq(old, new),
            (None, None) => true,
            _ => false,
        };
        if is_same {
            return;
        }
        let mut open: Vec<(NodeId, Option<Shared<UserNode>>)> =
            vec![(ROOT, layers.user().cloned())];
        while let Some((id, user)) = open.pop() {
            let node = &mut self.nodes[id as usize];
            node.place.set_user(user);
            node.cost = layers.look_ahead(&node.place);
            node.word_cost = layers.word_cost(&node.place);
            let Some((start, end)) = node.arcs else {
                continue;
            };
            layers.arcs(&node.place, &mut self.scratch.arcs);
            let old: Vec<Arc> = self.arcs[start as usize..end as usize].to_vec();
            let new = self.scratch.arcs.iter().map(|(label, cost)| Arc {
                label: *label,
                child: old
                    .iter()
                    .find(|arc| arc.label == *label)
                    .map_or(NONE, |arc| arc.child),
                cost: *cost,
            });
            let new: Vec<Arc> = new.collect();
            for arc in &new {
                let Some(child) = arc.child() else { continue };
                let below = self.nodes[id as usize].place.user();
                let below = below.and_then(|user| user.child(arc.label)).cloned();
                let is_same = match (self.nodes[child as usize].place.user(), &below) {
                    (Some(old), Some(new)) => Shared::ptr_eq(old, new),
                    (None, None) => true,
                    _ => false,
                };
                if !is_same {
                    open.push((child, below));
                }
            }
            // A list that has grown needs another place; its old one lies idle until the tree is cut back.
            if new.len() <= old.len() {
                let end = start + new.len() as ArcId;
                self.arcs[start as usize..end as usize].copy_from_slice(&new);
                self.nodes[id as usize].arcs = Some((start, end));
            } else {
                let start = self.arcs.len() as ArcId;
                self.arcs.extend_from_slice(&new);
                self.nodes[id as usize].arcs = Some((start, self.arcs.len() as ArcId));
            }
        }
    }

    /// Makes the children at the end of `arcs` (given with their parents) that have not been made, running the
    /// prediction network once for all of them.
    pub(super) fn grow(
        &mut self,
        layers: &Layers,
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
            let place = layers.step(&self.nodes[parent as usize].place, arc.label);
            self.nodes.push(Node {
                parent,
                label: arc.label,
                depth: self.nodes[parent as usize].depth.saturating_add(1),
                cost: arc.cost,
                word_cost: layers.word_cost(&place),
                place,
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
            ..
        } = &mut self.scratch;
        if !labels.is_empty() {
            prediction.step(labels, states, projected, scratch)?;
            self.states.extend_from_slice(states);
            self.projected.extend_from_slice(projected);
        }
        Ok(())
    }

    /// The word of the greatest prior that begins with the prefix `id`; `None` where there is none, or none is found soon.
    ///
    /// The look-ahead does not know of words that a user blocked or made less likely, so the prefixes are followed from the
    /// likeliest on, deeper ones first, until a word is at least as likely as all that is left.
    pub(super) fn best_word(
        &mut self,
        layers: &Layers,
        prediction: &Prediction,
        id: NodeId,
    ) -> Result<Option<NodeId>> {
        /// A prefix to be followed, or a word.
        #[derive(PartialEq, Eq, PartialOrd, Ord)]
        enum Step {
            Word(NodeId),
            Prefix(NodeId, ArcId),
        }
        let mut heap = BinaryHeap::new();
        let mut at = id;
        // A path of a sound lexicon has at most so many labels; a few paths may end in blocked words.
        for _ in 0..4 * MAX_KEY {
            let node = self.node(at);
            // Of equal costs words come first, then what is deeper.
            let deep = u16::MAX - node.depth;
            if let Some(cost) = node.word_cost {
                heap.push(Reverse((cost, 0, Step::Word(at))));
            }
            for arc in self.arcs(layers, at) {
                heap.push(Reverse((self.arc(arc).cost, deep, Step::Prefix(at, arc))));
            }
            match heap.pop() {
                Some(Reverse((_, _, Step::Word(word)))) => return Ok(Some(word)),
                Some(Reverse((_, _, Step::Prefix(parent, arc)))) => {
                    self.grow(layers, prediction, std::iter::once((parent, arc)))?;
                    let Some(child) = self.arc(arc).child() else {
                        break;
                    };
                    at = child;
                }
                None => break,
            }
        }
        Ok(None)
    }

    /// Makes the `nodes` prefixes of the greatest prior, so that the first swipe finds them made.
    pub(super) fn warm_up(
        &mut self,
        layers: &Layers,
        prediction: &Prediction,
        nodes: usize,
    ) -> Result<()> {
        // A prefix is never costlier than its extensions, so each round of the heap may be grown as one batch.
        const BATCH: usize = 64;
        let mut heap = BinaryHeap::new();
        let push_arcs = |tree: &mut Self, heap: &mut BinaryHeap<_>, id: NodeId| {
            for arc in tree.arcs(layers, id) {
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
            self.grow(layers, prediction, batch.iter().copied())?;
            for id in known as NodeId..self.len() as NodeId {
                push_arcs(self, &mut heap, id);
            }
        }
        Ok(())
    }
}
