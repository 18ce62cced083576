//! The bundles that ship with the repository.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;
use swipekit::Engine;
use swipekit_exporters::onnx::proto::Model;
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

/// ONNX Runtime before 1.24, which they promise to run on, takes no signed ones.
#[test]
fn their_integer_convolutions_have_unsigned_weights() {
    let mut convolutions = 0;
    for path in bundles() {
        let bytes = fs::read(path.join("encoder.onnx")).unwrap();
        let graph = Model::decode(&bytes[..]).unwrap().graph.unwrap();
        let integers = |name: &str| {
            let mut tensors = graph.initializer.iter();
            let found = tensors.find(|tensor| tensor.name.as_deref() == Some(name));
            let found = found.unwrap_or_else(|| panic!("no constant {name}"));
            assert_eq!(found.data_type, Some(2), "{}: {name}", path.display());
            found.raw_data.clone().unwrap()
        };
        let nodes = graph.node.iter();
        for node in nodes.filter(|node| node.op_type.as_deref() == Some("ConvInteger")) {
            assert!(!integers(&node.input[1]).is_empty());
            assert_eq!(integers(&node.input[3]), [128]);
            convolutions += 1;
        }
    }
    assert!(convolutions > 0);
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
