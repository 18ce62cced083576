//! Several lexicons and a user's words, searched as one.
//!
//! A prefix has a state in each layer (`Position`). Its look-ahead is the least of the layers' and
//! so stays admissible. Its transitions are those of all layers. Costs are in steps of the first
//! lexicon's unit. With one lexicon and no user words, a stack gives exactly that lexicon's costs.

use std::borrow::Cow;
use std::sync::Arc;

use super::automaton::State;
use super::reader::Lexicon;
use super::user::trie::Node;
use super::user::word::UserWord;
use super::{DEFAULT_COST_UNIT, automaton::MAX_COST};
use crate::error::{Error, Result};

/// Most lexicons of a stack.
pub const MAX_LAYERS: usize = 4;

/// A lexicon and its weight in a stack.
#[derive(Clone, Debug)]
pub struct Layer {
    lexicon: Lexicon,
    /// Nats added to the cost of each of its words.
    penalty: f32,
}

impl Layer {
    /// A lexicon with its priors unchanged.
    pub fn new(lexicon: Lexicon) -> Self {
        Self {
            lexicon,
            penalty: 0.0,
        }
    }

    /// A lexicon with `log_weight` nats added to every log prior: 0 leaves the priors unchanged;
    /// `ln(0.2)` suits a second language that supplies one word in five.
    ///
    /// # Errors
    /// [`Error::Invalid`] unless it lies between -100 and 0.
    pub fn weighted(lexicon: Lexicon, log_weight: f32) -> Result<Self> {
        if !(-100.0..=0.0).contains(&log_weight) {
            return Err(Error::invalid(
                "the log weight of a lexicon",
                "between -100 and 0",
                log_weight,
            ));
        }
        Ok(Self {
            lexicon,
            penalty: -log_weight,
        })
    }

    /// The lexicon.
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }
}

/// The words of a search: lexicons and one version of the user's words. Cheap to clone; never
/// changes.
#[derive(Clone, Debug)]
pub struct LexiconStack {
    layers: Arc<[Layer]>,
    user: Option<Arc<Node>>,
}

/// The state of a prefix in every layer.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    /// State and summed cost; `None` where the layer lacks the prefix.
    states: [Option<(State, u32)>; MAX_LAYERS],
    user: Option<Arc<Node>>,
}

impl Position {
    pub(crate) fn user(&self) -> Option<&Arc<Node>> {
        self.user.as_ref()
    }

    pub(crate) fn set_user(&mut self, user: Option<Arc<Node>>) {
        self.user = user;
    }
}

impl LexiconStack {
    /// Lexicons of one vocabulary, without user words. An empty list is allowed: the user's words
    /// are then the only ones.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for more than [`MAX_LAYERS`].
    pub fn new(layers: Vec<Layer>) -> Result<Self> {
        if layers.len() > MAX_LAYERS {
            return Err(Error::TooLarge {
                what: "the number of lexicons",
                limit: MAX_LAYERS as u64,
                got: layers.len() as u64,
            });
        }
        Ok(Self {
            layers: layers.into(),
            user: None,
        })
    }

    /// The lexicons, without the user's words.
    pub fn lexicons(&self) -> &[Layer] {
        &self.layers
    }

    /// Whether there is no word at all.
    pub fn is_empty(&self) -> bool {
        self.user.is_none() && self.layers.iter().all(|layer| layer.lexicon.is_empty())
    }

    /// The same lexicons with the user words `user`.
    pub(crate) fn with_user(&self, user: Option<Arc<Node>>) -> Self {
        Self {
            layers: Arc::clone(&self.layers),
            user,
        }
    }

    pub(crate) fn user(&self) -> Option<&Arc<Node>> {
        self.user.as_ref()
    }

    /// Nats per step of cost.
    pub fn cost_unit(&self) -> f32 {
        let first = self.layers.first();
        first.map_or(DEFAULT_COST_UNIT, |layer| layer.lexicon.cost_unit())
    }

    /// Converts a cost of layer `index` to the first layer's unit and adds the layer's penalty.
    fn total(&self, index: usize, cost: u32) -> u32 {
        let layer = &self.layers[index];
        let (own, unit) = (layer.lexicon.cost_unit(), self.cost_unit());
        if layer.penalty == 0.0 && own == unit {
            return cost;
        }
        // A float beyond the range saturates when cast.
        ((cost as f32 * own + layer.penalty) / unit).round() as u32
    }

