//! Decides which trained key each key of another layout stands for.
//!
//! A letter in a different position can be treated in two ways. It may stay the same letter: its
//! key moves to where the network knows it, and paths over the keys in between are distorted. Or
//! its key stays, and the letter stands for the one whose key the network knows there: paths stay
//! whole, but the network's knowledge of spelling is wrong for it. The choice minimizes
//! `distortion of the keyboard + WEIGHT * letters taken for others`.

use super::assign::assign;

/// Cost of a letter that stands for another, in squared keys of distortion. Fitted on swipes of How
/// We Swipe (Leiva et al., MobileHCI 2021; people of the training part) mapped to AZERTY, Colemak,
/// Dvorak, Workman and an alphabetical order: docs/LAYOUTS.md.
const WEIGHT: f64 = 6.0;

/// Greatest distance of neighbouring keys, in keys: horizontal, vertical and diagonal neighbours,
/// none two keys apart.
const NEIGHBOURS: f64 = 1.6;

/// Weights of a letter's own key from which the search starts.
const STARTS: [f64; 8] = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 1e6];

/// For each of the caller's letters, the index of the trained letter that it stands for, all
/// different.
///
/// `keys` are the centres of the caller's keys, `slots` those of the trained keys, and `own[i]` is
/// the index of letter `i` among `slots`. Both are in keys, in matching coordinates. Distortion is
/// the sum of squared changes of the steps from each key to its neighbours. The search starts from
/// low-cost assignments and exchanges pairs of letters while that lowers the cost.
pub(super) fn slots(keys: &[[f64; 2]], own: &[usize], slots: &[[f64; 2]]) -> Vec<usize> {
    // Letters without a key take part, so that exchanges can reach every slot.
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

/// The exchange of two letters that lowers the cost most, with the new cost; `None` where none
/// lowers `least`.
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
            // Improvements within rounding do not count, so that the search ends.
            if cost < least - 1e-9 {
                least = cost;
                best = Some((first, second, cost));
            }
        }
    }
    best
}

/// Pairs of neighbours, with the step from the second to the first.
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

/// The cost of an assignment.
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

    /// Centres of keys in rows of the given lengths.
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
        // The same with every second key missing.
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
