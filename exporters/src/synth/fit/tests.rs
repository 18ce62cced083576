use super::*;
use crate::synth::{Synth, WordOptions, Words, swipe_file};

const LIST: &[&str] = &[
    "the",
    "and",
    "people",
    "letter",
    "water",
    "which",
    "something",
    "hello",
    "keyboard",
    "different",
    "other",
    "would",
    "is",
    "school",
    "question",
    "about",
];

/// Writes swipes of a profile.
fn write(path: &Path, profile: Profile, count: u64) {
    let list = LIST.iter().map(|word| ((*word).to_owned(), 1.0)).collect();
    let words = Words::new(list, WordOptions::default()).unwrap();
    let synth = Synth::new(&Layout::qwerty(), words, profile, 77)
        .unwrap()
        .with_people(80);
    let mut text = Vec::new();
    swipe_file(&synth, 0, count, &mut text, |_| {}).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn known_parameters_are_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("swipes.jsonl");
    let mut known = Profile::prior();
    // What is fitted has none.
    known.variety = 0.0;
    (known.start_x, known.start_y, known.start_mean_y) = (0.13, 0.1, 0.12);
    (known.end_x, known.end_y, known.end_mean_x) = (0.4, 0.3, 0.08);
    (known.segment_ms, known.segment_power, known.speed_person) = (230.0, 0.35, 0.25);
    (
        known.start_dwell_ms,
        known.end_dwell_ms,
        known.double_pause_ms,
    ) = (70.0, 60.0, 250.0);
    (known.clock_60, known.fractional, known.clock_jitter_ms) = (1.0, 0.0, 1.5);
    write(&path, known.clone(), 2400);
    let options = FitOptions {
        rounds: 20,
        ..FitOptions::default()
    };
    let mut rounds = 0;
    let result = fit(&path, &options, |_| rounds += 1).unwrap();
    assert_eq!(
        (result.swipes, result.people, result.left_out, rounds),
        (2400, 80, 0, 21)
    );
    assert!(
        result.distance < 0.4 * result.before,
        "{} {}",
        result.before,
        result.distance
    );
    let found = &result.profile;
    found.validate().unwrap();
    for (name, tolerance) in [
        ("start_x", 0.15),
        ("start_y", 0.15),
        ("end_x", 0.15),
        ("end_y", 0.15),
        ("inner_x", 0.25),
        ("segment_ms", 0.12),
        ("segment_power", 0.2),
        ("speed_person", 0.3),
        ("start_dwell_ms", 0.35),
        ("end_dwell_ms", 0.35),
        ("double_pause_ms", 0.3),
        ("clock_jitter_ms", 0.2),
        ("clock_60", 0.02),
    ] {
        let parameter = Parameter::named(name).unwrap();
        let (got, expected) = ((parameter.get)(found), (parameter.get)(&known));
        assert!(
            (got / expected - 1.0).abs() < tolerance,
            "{name}: {got} {expected}"
        );
    }
    for (got, expected) in [(found.start_mean_y, 0.12), (found.end_mean_x, 0.08)] {
        assert!((got - expected).abs() < 0.04, "{got} {expected}");
    }
    let widths = |profile: &Profile| {
        profile
            .devices
            .iter()
            .map(|device| device.width as u64)
            .collect::<Vec<_>>()
    };
    assert!(
        widths(found)
            .iter()
            .all(|width| widths(&known).contains(width))
    );
    assert!(
        found
            .fitted
            .iter()
            .all(|fitted| fitted.real.is_finite() && fitted.synthetic.is_finite())
    );
    let page = page(&result).to_html();
    assert!(page.contains("<svg") && !page.contains("NaN"));
    for parameter in PARAMETERS {
        assert!(page.contains(parameter.name), "{}", parameter.name);
    }
}

#[test]
fn the_same_manifest_gives_the_same_profile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("swipes.jsonl");
    write(&path, Profile::default(), 120);
    let options = FitOptions {
        rounds: 3,
        ..FitOptions::default()
    };
    let profiles: Vec<Profile> = (0..2)
        .map(|_| fit(&path, &options, |_| {}).unwrap().profile)
        .collect();
    assert_eq!(profiles[0], profiles[1]);
    assert_eq!(
        serde_json::from_str::<Profile>(&profiles[0].json()).unwrap(),
        profiles[0]
    );
}

#[test]
fn the_built_in_profile_is_fitted_to_how_we_swipe() {
    let Some(path) = swipekit_test_support::shared("data/hws-train.jsonl.gz") else {
        return;
    };
    let options = FitOptions {
        rounds: 0,
        profile: Profile::default(),
        ..FitOptions::default()
    };
    let result = fit(&path, &options, |_| {}).unwrap();
    assert_eq!(result.profile.devices, Profile::default().devices);
    let written = &Profile::default().fitted;
    assert_eq!(result.profile.fitted.len(), written.len());
    for (found, written) in result.profile.fitted.iter().zip(written) {
        assert_eq!(
            (&found.statistic, &found.parameter),
            (&written.statistic, &written.parameter)
        );
        let near = |a: f64, b: f64| (a - b).abs() <= 0.02 * b.abs() + 1e-3;
        assert!(
            near(found.real, written.real) && near(found.synthetic, written.synthetic),
            "{}",
            found.statistic
        );
    }
    assert!(result.distance < 0.03, "{}", result.distance);
}

#[test]
fn odd_manifests_give_a_profile_or_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("swipes.jsonl");
    let options = FitOptions {
        rounds: 3,
        ..FitOptions::default()
    };
    for (text, swipes) in [
        ("", None),
        (
            "{\"word\":\"слово\",\"points\":[{\"x\":0,\"y\":0,\"t\":0}]}\n",
            None,
        ),
        ("{\"word\":\"the\",\"points\":[]}\n", None),
        (
            "{\"word\":\"the\",\"points\":[{\"x\":0,\"y\":0,\"t\":0}]}\n",
            Some(1),
        ),
        (
            "{\"word\":\"the\",\"kb\":[1e300,-4],\"points\":[{\"x\":1e300,\"y\":-1e300,\"t\":0},{\"x\":1,\"y\":1,\"t\":400000}]}\n",
            Some(1),
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        match (fit(&path, &options, |_| {}), swipes) {
            (Ok(result), Some(swipes)) => {
                assert_eq!(result.swipes, swipes);
                result.profile.validate().unwrap();
                assert!(!page(&result).to_html().contains("NaN"));
            }
            (Err(_), None) => {}
            (other, _) => panic!("{:?}", other.map(|result| result.swipes)),
        }
    }
}
