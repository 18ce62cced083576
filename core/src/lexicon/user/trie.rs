//! The trie of a user's keys, with nodes shared between versions.

use std::sync::Arc;

use super::word::UserWord;

/// A prefix of at least one of the user's keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// Ascending by label.
    children: Vec<(u8, Arc<Node>)>,
    entries: Vec<UserWord>,
    /// Cost of a key with entries; it replaces the lexicons' cost.
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

    /// Cost of the key: outer `None` where the user has no entry for it, inner `None` where no form
    /// is left.
    pub(crate) fn word_cost(&self) -> Option<Option<u32>> {
        self.word_cost
    }

    /// Least cost of the user's keys at or below this node.
    pub(crate) fn least(&self) -> Option<u32> {
        self.least
    }

    /// The node after `change` of the entries at the end of `key`, or a new one; `None` where it
    /// becomes empty. Nodes off the key are shared. `cost` gives the cost of a key with entries.
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
                // Blocked entries come last, so that they also block forms that another entry adds.
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

    /// Approximate size in bytes of this node and those below it.
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
