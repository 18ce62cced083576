//! The keys of a keyboard, as rectangles, and the letter area that they span.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Rows of a QWERTY keyboard, top to bottom.
const QWERTY_ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// Left edge of each row in key widths on a real QWERTY keyboard.
const QWERTY_SHIFTS: [f32; 3] = [0.0, 0.5, 1.5];

/// Most keys that a layout may have.
pub const MAX_KEYS: usize = 512;

/// A keyboard's letter keys and the area that they span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Name, for example `qwerty`.
    pub name: String,
    /// The keys.
    pub keys: Vec<Key>,
}

/// One key: a label and its rectangle, in the units of the points (pixels, or the letter area's [0, 1]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The letter that the key types.
    pub label: char,
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Key {
    /// The middle of the key.
    pub fn centre(&self) -> [f32; 2] {
        [self.x + self.width / 2.0, self.y + self.height / 2.0]
    }
}

impl Layout {
    /// QWERTY as it is on real keyboards, in the letter area's coordinates: ten keys a width, three rows a height, the
    /// second row shifted right by half a key and the third by one and a half.
    ///
    /// This is the frame of the How We Swipe traces (Leiva et al., MobileHCI 2021).
    pub fn qwerty() -> Self {
        Self::grid("qwerty", QWERTY_SHIFTS)
    }

    /// The seed featuriser's key grid: QWERTY with all three rows aligned left. No keyboard looks like this; it is what
    /// the distance features of networks trained with that featuriser are measured to.
    pub fn qwerty_unshifted() -> Self {
        Self::grid("qwerty-unshifted", [0.0; 3])
    }

    fn grid(name: &str, shifts: [f32; 3]) -> Self {
        let keys = QWERTY_ROWS
            .iter()
            .zip(shifts)
            .enumerate()
            .flat_map(|(row, (letters, shift))| {
                letters.chars().enumerate().map(move |(column, label)| Key {
                    label,
                    x: (column as f32 + shift) / 10.0,
                    y: row as f32 / 3.0,
                    width: 0.1,
                    height: 1.0 / 3.0,
                })
            })
            .collect();
        Self {
            name: name.to_owned(),
            keys,
        }
    }

    /// The key that types `label`.
    pub fn key(&self, label: char) -> Option<&Key> {
        self.keys.iter().find(|key| key.label == label)
    }

    /// The middle of the key that types `label`.
    pub fn key_centre(&self, label: char) -> Option<[f32; 2]> {
        self.key(label).map(Key::centre)
    }

    /// The middles of all keys, in the order of [`Layout::keys`].
    pub fn key_centres(&self) -> Vec<[f32; 2]> {
        self.keys.iter().map(Key::centre).collect()
    }

    /// Checks that there are keys, that every rectangle is finite with a positive width and height, and that no two
    /// keys type the same letter.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::NotFinite`] or [`Error::TooLarge`] for the first rule broken.
    pub fn validate(&self) -> Result<()> {
        if self.keys.is_empty() {
            return Err(Error::invalid("a layout", "at least one key", "none"));
        }
        if self.keys.len() > MAX_KEYS {
            return Err(Error::TooLarge {
                what: "the number of keys of the layout",
                limit: MAX_KEYS as u64,
                got: self.keys.len() as u64,
            });
        }
        for key in &self.keys {
            let numbers = [key.x, key.y, key.width, key.height];
            if !numbers.iter().all(|number| number.is_finite()) {
                return Err(Error::NotFinite {
                    what: "a key of the layout",
                });
            }
            if key.width <= 0.0 || key.height <= 0.0 {
                return Err(Error::invalid(
                    "a key's width and height",
                    "more than 0",
                    format!("{} x {}", key.width, key.height),
                ));
            }
        }
        let mut labels: Vec<char> = self.keys.iter().map(|key| key.label).collect();
        labels.sort_unstable();
        if let Some(pair) = labels.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::invalid(
                "the labels of a layout",
                "different from each other",
                format!("{:?} twice", pair[0]),
            ));
        }
        Ok(())
    }

    /// The smallest rectangle around all keys that type a letter; other keys (apostrophe, digits) do not count.
    ///
    /// # Errors
    /// Those of [`Layout::validate`], and [`Error::Invalid`] where no key types a letter.
    pub fn letter_area(&self) -> Result<LetterArea> {
        self.validate()?;
        let [mut left, mut top] = [f32::INFINITY; 2];
        let [mut right, mut bottom] = [f32::NEG_INFINITY; 2];
        for key in self.keys.iter().filter(|key| key.label.is_alphabetic()) {
            left = left.min(key.x);
            top = top.min(key.y);
            right = right.max(key.x + key.width);
            bottom = bottom.max(key.y + key.height);
        }
        if left > right {
            return Err(Error::invalid(
                "a layout",
                "at least one letter key",
                "none",
            ));
        }
        LetterArea::new(left, top, right - left, bottom - top)
    }
}

