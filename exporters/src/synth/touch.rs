//! Simulates how a touch screen reports a finger's movement.

use super::motion::Motion;
use super::person::Person;
use super::profile::Profile;
use crate::random::Stream;

/// Most points of a swipe.
pub const MAX_POINTS: usize = 1024;
/// Speed from which a finger shakes in full, in key widths a second: noise grows with the signal
/// that moves the finger (Harris and Wolpert 1998).
const FULL_SPEED: f64 = 3.0;
/// Share of drift and tremor that is left in a resting finger.
const RESTING: f64 = 0.08;

/// Slow drift and tremor about the planned movement, in pixels.
struct Shake {
    /// Share of the drift that is kept from reading to reading.
    keep: f64,
    drift: f64,
    tremor: f64,
    first: [f64; 2],
    second: [f64; 2],
    fast: [f64; 2],
}

impl Shake {
    fn new(
        profile: &Profile,
        person: &Person,
        interval: f64,
        unit: f64,
        stream: &mut Stream,
    ) -> Self {
        let drift = profile.drift * unit * person.noise;
        Self {
            keep: libm::exp(-interval / (profile.drift_ms * person.slowness)),
            drift,
            tremor: profile.tremor * unit * stream.factor(0.5),
            first: [0, 1].map(|_| 0.3 * drift * stream.normal()),
            second: [0.0; 2],
            fast: [0.0; 2],
        }
    }

    /// The next offset: two low-pass stages for the drift, whose second one is scaled up to the
    /// first one's size, and one for the tremor.
    fn next(&mut self, moving: f64, stream: &mut Stream) -> [f64; 2] {
        let fresh = libm::sqrt(1.0 - self.keep * self.keep) * self.drift * moving;
        [0, 1].map(|axis| {
            self.first[axis] = self.first[axis] * self.keep + fresh * stream.normal();
            self.second[axis] = self.second[axis] * self.keep
                + (1.0 - self.keep) * self.first[axis] * std::f64::consts::SQRT_2;
            self.fast[axis] = self.fast[axis] * 0.6 + 0.8 * self.tremor * moving * stream.normal();
            self.second[axis] + self.fast[axis]
        })
    }
}

/// Reads a movement as a person's screen would: points in the letter area's frame, times in whole
/// ms from 0. `size`: width and height of the letter area in pixels; `unit`: width of the usual
/// key.
pub(super) fn read(
    profile: &Profile,
    person: &Person,
    motion: &mut Motion,
    size: [f64; 2],
    unit: f64,
    stream: &mut Stream,
    points: &mut Vec<(f64, f64, f64)>,
) {
    points.clear();
    let screen = person.screen;
    let interval = screen.interval.max(motion.ends / (MAX_POINTS - 64) as f64);
    let mut shake = Shake::new(profile, person, interval, unit, stream);
    // The circle that the finger must leave before anything is reported.
    let mut slop = match stream.chance(profile.slop) {
        true => profile.slop_px * stream.factor(0.5),
        false => 0.0,
    };
    let mut now = 0.0;
    let mut told = [0.0; 2];
    let mut before = motion.at(0.0);
    let mut passed = interval;
    let mut read_at = 0.0f64;
    let mut ends = motion.ends;
    loop {
        let at_end = now >= ends;
        // What is read is of a little before or after; a movement does not go back.
        read_at = read_at.max((now + profile.reading_ms * stream.normal()).min(ends));
        let finger = motion.at(read_at);
        let way = libm::hypot(finger[0] - before[0], finger[1] - before[1]);
        let moving = (way / unit / passed * 1000.0 / FULL_SPEED).clamp(RESTING, 1.0);
        before = finger;
        let offset = shake.next(moving, stream);
        let mut pixel = [0, 1].map(|axis| {
            // Far outside of the screen no finger is reported.
            let beyond = if axis == 0 { 0.05 } else { 1.0 } * size[axis];
            let position = (finger[axis] + offset[axis]).clamp(-beyond, size[axis] + beyond);
            (position / screen.step).round() * screen.step
        });
        let mut tell = true;
        if !points.is_empty() {
            let moved = [pixel[0] - told[0], pixel[1] - told[1]];
            if slop > 0.0 {
                tell = libm::hypot(moved[0], moved[1]) >= slop;
                if tell {
                    slop = 0.0;
                }
            }
            let rests = moved[0].abs() < 0.5 && moved[1].abs() < 0.5;
            tell &= !(rests && stream.chance(screen.still));
            tell &= !stream.chance(profile.lost);
        }
        if at_end && !points.is_empty() && stream.chance(profile.lift_repeats) {
            pixel = told;
        }
        if tell || at_end {
            points.push((pixel[0] / size[0], pixel[1] / size[1], now.round()));
            told = pixel;
        }
        if at_end {
            return;
        }
        passed = (interval + profile.clock_jitter_ms * stream.normal()).max(2.0);
        if now == 0.0 {
            // A finger comes down at any time between two readings.
            passed *= stream.between(0.4, 1.6);
        }
        now += passed;
        // The lift is the last reading, even if jitter made too many.
        if now > ends || points.len() >= MAX_POINTS - 1 {
            let soon = passed * libm::pow(stream.uniform(), 1.4);
            ends = ends.min(now - passed + soon);
            now = ends;
        }
    }
}
