//! Named layouts and how to build them.

use super::{Key, Layout, LetterArea};
use crate::error::Result;

impl Layout {
    /// A layout of equal keys side by side: for each row, top to bottom, the labels of its keys and
    /// its left edge in key widths.
    ///
    /// Coordinates run from 0 to 1: from 0 key widths to the right end of the longest row, and from
    /// the top of the first row to the bottom of the last. Rows may hold keys that type no letter.
    pub fn rows(name: &str, rows: &[(&str, f32)]) -> Self {
        let columns = rows
            .iter()
            .map(|(labels, shift)| labels.chars().count() as f32 + shift)
            .fold(0.0, f32::max);
        let keys = rows
            .iter()
            .enumerate()
            .flat_map(|(row, (labels, shift))| {
                labels.chars().enumerate().map(move |(column, label)| Key {
                    label,
                    x: (column as f32 + shift) / columns,
                    y: row as f32 / rows.len() as f32,
                    width: 1.0 / columns,
                    height: 1.0 / rows.len() as f32,
                })
            })
            .collect();
        Self {
            name: name.to_owned(),
            keys,
        }
    }

    /// QWERTY as on real keyboards, in the letter area's coordinates: ten keys wide, three rows
    /// high, the second row shifted right by half a key and the third by one and a half.
    ///
    /// The How We Swipe traces (Leiva et al., MobileHCI 2021) use these coordinates.
    pub fn qwerty() -> Self {
        Self::rows(
            "qwerty",
            &[("qwertyuiop", 0.0), ("asdfghjkl", 0.5), ("zxcvbnm", 1.5)],
        )
    }

    /// The seed featurizer's key grid: QWERTY with all three rows aligned left. No keyboard looks
    /// like this; networks trained with that featurizer measure their distance features to it.
    pub fn qwerty_unshifted() -> Self {
        Self::rows(
            "qwerty-unshifted",
            &[("qwertyuiop", 0.0), ("asdfghjkl", 0.0), ("zxcvbnm", 0.0)],
        )
    }

    /// QWERTZ, the German order, without umlauts: QWERTY with y and z exchanged.
    pub fn qwertz() -> Self {
        Self::rows(
            "qwertz",
            &[("qwertzuiop", 0.0), ("asdfghjkl", 0.5), ("yxcvbnm", 1.5)],
        )
    }

    /// AZERTY, the French order, as on phones: two full rows of ten, and the third row between
    /// shift and delete.
    pub fn azerty() -> Self {
        Self::rows(
            "azerty",
            &[("azertyuiop", 0.0), ("qsdfghjklm", 0.0), ("wxcvbn", 1.5)],
        )
    }

    /// Dvorak as on phones: the letters in their columns beside the punctuation, rows not shifted.
    pub fn dvorak() -> Self {
        Self::rows(
            "dvorak",
            &[("pyfgcrl", 3.0), ("aoeuidhtns", 0.0), ("qjkxbmwvz", 1.0)],
        )
    }

    /// The layout moved and scaled so that its letters span `area`, up to rounding of
    /// [`letter_area`](Self::letter_area). It turns a layout of this module into pixels of a
    /// screen.
    ///
    /// # Errors
    /// Those of [`letter_area`](Self::letter_area).
    pub fn placed(&self, area: LetterArea) -> Result<Self> {
        let own = self.letter_area()?;
        let keys = self.keys.iter().map(|key| {
            let [left, top] = area.point(own.normalize(key.x.into(), key.y.into()));
            let [right, bottom] = area.point(own.normalize(
                f64::from(key.x) + f64::from(key.width),
                f64::from(key.y) + f64::from(key.height),
            ));
            Key {
                label: key.label,
                x: left as f32,
                y: top as f32,
                width: (right - left) as f32,
                height: (bottom - top) as f32,
            }
        });
        Ok(Self {
            name: self.name.clone(),
            keys: keys.collect(),
        })
    }
}
