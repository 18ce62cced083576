use proptest::prelude::*;

use super::mapping::Mapping;
use super::*;

fn labels() -> Vec<String> {
    let letters = std::iter::once('\'').chain('a'..='z');
    letters.map(String::from).collect()
}

fn map(layout: &Layout) -> Result<Mapping> {
    Mapping::new(layout, &Layout::qwerty(), &labels())
}

/// Pairs of letters in alphabetical order: "ab" for an a that stands for b.
fn others(mapping: &Mapping) -> Vec<String> {
    let (labels, classes) = (labels(), mapping.classes.as_deref().unwrap_or_default());
    let pairs = classes.iter().enumerate();
    pairs
        .filter(|(label, class)| *label != usize::from(**class))
        .map(|(label, class)| labels[label].clone() + &labels[usize::from(*class)])
        .collect()
}

/// The mapped centre of a key.
fn goes(layout: &Layout, mapping: &Mapping, label: char) -> [f32; 2] {
    let [x, y] = layout.key_centre(label).unwrap();
    let point = layout.letter_area().unwrap().normalize(x.into(), y.into());
    let point = mapping
        .warp
        .as_ref()
        .map_or(point, |warp| warp.apply(point));
    point.map(|coordinate| coordinate as f32)
}

/// Checks that every letter key maps to the key of the letter that it stands for.
fn check(layout: &Layout, mapping: &Mapping) {
    let (labels, qwerty) = (labels(), Layout::qwerty());
    let letters = layout
        .keys
        .iter()
        .filter(|key| key.label.is_ascii_alphabetic());
    for key in letters {
        let letter = key.label.to_ascii_lowercase();
        let Some(label) = labels.iter().position(|other| *other == letter.to_string()) else {
            continue;
        };
        let class = mapping
            .classes
            .as_ref()
            .map_or(label, |classes| usize::from(classes[label]));
        let slot = labels[class].chars().next().unwrap();
        let (got, expected) = (
            goes(layout, mapping, key.label),
            qwerty.key_centre(slot).unwrap(),
        );
        let near = (0..2).all(|axis| (got[axis] - expected[axis]).abs() < 2e-5);
        assert!(near, "{}: {got:?} {expected:?}", key.label);
    }
}

/// QWERTY with its right half moved by two keys.
fn split() -> Layout {
    let mut layout = Layout::qwerty();
    for key in &mut layout.keys {
        if "yuiophjklbnm".contains(key.label) {
            key.x += 0.2;
        }
    }
    layout
}

fn with_keys(mut layout: Layout, labels: &str, y: f32) -> Layout {
    layout
        .keys
        .extend(labels.chars().enumerate().map(|(column, label)| Key {
            label,
            x: column as f32 / 10.0,
            y,
            width: 0.1,
            height: 0.25,
        }));
    layout
}

proptest! {
    #[test]
    fn qwerty_of_any_size_at_any_place_is_qwerty(
        left in -5e3f32..5e3, top in -5e3f32..5e3, width in 50f32..1e4, height in 50f32..1e4,
    ) {
        let area = LetterArea::new(left, top, width, height).unwrap();
        let layout = Layout::qwerty().placed(area).unwrap();
        // Far from the origin, float32 rounds edges by more than a hundredth of a pixel; points
        // then move by as much.
        let mapping = map(&layout).unwrap();
        prop_assert_eq!(&mapping.classes, &None);
        check(&layout, &mapping);
        if let Some(warp) = &mapping.warp {
            let rounding = 1e-6 * f64::from(left.abs().max(top.abs()) + width.max(height))
                / f64::from(width.min(height));
            for point in [[0.0, 0.0], [0.3, 0.7], [1.0, 1.0], [-0.1, 1.2]] {
                let moved = warp.apply(point);
                prop_assert!((0..2).all(|axis| (moved[axis] - point[axis]).abs() < rounding));
            }
        }
    }

    #[test]
    fn no_layout_panics(
        keys in prop::collection::vec(
            (
                prop_oneof![
                    4 => prop::char::range('a', 'z'),
                    1 => prop::char::range('A', 'Z'),
                    1 => any::<char>(),
                ],
                prop_oneof![6 => 0f32..10.0, 1 => any::<f32>(), 1 => Just(0.0)],
                prop_oneof![6 => 0f32..4.0, 1 => any::<f32>(), 1 => Just(0.0)],
                prop_oneof![9 => 0.5f32..1.5, 1 => any::<f32>()],
            ),
            0..60,
        ),
        distinct in any::<bool>(),
        x in any::<f64>(),
        y in any::<f64>(),
    ) {
        let mut layout = Layout { name: String::new(), keys: Vec::new() };
        for (label, x, y, size) in keys {
            let known = |key: &Key| key.label.to_lowercase().eq(label.to_lowercase());
            if !(distinct && layout.keys.iter().any(known)) {
                layout.keys.push(Key { label, x, y, width: size, height: size });
            }
        }
        if let Ok(mapping) = map(&layout) {
            if let Some(classes) = &mapping.classes {
                let mut sorted = classes.clone();
                sorted.sort_unstable();
                prop_assert_eq!(sorted, (0..27).collect::<Vec<u8>>());
            }
            if let Some(warp) = &mapping.warp && x.is_finite() && y.is_finite() {
                prop_assert!(warp.apply([x, y]).iter().all(|value| value.is_finite()));
            }
            // With keys millions of keys away, float32 cannot resolve the others.
            if layout.keys.iter().all(|key| key.x.abs().max(key.y.abs()) < 100.0) {
                check(&layout, &mapping);
            }
        }
    }

    #[test]
    fn the_letters_of_any_order_find_a_place(
        order in Just(('a'..='z').collect::<Vec<char>>()).prop_shuffle(),
        rows in prop_oneof![Just([10, 9, 7]), Just([7, 10, 9]), Just([13, 13, 0]), Just([26, 0, 0])],
    ) {
        let letters: String = order.into_iter().collect();
        let (first, rest) = letters.split_at(rows[0]);
        let (second, third) = rest.split_at(rows[1]);
        let rows: Vec<(&str, f32)> = [first, second, third]
            .into_iter()
            .filter(|row| !row.is_empty())
            .map(|row| (row, 0.0))
            .collect();
        let layout = Layout::rows("any", &rows);
        check(&layout, &map(&layout).unwrap());
    }
}

