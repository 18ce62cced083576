//! What is measured on swipes, real and synthetic ones.

mod readings;
mod rests;
mod shape;
mod strokes;

use std::collections::BTreeMap;

use super::path::{Path, Target};
use crate::synth::board::Board;

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

/// The way from one key to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) person: usize,
    pub(super) swipe: usize,
    /// Logarithm of the keys' distance in key widths.
    pub(super) log_keys: f64,
    /// Logarithm of the time in ms.
    pub(super) log_ms: f64,
}

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
    pub(super) segments: Vec<Segment>,
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
            let range = low.ln()..high.ln();
            self.segments
                .iter()
                .filter(|segment| range.contains(&segment.log_keys))
                .map(|segment| segment.log_ms.exp())
                .collect()
        })
    }
}
