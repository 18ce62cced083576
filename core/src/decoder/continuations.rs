//! Words that a path may become when it continues.
//!
//! While a finger moves, the beam holds several prefixes that it may have spelled. A word w is then
//! as likely as the prefixes n that it continues: the sum over the beam's n of
//! `α[n] · e^(-c · (|w| - |n|))`, where c is the cost of a letter to come. Its prior has its usual weight, and n's labels
//! have their reward and internal language model. The search is best first (A*), because neither
//! the look-ahead of a longer prefix nor the cost of its letters can fall.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

use super::log::{ZERO, add};
use super::{Candidate, Decoder, Evidence};
use crate::lexicon::stack::Position;
use crate::options::DecoderOptions;

/// Most prefixes expanded per requested word; the search then keeps what it has found.
const STEPS: usize = 128;

/// A prefix of the beam.
struct Prefix {
    mass: f64,
    /// Its mass with the terms of its labels; the cost of letters to come covers theirs.
    score: f64,
    internal_lm: f64,
}

/// A prefix to expand, or a word.
struct Open {
    /// Upper bound of the scores of its words.
    bound: f64,
    /// Settles ties: earlier entries come first.
    order: usize,
    is_word: bool,
    /// Its labels and its position in the lexicons.
    key: Vec<u8>,
    position: Position,
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Open {}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bound
            .total_cmp(&other.bound)
            .then_with(|| self.is_word.cmp(&other.is_word))
            .then_with(|| other.order.cmp(&self.order))
    }
}

impl Decoder {
    /// Adds to the `candidates` of the last search the words that its prefixes may become. Each
    /// letter to come costs `cost` nats.
    pub(super) fn add_continuations(
        &mut self,
        candidates: &mut Vec<Candidate>,
        options: &DecoderOptions,
        evidence: &Evidence<'_>,
        cost: f64,
    ) {
        let weight = f64::from(options.prior_weight);
        let prefixes: BTreeMap<Vec<u8>, Prefix> = self
            .search
            .prefixes()
            .iter()
            .map(|(node, mass)| {
                let mut labels = Vec::new();
                self.tree.labels(*node, &mut labels);
                let internal_lm = f64::from(self.tree.node(*node).internal_lm);
                let prefix = Prefix {
                    mass: *mass,
                    score: options.score(*mass, 0.0, internal_lm, labels.len()),
                    internal_lm,
                };
                (labels, prefix)
            })
            .collect();
        let found = self.likeliest(&prefixes, weight, cost, options.candidates);
        let mut more = Vec::new();
        for (key, position) in found {
            let letters = key.len();
            let (mut mass, mut score, mut internal_lm) = (ZERO, ZERO, 0.0);
            for length in 0..=letters {
                let missing = (letters - length) as f64 * cost;
                if let Some(prefix) = prefixes.get(&key[..length]) {
                    mass = add(mass, prefix.mass - missing);
                    score = add(score, prefix.score - missing);
                    internal_lm = prefix.internal_lm;
                }
            }
            for (word, cost) in self.layers.forms(&key, position.user().map(|user| &**user)) {
                let log_prior = -f64::from(cost);
                let language_model = evidence.language_model(&word, options);
                more.push(Candidate {
                    score: score
                        + weight * log_prior
                        + f64::from(options.language_model_weight) * language_model,
                    word: word.into_owned(),
                    log_probability: mass,
                    log_prior,
                    internal_lm,
                    language_model,
                    geometry: 0.0,
                    confidence: 0.0,
                });
            }
        }
        candidates.retain(|known| more.iter().all(|other| other.word != known.word));
        candidates.append(&mut more);
        candidates.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then_with(|| a.word.cmp(&b.word))
        });
        let temperature = f64::from(options.temperature);
        let other = options.other_score.map_or(ZERO, f64::from) / temperature;
        let total = candidates.iter().rev().fold(other, |sum, candidate| {
            add(sum, candidate.score / temperature)
        });
        for candidate in candidates.iter_mut() {
            candidate.confidence = libm::exp(candidate.score / temperature - total);
        }
        candidates.truncate(options.candidates);
    }

    /// The `count` likeliest continuations of any one prefix, each with the position of its end.
    fn likeliest(
        &self,
        prefixes: &BTreeMap<Vec<u8>, Prefix>,
        weight: f64,
        cost: f64,
        count: usize,
    ) -> Vec<(Vec<u8>, Position)> {
        let unit = weight * f64::from(self.layers.cost_unit());
        let mut heap = BinaryHeap::new();
        let mut order = 0;
        let mut open = |heap: &mut BinaryHeap<Open>, bound, is_word, key, position| {
            order += 1;
            heap.push(Open {
                bound,
                order,
                is_word,
                key,
                position,
            });
        };
        for (key, prefix) in prefixes {
            let root = self.layers.root();
            let position = key
                .iter()
                .fold(root, |position, label| self.layers.step(&position, *label));
            let bound = prefix.score - unit * f64::from(self.layers.look_ahead(&position));
            open(&mut heap, bound, false, key.clone(), position);
        }
        let mut found: Vec<(Vec<u8>, Position)> = Vec::new();
        let mut transitions = Vec::new();
        for _ in 0..count.saturating_mul(STEPS) {
            let Some(best) = heap.pop() else { break };
            if best.is_word {
                if found.iter().all(|(key, _)| *key != best.key) {
                    found.push((best.key, best.position));
                }
                if found.len() == count {
                    break;
                }
                continue;
            }
            let look_ahead = f64::from(self.layers.look_ahead(&best.position));
            if let Some(own) = self.layers.word_cost(&best.position) {
                let bound = best.bound - unit * (f64::from(own) - look_ahead);
                open(
                    &mut heap,
                    bound,
                    true,
                    best.key.clone(),
                    best.position.clone(),
                );
            }
            self.layers.transitions(&best.position, &mut transitions);
            for (label, below) in &transitions {
                let bound = best.bound - cost - unit * (f64::from(*below) - look_ahead);
                let key = best.key.iter().chain([label]).copied().collect();
                let position = self.layers.step(&best.position, *label);
                open(&mut heap, bound, false, key, position);
            }
        }
        found
    }
}
