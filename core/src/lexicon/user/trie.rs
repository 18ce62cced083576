//! The trie of a user's keys, whose nodes are shared between its states.

use std::sync::Arc;

use super::word::UserWord;

/// A prefix of some of the user's keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// By label, ascending.
    children: Vec<(u8, Arc<Node>)>,
    entries: Vec<UserWord>,
    /// Where there are entries: the cost of the key, which takes the place of the lexicons'.
    word_cost: Option<Option<u32>>,
    least: Option<u32>,
}

/// What a key with these entries costs; `None` where all of them are blocked.
pub(super) type Cost<'c> = dyn Fn(&[u8], &[UserWord]) -> Option<u32> + 'c;

impl Node {
    pub(crate) fn child(&self, label: u8) -> Option<&Arc<Node>> {
        let at = self.children.binary_search_by_key(&label, |child| child.0);
        at.ok().map(|at| &self.children[at].1)
    }

    pub(crate) fn children(&self) -> impl Iterator<Item = (u8, &Arc<Node>)> {
        self.children.iter().map(|(label, child)| (*label, child))
    }

    pub(crate) fn entries(&self) -> &[UserWord] {
        &self.entries
    }

    /// Cost of the key here: outer `None` where the user says nothing of it, inner where no form is
    /// left.
    pub(crate) fn word_cost(&self) -> Option<Option<u32>> {
        self.word_cost
    }

    /// Least cost of a key here or below that the user says something of.
    pub(crate) fn least(&self) -> Option<u32> {
        self.least
    }

    /// This node, or a new one, after `change` at the end of `key`; `None` where nothing is left.
    /// Nodes off the key are shared. `cost` is what a key with entries costs.
    pub(super) fn changed(
        node: Option<&Node>,
        key: &[u8],
        at: usize,
        cost: &Cost,
        change: &mut dyn FnMut(&mut Vec<UserWord>),
    ) -> Option<Arc<Node>> {
        let mut new = node.cloned().unwrap_or_default();
        match key.get(at) {
            None => {
                change(&mut new.entries);
                // Blocking comes last: a form that another entry adds is blocked as well.
                new.entries
                    .sort_by(|a, b| a.blocked.cmp(&b.blocked).then_with(|| a.word.cmp(&b.word)));
                let entries = &new.entries;
                new.word_cost = (!entries.is_empty()).then(|| cost(key, entries));
            }
            Some(label) => {
                let index = new.children.binary_search_by_key(label, |child| child.0);
                let old = index.ok().map(|index| &*new.children[index].1);
                let child = Self::changed(old, key, at + 1, cost, change);
                match (index, child) {
                    (Ok(index), Some(child)) => new.children[index].1 = child,
                    (Ok(index), None) => drop(new.children.remove(index)),
                    (Err(index), Some(child)) => new.children.insert(index, (*label, child)),
                    (Err(_), None) => {}
                }
            }
        }
        let below = new.children.iter().filter_map(|(_, child)| child.least);
        new.least = below.chain(new.word_cost.flatten()).min();
        let is_left = !new.entries.is_empty() || !new.children.is_empty();
        is_left.then(|| Arc::new(new))
    }

    /// Bytes of this node and those below, about.
    pub(super) fn bytes(&self) -> usize {
        let words = self.entries.iter().map(|entry| entry.word.len());
        size_of::<Self>()
            + size_of::<(u8, Arc<Node>)>() * self.children.len()
            + size_of::<UserWord>() * self.entries.len()
            + words.sum::<usize>()
            + self
                .children()
                .map(|(_, child)| child.bytes())
                .sum::<usize>()
    }

    pub(super) fn collect(&self, entries: &mut Vec<UserWord>) {
        entries.extend_from_slice(&self.entries);
        for (_, child) in &self.children {
            child.collect(entries);
        }
    }
}
