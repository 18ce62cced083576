//! Carries swipes of people over to a layout that they were not made on: the nearest thing to real
//! swipes that there is for keyboards which nobody has recorded.
//!
//! The points of a swipe are parted between the keys of its word. Where a finger passed a key it
//! keeps its offset from the key's middle; between two keys it keeps how far it was on its way and
//! how far beside it; the time between two keys grows with the square root of their distance.
//! Offsets are in keys. What such a swipe lacks is the habit of a person who types on that layout
//! every day.

use swipekit::layout::Layout;
use swipekit::trace::Trace;

use crate::swipes::visits::{key_size, visits};

/// Milliseconds between two samples of what comes out.
const SAMPLE_MS: f64 = 16.7;

/// Ways shorter than so many keys have no direction.
const SHORTEST_WAY: f64 = 0.3;

/// A swipe of `word`, made on the layout `from`, as it might have been made on `to`: points (x, y,
/// ms) in the letter area of `to`. `None` where a letter of the word has a key on one layout alone,
/// or the swipe has fewer points than letters.
pub fn carry(
    word: &str,
    trace: &Trace,
    from: &Layout,
    to: &Layout,
) -> Option<Vec<(f64, f64, f64)>> {
    let (size, size_there) = (key_size(from)?, key_size(to)?);
    let in_keys = |[x, y]: [f64; 2], size: [f64; 2]| [x / size[0], y / size[1]];
    let keys: Vec<[f64; 2]> = visits(from, word)?
        .iter()
        .map(|at| in_keys(*at, size))
        .collect();
    let there: Vec<[f64; 2]> = visits(to, word)?
        .iter()
        .map(|at| in_keys(*at, size_there))
        .collect();
    let points: Vec<[f64; 2]> = trace
        .points()
        .iter()
        .map(|point| in_keys(trace.area().normalize(point.x, point.y), size))
        .collect();
    if keys.len() != there.len() || keys.is_empty() {
        return None;
    }
    let passes = passes(&points, &keys)?;
    let start = trace.points()[0].t;
    let time = |point: usize| trace.points()[point].t - start;
    let landed: Vec<[f64; 2]> = (0..keys.len())
        .map(|key| add(there[key], minus(points[passes[key]], keys[key])))
        .collect();
    let mut path = vec![(landed[0], 0.0)];
    for leg in 0..keys.len().saturating_sub(1) {
        let (first, last) = (passes[leg], passes[leg + 1]);
        let way = [points[first], points[last]];
        let way_there = [landed[leg], landed[leg + 1]];
        let distance = |keys: &[[f64; 2]]| length(minus(keys[leg + 1], keys[leg])).max(0.25);
        let pace = (distance(&there) / distance(&keys)).sqrt();
        let begin = path.last()?.1;
        for (point, at) in points.iter().enumerate().take(last + 1).skip(first + 1) {
            let gone = time(point) - time(first);
            let part = gone / (time(last) - time(first)).max(1.0);
            path.push((moved(*at, way, way_there, part), begin + pace * gone));
        }
    }
    // What follows the last key, or all of a swipe of one key.
    let (tail, end) = (*passes.last()?, path.last()?.1);
    for point in tail + 1..points.len() {
        let offset = minus(points[point], points[tail]);
        path.push((add(*landed.last()?, offset), end + time(point) - time(tail)));
    }
    Some(sampled(&path, size_there))
}

/// For each key the point that passes it: the first for the first, the last for the last, in order,
/// and near to the keys' middles in between (least sum of squared distances).
fn passes(points: &[[f64; 2]], keys: &[[f64; 2]]) -> Option<Vec<usize>> {
    if keys.len() == 1 {
        return (!points.is_empty()).then(|| vec![0]);
    }
    if points.len() < keys.len() {
        return None;
    }
    // least[k][p]: the first k + 1 keys are passed, the last of them at point p or before; with
    // where that is.
    let mut least: Vec<Vec<(f64, usize)>> = vec![vec![(0.0, 0); points.len()]];
    for (key, centre) in keys.iter().enumerate().skip(1) {
        let mut row = vec![(f64::INFINITY, 0); points.len()];
        for point in key..points.len() {
            let (before, _) = least[key - 1][point - 1];
            let cost = before + length(minus(points[point], *centre)).powi(2);
            row[point] = row[point - 1];
            if cost < row[point].0 {
                row[point] = (cost, point);
            }
        }
        least.push(row);
    }
    let mut passes = vec![0; keys.len()];
    passes[keys.len() - 1] = points.len() - 1;
    for key in (1..keys.len() - 1).rev() {
        passes[key] = least[key][passes[key + 1] - 1].1;
    }
    Some(passes)
}

