use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::error::Error;

/// An ARPA model by its definition, without the file's structure: n-gram → (ln P, ln bow).
#[derive(Clone, Debug, Default)]
struct Naive(HashMap<Vec<String>, (f64, f64)>);

impl Naive {
    fn log_probability(&self, history: &[String], word: &str) -> Option<f64> {
        let word = if self.0.contains_key(&vec![word.to_owned()]) {
            word
        } else {
            UNKNOWN
        };
        let mut ngram = history.to_vec();
        ngram.push(word.to_owned());
        if let Some((log_probability, _)) = self.0.get(&ngram) {
            return Some(*log_probability);
        }
        let (_, rest) = history.split_first()?;
        let backoff = self.0.get(history).map_or(0.0, |entry| entry.1);
        Some(backoff + self.log_probability(rest, word)?)
    }

    /// The last words that count, with unknown ones as `<unk>`.
    fn history(&self, words: &[String], order: usize) -> Vec<String> {
        let before = words.len().saturating_sub(order - 1);
        let known = |word: &String| self.0.contains_key(&vec![word.clone()]);
        words[before..]
            .iter()
            .map(|word| {
                if known(word) {
                    word.clone()
                } else {
                    UNKNOWN.to_owned()
                }
            })
            .collect()
    }

    fn build(&self, bits: u32) -> LanguageModel {
        let mut builder = LanguageModelBuilder::new().bits(bits).unwrap();
        let mut ngrams: Vec<_> = self.0.iter().collect();
        ngrams.sort_by_key(|(ngram, _)| ngram.len());
        for (ngram, (log_probability, log_backoff)) in ngrams {
            let words: Vec<&str> = ngram.iter().map(String::as_str).collect();
            builder.add(&words, *log_probability, *log_backoff).unwrap();
        }
        let built = builder.build().unwrap();
        LanguageModel::from_bytes(built.bytes.into(), "test").unwrap()
    }
}

const WORDS: [&str; 8] = ["<s>", "</s>", "<unk>", "a", "an", "don't", "é", "zebra"];

fn naive(entries: &[(&str, f64, f64)]) -> Naive {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect();
    Naive(
        entries
            .iter()
            .map(|(text, log_probability, log_backoff)| {
                (words(text), (*log_probability, *log_backoff))
            })
            .collect(),
    )
}

/// A small model with every feature that a model may have.
fn small() -> Naive {
    naive(&[
        ("<s>", -99.0, -0.5),
        ("</s>", -2.0, 0.0),
        ("<unk>", -5.0, 0.0),
        ("we", -2.5, -0.3),
        ("are", -3.0, -0.7),
        ("ate", -4.0, -0.2),
        ("don't", -3.5, -0.1),
        ("here", -3.0, 0.0),
        ("<s> we", -1.0, -0.4),
        ("we are", -0.5, -0.6),
        ("we don't", -1.5, 0.0),
        ("are here", -1.2, 0.0),
        ("<s> we are", -0.3, 0.0),
        ("we are here", -0.4, 0.0),
        // The model lacks the pair of its history.
        ("don't we are", -0.9, 0.0),
    ])
}

fn models() -> impl Strategy<Value = Naive> {
    let numbers = || (-12.0..0.0f64, -3.0..1.0f64);
    let some = |order: usize| {
        let ngram = proptest::collection::vec(0..WORDS.len(), order);
        proptest::collection::vec((ngram, numbers()), 0..24)
    };
    let present = proptest::collection::vec(any::<bool>(), WORDS.len());
    (
        present,
        proptest::collection::vec(numbers(), WORDS.len()),
        some(2),
        some(3),
    )
        .prop_map(|(present, unigrams, pairs, triples)| {
            let mut model = HashMap::new();
            for (at, numbers) in unigrams.into_iter().enumerate() {
                // One word is always present.
                if present[at] || at == 3 {
                    model.insert(vec![WORDS[at].to_owned()], numbers);
                }
            }
            for (ngram, numbers) in pairs.into_iter().chain(triples) {
                if ngram.iter().all(|word| present[*word] || *word == 3) {
                    let ngram = ngram.iter().map(|word| WORDS[*word].to_owned()).collect();
                    model.insert(ngram, numbers);
                }
            }
            Naive(model)
        })
}

