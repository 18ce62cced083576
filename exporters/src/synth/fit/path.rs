//! How a swipe's path lies to the keys of its word.

use crate::swipes::deviation::bottleneck;
use crate::synth::board::Board;

/// A finger counts as resting at its first or last point within this many key widths.
const LEAVES: f64 = 0.25;

/// The keys of a word, doubled ones once, as a path is measured against them.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    /// Middles in key widths and row heights.
    pub(super) keys: Vec<[f64; 2]>,
    /// Whether the letter is doubled.
    pub(super) doubled: Vec<bool>,
}

impl Target {
    pub(super) fn new(board: &Board, keys: &[u8]) -> Self {
        let mut target = Self::default();
        for (at, key) in keys.iter().enumerate() {
            if at > 0 && keys[at - 1] == *key {
                if let Some(doubled) = target.doubled.last_mut() {
                    *doubled = true;
                }
                continue;
            }
            let centre = board.area(*key).centre;
            target
                .keys
                .push([0, 1].map(|axis| centre[axis] / board.unit[axis]));
            target.doubled.push(false);
        }
        target
    }
}

/// A swipe laid beside the keys of its word. Buffers are kept from swipe to swipe.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    /// Points in key widths and row heights.
    pub(super) points: Vec<[f64; 2]>,
    /// Points in key widths, on both axes.
    pub(super) flat: Vec<[f64; 2]>,
    /// Times in ms.
    pub(super) times: Vec<f64>,
    /// Height of a row over the width of a key.
    pub(super) aspect: f64,
    /// For each key the point that is nearest to it, in order.
    pub(super) nearest: Vec<usize>,
    /// Smallest r such that the path passes within r keys of every key in order.
    pub(super) deviation: f64,
    /// Last point of the rest at the beginning, first one of the rest at the end.
    pub(super) moves: [usize; 2],
    costs: Vec<f64>,
    from: Vec<u32>,
}

impl Path {
    /// Lays points of the letter area's frame, on a keyboard of `size` pixels, beside the keys of
    /// their word. There is at least one point.
    pub(super) fn lay(
        &mut self,
        board: &Board,
        target: &Target,
        size: [f64; 2],
        points: impl Iterator<Item = (f64, f64, f64)>,
    ) {
        self.aspect = board.unit[1] * size[1] / (board.unit[0] * size[0]);
        self.points.clear();
        self.flat.clear();
        self.times.clear();
        for (x, y, t) in points {
            let point = [x / board.unit[0], y / board.unit[1]];
            self.points.push(point);
            self.flat.push([point[0], point[1] * self.aspect]);
            self.times.push(t);
        }
        self.align(target);
        let far = |at: usize, from: usize| distance(self.flat[at], self.flat[from]) > LEAVES;
        let last = self.points.len() - 1;
        let leaves = (0..=last).find(|at| far(*at, 0)).unwrap_or(last);
        let arrives = (0..=last).rev().find(|at| far(*at, last)).unwrap_or(0);
        self.moves = [leaves.saturating_sub(1), (arrives + 1).min(last)];
    }

    /// Finds the points nearest to the keys: those in order whose squared distances have the least
    /// sum; and the deviation.
    fn align(&mut self, target: &Target) {
        let count = self.points.len();
        self.from.clear();
        self.from.resize(target.keys.len() * count, 0);
        self.costs.clear();
        self.costs.resize(count, 0.0);
        for (key, centre) in target.keys.iter().enumerate() {
            let (mut best, mut best_at) = (f64::INFINITY, 0);
            for at in 0..count {
                let square = square(self.points[at], *centre);
                // What it costs to be done with all keys before this one by now.
                if self.costs[at] < best {
                    (best, best_at) = (self.costs[at], at as u32);
                }
                self.costs[at] = best + square;
                self.from[key * count + at] = best_at;
            }
        }
        let mut at = (0..count)
            .min_by(|a, b| self.costs[*a].total_cmp(&self.costs[*b]))
            .unwrap_or(0);
        self.nearest.clear();
        for key in (0..target.keys.len()).rev() {
            self.nearest.push(at);
            at = self.from[key * count + at] as usize;
        }
        self.nearest.reverse();
        self.deviation = bottleneck(self.points.iter().copied(), &target.keys, square).sqrt();
    }

