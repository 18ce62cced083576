//! Keyboards.

use swipekit::layout;

use super::error::{Result, guard};

/// The rectangle that a keyboard's letters span, in the units of its points.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Record)]
pub struct LetterArea {
    /// Left edge of the leftmost letter.
    pub left: f32,
    /// Top of the first row.
    pub top: f32,
    /// From the left edge of the leftmost letter to the right one of the rightmost.
    pub width: f32,
    /// From the top of the first row to the bottom of the last.
    pub height: f32,
}

impl LetterArea {
    pub(super) fn checked(self) -> Result<layout::LetterArea> {
        Ok(layout::LetterArea::new(
            self.left,
            self.top,
            self.width,
            self.height,
        )?)
    }
}

/// One key: what it types and its rectangle, in the units of the points.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Key {
    /// The letter that the key types. Keys whose label is not one character, such as shift, are
    /// passed over.
    pub label: String,
    /// Left edge.
    pub left: f32,
    /// Top edge.
    pub top: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// The keys of a keyboard.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct KeyboardLayout {
    /// Name, for example `qwerty`.
    pub name: String,
    /// The keys.
    pub keys: Vec<Key>,
}

impl From<KeyboardLayout> for layout::Layout {
    fn from(KeyboardLayout { name, keys }: KeyboardLayout) -> Self {
        let keys = keys.into_iter().filter_map(|key| {
            let mut characters = key.label.chars();
            let (Some(label), None) = (characters.next(), characters.next()) else {
                return None;
            };
            Some(layout::Key {
                label,
                x: key.left,
                y: key.top,
                width: key.width,
                height: key.height,
            })
        });
        let keys = keys.collect();
        Self { name, keys }
    }
}

impl From<&layout::Layout> for KeyboardLayout {
    fn from(layout: &layout::Layout) -> Self {
        let keys = layout.keys.iter().map(|key| Key {
            label: key.label.to_string(),
            left: key.x,
            top: key.y,
            width: key.width,
            height: key.height,
        });
        Self {
            name: layout.name.clone(),
            keys: keys.collect(),
        }
    }
}

/// Layouts that are known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum NamedLayout {
    /// QWERTY as it is on real keyboards.
    Qwerty,
    /// QWERTZ, the German order, without umlauts.
    Qwertz,
    /// AZERTY, the French order, as on phones.
    Azerty,
    /// Dvorak's letters, as on phones.
    Dvorak,
}

/// The layout of that name, with its letters spanning `area`.
///
/// # Errors
/// `Argument` and `NotFinite` for an area that is none.
#[uniffi::export]
pub fn named_layout(name: NamedLayout, area: LetterArea) -> Result<KeyboardLayout> {
    guard(|| {
        let layout = match name {
            NamedLayout::Qwerty => layout::Layout::qwerty(),
            NamedLayout::Qwertz => layout::Layout::qwertz(),
            NamedLayout::Azerty => layout::Layout::azerty(),
            NamedLayout::Dvorak => layout::Layout::dvorak(),
        };
        Ok((&layout.placed(area.checked()?)?).into())
    })
}

/// The smallest rectangle around all keys that type a letter: the area of swipes on this layout.
///
/// # Errors
/// `Argument` and `NotFinite` for a layout without letters, with a key twice, or of rectangles that
/// are none.
#[uniffi::export]
pub fn letter_area(layout: KeyboardLayout) -> Result<LetterArea> {
    guard(|| {
        let area = layout::Layout::from(layout).letter_area()?;
        let [left, top] = area.point([0.0, 0.0]);
        let [right, bottom] = area.point([1.0, 1.0]);
        let [left, top, width, height] =
            [left, top, right - left, bottom - top].map(|number| number as f32);
        Ok(LetterArea {
            left,
            top,
            width,
            height,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::SwipekitError;

    const AREA: LetterArea = LetterArea {
        left: 12.0,
        top: 1600.0,
        width: 1056.0,
        height: 480.0,
    };

    #[test]
    fn named_layouts_span_their_area_and_keys_without_a_letter_are_passed_over() {
        for name in [
            NamedLayout::Qwerty,
            NamedLayout::Qwertz,
            NamedLayout::Azerty,
            NamedLayout::Dvorak,
        ] {
            let mut layout = named_layout(name, AREA).unwrap();
            assert_eq!(layout.keys.len(), 26);
            for label in ["shift", ""] {
                layout.keys.push(Key {
                    label: label.to_owned(),
                    left: f32::NAN,
                    top: 0.0,
                    width: 0.0,
                    height: 0.0,
                });
            }
            let area = letter_area(layout).unwrap();
            assert!(
                (area.left - 12.0).abs() < 1e-3 && (area.width - 1056.0).abs() < 1e-2,
                "{area:?}"
            );
            assert!(
                (area.top - 1600.0).abs() < 1e-2 && (area.height - 480.0).abs() < 1e-2,
                "{area:?}"
            );
        }
    }

    #[test]
    fn areas_that_are_none_are_refused() {
        for (area, is_finite) in [
            (LetterArea { width: 0.0, ..AREA }, true),
            (
                LetterArea {
                    height: -1.0,
                    ..AREA
                },
                true,
            ),
            (
                LetterArea {
                    left: f32::NAN,
                    ..AREA
                },
                false,
            ),
        ] {
            let error = named_layout(NamedLayout::Qwerty, area).unwrap_err();
            assert_eq!(matches!(error, SwipekitError::Argument { .. }), is_finite);
            assert_eq!(matches!(error, SwipekitError::NotFinite { .. }), !is_finite);
        }
        let none = KeyboardLayout {
            name: String::new(),
            keys: Vec::new(),
        };
        assert!(matches!(
            letter_area(none),
            Err(SwipekitError::Argument { .. })
        ));
    }
}
