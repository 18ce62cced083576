//! A finger's path: raw touch samples and the letter area that they were made on.

use crate::error::{Error, Result};
use crate::layout::LetterArea;

/// Most points that a trace takes: ten minutes at 400 samples a second, far beyond any gesture.
pub const MAX_POINTS: usize = 1 << 18;

/// Longest trace in milliseconds, ten minutes.
pub const MAX_DURATION_MS: f64 = 600_000.0;

/// One touch sample.
///
/// Positions are float64 because accelerations divide their rounding errors by milliseconds, twice:
/// positions rounded to float32 change accelerations by up to 6e-4 of their value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Horizontal position, in the units of the keyboard's layout, growing to the right.
    pub x: f64,
    /// Vertical position, in the units of the keyboard's layout, growing downwards.
    pub y: f64,
    /// Time in milliseconds, from any origin.
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
/// Every point is kept, the lift too, and no position is changed: mapping to the letter area,
/// cleaning and resampling are the featurizer's. Three rules hold for every trace, whatever was
/// pushed:
/// - All numbers are finite; a point that is not is refused with [`Error::NotFinite`] and the trace
///   stays as it was.
/// - Times never go back: a point that claims to be earlier than the one before it takes that one's
///   time. Points at one time are legal (touch screens deliver them).
/// - At most [`MAX_POINTS`] points and [`MAX_DURATION_MS`] milliseconds; what goes beyond is
///   refused with [`Error::TooLarge`].
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    points: Vec<Point>,
    area: LetterArea,
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

    /// Appends one touch sample.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where a number is NaN or infinite, [`Error::TooLarge`] where the trace
    /// would grow beyond [`MAX_POINTS`] or [`MAX_DURATION_MS`]. The trace is unchanged then.
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
        if let (Some(first), Some(last)) = (self.points.first(), self.points.last()) {
            point.t = point.t.max(last.t);
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
        Ok(())
    }

    /// Appends touch samples: all of them, or none where one is refused.
    ///
    /// # Errors
    /// Those of [`Trace::push`]; the trace is unchanged then.
    pub fn extend(&mut self, points: &[Point]) -> Result<()> {
        let before = self.points.len();
        for point in points {
            if let Err(error) = self.push(*point) {
                self.points.truncate(before);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Removes all points and keeps the memory, for the next gesture on the same keyboard.
    pub fn clear(&mut self) {
        self.points.clear();
    }

    /// The points, as they were pushed except for times that went back.
    pub fn points(&self) -> &[Point] {
        &self.points
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

    /// Milliseconds from the first point to the last.
    pub fn duration_ms(&self) -> f64 {
        match (self.points.first(), self.points.last()) {
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

    #[test]
    fn time_never_goes_back() {
        let trace =
            Trace::in_letter_area([(0.0, 0.0, 50.0), (0.1, 0.0, 20.0), (0.2, 0.0, 60.0)]).unwrap();
        let times: Vec<f64> = trace.points().iter().map(|point| point.t).collect();
        assert_eq!(times, [50.0, 50.0, 60.0]);
        assert_eq!(trace.duration_ms(), 10.0);
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
        trace.extend(&[good, Point::new(0.5, 0.5, 2.0)]).unwrap();
        let times: Vec<f64> = trace.points().iter().map(|point| point.t).collect();
        assert_eq!(times, [0.0, 5.0, 5.0]);
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
