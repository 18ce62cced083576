//! A packed bundle where it lies in another file, as an asset of an Android app.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use swipekit::bytes::Bytes;
use swipekit::internals::bundle::Bundle;
use swipekit::{Engine, Error};
use swipekit_exporters::package;
use swipekit_exporters::random::Random;
use swipekit_exporters::synth::samples;
use swipekit_tests::{repository, runtime};

/// A packed bundle in a file with `before` bytes in front and `after` behind, as an asset lies in
/// an Android package.
fn embedded(folder: &Path, before: usize, after: usize) -> (PathBuf, u64) {
    let packed = folder.join("en.swipekit");
    if !packed.exists() {
        package::pack(repository("models/en-qwerty"), &packed).unwrap();
    }
    let content = fs::read(&packed).unwrap();
    let path = folder.join(format!("app-{before}-{after}.apk"));
    let all = [&vec![0xa5; before][..], &content, &vec![0x5a; after]].concat();
    fs::write(&path, all).unwrap();
    (path, content.len() as u64)
}

#[test]
fn a_bundle_is_opened_where_it_lies_in_another_file() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let trace = &samples::trace("hello", &mut Random::new(1)).unwrap();
    let whole = Engine::open(repository("models/en-qwerty")).unwrap();
    let expected = whole.session().decode(trace).unwrap().candidates;
    for (before, after) in [(0, 0), (4, 0), (1, 1), (4096, 7), (12_345, 100)] {
        let (path, length) = embedded(folder.path(), before, after);
        let file = File::open(&path).unwrap();
        let part = Bytes::map_part(&file, before as u64, Some(length), &path).unwrap();
        // The map outlives the descriptor.
        drop(file);
        let engine = Engine::open_bytes(part, "app.apk/en.swipekit", &Default::default()).unwrap();
        assert_eq!(engine.session().decode(trace).unwrap().candidates, expected);
        engine.self_test().unwrap();
    }
    // In memory, at an address that is no multiple of anything.
    let (path, length) = embedded(folder.path(), 1, 0);
    let bytes = Bytes::from(fs::read(&path).unwrap());
    let part = bytes.slice(1..1 + length as usize).unwrap();
    let engine = Engine::open_bytes(part, "memory", &Default::default()).unwrap();
    assert_eq!(engine.session().decode(trace).unwrap().candidates, expected);
}

#[test]
fn a_part_of_a_file_that_is_no_bundle_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, length) = embedded(folder.path(), 4, 4);
    let file = File::open(&path).unwrap();
    let size = length + 8;
    for (offset, part) in [
        (0, Some(size + 1)),
        (size, Some(1)),
        (size + 1, None),
        (u64::MAX, Some(1)),
        (1, Some(u64::MAX)),
    ] {
        let error = Bytes::map_part(&file, offset, part, "x").unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
    assert!(Bytes::map_part(&file, size, None, "x").unwrap().is_empty());
    for (offset, part) in [
        (0, None),
        (4, None),
        (5, Some(length)),
        (4, Some(length - 1)),
        (4, Some(0)),
    ] {
        let bytes = Bytes::map_part(&file, offset, part, "x").unwrap();
        let error = Bundle::from_bytes(bytes, "x").unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
}
