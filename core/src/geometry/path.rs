//! A gesture's path on a keyboard, computed once per swipe.

use super::keys::Keys;
use super::plane::{Line, Vector, along, angle, between, distance, normalize};
use crate::trace::Trace;

/// Points of a resampled path or word, at equal steps of length.
pub(super) const POINTS: usize = 64;
/// Pieces between the points.
pub(super) const PIECES: usize = POINTS - 1;

/// A gesture's path over a keyboard's keys, ready to compare with words.
#[derive(Clone, Debug)]
pub struct GesturePath {
    pub(super) centres: Vec<Option<Vector>>,
    /// Points at equal steps of the path's length, in key widths.
    pub(super) points: [Vector; POINTS],
    /// The same points, centred and scaled.
    pub(super) shape: [Vector; POINTS],
    /// Milliseconds from touch-down.
    pub(super) times: [f64; POINTS],
    /// Turn of the path at each point, in radians.
    pub(super) turns: [f64; POINTS],
    /// Length of the whole path.
    pub(super) length: f64,
    /// Squared distance of each label's key from each piece, `[labels, PIECES]`; infinite for a
    /// label without a key.
    approaches: Vec<f64>,
    /// All points of the trace: position and milliseconds from touch-down.
    samples: Vec<(Vector, f64)>,
}

impl Default for GesturePath {
    fn default() -> Self {
        Self {
            centres: Vec::new(),
            points: [[0.0; 2]; POINTS],
            shape: [[0.0; 2]; POINTS],
            times: [0.0; POINTS],
            turns: [0.0; POINTS],
            length: 0.0,
            approaches: Vec::new(),
            samples: Vec::new(),
        }
    }
}

impl GesturePath {
    /// An empty path.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes every point of `trace`, the lift included, as a path over the keys of `keyboard`.
    /// Returns false where the trace has no point; the path is then unchanged.
    pub fn set(&mut self, keyboard: &Keys, trace: &Trace) -> bool {
        let Some(first) = trace.points().first() else {
            return false;
        };
        self.centres.clone_from(&keyboard.centres);
        self.samples.clear();
        self.samples.extend(trace.points().iter().map(|point| {
            let location = keyboard.locate(trace.area(), point.x, point.y);
            (location, point.t - first.t)
        }));
        let pairs = self.samples.windows(2);
        self.length = pairs.map(|pair| distance(pair[0].0, pair[1].0)).sum();
        self.resample();
        normalize(&self.points, &mut self.shape);
        self.turn();
        self.approaches.clear();
        for centre in &self.centres {
            let pieces = self.points.windows(2);
            self.approaches.extend(pieces.map(|piece| match centre {
                Some(centre) => Line::new(piece[0], piece[1]).square_to(*centre),
                None => f64::INFINITY,
            }));
        }
        true
    }

    /// Forgets the trace; no word has a key on an empty path.
    pub(crate) fn clear(&mut self) {
        self.centres.clear();
        self.samples.clear();
    }

    /// Centre of a label's key.
    pub(super) fn centre(&self, label: u8) -> Option<Vector> {
        self.centres.get(usize::from(label)).copied().flatten()
    }

    /// Squared distance of a label's key from each piece.
    pub(super) fn approach(&self, label: u8) -> &[f64] {
        &self.approaches[usize::from(label) * PIECES..][..PIECES]
    }

    /// Bytes of the buffers.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<f64>() * self.approaches.capacity()
            + size_of::<(Vector, f64)>() * self.samples.capacity()
            + size_of::<Option<Vector>>() * self.centres.capacity()
    }

    fn resample(&mut self) {
        let last = self.samples.len() - 1;
        let step = self.length / PIECES as f64;
        // The path up to sample `from` has the length `before`.
        let (mut from, mut before) = (0, 0.0);
        for index in 1..PIECES {
            let wanted = index as f64 * step;
            let (share, to) = loop {
                let to = (from + 1).min(last);
                let length = distance(self.samples[from].0, self.samples[to].0);
                if before + length >= wanted || to == last {
                    let share = if length > 0.0 {
                        ((wanted - before) / length).clamp(0.0, 1.0)
                    } else {
                        0.0
                    };
                    break (share, to);
                }
                before += length;
                from = to;
            };
            let ((a, start), (b, end)) = (self.samples[from], self.samples[to]);
            self.points[index] = along(a, b, share);
            self.times[index] = start + share * (end - start);
        }
        (self.points[0], self.times[0]) = self.samples[0];
        (self.points[PIECES], self.times[PIECES]) = self.samples[last];
    }

    /// The turn at each point: the angle between the chords over the two pieces before and the two
    /// after it. Two neighbouring points see every turn, so each counts half.
    fn turn(&mut self) {
        for index in 1..PIECES {
            let [before, at, behind] =
                [index.saturating_sub(2), index, (index + 2).min(PIECES)].map(|at| self.points[at]);
            self.turns[index] = angle(between(before, at), between(at, behind)) / 2.0;
        }
    }
}
