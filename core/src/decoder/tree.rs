//! The prefixes that a search has met, each with its position in the lexicon and the prediction
//! network's output.
//!
//! A prefix is identified by its labels, not by its state of the automaton, which prefixes share. A
//! node's content depends only on the words and the model, never on a swipe. The tree therefore
//! outlives the swipes of its session, and a common prefix runs the prediction network only once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use super::prefixes::PrefixTable;
use super::rows::{Rows, Widths};
pub(super) use super::waves::NodeId;
use crate::error::Result;
use crate::lexicon::stack::Position;
use crate::lexicon::user::Node as UserNode;
use crate::lexicon::{LexiconStack, MAX_KEY};
use crate::transducer::{JointScratch, PredictionJoint, PredictionScratch};

/// Index of an edge.
pub(super) type EdgeId = u32;

/// The root: the empty prefix.
pub(super) const ROOT: NodeId = 0;
/// Marks an edge without a child yet, and the root's missing parent.
const NONE: u32 = u32::MAX;

/// One prefix.
#[derive(Clone, Debug)]
pub(super) struct Node {
    parent: NodeId,
    label: u8,
    /// Number of labels of the prefix.
    pub(super) depth: u16,
    position: Position,
    /// Look-ahead: the least prior cost of any word that begins with the prefix, in the lexicon's
    /// units.
    pub(super) cost: u32,
    /// Prior cost of the prefix as a word; `None` where it is no word.
    pub(super) word_cost: Option<u32>,
    /// log P(prefix) of the internal language model.
    pub(super) internal_lm: f32,
    edges: Option<(EdgeId, EdgeId)>,
    row: RowId,
    /// The last swipe that met it.
    met: u32,
}

/// The location of a node's row.
#[derive(Clone, Copy, Debug)]
enum RowId {
    /// In the shared table.
    Table(u32),
    /// In the tree's own rows.
    Own(u32),
}

/// The edge from a prefix to its extension by one label.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    /// The label.
    pub(super) label: u8,
    child: NodeId,
    /// Look-ahead of the extended prefix, see [`Node::cost`].
    pub(super) cost: u32,
}

impl Edge {
    /// The node at the end of the edge, where it exists.
    pub(super) fn child(&self) -> Option<NodeId> {
        (self.child != NONE).then_some(self.child)
    }
}

/// The tree of prefixes.
#[derive(Clone, Debug)]
pub(super) struct PrefixTree {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    table: Arc<PrefixTable>,
    own: Rows,
    widths: Widths,
    /// Number of swipes so far.
    swipe: u32,
    scratch: Scratch,
}

#[derive(Clone, Debug, Default)]
struct Scratch {
    transitions: Vec<(u8, u32)>,
    /// Edges whose children need the prediction network.
    missing: Vec<(NodeId, EdgeId)>,
    labels: Vec<usize>,
    states: Vec<f32>,
    projected: Vec<f32>,
    internal_lm: Vec<f32>,
    prediction: PredictionScratch,
    joint: JointScratch,
}

