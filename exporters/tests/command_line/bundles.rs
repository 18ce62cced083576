//! `bundle`.

use std::fs;

use crate::program::{EXPORT, fail, fail_naming, folder, json, runtime, succeed};

#[test]
fn bundles_are_packed_verified_and_shown() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    succeed(at, EXPORT);
    assert_eq!(succeed(at, "bundle pack bundle --output one.swipekit"), "");
    assert_eq!(succeed(at, "bundle unpack one.swipekit --output again"), "");
    for path in ["bundle", "one.swipekit", "again"] {
        let verified = json(at, &format!("bundle verify {path} --json"));
        assert!(verified["golden_swipes"].as_u64() > Some(3), "{verified}");
        json(at, &format!("bundle verify {path} --files-only --json"));
        let shown = json(at, &format!("bundle inspect {path} --json"));
        assert_eq!(shown["manifest"]["vocabulary"]["blank"], 27);
        assert_eq!(shown["packed"], path == "one.swipekit");
    }
    let (first, again) = (at.join("bundle"), at.join("again"));
    for entry in fs::read_dir(&first).unwrap() {
        let name = entry.unwrap().file_name();
        assert_eq!(
            fs::read(first.join(&name)).unwrap(),
            fs::read(again.join(&name)).unwrap()
        );
    }

    // A damaged bundle is a failed check.
    let encoder = again.join("encoder.onnx");
    let mut bytes = fs::read(&encoder).unwrap();
    bytes[1000] ^= 4;
    fs::write(&encoder, bytes).unwrap();
    let named = ["encoder.onnx", "SHA-256", "expected", "got"];
    fail_naming(at, 3, "bundle verify again", &named);
    fail(at, 3, "eval again --swipes swipes.jsonl");
}
