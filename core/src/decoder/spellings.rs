//! The likeliest spellings, whether they are words or not: a beam search over all label sequences.
//!
//! It is the search of [`beam`](super::beam) without a lexicon: α of a prefix is summed over all
//! alignments (Graves 2012, §2.4), equal prefixes are one node, a frame is worked off in waves.
//! Every prefix is a spelling, so nothing looks ahead. What is the same from swipe to swipe are
//! only the buffers: without a lexicon's priors there is no telling which prefixes come again.

use super::log::{ZERO, add};
use super::options::DecoderOptions;
use crate::error::{Error, Result};
use crate::lexicon::MAX_KEY;
use crate::transducer::{JointScratch, PredictionJoint, PredictionScratch};

/// Most spellings that may be asked for.
const MAX_SPELLINGS: usize = 1024;

/// No node, no place.
const NONE: u32 = u32::MAX;
const ROOT: u32 = 0;

/// What a swipe spells, whether it is a word or not.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Spelling {
    /// The labels, written one after the other.
    pub text: String,
    /// The labels, as classes of the model.
    pub labels: Vec<u8>,
    /// log P(labels | swipe), natural logarithm, summed over the alignments that the beam kept.
    pub log_probability: f64,
    /// Its share in all spellings that there are, 0 to 1: exp(`log_probability`). It is the model's
    /// own and no calibrated probability.
    pub confidence: f64,
}

/// `labels` by their `names`, written one after the other.
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
    parent: u32,
    label: u8,
    depth: u16,
    /// First child, and the next child of the parent.
    child: u32,
    sibling: u32,
    /// Place of its state and projection while it is in a frame's rows.
    place: u32,
    /// Frame in which it has a row, and the row.
    frame: u32,
    row: u32,
}

/// A prefix in the current frame.
#[derive(Clone, Copy, Debug)]
struct Row {
    node: u32,
    /// Mass that has arrived and has not been passed on.
    pending: f64,
    /// Mass that the blank carries to the next frame.
    next: f64,
    queued: bool,
    kept: bool,
}

/// Mass for a prefix that has no row in the current frame.
#[derive(Clone, Copy, Debug)]
struct Offer {
    parent: u32,
    label: u8,
    mass: f64,
    /// Upper bound of what the prefix can promise in this frame.
    bound: f64,
    /// Place in the order of offers, which settles ties.
    order: u32,
}

/// The search, with buffers that are kept between swipes.
#[derive(Clone, Debug, Default)]
pub struct SpellingSearch {
    nodes: Vec<Node>,
    /// `[places, 2 L H]` and `[places, J]`: of the prefixes in the frame's rows only.
    states: Vec<f32>,
    projected: Vec<f32>,
    free: Vec<u32>,
    /// The beam: prefixes and their α at the start of a frame.
    active: Vec<(u32, f64)>,
    rows: Vec<Row>,
    /// Frames so far.
    frame: u32,
    /// `[rows, V+1]`.
    log_probabilities: Vec<f32>,
    /// Rows with mass to pass on, by depth of their prefix.
    levels: Vec<Vec<u32>>,
    offers: Vec<Offer>,
    scores: Vec<f64>,
    ranking: Vec<(f64, u32)>,
    batch: Batch,
    scratch: JointScratch,
}

/// What the prediction network is run on at once.
#[derive(Clone, Debug, Default)]
struct Batch {
    labels: Vec<usize>,
    states: Vec<f32>,
    projected: Vec<f32>,
    prediction: PredictionScratch,
}

