//! The waves that process a frame, independent of the kind of prefix.
//!
//! For a prefix n and a frame t, `α[t][n]` is the log-probability that exactly the labels of n have
//! been emitted when frame t begins, after the blank of the frame before, summed over all
//! alignments (the forward variable of Graves 2012, §2.4). Within a frame, labels pass mass from
//! shorter to longer prefixes, any number of them. The blank then passes it to the next frame and
//! changes neither prefix nor prediction network. A prefix is one node, so equal prefixes merge by
//! construction.
//!
//! The first wave holds the beam. Each further wave holds the prefixes that the wave before reached
//! for the first time, so the prediction network and the joint run once per wave for all new
//! prefixes. Within a wave nodes are processed by depth, so a node has all its arrivals before it
//! passes them on. Mass that reaches a node later (from a parent newer than the node) is passed on
//! as a difference.

use super::log::{ZERO, add};
use crate::error::Result;
use crate::lexicon::MAX_KEY;
use crate::transducer::{Joint, JointScratch};

/// Index of a node.
pub(super) type NodeId = u32;

/// The prefixes of a search: their worth and their continuations.
pub(super) trait Prefixes {
    /// A continuation of a prefix by one label.
    type Way: Copy;

    /// Number of nodes.
    fn len(&self) -> usize;

    /// Number of labels of a prefix.
    fn depth(&self, node: NodeId) -> usize;

    /// The terms by which prefixes are compared besides their mass.
    fn worth(&self, node: NodeId) -> Worth;

    /// The score of a prefix with `mass` as a final result; `None` where it cannot be final.
    fn score(&self, node: NodeId, mass: f64) -> Option<f64>;

    /// The joint's projection of the prediction network's output after a prefix, `[J]`.
    fn projected(&self, node: NodeId) -> &[f32];

    /// Marks that a prefix has a row in the current frame.
    fn meet(&mut self, node: NodeId);

    /// Passes mass on by each label that continues `node`.
    fn expand(&mut self, node: NodeId, passing: &mut Passing<'_, Self::Way>);

    /// Creates those prefixes of the offers, all different, that do not exist, and runs the
    /// prediction network for them.
    fn grow(&mut self, offers: &[Offer<Self::Way>]) -> Result<()>;

    /// The prefix of an offer, where it exists.
    fn grown(&self, offer: &Offer<Self::Way>) -> Option<NodeId>;
}

/// The terms by which prefixes are compared besides their mass, in nats.
#[derive(Clone, Copy)]
pub(super) struct Worth {
    /// Cost of its look-ahead.
    pub(super) prior: f64,
    /// Total worth of its labels.
    pub(super) labels: f64,
    /// Subtracted for the internal language model.
    pub(super) internal_lm: f64,
}

impl Worth {
    /// The value by which a prefix with `mass` competes for the beam.
    pub(super) fn promise(self, mass: f64) -> f64 {
        mass - self.prior + self.labels - self.internal_lm
    }
}

/// The limits of a search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Prefixes kept per frame; 0 keeps all.
    pub(super) beam: usize,
    /// Additional prefixes kept by their final score.
    pub(super) slots: usize,
    /// Prefixes more than this many nats below the best are dropped.
    pub(super) window: f64,
}

/// A prefix in the current frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) node: NodeId,
    /// Mass that has arrived and is not yet passed on.
    pending: f64,
    /// Mass that the blank passes to the next frame.
    pub(super) next: f64,
    queued: bool,
    pub(super) kept: bool,
}

/// Mass for a prefix that has no row in the current frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer<W> {
    pub(super) parent: NodeId,
    pub(super) way: W,
    mass: f64,
    /// Upper bound of the prefix's promise in this frame.
    bound: f64,
    /// Index in the order of offers, which settles ties.
    order: u32,
}

/// The state and buffers of a search, kept between swipes.
#[derive(Clone, Debug)]
pub(super) struct Waves<W> {
    /// The beam: prefixes with their α at the start of a frame.
    active: Vec<(NodeId, f64)>,
    /// Prefixes met in the current frame.
    rows: Vec<Row>,
    /// For each node, the last frame in which it had a row, and the row.
    row_of: Vec<(u64, u32)>,
    /// Number of frames so far, over all swipes.
    frame: u64,
    /// The best promise in the current frame so far.
    best: f64,
    /// `[rows, V+1]`.
    log_probabilities: Vec<f32>,
    /// Rows with mass to pass on, by the depth of their prefix.
    levels: Vec<Vec<u32>>,
    offers: Vec<Offer<W>>,
    scores: Vec<f64>,
    ranking: Vec<(f64, u32)>,
    scratch: JointScratch,
}

