//! The lexicon-constrained beam search.
//!
//! For a prefix n and a frame t, `α[t][n]` is the log-probability that exactly the labels of n have
//! been emitted before frame t's blank of the frame before, summed over all alignments (the forward
//! variable of Graves 2012, §2.4). Within a frame, mass runs from shorter to longer prefixes by
//! labels, any number of them; the blank then carries it to the next frame and touches neither
//! prefix nor prediction network. A prefix has one node in the tree, so equal prefixes merge by
//! construction, and the beam holds words, not alignments of them.
//!
//! A frame is worked off in waves. The first wave holds the beam; each further wave holds the
//! prefixes that the wave before reached for the first time, so that the prediction network and the
//! joint run once a wave for all of its new prefixes. Within a wave nodes are taken by depth, so a
//! node's arrivals are complete when it passes them on. Mass that comes late to a node (its parent
//! is newer than itself) is passed on as a difference.

use super::log::{ZERO, add};
use super::tree::{EdgeId, Node, NodeId, PrefixTree, ROOT};
use super::watch::Watch;
use crate::error::Result;
use crate::lexicon::{LexiconStack, MAX_KEY};
use crate::options::DecoderOptions;
use crate::transducer::{JointScratch, PredictionJoint};

/// A complete word's node, with log P(word | swipe).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Completed {
    /// Its node.
    pub(super) node: NodeId,
    /// log P(word | swipe), summed over the alignments that the beam kept.
    pub(super) log_probability: f64,
}

/// What a search reads and never changes.
#[derive(Clone, Copy)]
pub(super) struct Model<'a> {
    /// Prediction network and joint.
    pub(super) transducer: &'a PredictionJoint,
    /// The words.
    pub(super) layers: &'a LexiconStack,
}

/// What prefixes are compared by, in nats.
#[derive(Clone, Copy)]
struct Ranking {
    /// Of a step of prior cost.
    prior: f64,
    /// Of a label, as a part of a word's score.
    length: f64,
    /// Of a label besides: a prefix that lags behind still has to pay for its letters, one that has
    /// paid must not lose to it.
    depth: f64,
    /// Of a nat of the internal language model.
    internal_lm: f64,
}

impl Ranking {
    fn new(options: &DecoderOptions, layers: &LexiconStack) -> Self {
        Self {
            prior: f64::from(options.prior_weight) * f64::from(layers.cost_unit()),
            length: f64::from(options.length_reward),
            depth: f64::from(options.length_reward) + f64::from(options.depth_bonus),
            internal_lm: f64::from(options.internal_lm_weight),
        }
    }

    /// What a prefix with `mass` promises, by its look-ahead `cost`, its depth and its internal
    /// log-probability.
    fn promise(self, mass: f64, cost: u32, depth: u16, internal_lm: f32) -> f64 {
        mass - self.prior * f64::from(cost) + self.depth * f64::from(depth)
            - self.internal_lm * f64::from(internal_lm)
    }

    /// The score of a node as a word with `mass`, where it is one.
    fn word(self, mass: f64, node: &Node) -> Option<f64> {
        let cost = node.word_cost?;
        Some(
            mass - self.prior * f64::from(cost) + self.length * f64::from(node.depth)
                - self.internal_lm * f64::from(node.internal_lm),
        )
    }
}

/// The search's buffers, kept between swipes.
#[derive(Clone, Debug, Default)]
pub(super) struct BeamSearch {
    /// The beam: prefixes and their α at the start of a frame.
    active: Vec<(NodeId, f64)>,
    /// Prefixes met in the current frame.
    rows: Vec<Row>,
    /// For each node the frame in which it had a row, and the row.
    row_of: Vec<(u64, u32)>,
    /// Frames so far, over all swipes.
    frame: u64,
    /// The best score of a prefix in the current frame so far.
    best: f64,
    /// `[rows, V+1]`.
    log_probabilities: Vec<f32>,
    /// Rows with mass to pass on, by depth of their prefix.
    levels: Vec<Vec<u32>>,
    offers: Vec<Offer>,
    scores: Vec<f64>,
    ranking: Vec<(f64, u32)>,
    scratch: JointScratch,
    /// What is taken down of the search, where that was asked for.
    pub(super) watch: Option<Watch>,
}

/// A prefix in the current frame.
#[derive(Clone, Copy, Debug)]
struct Row {
    node: NodeId,
    /// Mass that has arrived and has not been passed on.
    pending: f64,
    /// Mass that the blank carries to the next frame.
    next: f64,
    queued: bool,
    kept: bool,
}