/// The rectangle that a keyboard's letters span, in the units of its points.
///
/// It carries a point of any keyboard into the coordinates that networks are trained in: x 0 = left edge of the first
/// row (of q), 1 = right edge (of p); y 0 = top of the first row, 1 = bottom of the third.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LetterArea {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
}

impl LetterArea {
    /// The letter area's own coordinates: points are in [0, 1] already.
    pub const UNIT: Self = Self {
        left: 0.0,
        top: 0.0,
        width: 1.0,
        height: 1.0,
    };

    /// The area with the given left and top edge, width and height.
    ///
    /// # Errors
    /// [`Error::NotFinite`] or, for a width or height that is not a positive normal number, [`Error::Invalid`].
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

    /// (`x`, `y`) in the letter area's coordinates: [0, 1] inside, beyond outside, at most
    /// a million letter areas away however far the point is.
    pub fn normalise(&self, x: f64, y: f64) -> [f64; 2] {
        [
            (x - f64::from(self.left)) / f64::from(self.width),
            (y - f64::from(self.top)) / f64::from(self.height),
        ]
        .map(|coordinate| coordinate.clamp(-1e6, 1e6))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: [f32; 2], expected: [f32; 2]) {
        for (a, b) in got.iter().zip(expected) {
            assert!((a - b).abs() < 1e-6, "{got:?} against {expected:?}");
        }
    }

    #[test]
    fn qwerty_has_the_geometry_of_real_keyboards() {
        let layout = Layout::qwerty();
        assert_eq!(layout.keys.len(), 26);
        near(layout.key_centre('q').unwrap(), [0.05, 1.0 / 6.0]);
        near(layout.key_centre('p').unwrap(), [0.95, 1.0 / 6.0]);
        near(layout.key_centre('a').unwrap(), [0.10, 0.5]);
        near(layout.key_centre('l').unwrap(), [0.90, 0.5]);
        near(layout.key_centre('z').unwrap(), [0.20, 5.0 / 6.0]);
        near(layout.key_centre('m').unwrap(), [0.80, 5.0 / 6.0]);
        assert_eq!(layout.key_centre('1'), None);
        near(
            Layout::qwerty_unshifted().key_centre('z').unwrap(),
            [0.05, 5.0 / 6.0],
        );
    }

    #[test]
    fn a_scaled_and_moved_keyboard_maps_onto_the_letter_area() {
        let mut layout = Layout::qwerty();
        for key in &mut layout.keys {
            key.x = key.x * 1080.0 + 12.0;
            key.y = key.y * 480.0 + 1600.0;
            key.width *= 1080.0;
            key.height *= 480.0;
        }
        layout.keys.push(Key {
            label: '\'',
            x: -500.0,
            y: 0.0,
            width: 4000.0,
            height: 4000.0,
        });
        let area = layout.letter_area().unwrap();
        for key in Layout::qwerty().keys {
            let [x, y] = layout.key_centre(key.label).unwrap();
            let [x, y] = area.normalise(f64::from(x), f64::from(y));
            near([x as f32, y as f32], key.centre());
        }
    }

    #[test]
    fn bad_layouts_are_refused() {
        let change = |edit: &dyn Fn(&mut Layout)| {
            let mut layout = Layout::qwerty();
            edit(&mut layout);
            assert!(layout.letter_area().is_err());
            layout.validate()
        };
        assert!(change(&|layout| layout.keys.clear()).is_err());
        assert!(change(&|layout| layout.keys[3].x = f32::NAN).is_err());
        assert!(change(&|layout| layout.keys[3].width = 0.0).is_err());
        assert!(change(&|layout| layout.keys[3].height = -1.0).is_err());
        assert!(change(&|layout| layout.keys[3].label = 'q').is_err());
        assert!(
            change(&|layout| layout.keys = vec![layout.keys[0].clone(); MAX_KEYS + 1]).is_err()
        );
        // Valid keys, but no letter among them, or an area that overflows.
        let digits = |layout: &mut Layout| {
            for (i, key) in layout.keys.iter_mut().enumerate() {
                key.label = char::from(33 + i as u8);
            }
        };
        assert!(change(&digits).is_ok());
        assert!(
            change(&|layout| {
                layout.keys[0].x = -f32::MAX;
                layout.keys[1].x = f32::MAX;
            })
            .is_ok()
        );
    }

    #[test]
    fn extreme_points_stay_finite() {
        let area = LetterArea::new(f32::MAX, -f32::MAX, f32::MIN_POSITIVE, 1e-30).unwrap();
        for v in [f64::MAX, -f64::MAX, 0.0, f64::MIN_POSITIVE] {
            assert!(area.normalise(v, v).iter().all(|c| c.is_finite()));
        }
        assert!(LetterArea::new(0.0, 0.0, 1e-42, 1.0).is_err());
    }
}
