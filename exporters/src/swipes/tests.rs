use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;
use crate::testing::shared;

const LINE: &str = r#"{"word":"we","user":17,"kb":[360,159.7],"sentence":"we are","dev":0.22,"more":{"a":[1]},"points":[{"x":0.1528,"y":0.0876,"t":0},{"x":0.25,"y":0.5,"t":16.5,"p":1}]}"#;

fn swipes(text: impl Into<Vec<u8>>) -> Swipes {
    Swipes::new("swipes.jsonl", Cursor::new(text.into()))
}

fn all(text: impl Into<Vec<u8>>) -> Vec<Result<Swipe>> {
    swipes(text).collect()
}

#[test]
fn a_line_is_read() {
    let found = all(format!(
        "\n  \r\n{LINE}\r\n\n{{\"word\":\"a\",\"points\":[]}}"
    ));
    assert_eq!(found.len(), 2);
    let swipe = found[0].as_ref().unwrap();
    assert_eq!(swipe.word, "we");
    assert_eq!(swipe.user.as_deref(), Some("17"));
    assert_eq!(swipe.sentence.as_deref(), Some("we are"));
    assert_eq!(swipe.keyboard, Some([360.0, 159.7]));
    assert_eq!(swipe.deviation, Some(0.22));
    let points: Vec<_> = swipe
        .trace
        .points()
        .iter()
        .map(|p| (p.x, p.y, p.t))
        .collect();
    assert_eq!(points, [(0.1528, 0.0876, 0.0), (0.25, 0.5, 16.5)]);
    let swipe = found[1].as_ref().unwrap();
    assert!(swipe.trace.is_empty());
    assert_eq!((&swipe.user, swipe.keyboard), (&None, None));
}

#[test]
fn other_types_of_optional_fields_do_not_matter() {
    let line = r#"{"word":"a","points":[],"user":"me","kb":[1],"sentence":3,"dev":"far"}"#;
    let swipe = all(line).remove(0).unwrap();
    assert_eq!(swipe.user.as_deref(), Some("me"));
    assert_eq!(
        (swipe.keyboard, swipe.sentence, swipe.deviation),
        (None, None, None)
    );
}

#[test]
fn files_are_read_plain_and_gzipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("swipes");
    let text = format!("{LINE}\n").repeat(500);
    std::fs::write(&path, &text).unwrap();
    assert_eq!(
        Swipes::open(&path).unwrap().filter_map(Result::ok).count(),
        500
    );
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    // Two gzip members, as appending makes them.
    let bytes = [gzip(&text), gzip(LINE)].concat();
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(
        Swipes::open(&path).unwrap().filter_map(Result::ok).count(),
        501
    );
    for cut in 0..200 {
        let at = cut * (bytes.len() - 1) / 199;
        for bad in [bytes[..at].to_vec(), flipped(&bytes, at)] {
            std::fs::write(&path, bad).unwrap();
            let found: Vec<_> = Swipes::open(&path).unwrap().collect();
            assert!(found.len() <= 1001);
        }
    }
    assert!(Swipes::open(folder.path().join("absent")).is_err());
    assert!(Swipes::open(folder.path()).is_err());
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << (at % 8);
    bytes
}

