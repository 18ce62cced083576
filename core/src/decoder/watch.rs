//! Records a search while it runs: how much of certain words it reached.

use super::tree::{NodeId, PrefixTree};

/// Follows given label sequences through a search.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    keys: Vec<Vec<u8>>,
    trails: Vec<Vec<Option<u16>>>,
    beam: Vec<usize>,
    labels: Vec<u8>,
}

impl Watch {
    pub(super) fn new(keys: Vec<Vec<u8>>) -> Self {
        Self {
            trails: vec![Vec::new(); keys.len()],
            keys,
            beam: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// Records the beam after a frame.
    pub(super) fn frame(&mut self, tree: &PrefixTree, active: &[(NodeId, f64)]) {
        self.beam.push(active.len());
        for trail in &mut self.trails {
            trail.push(None);
        }
        for (node, _) in active {
            tree.labels(*node, &mut self.labels);
            for (key, trail) in self.keys.iter().zip(&mut self.trails) {
                if key.starts_with(&self.labels)
                    && let Some(longest) = trail.last_mut()
                {
                    *longest = (*longest).max(Some(self.labels.len() as u16));
                }
            }
        }
    }

    /// The trail of each key, and the size of the beam, frame by frame.
    pub(super) fn taken(self) -> (Vec<Vec<Option<u16>>>, Vec<usize>) {
        (self.trails, self.beam)
    }
}
