//! The prefixes that a search has met, each with its place in the lexicon and its
//! prediction-network output.
//!
//! A prefix is its labels, not its state of the automaton: an automaton shares states between
//! prefixes. What a node holds depends on the words and the model only, never on a swipe, so the
//! tree outlives the swipes of its session: common prefixes cost the prediction network nothing
//! from the second time on.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc as Shared;

use super::prefixes::PrefixTable;
use super::rows::{Rows, Widths};
use crate::error::Result;
use crate::lexicon::stack::Place;
use crate::lexicon::user::Node as UserNode;
use crate::lexicon::{LexiconStack, MAX_KEY};
use crate::transducer::{JointScratch, PredictionJoint, PredictionScratch};

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
    /// Least prior cost of any word that begins with the prefix, in the lexicon's units: the
    /// look-ahead.
    pub(super) cost: u32,
    /// Prior cost of the prefix as a word, where it is one.
    pub(super) word_cost: Option<u32>,
    /// log P(prefix) of the internal language model.
    pub(super) internal_lm: f32,
    arcs: Option<(ArcId, ArcId)>,
    row: RowId,
    /// The swipe that met it last.
    met: u32,
}

/// Where a node's row is.
#[derive(Clone, Copy, Debug)]
enum RowId {
    /// In the table that all sessions share.
    Table(u32),
    /// Among the tree's own.
    Own(u32),
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

/// The tree of prefixes.
#[derive(Clone, Debug)]
pub(super) struct PrefixTree {
    nodes: Vec<Node>,
    arcs: Vec<Arc>,
    table: Shared<PrefixTable>,
    own: Rows,
    widths: Widths,
    /// Swipes so far.
    swipe: u32,
    scratch: Scratch,
}

#[derive(Clone, Debug, Default)]
struct Scratch {
    arcs: Vec<(u8, u32)>,
    /// Arcs whose children the prediction network has to run for.
    missing: Vec<(NodeId, ArcId)>,
    labels: Vec<usize>,
    states: Vec<f32>,
    projected: Vec<f32>,
    internal_lm: Vec<f32>,
    prediction: PredictionScratch,
    joint: JointScratch,
}

impl PrefixTree {
    /// The tree of the empty prefix alone, which finds in `table` what the prediction network has
    /// run for.
    pub(super) fn new(layers: &LexiconStack, table: Shared<PrefixTable>) -> Self {
        let place = layers.root();
        let widths = table.widths();
        Self {
            nodes: vec![Node {
                parent: NONE,
                label: 0,
                depth: 0,
                cost: layers.look_ahead(&place),
                word_cost: layers.word_cost(&place),
                internal_lm: 0.0,
                place,
                arcs: None,
                row: RowId::Table(0),
                met: 0,
            }],
            arcs: Vec::new(),
            own: Rows::new(widths.row()),
            widths,
            table,
            swipe: 0,
            scratch: Scratch::default(),
        }
    }

    /// The table that all sessions share.
    pub(super) fn table(&self) -> &PrefixTable {
        &self.table
    }

    /// Number of nodes.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Rows that the prediction network has run for and that are kept besides the table's.
    pub(super) fn own_rows(&self) -> usize {
        self.own.used()
    }

    /// Bytes that the tree takes, with what is kept for more, without the table.
    pub(super) fn bytes(&self) -> usize {
        self.own.bytes()
            + size_of::<Node>() * self.nodes.capacity()
            + size_of::<Arc>() * self.arcs.capacity()
    }

    /// Begins a swipe: where the tree takes more than `bytes`, those prefixes are forgotten that
    /// swipes met longest ago.
    pub(super) fn begin(&mut self, bytes: usize) {
        if self.swipe == u32::MAX {
            self.clear();
        }
        self.swipe += 1;
        let used = size_of::<f32>() * self.widths.row() * self.own.used()
            + size_of::<Node>() * self.nodes.len()
            + size_of::<Arc>() * self.arcs.len();
        if used > bytes {
            self.forget_older_half();
        }
    }

    /// Notes that the current swipe has met a node.
    pub(super) fn meet(&mut self, id: NodeId) {
        self.nodes[id as usize].met = self.swipe;
    }

    /// Forgets all prefixes but the empty one.
    pub(super) fn clear(&mut self) {
        self.nodes.truncate(1);
        self.nodes.shrink_to_fit();
        self.nodes[0].arcs = None;
        self.nodes[0].met = 0;
        self.arcs = Vec::new();
        self.own.clear();
        self.swipe = 0;
    }

