//! Compares features with an independent computation of their definitions, and checks properties of
//! every path and word.

use super::path::{PIECES, POINTS};
use super::*;
use crate::layout::{Key, Layout, LetterArea};
use crate::trace::{Point, Trace};
use crate::transducer::fixtures::Random;

fn labels() -> Vec<String> {
    std::iter::once('\'')
        .chain('a'..='z')
        .map(String::from)
        .collect()
}

fn key(word: &str) -> Vec<u8> {
    let class = |c: char| if c == '\'' { 0 } else { c as u8 - b'a' + 1 };
    word.chars().map(class).collect()
}

fn qwerty() -> Keys {
    Keys::new(&Layout::qwerty(), &labels()).unwrap()
}

fn words(seed: u64, count: usize, longest: usize) -> Vec<String> {
    let mut random = Random::new(seed);
    let mut letters = |_| char::from(b'a' + random.below(26) as u8);
    (0..count)
        .map(|word| (0..=word % longest).map(&mut letters).collect())
        .collect()
}

/// A path through the centres of a word's keys, `samples` points per line, 15 ms apart.
fn exact(layout: &Layout, area: LetterArea, word: &str, samples: usize) -> Trace {
    let centres: Vec<[f32; 2]> = word.chars().filter_map(|c| layout.key_centre(c)).collect();
    let mut trace = Trace::new(area);
    let mut push = |[x, y]: [f64; 2]| {
        let t = 15.0 * trace.len() as f64;
        trace.push(Point::new(x, y, t)).unwrap();
    };
    for pair in centres.windows(2) {
        for sample in 0..samples {
            let share = sample as f64 / samples as f64;
            push([0, 1].map(|axis| {
                let (a, b) = (f64::from(pair[0][axis]), f64::from(pair[1][axis]));
                a + share * (b - a)
            }));
        }
    }
    let last = centres[centres.len() - 1].map(f64::from);
    push(last);
    push(last);
    trace
}

fn wander(random: &mut Random, points: usize) -> Trace {
    let numbers = random.numbers(points * 2, 0.6);
    let points = numbers.chunks_exact(2).zip(0..);
    let points = points.map(|(p, i)| {
        let [x, y] = [p[0], p[1]].map(|v| 0.5 + f64::from(v));
        (x, y, f64::from(i) * 16.0)
    });
    Trace::in_letter_area(points).unwrap()
}

fn measure(keyboard: &Keys, trace: &Trace, word: &str) -> Features {
    let mut path = GesturePath::new();
    assert!(path.set(keyboard, trace));
    Matcher::new().features(&path, &key(word)).unwrap()
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt()
}

/// The point of a polyline at the given length from its start.
fn walk(line: &[[f64; 2]], mut length: f64) -> [f64; 2] {
    for pair in line.windows(2) {
        let piece = distance(pair[0], pair[1]);
        if length <= piece && piece > 0.0 {
            return [0, 1]
                .map(|axis| pair[0][axis] + length / piece * (pair[1][axis] - pair[0][axis]));
        }
        length -= piece;
    }
    line[line.len() - 1]
}

fn even(line: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let length: f64 = line.windows(2).map(|pair| distance(pair[0], pair[1])).sum();
    (0..POINTS)
        .map(|index| walk(line, length * index as f64 / PIECES as f64))
        .collect()
}

