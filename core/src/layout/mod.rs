//! The keys of a keyboard as rectangles, and the map from one keyboard's traces to another's.
//!
//! A [`Layout`] is what the app draws: keys in any unit. Its [`LetterArea`] maps points to its own
//! coordinates, so the keyboard's size and position do not matter. Where the keys lie differently
//! from the trained layout, [`Engine::with_layout`](crate::Engine::with_layout) follows the
//! featurizer's [`LayoutPolicy`].

mod area;
mod assign;
mod mapping;
#[cfg(test)]
mod mapping_tests;
mod named;
mod rows;
mod slots;
#[cfg(test)]
mod tests;
mod warp;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
pub use area::LetterArea;
pub(crate) use mapping::Mapping;
pub(crate) use warp::Warp;

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

/// How a bundle treats traces of a layout other than its network's trained layout. It belongs to
/// the featurizer:
/// [`FeaturizerSpec::layout_policy`](crate::features::FeaturizerSpec::layout_policy).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayoutPolicy {
    /// The network sees one geometry, that of the layout in the manifest. Points are moved so that
    /// each key's centre meets the centre of a trained key, and each letter stands for the letter
    /// of that trained key.
    Warp,
}

/// One key: a label and its rectangle, in the units of the points (pixels, or the letter area's [0,
/// 1]).
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
    /// The centre of the key.
    pub fn centre(&self) -> [f32; 2] {
        [self.x + self.width / 2.0, self.y + self.height / 2.0]
    }
}

impl Layout {
    /// The key that types `label`.
    pub fn key(&self, label: char) -> Option<&Key> {
        self.keys.iter().find(|key| key.label == label)
    }

    /// The centre of the key that types `label`.
    pub fn key_centre(&self, label: char) -> Option<[f32; 2]> {
        self.key(label).map(Key::centre)
    }

    /// The centres of all keys, in the order of [`Layout::keys`].
    pub fn key_centres(&self) -> Vec<[f32; 2]> {
        self.keys.iter().map(Key::centre).collect()
    }

    /// Checks that there are keys, that every rectangle is finite with a positive width and height,
    /// and that no two keys type the same letter.
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

    /// The smallest rectangle around all keys that type a letter; other keys (apostrophe, digits)
    /// do not count.
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
