//! Points, vectors and lines.

/// A point, or a vector between two points.
pub(super) type Vector = [f64; 2];

/// The vector from `a` to `b`.
pub(super) fn between(a: Vector, b: Vector) -> Vector {
    [b[0] - a[0], b[1] - a[1]]
}

/// Squared length.
pub(super) fn square(a: Vector) -> f64 {
    a[0] * a[0] + a[1] * a[1]
}

/// Distance of two points.
pub(super) fn distance(a: Vector, b: Vector) -> f64 {
    square(between(a, b)).sqrt()
}

/// The point that lies `share` of the way from `a` to `b`.
pub(super) fn along(a: Vector, b: Vector, share: f64) -> Vector {
    [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])]
}

/// Angle between two vectors, 0 to π; 0 where one has no length.
pub(super) fn angle(a: Vector, b: Vector) -> f64 {
    let (sine, cosine) = (a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]);
    libm::atan2(sine, cosine).abs()
}

/// The line from one point to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    start: Vector,
    vector: Vector,
    /// 1 / squared length; 0 for a line without length.
    scale: f64,
}

impl Line {
    pub(super) fn new(start: Vector, end: Vector) -> Self {
        let vector = between(start, end);
        let length = square(vector);
        Self {
            start,
            vector,
            scale: if length > 0.0 { 1.0 / length } else { 0.0 },
        }
    }

    /// Squared distance of a point from the nearest point of the line.
    pub(super) fn square_to(&self, point: Vector) -> f64 {
        let to = between(self.start, point);
        let product = self.vector[0] * to[0] + self.vector[1] * to[1];
        // The shortest lines have an infinite scale, and 0 times infinity is NaN.
        let share = (product * self.scale).clamp(0.0, 1.0);
        let share = if share.is_nan() { 0.0 } else { share };
        square(between(
            [share * self.vector[0], share * self.vector[1]],
            to,
        ))
    }
}

/// Writes `points`, centred and scaled to a mean square of 1, to `out`. The size counts as at least
/// 0.3 key widths, because a touch has no shape.
pub(super) fn normalize<const N: usize>(points: &[Vector; N], out: &mut [Vector; N]) {
    let mut middle = [0.0; 2];
    for point in points {
        middle[0] += point[0];
        middle[1] += point[1];
    }
    let middle = middle.map(|sum| sum / N as f64);
    let sum: f64 = points
        .iter()
        .map(|point| square(between(middle, *point)))
        .sum();
    let size = (sum / N as f64).sqrt().max(0.3);
    for (out, point) in out.iter_mut().zip(points) {
        *out = between(middle, *point).map(|coordinate| coordinate / size);
    }
}

/// Mean squared distance of the points `a[i]` and `b[i]`.
pub(super) fn mean_square<const N: usize>(a: &[Vector; N], b: &[Vector; N]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| square(between(*a, *b))).sum();
    sum / N as f64
}
