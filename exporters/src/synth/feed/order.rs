//! Which swipe sample `i` of a feed is, without a memory of the samples before it.

use crate::synth::Stream;

/// Where a sample comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A recorded swipe: its index among the recorded ones.
    Recorded(usize),
    /// The synthetic swipe of this index.
    Synthetic(u64),
}

/// Mixes recorded and synthetic swipes in a fixed proportion, evenly spread. Each recorded swipe
/// comes once an epoch, in another order in every epoch.
#[derive(Debug)]
pub(super) struct Order {
    seed: u64,
    recorded: usize,
    /// Share of recorded swipes, in 2^-32.
    share: u64,
    /// In the order of the manifests, once.
    plain: bool,
    epoch: Option<u64>,
    permutation: Vec<u32>,
}

/// One whole share.
const WHOLE: u64 = 1 << 32;

impl Order {
    /// An order over `recorded` swipes, of which come `share` (0 to 1) of the samples; all, where
    /// that is 1.
    pub(super) fn new(seed: u64, recorded: usize, share: f64) -> Self {
        let share = (share.clamp(0.0, 1.0) * WHOLE as f64).round() as u64;
        Self {
            seed,
            recorded,
            share: if recorded == 0 { 0 } else { share },
            plain: false,
            epoch: None,
            permutation: Vec::new(),
        }
    }

    /// All recorded swipes in their order.
    pub(super) fn plain(recorded: usize) -> Self {
        Self {
            plain: true,
            ..Self::new(0, recorded, 1.0)
        }
    }

    /// Recorded samples among the first `count`.
    fn recorded_before(&self, count: u64) -> u64 {
        ((u128::from(count) * u128::from(self.share)) >> 32) as u64
    }

    /// Where sample `index` comes from. Consecutive ones are cheap.
    pub(super) fn source(&mut self, index: u64) -> Source {
        let before = self.recorded_before(index);
        if self.recorded_before(index.saturating_add(1)) == before {
            return Source::Synthetic(index - before);
        }
        let count = self.recorded as u64;
        let at = (before % count) as usize;
        if self.plain {
            return Source::Recorded(at);
        }
        let epoch = before / count;
        if self.epoch != Some(epoch) {
            self.shuffle(epoch);
        }
        Source::Recorded(self.permutation[at] as usize)
    }

    /// Fisher and Yates' shuffle of an epoch.
    fn shuffle(&mut self, epoch: u64) {
        let mut random = Stream::new(self.seed, EPOCH, epoch);
        self.permutation.clear();
        self.permutation.extend(0..self.recorded as u32);
        for last in (1..self.permutation.len()).rev() {
            let other = (u128::from(random.bits()) * (last as u128 + 1)) >> 64;
            self.permutation.swap(last, other as usize);
        }
        self.epoch = Some(epoch);
    }
}

/// What streams of random numbers are for; those of [`crate::synth`] have lower numbers.
pub(super) const EPOCH: u64 = 0x100;
pub(super) const AUGMENTATION: u64 = 0x101;

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(order: &mut Order, range: std::ops::Range<u64>) -> Vec<Source> {
        range.map(|index| order.source(index)).collect()
    }

    #[test]
    fn every_recorded_swipe_comes_once_an_epoch_and_every_synthetic_one_once() {
        let mut order = Order::new(5, 10, 0.25);
        let sources = sources(&mut order, 0..160);
        let recorded: Vec<usize> = sources
            .iter()
            .filter_map(|source| match source {
                Source::Recorded(at) => Some(*at),
                Source::Synthetic(_) => None,
            })
            .collect();
        assert_eq!(recorded.len(), 40);
        let epochs: Vec<&[usize]> = recorded.chunks(10).collect();
        for epoch in &epochs {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..10).collect::<Vec<_>>());
        }
        assert!(epochs.windows(2).all(|pair| pair[0] != pair[1]));
        let synthetic: Vec<u64> = sources
            .iter()
            .filter_map(|source| match source {
                Source::Synthetic(index) => Some(*index),
                Source::Recorded(_) => None,
            })
            .collect();
        assert_eq!(synthetic, (0..120).collect::<Vec<_>>());
    }

    #[test]
    fn an_order_may_begin_anywhere() {
        let mut whole = Order::new(7, 13, 0.6);
        let all = sources(&mut whole, 0..200);
        for start in [1, 57, 199] {
            let mut order = Order::new(7, 13, 0.6);
            assert_eq!(sources(&mut order, start..200), all[start as usize..]);
        }
        let mut other = Order::new(8, 13, 0.6);
        assert_ne!(sources(&mut other, 0..200), all);
    }

    #[test]
    fn one_kind_alone_and_the_plain_order() {
        assert_eq!(Order::new(1, 0, 0.9).source(4), Source::Synthetic(4));
        assert_eq!(Order::new(1, 3, 0.0).source(4), Source::Synthetic(4));
        let mut all = Order::new(1, 3, 1.0);
        assert!(
            sources(&mut all, 0..9)
                .iter()
                .all(|source| matches!(source, Source::Recorded(_)))
        );
        let mut plain = Order::plain(3);
        let recorded = [0, 1, 2].map(Source::Recorded);
        assert_eq!(sources(&mut plain, 0..3), recorded);
    }
}
