//! Where a finger rests or loops.

use super::Measured;
use crate::synth::fit::path::{Path, Target, distance};

/// A finger pauses where it stays within this many key widths for at least [`PAUSE_MS`].
const PAUSE_KEYS: f64 = 0.2;
const PAUSE_MS: f64 = 120.0;
/// A loop turns one way by at least this much, in radians: 290 degrees.
const LOOP: f64 = 5.06;

impl Measured {
    pub(super) fn rests(&mut self, path: &Path, target: &Target, person: usize) {
        let [leaves, arrives] = path.moves;
        let last = path.times.len() - 1;
        self.start_rests
            .push(path.times[(leaves + 1).min(last)] - path.times[0]);
        self.end_rests
            .push(path.times[last] - path.times[arrives.saturating_sub(1)]);
        let inner = target.keys.len().saturating_sub(2) as u64;
        if inner == 0 {
            return;
        }
        if !target.doubled.contains(&true) {
            let pauses = self.pauses.entry(person).or_default();
            pauses.0 += inner;
            let mut at = leaves + 1;
            while at < arrives {
                let mut to = at;
                while to + 1 < arrives && distance(path.flat[to + 1], path.flat[at]) <= PAUSE_KEYS {
                    to += 1;
                }
                // Until the finger is seen elsewhere: screens say nothing while it rests.
                let time = path.times[(to + 1).min(last)] - path.times[at];
                if time >= PAUSE_MS {
                    pauses.1 += 1;
                    self.pause_times.push(time);
                    at = to;
                }
                at += 1;
            }
        }
        for key in 1..target.keys.len() - 1 {
            let doubled = usize::from(target.doubled[key]);
            let at = path.nearest[key];
            let [from, to] = around(path, at, 0.5);
            self.stays[doubled].push((path.times[to] - path.times[from]).min(2000.0));
            let [from, to] = around(path, at, 1.0);
            let turn: f64 = path.turns(0.1, from, to).sum();
            self.loops[doubled].1 += 1;
            self.loops[doubled].0 += u64::from(turn.abs() >= LOOP);
        }
    }
}

/// The points around `at` that lie within `keys` key widths of it, without a gap.
fn around(path: &Path, at: usize, keys: f64) -> [usize; 2] {
    let near = |other: usize| distance(path.flat[other], path.flat[at]) <= keys;
    let mut from = at;
    while from > 0 && near(from - 1) {
        from -= 1;
    }
    let mut to = at;
    while to + 1 < path.flat.len() && near(to + 1) {
        to += 1;
    }
    [from, to]
}
