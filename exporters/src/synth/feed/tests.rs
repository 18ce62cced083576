//! Streams of small swipe files, read back by a reader of its own.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;
use swipekit::internals::features::{Features, Featurizer, FeaturizerSpec};
use swipekit::layout::Layout;

use super::*;
use crate::swipes::Swipes;
use crate::synth::SynthError;
use crate::synth::samples;

const WORDS: &[&str] = &["the", "don't", "hello", "a", "keyboard", "too", "water"];

fn swipe_file(folder: &Path, name: &str, words: &[&str], seed: u64) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, samples::swipe_file(words, seed)).unwrap();
    path
}

fn options(swipes: Vec<PathBuf>) -> FeedOptions {
    FeedOptions {
        layout: Layout::qwerty(),
        recorded: RecordedOptions {
            swipes,
            ..RecordedOptions::default()
        },
        synthetic: None,
        share: 1.0,
        augmentation: Augmentation::USUAL,
        once: false,
        seed: 3,
    }
}

fn bytes(feed: &Feed, start: u64, count: Option<u64>, threads: usize) -> Vec<u8> {
    let mut out = Vec::new();
    write(feed, start, count, threads, &mut out).unwrap();
    out
}

/// Features of a sample.
const FEATURES: usize = 37;

/// Header and samples of a stream.
fn read(stream: &[u8]) -> (Value, Vec<Sample>) {
    let mut rest = stream.strip_prefix(MAGIC).unwrap();
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at(count);
        rest = left;
        (taken, left.is_empty())
    };
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum * 256 + usize::from(*byte))
    };
    let length = number(take(4).0);
    let (header, mut ended) = take(length);
    let mut samples = Vec::new();
    while !ended {
        let head = take(8).0;
        let (frames, labels) = (number(&head[..4]), number(&head[4..6]));
        assert_eq!(head[7], 0);
        let labels = take(labels).0.to_vec();
        let (values, end) = take(frames * FEATURES * 4);
        ended = end;
        samples.push(Sample {
            recorded: head[6] == 0,
            labels,
            frames,
            features: values
                .chunks_exact(4)
                .map(|value| f32::from_le_bytes(value.try_into().unwrap()))
                .collect(),
        });
    }
    (serde_json::from_slice(header).unwrap(), samples)
}

#[test]
fn a_feed_of_each_swipe_once_holds_cores_features() {
    let folder = tempfile::tempdir().unwrap();
    let path = swipe_file(folder.path(), "swipes.jsonl", WORDS, 1);
    let mut options = options(vec![path.clone()]);
    options.once = true;
    let feed = Feed::open(options).unwrap();
    let (header, samples) = read(&bytes(&feed, 0, None, 1));
    assert_eq!(samples.len(), WORDS.len());
    assert_eq!(header["blank"], 26);
    assert_eq!(header["labels"][25], "z");
    assert_eq!(header["sources"][0]["used"], WORDS.len());
    assert_eq!(header["sources"][0]["name"], "swipes.jsonl");
    let spec: FeaturizerSpec = serde_json::from_value(header["featurizer"].clone()).unwrap();
    let featurizer = Featurizer::new(&spec).unwrap();
    let mut features = Features::new();
    let alphabet = Alphabet::new(feed.labels());
    for (swipe, sample) in Swipes::open(&path).unwrap().zip(&samples) {
        let swipe = swipe.unwrap();
        assert!(sample.recorded);
        assert_eq!(sample.labels, alphabet.fold(&swipe.word).unwrap());
        assert_eq!(
            sample.frames,
            featurizer.features(&swipe.trace, &mut features)
        );
        for frame in 0..sample.frames {
            let expected = features.sample(frame).unwrap();
            let got = &sample.features[frame * FEATURES..(frame + 1) * FEATURES];
            for (got, expected) in got.iter().zip(expected) {
                // Coordinates pass through float32.
                assert!(
                    (got - expected).abs() <= 2e-3 * expected.abs().max(1.0),
                    "{got} {expected}"
                );
            }
        }
    }
}

