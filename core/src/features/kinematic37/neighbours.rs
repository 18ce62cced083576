//! Distances to the nearest keys.

/// Number of key distances per sample.
pub(super) const NEIGHBOURS: usize = 5;

/// The smallest distances from (`x`, `y`) to `centres`, ascending; there must be at least
/// [`NEIGHBOURS`] centres.
pub(super) fn nearest(centres: &[[f64; 2]], x: f64, y: f64) -> [f64; NEIGHBOURS] {
    let mut best = [f64::INFINITY; NEIGHBOURS];
    for centre in centres {
        let (dx, dy) = (x - centre[0], y - centre[1]);
        let mut square = dx * dx + dy * dy;
        for slot in &mut best {
            if square < *slot {
                std::mem::swap(slot, &mut square);
            }
        }
    }
    best.map(f64::sqrt)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn equals_sorting_all_distances(
            centres in prop::collection::vec(prop::array::uniform2(-1.0f64..1.0), NEIGHBOURS..40),
            x in -1.0f64..1.0,
            y in -1.0f64..1.0,
        ) {
            let mut all: Vec<f64> = centres
                .iter()
                .map(|c: &[f64; 2]| ((x - c[0]) * (x - c[0]) + (y - c[1]) * (y - c[1])).sqrt())
                .collect();
            all.sort_by(f64::total_cmp);
            prop_assert_eq!(&nearest(&centres, x, y)[..], &all[..NEIGHBOURS]);
        }
    }
}
