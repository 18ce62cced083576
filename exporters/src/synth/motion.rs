//! How a finger moves over the keys of a word: overlapping strokes of minimum jerk.
//!
//! A stroke leads from one visit to the next along a straight or bowed line with the speed of least
//! jerk (Flash and Hogan 1985). The next stroke may begin before the last one has ended; the two
//! then add up and the corner is cut (superposition of submovements: Flash and Henis 1991).

use super::board::Board;
use super::person::Person;
use super::profile::Profile;
use crate::random::Stream;

/// Longest stroke, pause or rest in ms, whatever the profile says.
const LONGEST_MS: f64 = 3000.0;
/// Shortest stroke in ms.
const SHORTEST_MS: f64 = 25.0;
/// Shortest distance in keys that a stroke's time is worked out from.
const NEAREST: f64 = 0.25;

/// A stroke, in pixels and ms.
#[derive(Clone, Copy, Debug)]
struct Stroke {
    start: f64,
    time: f64,
    by: [f64; 2],
    /// Height of the arc over its length, to the left.
    bow: f64,
    /// Power of the time: less than 1 brings the peak of the speed forward.
    skew: f64,
}

/// A circle that begins and ends at rest, in pixels and ms.
#[derive(Clone, Copy, Debug)]
struct Loop {
    start: f64,
    time: f64,
    radius: f64,
    /// 1 or -1.
    sense: f64,
}

/// A finger's movement over a keyboard.
#[derive(Clone, Debug, Default)]
pub(super) struct Motion {
    visits: Vec<[f64; 2]>,
    doubled: Vec<bool>,
    strokes: Vec<Stroke>,
    loops: Vec<Loop>,
    origin: [f64; 2],
    /// Time when the finger is lifted.
    pub(super) ends: f64,
    /// Share of least acceleration in the strokes; the rest has least jerk.
    flat: f64,
    /// Number of strokes that have ended, and the position where they led.
    done: usize,
    base: [f64; 2],
}

impl Motion {
    /// A person's movement over `keys` on a keyboard of `size` pixels.
    pub(super) fn plan(
        &mut self,
        profile: &Profile,
        person: &Person,
        board: &Board,
        size: [f64; 2],
        keys: &[u8],
        stream: &mut Stream,
    ) {
        let unit = [board.unit[0] * size[0], board.unit[1] * size[1]];
        self.aim(profile, person, board, size, keys, stream);
        self.overshoot(profile.overshoot + person.overshoot, unit[0]);
        self.ends_along(profile, unit[0]);
        let slowness = person.slowness * stream.factor(profile.speed_swipe);
        // A slow person rests for longer too, but not by as much.
        let rest = |median: f64, spread: f64, stream: &mut Stream| {
            (median * stream.factor(spread) * (0.5 + 0.5 * slowness)).min(LONGEST_MS)
        };
        let mut now = rest(profile.start_dwell_ms, profile.start_dwell_spread, stream);
        self.strokes.clear();
        self.loops.clear();
        self.flat = person.flat;
        if self.doubled[0] && stream.chance(profile.double_pause) {
            now += self.double_rest(profile, stream);
        }
        if self.visits.len() == 1 {
            // A tap that slips.
            let by = [0, 1].map(|axis| 0.12 * unit[axis] * stream.normal());
            let time = 0.5 * profile.segment_ms * slowness * stream.factor(profile.speed_segment);
            now = self.stroke(now, time, by, 0.0, 0.0);
        }
        for visit in 1..self.visits.len() {
            let by = self.leads(visit);
            let keys = (libm::hypot(by[0], by[1]) / unit[0]).max(NEAREST);
            let time = profile.segment_ms
                * libm::pow(keys, profile.segment_power)
                * slowness
                * stream.factor(profile.speed_segment);
            let bow = person.bow + profile.bow * stream.normal();
            let skew = profile.skew_mean + profile.skew * stream.normal();
            if visit > 1 {
                now = self.turn(profile, person, visit - 1, by, time, unit[0], now, stream);
            }
            now = if stream.chance(profile.correct) {
                self.corrected(profile, now, time, by, bow, skew, stream)
            } else {
                self.stroke(now, time, by, bow, skew)
            };
        }
        if self.visits.len() > 1 && stream.chance(profile.hook) {
            now = self.hook(profile, unit[0], now, stream);
        }
        if self.visits.len() > 1
            && self.doubled.last() == Some(&true)
            && stream.chance(profile.double_pause)
        {
            now += self.double_rest(profile, stream);
        }
        self.ends = now + rest(profile.end_dwell_ms, profile.end_dwell_spread, stream);
        self.rewind();
    }

