//! Maps traces of one keyboard to the keyboard that a network was trained on.

use super::rows::{median, pitch, rows};
use super::slots::slots;
use super::{Layout, Warp};
use crate::error::{Error, Result};

/// Key displacement below which points are not moved, in letter areas: float32's rounding.
const ROUNDING: f64 = 1e-5;

/// Least width and height of the typical key, in letter areas. Smaller keys are no keyboard, and
/// float32 cannot resolve them.
const SMALLEST_KEY: f64 = 1e-3;

/// The map from a caller's layout to the trained one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Mapping {
    /// Maps points in the letter area of the caller's layout to the trained one's; `None` where the
    /// two are equal.
    pub(crate) warp: Option<Warp>,
    /// For each label, the class of the trained key that the caller's key stands for; `None` where
    /// every label keeps its own class.
    pub(crate) classes: Option<Vec<u8>>,
}

/// Letter keys of a model's labels, in the letter area's coordinates.
#[derive(Debug, Default)]
struct Letters {
    labels: Vec<char>,
    centres: Vec<[f64; 2]>,
    /// Width and height of the typical key.
    size: [f64; 2],
}

impl Letters {
    fn of(layout: &Layout, knows: impl Fn(char) -> bool) -> Result<Self> {
        let area = layout.letter_area()?;
        let mut letters = Self::default();
        let mut sizes: [Vec<f64>; 2] = Default::default();
        for key in &layout.keys {
            let label = lower(key.label);
            if !knows(label) {
                continue;
            }
            if letters.labels.contains(&label) {
                return Err(Error::invalid(
                    "the letters of a layout",
                    "one key each, capital or not",
                    format!("{label:?} twice"),
                ));
            }
            let [left, top] = [key.x, key.y].map(f64::from);
            let [width, height] = [key.width, key.height].map(f64::from);
            let low = area.normalize(left, top);
            let high = area.normalize(left + width, top + height);
            letters.labels.push(label);
            letters
                .centres
                .push([0, 1].map(|axis| (low[axis] + high[axis]) / 2.0));
            for axis in [0, 1] {
                sizes[axis].push(high[axis] - low[axis]);
            }
        }
        letters.size = sizes.map(|sizes| median(sizes).unwrap_or(1.0));
        if letters.size.iter().any(|size| *size < SMALLEST_KEY) {
            return Err(Error::invalid(
                "the letter keys of a layout",
                "side by side, each at least a thousandth of the letter area",
                "a key far away from the others",
            ));
        }
        Ok(letters)
    }

    fn index(&self, label: char) -> Option<usize> {
        self.labels.iter().position(|other| *other == label)
    }

    /// The labels, row by row.
    fn order(&self) -> Vec<Vec<char>> {
        let rows = rows(&self.centres, self.size[1]);
        rows.iter()
            .map(|row| row.iter().map(|key| self.labels[*key]).collect())
            .collect()
    }

    /// The distance between the first and last columns and between the first and last rows, in
    /// keys.
    fn extent(&self) -> [f64; 2] {
        let rows = rows(&self.centres, self.size[1]);
        let pitch = pitch(&rows, &self.centres, self.size);
        [0, 1].map(|axis| {
            let (low, high) = self.span(axis);
            (high - low) / pitch[axis]
        })
    }

    /// Least and greatest coordinate of a centre.
    fn span(&self, axis: usize) -> (f64, f64) {
        let values = self.centres.iter().map(|centre| centre[axis]);
        (
            values.clone().fold(f64::INFINITY, f64::min),
            values.fold(f64::NEG_INFINITY, f64::max),
        )
    }

    /// The centres, moved and scaled to span from 0 to `extent` and rounded to whole 64ths. Sums of
    /// their squares are then exact, so float32's rounding of a keyboard's pixels cannot decide a
    /// tie.
    fn stretched(&self, extent: [f64; 2]) -> Vec<[f64; 2]> {
        let mut centres = self.centres.clone();
        for axis in [0, 1] {
            let (low, high) = self.span(axis);
            // All keys lie in one column or row, so any scale serves.
            let scale = if high > low {
                extent[axis] / (high - low)
            } else {
                1.0
            };
            for centre in &mut centres {
                centre[axis] = ((centre[axis] - low) * scale * 64.0).round() / 64.0;
            }
        }
        centres
    }
}

