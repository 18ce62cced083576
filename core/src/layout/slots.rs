//! Which key of the trained layout a key of another layout stands for.
//!
//! Letters that have changed places have two ways. A letter may stay what it is: its key is moved
//! to where the network knows it, and paths over the keys in between are torn. Or its key stays
//! where it is, and the letter is taken for the one whose key the network knows there: paths are
//! whole, but what the network has learned of spelling is wrong for it. The way that is taken is
//! the least of `distortion of the keyboard + WEIGHT * letters taken for others`.

use super::assign::assign;

/// What a letter that is taken for another costs, in squared keys of distortion. Fitted on swipes
/// of How We Swipe (Leiva et al., MobileHCI 2021; people of the training part) carried over to
/// AZERTY, Colemak, Dvorak, Workman and an alphabetical order: docs/LAYOUTS.md.
const WEIGHT: f64 = 6.0;

/// Keys are neighbours up to this distance, in keys: beside, below and askew, not two apart.
const NEIGHBOURS: f64 = 1.6;

/// Weights of own keys that the search begins from.
const STARTS: [f64; 8] = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 1e6];

/// For each of the caller's letters the index of the trained letter that it is taken for, each
/// another one.
///
/// `keys` are middles of the caller's keys, `own[i]` is the index of letter `i` itself among
/// `slots`, the middles of the trained keys; both in keys, of frames that fit each other.
/// Distortion is how far the steps from a key to its neighbours change, squared and summed. The
/// search goes from cheap assignments downhill by exchanges of two letters.
pub(super) fn slots(keys: &[[f64; 2]], own: &[usize], slots: &[[f64; 2]]) -> Vec<usize> {
    // Letters without a key move along, so that every slot can be reached by exchanges.
    let mut own = own.to_vec();
    let missing: Vec<usize> = (0..slots.len())
        .filter(|slot| !own.contains(slot))
        .collect();
    own.extend(missing);
    let neighbours = neighbours(keys);
    let cost_of = |assigned: &[usize]| cost(&neighbours, &own, slots, assigned);
    let mut best = (f64::INFINITY, own.clone());
    for weight in STARTS {
        let distances: Vec<Vec<f64>> = own
            .iter()
            .enumerate()
            .map(|(letter, own)| {
                let moved =
                    |slot: &[f64; 2]| keys.get(letter).map_or(0.0, |key| square(*key, *slot));
                let slots = slots.iter().enumerate();
                slots
                    .map(|(index, slot)| moved(slot) + if index == *own { 0.0 } else { weight })
                    .collect()
            })
            .collect();
        let mut assigned = assign(&distances);
        let mut least = cost_of(&assigned);
        while let Some((first, second, cost)) = best_exchange(&mut assigned, least, &cost_of) {
            assigned.swap(first, second);
            least = cost;
        }
        if least < best.0 {
            best = (least, assigned);
        }
    }
    let mut assigned = best.1;
    assigned.truncate(keys.len());
    assigned
}

/// The two letters whose exchange makes the cost least, and that cost; `None` where it is `least`
/// already.
fn best_exchange(
    assigned: &mut [usize],
    mut least: f64,
    cost_of: &impl Fn(&[usize]) -> f64,
) -> Option<(usize, usize, f64)> {
    let mut best = None;
    for first in 1..assigned.len() {
        for second in 0..first {
            assigned.swap(first, second);
            let cost = cost_of(assigned);
            assigned.swap(first, second);
            // More than rounding, so that it comes to an end.
            if cost < least - 1e-9 {
                least = cost;
                best = Some((first, second, cost));
            }
        }
    }
    best
}

/// Pairs of neighbours and the step from the second to the first.
fn neighbours(keys: &[[f64; 2]]) -> Vec<(usize, usize, [f64; 2])> {
    let mut pairs = Vec::new();
    for (first, a) in keys.iter().enumerate() {
        for (second, b) in keys[..first].iter().enumerate() {
            if square(*a, *b) <= NEIGHBOURS * NEIGHBOURS {
                pairs.push((first, second, [a[0] - b[0], a[1] - b[1]]));
            }
        }
    }
    pairs
}

/// What an assignment costs.
fn cost(
    neighbours: &[(usize, usize, [f64; 2])],
    own: &[usize],
    slots: &[[f64; 2]],
    assigned: &[usize],
) -> f64 {
    let distortion = neighbours.iter().map(|(first, second, step)| {
        let (a, b) = (slots[assigned[*first]], slots[assigned[*second]]);
        square([a[0] - b[0], a[1] - b[1]], *step)
    });
    let others = own.iter().zip(assigned).filter(|(own, slot)| own != slot);
    distortion.sum::<f64>() + WEIGHT * others.count() as f64
}

/// The square of a distance.
fn square(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Middles of the keys of rows of so many keys.
    fn grid(rows: &[usize]) -> Vec<[f64; 2]> {
        let keys = rows.iter().enumerate();
        keys.flat_map(|(row, count)| (0..*count).map(move |column| [column as f64, row as f64]))
            .collect()
    }

    #[test]
    fn letters_that_stay_are_themselves() {
        let slots_there = grid(&[10, 9, 7]);
        let own: Vec<usize> = (0..26).collect();
        assert_eq!(slots(&slots_there, &own, &slots_there), own);
        // With every other key missing as well.
        let some: Vec<usize> = (0..26).step_by(2).collect();
        let keys: Vec<[f64; 2]> = some.iter().map(|index| slots_there[*index]).collect();
        assert_eq!(slots(&keys, &some, &slots_there), some);
    }

    #[test]
    fn letters_that_changed_places_far_apart_are_taken_for_each_other() {
        let keys = grid(&[10, 9, 7]);
        let mut own: Vec<usize> = (0..26).collect();
        own.swap(5, 19);
        assert_eq!(slots(&keys, &own, &keys), (0..26).collect::<Vec<_>>());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn no_exchange_of_two_letters_is_better(
            own in Just((0..9).collect::<Vec<usize>>()).prop_shuffle(),
            jitter in prop::collection::vec(prop::array::uniform2(-0.4f64..0.4), 9),
        ) {
            let there = grid(&[4, 3, 2]);
            let keys: Vec<[f64; 2]> =
                there.iter().zip(&jitter).map(|(a, b)| [a[0] + b[0], a[1] + b[1]]).collect();
            let neighbours = neighbours(&keys);
            let mut assigned = slots(&keys, &own, &there);
            let least = cost(&neighbours, &own, &there, &assigned);
            prop_assert!(least <= cost(&neighbours, &own, &there, &own) + 1e-9);
            for first in 0..9 {
                for second in 0..first {
                    assigned.swap(first, second);
                    prop_assert!(cost(&neighbours, &own, &there, &assigned) > least - 1e-6);
                    assigned.swap(first, second);
                }
            }
            assigned.sort_unstable();
            prop_assert_eq!(assigned, (0..9).collect::<Vec<_>>());
        }
    }
}