    /// Keeps at most half of the nodes, those that swipes met last, and all prefixes of theirs.
    fn forget_older_half(&mut self) {
        let mut met: Vec<u32> = self.nodes.iter().map(|node| node.met).collect();
        let middle = met.len() / 2;
        let (_, median, _) = met.select_nth_unstable(middle);
        let median = *median;
        let mut place: Vec<NodeId> = vec![NONE; self.nodes.len()];
        place[ROOT as usize] = 0;
        // Children stand behind their parents.
        for id in (1..self.nodes.len()).rev() {
            let node = &self.nodes[id];
            if node.met > median || place[id] != NONE {
                place[id] = 0;
                place[node.parent as usize] = 0;
            }
        }
        let kept = place.iter_mut().filter(|place| **place != NONE);
        for (place, at) in kept.zip(0..) {
            *place = at;
        }
        let mut nodes = Vec::with_capacity(self.nodes.len());
        let mut arcs = Vec::with_capacity(self.arcs.len());
        for (mut node, at) in std::mem::take(&mut self.nodes).into_iter().zip(&place) {
            if *at == NONE {
                if let RowId::Own(slot) = node.row {
                    self.own.remove(slot);
                }
                continue;
            }
            if node.parent != NONE {
                node.parent = place[node.parent as usize];
            }
            if let Some((start, end)) = node.arcs {
                let kept = self.arcs[start as usize..end as usize].iter();
                let start = arcs.len() as ArcId;
                arcs.extend(kept.map(|arc| Arc {
                    child: arc.child().map_or(NONE, |child| place[child as usize]),
                    ..*arc
                }));
                node.arcs = Some((start, arcs.len() as ArcId));
            }
            nodes.push(node);
        }
        self.nodes = nodes;
        self.arcs = arcs;
    }

    /// What the prediction network gave for a prefix, see [`Widths`].
    pub(super) fn row(&self, id: NodeId) -> &[f32] {
        match self.node(id).row {
            RowId::Table(row) => self.table.row(row),
            RowId::Own(slot) => self.own.get(slot),
        }
    }

    /// Labels and nodes of the children that have been made.
    pub(super) fn children(&self, id: NodeId) -> Vec<(u8, NodeId)> {
        let (start, end) = self.node(id).arcs.unwrap_or_default();
        let arcs = self.arcs[start as usize..end as usize].iter();
        arcs.filter_map(|arc| Some((arc.label, arc.child()?)))
            .collect()
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
        self.widths.projected_of(self.row(id))
    }

