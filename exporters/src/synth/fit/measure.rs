//! What is measured on swipes, real and synthetic ones.

use std::collections::BTreeMap;

use super::path::{Path, Target, distance, wrap};
use crate::synth::board::Board;

/// A finger pauses where it stays within this many key widths for at least [`PAUSE_MS`].
const PAUSE_KEYS: f64 = 0.2;
const PAUSE_MS: f64 = 120.0;
/// A loop turns one way by at least this much, in radians: 290 degrees.
const LOOP: f64 = 5.06;
/// A finger is still at a visit within this many key widths.
const STAYS: f64 = 0.25;
/// A hook ends at least this many key widths from the nearest approach to the last key.
const HOOK: f64 = 0.35;

/// What one person's swipes tell of the phone.
#[derive(Debug, Default)]
pub(super) struct Phone {
    pub(super) intervals: Vec<f64>,
    /// Coordinates between pixels, of how many.
    pub(super) between: (u64, u64),
}

/// Offsets of visits in keys, person by person.
pub(super) type Offsets = BTreeMap<usize, Vec<[f64; 2]>>;
/// Numbers, person by person.
pub(super) type Numbers = BTreeMap<usize, Vec<f64>>;

/// What is measured on swipes.
#[derive(Debug, Default)]
pub(super) struct Measured {
    pub(super) count: usize,
    pub(super) starts: Offsets,
    pub(super) inners: Offsets,
    pub(super) ends: Offsets,
    pub(super) visits: Offsets,
    /// Distances of visits from their keys.
    pub(super) distances: Numbers,
    pub(super) deviations: Vec<f64>,
    /// Person, swipe, logarithms of distance and time.
    pub(super) segments: Vec<(usize, usize, f64, f64)>,
    /// Speed at visits over that around them: at turns under 60, of 60 to 120 and over 120 degrees.
    pub(super) speeds: [Vec<f64>; 3],
    pub(super) person_speeds: Numbers,
    pub(super) overshoots: Numbers,
    pub(super) bows: Numbers,
    /// Inner visits and pauses, person by person.
    pub(super) pauses: BTreeMap<usize, (u64, u64)>,
    pub(super) pause_times: Vec<f64>,
    pub(super) start_rests: Vec<f64>,
    pub(super) end_rests: Vec<f64>,
    /// Times at inner letters, and at doubled ones.
    pub(super) stays: [Vec<f64>; 2],
    /// Loops at inner letters, and at doubled ones, of how many.
    pub(super) loops: [(u64, u64); 2],
    pub(super) hooks: Vec<f64>,
    /// Angles between hooks and last strokes.
    pub(super) hook_turns: Vec<f64>,
    /// Offsets of the first and of the last visit along the first and the last stroke.
    pub(super) alongs: [Vec<f64>; 2],
    /// Share of a stroke's time that is left at its highest speed.
    pub(super) after_peaks: Vec<f64>,
    /// Logarithms of highest speeds.
    pub(super) tops: Vec<f64>,
    /// Quantiles of 25 % of speeds over their means.
    pub(super) slow: Vec<f64>,
    /// Medians of speeds over their means.
    pub(super) even: Vec<f64>,
    /// Differences of speeds from those around them.
    pub(super) rough: Vec<f64>,
    /// Swipes whose last point is where the one before it was.
    pub(super) lifts: u64,
    pub(super) coarse: Vec<f64>,
    pub(super) fine: Vec<f64>,
    pub(super) people: BTreeMap<usize, Phone>,
    pub(super) intervals: Vec<f64>,
    pub(super) lost: (u64, u64),
    pub(super) repeated: (u64, u64),
    pub(super) jumps: Vec<f64>,
    pub(super) ratios: Vec<f64>,
    pub(super) points: Vec<f64>,
    /// By letters.
    pub(super) durations: BTreeMap<usize, Vec<f64>>,
    path: Path,
}