#[test]
fn bad_lines_are_named_without_their_content() {
    let bad = [
        "secret",
        r#""secret""#,
        "[]",
        "{}",
        r#"{"word":"secret"}"#,
        r#"{"points":[]}"#,
        r#"{"word":"","points":[]}"#,
        r#"{"word":5,"points":[]}"#,
        r#"{"word":"secret","points":{}}"#,
        r#"{"word":"secret","points":["secret"]}"#,
        r#"{"word":"secret","points":[{"x":"secret","y":0,"t":0}]}"#,
        r#"{"word":"secret","points":[{"x":0,"y":0}]}"#,
        r#"{"word":"secret","points":[{"x":null,"y":0,"t":0}]}"#,
        r#"{"word":"secret","points":[{"x":NaN,"y":0,"t":0}]}"#,
        r#"{"word":"secret","points":[{"x":1e999,"y":0,"t":0}]}"#,
        r#"{"word":"secret","points":[{"x":0,"y":0,"t":0},{"x":0,"y":0,"t":1e9}]}"#,
        r#"{"word":"secret","word":"secret","points":[]}"#,
        r#"{"word":"secret","points":[]} secret"#,
        "{\"word\":\"secret\u{0}\",\"points\":[]}",
    ];
    for line in bad {
        let found = all(format!("{LINE}\n{line}\n{LINE}"));
        assert_eq!(found.len(), 3, "{line}");
        let error = found[1].as_ref().unwrap_err();
        assert!(
            matches!(error, FileError::Line { line: 2, .. }),
            "{line}: {error}"
        );
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(found[2].is_ok());
    }
    let found = all([LINE.as_bytes(), b"\n{\"word\":\"\xff\",\"points\":[]}"].concat());
    assert!(matches!(found[1], Err(FileError::Line { line: 2, .. })));
    let long = format!(r#"{{"word":"{}","points":[]}}"#, "a".repeat(257));
    assert!(all(long)[0].is_err());
    let deep = format!(r#"{{"word":"a","points":[],"more":{}"#, "[".repeat(100_000));
    assert!(all(deep)[0].is_err());
}

#[test]
fn bad_lines_can_be_skipped() {
    let mut swipes = swipes(format!("{LINE}\nbad\n{LINE}\n{{}}\n")).skip_bad_lines();
    assert_eq!(swipes.by_ref().filter_map(Result::ok).count(), 2);
    assert_eq!(swipes.skipped(), 2);
}

#[test]
fn ten_thousand_points_are_a_swipe_and_endless_lines_are_not() {
    let points: Vec<String> = (0..10_000)
        .map(|i| format!(r#"{{"x":0.5,"y":0.{i},"t":{i}}}"#))
        .collect();
    let line = format!(r#"{{"word":"a","points":[{}]}}"#, points.join(","));
    assert_eq!(all(line)[0].as_ref().unwrap().trace.len(), 10_000);
    for size in [
        MAX_LINE - 1,
        MAX_LINE,
        MAX_LINE + 1,
        MAX_LINE + 2,
        MAX_LINE + 9,
        2 * MAX_LINE,
    ] {
        let mut text = vec![b'['; size];
        text.push(b'\n');
        text.extend(LINE.as_bytes());
        let found = all(text);
        assert_eq!(found.len(), 2, "{size}");
        assert!(matches!(found[0], Err(FileError::Line { line: 1, .. })));
        assert!(found[1].is_ok());
    }
    let blank = [vec![b' '; 3 * MAX_LINE], LINE.as_bytes().to_vec()].concat();
    assert!(all(blank).len() <= 1);
}

#[test]
fn every_truncation_and_bit_flip_of_a_line_is_survived() {
    for at in 0..LINE.len() {
        if at > 0 {
            let found = all(&LINE.as_bytes()[..at]);
            assert!(
                matches!(found[0], Err(FileError::Line { .. })),
                "cut at {at}"
            );
        }
        for bit in 0..8 {
            let mut bytes = LINE.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            for found in all(bytes) {
                match found {
                    Ok(swipe) => assert!(swipe.trace.len() <= 2),
                    Err(error) => assert!(matches!(error, FileError::Line { .. }), "{error}"),
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let lines = bytes.split(|byte| *byte == b'\n').count();
        prop_assert!(all(bytes).len() <= lines);
    }
}

#[test]
fn how_we_swipe_reads() {
    let Some(path) = shared("data/hws-dev.jsonl.gz") else {
        return;
    };
    let mut swipes = Swipes::open(&path).unwrap();
    let first = swipes.next().unwrap().unwrap();
    assert_eq!(
        (first.word.as_str(), first.keyboard),
        ("we", Some([360.0, 159.7]))
    );
    assert_eq!(1 + swipes.map(Result::unwrap).count(), 5661);
}
