//! The map from one keyboard's coordinates to another's.

use super::rows::{pitch, rows};
use crate::error::{Error, Result};

/// Farthest output coordinate, in letter areas.
const FARTHEST: f64 = 1e6;

/// A continuous map of the plane that sends the centres of keys to given positions.
///
/// Along a row it is linear from key to key; between rows it is linear from one to the next;
/// outside the keys it continues at the scale of the keyboards. It is therefore exact at key
/// centres, and it preserves left and right, above and below wherever the positions do. A map
/// between layouts that differ only in scale and position is the identity.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Warp {
    /// Top to bottom.
    lines: Vec<Line>,
    /// Width and height of a target key, divided by those of a source key.
    scale: [f64; 2],
}

/// A row of keys.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    /// Left to right.
    anchors: Vec<Anchor>,
}

/// A key: its centre and the target of its centre.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Anchor {
    from: [f64; 2],
    to: [f64; 2],
}

impl Line {
    /// The row's height at `x`, and the target of that point.
    fn at(&self, x: f64, scale: f64) -> (f64, [f64; 2]) {
        let right = self.anchors.partition_point(|anchor| anchor.from[0] <= x);
        let left = self.anchors.get(right.wrapping_sub(1));
        match (left, self.anchors.get(right)) {
            (Some(a), Some(b)) => {
                let part = (x - a.from[0]) / (b.from[0] - a.from[0]);
                let between = |a: f64, b: f64| a + part * (b - a);
                (
                    between(a.from[1], b.from[1]),
                    [between(a.to[0], b.to[0]), between(a.to[1], b.to[1])],
                )
            }
            (Some(end), None) | (None, Some(end)) => (
                end.from[1],
                [end.to[0] + scale * (x - end.from[0]), end.to[1]],
            ),
            (None, None) => (0.0, [x, 0.0]),
        }
    }
}