impl Measured {
    /// Measures one more swipe, of `letters` letters, by a person on a keyboard of `size` pixels.
    pub(super) fn add(
        &mut self,
        board: &Board,
        target: &Target,
        letters: usize,
        person: usize,
        size: [f64; 2],
        points: impl Iterator<Item = (f64, f64, f64)>,
    ) {
        let mut path = std::mem::take(&mut self.path);
        path.lay(board, target, size, points);
        self.count += 1;
        self.offsets(&path, target, person);
        self.readings(&path, person, board.unit[0] * size[0]);
        let last = path.times.len() - 1;
        self.durations
            .entry(letters)
            .or_default()
            .push(path.times[last] - path.times[0]);
        self.points.push(path.times.len() as f64);
        if target.keys.len() > 1 {
            self.rests(&path, target, person);
            self.strokes(&path, target, person);
            self.shape(&path, target);
        }
        self.path = path;
    }

    fn offsets(&mut self, path: &Path, target: &Target, person: usize) {
        let offset = |point: [f64; 2], key: [f64; 2]| [point[0] - key[0], point[1] - key[1]];
        let last = target.keys.len() - 1;
        let mut note = |list: fn(&mut Self) -> &mut Offsets, offset: [f64; 2]| {
            list(self).entry(person).or_default().push(offset);
            self.visits.entry(person).or_default().push(offset);
            let far = offset[0].hypot(offset[1]);
            self.distances.entry(person).or_default().push(far);
        };
        note(|m| &mut m.starts, offset(path.points[0], target.keys[0]));
        if last > 0 {
            note(
                |m| &mut m.ends,
                offset(path.points[path.points.len() - 1], target.keys[last]),
            );
        }
        for key in 1..last {
            note(
                |m| &mut m.inners,
                offset(path.points[path.nearest[key]], target.keys[key]),
            );
        }
        self.deviations.push(path.deviation);
    }

    fn readings(&mut self, path: &Path, person: usize, unit: f64) {
        let phone = self.people.entry(person).or_default();
        for (at, pair) in path.flat.windows(2).enumerate() {
            let time = path.times[at + 1] - path.times[at];
            let moved = distance(pair[0], pair[1]);
            self.intervals.push(time);
            phone.intervals.push(time);
            self.repeated.1 += 1;
            self.repeated.0 += u64::from(moved < 1e-4);
            if moved > 0.1 {
                self.lost.1 += 1;
                self.lost.0 += u64::from((25.0..60.0).contains(&time));
            }
        }
        for point in &path.flat {
            let pixel = point[0] * unit;
            phone.between.1 += 1;
            // Manifests give four digits of the width.
            phone.between.0 += u64::from((pixel - pixel.round()).abs() > 0.06);
        }
        if let [.., before, last] = path.flat[..] {
            self.lifts += u64::from(distance(before, last) < 1e-4);
        }
        self.roughness(path);
        if let [first, second, ..] = path.flat[..] {
            let jump = distance(first, second) * unit;
            if jump > 3.0 {
                self.jumps.push(jump);
            }
        }
    }

    /// How much fast speeds differ from those around them, where no reading is missing.
    fn roughness(&mut self, path: &Path) {
        for at in 3..path.times.len() {
            let times = [at - 2, at - 1, at].map(|to| path.times[to] - path.times[to - 1]);
            if times.iter().any(|time| !(6.0..=20.0).contains(time)) {
                continue;
            }
            let speed = |step: usize| {
                let to = at - 2 + step;
                distance(path.flat[to - 1], path.flat[to]) / times[step]
            };
            let [before, here, after] = [speed(0), speed(1), speed(2)];
            // Keys a millisecond.
            if here > 0.01 {
                let difference = (here - 0.5 * (before + after)).abs();
                self.rough.push(3.0 * difference / (before + here + after));
            }
        }
    }

