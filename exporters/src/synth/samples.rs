//! Sample swipes for demonstrations, golden swipes and tests. This is not a model of human swiping:
//! no number is fitted to people.
//!
//! A finger visits the word's key centres on a keyboard, QWERTY where none is named. Between two
//! keys it follows a minimum-jerk profile (Flash and Hogan 1985), in a time that grows with the
//! square root of the distance. Each visit misses its centre by a random offset, corners are
//! rounded by averaging over neighbouring samples, and samples come every 16 to 17 ms as a touch
//! screen gives them.

use swipekit::layout::Layout;
use swipekit::trace::Trace;

use crate::random::Random;
use crate::swipes::visits::{key_size, visits};

/// Time between two samples, in milliseconds.
const SAMPLE_MS: f64 = 16.7;
/// Standard deviation of a visit's offset, in key sizes.
const OFFSET: f64 = 0.14;

/// A swipe of `word` on a QWERTY keyboard, as points (x, y, ms) in the letter area's frame; letters
/// without a key are passed over. `None` where no letter has a key.
pub fn swipe(word: &str, random: &mut Random) -> Option<Vec<(f64, f64, f64)>> {
    swipe_on(&Layout::qwerty(), word, random)
}

/// As [`swipe`], on `layout`, whose keys are labelled in lower case; points are in its own letter
/// area's frame. `None` too where the layout is none.
pub fn swipe_on(layout: &Layout, word: &str, random: &mut Random) -> Option<Vec<(f64, f64, f64)>> {
    let visits = visits(layout, word)?;
    let [key_width, key_height] = key_size(layout)?;
    let visits: Vec<[f64; 2]> = visits
        .iter()
        .map(|[x, y]| {
            [
                x + OFFSET * key_width * random.normal(),
                y + OFFSET * key_height * random.normal(),
            ]
        })
        .collect();
    let first = *visits.first()?;
    let pace = 0.8 + 0.4 * random.uniform();
    let mut path = vec![first; 3];
    for pair in visits.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let distance = ((to[0] - from[0]) / key_width).hypot((to[1] - from[1]) / key_height);
        let samples = (pace * 200.0 * distance.max(0.25).sqrt() / SAMPLE_MS).ceil() as usize;
        for sample in 1..=samples {
            let t = sample as f64 / samples as f64;
            let progress = t * t * t * (10.0 - 15.0 * t + 6.0 * t * t);
            path.push([0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * progress));
        }
    }
    path.extend([*path.last()?; 3]);
    let rounded = path.iter().enumerate().map(|(at, point)| {
        let before = path[at.saturating_sub(1)];
        let after = path[(at + 1).min(path.len() - 1)];
        [0, 1].map(|axis| (before[axis] + 2.0 * point[axis] + after[axis]) / 4.0)
    });
    let mut time = 0.0;
    let points = rounded.enumerate().map(|(at, [x, y])| {
        if at > 0 {
            time += (SAMPLE_MS + random.uniform() - 0.5).round();
        }
        // A touch screen tells whole pixels, about 360 to the width of a keyboard.
        let pixel = |value: f64, size: f64| ((value * size).round() / size * 1e4).round() / 1e4;
        (pixel(x, 360.0), pixel(y, 160.0), time)
    });
    Some(points.collect())
}

/// [`swipe`] as a trace; `None` where no letter has a key.
pub fn trace(word: &str, random: &mut Random) -> Option<Trace> {
    Trace::in_letter_area(swipe(word, random)?).ok()
}

/// Seed of the samples.
pub const SAMPLE_SEED: u64 = 2;

/// Words of the samples: short and long ones, doubled letters, contractions as people swipe them.
pub const SAMPLE_WORDS: &[&str] = &[
    "a",
    "i",
    "of",
    "to",
    "we",
    "is",
    "the",
    "and",
    "you",
    "was",
    "dont",
    "its",
    "cant",
    "well",
    "too",
    "see",
    "hello",
    "good",
    "coffee",
    "happy",
    "letter",
    "tomorrow",
    "water",
    "people",
    "which",
    "about",
    "their",
    "there",
    "would",
    "other",
    "because",
    "through",
    "keyboard",
    "question",
    "together",
    "different",
    "something",
    "beautiful",
    "information",
    "understanding",
];

