use std::fs;
use std::sync::Arc;

use proptest::prelude::*;

use super::{DEFAULT_LOG_PRIOR, MAX_BOOST};
use crate::bytes::Bytes;
use crate::error::Error;
use crate::lexicon::*;

fn labels() -> Vec<String> {
    ('a'..='z').map(String::from).collect()
}

fn lexicon(words: &[(&str, f64)]) -> Lexicon {
    let mut builder = LexiconBuilder::new(&labels());
    for (word, weight) in words {
        builder.add(word, *weight).unwrap();
    }
    Lexicon::from_bytes(
        Bytes::from(builder.build().unwrap().bytes),
        &labels(),
        "test",
    )
    .unwrap()
}

fn words(base: &[(&str, f64)]) -> UserWords {
    let layers = LexiconStack::new(vec![Layer::new(lexicon(base))]).unwrap();
    UserWords::new(layers, &labels())
}

/// The forms of a word's key with their costs, found with the search's transitions.
fn found(words: &UserWords, word: &str) -> Vec<(String, f32)> {
    let layers = words.snapshot();
    let key = Alphabet::new(&labels()).fold(word).unwrap();
    let mut position = layers.root();
    let mut transitions = Vec::new();
    let mut ahead = layers.look_ahead(&position);
    for label in &key {
        layers.transitions(&position, &mut transitions);
        let Some((_, cost)) = transitions.iter().find(|(known, _)| known == label) else {
            return Vec::new();
        };
        assert!(*cost >= ahead, "the look-ahead never falls");
        position = layers.step(&position, *label);
        ahead = layers.look_ahead(&position);
        assert_eq!(ahead, *cost);
    }
    let Some(cost) = layers.word_cost(&position) else {
        return Vec::new();
    };
    assert!(cost >= ahead);
    let forms = layers.forms(&key, position.user().map(|user| &**user));
    let best = forms[0].1 / layers.cost_unit();
    assert_eq!(
        best.round() as u32,
        cost,
        "the key costs what its best form costs"
    );
    let forms = forms.into_iter();
    forms
        .map(|(word, cost)| (word.into_owned(), cost))
        .collect()
}

fn shown(words: &UserWords, word: &str) -> Vec<String> {
    found(words, word)
        .into_iter()
        .map(|(word, _)| word)
        .collect()
}

fn cost(words: &UserWords, word: &str) -> f32 {
    let forms = found(words, word);
    forms.iter().find(|(form, _)| form == word).unwrap().1
}

const BASE: [(&str, f64); 5] = [
    ("the", 1000.0),
    ("then", 100.0),
    ("cat", 10.0),
    ("Cat", 5.0),
    ("zebra", 1.0),
];

#[test]
fn without_words_of_a_user_a_lexicon_is_what_it_was() {
    let (words, plain) = (words(&BASE), lexicon(&BASE));
    for (word, _) in BASE {
        let key = Alphabet::new(&labels()).fold(word).unwrap();
        let expected: Vec<(String, f32)> = plain
            .words(&key)
            .map(|(word, cost)| (word.into_owned(), cost))
            .collect();
        assert_eq!(found(&words, word), expected);
    }
    assert!(found(&words, "dog").is_empty());
    assert!(words.is_empty());
}

