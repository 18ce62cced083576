//! People who swipe, and their devices.

use super::profile::{Device, Profile};
use crate::random::Stream;

/// Spread of the screens' chance to report nothing while a finger rests. Of 701 train people of How
/// We Swipe, the middle half has 0.45 to 0.85.
const STILL_SPREAD: f64 = 0.3;

/// Spread of people's flatness of strokes, set by hand.
const FLAT_SPREAD: f64 = 0.25;

/// How a screen reports a finger's position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Screen {
    /// Milliseconds between two readings.
    pub(super) interval: f64,
    /// Pixels that coordinates are rounded to.
    pub(super) step: f64,
    /// Chance that it reports nothing while a finger rests on a pixel.
    pub(super) still: f64,
}

/// A person's habits, and phone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Person {
    /// Width of the letter area in pixels.
    pub(super) width: f64,
    /// Height of a row over a tenth of the width.
    pub(super) row_height: f64,
    pub(super) screen: Screen,
    /// Factor of offsets.
    pub(super) noise: f64,
    /// Factor of times.
    pub(super) slowness: f64,
    /// Constant offset in keys.
    pub(super) bias: [f64; 2],
    /// Scale about the middle of the keyboard.
    pub(super) scale: [f64; 2],
    pub(super) overlap: f64,
    pub(super) overshoot: f64,
    pub(super) bow: f64,
    /// Share of least acceleration in strokes.
    pub(super) flat: f64,
    /// Chance of a pause at an inner key.
    pub(super) pause: f64,
}

impl Person {
    /// Draws a person from the stream, with one of the devices. `total` is the sum of their
    /// weights.
    pub(super) fn draw(
        profile: &Profile,
        devices: &[Device],
        total: f64,
        stream: &mut Stream,
    ) -> Self {
        let mut at = stream.uniform() * total;
        let mut device = devices[0];
        for other in devices {
            device = *other;
            at -= other.weight;
            if at < 0.0 {
                break;
            }
        }
        let fast = if stream.chance(0.5) {
            1000.0 / 120.0
        } else {
            1000.0 / 90.0
        };
        let fine = if stream.chance(0.5) { 1.0 / 3.0 } else { 0.05 };
        let screen = Screen {
            interval: if stream.chance(profile.clock_60) {
                1000.0 / 60.0
            } else {
                fast
            },
            step: if stream.chance(profile.fractional) {
                fine
            } else {
                1.0
            },
            still: (profile.still + STILL_SPREAD * stream.normal()).clamp(0.0, 1.0),
        };
        Self {
            width: device.width,
            row_height: device.row_height,
            screen,
            noise: stream.factor(profile.noise_person),
            slowness: stream.factor(profile.speed_person),
            bias: [profile.bias_x, profile.bias_y].map(|spread| spread * stream.normal()),
            scale: [0, 1].map(|_| (1.0 + profile.scale * stream.normal()).clamp(0.25, 2.0)),
            overlap: profile.overlap_person * stream.normal(),
            overshoot: profile.overshoot_person * stream.normal(),
            bow: profile.bow_person * stream.normal(),
            flat: (profile.flat + FLAT_SPREAD * stream.normal()).clamp(0.0, 1.0),
            pause: if stream.chance(profile.hesitant) {
                profile.pause
            } else {
                profile.pause * 0.1
            },
        }
    }
}
