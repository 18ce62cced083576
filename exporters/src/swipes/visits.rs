//! The keys that a finger visits for a word, and their sizes.

use swipekit::layout::Layout;

/// The centres of the keys that a finger visits for `word`, in the letter area's frame. Letters
/// without a key are skipped, and a doubled letter counts once. `None` if the layout is invalid.
pub(crate) fn visits(layout: &Layout, word: &str) -> Option<Vec<[f64; 2]>> {
    let area = layout.letter_area().ok()?;
    let mut visits = Vec::new();
    let mut last = None;
    for letter in word.chars().flat_map(char::to_lowercase) {
        let Some([x, y]) = layout.key_centre(letter) else {
            continue;
        };
        if last != Some(letter) {
            last = Some(letter);
            visits.push(area.normalize(x.into(), y.into()));
        }
    }
    Some(visits)
}

/// Width and height of the smallest letter key in the letter area's frame, to a millionth; `None`
/// if the layout is invalid.
pub(crate) fn key_size(layout: &Layout) -> Option<[f64; 2]> {
    let area = layout.letter_area().ok()?;
    let mut least = [f64::INFINITY; 2];
    for key in layout.keys.iter().filter(|key| key.label.is_alphabetic()) {
        let [left, top] = area.normalize(key.x.into(), key.y.into());
        let right = f64::from(key.x) + f64::from(key.width);
        let bottom = f64::from(key.y) + f64::from(key.height);
        let [right, bottom] = area.normalize(right, bottom);
        least = [least[0].min(right - left), least[1].min(bottom - top)];
    }
    // Removes the rounding error of float32.
    Some(least.map(|size| (size * 1e6).round() / 1e6))
}