    /// The position of the empty prefix.
    pub(crate) fn root(&self) -> Position {
        let mut states = [None; MAX_LAYERS];
        for (state, layer) in states.iter_mut().zip(&*self.layers) {
            *state = Some((layer.lexicon.root(), 0));
        }
        Position {
            states,
            user: self.user.clone(),
        }
    }

    /// The position that `label` leads to.
    pub(crate) fn step(&self, position: &Position, label: u8) -> Position {
        let mut states = [None; MAX_LAYERS];
        for (next, (state, layer)) in states
            .iter_mut()
            .zip(position.states.iter().zip(&*self.layers))
        {
            *next = state.and_then(|(state, sum)| {
                let (state, cost) = layer.lexicon.step(state, label)?;
                Some((state, sum.saturating_add(cost)))
            });
        }
        Position {
            states,
            user: position
                .user
                .as_ref()
                .and_then(|user| user.child(label).cloned()),
        }
    }

    /// Least cost of any word that begins with the prefix; 0 where no word does.
    pub(crate) fn look_ahead(&self, position: &Position) -> u32 {
        let bases = position.states.iter().enumerate();
        let bases = bases.filter_map(|(at, state)| Some(self.total(at, (*state)?.1)));
        let user = position.user.as_ref().and_then(|user| user.least());
        bases.chain(user).min().unwrap_or(0)
    }

    /// Cost of the prefix as a word; `None` where it is no word or all its forms are blocked.
    pub(crate) fn word_cost(&self, position: &Position) -> Option<u32> {
        if let Some(own) = position.user.as_ref().and_then(|user| user.word_cost()) {
            return own;
        }
        let bases = position.states.iter().zip(&*self.layers).enumerate();
        let costs = bases.filter_map(|(at, (state, layer))| {
            let (state, sum) = (*state)?;
            let end = layer.lexicon.final_cost(state)?;
            Some(self.total(at, sum.saturating_add(end)))
        });
        costs.min()
    }

    /// Writes each label that continues the prefix, once, with the look-ahead of the longer prefix,
    /// into `transitions`.
    pub(crate) fn transitions(&self, position: &Position, transitions: &mut Vec<(u8, u32)>) {
        transitions.clear();
        let mut is_first = true;
        for (at, (state, layer)) in position.states.iter().zip(&*self.layers).enumerate() {
            let Some((state, sum)) = *state else { continue };
            for transition in layer.lexicon.transitions(state) {
                let cost = self.total(at, sum.saturating_add(transition.cost));
                if is_first {
                    transitions.push((transition.label, cost));
                } else {
                    merge(transitions, transition.label, cost);
                }
            }
            is_first = false;
        }
        if let Some(user) = &position.user {
            for (label, child) in user.children() {
                if let Some(least) = child.least() {
                    merge(transitions, label, least);
                }
            }
        }
    }

    /// The words of `key` as displayed, each with its cost -log prior in nats, best first, ties in
    /// the order of the words; `user` holds the user's entries for the key.
    pub(crate) fn forms(&self, key: &[u8], user: Option<&Node>) -> Vec<(Cow<'_, str>, f32)> {
        forms(&self.layers, key, user.map_or(&[], |user| user.entries()))
    }

    /// Cost in steps of the best form of `key` after the user's `entries` apply; `None` where no
    /// form is left.
    pub(crate) fn key_cost(&self, key: &[u8], entries: &[UserWord]) -> Option<u32> {
        let forms = forms(&self.layers, key, entries);
        let (_, best) = forms.first()?;
        Some(((best / self.cost_unit()).round() as u32).min(MAX_COST))
    }
}

/// The forms of a key from all layers, changed by the user's entries. Equal forms appear once, with
/// the least cost.
fn forms<'l>(layers: &'l [Layer], key: &[u8], entries: &[UserWord]) -> Vec<(Cow<'l, str>, f32)> {
    let mut forms: Vec<(Cow<str>, f32)> = Vec::new();
    for layer in layers {
        for (word, cost) in layer.lexicon.words(key) {
            let cost = cost + layer.penalty;
            match forms.iter_mut().find(|(known, _)| *known == word) {
                Some((_, known)) => *known = known.min(cost),
                None => forms.push((word, cost)),
            }
        }
    }
    for entry in entries {
        entry.change(&mut forms);
    }
    if layers.len() > 1 || !entries.is_empty() {
        forms.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
    }
    forms
}

fn merge(transitions: &mut Vec<(u8, u32)>, label: u8, cost: u32) {
    match transitions.iter_mut().find(|(known, _)| *known == label) {
        Some((_, known)) => *known = (*known).min(cost),
        None => transitions.push((label, cost)),
    }
}