impl Row {
    fn promise(&self, tree: &PrefixTree, ranking: Ranking) -> f64 {
        let node = tree.node(self.node);
        ranking.promise(self.next, node.cost, node.depth, node.internal_lm)
    }
}

/// Mass for a prefix that has no row in the current frame.
#[derive(Clone, Copy, Debug)]
struct Offer {
    parent: NodeId,
    edge: EdgeId,
    mass: f64,
    /// Upper bound of the score that the prefix can reach in this frame.
    bound: f64,
    /// Position in the order of offers, which settles ties.
    order: u32,
}

impl BeamSearch {
    /// Runs over projected encoder frames `[T', J]`, until `reached` says before one of them that a
    /// limit is, and gives the complete words after the last one, in no order. Returns how many
    /// frames were worked off.
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
        self.rows.clear();
        self.active.clear();
        self.active.push((ROOT, 0.0));
        let ranking = Ranking::new(options, model.layers);
        let mut done = 0;
        for frame in frames.chunks_exact(model.transducer.joint.width()) {
            if reached()? {
                break;
            }
            done += 1;
            self.advance(model, tree, frame, options, ranking)?;
            if let Some(watch) = &mut self.watch {
                watch.frame(tree, &self.active);
            }
        }
        words.extend(
            self.rows
                .iter()
                .filter(|row| row.next > ZERO && tree.node(row.node).word_cost.is_some())
                .map(|row| Completed {
                    node: row.node,
                    log_probability: row.next,
                }),
        );
        Ok(done)
    }

    /// The prefixes that the beam held after the last frame.
    pub(super) fn prefixes(&self) -> &[(NodeId, f64)] {
        &self.active
    }

    /// Works off one frame: from `active` to the next frame's `active`.
    fn advance(
        &mut self,
        model: Model,
        tree: &mut PrefixTree,
        frame: &[f32],
        options: &DecoderOptions,
        ranking: Ranking,
    ) -> Result<()> {
        self.frame += 1;
        self.best = ZERO;
        self.rows.clear();
        self.log_probabilities.clear();
        for index in 0..self.active.len() {
            let (node, alpha) = self.active[index];
            self.add_row(tree, node, alpha);
        }
        let mut known = 0;
        loop {
            let new = self.rows[known..]
                .iter()
                .map(|row| tree.projected(row.node));
            model.transducer.joint.log_probabilities(
                frame,
                new,
                &mut self.log_probabilities,
                &mut self.scratch,
            );
            known = self.rows.len();
            self.pass_on(model, tree, options, ranking);
            self.choose_offers(tree, options, ranking);
            if self.offers.is_empty() {
                break;
            }
            let offers = self.offers.iter().map(|offer| (offer.parent, offer.edge));
            tree.grow(model.layers, model.transducer, offers)?;
            for index in 0..self.offers.len() {
                let Offer { edge, mass, .. } = self.offers[index];
                if let Some(child) = tree.edge(edge).child() {
                    self.add_row(tree, child, mass);
                }
            }
        }
        self.choose_active(tree, options, ranking);
        Ok(())
    }

    fn add_row(&mut self, tree: &mut PrefixTree, node: NodeId, mass: f64) {
        tree.meet(node);
        let row = self.rows.len() as u32;
        self.rows.push(Row {
            node,
            pending: ZERO,
            next: ZERO,
            queued: false,
            kept: false,
        });
        if self.row_of.len() < tree.len() {
            self.row_of.resize(tree.len(), (0, 0));
        }
        self.row_of[node as usize] = (self.frame, row);
        self.receive(tree, row, mass);
    }

    /// The row of a node in the current frame.
    fn row(&self, node: NodeId) -> Option<u32> {
        let (frame, row) = *self.row_of.get(node as usize)?;
        (frame == self.frame).then_some(row)
    }

    fn receive(&mut self, tree: &PrefixTree, row: u32, mass: f64) {
        let state = &mut self.rows[row as usize];
        state.pending = add(state.pending, mass);
        if !state.queued {
            state.queued = true;
            let depth = usize::from(tree.node(state.node).depth);
            if self.levels.len() <= depth {
                self.levels.resize_with(depth + 1, Vec::new);
            }
            self.levels[depth].push(row);
        }
    }

    /// Passes all pending mass on: by the blank to the next frame, by labels to longer prefixes of
    /// this one. Mass for prefixes without a row becomes an offer.
    ///
    /// The best score so far less the window is what an offer must reach at least, so most of them
    /// end here.
    fn pass_on(
        &mut self,
        model: Model,
        tree: &mut PrefixTree,
        options: &DecoderOptions,
        ranking: Ranking,
    ) {
        let (classes, blank) = (
            model.transducer.joint.classes(),
            model.transducer.joint.blank(),
        );
        self.offers.clear();
        let mut depth = 0;
        while depth < self.levels.len() {
            let mut level = std::mem::take(&mut self.levels[depth]);
            for row in level.drain(..) {
                let state = &mut self.rows[row as usize];
                let (node, mass) = (state.node, state.pending);
                state.pending = ZERO;
                state.queued = false;
                let log_probabilities = row as usize * classes;
                let log_probability = |search: &Self, class: usize| {
                    f64::from(search.log_probabilities[log_probabilities + class])
                };
                let next = mass + log_probability(self, blank);
                let state = &mut self.rows[row as usize];
                state.next = add(state.next, next);
                self.best = self.best.max(state.promise(tree, ranking));
                let least = match options.beam {
                    0 => ZERO,
                    _ => self.best - f64::from(options.window),
                };
                // No key is longer, whatever a lexicon says.
                if depth >= MAX_KEY {
                    continue;
                }
                let edges = tree.edges(model.layers, node);
                let internal_lm = tree.internal_lm(node);
                let before = tree.node(node).internal_lm;
                for edge in edges {
                    let to = *tree.edge(edge);
                    let mass = mass + log_probability(self, to.label.into());
                    if let Some(row) = to.child().and_then(|child| self.row(child)) {
                        self.receive(tree, row, mass);
                        continue;
                    }
                    let internal_lm = before + internal_lm[usize::from(to.label)];
                    let bound = ranking.promise(mass, to.cost, depth as u16 + 1, internal_lm);
                    if mass > ZERO && bound >= least {
                        self.offers.push(Offer {
                            parent: node,
                            edge,
                            mass,
                            bound,
                            order: self.offers.len() as u32,
                        });
                    }
                }
            }
            self.levels[depth] = level;
            depth += 1;
        }
    }

    /// Keeps the offers that can still enter the next frame's beam. What a prefix receives bounds
    /// its score, since the blank only takes from it; the scores that the rows have so far are what
    /// it must beat.
    fn choose_offers(&mut self, tree: &PrefixTree, options: &DecoderOptions, ranking: Ranking) {
        if options.beam == 0 {
            return;
        }
        self.scores.clear();
        self.scores
            .extend(self.rows.iter().map(|row| row.promise(tree, ranking)));
        let mut least = self.best - f64::from(options.window);
        if self.scores.len() >= options.beam {
            let (_, worst, _) = self
                .scores
                .select_nth_unstable_by(options.beam - 1, |a, b| b.total_cmp(a));
            least = least.max(*worst);
        }
        self.offers.retain(|offer| offer.bound >= least);
        if self.offers.len() > options.beam {
            let better =
                |a: &Offer, b: &Offer| b.bound.total_cmp(&a.bound).then(a.order.cmp(&b.order));
            self.offers.select_nth_unstable_by(options.beam - 1, better);
            self.offers.truncate(options.beam);
            self.offers.sort_unstable_by_key(|offer| offer.order);
        }
    }

    /// Chooses the next frame's beam: the best prefixes by mass and look-ahead, and besides them
    /// the best complete words, which only have blanks to pay and must not be lost to prefixes that
    /// promise more.
    fn choose_active(&mut self, tree: &PrefixTree, options: &DecoderOptions, ranking: Ranking) {
        self.active.clear();
        if options.beam == 0 {
            self.active.extend(
                self.rows
                    .iter()
                    .filter(|row| row.next > ZERO)
                    .map(|row| (row.node, row.next)),
            );
            return;
        }
        self.rank(|row| Some(row.promise(tree, ranking)));
        let least = self
            .ranking
            .first()
            .map_or(ZERO, |(best, _)| best - f64::from(options.window));
        for index in 0..self.ranking.len().min(options.beam) {
            let (score, row) = self.ranking[index];
            if score < least {
                break;
            }
            self.keep(row);
        }
        self.rank(|row| ranking.word(row.next, tree.node(row.node)));
        for index in 0..self.ranking.len().min(options.slots()) {
            self.keep(self.ranking[index].1);
        }
    }

    /// Ranks the rows by `score`, best first, ties by the order of rows.
    fn rank(&mut self, score: impl Fn(&Row) -> Option<f64>) {
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
    }

    fn keep(&mut self, row: u32) {
        let row = &mut self.rows[row as usize];
        if !row.kept {
            row.kept = true;
            self.active.push((row.node, row.next));
        }
    }
}
