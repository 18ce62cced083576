//! Augments a swipe before a network learns from it, as if the same finger swiped on another day on
//! another screen.

use std::f64::consts::TAU;

use swipekit::trace::Point;

use crate::synth::Stream;
use crate::synth::error::Result;

/// How much swipes are varied. Lengths are in keys of the layout, so they mean the same in both
/// directions; what one swipe gets is drawn anew each time it comes.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Augmentation {
    /// Standard deviation of a swipe's shift.
    pub shift: [f64; 2],
    /// Standard deviation of a swipe's scale about the middle of the letter area.
    pub scale: [f64; 2],
    /// Standard deviation of the slant: x by y and y by x, in key widths a key height and the
    /// reverse.
    pub slant: f64,
    /// Standard deviation of a smooth error along the path.
    pub drift: f64,
    /// Standard deviation of each point's own error.
    pub jitter: f64,
    /// Standard deviation of the logarithm of a swipe's speed.
    pub tempo: f64,
    /// Standard deviation of the logarithm of a smooth change of speed along the path.
    pub rush: f64,
    /// Share of swipes that lose points at random; each of them loses up to [`lost`](Self::lost) of
    /// its inner points.
    pub lossy: f64,
    /// Largest share of lost points.
    pub lost: f64,
}

impl Augmentation {
    /// Nothing is done.
    pub const NONE: Self = Self {
        shift: [0.0; 2],
        scale: [0.0; 2],
        slant: 0.0,
        drift: 0.0,
        jitter: 0.0,
        tempo: 0.0,
        rush: 0.0,
        lossy: 0.0,
        lost: 0.0,
    };

    /// What training uses at strength 1. Shifts are well below the spread between people's mean
    /// errors (0.1 to 0.2 key sizes in How We Swipe), so that a swipe keeps its word.
    pub const USUAL: Self = Self {
        shift: [0.08, 0.08],
        scale: [0.02, 0.04],
        slant: 0.02,
        drift: 0.05,
        jitter: 0.015,
        tempo: 0.15,
        rush: 0.15,
        lossy: 0.3,
        lost: 0.4,
    };

    /// All of it times `strength`; shares stay shares.
    ///
    /// # Errors
    /// [`swipekit::Error::Invalid`] where `strength` is not a number from 0 to 10.
    pub fn times(self, strength: f64) -> Result<Self> {
        if !(0.0..=10.0).contains(&strength) {
            return Err(swipekit::Error::invalid(
                "the strength of augmentation",
                "a number from 0 to 10",
                strength,
            )
            .into());
        }
        let pair = |pair: [f64; 2]| pair.map(|value| value * strength);
        Ok(Self {
            shift: pair(self.shift),
            scale: pair(self.scale),
            slant: self.slant * strength,
            drift: self.drift * strength,
            jitter: self.jitter * strength,
            tempo: self.tempo * strength,
            rush: self.rush * strength,
            lossy: (self.lossy * strength).min(1.0),
            lost: (self.lost * strength).min(0.9),
        })
    }

    /// Puts a varied copy of `points` into `out`: at least its first and last point. `key` is the
    /// size of a key in the coordinates of the points.
    pub(super) fn vary(
        &self,
        points: &[Point],
        key: [f64; 2],
        random: &mut Stream,
        out: &mut Vec<Point>,
    ) {
        out.clear();
        let Some(first) = points.first() else {
            return;
        };
        let shift = [0, 1].map(|axis| self.shift[axis] * random.normal() * key[axis]);
        let scale = [0, 1].map(|axis| 1.0 + self.scale[axis] * random.normal());
        let slant = [0, 1].map(|_| self.slant * random.normal());
        let drift = [0, 1].map(|_| Wave::draw(self.drift, random));
        let tempo = self.tempo * random.normal();
        let rush = Wave::draw(self.rush, random);
        let lost = if random.uniform() < self.lossy {
            self.lost * random.uniform()
        } else {
            0.0
        };
        let last = points.len() - 1;
        let mut time = 0.0;
        let mut before = first.t;
        for (index, point) in points.iter().enumerate() {
            let along = index as f64 / last.max(1) as f64;
            time += (point.t - before) * (tempo + rush.at(along)).exp();
            before = point.t;
            let error = [0, 1].map(|axis| drift[axis].at(along) + self.jitter * random.normal());
            if lost > 0.0 && index > 0 && index < last && random.uniform() < lost {
                continue;
            }
            let middle = [(point.x - 0.5) / key[0], (point.y - 0.5) / key[1]];
            let moved = [0, 1].map(|axis| {
                let keys =
                    middle[axis] * scale[axis] + middle[1 - axis] * slant[axis] + error[axis];
                0.5 + keys * key[axis] + shift[axis]
            });
            out.push(Point::new(moved[0], moved[1], time));
        }
    }
}

