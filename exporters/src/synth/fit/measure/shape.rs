//! What a path is like as a whole: its length, its ends, its speeds and turns.

use super::Measured;
use crate::synth::fit::path::{Path, Target, distance};

/// A hook ends at least this many key widths from the nearest approach to the last key.
const HOOK: f64 = 0.35;

impl Measured {
    pub(super) fn shape(&mut self, path: &Path, target: &Target) {
        let last = path.flat.len() - 1;
        let flat = |key: &[f64; 2]| [key[0], key[1] * path.aspect];
        let polygon: f64 = target
            .keys
            .windows(2)
            .map(|pair| distance(flat(&pair[0]), flat(&pair[1])))
            .sum();
        let length = path.length();
        self.ratios.push(length / polygon.max(0.5));
        let end = path.flat[path.nearest[target.keys.len() - 1]];
        let hook = distance(end, path.flat[last]);
        let keys = target.keys.len();
        let ends =
            [[0, 1], [keys - 2, keys - 1]].map(|pair| pair.map(|key| flat(&target.keys[key])));
        let ways = ends.map(|[from, to]| {
            let length = distance(from, to).max(1e-9);
            [(to[0] - from[0]) / length, (to[1] - from[1]) / length]
        });
        let along = |way: [f64; 2], from: [f64; 2], to: [f64; 2]| {
            (to[0] - from[0]) * way[0] + (to[1] - from[1]) * way[1]
        };
        self.alongs[0].push(along(ways[0], ends[0][0], path.flat[0]));
        self.alongs[1].push(along(ways[1], ends[1][1], end));
        if hook > HOOK {
            self.hooks.push(hook);
            let cosine = along(ways[1], end, path.flat[last]) / hook;
            self.hook_turns.push(cosine.clamp(-1.0, 1.0).acos());
        }
        if length > 1.0 {
            let [slow, even, top] = speeds(path);
            self.slow.push(slow);
            self.even.push(even);
            self.tops.push(top.max(1e-6).ln());
            let turning = |step: f64| path.turns(step, 0, last).map(f64::abs).sum::<f64>() / length;
            self.coarse.push(turning(0.5));
            self.fine.push(turning(0.15));
        }
    }
}

/// Quantiles of the speeds of a path, each for as long as it lasts: 25 % and the median over the
/// mean, and 95 % in keys a millisecond.
fn speeds(path: &Path) -> [f64; 3] {
    let mut speeds: Vec<(f64, f64)> = (1..path.times.len())
        .map(|to| {
            let time = (path.times[to] - path.times[to - 1]).max(1.0);
            (distance(path.flat[to - 1], path.flat[to]) / time, time)
        })
        .collect();
    speeds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let whole: f64 = speeds.iter().map(|(_, time)| time).sum();
    let way: f64 = speeds.iter().map(|(speed, time)| speed * time).sum();
    let reached = |share: f64| {
        let mut rest = share * whole;
        let at = speeds.iter().find(|(_, time)| {
            rest -= time;
            rest <= 0.0
        });
        at.map_or(f64::NAN, |(speed, _)| *speed)
    };
    let mean = way.max(1e-9) / whole;
    [reached(0.25) / mean, reached(0.5) / mean, reached(0.95)]
}