/// A point on its way from one key to the next, `part` of the time gone.
fn moved(point: [f64; 2], way: [[f64; 2]; 2], there: [[f64; 2]; 2], part: f64) -> [f64; 2] {
    let (along, along_there) = (minus(way[1], way[0]), minus(there[1], there[0]));
    let (distance, distance_there) = (length(along), length(along_there));
    if distance < SHORTEST_WAY || distance_there < SHORTEST_WAY {
        let shifts = [minus(there[0], way[0]), minus(there[1], way[1])];
        return [0, 1]
            .map(|axis| point[axis] + (1.0 - part) * shifts[0][axis] + part * shifts[1][axis]);
    }
    let unit = along.map(|value| value / distance);
    let unit_there = along_there.map(|value| value / distance_there);
    let off = minus(point, way[0]);
    let forward = off[0] * unit[0] + off[1] * unit[1];
    let beside = off[1] * unit[0] - off[0] * unit[1];
    // What goes beyond the keys is the finger's, not the way's.
    let on_way = forward.clamp(0.0, distance);
    let forward = on_way / distance * distance_there + (forward - on_way);
    let beside = beside * (distance_there / distance).sqrt();
    [
        there[0][0] + forward * unit_there[0] - beside * unit_there[1],
        there[0][1] + forward * unit_there[1] + beside * unit_there[0],
    ]
}

/// A path in keys as samples of a touch screen.
fn sampled(path: &[([f64; 2], f64)], size: [f64; 2]) -> Vec<(f64, f64, f64)> {
    let end = path.last().map_or(0.0, |point| point.1);
    let count = (end / SAMPLE_MS).ceil() as usize;
    let mut samples = Vec::with_capacity(count + 1);
    let mut at = 0;
    for sample in 0..=count {
        let t = (sample as f64 * SAMPLE_MS).min(end);
        while at + 2 < path.len() && path[at + 1].1 < t {
            at += 1;
        }
        let (from, to) = (path[at], path[(at + 1).min(path.len() - 1)]);
        let part = ((t - from.1) / (to.1 - from.1).max(1e-3)).clamp(0.0, 1.0);
        let [x, y] = [0, 1].map(|axis| from.0[axis] + part * (to.0[axis] - from.0[axis]));
        samples.push((x * size[0], y * size[1], t));
    }
    samples
}

fn add(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] + b[0], a[1] + b[1]]
}

fn minus(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

fn length(a: [f64; 2]) -> f64 {
    a[0].hypot(a[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::synth::samples;

    /// Distance in keys from the path to a key.
    fn nearest(path: &[(f64, f64, f64)], key: [f64; 2], size: [f64; 2]) -> f64 {
        let distance =
            |(x, y, _): &(f64, f64, f64)| ((x - key[0]) / size[0]).hypot((y - key[1]) / size[1]);
        path.iter().map(distance).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn a_swipe_stays_what_it_is_on_its_own_layout() {
        let qwerty = Layout::qwerty();
        for (seed, word) in (0..).zip(["a", "the", "hello", "question"]) {
            let trace = samples::trace(word, &mut Random::new(seed)).unwrap();
            let path = carry(word, &trace, &qwerty, &qwerty).unwrap();
            assert_eq!(path[0].2, 0.0);
            assert!((path[path.len() - 1].2 - trace.duration_ms()).abs() < 1e-6);
            for point in trace.points() {
                let off = nearest(&path, [point.x, point.y], [0.1, 1.0 / 3.0]);
                // Between two samples a finger moves up to half a key.
                assert!(off < 0.3, "{word}: {off}");
            }
        }
    }

    #[test]
    fn a_swipe_passes_the_keys_of_the_other_layout_as_it_passed_its_own() {
        let qwerty = Layout::qwerty();
        for layout in [
            Layout::azerty(),
            Layout::dvorak(),
            Layout::qwerty_unshifted(),
        ] {
            let size = key_size(&layout).unwrap();
            for (seed, word) in (0..).zip(["the", "water", "keyboard"]) {
                let trace = samples::trace(word, &mut Random::new(seed)).unwrap();
                let path = carry(word, &trace, &qwerty, &layout).unwrap();
                assert!(path.windows(2).all(|pair| pair[0].2 < pair[1].2));
                for key in visits(&layout, word).unwrap() {
                    assert!(nearest(&path, key, size) < 0.9, "{} {word}", layout.name);
                }
            }
        }
    }

    #[test]
    fn what_has_no_way_is_not_carried() {
        let qwerty = Layout::qwerty();
        let mut smaller = Layout::qwerty();
        smaller.keys.retain(|key| key.label != 'h');
        let trace = samples::trace("the", &mut Random::new(1)).unwrap();
        assert!(carry("the", &trace, &qwerty, &smaller).is_none());
        assert!(carry("123", &trace, &qwerty, &qwerty).is_none());
        assert!(carry("the", &Trace::default(), &qwerty, &qwerty).is_none());
        assert!(carry("a", &Trace::default(), &qwerty, &qwerty).is_none());
        let short = Trace::in_letter_area([(0.45, 0.2, 0.0), (0.25, 0.2, 50.0)]).unwrap();
        assert!(carry("the", &short, &qwerty, &qwerty).is_none());
    }
}