    /// Length of the path in key widths.
    pub(super) fn length(&self) -> f64 {
        self.flat
            .windows(2)
            .map(|pair| distance(pair[0], pair[1]))
            .sum()
    }

    /// Directions of the path in steps of at least `step` key widths, between the points `from` and
    /// `to`.
    pub(super) fn turns(&self, step: f64, from: usize, to: usize) -> impl Iterator<Item = f64> {
        let mut kept = self.flat[from];
        let mut before: Option<f64> = None;
        self.flat[from..=to].iter().filter_map(move |point| {
            let by = [point[0] - kept[0], point[1] - kept[1]];
            if by[0] * by[0] + by[1] * by[1] < step * step {
                return None;
            }
            kept = *point;
            let angle = by[1].atan2(by[0]);
            let turn = before.map(|before| wrap(angle - before));
            before = Some(angle);
            turn
        })
    }
}

/// An angle within half a turn.
pub(super) fn wrap(angle: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    if angle > PI {
        angle - TAU
    } else if angle < -PI {
        angle + TAU
    } else {
        angle
    }
}

fn square(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}

pub(super) fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    square(a, b).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;
    use swipekit::layout::Layout;

    /// All ways to give keys points in order, tried one by one.
    fn brute(points: &[[f64; 2]], keys: &[[f64; 2]], from: usize) -> (f64, f64) {
        let Some((first, rest)) = keys.split_first() else {
            return (0.0, 0.0);
        };
        let mut best = (f64::INFINITY, f64::INFINITY);
        for at in from..points.len() {
            let (sum, worst) = brute(points, rest, at);
            let square = square(points[at], *first);
            best = (best.0.min(sum + square), best.1.min(worst.max(square)));
        }
        best
    }

    #[test]
    fn keys_get_the_nearest_points_in_order() {
        let board = Board::new(&Layout::qwerty()).unwrap();
        let mut path = Path::default();
        for case in 0..60 {
            let mut stream = Stream::new(1, 9, case);
            let points: Vec<_> = (0..1 + case % 7)
                .map(|at| (stream.uniform(), stream.uniform(), at as f64 * 16.0))
                .collect();
            let keys: Vec<u8> = (0..1 + case % 4)
                .map(|_| (stream.bits() % 26) as u8)
                .collect();
            let target = Target::new(&board, &keys);
            path.lay(&board, &target, [360.0, 160.0], points.iter().copied());
            assert!(path.nearest.is_sorted() && path.nearest.len() == target.keys.len());
            let sum: f64 = path
                .nearest
                .iter()
                .zip(&target.keys)
                .map(|(at, key)| square(path.points[*at], *key))
                .sum();
            let (least, worst) = brute(&path.points, &target.keys, 0);
            assert!((sum - least).abs() < 1e-9 && (path.deviation - worst.sqrt()).abs() < 1e-9);
        }
    }

    #[test]
    fn doubled_letters_are_one_key() {
        let board = Board::new(&Layout::qwerty()).unwrap();
        let target = Target::new(&board, &board.keys("letter").unwrap());
        assert_eq!(target.doubled, [false, false, true, false, false]);
        assert!((target.keys[0][0] - 9.0).abs() < 1e-4 && (target.keys[0][1] - 1.5).abs() < 1e-4);
    }

    #[test]
    fn turns_are_those_of_a_polygon() {
        let path = Path {
            flat: vec![
                [0.0, 0.0],
                [1.0, 0.0],
                [1.0, 1.0],
                [1.02, 1.0],
                [0.0, 1.0],
                [0.0, 0.0],
            ],
            ..Path::default()
        };
        let turns: Vec<f64> = path.turns(0.5, 0, 5).collect();
        assert_eq!(turns.len(), 3);
        assert!(
            turns
                .iter()
                .all(|turn| (turn - std::f64::consts::FRAC_PI_2).abs() < 0.05)
        );
        assert!((path.length() - 4.04).abs() < 1e-9);
    }
}