/// Distance of a point from a line, by ternary search along it.
fn to_line(point: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let at = |share: f64| {
        let nearest = [0, 1].map(|axis| a[axis] + share * (b[axis] - a[axis]));
        distance(point, nearest)
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..200 {
        let third = (high - low) / 3.0;
        if at(low + third) < at(high - third) {
            high -= third;
        } else {
            low += third;
        }
    }
    at(low)
}

/// The least-cost alignment of letters to pieces from `from` on, by trying all: sum and pieces.
fn cheapest(costs: &[Vec<f64>], from: usize) -> (f64, Vec<usize>) {
    let Some((first, rest)) = costs.split_first() else {
        return (0.0, Vec::new());
    };
    let ways = (from..first.len()).map(|piece| {
        let (sum, mut pieces) = cheapest(rest, piece);
        pieces.insert(0, piece);
        (sum + first[piece], pieces)
    });
    ways.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

fn shape_of(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let n = points.len() as f64;
    let mean = [0, 1].map(|axis| points.iter().map(|p| p[axis]).sum::<f64>() / n);
    let spread = points
        .iter()
        .map(|p| distance(*p, mean).powi(2))
        .sum::<f64>()
        / n;
    let size = spread.sqrt().max(0.3);
    points
        .iter()
        .map(|p| [0, 1].map(|axis| (p[axis] - mean[axis]) / size))
        .collect()
}

fn mean_square(a: &[[f64; 2]], b: &[[f64; 2]]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| distance(*a, *b).powi(2))
        .sum::<f64>()
        / a.len() as f64
}

/// Location, shape, start, end, approach and excursion by their definitions, for QWERTY in the
/// letter area's coordinates.
fn reference(trace: &Trace, word: &str) -> [f64; 6] {
    let carried = |x: f64, y: f64| [10.0 * x, 4.5 * y];
    let raw: Vec<_> = trace.points().iter().map(|p| carried(p.x, p.y)).collect();
    let layout = Layout::qwerty();
    let mut letters: Vec<char> = word.chars().filter(|c| layout.key(*c).is_some()).collect();
    letters.dedup();
    let centre = |c: &char| {
        let [x, y] = layout.key_centre(*c).unwrap();
        carried(x.into(), y.into())
    };
    let centres: Vec<_> = letters.iter().map(centre).collect();
    let (path, lines) = (even(&raw), even(&centres));
    let costs: Vec<Vec<f64>> = centres
        .iter()
        .map(|c| {
            path.windows(2)
                .map(|pair| to_line(*c, pair[0], pair[1]).powi(2))
                .collect()
        })
        .collect();
    let (_, pieces) = cheapest(&costs, 0);
    let approach: f64 = costs
        .iter()
        .zip(&pieces)
        .map(|(c, piece)| (1.0 + c[*piece] / 0.1).ln())
        .sum();
    let excursion = (0..POINTS).map(|index| {
        let behind = pieces.iter().filter(|piece| **piece < index).count();
        let from = centres[behind.saturating_sub(1)];
        let to = centres[behind.min(centres.len() - 1)];
        to_line(path[index], from, to).powi(2)
    });
    [
        (1.0 + mean_square(&path, &lines) / 0.25).ln(),
        (1.0 + mean_square(&shape_of(&path), &shape_of(&lines)) / 0.1).ln(),
        distance(raw[0], centres[0]).min(4.0),
        distance(raw[raw.len() - 1], centres[centres.len() - 1]).min(4.0),
        approach / centres.len() as f64,
        (1.0 + excursion.fold(0.0, f64::max) / 0.3).ln(),
    ]
}

#[test]
fn features_are_what_their_definitions_say() {
    let (keyboard, mut random) = (qwerty(), Random::new(5));
    for (round, word) in words(3, 40, 3).into_iter().enumerate() {
        let trace = wander(&mut random, 2 + round % 9);
        let got = measure(&keyboard, &trace, &word);
        let got = [
            got.location,
            got.shape,
            got.start,
            got.end,
            got.approach,
            got.excursion,
        ];
        for (name, (a, b)) in GeometryWeights::NAMES
            .iter()
            .zip(got.iter().zip(reference(&trace, &word)))
        {
            assert!(
                (a - b).abs() < 1e-4 * (1.0 + b),
                "{word}, feature like {name}: {a} against {b}"
            );
        }
    }
}

#[test]
fn an_exact_path_fits_its_own_word_best() {
    let (layout, keyboard) = (Layout::qwerty(), qwerty());
    let words = words(11, 120, 8);
    for word in &words {
        let trace = exact(&layout, LetterArea::UNIT, word, 25);
        let mut path = GesturePath::new();
        path.set(&keyboard, &trace);
        let mut matcher = Matcher::new();
        let own = matcher.features(&path, &key(word)).unwrap();
        assert!(
            own.location < 1e-3 && own.start < 1e-4 && own.end < 1e-4,
            "{word}: {own:?}"
        );
        assert!(own.approach < 0.3 && own.excursion < 0.1, "{word}: {own:?}");
        for other in &words {
            let features = matcher.features(&path, &key(other)).unwrap();
            let (mut a, mut b) = (word.clone().into_bytes(), other.clone().into_bytes());
            a.dedup();
            b.dedup();
            assert!(a == b || features.location > own.location, "{word} {other}");
        }
    }
}

#[test]
fn the_size_and_place_of_a_keyboard_do_not_matter() {
    let area = LetterArea::new(12.0, 1600.0, 1056.0, 480.0).unwrap();
    let mut layout = Layout::qwerty();
    for key in &mut layout.keys {
        key.x = key.x * 1056.0 + 12.0;
        key.y = key.y * 480.0 + 1600.0;
        key.width *= 1056.0;
        key.height *= 480.0;
    }
    // Keys that type no letter have no effect either.
    layout.keys.push(Key {
        label: '1',
        x: -300.0,
        y: 0.0,
        width: 4000.0,
        height: 9.0,
    });
    let (plain, large) = (qwerty(), Keys::new(&layout, &labels()).unwrap());
    let mut random = Random::new(8);
    for word in words(4, 30, 9) {
        let trace = wander(&mut random, 30);
        let points = trace.points().iter();
        let moved = points.map(|p| Point::new(p.x * 1056.0 + 12.0, p.y * 480.0 + 1600.0, p.t));
        let moved = Trace::from_points(area, moved).unwrap();
        let a = measure(&plain, &trace, &word).to_array();
        let b = measure(&large, &moved, &word).to_array();
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() < 1e-3 * (1.0 + b.abs()), "{word}: {a} {b}");
        }
    }
}

