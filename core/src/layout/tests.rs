use super::*;

fn near(got: [f32; 2], expected: [f32; 2]) {
    for (a, b) in got.iter().zip(expected) {
        assert!((a - b).abs() < 1e-6, "{got:?} against {expected:?}");
    }
}

#[test]
fn qwerty_has_the_geometry_of_real_keyboards() {
    let layout = Layout::qwerty();
    assert_eq!(layout.keys.len(), 26);
    near(layout.key_centre('q').unwrap(), [0.05, 1.0 / 6.0]);
    near(layout.key_centre('p').unwrap(), [0.95, 1.0 / 6.0]);
    near(layout.key_centre('a').unwrap(), [0.10, 0.5]);
    near(layout.key_centre('l').unwrap(), [0.90, 0.5]);
    near(layout.key_centre('z').unwrap(), [0.20, 5.0 / 6.0]);
    near(layout.key_centre('m').unwrap(), [0.80, 5.0 / 6.0]);
    assert_eq!(layout.key_centre('1'), None);
    near(
        Layout::qwerty_unshifted().key_centre('z').unwrap(),
        [0.05, 5.0 / 6.0],
    );
}

#[test]
fn a_scaled_and_moved_keyboard_maps_onto_the_letter_area() {
    let mut layout = Layout::qwerty();
    for key in &mut layout.keys {
        key.x = key.x * 1080.0 + 12.0;
        key.y = key.y * 480.0 + 1600.0;
        key.width *= 1080.0;
        key.height *= 480.0;
    }
    layout.keys.push(Key {
        label: '\'',
        x: -500.0,
        y: 0.0,
        width: 4000.0,
        height: 4000.0,
    });
    let area = layout.letter_area().unwrap();
    for key in Layout::qwerty().keys {
        let [x, y] = layout.key_centre(key.label).unwrap();
        let [x, y] = area.normalize(f64::from(x), f64::from(y));
        near([x as f32, y as f32], key.centre());
    }
}

#[test]
fn bad_layouts_are_refused() {
    let change = |edit: &dyn Fn(&mut Layout)| {
        let mut layout = Layout::qwerty();
        edit(&mut layout);
        assert!(layout.letter_area().is_err());
        layout.validate()
    };
    assert!(change(&|layout| layout.keys.clear()).is_err());
    assert!(change(&|layout| layout.keys[3].x = f32::NAN).is_err());
    assert!(change(&|layout| layout.keys[3].width = 0.0).is_err());
    assert!(change(&|layout| layout.keys[3].height = -1.0).is_err());
    assert!(change(&|layout| layout.keys[3].label = 'q').is_err());
    assert!(change(&|layout| layout.keys = vec![layout.keys[0].clone(); MAX_KEYS + 1]).is_err());
    // Valid keys without a letter, or with an area that overflows.
    let digits = |layout: &mut Layout| {
        for (i, key) in layout.keys.iter_mut().enumerate() {
            key.label = char::from(33 + i as u8);
        }
    };
    assert!(change(&digits).is_ok());
    assert!(
        change(&|layout| {
            layout.keys[0].x = -f32::MAX;
            layout.keys[1].x = f32::MAX;
        })
        .is_ok()
    );
}

#[test]
fn extreme_points_stay_finite() {
    let area = LetterArea::new(f32::MAX, -f32::MAX, f32::MIN_POSITIVE, 1e-30).unwrap();
    for v in [f64::MAX, -f64::MAX, 0.0, f64::MIN_POSITIVE] {
        assert!(area.normalize(v, v).iter().all(|c| c.is_finite()));
    }
    assert!(LetterArea::new(0.0, 0.0, 1e-42, 1.0).is_err());
}
