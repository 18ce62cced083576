//! Velocity, acceleration, direction and curvature.

use std::f64::consts::PI;

use crate::features::Sample;

/// Shortest time between two samples, in seconds.
const SHORTEST_STEP: f64 = 0.001;

/// The finger's motion at one sample, by backward differences. Values that need samples before the
/// first are zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Motion {
    /// x and y, in units of the letter area's [-1, 1] per second.
    pub velocity: [f64; 2],
    /// x and y, in the same units per second squared.
    pub acceleration: [f64; 2],
    /// Direction of the velocity in radians, zero at rest.
    pub angle: f64,
    /// Change of direction since the sample before, in [-π, π].
    pub curvature: f64,
}

impl Motion {
    /// The motion at sample `index` of `samples`.
    pub(super) fn at(samples: &[Sample], index: usize) -> Self {
        let Some(before) = index.checked_sub(1) else {
            return Self::default();
        };
        let (displacement, dt) = difference(&samples[before], &samples[index]);
        let velocity = displacement.map(|d| d / dt);
        let angle = libm::atan2(velocity[1], velocity[0]);
        let Some(earlier) = before.checked_sub(1) else {
            return Self {
                velocity,
                angle,
                ..Self::default()
            };
        };
        let (previous, previous_dt) = difference(&samples[earlier], &samples[before]);
        Self {
            velocity,
            acceleration: [0, 1].map(|axis| (velocity[axis] - previous[axis] / previous_dt) / dt),
            angle,
            curvature: wrapped(angle - libm::atan2(previous[1], previous[0])),
        }
    }
}

/// Displacement and time in seconds from `a` to `b`.
fn difference(a: &Sample, b: &Sample) -> ([f64; 2], f64) {
    let dt = ((b.t - a.t) / 1000.0).max(SHORTEST_STEP);
    ([b.x - a.x, b.y - a.y], dt)
}

/// Wraps a difference of two angles from [-2π, 2π] to [-π, π].
fn wrapped(angle: f64) -> f64 {
    if angle > PI {
        angle - 2.0 * PI
    } else if angle < -PI {
        angle + 2.0 * PI
    } else {
        angle
    }
}

/// Length of a vector.
pub(super) fn length([x, y]: [f64; 2]) -> f64 {
    (x * x + y * y).sqrt()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

    use super::*;

    fn near(got: f64, expected: f64) {
        assert!((got - expected).abs() < 1e-12, "{got} against {expected}");
    }

    #[test]
    fn a_right_angle_turn() {
        let samples = [(0.0, 0.0, 0.0), (0.2, 0.0, 100.0), (0.2, 0.4, 200.0)]
            .map(|(x, y, t)| Sample { x, y, t });
        assert_eq!(Motion::at(&samples, 0), Motion::default());
        let motion = Motion::at(&samples, 1);
        near(motion.velocity[0], 2.0);
        near(motion.angle, 0.0);
        assert_eq!(motion.acceleration, [0.0, 0.0]);
        let motion = Motion::at(&samples, 2);
        near(motion.velocity[0], 0.0);
        near(motion.velocity[1], 4.0);
        near(motion.acceleration[0], -20.0);
        near(motion.acceleration[1], 40.0);
        near(motion.angle, FRAC_PI_2);
        near(motion.curvature, FRAC_PI_2);
    }

    #[test]
    fn curvature_takes_the_short_way_round() {
        // From 135 degrees to -135 degrees is a quarter turn, not three quarters.
        let samples = [(0.0, 0.0, 0.0), (-0.1, 0.1, 10.0), (-0.2, 0.0, 20.0)]
            .map(|(x, y, t)| Sample { x, y, t });
        let motion = Motion::at(&samples, 2);
        near(motion.angle, -3.0 * FRAC_PI_4);
        near(motion.curvature, FRAC_PI_2);
    }

    #[test]
    fn samples_at_one_time_count_as_a_millisecond_apart() {
        let samples = [(0.0, 0.0, 5.0), (1.0, 0.0, 5.0)].map(|(x, y, t)| Sample { x, y, t });
        near(Motion::at(&samples, 1).velocity[0], 1000.0);
    }
}
