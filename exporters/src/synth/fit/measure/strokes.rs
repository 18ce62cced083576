//! How a finger moves from key to key.

use super::{Measured, Segment};
use crate::synth::fit::path::{Path, Target, distance, wrap};

/// A finger is still at a visit within this many key widths.
const STAYS: f64 = 0.25;

impl Measured {
    pub(super) fn strokes(&mut self, path: &Path, target: &Target, person: usize) {
        let last = target.keys.len() - 1;
        let keys: Vec<[f64; 2]> = target
            .keys
            .iter()
            .map(|key| [key[0], key[1] * path.aspect])
            .collect();
        // The point at which the finger is at each key, without its rests at the ends.
        let at = |key: usize| match key {
            0 => path.moves[0].min(path.nearest[1]),
            key if key == last => path.moves[1].max(path.nearest[last - 1]),
            key => path.nearest[key],
        };
        for (key, ends) in keys.windows(2).enumerate() {
            let far = distance(ends[0], ends[1]);
            self.segment(path, person, far, at(key), at(key + 1));
        }
        for (key, keys) in keys.windows(3).enumerate() {
            let [before, here, after] = [0, 1, 2].map(|at| keys[at]);
            let nearest = path.nearest[key + 1];
            let into = minus(here, before);
            let out = minus(after, here);
            let turn = wrap(out[1].atan2(out[0]) - into[1].atan2(into[0]))
                .abs()
                .to_degrees();
            if turn > 60.0 {
                let off = minus(path.flat[nearest], here);
                let length = into[0].hypot(into[1]).max(1e-9);
                let on = (off[0] * into[0] + off[1] * into[1]) / length;
                self.overshoots.entry(person).or_default().push(on);
            }
            self.corner(path, person, turn, nearest, [at(key), at(key + 2)]);
        }
    }

    /// The time and the bow of the path from point `from` to point `to`, between two keys that are
    /// `far` apart.
    fn segment(&mut self, path: &Path, person: usize, far: f64, from: usize, to: usize) {
        if far < 0.5 {
            return;
        }
        let time = path.times[to] - path.times[from];
        self.segments.push(Segment {
            person,
            swipe: self.count,
            log_keys: far.ln(),
            log_ms: time.max(8.0).ln(),
        });
        let start = path.flat[from];
        let chord = minus(path.flat[to], start);
        let length = chord[0].hypot(chord[1]);
        if far >= 2.0 && length >= 1.0 {
            let sides = path.flat[from..=to].iter().map(|point| {
                let by = minus(*point, start);
                (chord[0] * by[1] - chord[1] * by[0]) / (length * length)
            });
            let bow = sides.fold(
                0.0f64,
                |most, side| if side.abs() > most.abs() { side } else { most },
            );
            self.bows.entry(person).or_default().push(bow);
            self.after_peaks.extend(after_peak(path, from, to));
        }
    }

    /// The speed at a visit, whose nearest point is `at`, over the speed between the `ends`, the
    /// points at the keys before and after it.
    fn corner(&mut self, path: &Path, person: usize, turn: f64, at: usize, ends: [usize; 2]) {
        let [way, time] = way_and_time(path, ends[0], ends[1]);
        let after = (at + 1).min(path.flat.len() - 1);
        let [local_way, local_time] = way_and_time(path, at.saturating_sub(1), after);
        if way > 0.5 && time > 30.0 && local_time > 0.0 {
            let relative = (local_way / local_time) / (way / time);
            let class = match turn {
                turn if turn < 60.0 => 0,
                turn if turn <= 120.0 => 1,
                _ => 2,
            };
            self.speeds[class].push(relative);
            if turn >= 60.0 {
                self.person_speeds.entry(person).or_default().push(relative);
            }
        }
    }
}

/// Length and time of the path between two points.
fn way_and_time(path: &Path, from: usize, to: usize) -> [f64; 2] {
    let pairs = path.flat[from..=to].windows(2);
    let way = pairs.map(|pair| distance(pair[0], pair[1])).sum();
    [way, path.times[to] - path.times[from]]
}

fn minus(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

/// Share of the time between two visits, from when the finger leaves the one to when it reaches the
/// other, that is left at its highest speed; none where there are too few points.
fn after_peak(path: &Path, from: usize, to: usize) -> Option<f64> {
    let near = |a: usize, b: usize| distance(path.flat[a], path.flat[b]) < STAYS;
    let leaves = (from..to).find(|at| !near(at + 1, from))?;
    let arrives = (leaves + 1..=to).rev().find(|at| !near(at - 1, to))?;
    if arrives < leaves + 4 {
        return None;
    }
    let speed = |at: usize| {
        let time = path.times[at + 1] - path.times[at];
        distance(path.flat[at], path.flat[at + 1]) / time.max(1.0)
    };
    let fastest = (leaves..arrives).max_by(|a, b| speed(*a).total_cmp(&speed(*b)))?;
    let middle = 0.5 * (path.times[fastest] + path.times[fastest + 1]);
    let time = path.times[arrives] - path.times[leaves];
    (time > 0.0).then(|| (path.times[arrives] - middle) / time)
}
