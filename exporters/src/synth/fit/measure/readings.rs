//! What a screen tells: the times and the grid of its readings.

use super::Measured;
use crate::synth::fit::path::{Path, distance};

impl Measured {
    pub(super) fn readings(&mut self, path: &Path, person: usize, unit: f64) {
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
}
