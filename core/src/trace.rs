//! A finger's path: its points and the letter area that they were made on.

mod times;

use std::sync::OnceLock;

use crate::error::{Error, Result};
use crate::layout::LetterArea;

/// Most points of a trace: ten minutes at 400 points a second, far beyond any gesture.
pub const MAX_POINTS: usize = 1 << 18;

/// Longest duration of a trace in milliseconds: ten minutes.
pub const MAX_DURATION_MS: f64 = 600_000.0;

/// One point that the touch screen reports.
///
/// Positions are float64 because accelerations divide their rounding errors by milliseconds twice:
/// rounding positions to float32 changes accelerations by up to 6e-4 of their value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Horizontal position, in the units of the keyboard's layout, growing to the right.
    pub x: f64,
    /// Vertical position, in the units of the keyboard's layout, growing downwards.
    pub y: f64,
    /// Time in milliseconds, from any origin. [`Trace`] repairs faulty times.
    pub t: f64,
}

impl Point {
    /// A point at (`x`, `y`) at time `t` in milliseconds.
    pub fn new(x: f64, y: f64, t: f64) -> Self {
        Self { x, y, t }
    }
}

/// A finger's path from touch-down to lift, in the units of the layout that it was made on.
///
/// A trace keeps every point, the lift included, and changes no position; mapping to the letter
/// area, cleaning and resampling are the featurizer's work. Two rules hold for every trace,
/// whatever was pushed:
/// - All numbers are finite. [`Error::NotFinite`] refuses any other point, and the trace is
///   unchanged.
/// - There are at most [`MAX_POINTS`] points, and none later than [`MAX_DURATION_MS`] milliseconds
///   after the first. [`Error::TooLarge`] refuses any other point.
///
/// # Times
/// Touch screens, browsers and recordings round time stamps, repeat them and report wrong ones.
/// [`points`](Self::points) returns repaired times, and all decoding uses those. Repaired times
/// never go back.
/// - Stamps that are all later than the one before are kept exactly. A pause is no fault.
/// - Where stamps go back, as few as possible count as wrong: a point keeps its stamp if it is in
///   every longest choice of points whose stamps never go back. A stamp ahead of its time thus
///   moves only itself, not those that follow. Of two swapped neighbours, both move.
/// - Of points with one stamp, the last keeps it.
/// - Points between two that keep their stamps are spread evenly over the time between: 0, 20, 20,
///   40, 40 becomes 0, 10, 20, 30, 40.
/// - Points before the first and after the last that keep their stamps continue at the mean step
///   between these two, at most a sixtieth of a second, or at a sixtieth where only one keeps its
///   stamp. Where none does, the first point keeps its own.
/// - A stamp more than [`MAX_DURATION_MS`] before the first counts as exactly that much before it.
///   Repaired times that span more than [`MAX_DURATION_MS`] are scaled down to it.
///
/// The repair reads the whole trace, so the next point may change the times of the last ones.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The points as pushed.
    points: Vec<Point>,
    area: LetterArea,
    /// The points with repaired times, once requested; `None` where their stamps need no repair.
    repaired: OnceLock<Option<Vec<Point>>>,
}

impl PartialEq for Trace {
    fn eq(&self, other: &Self) -> bool {
        self.points == other.points && self.area == other.area
    }
}

impl Default for Trace {
    /// An empty trace in the letter area's own coordinates.
    fn default() -> Self {
        Self::new(LetterArea::UNIT)
    }
}

impl Trace {
    /// An empty trace on a keyboard whose letters span `area`
    /// ([`Layout::letter_area`](crate::layout::Layout::letter_area)).
    pub fn new(area: LetterArea) -> Self {
        Self {
            points: Vec::new(),
            area,
            repaired: OnceLock::new(),
        }
    }

    /// The trace of `points`, made on a keyboard whose letters span `area`.
    ///
    /// # Errors
    /// Those of [`Trace::push`].
    pub fn from_points(area: LetterArea, points: impl IntoIterator<Item = Point>) -> Result<Self> {
        let mut trace = Self::new(area);
        for point in points {
            trace.push(point)?;
        }
        Ok(trace)
    }