#[test]
fn the_trained_order_keeps_its_letters_in_any_geometry() {
    let wide = |labels: &str| {
        let mut layout = Layout::qwerty();
        layout.keys.retain(|key| !labels.contains(key.label));
        layout
    };
    for layout in [
        Layout::qwerty_unshifted(),
        Layout::rows(
            "typewriter",
            &[("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75)],
        ),
        Layout::rows(
            "far right",
            &[("qwertyuiop", 0.0), ("asdfghjkl", 1.0), ("zxcvbnm", 3.0)],
        ),
        Layout::rows(
            "accents",
            &[("qwertyuiopå", 0.0), ("asdfghjklöä", 0.0), ("zxcvbnm", 2.0)],
        ),
        with_keys(Layout::qwerty(), "1234567890", -0.25),
        split(),
        wide("q"),
        wide("qwertasdfgzx"),
    ] {
        let mapping = map(&layout).unwrap();
        assert_eq!(mapping.classes, None, "{}", layout.name);
        check(&layout, &mapping);
    }
    // A row of digits is outside the letter area, so nothing moves.
    let digits = with_keys(Layout::qwerty(), "1234567890", -0.25);
    assert_eq!(map(&digits).unwrap(), Mapping::default());
}

#[test]
fn letters_that_changed_places_are_taken_for_others() {
    let qwertz = map(&Layout::qwertz()).unwrap();
    assert_eq!(others(&qwertz), ["yz", "zy"]);
    assert_eq!(qwertz.warp, None);

    let azerty = map(&Layout::azerty()).unwrap();
    assert_eq!(others(&azerty), ["wz", "zw"]);
    check(&Layout::azerty(), &azerty);

    for layout in [
        Layout::dvorak(),
        Layout::rows(
            "colemak",
            &[("qwfpgjluy", 0.0), ("arstdhneio", 0.0), ("zxcvbkm", 1.5)],
        ),
        Layout::rows(
            "alphabetical",
            &[("abcdefghi", 0.0), ("jklmnopqr", 0.0), ("stuvwxyz", 0.0)],
        ),
    ] {
        let mapping = map(&layout).unwrap();
        assert!(others(&mapping).len() > 12);
        check(&layout, &mapping);
    }
}

#[test]
fn size_and_place_change_nothing() {
    for layout in [
        Layout::azerty(),
        Layout::qwertz(),
        Layout::dvorak(),
        split(),
    ] {
        let plain = map(&layout).unwrap();
        for (width, height) in [(1080.0, 480.0), (2340.0, 330.0)] {
            let area = LetterArea::new(12.0, 1600.0, width, height).unwrap();
            let placed = layout.placed(area).unwrap();
            let mapping = map(&placed).unwrap();
            assert_eq!(mapping.classes, plain.classes);
            check(&placed, &mapping);
        }
    }
}

#[test]
fn capitals_are_their_letters() {
    let mut layout = Layout::azerty();
    let plain = map(&layout).unwrap();
    for key in &mut layout.keys {
        key.label = key.label.to_ascii_uppercase();
    }
    assert_eq!(map(&layout).unwrap(), plain);
}

#[test]
fn layouts_that_cannot_work_are_refused() {
    let refused = |layout: Layout| {
        let error = map(&layout).unwrap_err();
        assert!(!matches!(error, Error::Io { .. }), "{error}");
        error.to_string()
    };
    let change = |edit: &dyn Fn(&mut Layout)| {
        let mut layout = Layout::azerty();
        edit(&mut layout);
        refused(layout)
    };
    let greek = Layout::rows(
        "greek",
        &[("ςερτυθιοπ", 0.0), ("ασδφγηξκλ", 0.5), ("ζχψωβνμ", 1.5)],
    );
    assert!(refused(greek).contains("half"));
    assert!(change(&|layout| layout.keys.truncate(12)).contains("half"));
    assert!(change(&|layout| layout.keys[3].label = 'A').contains("one key each"));
    assert!(change(&|layout| layout.keys[3].label = 'a').contains("different"));
    let spot = |layout: &mut Layout| {
        for key in &mut layout.keys {
            (key.x, key.y) = (0.3, 0.3);
        }
    };
    assert!(change(&spot).contains("different places"));
    change(&|layout| layout.keys.clear());
    change(&|layout| layout.keys[5].x = f32::NAN);
    change(&|layout| layout.keys[5].width = 0.0);
    change(&|layout| layout.keys = vec![layout.keys[0].clone(); MAX_KEYS + 1]);
    change(&|layout| layout.keys[5].x = f32::MAX);
    // A model whose labels are pieces of words has no letters.
    let pieces = ["the".to_owned(), "ing".to_owned()];
    assert!(Mapping::new(&Layout::qwerty(), &Layout::qwerty(), &pieces).is_err());
}