#[test]
fn a_stream_may_begin_anywhere_and_be_made_by_several_threads() {
    let folder = tempfile::tempdir().unwrap();
    let paths = vec![
        swipe_file(folder.path(), "one.jsonl", WORDS, 1),
        swipe_file(folder.path(), "two.jsonl", &["letter", "zoo"], 2),
    ];
    let feed = Feed::open(options(paths)).unwrap();
    let whole = read(&bytes(&feed, 0, Some(300), 1)).1;
    assert_eq!(whole.len(), 300);
    assert_eq!(bytes(&feed, 0, Some(300), 3), bytes(&feed, 0, Some(300), 1));
    assert_eq!(read(&bytes(&feed, 123, Some(177), 2)).1, whole[123..]);
    // Each epoch varies them anew.
    let (first, second) = whole.split_at(9);
    let again = second
        .iter()
        .find(|sample| sample.labels == first[0].labels)
        .unwrap();
    assert_ne!(again.features, first[0].features);
    assert_eq!(
        bytes(&feed, 5, Some(0), 1).len(),
        bytes(&feed, 0, Some(0), 1).len()
    );
}

#[test]
fn people_and_swipes_that_are_held_out_take_no_part() {
    let folder = tempfile::tempdir().unwrap();
    let text = samples::swipe_file(WORDS, 1);
    let with_user =
        |line: &str, user: &str| line.replacen('{', &format!("{{\"user\":\"{user}\","), 1);
    let lines: Vec<String> = (text.lines().enumerate())
        .map(|(at, line)| with_user(line, if at < 3 { "one" } else { "two" }))
        .collect();
    let all = folder.path().join("all.jsonl");
    std::fs::write(&all, lines.join("\n")).unwrap();
    let held_out = folder.path().join("dev.jsonl");
    // Another swipe of person one, and the path of a swipe of person two under another name.
    let other = samples::swipe_file(&["other"], 9);
    let same = with_user(text.lines().nth(5).unwrap(), "three");
    std::fs::write(
        &held_out,
        format!("{}\n{same}\n", with_user(other.trim(), "one")),
    )
    .unwrap();
    let mut options = options(vec![all]);
    options.recorded.held_out = vec![held_out];
    options.once = true;
    let feed = Feed::open(options).unwrap();
    let (header, samples) = read(&bytes(&feed, 0, None, 1));
    let alphabet = Alphabet::new(feed.labels());
    let expected: Vec<Vec<u8>> = ["a", "keyboard", "water"]
        .map(|word| alphabet.fold(word).unwrap())
        .to_vec();
    assert_eq!(
        samples.iter().map(|s| s.labels.clone()).collect::<Vec<_>>(),
        expected
    );
    assert_eq!(header["sources"][0]["held_out"], 4);
}

#[test]
fn no_development_swipe_is_among_those_to_train_on() {
    let paths =
        ["data/hws-train.jsonl.gz", "data/hws-dev.jsonl.gz"].map(swipekit_test_support::shared);
    let [Some(train), Some(dev)] = paths else {
        return;
    };
    let mut options = options(vec![train, dev.clone()]);
    options.recorded.held_out = vec![dev];
    options.once = true;
    let feed = Feed::open(options).unwrap();
    let (header, _) = read(&bytes(&feed, 0, Some(1), 1));
    let [train, dev] = [0, 1].map(|at| &header["sources"][at]);
    assert_eq!(train["held_out"], 0);
    assert!(train["used"].as_u64().unwrap() > 60_000);
    assert_eq!(
        (&dev["used"], &dev["held_out"]),
        (&0.into(), &dev["swipes"])
    );
}

