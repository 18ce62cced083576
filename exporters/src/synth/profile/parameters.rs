//! The numbers of a profile: what each is, what it is fitted to, its range, and whether it differs
//! from person to person.

use serde::{Deserialize, Serialize};

use super::{Device, Fitted};

/// One number of a [`Profile`].
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Name of the field.
    pub name: &'static str,
    /// What it is and what it is fitted to: the field's documentation.
    pub meaning: &'static str,
    /// Least value.
    pub low: f64,
    /// Greatest value.
    pub high: f64,
    /// Reads it.
    pub get: fn(&Profile) -> f64,
    /// Sets it, within its range.
    pub set: fn(&mut Profile, f64),
    /// Whether [`Profile::variety`] changes it from person to person. It leaves alone: means, which
    /// have signs; exponents and overlaps; what differs between people already; and the screen's
    /// kind.
    pub varies: bool,
}

impl Parameter {
    /// The parameter of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PARAMETERS.iter().find(|parameter| parameter.name == name)
    }
}

/// Whether [`Profile::variety`] changes a parameter, by the word in the list.
macro_rules! varies {
    (varies) => {
        true
    };
    (fixed) => {
        false
    };
}

macro_rules! profile {
    ($($(#[doc = $doc:literal])+ $name:ident: $low:literal..=$high:literal, $varies:ident;)+) => {
        /// Statistics of people's fingers and of their phones, which synthetic swipes are made
        /// from.
        ///
        /// Lengths are in keys: x in key widths, y in row heights. "Spread" is the standard
        /// deviation of a normal distribution, or where it says "of the logarithm" that of a
        /// log-normal one. "Fitted to" names the statistic of real swipes that
        /// [`fit`](crate::synth::fit()) moves the parameter to meet; [`Profile::default`] was
        /// fitted so on the train people of How We Swipe (Leiva et al., MobileHCI 2021),
        /// [`Profile::prior`] never on anybody.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Profile {
            /// Name, for example `how-we-swipe`.
            pub name: String,
            /// Where its numbers come from, with credits.
            pub source: String,
            $($(#[doc = $doc])+ pub $name: f64,)+
            /// Kinds of phone with their shares of people. Fitted to: the commonest keyboard size
            /// of each person.
            pub devices: Vec<Device>,
            /// What the profile was fitted to; empty for one that was not.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub fitted: Vec<Fitted>,
        }

        /// The numbers of a profile, in the order of the fields.
        pub const PARAMETERS: &[Parameter] = &[$(Parameter {
            name: stringify!($name),
            meaning: concat!($($doc),+),
            low: $low,
            high: $high,
            get: |profile| profile.$name,
            set: |profile, value| profile.$name = value.clamp($low, $high),
            varies: varies!($varies),
        },)+];
    };
}

profile! {
    /// Mean offset of the first touch from the first key, x. Fitted to: median of the first point's
    /// offset.
    start_mean_x: -1.0..=1.0, fixed;
    /// Mean offset of the first touch, y (down is positive). Fitted to: median of the first point's
    /// offset.
    start_mean_y: -1.0..=1.0, fixed;
    /// Spread of the first touch within a person, x. Fitted to: spread of first points about their
    /// person's median.
    start_x: 0.0..=2.0, varies;
    /// Spread of the first touch within a person, y. Fitted to: spread of first points about their
    /// person's median.
    start_y: 0.0..=2.0, varies;
    /// Mean offset of the first touch along the first stroke. Fitted to: median of the first
    /// point's offset along the line to the second key.
    start_along: -1.0..=1.0, fixed;
    /// Mean offset of inner visits, x. Fitted to: median offset of the path where it is nearest to
    /// inner keys.
    inner_mean_x: -1.0..=1.0, fixed;
    /// Mean offset of inner visits, y. Fitted to: median offset of the path where it is nearest to
    /// inner keys.
    inner_mean_y: -1.0..=1.0, fixed;
    /// Spread of inner visits within a person, x. Fitted to: spread of the nearest approach to
    /// inner keys about the person's median.
    inner_x: 0.0..=2.0, varies;
    /// Spread of inner visits within a person, y. Fitted to: spread of the nearest approach to
    /// inner keys about the person's median.
    inner_y: 0.0..=2.0, varies;
    /// Mean offset of the last touch from the last key, x. Fitted to: median of the last point's
    /// offset.
    end_mean_x: -1.0..=1.0, fixed;
    /// Mean offset of the last touch, y. Fitted to: median of the last point's offset.
    end_mean_y: -1.0..=1.0, fixed;
    /// Spread of the last touch within a person, x. Fitted to: spread of last points about their
    /// person's median.
    end_x: 0.0..=2.0, varies;
    /// Spread of the last touch within a person, y. Fitted to: spread of last points about their
    /// person's median.
    end_y: 0.0..=2.0, varies;
    /// Mean offset of the last touch along the last stroke. Fitted to: median offset, along the
    /// line from the key before, of the path where it is nearest to the last key.
    end_along: -1.0..=1.0, fixed;
    /// Spread of people's constant offsets, x. Fitted to: spread between people of the mean offset
    /// of all their visits.
    bias_x: 0.0..=1.0, fixed;
    /// Spread of people's constant offsets, y. Fitted to: spread between people of the mean offset
    /// of all their visits.
    bias_y: 0.0..=1.0, fixed;
    /// Spread of the logarithm of people's carelessness, which multiplies all offsets. Fitted to:
    /// spread between people of the logarithm of their mean distance from keys.
    noise_person: 0.0..=1.5, fixed;
    /// Spread of the logarithm of a swipe's carelessness, which makes the tails heavy. Fitted to:
    /// 90 % over median of the deviation (the least r such that the path passes within r keys of
    /// all letters in order).
    noise_swipe: 0.0..=1.5, varies;
    /// Chance that a visit misses its key by far. Fitted to: share of swipes with a deviation over
    /// 1 key.
    miss: 0.0..=0.5, varies;
    /// What multiplies the offset of a visit that misses. Set by hand: the chance and the size of
    /// misses are not told apart well.
    miss_scale: 1.0..=8.0, fixed;
    /// Spread of people's scales along each axis: who plays a keyboard narrower than it is. Set by
    /// hand.
    scale: 0.0..=0.3, fixed;
    /// Chance that an inner key is left out. Set by hand: it looks like a miss.
    skip: 0.0..=0.5, varies;
    /// Chance of a touch-down on a wrong key, from which the finger moves to the right one. Set by
    /// hand: How We Swipe holds only swipes that began near their first key.
    wrong_start: 0.0..=0.5, varies;
    /// Time of a stroke over one key, in ms. Fitted to: time between neighbouring visits at one
    /// key's distance, by the regression of logarithms.
    segment_ms: 20.0..=2000.0, varies;
    /// Power of the distance in a stroke's time. Fitted to: slope of that regression.
    segment_power: 0.0..=1.5, fixed;
    /// Spread of the logarithm of people's times. Fitted to: spread between people of their mean
    /// residual in that regression.
    speed_person: 0.0..=1.5, fixed;
    /// Spread of the logarithm of a swipe's times. Fitted to: spread between a person's swipes of
    /// the mean residual.
    speed_swipe: 0.0..=1.5, varies;
    /// Spread of the logarithm of a stroke's time. Fitted to: spread of the residual within swipes.
    speed_segment: 0.0..=1.5, varies;
    /// Mean share of least acceleration in strokes, which have least jerk otherwise: their speed is
    /// flatter. Fitted to: median of a swipe's median speed over its mean speed.
    flat: 0.0..=1.0, fixed;
    /// Mean asymmetry of strokes: the power of a stroke's time is the exponential of less this.
    /// Fitted to: median share of the time between visits at least two keys apart that is left at
    /// the highest speed.
    skew_mean: -1.0..=1.0, fixed;
    /// Spread of a stroke's asymmetry. Fitted to: 75 % less 25 % of that share.
    skew: 0.0..=1.0, varies;
    /// Chance that a stroke lands beside where it leads, and a second one corrects it (Meyer et al.
    /// 1988). Set by hand, as is its size: swipes show little of either apart from pauses.
    correct: 0.0..=1.0, varies;
    /// Spread of where such a stroke lands, over its length. Set by hand.
    correct_size: 0.0..=0.5, varies;
    /// How much of two strokes' time overlaps at a visit: 0 stops at every key, more cuts corners.
    /// Fitted to: speed at visits with turns of 60 to 120 degrees over the mean speed around them.
    overlap: -0.5..=0.8, fixed;
    /// What the cosine of a visit's turn adds to the overlap. Fitted to: that speed at turns under
    /// 60 less that at turns over 120 degrees.
    overlap_turn: -0.5..=0.8, fixed;
    /// Spread of people's overlaps. Set by hand: the spread of that speed between people calls for
    /// overlaps that leave the keys far aside, as no person's path does.
    overlap_person: 0.0..=0.8, fixed;
    /// Spread of a visit's overlap. Set by hand.
    overlap_visit: 0.0..=0.8, varies;
    /// Mean overshoot of inner visits along the stroke that leads there. Fitted to: median of the
    /// nearest approach's offset along that stroke at turns over 60 degrees.
    overshoot: -1.0..=1.0, fixed;
    /// Spread of people's overshoots. Fitted to: spread between people of that offset.
    overshoot_person: 0.0..=1.0, fixed;
    /// Spread of a stroke's bow, as the height of the arc over its length. Fitted to: median of the
    /// path's greatest distance from the chord over the chord, between visits at least two keys
    /// apart.
    bow: 0.0..=1.0, varies;
    /// Spread of people's bows. Fitted to: spread between people of the signed bow.
    bow_person: 0.0..=0.5, fixed;
    /// Share of people who hesitate. Set by hand: it is not told apart from the chance of a pause.
    hesitant: 0.0..=1.0, fixed;
    /// Chance that a person who hesitates pauses at an inner key; others do at a tenth of it.
    /// Fitted to: share of inner visits with a pause (120 ms or more within a fifth of a key).
    pause: 0.0..=1.0, varies;
    /// Median pause in ms. Fitted to: median of pauses.
    pause_ms: 0.0..=2000.0, varies;
    /// Spread of the logarithm of pauses. Fitted to: logarithm of 90 % over median of pauses.
    pause_spread: 0.0..=2.0, varies;
    /// Median rest before the first stroke, in ms. Fitted to: median time until the finger is a
    /// quarter of a key away from its first point.
    start_dwell_ms: 0.0..=1000.0, varies;
    /// Spread of the logarithm of that rest. Fitted to: logarithm of 90 % over median of that time.
    start_dwell_spread: 0.0..=2.0, varies;
    /// Median rest after the last stroke, in ms. Fitted to: median time from when the finger is
    /// last a quarter of a key away from its last point.
    end_dwell_ms: 0.0..=1000.0, varies;
    /// Spread of the logarithm of that rest. Fitted to: logarithm of 90 % over median of that time.
    end_dwell_spread: 0.0..=2.0, varies;
    /// Chance of a rest at a doubled letter. Set by hand: chance and length of rests are not told
    /// apart well.
    double_pause: 0.0..=1.0, varies;
    /// Mean rest at a doubled letter, in ms. Fitted to: mean time within half a key of doubled
    /// inner letters, less that of others.
    double_pause_ms: 0.0..=2000.0, varies;
    /// Chance of a loop at a doubled letter. Fitted to: share of doubled inner letters with a loop
    /// (a turn of 290 degrees and more one way within a key), above that of others.
    double_loop: 0.0..=1.0, varies;
    /// Chance of a loop at another inner letter. Fitted to: share of them with a loop.
    loops: 0.0..=0.5, varies;
    /// Chance of a hook at lift-off. Fitted to: share of swipes that end more than 0.35 keys from
    /// where they were nearest to the last key.
    hook: 0.0..=1.0, varies;
    /// Median length of a hook in keys. Fitted to: median distance of those ends.
    hook_size: 0.0..=3.0, varies;
    /// Spread of a hook's direction about the last stroke's, in radians. Fitted to: median angle
    /// between the two.
    hook_turn: 0.0..=3.2, varies;
    /// Spread of the slow drift of a moving finger, in key widths. Fitted to: turning along the
    /// path, in steps of half a key width, above that of the straight lines between visits.
    drift: 0.0..=1.0, varies;
    /// Time constant of the drift in ms. Set by hand.
    drift_ms: 10.0..=2000.0, varies;
    /// Spread of tremor, in key widths. Fitted to: turning along the path in steps of 0.15 key
    /// widths, over that in steps of half a key.
    tremor: 0.0..=0.3, varies;
    /// Share of people whose screen is read 60 times a second; others have 90 or 120. Fitted to:
    /// share of people with a median of at least 14 ms between points.
    clock_60: 0.0..=1.0, fixed;
    /// Spread of the time between two points, in ms. Fitted to: spread of that time (half of 84 %
    /// less 16 %).
    clock_jitter_ms: 0.0..=8.0, fixed;
    /// Spread of the time between a reading and what it reads, in ms. Fitted to: median difference
    /// of a speed from the mean of the speeds before and after it, over the mean of the three, at
    /// more than 10 keys a second.
    reading_ms: 0.0..=8.0, varies;
    /// Chance that a point is lost. Fitted to: share of times of 25 to 60 ms between points that
    /// lie more than a tenth of a key apart.
    lost: 0.0..=0.5, varies;
    /// Share of swipes whose last point is at the place of the one before: the finger's lift says
    /// no new place. Fitted to: that share.
    lift_repeats: 0.0..=1.0, fixed;
    /// Mean chance that a screen says nothing while the finger rests on a pixel; each person's
    /// differs. Fitted to: share of points at the place of the point before.
    still: 0.0..=1.0, fixed;
    /// Share of swipes on screens that say nothing until the finger has left a circle around its
    /// first point. Fitted to: share of swipes with more than 3 pixels from the first point to the
    /// second.
    slop: 0.0..=1.0, fixed;
    /// Median radius of that circle in pixels. Fitted to: median of those distances.
    slop_px: 0.0..=64.0, varies;
    /// Share of people whose screen tells thirds of pixels and less. Fitted to: share of people
    /// with coordinates between pixels.
    fractional: 0.0..=1.0, fixed;
    /// Spread of the logarithm of what multiplies each of a person's habits (spreads, chances and
    /// times), one by one. Set by hand: a profile that was fitted to nobody is wrong about most of
    /// them, and with this some people's are right all the same (domain randomization, Tobin et al.
    /// 2017).
    variety: 0.0..=1.5, fixed;
}
