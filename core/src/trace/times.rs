//! Repair of time stamps: the rules of [`Trace`](super::Trace).

use super::{MAX_DURATION_MS, Point};

/// Greatest step between points in milliseconds, and the step where stamps give none: that of a 60
/// Hz touch screen.
const USUAL_STEP_MS: f64 = 1000.0 / 60.0;

/// `points` with repaired times; `None` where every stamp is later than the one before and needs no
/// repair.
pub(super) fn repaired(points: &[Point]) -> Option<Vec<Point>> {
    if points.windows(2).all(|pair| pair[0].t < pair[1].t) {
        return None;
    }
    let anchors = anchors(points);
    let (first, last) = (*anchors.first()?, *anchors.last()?);
    let step = match last - first {
        0 => USUAL_STEP_MS,
        steps => USUAL_STEP_MS.min((points[last].t - points[first].t) / steps as f64),
    };
    let mut repaired = points.to_vec();
    for pair in anchors.windows(2) {
        let (start, span) = (points[pair[0]].t, points[pair[1]].t - points[pair[0]].t);
        let between = &mut repaired[pair[0]..=pair[1]];
        let steps = between.len() - 1;
        for (at, point) in between.iter_mut().enumerate().take(steps).skip(1) {
            point.t = start + span * (at as f64 / steps as f64);
        }
    }
    for (at, point) in repaired[..first].iter_mut().rev().enumerate() {
        point.t = points[first].t - step * (at + 1) as f64;
    }
    for (at, point) in repaired[last..].iter_mut().enumerate().skip(1) {
        point.t = points[last].t + step * at as f64;
    }
    limit_duration(&mut repaired);
    Some(repaired)
}

/// The points that keep their stamps, in order; each of these stamps is later than the one before.
/// Not empty unless `points` is.
fn anchors(points: &[Point]) -> Vec<usize> {
    let mut anchors = trusted(points);
    // Of points with one stamp, the last keeps it.
    anchors.reverse();
    anchors.dedup_by_key(|at| points[*at].t);
    anchors.reverse();
    if anchors.is_empty() && !points.is_empty() {
        anchors.push(0);
    }
    anchors
}

/// The points that are in every longest choice of points whose stamps never go back.
fn trusted(points: &[Point]) -> Vec<usize> {
    let before = ranks(points.iter().map(|point| point.t));
    let mut behind = ranks(points.iter().rev().map(|point| -point.t));
    behind.reverse();
    let longest = before.iter().max().copied().unwrap_or(0);
    let is_in_one = |at: &usize| before[*at] + behind[*at] == longest;
    // In a longest choice, points of one rank are interchangeable.
    let mut of_rank = vec![0_u32; longest + 1];
    for at in (0..points.len()).filter(is_in_one) {
        of_rank[before[at]] += 1;
    }
    let is_trusted = |at: &usize| is_in_one(at) && of_rank[before[*at]] == 1;
    (0..points.len()).filter(is_trusted).collect()
}

/// For each stamp, the most stamps that can precede it in a choice that never goes back.
fn ranks(stamps: impl Iterator<Item = f64>) -> Vec<usize> {
    // The earliest stamp that can end a choice of each rank.
    let mut earliest: Vec<f64> = Vec::new();
    stamps
        .map(|stamp| {
            let rank = earliest.partition_point(|end| *end <= stamp);
            match earliest.get_mut(rank) {
                Some(end) => *end = stamp,
                None => earliest.push(stamp),
            }
            rank
        })
        .collect()
}