    /// The finger's targets: the visits.
    fn aim(
        &mut self,
        profile: &Profile,
        person: &Person,
        board: &Board,
        size: [f64; 2],
        keys: &[u8],
        stream: &mut Stream,
    ) {
        let noise = person.noise * stream.factor(profile.noise_swipe);
        self.visits.clear();
        self.doubled.clear();
        let mut rest = keys;
        while let Some(key) = rest.first() {
            let run = rest.iter().take_while(|other| *other == key).count();
            let first = rest.len() == keys.len();
            rest = &rest[run..];
            let end = rest.is_empty() && !first;
            if !first && !end && stream.chance(profile.skip) {
                continue;
            }
            let (mean, spread) = if first {
                (
                    [profile.start_mean_x, profile.start_mean_y],
                    [profile.start_x, profile.start_y],
                )
            } else if end {
                (
                    [profile.end_mean_x, profile.end_mean_y],
                    [profile.end_x, profile.end_y],
                )
            } else {
                (
                    [profile.inner_mean_x, profile.inner_mean_y],
                    [profile.inner_x, profile.inner_y],
                )
            };
            let wild = if stream.chance(profile.miss) {
                profile.miss_scale
            } else {
                1.0
            };
            let area = board.area(*key);
            let visit = [0, 1].map(|axis| {
                let offset =
                    mean[axis] + person.bias[axis] + spread[axis] * noise * wild * stream.normal();
                let centre = 0.5 + (area.centre[axis] - 0.5) * person.scale[axis];
                (centre + offset * area.size[axis]) * size[axis]
            });
            if first && !rest.is_empty() && stream.chance(profile.wrong_start) {
                let angle = stream.between(0.0, std::f64::consts::TAU);
                let far = stream.between(0.8, 1.8);
                let to = [libm::cos(angle), libm::sin(angle)];
                self.visits.push(
                    [0, 1].map(|axis| visit[axis] + far * to[axis] * area.size[axis] * size[axis]),
                );
                self.doubled.push(false);
            }
            self.visits.push(visit);
            self.doubled.push(run > 1);
        }
    }

    /// The vector from the previous visit to this one.
    fn leads(&self, visit: usize) -> [f64; 2] {
        let [from, to] = [self.visits[visit - 1], self.visits[visit]];
        [to[0] - from[0], to[1] - from[1]]
    }

    /// Moves inner visits by `keys` along the strokes that lead there.
    fn overshoot(&mut self, keys: f64, unit: f64) {
        let mut before = self.visits[0];
        for visit in 1..self.visits.len().saturating_sub(1) {
            let here = self.visits[visit];
            let on = along(before, here, keys * unit);
            self.visits[visit] = [here[0] + on[0], here[1] + on[1]];
            before = here;
        }
    }

    /// Moves the first and the last visit along the first and the last stroke.
    fn ends_along(&mut self, profile: &Profile, unit: f64) {
        let last = self.visits.len() - 1;
        if last == 0 {
            return;
        }
        let visits = &self.visits;
        let start = along(visits[0], visits[1], profile.start_along * unit);
        let end = along(visits[last - 1], visits[last], profile.end_along * unit);
        for axis in 0..2 {
            self.visits[0][axis] += start[axis];
            self.visits[last][axis] += end[axis];
        }
    }

    /// Adds a stroke that misses its target and a slower one that corrects it. Returns the time
    /// when that ends.
    #[allow(clippy::too_many_arguments)]
    fn corrected(
        &mut self,
        profile: &Profile,
        start: f64,
        time: f64,
        by: [f64; 2],
        bow: f64,
        skew: f64,
        stream: &mut Stream,
    ) -> f64 {
        // Most fall short, and the error is larger along the stroke than sideways.
        let along = profile.correct_size * (stream.normal() - 0.7);
        let aside = 0.5 * profile.correct_size * stream.normal();
        let rest = [
            -along * by[0] + aside * by[1],
            -along * by[1] - aside * by[0],
        ];
        let first = [by[0] - rest[0], by[1] - rest[1]];
        let share = stream.between(0.6, 0.9);
        let lands = self.stroke(start, share * time, first, bow, skew);
        let again = lands - stream.between(0.0, 0.4) * share * time;
        self.stroke(again, stream.between(0.3, 0.8) * time, rest, 0.0, 0.0)
    }

