//! Runs the prediction network for the likeliest prefixes of given words.

use std::collections::VecDeque;
use std::sync::Arc;

use super::prefixes::{MAX_PREFIXES, PrefixTable};
use super::rows::Widths;
use super::tree::{PrefixTree, ROOT};
use crate::error::{Error, Result};
use crate::lexicon::LexiconStack;
use crate::transducer::PredictionJoint;

impl PrefixTable {
    /// Computes `count` prefixes: the empty one and those of `layers` with the greatest prior.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for more than [`MAX_PREFIXES`]; otherwise none with a valid model and
    /// lexicon.
    pub fn compute(
        transducer: &PredictionJoint,
        layers: &LexiconStack,
        count: usize,
    ) -> Result<Self> {
        if count > MAX_PREFIXES {
            return Err(Error::TooLarge {
                what: "the number of prefixes",
                limit: MAX_PREFIXES as u64,
                got: count as u64,
            });
        }
        let root = Self::root(transducer)?;
        if count <= 1 {
            return Ok(root);
        }
        let mut tree = PrefixTree::new(layers, Arc::new(root));
        tree.grow_likeliest(layers, transducer, count)?;
        let widths = Widths::of(transducer);
        let mut labels = vec![0];
        let mut starts = Vec::with_capacity(tree.len() + 1);
        let mut rows = Vec::with_capacity(tree.len() * widths.row());
        let mut open = VecDeque::from([ROOT]);
        while let Some(node) = open.pop_front() {
            rows.extend_from_slice(tree.row(node));
            let mut children = tree.children(node);
            children.sort_unstable();
            starts.push(labels.len() as u32);
            for (label, child) in children {
                labels.push(label);
                open.push_back(child);
            }
        }
        starts.push(labels.len() as u32);
        Ok(Self::of_rows(labels, starts, rows, widths))
    }
}