#[test]
fn words_are_added_and_removed() {
    let words = words(&BASE);
    words.add("Zürich").unwrap();
    assert_eq!(
        found(&words, "zurich"),
        [("Zürich".to_owned(), -DEFAULT_LOG_PRIOR)]
    );
    words.add_with("zurich", -12.0).unwrap();
    assert_eq!(shown(&words, "zurich"), ["Zürich", "zurich"]);
    // Adding a word again keeps an explicit prior.
    words.add("zurich").unwrap();
    assert_eq!(cost(&words, "zurich"), 12.0);
    // The higher of a lexicon's prior and the user's counts.
    let before = cost(&words, "the");
    words.add_with("the", -50.0).unwrap();
    assert_eq!(cost(&words, "the"), before);
    words.add_with("the", -0.0).unwrap();
    assert_eq!(cost(&words, "the"), 0.0);
    assert_eq!(words.len(), 3);
    for word in ["Zürich", "zurich", "the"] {
        words.remove(word).unwrap();
    }
    assert_eq!((found(&words, "zurich").len(), words.len()), (0, 0));
    assert_eq!(cost(&words, "the"), before);
    assert!(
        words.snapshot().user().is_none(),
        "nothing is left of the trie"
    );
    for (word, rejection) in [
        ("дом", Rejection::Untypeable(Untypeable::Character)),
        ("--", Rejection::Untypeable(Untypeable::Empty)),
        (&"a".repeat(65), Rejection::Untypeable(Untypeable::TooLong)),
        (&"é".repeat(200), Rejection::TooLong),
    ] {
        assert_eq!(words.add(word), Err(rejection));
    }
    for prior in [f32::NAN, 0.5, -101.0, f32::INFINITY] {
        assert_eq!(words.add_with("dog", prior), Err(Rejection::Weight));
    }
    assert_eq!(words.boost("dog", f32::NAN), Err(Rejection::Weight));
    assert!(words.is_empty());
}

#[test]
fn blocked_words_are_gone_whoever_has_them() {
    let words = words(&BASE);
    words.block("CAT").unwrap();
    assert!(shown(&words, "cat").is_empty());
    words.add("cat").unwrap();
    assert!(shown(&words, "cat").is_empty(), "blocking wins");
    words.add("ca't").unwrap();
    assert_eq!(
        shown(&words, "cat"),
        ["ca't"],
        "another word of the same key"
    );
    words.unblock("CAT").unwrap();
    words.remove("ca't").unwrap();
    assert_eq!(shown(&words, "cat").len(), 2);
    // Longer words that begin with the same letters stay.
    words.block("the").unwrap();
    assert!(shown(&words, "the").is_empty());
    assert_eq!(shown(&words, "then"), ["then"]);
}

#[test]
fn boosts_are_bounded_and_do_not_add_up() {
    let words = words(&BASE);
    let before = cost(&words, "zebra");
    for nats in [2.0, 2.0, 1e9] {
        words.boost("zebra", nats).unwrap();
        assert_eq!(cost(&words, "zebra"), before - nats.min(MAX_BOOST));
    }
    words.boost("zebra", -1e9).unwrap();
    assert_eq!(cost(&words, "zebra"), before + MAX_BOOST);
    words.boost("the", 6.0).unwrap();
    assert_eq!(cost(&words, "the"), 0.0, "no word is likelier than certain");
    words.boost("unheard", 3.0).unwrap();
    assert!(shown(&words, "unheard").is_empty(), "a boost adds no word");
    words.boost("zebra", 0.0).unwrap();
    assert_eq!(cost(&words, "zebra"), before);
    assert_eq!(words.len(), 2);
}

#[test]
fn choices_count_and_fade() {
    let words = words(&BASE);
    let before = cost(&words, "zebra");
    let mut last = before;
    for _ in 0..20 {
        words.learn("zebra").unwrap();
        let now = cost(&words, "zebra");
        assert!(now < last, "each choice helps");
        last = now;
    }
    for _ in 0..2000 {
        words.learn("the").unwrap();
    }
    let faded = cost(&words, "zebra");
    assert!(
        faded > last && faded < before,
        "old choices fade: {before} {last} {faded}"
    );
    assert!(before - faded < libm::log1pf(3.0));
    for _ in 0..3000 {
        words.learn("the").unwrap();
    }
    assert_eq!(cost(&words, "zebra"), before, "and are forgotten");
    let (length, choices) = (words.len(), words.entries()[0].chosen_at);
    assert_eq!((length, choices), (1, 5020));
    words.learn("unheard").unwrap();
    assert!(shown(&words, "unheard").is_empty());
    assert_eq!(
        words.len(),
        1,
        "nothing is learned of a word that nobody has"
    );
}