proptest! {
    #[test]
    fn backing_off_is_that_of_a_naive_evaluator(
        naive in models(),
        bits in 8u32..=16,
        histories in proptest::collection::vec(proptest::collection::vec(0usize..9, 0..5), 1..30),
    ) {
        let model = naive.build(bits);
        let name = |at: usize| WORDS.get(at).copied().unwrap_or("absent");
        for history in histories {
            let history: Vec<String> = history.into_iter().map(|at| name(at).to_owned())
.collect();
            let context = model.context(&history);
            let history = naive.history(&history, 3);
            for word in ["</s>", "a", "an", "don't", "é", "zebra", "absent"] {
                let got = model.log_probability(&context, word);
                let expected = naive.log_probability(&history, word);
                let off = match (got, expected) {
                    (Some(got), Some(expected)) => (got - expected).abs(),
                    (None, None) => 0.0,
                    _ => f64::INFINITY,
                };
                // A sum of three terms, one of them of a pair that backing off gave.
                prop_assert!(off <= 4.1 * model.max_error() + 1e-5, "{history:?} {word}: {got:?} {expected:?}");
            }
        }
    }

    #[test]
    fn no_word_and_no_context_panics(word in "\\PC{0,300}", before in proptest::collection::vec("\\PC{0,20}", 0..5)) {
        let model = small().build(8);
        let context = model.context(&before);
        prop_assert!(model.gain(&context, &word).is_finite());
        prop_assert!(model.log_probability(&context, &word).is_some());
    }

    #[test]
    fn folding_twice_is_folding_once(word in "\\PC{0,60}") {
        if let Some(folded) = fold_word(&word) {
            prop_assert_eq!(fold_word(&folded), Some(folded));
        }
    }
}

#[test]
fn the_gain_is_what_the_context_adds_to_backing_off() {
    let model = small().build(16);
    let close = |got: f64, expected: f64| {
        assert!((got - expected).abs() < 5e-3, "{got} {expected}");
    };
    let before = model.context(&["we"]);
    // ln P(are | we) - ln P(are) - ln bow(we)
    close(model.gain(&before, "are"), -0.5 + 3.0 + 0.3);
    close(model.gain(&before, "ARE"), -0.5 + 3.0 + 0.3);
    let before = model.context(&["<s>", "we"]);
    // ln P(are | <s> we) - ln P(are) - ln bow(<s> we) - ln bow(we)
    close(model.gain(&before, "are"), -0.3 + 3.0 + 0.4 + 0.3);
    // The pair alone counts: bow(<s> we) P(don't | we)
    close(model.gain(&before, "don't"), -1.5 + 3.5 + 0.3);
    close(model.gain(&before, "don\u{2019}t"), -1.5 + 3.5 + 0.3);
    for unseen in ["here", "absent", "", "<unk>", "</s>", "we are"] {
        assert_eq!(model.gain(&before, unseen), 0.0);
    }
}

#[test]
fn a_context_is_the_last_words_that_the_model_knows() {
    let model = small().build(16);
    let nothing = model.context::<&str>(&[]);
    assert!(nothing.is_empty());
    assert_eq!(model.gain(&nothing, "are"), 0.0);
    let we = model.context(&["we"]);
    assert!(!we.is_empty());
    let long: Vec<String> = (0..1000)
        .map(|i| format!("word{i}"))
        .chain(["We".to_owned()])
        .collect();
    assert_eq!(model.context(&long).pairs(), we.pairs());
    assert_eq!(model.context(&["absent", "WE"]).pairs(), we.pairs());
    // The last word is unknown, so nothing is known to follow it.
    assert!(model.context(&["we", "absent"]).is_empty());
    assert!(model.context(&["we", ""]).is_empty());
    assert!(model.context(&["we", "</s>"]).is_empty());
    assert!(model.context(&["x".repeat(1000)]).is_empty());
    assert_ne!(model.context(&["<s>", "we"]), we);
}