impl SpellingSearch {
    /// The `count` likeliest spellings of projected encoder frames `[T', J]`, best first, equal
    /// ones in the order of their labels; of at most 64 labels each, which `names` names. Beam,
    /// window and depth bonus are those of `options`; the beam is at least `count`, and one of 0,
    /// which would keep every spelling there is, counts as the default one.
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
            count,
            window: options.window.into(),
            depth_bonus: options.depth_bonus.into(),
        };
        self.begin(transducer)?;
        for frame in frames.chunks_exact(transducer.joint.width()) {
            self.advance(transducer, frame, bounds)?;
        }
        let mut found: Vec<Spelling> = Vec::with_capacity(count);
        self.rank(|_, row| row.next);
        let last = self.ranking.get(count - 1).map_or(ZERO, |(mass, _)| *mass);
        for (mass, row) in self.ranking.iter().take_while(|(mass, _)| *mass >= last) {
            let labels = self.labels(self.rows[*row as usize].node);
            found.push(Spelling {
                text: text(&labels, names),
                labels,
                log_probability: *mass,
                confidence: libm::exp(*mass),
            });
        }
        found.sort_by(|a, b| {
            b.log_probability
                .total_cmp(&a.log_probability)
                .then_with(|| a.labels.cmp(&b.labels))
        });
        found.truncate(count);
        Ok(found)
    }

    /// Bytes that the buffers take.
    pub(crate) fn bytes(&self) -> usize {
        let floats = self.states.capacity() + self.projected.capacity();
        size_of::<f32>() * floats + size_of::<Node>() * self.nodes.capacity()
    }

    /// The empty prefix alone.
    fn begin(&mut self, transducer: &PredictionJoint) -> Result<()> {
        self.nodes.clear();
        self.states.clear();
        self.projected.clear();
        self.free.clear();
        self.rows.clear();
        self.frame = 0;
        self.nodes.push(Node {
            parent: NONE,
            label: 0,
            depth: 0,
            child: NONE,
            sibling: NONE,
            place: NONE,
            frame: 0,
            row: 0,
        });
        self.active.clear();
        self.active.push((ROOT, 0.0));
        self.batch.labels.clear();
        self.batch
            .labels
            .push(transducer.prediction.start_of_sequence());
        self.batch.states.clear();
        self.batch
            .states
            .resize(transducer.prediction.state_width(), 0.0);
        self.predict(transducer, std::iter::once(ROOT))
    }

    /// Runs the prediction network on the batch, whose rows are of `nodes`.
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
            let place = self.free.pop().unwrap_or_else(|| {
                let place = self.projected.len() / width;
                self.states.resize((place + 1) * state, 0.0);
                self.projected.resize((place + 1) * width, 0.0);
                place as u32
            });
            self.nodes[node as usize].place = place;
            let place = place as usize;
            self.states[place * state..][..state]
                .copy_from_slice(&batch.states[row * state..][..state]);
            self.projected[place * width..][..width]
                .copy_from_slice(&batch.projected[row * width..][..width]);
        }
        Ok(())
    }

    /// Works off one frame: from `active` to the next frame's `active`.
    fn advance(
        &mut self,
        transducer: &PredictionJoint,
        frame: &[f32],
        bounds: Bounds,
    ) -> Result<()> {
        self.frame += 1;
        self.rows.clear();
        self.log_probabilities.clear();
        for place in 0..self.active.len() {
            let (node, alpha) = self.active[place];
            self.add_row(node, alpha);
        }
        let (mut known, width) = (0, transducer.joint.width());
        loop {
            let new = self.rows[known..].iter().map(|row| {
                let place = self.nodes[row.node as usize].place as usize;
                &self.projected[place * width..][..width]
            });
            transducer.joint.log_probabilities(
                frame,
                new,
                &mut self.log_probabilities,
                &mut self.scratch,
            );
            known = self.rows.len();
            self.pass_on(transducer, bounds);
            self.choose_offers(bounds);
            if self.offers.is_empty() {
                break;
            }
            self.grow(transducer)?;
        }
        self.choose_active(bounds);
        Ok(())
    }

    fn add_row(&mut self, node: u32, mass: f64) {
        let row = self.rows.len() as u32;
        self.rows.push(Row {
            node,
            pending: ZERO,
            next: ZERO,
            queued: false,
            kept: false,
        });
        let state = &mut self.nodes[node as usize];
        (state.frame, state.row) = (self.frame, row);
        self.receive(row, mass);
    }

    fn receive(&mut self, row: u32, mass: f64) {
        let state = &mut self.rows[row as usize];
        state.pending = add(state.pending, mass);
        if !state.queued {
            state.queued = true;
            let depth = usize::from(self.nodes[state.node as usize].depth);
            if self.levels.len() <= depth {
                self.levels.resize_with(depth + 1, Vec::new);
            }
            self.levels[depth].push(row);
        }
    }

    /// The prefix of `node` and `label`, where it has been met.
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

    /// Passes all pending mass on: by the blank to the next frame, by labels to longer prefixes of
    /// this one. Mass for prefixes without a row becomes an offer.
    fn pass_on(&mut self, transducer: &PredictionJoint, bounds: Bounds) {
        let (classes, blank) = (transducer.joint.classes(), transducer.joint.blank());
        self.offers.clear();
        let mut depth = 0;
        while depth < self.levels.len() {
            let mut level = std::mem::take(&mut self.levels[depth]);
            for row in level.drain(..) {
                let state = &mut self.rows[row as usize];
                let (node, mass) = (state.node, state.pending);
                state.pending = ZERO;
                state.queued = false;
                for class in 0..classes {
                    let log_probability = self.log_probabilities[row as usize * classes + class];
                    let mass = mass + f64::from(log_probability);
                    if class == blank {
                        let next = &mut self.rows[row as usize].next;
                        *next = add(*next, mass);
                        continue;
                    }
                    if depth >= MAX_KEY {
                        continue;
                    }
                    let label = class as u8;
                    let child = self.child(node, label).map(|to| self.nodes[to as usize]);
                    match child.filter(|child| child.frame == self.frame) {
                        Some(child) => self.receive(child.row, mass),
                        None => self.offers.push(Offer {
                            parent: node,
                            label,
                            mass,
                            bound: mass + bounds.depth_bonus * (depth + 1) as f64,
                            order: self.offers.len() as u32,
                        }),
                    }
                }
            }
            self.levels[depth] = level;
            depth += 1;
        }
    }

    /// Keeps the offers that can still enter the next frame's beam: what a prefix receives bounds
    /// its score, since the blank only takes from it.
    fn choose_offers(&mut self, bounds: Bounds) {
        let Self {
            rows,
            nodes,
            scores,
            offers,
            ..
        } = self;
        scores.clear();
        scores.extend(rows.iter().map(|row| bounds.promise(nodes, row)));
        let best = scores.iter().copied().fold(ZERO, f64::max);
        let mut least = best - bounds.window;
        if scores.len() >= bounds.beam {
            let (_, worst, _) =
                scores.select_nth_unstable_by(bounds.beam - 1, |a, b| b.total_cmp(a));
            least = least.max(*worst);
        }
        offers.retain(|offer| offer.mass > ZERO && offer.bound >= least);
        if offers.len() > bounds.beam {
            let better =
                |a: &Offer, b: &Offer| b.bound.total_cmp(&a.bound).then(a.order.cmp(&b.order));
            offers.select_nth_unstable_by(bounds.beam - 1, better);
            offers.truncate(bounds.beam);
            offers.sort_unstable_by_key(|offer| offer.order);
        }
    }

    /// Makes the prefixes of the offers, running the prediction network once for all of them, and
    /// gives them their mass.
    fn grow(&mut self, transducer: &PredictionJoint) -> Result<()> {
        let width = transducer.prediction.state_width();
        let first = self.rows.len();
        self.batch.labels.clear();
        self.batch.states.clear();
        for at in 0..self.offers.len() {
            let Offer {
                parent,
                label,
                mass,
                ..
            } = self.offers[at];
            let node = self.child(parent, label).unwrap_or_else(|| {
                let child = self.nodes.len() as u32;
                let above = &mut self.nodes[parent as usize];
                let sibling = std::mem::replace(&mut above.child, child);
                let depth = above.depth + 1;
                self.nodes.push(Node {
                    parent,
                    label,
                    depth,
                    child: NONE,
                    sibling,
                    place: NONE,
                    frame: 0,
                    row: 0,
                });
                child
            });
            self.add_row(node, mass);
            let state = self.nodes[parent as usize].place as usize * width;
            self.batch.labels.push(label.into());
            self.batch
                .states
                .extend_from_slice(&self.states[state..state + width]);
        }
        let rows = std::mem::take(&mut self.rows);
        let done = self.predict(transducer, rows[first..].iter().map(|row| row.node));
        self.rows = rows;
        done
    }

    /// Chooses the next frame's beam: the prefixes that promise most, and besides them the
    /// likeliest as they are, which only have blanks to pay. The others give their places back.
    fn choose_active(&mut self, bounds: Bounds) {
        self.active.clear();
        self.rank(|nodes, row| bounds.promise(nodes, row));
        let least = self
            .ranking
            .first()
            .map_or(ZERO, |(best, _)| best - bounds.window);
        for place in 0..self.ranking.len().min(bounds.beam) {
            let (score, row) = self.ranking[place];
            if score < least {
                break;
            }
            self.keep(row);
        }
        self.rank(|_, row| row.next);
        for place in 0..self.ranking.len().min(bounds.count) {
            self.keep(self.ranking[place].1);
        }
        for row in self.rows.iter().filter(|row| !row.kept) {
            let node = &mut self.nodes[row.node as usize];
            self.free.push(std::mem::replace(&mut node.place, NONE));
        }
    }

    /// Ranks the rows by `score`, best first, ties by the order of rows.
    fn rank(&mut self, score: impl Fn(&[Node], &Row) -> f64) {
        self.ranking.clear();
        let scores = self
            .rows
            .iter()
            .zip(0..)
            .map(|(row, place)| (score(&self.nodes, row), place));
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

/// What bounds the search.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    beam: usize,
    count: usize,
    window: f64,
    depth_bonus: f64,
}

impl Bounds {
    /// What a prefix promises: a prefix that lags behind still has to pay for its letters.
    fn promise(self, nodes: &[Node], row: &Row) -> f64 {
        row.next + self.depth_bonus * f64::from(nodes[row.node as usize].depth)
    }
}