    /// The trace of `points` given as (x, y, t): x and y in the letter area's coordinates (x 0 =
    /// left edge of the first row, 1 = right edge; y 0 = top of the first row, 1 = bottom of the
    /// third), t in milliseconds.
    ///
    /// # Errors
    /// Those of [`Trace::push`].
    pub fn in_letter_area(points: impl IntoIterator<Item = (f64, f64, f64)>) -> Result<Self> {
        let points = points.into_iter().map(|(x, y, t)| Point { x, y, t });
        Self::from_points(LetterArea::UNIT, points)
    }

    /// Appends one point.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where a number is NaN or infinite, [`Error::TooLarge`] where the trace
    /// would exceed [`MAX_POINTS`] or [`MAX_DURATION_MS`]. The trace is then unchanged.
    pub fn push(&mut self, mut point: Point) -> Result<()> {
        if !(point.x.is_finite() && point.y.is_finite() && point.t.is_finite()) {
            return Err(Error::NotFinite {
                what: "a point of the trace",
            });
        }
        if self.points.len() >= MAX_POINTS {
            return Err(Error::TooLarge {
                what: "the number of points of the trace",
                limit: MAX_POINTS as u64,
                got: self.points.len() as u64 + 1,
            });
        }
        if let Some(first) = self.points.first() {
            point.t = point.t.max(first.t - MAX_DURATION_MS);
            let duration = point.t - first.t;
            if duration > MAX_DURATION_MS {
                return Err(Error::TooLarge {
                    what: "the duration of the trace in milliseconds",
                    limit: MAX_DURATION_MS as u64,
                    got: duration as u64,
                });
            }
        }
        self.points.push(point);
        self.repaired.take();
        Ok(())
    }

