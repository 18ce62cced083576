//! The positions of a model's labels on a keyboard, in key widths.

use crate::error::Result;
use crate::layout::{Key, Layout, LetterArea};

/// Height of a key in key widths. Layouts and traces use the letter area's coordinates, whose axes
/// have different units; keys of phones are about 1.5 times as high as wide.
const ASPECT: f64 = 1.5;

/// Centres of the keys of a model's labels.
///
/// Distances are in key widths on both axes: the median letter key is taken as 1 wide and 1.5 high,
/// whatever its rectangle.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Centre of each label's key; `None` for a label without one.
    pub(super) centres: Vec<Option<[f64; 2]>>,
    /// Size of the letter area: in key widths, and in 1.5ths of key heights.
    span: [f64; 2],
}

impl Keys {
    /// The keys of `layout` for the classes `labels`. A label may lack a key, as the apostrophe
    /// may; words then skip it.
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
                // A key's label may be a capital.
                let is_key = |key: &&Key| key.label.to_lowercase().eq(label.to_lowercase());
                let [x, y] = layout.keys.iter().find(is_key)?.centre();
                Some(keyboard.locate(area, x.into(), y.into()))
            })
            .collect();
        Ok(keyboard)
    }

    /// The centre of a label's key.
    pub fn centre(&self, label: u8) -> Option<[f64; 2]> {
        self.centres.get(usize::from(label)).copied().flatten()
    }

    /// Maps the point (`x`, `y`) of a keyboard with the letter area `area` to key widths.
    pub(super) fn locate(&self, area: LetterArea, x: f64, y: f64) -> [f64; 2] {
        let [x, y] = area.normalize(x, y);
        [x * self.span[0], y * self.span[1]]
    }
}

/// The median of `numbers`: of two middle ones, the greater.
fn median(mut numbers: Vec<f64>) -> f64 {
    let middle = numbers.len() / 2;
    let (_, median, _) = numbers.select_nth_unstable_by(middle, f64::total_cmp);
    // A key whose size rounds to 0 still gets one.
    median.max(1e-9)
}
