//! Tests of the generator as a whole.

use super::*;
use swipekit::layout::{Key, Layout};

fn words(list: &[&str]) -> Words {
    let list = list.iter().map(|word| ((*word).to_owned(), 1.0)).collect();
    Words::new(
        list,
        WordOptions {
            max_length: 64,
            ..WordOptions::default()
        },
    )
    .unwrap()
}

fn synth(list: &[&str], profile: Profile, seed: u64) -> Synth {
    Synth::new(&Layout::qwerty(), words(list), profile, seed).unwrap()
}

const LIST: &[&str] = &[
    "the",
    "hello",
    "don't",
    "a",
    "keyboard",
    "tomorrow",
    "all",
    "see",
    "zzz",
    "understanding",
];

fn assert_sound(swipe: &SynthSwipe) {
    assert!(
        (1..=MAX_POINTS).contains(&swipe.points.len()),
        "{} points",
        swipe.points.len()
    );
    assert_eq!(swipe.points[0].2, 0.0);
    assert!(swipe.points.windows(2).all(|pair| pair[0].2 <= pair[1].2));
    for (x, y, t) in &swipe.points {
        assert!(
            (-0.06..=1.06).contains(x) && (-1.1..=2.1).contains(y),
            "{x} {y}"
        );
        assert_eq!(*t, t.round());
    }
    assert!(
        swipe
            .keyboard
            .iter()
            .all(|size| size.is_finite() && *size > 0.0)
    );
    // Core takes it.
    swipekit::trace::Trace::in_letter_area(swipe.points.iter().copied()).unwrap();
}

#[test]
fn a_swipe_is_told_by_seed_and_index_alone() {
    let synth = synth(LIST, Profile::default(), 3).with_people(5);
    let (mut reused, mut fresh) = (SynthSwipe::default(), SynthSwipe::default());
    let mut all = Vec::new();
    for index in 0..50 {
        synth.swipe(index, &mut reused);
        all.push((
            reused.word.clone(),
            reused.points.clone(),
            reused.user,
            reused.keyboard,
        ));
    }
    for index in [49, 0, 17, 3] {
        synth.clone().swipe(index, &mut fresh);
        let (word, points, user, keyboard) = &all[index as usize];
        assert_eq!(
            (&fresh.word, &fresh.points, &fresh.user, &fresh.keyboard),
            (word, points, user, keyboard)
        );
        fresh = SynthSwipe::default();
    }
    let other = Synth::new(&Layout::qwerty(), words(LIST), Profile::default(), 4).unwrap();
    other.swipe(0, &mut fresh);
    assert_ne!(fresh.points, all[0].1);
}

/// The same on every platform: what these swipes were when they were first made.
#[test]
fn the_numbers_do_not_depend_on_the_machine() {
    let mut text = Vec::new();
    swipe_file(&synth(LIST, Profile::prior(), 1), 0, 20, &mut text, |_| {}).unwrap();
    let sha256 = swipekit::internals::bundle::sha256_hex(&text);
    assert_eq!(sha256, GOLDEN);
}

const GOLDEN: &str = "341f7c04e7177aaa722a1d4ef4795ea0888d19f5c52a384654b5b9fe51a54cdc";

#[test]
fn people_are_few_where_they_are_said_to_be() {
    let few = synth(LIST, Profile::default(), 9).with_people(4);
    let mut swipe = SynthSwipe::default();
    let mut keyboards = std::collections::BTreeMap::new();
    for index in 0..400 {
        few.swipe(index, &mut swipe);
        let size = keyboards.entry(swipe.user).or_insert(swipe.keyboard);
        assert_eq!(*size, swipe.keyboard, "one person has one phone");
    }
    assert_eq!(keyboards.len(), 4);
    let many = synth(LIST, Profile::default(), 9);
    many.swipe(77, &mut swipe);
    assert_eq!(swipe.user, 77);
}