    fn rests(&mut self, path: &Path, target: &Target, person: usize) {
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

    fn strokes(&mut self, path: &Path, target: &Target, person: usize) {
        let swipe = self.count;
        let last = target.keys.len() - 1;
        let flat = |key: usize| [target.keys[key][0], target.keys[key][1] * path.aspect];
        let at = |key: usize| match key {
            0 => path.moves[0].min(path.nearest[1]),
            key if key == last => path.moves[1].max(path.nearest[last - 1]),
            key => path.nearest[key],
        };
        for key in 0..last {
            let (from, to) = (at(key), at(key + 1));
            let far = distance(flat(key), flat(key + 1));
            let time = path.times[to] - path.times[from];
            if far < 0.5 {
                continue;
            }
            self.segments
                .push((person, swipe, far.ln(), time.max(8.0).ln()));
            let chord = [
                path.flat[to][0] - path.flat[from][0],
                path.flat[to][1] - path.flat[from][1],
            ];
            let length = chord[0].hypot(chord[1]);
            if far >= 2.0 && length >= 1.0 {
                let sides = path.flat[from..=to].iter().map(|point| {
                    let by = [point[0] - path.flat[from][0], point[1] - path.flat[from][1]];
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
        for key in 1..last {
            let [before, here, after] = [key - 1, key, key + 1].map(flat);
            let into = [here[0] - before[0], here[1] - before[1]];
            let out = [after[0] - here[0], after[1] - here[1]];
            let turn = wrap(out[1].atan2(out[0]) - into[1].atan2(into[0]))
                .abs()
                .to_degrees();
            let (point, length) = (path.nearest[key], into[0].hypot(into[1]).max(1e-9));
            if turn > 60.0 {
                let off = [path.flat[point][0] - here[0], path.flat[point][1] - here[1]];
                let on = (off[0] * into[0] + off[1] * into[1]) / length;
                self.overshoots.entry(person).or_default().push(on);
            }
            let (from, to) = (at(key - 1), at(key + 1));
            let speed = |from: usize, to: usize| {
                let way: f64 = path.flat[from..=to]
                    .windows(2)
                    .map(|pair| distance(pair[0], pair[1]))
                    .sum();
                (way, path.times[to] - path.times[from])
            };
            let (all, local) = (
                speed(from, to),
                speed(
                    point.saturating_sub(1),
                    (point + 1).min(path.flat.len() - 1),
                ),
            );
            if all.0 > 0.5 && all.1 > 30.0 && local.1 > 0.0 {
                let relative = (local.0 / local.1) / (all.0 / all.1);
                self.speeds[if turn < 60.0 {
                    0
                } else if turn <= 120.0 {
                    1
                } else {
                    2
                }]
                .push(relative);
                if turn >= 60.0 {
                    self.person_speeds.entry(person).or_default().push(relative);
                }
            }
        }
    }

    fn shape(&mut self, path: &Path, target: &Target) {
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

    /// Durations of words of `from` to `to` letters.
    pub(super) fn lasting(&self, from: usize, to: usize) -> Vec<f64> {
        self.durations
            .range(from..=to)
            .flat_map(|(_, list)| list)
            .copied()
            .collect()
    }

    /// Offsets along an axis: of starts, inner visits, ends.
    pub(super) fn offsets_along(&self, axis: usize) -> [Vec<f64>; 3] {
        [&self.starts, &self.inners, &self.ends]
            .map(|list| list.values().flatten().map(|offset| offset[axis]).collect())
    }

    /// Times of segments at about one key and at about four, in ms.
    pub(super) fn segment_times(&self) -> [Vec<f64>; 2] {
        [(0.8f64, 1.25f64), (3.5, 4.6)].map(|(low, high)| {
            let near =
                |segment: &&(usize, usize, f64, f64)| (low.ln()..high.ln()).contains(&segment.2);
            self.segments
                .iter()
                .filter(near)
                .map(|segment| segment.3.exp())
                .collect()
        })
    }
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