impl<W> Default for Waves<W> {
    fn default() -> Self {
        Self {
            active: Vec::new(),
            rows: Vec::new(),
            row_of: Vec::new(),
            frame: 0,
            best: ZERO,
            log_probabilities: Vec::new(),
            levels: Vec::new(),
            offers: Vec::new(),
            scores: Vec::new(),
            ranking: Vec::new(),
            scratch: JointScratch::default(),
        }
    }
}

/// A prefix that passes its mass on.
pub(super) struct Passing<'a, W> {
    waves: &'a mut Waves<W>,
    node: NodeId,
    mass: f64,
    depth: usize,
    /// Start of its row's log-probabilities.
    start: usize,
    /// The least promise that a longer prefix needs.
    least: f64,
}

impl<W: Copy> Passing<'_, W> {
    /// Passes mass on by `label`: to the prefix `child` where that has a row in this frame,
    /// otherwise as an offer of the continuation `way`, whose prefix has the worth `worth`.
    #[inline(always)]
    pub(super) fn on(
        &mut self,
        label: u8,
        child: Option<NodeId>,
        way: W,
        worth: impl FnOnce() -> Worth,
    ) {
        let waves = &mut *self.waves;
        let log_probability = waves.log_probabilities[self.start + usize::from(label)];
        let mass = self.mass + f64::from(log_probability);
        if let Some(row) = child.and_then(|child| waves.row(child)) {
            waves.receive(row, self.depth + 1, mass);
            return;
        }
        let bound = worth().promise(mass);
        if mass > ZERO && bound >= self.least {
            waves.offers.push(Offer {
                parent: self.node,
                way,
                mass,
                bound,
                order: waves.offers.len() as u32,
            });
        }
    }
}

impl<W: Copy> Waves<W> {
    /// Begins with the prefix `root` only.
    pub(super) fn begin(&mut self, root: NodeId) {
        self.rows.clear();
        self.active.clear();
        self.active.push((root, 0.0));
    }

    /// The prefixes in the beam, each with its α.
    pub(super) fn active(&self) -> &[(NodeId, f64)] {
        &self.active
    }

    /// The prefixes of the last frame.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Processes one frame: from its `active` to the next frame's.
    pub(super) fn advance<P: Prefixes<Way = W>>(
        &mut self,
        joint: &Joint,
        prefixes: &mut P,
        frame: &[f32],
        bounds: Bounds,
    ) -> Result<()> {
        self.frame += 1;
        self.best = ZERO;
        self.rows.clear();
        self.log_probabilities.clear();
        for index in 0..self.active.len() {
            let (node, alpha) = self.active[index];
            self.add_row(prefixes, node, alpha);
        }
        let mut known = 0;
        loop {
            let new = self.rows[known..]
                .iter()
                .map(|row| prefixes.projected(row.node));
            joint.log_probabilities(frame, new, &mut self.log_probabilities, &mut self.scratch);
            known = self.rows.len();
            self.pass_on(joint, prefixes, bounds);
            self.choose_offers(prefixes, bounds);
            if self.offers.is_empty() {
                break;
            }
            prefixes.grow(&self.offers)?;
            for index in 0..self.offers.len() {
                let offer = self.offers[index];
                if let Some(child) = prefixes.grown(&offer) {
                    self.add_row(prefixes, child, offer.mass);
                }
            }
        }
        self.choose_active(prefixes, bounds);
        Ok(())
    }

    fn add_row(&mut self, prefixes: &mut impl Prefixes, node: NodeId, mass: f64) {
        prefixes.meet(node);
        let row = self.rows.len() as u32;
        self.rows.push(Row {
            node,
            pending: ZERO,
            next: ZERO,
            queued: false,
            kept: false,
        });
        if self.row_of.len() < prefixes.len() {
            self.row_of.resize(prefixes.len(), (0, 0));
        }
        self.row_of[node as usize] = (self.frame, row);
        self.receive(row, prefixes.depth(node), mass);
    }

    /// The row of a node in the current frame.
    fn row(&self, node: NodeId) -> Option<u32> {
        let (frame, row) = *self.row_of.get(node as usize)?;
        (frame == self.frame).then_some(row)
    }

    fn receive(&mut self, row: u32, depth: usize, mass: f64) {
        let state = &mut self.rows[row as usize];
        state.pending = add(state.pending, mass);
        if !state.queued {
            state.queued = true;
            if self.levels.len() <= depth {
                self.levels.resize_with(depth + 1, Vec::new);
            }
            self.levels[depth].push(row);
        }
    }