impl Warp {
    /// The map that sends `from[i]` to `to[i]`: centres of keys. `size` holds width and height of
    /// the typical key here and there.
    ///
    /// # Errors
    /// [`Error::Invalid`] where there is no key, two keys of a row have the same position, or rows
    /// cross each other.
    pub(super) fn new(
        from: &[[f64; 2]],
        to: &[[f64; 2]],
        size: [f64; 2],
        size_there: [f64; 2],
    ) -> Result<Self> {
        let crossing = |expected: &'static str| {
            Err(Error::invalid("the keys of a layout", expected, "others"))
        };
        if from.is_empty() || from.len() != to.len() {
            return crossing("at least one");
        }
        let groups = rows(from, size[1]);
        let here = pitch(&groups, from, size);
        let there = pitch(&rows(to, size_there[1]), to, size_there);
        let lines: Vec<Line> = groups
            .iter()
            .map(|row| Line {
                anchors: row
                    .iter()
                    .map(|key| Anchor {
                        from: from[*key],
                        to: to[*key],
                    })
                    .collect(),
            })
            .collect();
        // A hundredth of a key: no finger could separate keys closer than this.
        let apart = |low: f64, high: f64, size: f64| high - low > size / 100.0;
        for line in &lines {
            let mut pairs = line.anchors.windows(2);
            if !pairs.all(|pair| apart(pair[0].from[0], pair[1].from[0], size[0])) {
                return crossing("at different places");
            }
        }
        // Lines are straight between anchors, so lines that are apart at the anchors are apart
        // everywhere.
        for pair in lines.windows(2) {
            let mut anchors = pair[0].anchors.iter().chain(&pair[1].anchors);
            if !anchors.all(|anchor| {
                let level = |line: &Line| line.at(anchor.from[0], 1.0).0;
                apart(level(&pair[0]), level(&pair[1]), size[1])
            }) {
                return crossing("in rows, one below the other");
            }
        }
        let scale = [0, 1].map(|axis| there[axis] / here[axis]);
        if !scale.iter().all(|scale| scale.is_finite() && *scale > 0.0) {
            return crossing("at different places");
        }
        Ok(Self { lines, scale })
    }

    /// The target of a point. Finite for every finite point, at most a million letter areas away.
    pub(crate) fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let mut above: Option<(f64, [f64; 2])> = None;
        let beyond = |(level, to): (f64, [f64; 2])| [to[0], to[1] + self.scale[1] * (y - level)];
        let mut point = None;
        for line in &self.lines {
            let (level, to) = line.at(x, self.scale[0]);
            if y < level {
                point = Some(match above {
                    None => beyond((level, to)),
                    Some((level_above, to_above)) => {
                        let part = (y - level_above) / (level - level_above);
                        [0, 1].map(|axis| to_above[axis] + part * (to[axis] - to_above[axis]))
                    }
                });
                break;
            }
            above = Some((level, to));
        }
        point
            .or(above.map(beyond))
            .unwrap_or([x, y])
            .map(|coordinate| coordinate.clamp(-FARTHEST, FARTHEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Centres of keys in rows of one to ten keys: for each row, its left edge and the steps from
    /// key to key.
    fn keyboard(rows: &[(f64, Vec<f64>)]) -> Vec<[f64; 2]> {
        let mut centres = Vec::new();
        for (row, (left, steps)) in rows.iter().enumerate() {
            let mut x = *left;
            for step in steps {
                x += step;
                centres.push([x, row as f64]);
            }
        }
        centres
    }

    type Rows = Vec<(f64, Vec<f64>)>;

    /// Two keyboards with the same number of keys in each row and different spacing.
    fn pairs() -> impl Strategy<Value = (Rows, Rows)> {
        prop::collection::vec(1usize..11, 1..5).prop_flat_map(|counts| {
            let rows = || -> Vec<_> {
                let row =
                    |count: &usize| (-2.0f64..2.0, prop::collection::vec(0.3f64..3.0, *count));
                counts.iter().map(row).collect()
            };
            (rows(), rows())
        })
    }

    fn warp(from: &Rows, to: &Rows) -> Warp {
        Warp::new(&keyboard(from), &keyboard(to), [1.0; 2], [1.0; 2]).unwrap()
    }

    fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
        (a[0] - b[0]).hypot(a[1] - b[1])
    }

    proptest! {
        #[test]
        fn middles_of_keys_go_where_they_should((from, to) in pairs()) {
            let warp = warp(&from, &to);
            for (from, to) in keyboard(&from).iter().zip(keyboard(&to)) {
                prop_assert!(distance(warp.apply(*from), to) < 1e-12);
            }
        }

        #[test]
        fn right_stays_right_and_below_stays_below(
            (from, to) in pairs(),
            x in -4.0f64..20.0, y in -3.0f64..8.0, step in 1e-3f64..5.0,
        ) {
            let warp = warp(&from, &to);
            let point = warp.apply([x, y]);
            prop_assert!(warp.apply([x + step, y])[0] > point[0]);
            prop_assert!(warp.apply([x, y + step])[1] > point[1]);
        }

        #[test]
        fn near_points_stay_near(
            from in pairs(), order in any::<u64>(),
            x in -4.0f64..20.0, y in -3.0f64..8.0, angle in 0.0f64..7.0,
        ) {
            // Keys may go anywhere, even across each other.
            let (from, mut to) = (keyboard(&from.0), keyboard(&from.1));
            let count = to.len();
            to.rotate_left(order as usize % count);
            to.swap(0, (order >> 32) as usize % count);
            let warp = Warp::new(&from, &to, [1.0; 2], [1.0; 2]).unwrap();
            let step = 1e-7;
            let near = [x + step * angle.cos(), y + step * angle.sin()];
            // No two keys closer than 0.3 map to more than 40 apart, and the scale holds outside
            // the keys.
            prop_assert!(distance(warp.apply([x, y]), warp.apply(near)) < 1e3 * step);
        }

        #[test]
        fn scale_and_place_alone_are_undone(
            (from, _) in pairs(),
            left in -1e3f64..1e3, scale in 0.01f64..100.0, x in -4.0f64..20.0, y in -3.0f64..8.0,
        ) {
            let from = keyboard(&from);
            let to: Vec<[f64; 2]> = from.iter().map(|[x, y]| [left + scale * x, scale * y]).collect();
            let warp = Warp::new(&from, &to, [1.0; 2], [scale; 2]).unwrap();
            let expected = [left + scale * x, scale * y];
            prop_assert!(distance(warp.apply([x, y]), expected) < 1e-9 * (1.0 + left.abs() + scale));
        }

        #[test]
        fn every_point_comes_out_finite((from, to) in pairs(), x in any::<f64>(), y in any::<f64>()) {
            prop_assume!(x.is_finite() && y.is_finite());
            let point = warp(&from, &to).apply([x, y]);
            prop_assert!(point.iter().all(|value| value.abs() <= 1e6));
        }
    }

    #[test]
    fn staggered_columns_are_followed() {
        // Each column is a little lower or higher than its neighbour.
        let from: Vec<[f64; 2]> = (0..30)
            .map(|key| (key % 10, key / 10))
            .map(|(x, y)| [f64::from(x), f64::from(y) + 0.2 * f64::from(x % 3)])
            .collect();
        let to: Vec<[f64; 2]> = (0..30)
            .map(|key| [f64::from(key % 10), f64::from(key / 10)])
            .collect();
        let warp = Warp::new(&from, &to, [1.0; 2], [1.0; 2]).unwrap();
        for (from, to) in from.iter().zip(to) {
            assert!(distance(warp.apply(*from), to) < 1e-12);
        }
    }

    #[test]
    fn keys_that_lie_in_no_rows_are_refused() {
        let to = [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0]];
        let refused = |from: &[[f64; 2]]| {
            let warp = Warp::new(from, &to[..from.len()], [1.0; 2], [1.0; 2]);
            assert!(matches!(warp, Err(Error::Invalid { .. })), "{warp:?}");
        };
        refused(&[]);
        refused(&[[0.5, 0.5], [0.5, 0.5]]);
        // The second row rises above the first.
        refused(&[[0.0, 0.0], [4.0, 0.4], [0.0, 0.6], [4.0, 0.45]]);
    }
}