    /// Appends points: all of them, or none where one is refused.
    ///
    /// # Errors
    /// Those of [`Trace::push`]; the trace is then unchanged.
    pub fn extend(&mut self, points: &[Point]) -> Result<()> {
        let before = self.points.len();
        for point in points {
            if let Err(error) = self.push(*point) {
                self.points.truncate(before);
                self.repaired.take();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Removes all points and keeps the memory, for the next gesture on the same keyboard.
    pub fn clear(&mut self) {
        self.points.clear();
        self.repaired.take();
    }

    /// The points as pushed, with [repaired times](Self#times).
    pub fn points(&self) -> &[Point] {
        let repaired = self.repaired.get_or_init(|| times::repaired(&self.points));
        repaired.as_deref().unwrap_or(&self.points)
    }

    /// The letter area that the points were made on.
    pub fn area(&self) -> LetterArea {
        self.area
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Repaired time from the first point to the last, in milliseconds.
    pub fn duration_ms(&self) -> f64 {
        match (self.points().first(), self.points().last()) {
            (Some(first), Some(last)) => last.t - first.t,
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_that_is_not_finite_is_refused_and_leaves_the_trace_alone() {
        let mut trace = Trace::default();
        trace.push(Point::new(0.1, 0.2, 0.0)).unwrap();
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for point in [
                Point::new(bad, 0.0, 1.0),
                Point::new(0.0, bad, 1.0),
                Point::new(0.0, 0.0, bad),
            ] {
                let error = trace.push(point).unwrap_err();
                assert!(matches!(error, Error::NotFinite { .. }), "{error}");
                assert_eq!(trace.len(), 1);
            }
        }
    }

    fn times(trace: &Trace) -> Vec<f64> {
        trace.points().iter().map(|point| point.t).collect()
    }

    #[test]
    fn sound_points_are_read_as_they_were_pushed() {
        let points = [0.0, 0.1, 16.7, 16.700000000000003, 900.0].map(|t| Point::new(t, -t, t));
        let trace = Trace::from_points(LetterArea::UNIT, points).unwrap();
        assert_eq!(trace.points(), points);
        assert_eq!(trace.duration_ms(), 900.0);
    }

    #[test]
    fn times_are_repaired_of_all_points_so_far() {
        let mut trace = Trace::default();
        let mut read = Vec::new();
        for stamp in [0.0, 16.0, 332.0, 48.0, 64.0, 64.0] {
            trace.push(Point::new(0.5, 0.5, stamp)).unwrap();
            read.push(times(&trace));
        }
        assert_eq!(read[2], [0.0, 16.0, 332.0]);
        assert_eq!(read[3], [0.0, 16.0, 32.0, 48.0]);
        assert_eq!(read[5], [0.0, 16.0, 32.0, 48.0, 56.0, 64.0]);
        assert_eq!(trace.duration_ms(), 64.0);
        let stamps = [0.0, 16.0, 332.0, 48.0, 64.0, 64.0].map(|t| (0.5, 0.5, t));
        let whole = Trace::in_letter_area(stamps).unwrap();
        assert_eq!(whole, trace);
        assert_eq!(times(&whole), times(&trace));
        trace.clear();
        assert_eq!(trace.points(), []);
        let again = Trace::from_points(LetterArea::UNIT, whole.points().iter().copied()).unwrap();
        assert_eq!(again.points(), whole.points());
    }

    #[test]
    fn any_finite_stamps_give_finite_times_that_never_go_back() {
        for stamps in [
            vec![1e300, -1e300, 0.0, 1e300],
            vec![f64::MAX, f64::MIN],
            vec![f64::MIN, f64::MIN, f64::MIN],
            vec![0.0, -1e9, -1e6, -1e5, -10.0, 599_999.0, 600_000.0],
            vec![0.0, -0.0, 5e-324, 0.0],
        ] {
            let points = stamps.iter().map(|t| (0.5, 0.5, *t));
            let trace = Trace::in_letter_area(points).unwrap();
            let times = times(&trace);
            assert_eq!(times.len(), stamps.len());
            assert!(times.iter().all(|t| t.is_finite()), "{times:?}");
            assert!(times.windows(2).all(|pair| pair[0] <= pair[1]), "{times:?}");
            assert!(trace.duration_ms() <= MAX_DURATION_MS + 1e-6, "{times:?}");
        }
    }

    #[test]
    fn duration_and_length_are_limited() {
        let mut trace = Trace::default();
        trace.push(Point::new(0.0, 0.0, -1e300)).unwrap();
        let error = trace.push(Point::new(0.0, 0.0, 1e300)).unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{error}");
        let many = (0..=MAX_POINTS).map(|i| (0.5, 0.5, i as f64));
        let error = Trace::in_letter_area(many).unwrap_err();
        assert!(
            matches!(error, Error::TooLarge { limit, .. } if limit == MAX_POINTS as u64),
            "{error}"
        );
    }

    #[test]
    fn all_points_are_taken_or_none() {
        let mut trace = Trace::in_letter_area([(0.1, 0.2, 0.0)]).unwrap();
        let before = trace.clone();
        let good = Point::new(0.3, 0.4, 5.0);
        for bad in [Point::new(0.0, f64::NAN, 9.0), Point::new(0.0, 0.0, 1e9)] {
            assert!(trace.extend(&[good, good, bad, good]).is_err());
            assert_eq!(trace, before);
        }
        trace.extend(&[]).unwrap();
        assert_eq!(trace, before);
        trace.extend(&[good, Point::new(0.5, 0.5, 10.0)]).unwrap();
        assert_eq!(times(&trace), [0.0, 5.0, 10.0]);
        // Times read before a refusal stay the same after it.
        let late = [Point::new(0.5, 0.5, 2.0), Point::new(0.5, 0.5, 1e9)];
        assert!(trace.extend(&late).is_err());
        assert_eq!(times(&trace), [0.0, 5.0, 10.0]);
    }

    #[test]
    fn clear_keeps_the_area() {
        let area = LetterArea::new(10.0, 20.0, 300.0, 150.0).unwrap();
        let mut trace = Trace::from_points(area, [Point::new(1.0, 2.0, 3.0)]).unwrap();
        trace.clear();
        assert!(trace.is_empty());
        assert_eq!(trace.duration_ms(), 0.0);
        assert_eq!(trace.area(), area);
    }
}
