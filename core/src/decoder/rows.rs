//! Rows of the prediction network's results, one per prefix: its state, the joint's projection of
//! its output, and the internal language model's next labels.

use crate::transducer::PredictionJoint;

/// Number of rows per allocation.
const PAGE: usize = 64;

/// The parts of a row and their widths, in this order: state `[2 L H]`, projection `[J]`, internal
/// language model `[V+1]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Widths {
    pub(super) state: usize,
    pub(super) joint: usize,
    pub(super) classes: usize,
}

impl Widths {
    pub(super) fn of(transducer: &PredictionJoint) -> Self {
        Self {
            state: transducer.prediction.state_width(),
            joint: transducer.joint.width(),
            classes: transducer.joint.classes(),
        }
    }

    /// Numbers in a whole row.
    pub(super) fn row(self) -> usize {
        self.state + self.joint + self.classes
    }

    pub(super) fn state_of(self, row: &[f32]) -> &[f32] {
        &row[..self.state]
    }

    pub(super) fn projected_of(self, row: &[f32]) -> &[f32] {
        &row[self.state..][..self.joint]
    }

    pub(super) fn internal_of(self, row: &[f32]) -> &[f32] {
        &row[self.state + self.joint..]
    }
}

/// Rows that are added and removed. They keep their address, so growing and removing copies none.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    width: usize,
    pages: Vec<Box<[f32]>>,
    free: Vec<u32>,
    used: usize,
}

impl Rows {
    pub(super) fn new(width: usize) -> Self {
        Self {
            width,
            pages: Vec::new(),
            free: Vec::new(),
            used: 0,
        }
    }

    /// Number of rows in use.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Allocated bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<f32>() * self.width * PAGE * self.pages.len()
            + size_of::<u32>() * self.free.capacity()
    }

    /// The row `slot`.
    pub(super) fn get(&self, slot: u32) -> &[f32] {
        let (page, offset) = (slot as usize / PAGE, slot as usize % PAGE);
        &self.pages[page][offset * self.width..][..self.width]
    }

    /// Stores a row made of the given parts, whose widths sum to a row's.
    pub(super) fn insert(&mut self, parts: [&[f32]; 3]) -> u32 {
        if self.free.is_empty() {
            let first = (self.pages.len() * PAGE) as u32;
            self.pages
                .push(vec![0.0; PAGE * self.width].into_boxed_slice());
            self.free.extend((first..first + PAGE as u32).rev());
        }
        // A page was added above if no row was free.
        let slot = self.free.pop().unwrap_or_default();
        self.used += 1;
        let (page, offset) = (slot as usize / PAGE, slot as usize % PAGE);
        let mut rest = &mut self.pages[page][offset * self.width..][..self.width];
        for part in parts {
            let (here, after) = rest.split_at_mut(part.len());
            here.copy_from_slice(part);
            rest = after;
        }
        slot
    }

    /// Frees the row `slot`.
    pub(super) fn remove(&mut self, slot: u32) {
        self.used -= 1;
        self.free.push(slot);
    }

    /// Frees all rows and their memory.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stay_where_they_are_and_slots_are_used_again() {
        let mut rows = Rows::new(6);
        let numbers = |n: u32| [n as f32, n as f32 + 0.5];
        let insert =
            |rows: &mut Rows, n| rows.insert([&numbers(n), &numbers(n + 1), &numbers(n + 2)]);
        let slots: Vec<u32> = (0..200).map(|n| insert(&mut rows, n)).collect();
        let pages = rows.pages.len();
        for slot in &slots[50..150] {
            rows.remove(*slot);
        }
        assert_eq!(rows.used(), 100);
        let again: Vec<u32> = (1000..1100).map(|n| insert(&mut rows, n)).collect();
        assert_eq!((rows.used(), rows.pages.len()), (200, pages));
        for (slot, n) in slots[..50]
            .iter()
            .chain(&slots[150..])
            .zip((0..50).chain(150..200))
        {
            assert_eq!(rows.get(*slot)[..2], numbers(n));
        }
        for (slot, n) in again.iter().zip(1000..) {
            assert_eq!(rows.get(*slot)[4..], numbers(n + 2));
        }
        rows.clear();
        assert_eq!((rows.used(), rows.bytes()), (0, 0));
    }
}