#[test]
fn far_swipes_and_words_without_keys_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let text = samples::swipe_file(&["keyboard", "water"], 1);
    let lines: Vec<&str> = text.lines().collect();
    // A swipe of another word, one that says itself that it is far, a word that no key types, a
    // single point.
    let content = [
        lines[0].to_owned(),
        lines[0].replace("keyboard", "mountain"),
        lines[1].replacen('{', "{\"dev\":1.9,", 1),
        lines[1].replace("water", "42"),
        "{\"word\":\"a\",\"points\":[{\"x\":0.1,\"y\":0.5,\"t\":0}]}".to_owned(),
    ];
    let path = folder.path().join("swipes.jsonl");
    std::fs::write(&path, content.join("\n")).unwrap();
    let mut options = options(vec![path]);
    options.recorded.max_deviation = Some(1.5);
    options.once = true;
    let feed = Feed::open(options).unwrap();
    let (header, samples) = read(&bytes(&feed, 0, None, 1));
    assert_eq!(samples.len(), 1);
    let source = &header["sources"][0];
    assert_eq!((&source["swipes"], &source["used"]), (&5.into(), &1.into()));
    assert_eq!(
        (&source["far"], &source["unusable"]),
        (&3.into(), &1.into())
    );
}

#[test]
fn synthetic_swipes_come_between_recorded_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = swipe_file(folder.path(), "swipes.jsonl", WORDS, 1);
    let words = folder.path().join("words.tsv");
    std::fs::write(&words, "zebra\t3\nx\t1\nthey're\t9\n").unwrap();
    let layout = Layout::qwerty();
    let synthetic = || {
        let profile = Profile::default();
        SyntheticSource::open(&words, WordOptions::default(), profile, &layout, 3).unwrap()
    };
    let mut mixed = options(vec![path]);
    mixed.share = 0.25;
    mixed.synthetic = Some(synthetic());
    let feed = Feed::open(mixed).unwrap();
    let (header, samples) = read(&bytes(&feed, 0, Some(400), 2));
    assert_eq!(samples.iter().filter(|sample| sample.recorded).count(), 100);
    assert_eq!(header["sources"][1]["typeable"], 3);
    let alphabet = Alphabet::new(feed.labels());
    let expected = ["zebra", "x", "theyre"].map(|word| alphabet.fold(word).unwrap());
    for sample in samples.iter().filter(|sample| !sample.recorded) {
        assert!(expected.contains(&sample.labels));
        assert!(sample.frames >= 2);
    }
    assert_eq!(read(&bytes(&feed, 150, Some(250), 1)).1, samples[150..]);
    // Without a swipe file all are.
    let mut alone = options(Vec::new());
    alone.synthetic = Some(synthetic());
    let feed = Feed::open(alone).unwrap();
    assert!(
        read(&bytes(&feed, 0, Some(50), 1))
            .1
            .iter()
            .all(|sample| !sample.recorded)
    );
}

#[test]
fn nothing_to_feed_is_an_error_and_a_reader_that_goes_away_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.jsonl");
    std::fs::write(&empty, "").unwrap();
    assert!(matches!(
        Feed::open(options(vec![empty])),
        Err(SynthError::File(FileError::Empty { .. }))
    ));
    assert!(Feed::open(options(vec![folder.path().join("none")])).is_err());
    let feed = Feed::open(options(vec![swipe_file(
        folder.path(),
        "a.jsonl",
        WORDS,
        1,
    )]))
    .unwrap();
    struct Gone(usize, io::ErrorKind);
    impl io::Write for Gone {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self
                .0
                .checked_sub(1)
                .ok_or_else(|| io::Error::from(self.1))?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut gone = Gone(6, io::ErrorKind::BrokenPipe);
    write(&feed, 0, None, 2, &mut gone).unwrap();
    let mut full = Gone(6, io::ErrorKind::StorageFull);
    assert!(write(&feed, 0, None, 2, &mut full).is_err());
    assert!(full.write(b"x").is_err());
}