#[test]
fn several_lexicons_merge_with_their_weights() {
    let english = lexicon(&[("gift", 10.0), ("the", 90.0)]);
    let german = lexicon(&[("Gift", 50.0), ("gift", 1.0), ("der", 49.0)]);
    let layers = |weight| {
        let german = Layer::weighted(german.clone(), weight).unwrap();
        let layers = LexiconStack::new(vec![Layer::new(english.clone()), german]).unwrap();
        UserWords::new(layers, &labels())
    };
    let equal = layers(0.0);
    assert_eq!(shown(&equal, "gift"), ["Gift", "gift"]);
    assert_eq!(shown(&equal, "der"), ["der"]);
    let light = layers(-5.0);
    assert_eq!(shown(&light, "gift"), ["gift", "Gift"]);
    assert_eq!(
        cost(&light, "gift"),
        cost(&equal, "gift"),
        "the likelier one counts"
    );
    assert!((cost(&light, "Gift") - cost(&equal, "Gift") - 5.0).abs() < 1e-5);
    let many = LexiconStack::new(vec![Layer::new(english.clone()); MAX_LAYERS + 1]);
    assert!(matches!(many, Err(Error::TooLarge { .. })));
    for weight in [0.1, f32::NAN, -101.0] {
        assert!(Layer::weighted(english.clone(), weight).is_err());
    }
    // Without a lexicon, the user's words are the only ones.
    let own = UserWords::new(LexiconStack::new(Vec::new()).unwrap(), &labels());
    assert!(own.snapshot().is_empty());
    own.add("hello").unwrap();
    assert!(!own.snapshot().is_empty());
    assert_eq!(shown(&own, "hello"), ["hello"]);
}

#[test]
fn a_snapshot_does_not_change() {
    let words = words(&BASE);
    words.add("dog").unwrap();
    let before = words.snapshot();
    let key = Alphabet::new(&labels()).fold("dog").unwrap();
    words.block("dog").unwrap();
    let position = key.iter().fold(before.root(), |position, label| {
        before.step(&position, *label)
    });
    assert!(before.word_cost(&position).is_some());
    assert!(found(&words, "dog").is_empty());
    // A change shares the nodes that it does not touch.
    words.add("zoo").unwrap();
    let (one, two) = (words.snapshot(), words.snapshot());
    assert!(Arc::ptr_eq(one.user().unwrap(), two.user().unwrap()));
    words.add("zoom").unwrap();
    let three = words.snapshot();
    let d = Alphabet::new(&labels()).class('d').unwrap();
    let child = |layers: &LexiconStack| Arc::clone(layers.user().unwrap().child(d).unwrap());
    assert!(Arc::ptr_eq(&child(&two), &child(&three)));
}