#[test]
fn apostrophes_do_not_count_in_a_model_without_any() {
    let model = naive(&[
        ("<s>", -99.0, -0.5),
        ("dont", -2.0, 0.0),
        ("im", -2.0, 0.0),
        ("<s> im", -1.0, 0.0),
    ])
    .build(16);
    assert!(model.contains("don't") && model.contains("Don\u{2019}t") && model.contains("I'm"));
    assert!(model.gain(&model.context(&["<s>"]), "I'm") > 0.5);
    assert!(!small().build(16).contains("dont"));
}

#[test]
fn the_likeliest_of_equal_ngrams_counts() {
    let mut builder = LanguageModelBuilder::new().bits(16).unwrap();
    builder.add(&["The"], -3.0, 0.0).unwrap();
    builder.add(&["the"], -1.0, -0.5).unwrap();
    builder.add(&["THE"], -2.0, 0.0).unwrap();
    builder.add(&["The", "the"], -2.0, 0.0).unwrap();
    builder.add(&["the", "The"], -0.5, 0.0).unwrap();
    let built = builder.build().unwrap();
    assert_eq!(built.ngrams, [1, 1, 0]);
    let model = LanguageModel::from_bytes(built.bytes.into(), "test").unwrap();
    assert_eq!((model.order(), model.words()), (2, 1));
    let alone = model.log_probability(&Context::default(), "the").unwrap();
    let behind = model
        .log_probability(&model.context(&["THE"]), "the")
        .unwrap();
    assert!((alone + 1.0).abs() < 1e-3 && (behind + 0.5).abs() < 1e-3);
}

#[test]
fn what_makes_no_ngram_is_refused() {
    let mut builder = LanguageModelBuilder::new();
    builder.add(&["a"], -1.0, 0.0).unwrap();
    for (words, numbers, refusal) in [
        (&[][..], (-1.0, 0.0), Refusal::Order),
        (&["a", "a", "a", "a"], (-1.0, 0.0), Refusal::Order),
        (&["a", "b"], (-1.0, 0.0), Refusal::Unigram),
        (&["b", "a", "a"], (-1.0, 0.0), Refusal::Unigram),
        (&[" "], (-1.0, 0.0), Refusal::Word),
        (&["a", ""], (-1.0, 0.0), Refusal::Word),
        (&["a"], (f64::NAN, 0.0), Refusal::Number),
        (&["a"], (f64::NEG_INFINITY, 0.0), Refusal::Number),
        (&["a"], (0.5, 0.0), Refusal::Number),
        (&["a"], (-1.0, f64::INFINITY), Refusal::Number),
    ] {
        assert_eq!(builder.add(words, numbers.0, numbers.1), Err(refusal));
    }
    let long = "x".repeat(MAX_WORD + 1);
    assert_eq!(builder.add(&[&long], -1.0, 0.0), Err(Refusal::Word));
    assert_eq!(builder.add(&[&long[1..]], -1.0, 0.0), Ok(()));
    assert!(LanguageModelBuilder::new().bits(7).is_err());
    assert!(LanguageModelBuilder::new().build().is_err());
}

#[test]
fn many_words_are_found() {
    let words: Vec<String> = (0..5000)
        .map(|i| format!("{:x}", i * 7919 % 65_536))
        .collect();
    let mut builder = LanguageModelBuilder::new();
    for word in &words {
        builder.add(&[word], -5.0, 0.0).unwrap();
    }
    let built = builder.build().unwrap();
    let model = LanguageModel::from_bytes(built.bytes.into(), "test").unwrap();
    assert!(words.iter().all(|word| model.contains(word)));
    assert!(!model.contains("zz") && !model.contains("") && !model.contains("-"));
    let mut sorted = words;
    sorted.sort();
    sorted.dedup();
    let mut read = Vec::new();
    model.each_word(|word| read.push(word.to_owned()));
    assert_eq!(read, sorted);
}