    /// Passes all pending mass on: by the blank to the next frame, by labels to longer prefixes of
    /// this one. Mass for prefixes without a row becomes an offer.
    ///
    /// An offer must reach the best promise so far less the window, so most end here.
    fn pass_on<P: Prefixes<Way = W>>(&mut self, joint: &Joint, prefixes: &mut P, bounds: Bounds) {
        let (classes, blank) = (joint.classes(), joint.blank());
        self.offers.clear();
        let mut depth = 0;
        while depth < self.levels.len() {
            let mut level = std::mem::take(&mut self.levels[depth]);
            for row in level.drain(..) {
                let state = &mut self.rows[row as usize];
                let (node, mass) = (state.node, state.pending);
                state.pending = ZERO;
                state.queued = false;
                let start = row as usize * classes;
                let blank = f64::from(self.log_probabilities[start + blank]);
                state.next = add(state.next, mass + blank);
                let promise = prefixes.worth(node).promise(state.next);
                self.best = self.best.max(promise);
                // The depth limit holds whatever a lexicon says.
                if depth >= MAX_KEY {
                    continue;
                }
                let least = match bounds.beam {
                    0 => ZERO,
                    _ => self.best - bounds.window,
                };
                let mut passing = Passing {
                    waves: self,
                    node,
                    mass,
                    depth,
                    start,
                    least,
                };
                prefixes.expand(node, &mut passing);
            }
            self.levels[depth] = level;
            depth += 1;
        }
    }

    /// Keeps the offers that can still enter the next frame's beam. A prefix's received mass bounds
    /// its promise, since the blank only lowers it. It must beat the promises that the rows have so
    /// far.
    fn choose_offers(&mut self, prefixes: &impl Prefixes, bounds: Bounds) {
        if bounds.beam == 0 {
            return;
        }
        let promises = self
            .rows
            .iter()
            .map(|row| prefixes.worth(row.node).promise(row.next));
        self.scores.clear();
        self.scores.extend(promises);
        let mut least = self.best - bounds.window;
        if self.scores.len() >= bounds.beam {
            let (_, worst, _) = self
                .scores
                .select_nth_unstable_by(bounds.beam - 1, |a, b| b.total_cmp(a));
            least = least.max(*worst);
        }
        self.offers.retain(|offer| offer.bound >= least);
        if self.offers.len() > bounds.beam {
            let better = |a: &Offer<W>, b: &Offer<W>| {
                b.bound.total_cmp(&a.bound).then(a.order.cmp(&b.order))
            };
            self.offers.select_nth_unstable_by(bounds.beam - 1, better);
            self.offers.truncate(bounds.beam);
            self.offers.sort_unstable_by_key(|offer| offer.order);
        }
    }

    /// Chooses the next frame's beam: the prefixes with the greatest promise, and in addition those
    /// with the best final scores. The latter have only blanks to pay and must not lose to prefixes
    /// that promise more.
    fn choose_active(&mut self, prefixes: &impl Prefixes, bounds: Bounds) {
        self.active.clear();
        if bounds.beam == 0 {
            self.active.extend(
                self.rows
                    .iter()
                    .filter(|row| row.next > ZERO)
                    .map(|row| (row.node, row.next)),
            );
            return;
        }
        self.rank(|row| Some(prefixes.worth(row.node).promise(row.next)));
        let least = self
            .ranking
            .first()
            .map_or(ZERO, |(best, _)| best - bounds.window);
        for index in 0..self.ranking.len().min(bounds.beam) {
            let (score, row) = self.ranking[index];
            if score < least {
                break;
            }
            self.keep(row);
        }
        self.rank(|row| prefixes.score(row.node, row.next));
        for index in 0..self.ranking.len().min(bounds.slots) {
            self.keep(self.ranking[index].1);
        }
    }

    /// Ranks the rows by `score`, best first, ties by the order of rows.
    pub(super) fn rank(&mut self, score: impl Fn(&Row) -> Option<f64>) -> &[(f64, u32)] {
        self.ranking.clear();
        let scores = self
            .rows
            .iter()
            .zip(0..)
            .filter_map(|(row, index)| Some((score(row)?, index)));
        self.ranking
            .extend(scores.filter(|(score, _)| *score > ZERO));
        self.ranking
            .sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        &self.ranking
    }

    fn keep(&mut self, row: u32) {
        let row = &mut self.rows[row as usize];
        if !row.kept {
            row.kept = true;
            self.active.push((row.node, row.next));
        }
    }
}
