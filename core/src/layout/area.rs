//! The rectangle that a keyboard's letters span.

use crate::error::{Error, Result};

/// The rectangle that a keyboard's letters span, in the units of its points.
///
/// It maps a point of any keyboard to the coordinates that networks are trained in: x 0 = left edge
/// of the first row (of q), 1 = right edge (of p); y 0 = top of the first row, 1 = bottom of the
/// third.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LetterArea {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
}

impl LetterArea {
    /// The letter area in its own coordinates: points already lie in [0, 1].
    pub const UNIT: Self = Self {
        left: 0.0,
        top: 0.0,
        width: 1.0,
        height: 1.0,
    };

    /// The area with the given left and top edge, width and height.
    ///
    /// # Errors
    /// [`Error::NotFinite`] or, for a width or height that is not a positive normal number,
    /// [`Error::Invalid`].
    pub fn new(left: f32, top: f32, width: f32, height: f32) -> Result<Self> {
        if ![left, top, width, height].iter().all(|v| v.is_finite()) {
            return Err(Error::NotFinite {
                what: "the letter area",
            });
        }
        let usable = |size: f32| size > 0.0 && size.is_normal();
        if !usable(width) || !usable(height) {
            return Err(Error::invalid(
                "the letter area's width and height",
                "more than 0",
                format!("{width} x {height}"),
            ));
        }
        Ok(Self {
            left,
            top,
            width,
            height,
        })
    }

    /// (`x`, `y`) in the letter area's coordinates: [0, 1] inside. Points outside are limited to a
    /// million letter areas.
    pub fn normalize(&self, x: f64, y: f64) -> [f64; 2] {
        [
            (x - f64::from(self.left)) / f64::from(self.width),
            (y - f64::from(self.top)) / f64::from(self.height),
        ]
        .map(|coordinate| coordinate.clamp(-1e6, 1e6))
    }

    /// Maps a point in the letter area's coordinates to the keyboard, the inverse of
    /// [`normalize`](Self::normalize).
    pub fn point(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [
            f64::from(self.left) + x * f64::from(self.width),
            f64::from(self.top) + y * f64::from(self.height),
        ]
    }
}