    /// What the internal language model gives for each label after the prefix, `[V+1]`.
    pub(super) fn internal_lm(&self, id: NodeId) -> &[f32] {
        self.widths.internal_of(self.row(id))
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
    pub(super) fn arcs(&mut self, layers: &LexiconStack, id: NodeId) -> Range<ArcId> {
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

    /// Brings the tree to the words that the user has now: those prefixes are worked out again that
    /// the user says or said something of. What the prediction network gave for them stays.
    pub(super) fn relink(&mut self, layers: &LexiconStack) {
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
            // A list that has grown needs another place; its old one lies idle until the tree is
            // cut back.
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

    /// Makes the children at the end of `arcs` (given with their parents, each once) that have not
    /// been made, running the prediction network once for all of them that are not in the table.
    pub(super) fn grow(
        &mut self,
        layers: &LexiconStack,
        transducer: &PredictionJoint,
        arcs: impl Iterator<Item = (NodeId, ArcId)>,
    ) -> Result<()> {
        let mut missing = std::mem::take(&mut self.scratch.missing);
        missing.clear();
        self.scratch.labels.clear();
        self.scratch.states.clear();
        for (parent, arc) in arcs {
            let Arc { label, child, .. } = self.arcs[arc as usize];
            if child != NONE {
                continue;
            }
            let row = match self.node(parent).row {
                RowId::Table(row) => self.table.child(row, label),
                RowId::Own(_) => None,
            };
            match row {
                Some(row) => self.insert(layers, parent, arc, RowId::Table(row)),
                None => {
                    missing.push((parent, arc));
                    self.scratch.labels.push(label.into());
                    let row = match self.nodes[parent as usize].row {
                        RowId::Table(row) => self.table.row(row),
                        RowId::Own(slot) => self.own.get(slot),
                    };
                    let state = self.widths.state_of(row);
                    self.scratch.states.extend_from_slice(state);
                }
            }
        }
        if !missing.is_empty() {
            self.run(transducer)?;
        }
        for (place, (parent, arc)) in missing.iter().enumerate() {
            let Widths {
                state,
                joint,
                classes,
            } = self.widths;
            let slot = self.own.insert([
                &self.scratch.states[place * state..][..state],
                &self.scratch.projected[place * joint..][..joint],
                &self.scratch.internal_lm[place * classes..][..classes],
            ]);
            self.insert(layers, *parent, *arc, RowId::Own(slot));
        }
        self.scratch.missing = missing;
        Ok(())
    }

    /// Runs the prediction network for the labels and states in the scratch buffers.
    fn run(&mut self, transducer: &PredictionJoint) -> Result<()> {
        let Scratch {
            labels,
            states,
            projected,
            internal_lm,
            prediction,
            joint,
            ..
        } = &mut self.scratch;
        transducer
            .prediction
            .step(labels, states, projected, prediction)?;
        internal_lm.clear();
        let rows = projected.chunks_exact(self.widths.joint);
        transducer.joint.internal_lm(rows, internal_lm, joint);
        Ok(())
    }

    /// Makes the child at the end of an arc, whose row is there.
    fn insert(&mut self, layers: &LexiconStack, parent: NodeId, arc: ArcId, row: RowId) {
        let Arc { label, cost, .. } = self.arcs[arc as usize];
        let above = &self.nodes[parent as usize];
        let place = layers.step(&above.place, label);
        let node = Node {
            parent,
            label,
            depth: above.depth.saturating_add(1),
            cost,
            word_cost: layers.word_cost(&place),
            internal_lm: above.internal_lm + self.internal_lm(parent)[usize::from(label)],
            place,
            arcs: None,
            row,
            met: self.swipe,
        };
        self.arcs[arc as usize].child = self.nodes.len() as NodeId;
        self.nodes.push(node);
    }

    /// The word of the greatest prior that begins with the prefix `id`; `None` where there is none,
    /// or none is found soon.
    ///
    /// The look-ahead does not know of words that a user blocked or made less likely, so the
    /// prefixes are followed from the likeliest on, deeper ones first, until a word is at least as
    /// likely as all that is left.
    pub(super) fn best_word(
        &mut self,
        layers: &LexiconStack,
        transducer: &PredictionJoint,
        id: NodeId,
    ) -> Result<Option<NodeId>> {
        /// A prefix to be followed, or a word. Never compared: what comes before it settles every
        /// tie, as ids depend on earlier swipes.
        #[derive(PartialEq, Eq, PartialOrd, Ord)]
        enum Step {
            Word(NodeId),
            Prefix(NodeId, ArcId),
        }
        let mut heap = BinaryHeap::new();
        let mut order = 0u32;
        let mut at = id;
        // A path of a sound lexicon has at most so many labels; a few paths may end in blocked
        // words.
        for _ in 0..4 * MAX_KEY {
            let node = self.node(at);
            // Of equal costs words come first, then what is deeper.
            let deep = u16::MAX - node.depth;
            if let Some(cost) = node.word_cost {
                heap.push(Reverse((cost, 0, order, Step::Word(at))));
                order += 1;
            }
            for arc in self.arcs(layers, at) {
                let step = Step::Prefix(at, arc);
                heap.push(Reverse((self.arc(arc).cost, deep, order, step)));
                order += 1;
            }
            match heap.pop() {
                Some(Reverse((_, _, _, Step::Word(word)))) => return Ok(Some(word)),
                Some(Reverse((_, _, _, Step::Prefix(parent, arc)))) => {
                    self.grow(layers, transducer, std::iter::once((parent, arc)))?;
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

    /// Makes prefixes in the order of their prior until there are `nodes`.
    pub(super) fn grow_likeliest(
        &mut self,
        layers: &LexiconStack,
        transducer: &PredictionJoint,
        nodes: usize,
    ) -> Result<()> {
        // A prefix is never costlier than its extensions, so each round of the heap may be grown as
        // one batch.
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
            self.grow(layers, transducer, batch.iter().copied())?;
            for id in known as NodeId..self.len() as NodeId {
                push_arcs(self, &mut heap, id);
            }
        }
        Ok(())
    }
}