    /// What happens at an inner visit before the stroke `by`, which takes `time`, leaves it: when
    /// it leaves.
    #[allow(clippy::too_many_arguments)]
    fn turn(
        &mut self,
        profile: &Profile,
        person: &Person,
        visit: usize,
        by: [f64; 2],
        time: f64,
        unit: f64,
        mut now: f64,
        stream: &mut Stream,
    ) -> f64 {
        let Some(before) = self.strokes.last() else {
            return now;
        };
        let into = self.leads(visit);
        let lengths = libm::hypot(into[0], into[1]) * libm::hypot(by[0], by[1]);
        let cosine = (into[0] * by[0] + into[1] * by[1]) / lengths.max(1e-6);
        let mut overlap = profile.overlap
            + person.overlap
            + profile.overlap_turn * cosine
            + profile.overlap_visit * stream.normal();
        let overlapping = before.time.min(time);
        let mut pause = 0.0;
        if stream.chance(person.pause) {
            pause = profile.pause_ms * stream.factor(profile.pause_spread);
        }
        let doubled = self.doubled[visit];
        if doubled && stream.chance(profile.double_pause) {
            pause += self.double_rest(profile, stream);
        }
        let loops = if doubled {
            profile.loops + profile.double_loop
        } else {
            profile.loops
        };
        if stream.chance(loops) {
            let time = stream.between(120.0, 270.0);
            let radius = unit * stream.between(0.15, 0.45);
            let sense = if stream.chance(0.5) { 1.0 } else { -1.0 };
            self.loops.push(Loop {
                start: now,
                time,
                radius,
                sense,
            });
            pause = pause.max(time);
        }
        if pause > 0.0 {
            overlap = overlap.min(0.0);
            now += pause.min(LONGEST_MS);
        }
        now - overlap.clamp(-0.5, 0.8) * overlapping
    }

    fn double_rest(&self, profile: &Profile, stream: &mut Stream) -> f64 {
        // Uniform about its mean: from a fifth to nine fifths.
        (profile.double_pause_ms * stream.between(0.2, 1.8)).min(LONGEST_MS)
    }

    /// Adds a stroke. Returns the time when it ends.
    fn stroke(&mut self, start: f64, time: f64, by: [f64; 2], bow: f64, skew: f64) -> f64 {
        let time = time.clamp(SHORTEST_MS, LONGEST_MS);
        self.strokes.push(Stroke {
            start,
            time,
            by,
            bow: bow.clamp(-1.0, 1.0),
            // The speed stays finite.
            skew: libm::exp(-skew.clamp(-0.6, 0.6)),
        });
        start + time
    }

    /// Adds a hook at lift-off. Returns the time when it ends.
    fn hook(&mut self, profile: &Profile, unit: f64, now: f64, stream: &mut Stream) -> f64 {
        let Some(last) = self.strokes.last().copied() else {
            return now;
        };
        let length = (profile.hook_size * stream.factor(0.6)).min(4.0) * unit;
        // Most follow the last stroke through; some go anywhere.
        let way = self.leads(self.visits.len() - 1);
        let angle = if stream.chance(0.1) {
            stream.between(0.0, std::f64::consts::TAU)
        } else {
            libm::atan2(way[1], way[0]) + profile.hook_turn * stream.normal()
        };
        let by = [length * libm::cos(angle), length * libm::sin(angle)];
        let start = (now - 20.0).max(last.start);
        let time = stream.between(50.0, 130.0);
        self.stroke(start, time, by, 0.0, 0.0)
    }

    /// Returns to the beginning.
    fn rewind(&mut self) {
        self.origin = self.visits[0];
        self.done = 0;
        self.base = self.origin;
    }

    /// Position of the finger at `now`, which must not decrease from call to call.
    pub(super) fn at(&mut self, now: f64) -> [f64; 2] {
        while let Some(stroke) = self.strokes.get(self.done) {
            if now < stroke.start + stroke.time {
                break;
            }
            self.base = [self.base[0] + stroke.by[0], self.base[1] + stroke.by[1]];
            self.done += 1;
        }
        let [mut x, mut y] = self.base;
        for stroke in &self.strokes[self.done..] {
            let a = (now - stroke.start) / stroke.time;
            if a <= 0.0 {
                break;
            }
            if a >= 1.0 {
                x += stroke.by[0];
                y += stroke.by[1];
                continue;
            }
            let a = libm::pow(a, stroke.skew);
            let jerk = a * a * a * (10.0 + a * (6.0 * a - 15.0));
            let way = jerk + self.flat * (a * a * (3.0 - 2.0 * a) - jerk);
            let side = 16.0 * a * a * (1.0 - a) * (1.0 - a) * stroke.bow;
            x += stroke.by[0] * way - stroke.by[1] * side;
            y += stroke.by[1] * way + stroke.by[0] * side;
        }
        for turn in &self.loops {
            let phase = (now - turn.start) / turn.time;
            if phase > 0.0 && phase < 1.0 {
                let angle = std::f64::consts::TAU * phase;
                x += turn.radius * libm::sin(angle);
                y += turn.radius * turn.sense * (1.0 - libm::cos(angle));
            }
        }
        [x, y]
    }
}

/// `far` pixels on the way between two points, but at most half of it, so that a short stroke is
/// not reversed.
fn along(from: [f64; 2], to: [f64; 2], far: f64) -> [f64; 2] {
    let by = [to[0] - from[0], to[1] - from[1]];
    let on = (far / libm::hypot(by[0], by[1]).max(1e-6)).clamp(-0.5, 0.5);
    [on * by[0], on * by[1]]
}