#[test]
fn swipes_are_sound_on_all_layouts() {
    let mut odd = Layout::rows(
        "odd",
        &[("qwertyuiopü", 0.0), ("asdfghjklöä", 0.0), ("zxcvbnm", 2.0)],
    );
    for (at, key) in odd.keys.iter_mut().enumerate() {
        key.width *= 0.5 + (at % 3) as f32;
    }
    odd.keys.push(Key {
        label: '\'',
        x: 3.0,
        y: 9.0,
        width: 4.0,
        height: 1.0,
    });
    let pixels = Layout::qwerty()
        .placed(swipekit::layout::LetterArea::new(3.0, 1200.0, 1080.0, 480.0).unwrap())
        .unwrap();
    for layout in [
        Layout::qwerty(),
        Layout::qwertz(),
        Layout::azerty(),
        Layout::dvorak(),
        Layout::qwerty_unshifted(),
        odd,
        pixels,
        Layout::rows("one key", &[("a", 0.0)]),
    ] {
        let synth = Synth::new(&layout, words(LIST), Profile::default(), 1).unwrap();
        let mut swipe = SynthSwipe::default();
        for index in 0..200 {
            synth.swipe(index, &mut swipe);
            assert_sound(&swipe);
            assert!(
                swipe
                    .word
                    .chars()
                    .all(|letter| layout.key(letter).is_some())
            );
        }
    }
    assert!(
        Synth::new(
            &Layout::rows("none", &[]),
            words(LIST),
            Profile::default(),
            1
        )
        .is_err()
    );
    assert!(Synth::new(&Layout::qwerty(), words(&["слово"]), Profile::default(), 1).is_err());
}

#[test]
fn the_worst_profiles_give_sound_swipes() {
    let long = "ab".repeat(32);
    let list = [LIST, &[&long, "qp"]].concat();
    for extreme in [
        |p: &Parameter| p.low,
        |p: &Parameter| p.high,
        |p: &Parameter| (p.low + p.high) / 2.0,
    ] {
        for odd in [
            None,
            Some("segment_ms"),
            Some("clock_jitter_ms"),
            Some("drift_ms"),
            Some("overlap"),
        ] {
            let mut profile = Profile::prior();
            for parameter in PARAMETERS
                .iter()
                .filter(|parameter| Some(parameter.name) != odd)
            {
                (parameter.set)(&mut profile, extreme(parameter));
            }
            let synth = synth(&list, profile, 2);
            let mut swipe = SynthSwipe::default();
            for index in 0..60 {
                synth.swipe(index, &mut swipe);
                assert_sound(&swipe);
            }
            assert!(synth.swipe_word(&long, 0, &mut swipe));
            assert_sound(&swipe);
        }
    }
    let mut bad = Profile::prior();
    bad.start_x = f64::NAN;
    assert!(Synth::new(&Layout::qwerty(), words(LIST), bad, 1).is_err());
}

/// A profile whose only noise is that of the visits.
fn quiet() -> Profile {
    let mut profile = Profile::prior();
    for parameter in PARAMETERS {
        let still = [
            "segment_ms",
            "segment_power",
            "miss_scale",
            "drift_ms",
            "clock_60",
        ];
        if !still.contains(&parameter.name) {
            (parameter.set)(&mut profile, 0.0);
        }
    }
    profile
}

#[test]
fn offsets_are_those_of_the_profile() {
    let mut profile = quiet();
    (profile.start_x, profile.start_y, profile.start_mean_y) = (0.3, 0.2, 0.1);
    (profile.end_x, profile.end_y, profile.end_mean_x) = (0.4, 0.25, -0.1);
    // A finer grid than whole pixels, so that rounding adds nothing.
    (profile.fractional, profile.clock_60) = (1.0, 1.0);
    let synth = synth(&["tame"], profile, 1);
    let mut swipe = SynthSwipe::default();
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    for index in 0..4000 {
        synth.swipe(index, &mut swipe);
        let (first, last) = (swipe.points[0], swipe.points[swipe.points.len() - 1]);
        starts.push([(first.0 - 0.45) / 0.1, (first.1 - 1.0 / 6.0) * 3.0]);
        ends.push([(last.0 - 0.25) / 0.1, (last.1 - 1.0 / 6.0) * 3.0]);
    }
    let figures = |list: &[[f64; 2]], axis: usize| {
        let mean = list.iter().map(|p| p[axis]).sum::<f64>() / list.len() as f64;
        let spread =
            (list.iter().map(|p| (p[axis] - mean).powi(2)).sum::<f64>() / list.len() as f64).sqrt();
        (mean, spread)
    };
    for (list, axis, mean, spread) in [
        (&starts, 0, 0.0, 0.3),
        (&starts, 1, 0.1, 0.2),
        (&ends, 0, -0.1, 0.4),
        (&ends, 1, 0.0, 0.25),
    ] {
        let got = figures(list, axis);
        assert!(
            (got.0 - mean).abs() < 0.02 && (got.1 - spread).abs() < 0.02,
            "{got:?}"
        );
    }
}