#[test]
fn words_go_to_a_file_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("user.words");
    let words = words(&BASE);
    words.add("Zürich").unwrap();
    words.add_with("dog", -7.5).unwrap();
    words.boost("cat", 2.0).unwrap();
    words.block("then").unwrap();
    for _ in 0..5 {
        words.learn("zebra").unwrap();
    }
    words.export(&path).unwrap();
    let other = self::words(&BASE);
    other.add("gone").unwrap();
    other.import(&path).unwrap();
    assert_eq!(other.entries(), words.entries());
    assert_eq!(other.len(), 5);
    for word in ["zurich", "dog", "cat", "then", "zebra"] {
        assert_eq!(found(&other, word), found(&words, word), "{word}");
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "no part is left");

    // Damaged files are refused, and the words stay.
    let sound = fs::read(&path).unwrap();
    let kept = other.entries();
    let refuse = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        let error = other.import(&path).unwrap_err();
        assert_eq!(other.entries(), kept);
        let message = error.to_string();
        assert!(
            !message.contains("zebra") && !message.contains("rich"),
            "{message}"
        );
        error
    };
    for at in (0..sound.len()).step_by(3) {
        let mut flipped = sound.clone();
        flipped[at] ^= 4;
        refuse(&flipped);
        refuse(&sound[..at]);
    }
    refuse(b"");
    refuse(&[b'\n'; 300]);
    let newer = String::from_utf8(sound.clone()).unwrap();
    let newer = newer.replacen("words 1", "words 2", 1);
    assert!(matches!(
        refuse(newer.as_bytes()),
        Error::Unsupported { .. }
    ));
    let absent = other.import(folder.path().join("absent")).unwrap_err();
    assert!(matches!(absent, Error::Io { .. }));

    // Numbers out of range and words of other labels, with a matching hash.
    let file = |body: &str| {
        let hash = crate::hash::sha256_hex(body.as_bytes());
        format!("swipekit-user-words 1 {hash}\n{body}")
    };
    let body = |word: &str, boost: &str| {
        format!(
            r#"{{"choices":1,"words":[{{"word":"{word}","log_prior":-9.0,"boost":{boost},"chosen":0.0,"chosen_at":0,"blocked":false}}]}}"#
        )
    };
    assert!(matches!(
        refuse(file(&body("dog", "7.0")).as_bytes()),
        Error::Damaged { .. }
    ));
    assert!(matches!(
        refuse(file(&body("дом", "0.0")).as_bytes()),
        Error::WrongVocabulary { .. }
    ));
    fs::write(&path, file(&body("dog", "1.0"))).unwrap();
    other.import(&path).unwrap();
    assert_eq!(other.len(), 1);
}

proptest! {
    /// Any sequence of changes gives the same layers as a plain map of words.
    #[test]
    fn layers_equal_a_plain_map(steps in prop::collection::vec((0..6_u8, 0..8_usize, -3_i8..3), 1..60)) {
        const WORDS: [&str; 8] = ["the", "then", "cat", "Cat", "zebra", "ca", "thens", "x"];
        let words = words(&BASE);
        let base = self::words(&BASE);
        let mut plain: std::collections::BTreeMap<&str, UserWord> = Default::default();
        for (action, word, number) in steps {
            let word = WORDS[word];
            let entry = plain.entry(word).or_insert_with(|| UserWord {
                word: word.to_owned(),
                log_prior: None,
                boost: 0.0,
                chosen: 0.0,
                chosen_at: 0,
                blocked: false,
            });
            match action {
                0 => {
                    words.add_with(word, -8.0 - f32::from(number)).unwrap();
                    entry.log_prior = Some(-8.0 - f32::from(number));
                }
                1 => {
                    words.boost(word, f32::from(number)).unwrap();
                    entry.boost = f32::from(number);
                }
                2 => {
                    words.block(word).unwrap();
                    entry.blocked = true;
                }
                3 => {
                    words.unblock(word).unwrap();
                    entry.blocked = false;
                }
                _ => {
                    words.remove(word).unwrap();
                    plain.remove(word);
                }
            }
        }
        for word in WORDS {
            let key = Alphabet::new(&labels()).fold(word).unwrap();
            let mut expected: Vec<(String, f32)> = found(&base, word);
            let said = plain.values().filter(|entry| {
                Alphabet::new(&labels()).fold(&entry.word).unwrap() == key
            });
            let said: Vec<&UserWord> = said.collect();
            for entry in said.iter().filter(|entry| !entry.blocked) {
                let known = expected.iter_mut().find(|(form, _)| *form == entry.word);
                match (known, entry.log_prior) {
                    (Some((_, cost)), prior) => {
                        let own = prior.map_or(f32::INFINITY, |prior| -prior);
                        *cost = (cost.min(own) - entry.boost).max(0.0);
                    }
                    (None, Some(prior)) => {
                        expected.push((entry.word.clone(), (-prior - entry.boost).max(0.0)));
                    }
                    (None, None) => {}
                }
            }
            for entry in said.iter().filter(|entry| entry.blocked) {
                expected.retain(|(form, _)| form.to_lowercase() != entry.word.to_lowercase());
            }
            expected.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
            prop_assert_eq!(found(&words, word), expected);
        }
    }
}