impl PrefixTree {
    /// A tree with the empty prefix only, which takes known rows from `table`.
    pub(super) fn new(layers: &LexiconStack, table: Arc<PrefixTable>) -> Self {
        let position = layers.root();
        let widths = table.widths();
        Self {
            nodes: vec![Node {
                parent: NONE,
                label: 0,
                depth: 0,
                cost: layers.look_ahead(&position),
                word_cost: layers.word_cost(&position),
                internal_lm: 0.0,
                position,
                edges: None,
                row: RowId::Table(0),
                met: 0,
            }],
            edges: Vec::new(),
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

    /// Number of rows kept in addition to the table's.
    pub(super) fn own_rows(&self) -> usize {
        self.own.used()
    }

    /// Bytes of the tree, including spare capacity and excluding the table.
    pub(super) fn bytes(&self) -> usize {
        self.own.bytes()
            + size_of::<Node>() * self.nodes.capacity()
            + size_of::<Edge>() * self.edges.capacity()
    }

    /// Begins a swipe. Where the tree takes more than `bytes`, the prefixes that swipes met longest
    /// ago are removed.
    pub(super) fn begin(&mut self, bytes: usize) {
        if self.swipe == u32::MAX {
            self.clear();
        }
        self.swipe += 1;
        let used = size_of::<f32>() * self.widths.row() * self.own.used()
            + size_of::<Node>() * self.nodes.len()
            + size_of::<Edge>() * self.edges.len();
        if used > bytes {
            self.forget_older_half();
        }
    }

    /// Marks a node as met by the current swipe.
    pub(super) fn meet(&mut self, id: NodeId) {
        self.nodes[id as usize].met = self.swipe;
    }

    /// Removes all prefixes but the empty one.
    pub(super) fn clear(&mut self) {
        self.nodes.truncate(1);
        self.nodes.shrink_to_fit();
        self.nodes[0].edges = None;
        self.nodes[0].met = 0;
        self.edges = Vec::new();
        self.own.clear();
        self.swipe = 0;
    }

    /// Keeps the most recently met nodes, at most half, and all their prefixes.
    fn forget_older_half(&mut self) {
        let mut met: Vec<u32> = self.nodes.iter().map(|node| node.met).collect();
        let middle = met.len() / 2;
        let (_, median, _) = met.select_nth_unstable(middle);
        let median = *median;
        let mut moved: Vec<NodeId> = vec![NONE; self.nodes.len()];
        moved[ROOT as usize] = 0;
        // Children come after their parents.
        for id in (1..self.nodes.len()).rev() {
            let node = &self.nodes[id];
            if node.met > median || moved[id] != NONE {
                moved[id] = 0;
                moved[node.parent as usize] = 0;
            }
        }
        let kept = moved.iter_mut().filter(|moved| **moved != NONE);
        for (moved, at) in kept.zip(0..) {
            *moved = at;
        }
        let mut nodes = Vec::with_capacity(self.nodes.len());
        let mut edges = Vec::with_capacity(self.edges.len());
        for (mut node, at) in std::mem::take(&mut self.nodes).into_iter().zip(&moved) {
            if *at == NONE {
                if let RowId::Own(slot) = node.row {
                    self.own.remove(slot);
                }
                continue;
            }
            if node.parent != NONE {
                node.parent = moved[node.parent as usize];
            }
            if let Some((start, end)) = node.edges {
                let kept = self.edges[start as usize..end as usize].iter();
                let start = edges.len() as EdgeId;
                edges.extend(kept.map(|edge| Edge {
                    child: edge.child().map_or(NONE, |child| moved[child as usize]),
                    ..*edge
                }));
                node.edges = Some((start, edges.len() as EdgeId));
            }
            nodes.push(node);
        }
        self.nodes = nodes;
        self.edges = edges;
    }

    /// The prediction network's row for a prefix, see [`Widths`].
    pub(super) fn row(&self, id: NodeId) -> &[f32] {
        match self.node(id).row {
            RowId::Table(row) => self.table.row(row),
            RowId::Own(slot) => self.own.get(slot),
        }
    }

    /// Labels and nodes of the existing children.
    pub(super) fn children(&self, id: NodeId) -> Vec<(u8, NodeId)> {
        let (start, end) = self.node(id).edges.unwrap_or_default();
        let edges = self.edges[start as usize..end as usize].iter();
        edges
            .filter_map(|edge| Some((edge.label, edge.child()?)))
            .collect()
    }

    /// The node `id`.
    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// The edge `id`.
    pub(super) fn edge(&self, id: EdgeId) -> &Edge {
        &self.edges[id as usize]
    }

    /// The joint's projection of the prediction network's output after the prefix, `[J]`.
    pub(super) fn projected(&self, id: NodeId) -> &[f32] {
        self.widths.projected_of(self.row(id))
    }

    /// The internal language model's log-probability of each label after the prefix, `[V+1]`.
    pub(super) fn internal_lm(&self, id: NodeId) -> &[f32] {
        self.widths.internal_of(self.row(id))
    }

    /// The user's node for the prefix.
    pub(super) fn user(&self, id: NodeId) -> Option<&UserNode> {
        self.node(id).position.user().map(|user| &**user)
    }

    /// Writes the labels of a prefix to `labels`, first label first.
    pub(super) fn labels(&self, mut id: NodeId, labels: &mut Vec<u8>) {
        labels.clear();
        while id != ROOT {
            let node = self.node(id);
            labels.push(node.label);
            id = node.parent;
        }
        labels.reverse();
    }

    /// The edges of a node, read from the lexicons on first use.
    pub(super) fn edges(&mut self, layers: &LexiconStack, id: NodeId) -> Range<EdgeId> {
        let node = &mut self.nodes[id as usize];
        let (start, end) = match node.edges {
            Some(edges) => edges,
            None => {
                layers.transitions(&node.position, &mut self.scratch.transitions);
                let start = self.edges.len() as EdgeId;
                let edges = self.scratch.transitions.iter();
                self.edges.extend(edges.map(|(label, cost)| Edge {
                    label: *label,
                    child: NONE,
                    cost: *cost,
                }));
                *node.edges.insert((start, self.edges.len() as EdgeId))
            }
        };
        start..end
    }

    /// Updates the tree to the user's present words: recomputes the prefixes that the user's
    /// entries affect, before or after the change. Rows of the prediction network stay.
    pub(super) fn relink(&mut self, layers: &LexiconStack) {
        let root = self.nodes[ROOT as usize].position.user();
        let is_same = match (root, layers.user()) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            (None, None) => true,
            _ => false,
        };
        if is_same {
            return;
        }
        let mut open: Vec<(NodeId, Option<Arc<UserNode>>)> = vec![(ROOT, layers.user().cloned())];
        while let Some((id, user)) = open.pop() {
            let node = &mut self.nodes[id as usize];
            node.position.set_user(user);
            node.cost = layers.look_ahead(&node.position);
            node.word_cost = layers.word_cost(&node.position);
            let Some((start, end)) = node.edges else {
                continue;
            };
            layers.transitions(&node.position, &mut self.scratch.transitions);
            let old: Vec<Edge> = self.edges[start as usize..end as usize].to_vec();
            let new = self.scratch.transitions.iter().map(|(label, cost)| Edge {
                label: *label,
                child: old
                    .iter()
                    .find(|edge| edge.label == *label)
                    .map_or(NONE, |edge| edge.child),
                cost: *cost,
            });
            let new: Vec<Edge> = new.collect();
            for edge in &new {
                let Some(child) = edge.child() else { continue };
                let below = self.nodes[id as usize].position.user();
                let below = below.and_then(|user| user.child(edge.label)).cloned();
                let is_same = match (self.nodes[child as usize].position.user(), &below) {
                    (Some(old), Some(new)) => Arc::ptr_eq(old, new),
                    (None, None) => true,
                    _ => false,
                };
                if !is_same {
                    open.push((child, below));
                }
            }
            // A longer list needs a new range; its old range is unused until the tree is cut back.
            if new.len() <= old.len() {
                let end = start + new.len() as EdgeId;
                self.edges[start as usize..end as usize].copy_from_slice(&new);
                self.nodes[id as usize].edges = Some((start, end));
            } else {
                let start = self.edges.len() as EdgeId;
                self.edges.extend_from_slice(&new);
                self.nodes[id as usize].edges = Some((start, self.edges.len() as EdgeId));
            }
        }
    }

    /// Creates the missing children at the end of `edges` (given with their parents, each once).
    /// The prediction network runs once for all that the table lacks.
    pub(super) fn grow(
        &mut self,
        layers: &LexiconStack,
        transducer: &PredictionJoint,
        edges: impl Iterator<Item = (NodeId, EdgeId)>,
    ) -> Result<()> {
        let mut missing = std::mem::take(&mut self.scratch.missing);
        missing.clear();
        self.scratch.labels.clear();
        self.scratch.states.clear();
        for (parent, edge) in edges {
            let Edge { label, child, .. } = self.edges[edge as usize];
            if child != NONE {
                continue;
            }
            let row = match self.node(parent).row {
                RowId::Table(row) => self.table.child(row, label),
                RowId::Own(_) => None,
            };
            match row {
                Some(row) => self.insert(layers, parent, edge, RowId::Table(row)),
                None => {
                    missing.push((parent, edge));
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
        for (index, (parent, edge)) in missing.iter().enumerate() {
            let Widths {
                state,
                joint,
                classes,
            } = self.widths;
            let slot = self.own.insert([
                &self.scratch.states[index * state..][..state],
                &self.scratch.projected[index * joint..][..joint],
                &self.scratch.internal_lm[index * classes..][..classes],
            ]);
            self.insert(layers, *parent, *edge, RowId::Own(slot));
        }
        self.scratch.missing = missing;
        Ok(())
    }

    /// Runs the prediction network on the labels and states in the scratch buffers.
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

    /// Creates the child at the end of an edge, whose row exists.
    fn insert(&mut self, layers: &LexiconStack, parent: NodeId, edge: EdgeId, row: RowId) {
        let Edge { label, cost, .. } = self.edges[edge as usize];
        let above = &self.nodes[parent as usize];
        let position = layers.step(&above.position, label);
        let node = Node {
            parent,
            label,
            depth: above.depth.saturating_add(1),
            cost,
            word_cost: layers.word_cost(&position),
            internal_lm: above.internal_lm + self.internal_lm(parent)[usize::from(label)],
            position,
            edges: None,
            row,
            met: self.swipe,
        };
        self.edges[edge as usize].child = self.nodes.len() as NodeId;
        self.nodes.push(node);
    }

    /// The word with the greatest prior that begins with the prefix `id`; `None` where there is
    /// none or the search gives up.
    ///
    /// The look-ahead does not know which words a user blocked or made less likely. The search
    /// therefore follows prefixes from the likeliest on, deeper ones first, until a word is at
    /// least as likely as all that remain.
    pub(super) fn best_word(
        &mut self,
        layers: &LexiconStack,
        transducer: &PredictionJoint,
        id: NodeId,
    ) -> Result<Option<NodeId>> {
        /// A prefix to follow, or a word. Never compared: the fields before it settle every tie,
        /// because ids depend on earlier swipes.
        #[derive(PartialEq, Eq, PartialOrd, Ord)]
        enum Step {
            Word(NodeId),
            Prefix(NodeId, EdgeId),
        }
        let mut heap = BinaryHeap::new();
        let mut order = 0u32;
        let mut at = id;
        // A path of a valid lexicon has at most `MAX_KEY` labels; a few paths may end in blocked
        // words.
        for _ in 0..4 * MAX_KEY {
            let node = self.node(at);
            // Of equal costs, words come first, then deeper prefixes.
            let deep = u16::MAX - node.depth;
            if let Some(cost) = node.word_cost {
                heap.push(Reverse((cost, 0, order, Step::Word(at))));
                order += 1;
            }
            for edge in self.edges(layers, at) {
                let step = Step::Prefix(at, edge);
                heap.push(Reverse((self.edge(edge).cost, deep, order, step)));
                order += 1;
            }
            match heap.pop() {
                Some(Reverse((_, _, _, Step::Word(word)))) => return Ok(Some(word)),
                Some(Reverse((_, _, _, Step::Prefix(parent, edge)))) => {
                    self.grow(layers, transducer, std::iter::once((parent, edge)))?;
                    let Some(child) = self.edge(edge).child() else {
                        break;
                    };
                    at = child;
                }
                None => break,
            }
        }
        Ok(None)
    }

    /// Creates prefixes in the order of their prior until there are `nodes` nodes.
    pub(super) fn grow_likeliest(
        &mut self,
        layers: &LexiconStack,
        transducer: &PredictionJoint,
        nodes: usize,
    ) -> Result<()> {
        // A prefix never costs more than its extensions, so each round of the heap can be one
        // batch.
        const BATCH: usize = 64;
        let mut heap = BinaryHeap::new();
        let push_edges = |tree: &mut Self, heap: &mut BinaryHeap<_>, id: NodeId| {
            for edge in tree.edges(layers, id) {
                if tree.edge(edge).child().is_none() {
                    heap.push(Reverse((
                        tree.edge(edge).cost,
                        tree.node(id).depth,
                        id,
                        edge,
                    )));
                }
            }
        };
        push_edges(self, &mut heap, ROOT);
        let mut batch = Vec::with_capacity(BATCH);
        while self.len() < nodes {
            batch.clear();
            while batch.len() < BATCH.min(nodes - self.len()) {
                let Some(Reverse((_, _, parent, edge))) = heap.pop() else {
                    break;
                };
                batch.push((parent, edge));
            }
            if batch.is_empty() {
                break;
            }
            let known = self.len();
            self.grow(layers, transducer, batch.iter().copied())?;
            for id in known as NodeId..self.len() as NodeId {
                push_edges(self, &mut heap, id);
            }
        }
        Ok(())
    }
}