#[test]
fn doubled_letters_are_told_by_what_happens_at_their_key() {
    let (layout, keyboard) = (Layout::qwerty(), qwerty());
    let [x, y] = layout.key_centre('l').unwrap().map(f64::from);
    let straight = exact(&layout, LetterArea::UNIT, "hela", 12);
    // The same path with a rest, and with a loop, at the l.
    let change = |at_key: &dyn Fn(f64) -> Vec<(f64, f64, f64)>| {
        let mut points = Vec::new();
        let mut late = 0.0;
        for (index, point) in straight.points().iter().enumerate() {
            points.push((point.x, point.y, point.t + late));
            if index == 24 {
                let extra = at_key(point.t);
                late = extra.last().unwrap().2 - point.t;
                points.extend(extra);
            }
        }
        Trace::in_letter_area(points).unwrap()
    };
    let rest = change(&|t| vec![(x, y, t + 200.0)]);
    let circle = change(&|t| {
        (1..=8)
            .map(|i| {
                let angle = f64::from(i) * std::f64::consts::TAU / 8.0;
                (
                    x - 0.025 + 0.025 * angle.cos(),
                    y + 0.055 * angle.sin(),
                    t + 5.0 * f64::from(i),
                )
            })
            .collect()
    });
    let of = |trace: &Trace, word: &str| measure(&keyboard, trace, word);
    for trace in [&straight, &rest, &circle] {
        let (single, double) = (of(trace, "hela"), of(trace, "hella"));
        assert_eq!((single.loops, single.dwell), (0.0, 0.0));
        // All other features are equal; only the doubled letter's differ.
        let plain = Features {
            loops: 0.0,
            dwell: 0.0,
            ..double
        };
        assert_eq!(single, plain);
    }
    let [straight, rest, circle] = [&straight, &rest, &circle].map(|trace| of(trace, "hella"));
    assert!(rest.dwell > straight.dwell + 0.5, "{rest:?} {straight:?}");
    assert!(
        circle.loops > straight.loops + 0.5,
        "{circle:?} {straight:?}"
    );
    assert!(of(&exact(&layout, LetterArea::UNIT, "hela", 12), "hellaa").loops > straight.loops);
}

#[test]
fn labels_without_a_key_are_passed_over() {
    let keyboard = qwerty();
    let trace = exact(&Layout::qwerty(), LetterArea::UNIT, "dont", 9);
    assert_eq!(
        measure(&keyboard, &trace, "don't"),
        measure(&keyboard, &trace, "dont")
    );
    // This holds between doubled letters too: "a'a" is drawn as "aa".
    assert_eq!(
        measure(&keyboard, &trace, "a'a"),
        measure(&keyboard, &trace, "aa")
    );
    let mut path = GesturePath::new();
    let mut matcher = Matcher::new();
    assert_eq!(matcher.features(&path, &key("dont")), None, "no path");
    assert!(!path.set(&keyboard, &Trace::default()));
    assert!(path.set(&keyboard, &trace));
    for word in [&[][..], &[0], &[0, 0], &[200, 255]] {
        assert_eq!(matcher.features(&path, word), None);
    }
}