/// Scales down times that exceed the longest duration of a trace.
fn limit_duration(points: &mut [Point]) {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return;
    };
    let (start, duration) = (first.t, last.t - first.t);
    if duration > MAX_DURATION_MS {
        for point in points {
            point.t = start + (point.t - start) / duration * MAX_DURATION_MS;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A step whose multiples in these tests are exact in floats.
    const STEP: f64 = 16.0;

    fn times(stamps: &[f64]) -> Vec<f64> {
        let points: Vec<Point> = stamps.iter().map(|t| Point::new(0.5, 0.5, *t)).collect();
        let repaired = repaired(&points).unwrap_or(points);
        repaired.iter().map(|point| point.t).collect()
    }

    /// Stamps of `count` points, one step apart.
    fn even(count: usize) -> Vec<f64> {
        (0..count).map(|at| at as f64 * STEP).collect()
    }

    fn near(got: &[f64], expected: &[f64]) {
        assert_eq!(got.len(), expected.len());
        for (one, other) in got.iter().zip(expected) {
            assert!((one - other).abs() < 1e-9, "{got:?} for {expected:?}");
        }
    }

    #[test]
    fn sound_stamps_are_left_alone() {
        for stamps in [
            &[][..],
            &[5.0],
            &[-3.0, 0.1],
            // A pause in the middle, and one before the lift.
            &[0.0, 16.0, 33.0, 2033.0, 2050.0, 2066.5, 9000.0],
        ] {
            let points: Vec<Point> = stamps.iter().map(|t| Point::new(0.5, 0.5, *t)).collect();
            assert_eq!(repaired(&points), None);
        }
    }

    #[test]
    fn points_with_one_stamp_share_the_time_since_the_one_before() {
        assert_eq!(times(&[0., 20., 20., 40., 40.]), [0., 10., 20., 30., 40.]);
        assert_eq!(times(&[0., 30., 30., 30., 40.]), [0., 10., 20., 30., 40.]);
        // A pause stays outside runs of equal stamps.
        assert_eq!(
            times(&[0., 20., 20., 320., 340.]),
            [0., 10., 20., 320., 340.]
        );
    }

    #[test]
    fn a_first_run_goes_back_at_the_mean_step() {
        assert_eq!(
            times(&[0., 0., 32., 32., 64., 64.]),
            [-16., 0., 16., 32., 48., 64.]
        );
        assert_eq!(times(&[0., 0., 8., 16.]), [-8., 0., 8., 16.]);
        // The step is at most a sixtieth of a second.
        near(&times(&[0., 0., 300.]), &[-USUAL_STEP_MS, 0., 300.]);
    }

    #[test]
    fn floored_and_grouped_stamps_become_even_again() {
        let even = even(24);
        let floored: Vec<f64> = even.iter().map(|t| (t / 48.0).floor() * 48.0).collect();
        let grouped: Vec<f64> = (0..24).map(|at| even[at / 4 * 4 + 3]).collect();
        for stamps in [floored, grouped] {
            let times = times(&stamps);
            for pair in times.windows(2) {
                assert!((pair[1] - pair[0] - STEP).abs() < 1e-9, "{times:?}");
            }
        }
    }

    #[test]
    fn without_times_points_are_a_sixtieth_of_a_second_apart() {
        let expected = [-2.0 * USUAL_STEP_MS, -USUAL_STEP_MS, 0.0];
        near(&times(&[0.0; 3]), &expected);
        near(&times(&[7.0; 3]), &expected.map(|t| t + 7.0));
        near(
            &times(&[40., 20., 0.]),
            &expected.map(|t| t + 40.0 + 2.0 * USUAL_STEP_MS),
        );
    }

    #[test]
    fn a_stamp_ahead_or_behind_moves_itself_alone() {
        let sound = even(30);
        for at in 1..28 {
            for wrong in [100., 300., 1000., -100., -300., -1000.] {
                let mut stamps = sound.clone();
                stamps[at] += wrong;
                // With one stamp against one, either may be wrong.
                let against = if wrong > 0.0 { 29 - at } else { at };
                if against < 2 {
                    continue;
                }
                near(&times(&stamps), &sound);
            }
        }
    }

    #[test]
    fn a_wrong_stamp_at_an_end_goes_on_at_the_mean_step() {
        assert_eq!(times(&[300., 16., 32., 48.]), [0., 16., 32., 48.]);
        assert_eq!(times(&[16., 32., 48., 0.]), [16., 32., 48., 64.]);
        // One of two stamps is wrong.
        assert_eq!(times(&[0., 16., 32., 332., 64.]), [0., 16., 32., 48., 64.]);
    }

    #[test]
    fn several_wrong_stamps_move_themselves_alone() {
        let sound = even(40);
        let mut stamps = sound.clone();
        for (at, wrong) in [(5, 300.), (6, 290.), (7, 310.), (17, -400.), (30, 120.)] {
            stamps[at] += wrong;
        }
        near(&times(&stamps), &sound);
    }

    #[test]
    fn swapped_neighbours_both_move() {
        let sound = even(12);
        for at in 1..10 {
            let mut stamps = sound.clone();
            stamps.swap(at, at + 1);
            near(&times(&stamps), &sound);
        }
    }

    #[test]
    fn a_pause_beside_a_fault_stays() {
        let stamps = [0., 16., 32., 732., 748., 1500., 764., 764., 780.];
        let expected = [
            0.,
            16.,
            32.,
            732.,
            748.,
            748. + 16. / 3.,
            748. + 32. / 3.,
            764.,
            780.,
        ];
        near(&times(&stamps), &expected);
    }

    #[test]
    fn many_points_at_one_time_last_no_longer_than_a_trace_may() {
        let times = times(&vec![3.0; crate::trace::MAX_POINTS]);
        let duration = times[times.len() - 1] - times[0];
        assert!((duration - MAX_DURATION_MS).abs() < 1e-6, "{duration}");
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
    }

    proptest! {
        #[test]
        fn repaired_times_go_on(stamps in prop::collection::vec(0..1500_i32, 0..80)) {
            let stamps: Vec<f64> = stamps.into_iter().map(f64::from).collect();
            let times = times(&stamps);
            prop_assert_eq!(times.len(), stamps.len());
            prop_assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
        }

        #[test]
        fn points_in_every_longest_choice_are_trusted(
            stamps in prop::collection::vec(0..12_i32, 1..9)
        ) {
            let points: Vec<Point> = (stamps.iter())
                .map(|t| Point::new(0.5, 0.5, f64::from(*t)))
                .collect();
            // Every choice of points, as a bit mask.
            let sound = |choice: &u32| {
                let chosen: Vec<i32> = (0..stamps.len())
                    .filter(|at| choice >> at & 1 == 1)
                    .map(|at| stamps[at])
                    .collect();
                chosen.is_sorted()
            };
            let choices: Vec<u32> = (0..1_u32 << stamps.len()).filter(sound).collect();
            let longest = choices.iter().map(|choice| choice.count_ones()).max().unwrap();
            let in_all = (choices.iter())
                .filter(|choice| choice.count_ones() == longest)
                .fold(u32::MAX, |all, choice| all & choice);
            let expected: Vec<usize> =
                (0..stamps.len()).filter(|at| in_all >> at & 1 == 1).collect();
            prop_assert_eq!(trusted(&points), expected);
        }
    }
}
