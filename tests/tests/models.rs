//! The bundles that ship with the repository.

use std::fs;
use std::path::{Path, PathBuf};

use swipekit::Engine;
use swipekit_exporters::package;
use swipekit_exporters::swipes::Swipes;
use swipekit_tests::{repository, runtime};

/// Most bytes of a bundle, as one file and in its folder.
const MOST: u64 = 4 << 20;
/// Most bytes of all of them.
const MOST_OF_ALL: u64 = 20 << 20;

fn bundles() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository("models")).unwrap();
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("bundle.json").exists())
        .collect();
    folders.sort();
    folders
}

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum()
}

#[test]
fn there_is_each_in_int8_for_both_and_in_fp16_and_they_are_small() {
    let names: Vec<String> = bundles()
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(
        names,
        [
            "en-qwerty",
            "en-qwerty-android",
            "en-qwerty-fp16",
            "en-qwerty-synthetic",
            "en-qwerty-synthetic-android",
            "en-qwerty-synthetic-fp16",
        ]
    );
    let folder = tempfile::tempdir().unwrap();
    let mut all = 0;
    for path in bundles() {
        let whole = size(&path);
        assert!(whole <= MOST, "{}: {whole} bytes", path.display());
        all += whole;
        let packed = folder.path().join("packed.swipekit");
        package::pack(&path, &packed).unwrap();
        let bytes = fs::metadata(&packed).unwrap().len();
        assert!(bytes <= MOST, "{}: {bytes} bytes", path.display());
        fs::remove_file(packed).unwrap();
    }
    assert!(all <= MOST_OF_ALL, "{all} bytes");
}

#[test]
fn they_decode_what_they_did_when_they_were_made_and_agree_with_each_other() {
    if !runtime() {
        return;
    }
    let samples = Swipes::open(repository("models/samples/en-qwerty.jsonl")).unwrap();
    let swipes: Vec<_> = samples.map(Result::unwrap).collect();
    let mut first: Vec<(String, Vec<String>)> = Vec::new();
    for path in bundles() {
        let engine = Engine::open(&path).unwrap();
        assert!(engine.self_test().unwrap().swipes > 0);
        assert_eq!(engine.lexicon().unwrap().len(), 70_000);
        assert!(engine.options().geometry.is_some() && engine.options().other_score.is_some());
        let mut session = engine.session();
        let decode = |swipe: &swipekit_exporters::swipes::Swipe| {
            let best = session.decode(&swipe.trace).unwrap().into_iter().next();
            best.map_or_else(String::new, |candidate| candidate.word)
        };
        let words: Vec<String> = swipes.iter().map(decode).collect();
        let network = engine.manifest().provenance.checkpoint_sha256.clone();
        match first.iter().find(|(other, _)| *other == network) {
            // The same network in other precisions.
            Some((_, expected)) => {
                let same = words.iter().zip(expected).filter(|(a, b)| a == b).count();
                assert!(same + 2 >= words.len(), "{}: {same}", path.display());
            }
            None => first.push((network, words)),
        }
    }
    assert_eq!(first.len(), 2, "two networks");
}
