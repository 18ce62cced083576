//! Estimates that tails do not move, within and between people.

use std::collections::BTreeMap;

use super::measure::{Numbers, Offsets, Segment};
use crate::statistics::{mean, quantile};

/// Swipes that a person must have to count in what is told between people.
pub(super) const ENOUGH: usize = 5;

/// Intercept and slope of the least squares.
pub(super) fn regression(segments: &[Segment]) -> [f64; 2] {
    let count = segments.len() as f64;
    let x = segments.iter().map(|s| s.log_keys).sum::<f64>() / count;
    let y = segments.iter().map(|s| s.log_ms).sum::<f64>() / count;
    let xx: f64 = segments.iter().map(|s| (s.log_keys - x).powi(2)).sum();
    let xy: f64 = segments
        .iter()
        .map(|s| (s.log_keys - x) * (s.log_ms - y))
        .sum();
    [y - xy / xx * x, xy / xx]
}

/// Spreads of what the regression leaves: of people's means, of swipes' means about those, and
/// about the swipes' means.
pub(super) fn residuals(segments: &[Segment], [intercept, slope]: [f64; 2]) -> [f64; 3] {
    let mut swipes: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
    for segment in segments {
        swipes
            .entry((segment.person, segment.swipe))
            .or_default()
            .push(segment.log_ms - intercept - slope * segment.log_keys);
    }
    let mut people: Numbers = BTreeMap::new();
    let mut within = Vec::new();
    for ((person, _), list) in &swipes {
        let middle = mean(list);
        people.entry(*person).or_default().push(middle);
        if list.len() > 2 {
            within.extend(list.iter().map(|residual| residual - middle));
        }
    }
    let people: Vec<Vec<f64>> = people
        .into_values()
        .filter(|list| list.len() >= ENOUGH)
        .collect();
    let middles: Vec<f64> = people.iter().map(|list| mean(list)).collect();
    let between: Vec<f64> = people
        .iter()
        .zip(&middles)
        .flat_map(|(list, middle)| list.iter().map(move |swipe| swipe - middle))
        .collect();
    [spread(&middles), spread(&between), spread(&within)]
}

pub(super) fn axis(offsets: &Offsets, axis: usize) -> Vec<f64> {
    offsets
        .values()
        .flatten()
        .map(|offset| offset[axis])
        .collect()
}

/// Spread about people's medians.
pub(super) fn within(offsets: &Offsets, axis: usize) -> f64 {
    let mut rest = Vec::new();
    for list in offsets.values().filter(|list| list.len() >= ENOUGH) {
        let list: Vec<f64> = list.iter().map(|offset| offset[axis]).collect();
        let middle = median(&list);
        rest.extend(list.iter().map(|offset| offset - middle));
    }
    spread(&rest)
}

/// Spread of people's means.
pub(super) fn between(offsets: &Offsets, axis: usize) -> f64 {
    let lists = offsets
        .iter()
        .map(|(person, list)| (*person, list.iter().map(|offset| offset[axis]).collect()));
    spread_of_means(&lists.collect())
}

pub(super) fn spread_of_means(numbers: &Numbers) -> f64 {
    let means = numbers
        .values()
        .filter(|list| list.len() >= ENOUGH)
        .map(|list| trimmed(list));
    spread(&means.collect::<Vec<_>>())
}

/// Mean of what lies between the tenths.
fn trimmed(list: &[f64]) -> f64 {
    let mut sorted = list.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() / 10;
    mean(&sorted[cut..sorted.len() - cut])
}

pub(super) fn median(list: &[f64]) -> f64 {
    quantile(list, 0.5)
}

/// Half of the distance between the 16 % and the 84 % quantile: the standard deviation where it is
/// normal, and not moved by tails.
pub(super) fn spread(list: &[f64]) -> f64 {
    (quantile(list, 0.8413) - quantile(list, 0.1587)) / 2.0
}

pub(super) fn log_tail(list: &[f64]) -> f64 {
    (quantile(list, 0.9) / median(list).max(1.0)).ln()
}

pub(super) fn rate((some, of): (u64, u64)) -> f64 {
    some as f64 / of as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn spreads_and_regressions_find_what_was_put_in() {
        let mut stream = Stream::new(1, 8, 0);
        let mut segments = Vec::new();
        for person in 0..300 {
            let slow = 0.3 * stream.normal();
            for swipe in 0..8 {
                let swipe_slow = 0.2 * stream.normal();
                for _ in 0..6 {
                    let x = stream.between(0.0, 2.0);
                    let y = 5.0 + 0.45 * x + slow + swipe_slow + 0.4 * stream.normal();
                    segments.push(Segment {
                        person,
                        swipe: person * 8 + swipe,
                        log_keys: x,
                        log_ms: y,
                    });
                }
            }
        }
        let line = regression(&segments);
        assert!(
            (line[0] - 5.0).abs() < 0.05 && (line[1] - 0.45).abs() < 0.02,
            "{line:?}"
        );
        // Means carry some of the noise below them; deviations from a mean of six lack some.
        let expected: [f64; 3] = [
            (0.09f64 + 0.04 / 8.0 + 0.16 / 48.0).sqrt(),
            ((0.04 + 0.16 / 6.0) * 7.0 / 8.0f64).sqrt(),
            (0.16 * 5.0 / 6.0f64).sqrt(),
        ];
        for (got, expected) in residuals(&segments, line).into_iter().zip(expected) {
            assert!((got / expected - 1.0).abs() < 0.1, "{got} {expected}");
        }
    }
}