/// A smooth function along a path: two sine waves of up to three periods.
struct Wave([[f64; 3]; 2]);

impl Wave {
    /// One of standard deviation `size` anywhere.
    fn draw(size: f64, random: &mut Stream) -> Self {
        Self([0.0, 1.5].map(|least| {
            let height = size * random.normal();
            let periods = least + 1.5 * random.uniform();
            [height, TAU * periods, TAU * random.uniform()]
        }))
    }

    fn at(&self, along: f64) -> f64 {
        self.0
            .iter()
            .map(|[height, turn, phase]| height * (turn * along + phase).sin())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [f64; 2] = [0.1, 1.0 / 3.0];

    fn line(count: usize) -> Vec<Point> {
        (0..count)
            .map(|at| Point::new(at as f64 / count as f64, 0.5, at as f64 * 16.0))
            .collect()
    }

    fn varied(augmentation: Augmentation, points: &[Point], seed: u64) -> Vec<Point> {
        let mut out = Vec::new();
        augmentation.vary(points, KEY, &mut Stream::new(seed, 0, 0), &mut out);
        out
    }

    #[test]
    fn nothing_is_done_at_strength_zero() {
        let points = line(40);
        let out = varied(Augmentation::USUAL.times(0.0).unwrap(), &points, 3);
        assert_eq!(Augmentation::USUAL.times(0.0).unwrap(), Augmentation::NONE);
        for (one, other) in out.iter().zip(&points) {
            assert!((one.x - other.x).abs() < 1e-12 && (one.y - other.y).abs() < 1e-12);
            assert_eq!(one.t, other.t);
        }
        assert_eq!(out.len(), points.len());
    }

    #[test]
    fn shifts_and_speeds_are_as_large_as_they_say() {
        let points = line(40);
        let only = Augmentation {
            shift: [0.2, 0.1],
            tempo: 0.3,
            ..Augmentation::NONE
        };
        let mut squares = [0.0; 3];
        for seed in 0..2000 {
            let out = varied(only, &points, seed);
            let end = out[39];
            squares[0] += ((out[0].x - points[0].x) / KEY[0]).powi(2);
            squares[1] += ((end.y - points[39].y) / KEY[1]).powi(2);
            squares[2] += (end.t / points[39].t).ln().powi(2);
        }
        let deviation = squares.map(|sum| (sum / 2000.0f64).sqrt());
        for (got, expected) in deviation.into_iter().zip([0.2, 0.1, 0.3]) {
            assert!((got / expected - 1.0).abs() < 0.08, "{got} {expected}");
        }
    }

    #[test]
    fn time_goes_forward_and_the_ends_stay() {
        let points = line(60);
        let much = Augmentation::USUAL.times(10.0).unwrap();
        let mut counts = [0; 2];
        for seed in 0..200 {
            let out = varied(much, &points, seed);
            assert!(out.len() >= 2 && out.len() <= points.len());
            assert!(out.windows(2).all(|pair| pair[0].t <= pair[1].t));
            assert_eq!(out[0].t, 0.0);
            assert!(out.iter().all(|p| p.x.is_finite() && p.y.is_finite()));
            counts[usize::from(out.len() < points.len())] += 1;
        }
        assert!(counts[1] > 150, "{counts:?}");
        assert!(varied(much, &[], 1).is_empty());
        assert_eq!(varied(much, &line(1), 1).len(), 1);
    }

    #[test]
    fn the_same_numbers_give_the_same_swipe() {
        let points = line(30);
        let usual = Augmentation::USUAL;
        assert_eq!(varied(usual, &points, 9), varied(usual, &points, 9));
        assert_ne!(varied(usual, &points, 9), varied(usual, &points, 10));
    }

    #[test]
    fn strengths_that_are_none_are_refused() {
        for strength in [-1.0, f64::NAN, f64::INFINITY, 11.0] {
            assert!(Augmentation::USUAL.times(strength).is_err());
        }
    }
}
