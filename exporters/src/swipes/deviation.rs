//! How far a path passes from the keys of its word.

use swipekit::trace::Point;

/// The smallest r such that the path visits, in order, a position within r keys of every visit: the
/// discrete bottleneck distance between the path and the word's keys, where a position may serve
/// several visits. `key` is a key's size, `visits` are the keys' middles, all in the coordinates of
/// the points. `None` where there is no point or no visit.
///
/// Positions are the points and, between two points that are further apart than a quarter of a key,
/// more on the line between them.
pub fn deviation(points: &[Point], visits: &[[f64; 2]], key: [f64; 2]) -> Option<f64> {
    let first = points.first()?;
    visits.first()?;
    let between = points.windows(2).flat_map(|pair| {
        let [dx, dy] = [pair[1].x - pair[0].x, pair[1].y - pair[0].y];
        let steps = ((dx / key[0]).hypot(dy / key[1]) * 4.0)
            .ceil()
            .clamp(1.0, 64.0) as usize;
        let start = [pair[0].x, pair[0].y];
        (1..=steps).map(move |step| {
            let part = step as f64 / steps as f64;
            [start[0] + dx * part, start[1] + dy * part]
        })
    });
    let positions = std::iter::once([first.x, first.y]).chain(between);
    let distance =
        |[x, y]: [f64; 2], [to_x, to_y]: [f64; 2]| ((x - to_x) / key[0]).hypot((y - to_y) / key[1]);
    Some(bottleneck(positions, visits, distance))
}

/// The smallest r such that `positions` visit, in order, one within a `distance` of r of every
/// visit; one may serve several visits. Infinite where there is no position or no visit.
pub fn bottleneck(
    positions: impl Iterator<Item = [f64; 2]>,
    visits: &[[f64; 2]],
    distance: impl Fn([f64; 2], [f64; 2]) -> f64,
) -> f64 {
    // Least largest distance after the visits so far, at the position so far or before.
    let mut reached = vec![f64::INFINITY; visits.len()];
    for position in positions {
        let mut before = 0.0;
        for (best, visit) in reached.iter_mut().zip(visits) {
            *best = best.min(distance(position, *visit).max(before));
            before = *best;
        }
    }
    reached.last().copied().unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const KEY: [f64; 2] = [0.1, 1.0 / 3.0];

    fn points(positions: &[[f64; 2]]) -> Vec<Point> {
        positions
            .iter()
            .map(|[x, y]| Point::new(*x, *y, 0.0))
            .collect()
    }

    #[test]
    fn a_path_over_its_keys_is_none_and_one_beside_them_is_as_far_as_it_is() {
        let visits = [[0.05, 0.5], [0.55, 0.5]];
        assert_eq!(deviation(&points(&visits), &visits, KEY), Some(0.0));
        let beside = points(&[[0.05, 0.5 + 0.25 / 3.0], [0.6, 0.5]]);
        let got = deviation(&beside, &visits, KEY).unwrap();
        assert!((got - 0.25).abs() < 1e-9, "{got}");
        // The other way round only one end is met.
        let back = points(&[[0.55, 0.5], [0.05, 0.5]]);
        assert!((deviation(&back, &visits, KEY).unwrap() - 2.5).abs() < 0.26);
        assert_eq!(deviation(&[], &visits, KEY), None);
        assert_eq!(deviation(&beside, &[], KEY), None);
    }

    /// By trying every way to put the visits on the points.
    fn brute_force(points: &[Point], visits: &[[f64; 2]]) -> f64 {
        let Some((visit, rest)) = visits.split_first() else {
            return 0.0;
        };
        (0..points.len())
            .map(|at| {
                let distance =
                    ((points[at].x - visit[0]) / KEY[0]).hypot((points[at].y - visit[1]) / KEY[1]);
                distance.max(brute_force(&points[at..], rest))
            })
            .fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn it_is_the_least_over_all_ways_to_visit() {
        let mut random = Random::new(4);
        for _ in 0..200 {
            // So near to each other that no position is put between them.
            let mut at = [random.uniform(), random.uniform()];
            let path: Vec<[f64; 2]> = (0..7)
                .map(|_| {
                    at[0] += 0.02 * (random.uniform() - 0.5);
                    at[1] += 0.06 * (random.uniform() - 0.5);
                    at
                })
                .collect();
            let visits: Vec<[f64; 2]> = (0..3)
                .map(|_| [random.uniform(), random.uniform()])
                .collect();
            let path = points(&path);
            let got = deviation(&path, &visits, KEY).unwrap();
            assert!((got - brute_force(&path, &visits)).abs() < 1e-12);
        }
    }
}