/// Swipes of `words` in the form of a swipe file: one object a line,
/// `{"word","points":[{"x","y","t"},…]}`. The same words and seed give the same text. Words without
/// a key on the keyboard are passed over.
pub fn swipe_file(words: &[&str], seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut text = String::new();
    for word in words {
        let Some(points) = swipe(word, &mut random) else {
            continue;
        };
        let points: Vec<String> = points
            .iter()
            .map(|(x, y, t)| format!("{{\"x\":{x},\"y\":{y},\"t\":{t}}}"))
            .collect();
        let word = serde_json::Value::from(*word);
        text.push_str(&format!(
            "{{\"word\":{word},\"points\":[{}]}}\n",
            points.join(",")
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the samples are.
    const SAMPLES: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../models/samples/en-qwerty.jsonl"
    );

    #[test]
    fn the_samples_are_what_the_example_writes() {
        let text = std::fs::read_to_string(SAMPLES).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), SAMPLE_WORDS.len());
        for (line, (written, word)) in swipe_file(SAMPLE_WORDS, SAMPLE_SEED)
            .lines()
            .zip(lines.iter().zip(SAMPLE_WORDS))
        {
            assert_eq!(line, *written);
            let swipe: serde_json::Value = serde_json::from_str(written).unwrap();
            assert_eq!(swipe["word"], *word);
            for point in swipe["points"].as_array().unwrap() {
                // A finger may land a little outside of the outermost keys' centres, never outside
                // of the keyboard.
                assert!(
                    (0.0..=1.0).contains(&point["x"].as_f64().unwrap()),
                    "{word}"
                );
                assert!(
                    (0.0..=1.0).contains(&point["y"].as_f64().unwrap()),
                    "{word}"
                );
            }
        }
    }

    #[test]
    fn words_in_a_manifest_are_escaped_or_passed_over() {
        let text = swipe_file(&["a\"b", "123", "", "c"], 1);
        let words: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["word"].clone())
            .collect();
        assert_eq!(words, ["a\"b", "c"]);
    }

    #[test]
    fn samples_come_at_the_pace_of_a_touch_screen() {
        let mut random = Random::new(3);
        let points = swipe("understanding", &mut random).unwrap();
        assert_eq!(points[0].2, 0.0);
        assert!(
            points
                .windows(2)
                .all(|pair| (16.0..=17.0).contains(&(pair[1].2 - pair[0].2)))
        );
    }

    #[test]
    fn swipes_visit_the_keys_in_order() {
        for (seed, word) in (0..).zip(["the", "hello", "don't", "a", "keyboard"]) {
            let points = swipe(word, &mut Random::new(seed)).unwrap();
            assert!(points.len() >= 6);
            assert!(points.windows(2).all(|pair| pair[0].2 < pair[1].2));
            let layout = Layout::qwerty();
            let mut at = 0;
            for letter in word.chars() {
                let Some([x, y]) = layout.key_centre(letter) else {
                    continue;
                };
                let near = |point: &(f64, f64, f64)| {
                    ((point.0 - f64::from(x)) / 0.1).hypot((point.1 - f64::from(y)) * 3.0) < 0.75
                };
                at += points[at..]
                    .iter()
                    .position(near)
                    .unwrap_or_else(|| panic!("seed {seed}"));
            }
        }
    }

    #[test]
    fn a_swipe_on_another_layout_visits_its_keys() {
        let area = swipekit::layout::LetterArea::new(10.0, 900.0, 1000.0, 400.0).unwrap();
        for layout in [
            Layout::azerty(),
            Layout::dvorak(),
            Layout::qwertz().placed(area).unwrap(),
        ] {
            let points = swipe_on(&layout, "keyboard", &mut Random::new(1)).unwrap();
            let [width, height] = key_size(&layout).unwrap();
            for [x, y] in visits(&layout, "keyboard").unwrap() {
                let near = |point: &(f64, f64, f64)| {
                    ((point.0 - x) / width).hypot((point.1 - y) / height) < 0.75
                };
                assert!(points.iter().any(near));
            }
        }
        let none = Layout::rows("none", &[]);
        assert_eq!(swipe_on(&none, "the", &mut Random::new(1)), None);
    }

    #[test]
    fn the_same_seed_gives_the_same_swipe() {
        let one = swipe("same", &mut Random::new(7));
        assert_eq!(one, swipe("same", &mut Random::new(7)));
        assert_ne!(one, swipe("same", &mut Random::new(8)));
        assert_eq!(swipe("123", &mut Random::new(7)), None);
    }
}