#[test]
fn without_noise_the_finger_stops_at_every_key() {
    let mut profile = quiet();
    profile.fractional = 1.0;
    let synth = synth(LIST, profile, 1);
    let layout = Layout::qwerty();
    let mut swipe = SynthSwipe::default();
    for index in 0..60 {
        synth.swipe(index, &mut swipe);
        let mut at = 0;
        for letter in swipe.word.chars() {
            let [x, y] = layout.key_centre(letter).unwrap().map(f64::from);
            at += swipe.points[at..]
                .iter()
                .position(|point| ((point.0 - x) / 0.1).hypot((point.1 - y) * 3.0) < 0.3)
                .unwrap();
        }
    }
}

#[test]
fn strokes_take_the_time_of_their_distance() {
    let profile = quiet();
    let synth = synth(&["qp", "qw"], profile.clone(), 1);
    let mut swipe = SynthSwipe::default();
    for (word, keys) in [("qw", 1.0f64), ("qp", 9.0)] {
        assert!(synth.swipe_word(word, 0, &mut swipe));
        let time = profile.segment_ms * keys.powf(profile.segment_power);
        let got = swipe.points[swipe.points.len() - 1].2;
        // The lift is told before the next reading would be.
        assert!(got <= time + 1.0 && got > time - 18.0, "{got} {time}");
    }
}

#[test]
fn doubled_letters_rest_or_loop() {
    let mut profile = quiet();
    (profile.double_pause, profile.double_pause_ms) = (1.0, 300.0);
    let duration = |profile: Profile, word: &str| {
        let synth = synth(&["a"], profile, 1);
        let mut swipe = SynthSwipe::default();
        let mut sum = 0.0;
        for index in 0..200 {
            assert!(synth.swipe_word(word, index, &mut swipe));
            sum += swipe.points[swipe.points.len() - 1].2;
        }
        sum / 200.0
    };
    let rests = duration(profile, "letter") - duration(quiet(), "letter");
    assert!((rests - 300.0).abs() < 40.0, "{rests}");
    let mut loops = quiet();
    loops.double_loop = 1.0;
    assert!(duration(loops.clone(), "letter") > duration(quiet(), "letter") + 100.0);
    assert_eq!(duration(loops, "later"), duration(quiet(), "later"));
}

#[test]
fn people_of_a_varied_profile_differ_in_their_habits() {
    let synth = |variety: f64| {
        let mut profile = Profile::how_we_swipe();
        profile.variety = variety;
        let words = vec![("water".to_owned(), 1.0)];
        let words = Words::new(words, WordOptions::default()).unwrap();
        Synth::new(&Layout::qwerty(), words, profile, 3)
            .unwrap()
            .with_people(40)
    };
    // The spread, between people, of the mean logarithm of their times.
    let spread = |synth: &Synth| {
        let mut ends = vec![(0.0, 0.0); 40];
        let mut swipe = SynthSwipe::default();
        for index in 0..4000 {
            synth.swipe(index, &mut swipe);
            let duration = swipe.points.last().unwrap().2;
            let (sum, count) = &mut ends[swipe.user as usize];
            *sum += libm::log(duration + 1.0);
            *count += 1.0;
        }
        let means: Vec<f64> = ends.iter().map(|(sum, count)| sum / count).collect();
        let mean = means.iter().sum::<f64>() / 40.0;
        libm::sqrt(means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / 40.0)
    };
    let (same, varied) = (spread(&synth(0.0)), spread(&synth(0.8)));
    assert!(varied > 1.2 * same, "{varied} against {same}");
    // A swipe depends on its seed and number alone, whatever was made into the same place before.
    let (mut one, mut other) = (SynthSwipe::default(), SynthSwipe::default());
    synth(0.0).swipe(7, &mut one);
    synth(0.8).swipe(9, &mut one);
    synth(0.8).swipe(9, &mut other);
    assert_eq!((&one.word, &one.points), (&other.word, &other.points));
}

/// The swipes of one word by a profile.
fn swipes_of(word: &str, profile: Profile, count: u64) -> Vec<SynthSwipe> {
    let synth = synth(&[word], profile, 1);
    (0..count)
        .map(|index| {
            let mut swipe = SynthSwipe::default();
            synth.swipe(index, &mut swipe);
            swipe
        })
        .collect()
}

fn mean_of(swipes: &[SynthSwipe], value: impl Fn(&SynthSwipe) -> f64) -> f64 {
    swipes.iter().map(value).sum::<f64>() / swipes.len() as f64
}