#[test]
fn every_path_and_word_gives_finite_numbers() {
    let keyboard = qwerty();
    let far = 1e300;
    let many = (0..100_000).map(|i| {
        let i = f64::from(i);
        ((i * 0.37).sin() * 3.0, (i * 0.11).cos(), i * 0.1)
    });
    let traces = [
        vec![(0.5, 0.5, 0.0)],
        vec![(0.5, 0.5, 0.0), (0.5, 0.5, 0.0)],
        vec![(0.5, 0.5, 0.0); 500],
        vec![(0.1, 0.2, 0.0), (0.9, 0.2, 0.0)],
        vec![(-far, far, 0.0), (far, -far, 1.0), (0.0, 0.0, 2.0)],
        vec![
            (1e-300, 0.0, 0.0),
            (2e-300, 0.0, 0.0),
            (1e-160, 1e-160, 1.0),
        ],
        many.collect(),
    ];
    let long = "ab".repeat(300);
    let mut path = GesturePath::new();
    let mut matcher = Matcher::new();
    let weights = GeometryWeights::from_array([-1e3; Features::COUNT]);
    for points in traces {
        path.set(&keyboard, &Trace::in_letter_area(points).unwrap());
        for word in ["a", "aa", "q", "qp", "hello", "we're", &long] {
            let features = matcher.features(&path, &key(word)).unwrap();
            assert!(
                features.to_array().iter().all(|f| f.is_finite()),
                "{features:?}"
            );
            assert!(weights.term(&features).is_finite());
        }
    }
    // Keys on top of each other, and keys of any size.
    let mut layout = Layout::qwerty();
    for (key, i) in layout.keys.iter_mut().zip(0..) {
        (key.x, key.y) = (0.0, 0.0);
        key.width = if i % 2 == 0 { 1e-30 } else { 1e30 };
    }
    let keyboard = Keys::new(&layout, &labels()).unwrap();
    path.set(&keyboard, &wander(&mut Random::new(2), 20));
    let features = matcher.features(&path, &key("hello")).unwrap();
    assert!(
        features.to_array().iter().all(|f| f.is_finite()),
        "{features:?}"
    );
}

#[test]
fn results_do_not_depend_on_what_was_measured_before() {
    let (keyboard, mut random) = (qwerty(), Random::new(21));
    let (mut path, mut matcher) = (GesturePath::new(), Matcher::new());
    for word in words(6, 60, 12) {
        let points = 1 + random.below(40);
        let trace = wander(&mut random, points);
        path.set(&keyboard, &trace);
        let kept = matcher.features(&path, &key(&word)).unwrap();
        assert_eq!(kept, measure(&keyboard, &trace, &word));
    }
}

#[test]
fn weights_and_features_have_one_order() {
    let mut names = Vec::new();
    for index in 0..Features::COUNT {
        let mut weights = [0.0; Features::COUNT];
        weights[index] = 1.0;
        let weights = GeometryWeights::from_array(weights);
        let json = serde_json::to_value(weights).unwrap();
        let (name, _) = json
            .as_object()
            .unwrap()
            .iter()
            .find(|(_, v)| **v == 1.0)
            .unwrap();
        names.push(name.clone());
        let features = measure(&qwerty(), &wander(&mut Random::new(1), 20), "hello");
        assert_eq!(weights.term(&features), features.to_array()[index]);
        assert_eq!(weights.to_array()[index], 1.0);
    }
    assert_eq!(names, GeometryWeights::NAMES);
}

#[test]
fn options_that_cannot_be_used_are_refused() {
    let mut options = GeometryOptions::default();
    assert!(options.validate().is_ok());
    options.words = MAX_WORDS + 1;
    assert!(options.validate().is_err());
    for bad in [f32::NAN, f32::INFINITY, -1001.0] {
        let mut options = GeometryOptions::default();
        options.weights.corners = bad;
        assert!(options.validate().is_err());
    }
    let json = r#"{"words":16,"weights":{"end":-0.5}}"#;
    let options: GeometryOptions = serde_json::from_str(json).unwrap();
    assert_eq!(
        (options.words, options.weights.end, options.weights.start),
        (16, -0.5, 0.0)
    );
    assert!(serde_json::from_str::<GeometryOptions>(r#"{"weights":{"end":"far"}}"#).is_err());
}

/// A path uses a trace's repaired times.
#[test]
fn a_stamp_ahead_of_its_time_leaves_the_path_alone() {
    let times = |ahead: f64| {
        let points = (0..30).map(|at| {
            let wrong = if at == 11 { ahead } else { 0.0 };
            (f64::from(at) / 40.0, 0.5, f64::from(at) * 16.0 + wrong)
        });
        let mut path = GesturePath::new();
        assert!(path.set(&qwerty(), &Trace::in_letter_area(points).unwrap()));
        path.times
    };
    assert_eq!(times(300.0), times(0.0));
}