/// The lower case of a letter, where that is a single letter.
fn lower(label: char) -> char {
    let mut lower = label.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(lower), None) => lower,
        _ => label,
    }
}

impl Mapping {
    /// Maps `layout` to the `trained` layout of a model with `labels`.
    ///
    /// # Errors
    /// Those of [`Layout::validate`]; [`Error::Invalid`] where the layout has fewer than half of
    /// the trained letters or has a letter twice, or where its keys form no rows or lie far apart.
    pub(crate) fn new(layout: &Layout, trained: &Layout, labels: &[String]) -> Result<Self> {
        let class = |label: char| {
            let mut buffer = [0; 4];
            let text: &str = label.encode_utf8(&mut buffer);
            labels.iter().position(|other| other == text)
        };
        let there = Letters::of(trained, |label| class(label).is_some())?;
        let here = Letters::of(layout, |label| there.index(label).is_some())?;
        if here.labels.len() * 2 < there.labels.len().max(1) {
            return Err(Error::invalid(
                "a layout",
                format!(
                    "keys for at least half of the model's {} letters",
                    there.labels.len()
                ),
                here.labels.len(),
            ));
        }
        let slots = choose(&here, &there)?;
        let to: Vec<[f64; 2]> = slots.iter().map(|slot| there.centres[*slot]).collect();
        let near = |(a, b): (&[f64; 2], &[f64; 2])| {
            [0, 1]
                .iter()
                .all(|axis| (a[*axis] - b[*axis]).abs() <= ROUNDING)
        };
        let warp = match here.centres.iter().zip(&to).all(near) {
            true => None,
            false => Some(Warp::new(&here.centres, &to, here.size, there.size)?),
        };
        Ok(Self {
            warp,
            classes: classes(&here, &there, &slots, labels.len(), class),
        })
    }
}

/// For each of the caller's letters, the index of the trained letter whose key it stands for.
/// Letters in the trained order stand for themselves.
fn choose(here: &Letters, there: &Letters) -> Result<Vec<usize>> {
    let indices = here.labels.iter().map(|label| there.index(*label));
    let own: Vec<usize> = indices.flatten().collect();
    if is_part(&here.order(), &there.order()) {
        return Ok(own);
    }
    let extent = there.extent();
    if !extent.iter().all(|keys| keys.is_finite()) {
        return Err(Error::invalid(
            "the keys of the trained layout",
            "at different places",
            "others",
        ));
    }
    Ok(slots(
        &here.stretched(extent),
        &own,
        &there.stretched(extent),
    ))
}

/// Whether the rows are those of `all` in order, possibly without some letters.
fn is_part(rows: &[Vec<char>], all: &[Vec<char>]) -> bool {
    let mut all = all.iter();
    rows.iter().all(|row| {
        all.any(|other| {
            let mut letters = other.iter();
            row.iter()
                .all(|label| letters.any(|letter| letter == label))
        })
    })
}

/// The class of each label; `None` where every label keeps its own. Letters without a key in the
/// caller's layout take the remaining classes.
fn classes(
    here: &Letters,
    there: &Letters,
    slots: &[usize],
    labels: usize,
    class: impl Fn(char) -> Option<usize>,
) -> Option<Vec<u8>> {
    let mut free: Vec<usize> = (0..there.labels.len())
        .filter(|slot| !slots.contains(slot))
        .collect();
    let mut classes: Vec<u8> = (0..labels).map(|label| label as u8).collect();
    for label in &there.labels {
        let slot = match here.index(*label) {
            Some(key) => slots[key],
            None => {
                let own = free.iter().position(|slot| there.labels[*slot] == *label);
                free.remove(own.unwrap_or(0))
            }
        };
        if let (Some(label), Some(class)) = (class(*label), class(there.labels[slot])) {
            classes[label] = class as u8;
        }
    }
    let is_own = classes
        .iter()
        .enumerate()
        .all(|(label, class)| label == usize::from(*class));
    (!is_own).then_some(classes)
}