#[test]
fn ends_lie_along_their_strokes() {
    let mut profile = quiet();
    profile.fractional = 1.0;
    let plain = swipes_of("qp", profile.clone(), 50);
    (profile.start_along, profile.end_along) = (-0.3, 0.2);
    let moved = swipes_of("qp", profile, 50);
    let first = |swipe: &SynthSwipe| swipe.points[0].0 * 10.0;
    let last = |swipe: &SynthSwipe| swipe.points[swipe.points.len() - 1].0 * 10.0;
    let start = mean_of(&moved, first) - mean_of(&plain, first);
    let end = mean_of(&moved, last) - mean_of(&plain, last);
    assert!((start + 0.3).abs() < 0.02, "{start}");
    assert!((end - 0.2).abs() < 0.02, "{end}");
}

#[test]
fn a_stroke_is_fastest_when_its_shape_says() {
    let peak = |profile: &Profile| {
        mean_of(&swipes_of("qp", profile.clone(), 60), |swipe| {
            let speed =
                |pair: &[(f64, f64, f64)]| (pair[1].0 - pair[0].0) / (pair[1].2 - pair[0].2);
            let pairs = swipe.points.windows(2);
            let fastest = pairs.max_by(|a, b| speed(a).total_cmp(&speed(b))).unwrap();
            let last = swipe.points[swipe.points.len() - 1].2;
            0.5 * (fastest[0].2 + fastest[1].2) / last
        })
    };
    let mut profile = quiet();
    let even = peak(&profile);
    profile.skew_mean = 0.4;
    let early = peak(&profile);
    profile.skew_mean = -0.4;
    let late = peak(&profile);
    assert!((even - 0.5).abs() < 0.06, "{even}");
    assert!(early < even - 0.1 && late > even + 0.1, "{early} {late}");

    let top = |profile: Profile| {
        mean_of(&swipes_of("qp", profile, 60), |swipe| {
            let steps = swipe.points.windows(2);
            steps
                .map(|pair| (pair[1].0 - pair[0].0) / (pair[1].2 - pair[0].2).max(8.0))
                .fold(0.0, f64::max)
        })
    };
    let mut flat = quiet();
    // Everybody's strokes, whatever their own flatness.
    flat.flat = 1.0;
    assert!(top(flat) < 0.95 * top(quiet()));
}

#[test]
fn corrected_strokes_end_where_they_lead() {
    let mut profile = quiet();
    profile.fractional = 1.0;
    let plain = swipes_of("qmp", profile.clone(), 40);
    (profile.correct, profile.correct_size) = (1.0, 0.3);
    for (one, other) in swipes_of("qmp", profile, 40).iter().zip(&plain) {
        let (a, b) = (
            one.points[one.points.len() - 1],
            other.points[other.points.len() - 1],
        );
        assert!((a.0 - b.0).hypot(a.1 - b.1) < 0.03);
        assert_ne!(one.points, other.points);
    }
}

#[test]
fn hooks_follow_the_last_stroke_through() {
    let mut profile = quiet();
    (profile.hook, profile.hook_size, profile.hook_turn) = (1.0, 0.8, 0.2);
    let swipes = swipes_of("ap", profile, 400);
    let on = swipes.iter().filter(|swipe| {
        let last = swipe.points[swipe.points.len() - 1];
        last.0 > 0.95 + 0.02
    });
    // A tenth goes anywhere.
    let share = on.count() as f64 / swipes.len() as f64;
    assert!((0.8..=0.99).contains(&share), "{share}");
}

#[test]
fn the_lift_repeats_the_last_place() {
    let repeats = |share: f64| {
        let mut profile = Profile::how_we_swipe();
        profile.lift_repeats = share;
        mean_of(&swipes_of("water", profile, 400), |swipe| {
            let [.., before, last] = swipe.points[..] else {
                return 0.0;
            };
            f64::from((before.0, before.1) == (last.0, last.1))
        })
    };
    assert_eq!(repeats(1.0), 1.0);
    assert!(repeats(0.0) < 0.75);
    assert!((repeats(0.5) - 0.5 * (1.0 + repeats(0.0))).abs() < 0.1);
}

#[test]
fn readings_of_another_moment_make_speeds_rough() {
    let rough = |profile: Profile| {
        mean_of(&swipes_of("qp", profile, 60), |swipe| {
            let steps: Vec<f64> = swipe
                .points
                .windows(2)
                .map(|pair| pair[1].0 - pair[0].0)
                .collect();
            steps
                .windows(3)
                .map(|s| (s[1] - 0.5 * (s[0] + s[2])).abs())
                .sum()
        })
    };
    let mut profile = quiet();
    (profile.fractional, profile.clock_60) = (1.0, 1.0);
    let smooth = rough(profile.clone());
    profile.reading_ms = 3.0;
    assert!(rough(profile) > 1.3 * smooth);
}