/// Recomputes every checksum of a changed file.
fn seal(bytes: &mut [u8]) {
    let number =
        |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    for at in (72..192).step_by(12) {
        let from = number(bytes, at) as usize;
        let to = from.saturating_add(number(bytes, at + 4) as usize);
        if let Some(section) = bytes.get(from..to) {
            let sum = crc32fast::hash(section);
            bytes[at + 8..at + 12].copy_from_slice(&sum.to_le_bytes());
        }
    }
    let sum = crc32fast::hash(&bytes[..192]);
    bytes[192..196].copy_from_slice(&sum.to_le_bytes());
}

/// Calls every lookup of a model.
fn ask(model: &LanguageModel) {
    for before in [
        &[][..],
        &["we"],
        &["<s>", "we"],
        &["we", "are"],
        &["absent", "don't"],
    ] {
        let context = model.context(before);
        for word in ["we", "are", "here", "absent"] {
            assert!(!model.gain(&context, word).is_nan());
            let _ = model.log_probability(&context, word);
        }
    }
    model.each_word(|_| ());
}

#[test]
fn a_damaged_file_is_refused() {
    let bytes = small().build(8).bytes().to_vec();
    for length in 0..bytes.len() {
        let cut = bytes[..length].to_vec();
        assert!(
            LanguageModel::from_bytes(cut.into(), "test").is_err(),
            "{length} bytes"
        );
    }
    for at in 0..bytes.len() {
        for flip in [1u8, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            assert!(
                LanguageModel::from_bytes(damaged.into(), "test").is_err(),
                "byte {at}"
            );
        }
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(LanguageModel::from_bytes(longer.into(), "test").is_err());
}

#[test]
fn a_file_made_on_purpose_harms_nothing() {
    let bytes = small().build(8).bytes().to_vec();
    let mut opened = 0;
    for at in 8..bytes.len() {
        for value in [0, 1, 2, 7, 0x7f, 0x80, 0xfe, 0xff] {
            let mut hostile = bytes.clone();
            hostile[at] = value;
            seal(&mut hostile);
            match LanguageModel::from_bytes(hostile.into(), "test") {
                Ok(model) => {
                    opened += 1;
                    ask(&model);
                }
                Err(Error::Damaged { .. } | Error::Unsupported { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }
    // Flips that change only probabilities leave a valid file.
    assert!(opened > 0);
    for at in [16, 20, 24] {
        for count in [0u32, 1, 0x7fff_ffff, u32::MAX] {
            let mut hostile = bytes.clone();
            hostile[at..at + 4].copy_from_slice(&count.to_le_bytes());
            seal(&mut hostile);
            assert!(LanguageModel::from_bytes(hostile.into(), "test").is_err());
        }
    }
    for step in [f32::NAN, f32::INFINITY, -1.0, 1e30] {
        let mut hostile = bytes.clone();
        hostile[32..36].copy_from_slice(&step.to_le_bytes());
        seal(&mut hostile);
        assert!(LanguageModel::from_bytes(hostile.into(), "test").is_err());
    }
}

#[test]
fn other_versions_and_other_files_are_told() {
    let bytes = small().build(8).bytes().to_vec();
    assert!(LanguageModel::is_language_model(&bytes));
    let mut newer = bytes;
    newer[8] = 2;
    assert!(matches!(
        LanguageModel::from_bytes(newer.into(), "test"),
        Err(Error::Unsupported { .. })
    ));
    let other = LanguageModel::from_bytes(b"swipelex".to_vec().into(), "test");
    assert!(matches!(other, Err(Error::Damaged { .. })));
}

#[test]
fn a_file_survives_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("language.bin");
    let model = small().build(8);
    let built = BuiltLanguageModel {
        bytes: model.bytes().to_vec(),
        ngrams: model.ngrams(),
    };
    built.write(&path).unwrap();
    let read = LanguageModel::open(&path).unwrap();
    assert_eq!(&**read.bytes(), &**model.bytes());
    assert_eq!((read.order(), read.bits()), (3, 8));
    assert!(matches!(
        LanguageModel::open(folder.path().join("absent")),
        Err(Error::Io { .. })
    ));
}
