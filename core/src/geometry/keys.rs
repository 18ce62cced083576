//! Where a model's labels lie on a keyboard, in key widths.

use crate::error::Result;
use crate::layout::{Key, Layout, LetterArea};

/// Height of a key in key widths. Layouts and traces come in the letter area's coordinates, whose
/// two axes have units of their own; keys of phones are about half as high again as they are wide.
const ASPECT: f64 = 1.5;

/// Middles of the keys of a model's labels.
///
/// Distances are in key widths on both axes: the median letter key is 1 wide and 1.5 high, whatever
/// its rectangle.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Middle of each label's key; `None` for a label without one.
    pub(super) centres: Vec<Option<[f64; 2]>>,
    /// Key widths and 1.5ths of key heights that the letter area spans.
    span: [f64; 2],
}

impl Keys {
    /// The keys of `layout` for the classes `labels`; a label without a key, as the apostrophe may
    /// be, is passed over in words.
    ///
    /// # Errors
    /// Those of [`Layout::letter_area`].
    pub fn new<S: AsRef<str>>(layout: &Layout, labels: &[S]) -> Result<Self> {
        let area = layout.letter_area()?;
        let letters = layout.keys.iter().filter(|key| key.label.is_alphabetic());
        let sizes = letters.map(|key| {
            let [left, top] = area.normalize(key.x.into(), key.y.into());
            let [right, bottom] = area.normalize(
                f64::from(key.x) + f64::from(key.width),
                f64::from(key.y) + f64::from(key.height),
            );
            [right - left, bottom - top]
        });
        let (widths, heights): (Vec<f64>, Vec<f64>) = sizes.map(|[w, h]| (w, h)).unzip();
        let span = [1.0 / median(widths), ASPECT / median(heights)];
        let mut keyboard = Self {
            centres: Vec::new(),
            span,
        };
        keyboard.centres = labels
            .iter()
            .map(|label| {
                let mut characters = label.as_ref().chars();
                let (Some(label), None) = (characters.next(), characters.next()) else {
                    return None;
                };
                // A key may be labelled with the capital.
                let is_key = |key: &&Key| key.label.to_lowercase().eq(label.to_lowercase());
                let [x, y] = layout.keys.iter().find(is_key)?.centre();
                Some(keyboard.locate(area, x.into(), y.into()))
            })
            .collect();
        Ok(keyboard)
    }

    /// The middle of a label's key.
    pub fn centre(&self, label: u8) -> Option<[f64; 2]> {
        self.centres.get(usize::from(label)).copied().flatten()
    }

    /// (`x`, `y`) of a keyboard with the letter area `area`.
    pub(super) fn locate(&self, area: LetterArea, x: f64, y: f64) -> [f64; 2] {
        let [x, y] = area.normalize(x, y);
        [x * self.span[0], y * self.span[1]]
    }
}

/// The middle one of some numbers, the upper of two.
fn median(mut numbers: Vec<f64>) -> f64 {
    let middle = numbers.len() / 2;
    let (_, median, _) = numbers.select_nth_unstable_by(middle, f64::total_cmp);
    // A key so small that rounding swallows it still has a size.
    median.max(1e-9)
}
