use std::collections::HashMap;
use std::io::{Cursor as Bytes, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use swipekit::language_model::LanguageModel;
use swipekit::trace::Trace;

use super::arpa::{self, Selection};
use super::counts::{Corpus, Vocabulary};
use super::kneser_ney::{Model, discounts, estimate};
use super::lines::Lines;
use super::*;
use crate::files::FileError;
use crate::swipes::Swipe;

const ARPA: &str = "made by hand\n\n\\data\\\nngram 1=5\nngram 2=3\nngram 3=1\n\n\\1-grams:\n\
    -99\t<s>\t-0.3\n-1.0\t</s>\n-1.2\twe\t-0.2\n-1.5\tare\t-0.1\n-2.0\tDon\u{2019}t\n\n\\2-grams:\n\
    -0.4\t<s> we\t-0.15\n-0.5\twe are\n-0.9\twe Don\u{2019}t\n\n\\3-grams:\n-0.1\t<s> we are\n\n\\end\\\n";

fn read(text: &str, selection: &Selection) -> Result<LanguageModel> {
    let path = Path::new("test.arpa");
    let lines = Lines::new(path, Box::new(Bytes::new(text.as_bytes().to_vec())));
    let (builder, _) = arpa::read(lines, path, selection)?;
    let built = builder.bits(16)?.build()?;
    Ok(LanguageModel::from_bytes(built.bytes.into(), "test")?)
}

fn assert_log10(model: &LanguageModel, before: &[&str], word: &str, expected: f64) {
    let got = model.log_probability(&model.context(before), word).unwrap() / 10f64.ln();
    assert!((got - expected).abs() < 1e-3, "{got} {expected}");
}

fn assert_hand_made(model: &LanguageModel) {
    assert_eq!(model.ngrams(), [5, 3, 1]);
    assert_log10(model, &[], "we", -1.2);
    assert_log10(model, &["<s>"], "we", -0.4);
    assert_log10(model, &["<s>", "we"], "are", -0.1);
    assert_log10(model, &["we"], "are", -0.5);
    assert_log10(model, &["<s>", "we"], "don't", -0.15 - 0.9);
    assert_log10(model, &["<s>", "we"], "we", -0.15 - 0.2 - 1.2);
    assert_log10(model, &["are"], "</s>", -0.1 - 1.0);
}

#[test]
fn an_arpa_file_is_read_as_it_is_meant() {
    let plain = Selection::default();
    assert_hand_made(&read(ARPA, &plain).unwrap());
    // Windows line ends, tabs or spaces between all fields, a byte order mark.
    assert_hand_made(&read(&ARPA.replace('\n', "\r\n"), &plain).unwrap());
    assert_hand_made(&read(&ARPA.replace('\t', "  "), &plain).unwrap());
    let tabs = ARPA
        .replace("<s> we are", "<s>\twe\tare")
        .replace("we are", "we\tare");
    assert_hand_made(&read(&tabs, &plain).unwrap());
    assert_hand_made(&read(&format!("\u{feff}{ARPA}"), &plain).unwrap());
}

#[test]
fn an_arpa_file_may_be_gzipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.arpa.gz");
    let mut file = GzEncoder::new(Vec::new(), Compression::fast());
    file.write_all(ARPA.as_bytes()).unwrap();
    std::fs::write(&path, file.finish().unwrap()).unwrap();
    let mut options = BuildOptions::new(Source::Arpa(path));
    options.bits = 16;
    let output = folder.path().join("language.bin");
    let report = build(&options, &output).unwrap();
    assert_eq!((report.order, report.ngrams), (3, [5, 3, 1]));
    assert_eq!((report.given, report.left_out), (Some([5, 3, 1]), Some(0)));
    assert_hand_made(&LanguageModel::open(&output).unwrap());
    let inspected = inspect(&output, None).unwrap();
    assert_eq!(inspected.marks, ["<s>", "</s>"]);
}

#[test]
fn words_that_were_not_selected_take_their_ngrams_along() {
    let selection = Selection {
        words: Some(["we", "are"].map(str::to_owned).into()),
        ..Selection::default()
    };
    let model = read(ARPA, &selection).unwrap();
    assert_eq!(model.ngrams(), [4, 2, 1]);
    assert!(!model.contains("don't") && model.contains("</s>"));
    let selection = Selection {
        max_words: Some(1),
        ..Selection::default()
    };
    // The likeliest word is "we". Marks are not counted.
    assert_eq!(read(ARPA, &selection).unwrap().ngrams(), [3, 1, 0]);
    let selection = Selection {
        order: Some(2),
        ..Selection::default()
    };
    assert_eq!(read(ARPA, &selection).unwrap().ngrams(), [5, 3, 0]);
}

#[test]
fn what_is_wrong_with_an_arpa_file_is_told_by_its_line() {
    let cases = [
        ("\\end\\\n", "", 22, "\\end\\"),
        ("\\3-grams:", "\\4-grams:", 20, "\\3-grams:"),
        (
            "ngram 2=3",
            "ngram 2=4",
            20,
            "4 n-grams of 2 words before it",
        ),
        ("ngram 2=3", "ngram 3=3", 5, "ngram ORDER=COUNT"),
        ("ngram 2=3", "ngram 2=x", 5, "ngram ORDER=COUNT"),
        ("-0.5\twe are", "x\twe are", 17, "a number"),
        ("-0.5\twe are", "NaN\twe are", 17, "a finite number"),
        ("-0.5\twe are", "-inf\twe are", 17, "a finite number"),
        ("-0.5\twe are", "0.5\twe are", 17, "log10 of a probability"),
        ("-0.5\twe are", "-0.5\twe", 17, "a word for each"),
        (
            "-0.5\twe are",
            "-0.5\twe are -0.1 -0.1",
            17,
            "a line of an n-gram",
        ),
        (
            "-0.4\t<s> we\t-0.15",
            "-0.4\t<s> we\tinf",
            16,
            "a finite number",
        ),
        ("\\data\\", "data", 23, "\\data\\"),
    ];
    for (from, to, line, expected) in cases {
        let text = ARPA.replacen(from, to, 1);
        match read(&text, &Selection::default()) {
            Err(LanguageError::File(FileError::Line {
                line: got,
                expected: told,
                ..
            })) => {
                assert!(told.starts_with(expected), "{told} {expected}");
                assert_eq!(got, line, "{expected}");
            }
            other => panic!("{expected}: {other:?}"),
        }
    }
    let longer = ARPA
        .replace("ngram 3=1\n", "ngram 3=1\nngram 4=0\n")
        .replace("\\end\\", "\\4-grams:\n\n\\end\\");
    assert!(matches!(
        read(&longer, &Selection::default()),
        Err(LanguageError::Order { got: 4, .. })
    ));
    let three = Selection {
        order: Some(3),
        ..Selection::default()
    };
    assert_hand_made(&read(&longer, &three).unwrap());
    // The error shows no content.
    let told = read(
        &ARPA.replace("-0.5\twe are", "secret\twe are"),
        &Selection::default(),
    );
    assert!(!told.unwrap_err().to_string().contains("secret"));
}

#[test]
fn no_part_of_an_arpa_file_panics() {
    for length in (0..ARPA.len()).filter(|length| ARPA.is_char_boundary(*length)) {
        let whole = ARPA.len() - 1;
        assert_eq!(
            read(&ARPA[..length], &Selection::default()).is_ok(),
            length >= whole,
            "{length}"
        );
    }
}

fn corpus(sentences: &[&str]) -> Corpus {
    let mut corpus = Corpus::new();
    for sentence in sentences {
        corpus.add(&sentence.split(' ').collect::<Vec<_>>());
    }
    corpus
}

/// By words: probability and back-off weight.
fn by_words(model: &Model, words: &[String]) -> HashMap<String, [f64; 2]> {
    let name = |numbers: &[u32]| {
        let words = numbers
            .iter()
            .map(|number| words[*number as usize].as_str());
        words.collect::<Vec<_>>().join(" ")
    };
    let unigrams = (0..)
        .zip(&model.unigrams)
        .map(|(number, both)| (name(&[number]), *both));
    let pairs = model.pairs.iter().map(|(pair, both)| (name(pair), *both));
    let triples = model
        .triples
        .iter()
        .map(|(triple, p)| (name(triple), [*p, 1.0]));
    unigrams.chain(pairs).chain(triples).collect()
}

fn assert_model(sentences: &[&str], order: usize, expected: &[(&str, f64, f64)]) {
    let corpus = corpus(sentences);
    let model = by_words(&estimate(&corpus, order, [1; 3]), &corpus.words);
    assert_eq!(model.len(), expected.len());
    for (words, probability, backoff) in expected {
        let [p, b] = model[*words];
        assert!((p - probability).abs() < 1e-12, "{words}: {p}");
        assert!((b - backoff).abs() < 1e-12, "{words}: bow {b}");
    }
}

/// Counted by hand. With so few n-grams the fixed discounts 1/2, 1 and 3/2 apply.
const TEXT: [&str; 3] = ["a b", "a c", "a b"];

#[test]
fn kneser_ney_of_pairs_is_as_worked_out_by_hand() {
    // Different words before: a 1 (<s>), b 1 (a), c 1 (a), </s> 2 (b, c); 5 in all. Discounted: 1/2
    // + 1/2 + 1/2 + 1 = 2.5, half of the mass, spread over the five possible words: 0.1 each. After
    // a: b 2, c 1; discounted 1 + 1/2 of 3, so half goes to the unigrams.
    assert_model(
        &TEXT,
        2,
        &[
            ("<unk>", 0.1, 1.0),
            ("<s>", 0.0, 0.5),
            ("</s>", 1.0 / 5.0 + 0.1, 1.0),
            ("a", 0.5 / 5.0 + 0.1, 0.5),
            ("b", 0.2, 0.5),
            ("c", 0.2, 0.5),
            ("<s> a", 1.5 / 3.0 + 0.5 * 0.2, 1.0),
            ("a b", 1.0 / 3.0 + 0.5 * 0.2, 1.0),
            ("a c", 0.5 / 3.0 + 0.5 * 0.2, 1.0),
            ("b </s>", 1.0 / 2.0 + 0.5 * 0.3, 1.0),
            ("c </s>", 0.5 / 1.0 + 0.5 * 0.3, 1.0),
        ],
    );
}

#[test]
fn kneser_ney_of_triples_is_as_worked_out_by_hand() {
    // Pairs by the different words before them: a b 1, a c 1, b </s> 1, c </s> 1. <s> a keeps its
    // count, 3.
    assert_model(
        &TEXT,
        3,
        &[
            ("<unk>", 0.1, 1.0),
            ("<s>", 0.0, 0.5),
            ("</s>", 0.3, 1.0),
            ("a", 0.2, 0.5),
            ("b", 0.2, 0.5),
            ("c", 0.2, 0.5),
            ("<s> a", 0.6, 0.5),
            ("a b", 0.5 / 2.0 + 0.5 * 0.2, 0.5),
            ("a c", 0.5 / 2.0 + 0.5 * 0.2, 0.5),
            ("b </s>", 0.5 + 0.5 * 0.3, 1.0),
            ("c </s>", 0.5 + 0.5 * 0.3, 1.0),
            ("<s> a b", 1.0 / 3.0 + 0.5 * 0.35, 1.0),
            ("<s> a c", 0.5 / 3.0 + 0.5 * 0.35, 1.0),
            ("a b </s>", 1.0 / 2.0 + 0.5 * 0.65, 1.0),
            ("a c </s>", 0.5 / 1.0 + 0.5 * 0.65, 1.0),
        ],
    );
}

#[test]
fn discounts_are_those_of_chen_and_goodman() {
    // n1 4, n2 2, n3 1, n4 1: Y = 4 / (4 + 4).
    let counts = [1, 1, 1, 1, 2, 2, 3, 4, 9, 0];
    assert_eq!(discounts(counts.into_iter()), [0.5, 1.25, 1.0]);
    assert_eq!(discounts([1, 2, 3].into_iter()), kneser_ney::FALLBACK);
    assert_eq!(discounts([].into_iter()), kneser_ney::FALLBACK);
}

/// A text in which some words are likelier after others.
fn sentences(count: usize) -> Vec<String> {
    let mut state = 7u64;
    let mut next = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    (0..count)
        .map(|_| {
            let mut word = next(4);
            let words: Vec<String> = (0..1 + next(7))
                .map(|_| {
                    word = if next(2) == 0 {
                        (word * 3 + 1) % 13
                    } else {
                        next(13)
                    };
                    format!("w{}", char::from(b'a' + word as u8))
                })
                .collect();
            words.join(" ")
        })
        .collect()
}

#[test]
fn probabilities_sum_to_one_behind_every_history() {
    let text = sentences(300);
    let text: Vec<&str> = text.iter().map(String::as_str).collect();
    for (order, min_counts, max_words) in [
        (1, [1; 3], None),
        (2, [1; 3], None),
        (3, [1; 3], None),
        (3, [1, 2, 3], Some(8)),
        (3, [1, 1, 4], Some(3)),
    ] {
        let mut corpus = corpus(&text);
        corpus.limit(&Vocabulary {
            min_count: min_counts[0],
            max_words,
            words: None,
        });
        let words = corpus.words.clone();
        assert_eq!(words.len(), 3 + max_words.unwrap_or(13));
        let model = by_words(&estimate(&corpus, order, min_counts), &words);
        let probability = |history: &[&str], word: &str| {
            let mut factor = 1.0;
            for from in 0..=history.len() {
                let ngram = [&history[from..], &[word]].concat().join(" ");
                if let Some([p, _]) = model.get(&ngram) {
                    return factor * p;
                }
                factor *= model
                    .get(&history[from..].join(" "))
                    .map_or(1.0, |both| both[1]);
            }
            0.0
        };
        let followed = words
            .iter()
            .map(String::as_str)
            .filter(|word| *word != "</s>");
        let followed: Vec<&str> = followed.collect();
        let mut histories = vec![vec![]];
        histories.extend(followed.iter().map(|word| vec![*word]));
        histories.extend(
            followed
                .iter()
                .flat_map(|a| followed.iter().map(|b| vec![*a, *b])),
        );
        for history in histories {
            let may_follow = words.iter().filter(|word| *word != "<s>");
            let sum: f64 = may_follow.map(|word| probability(&history, word)).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{history:?}: {sum}");
        }
    }
}

#[test]
fn sentences_and_words_of_a_text() {
    let words = |text: &str| -> Vec<String> {
        tokens(text)
            .iter()
            .map(|sentence| sentence.join(" "))
            .collect()
    };
    assert_eq!(
        words("We're here. Are you?  \"Yes,\" he said"),
        ["We're here", "Are you", "Yes he said"]
    );
    assert_eq!(
        words("at 10:30 o'clock, well-known e.g. this"),
        ["at <unk> <unk> o'clock well-known e g", "this"]
    );
    assert_eq!(
        words("caf\u{e9} cafe\u{301} 'tis -- 3rd"),
        ["caf\u{e9} cafe\u{301} tis <unk>"]
    );
    assert_eq!(words("He left.) Then (she)."), ["He left", "Then she"]);
    assert!(words(" ... ! \t").is_empty());
}

fn swipe(user: &str, sentence: &str, word: &str) -> Swipe {
    Swipe {
        word: word.to_owned(),
        trace: Trace::default(),
        user: Some(user.to_owned()),
        sentence: (!sentence.is_empty()).then(|| sentence.to_owned()),
        keyboard: None,
        deviation: None,
    }
}

#[test]
fn the_words_before_a_swipe_are_those_of_its_prompt() {
    let mut cursor = Cursor::default();
    let mut before = |user: &str, sentence: &str, word: &str| {
        let swipe = swipe(user, sentence, word);
        cursor.before(&swipe).map(|words| words.join(" "))
    };
    let prompt = "the cat and the dog";
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(before("1", prompt, "the"), some(""));
    // A swipe is missing. The second "the" is another swipe than the first.
    assert_eq!(before("1", prompt, "and"), some("the cat"));
    assert_eq!(before("1", prompt, "the"), some("the cat and"));
    assert_eq!(before("2", prompt, "the"), some(""));
    assert_eq!(before("2", prompt, "dog"), some("the cat and the"));
    assert_eq!(before("2", prompt, "cat"), some("the"));
    assert_eq!(before("2", "a cat", "cat"), some("a"));
    assert_eq!(before("2", "a cat", "dog"), None);
    assert_eq!(before("2", "", "dog"), None);
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_model_of_a_text_is_built_and_foretells_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = write(folder.path(), "text.txt", &sentences(400).join("\n"));
    let output = folder.path().join("language.bin");
    let report = build(
        &BuildOptions::new(Source::Text(vec![text.clone()])),
        &output,
    )
    .unwrap();
    assert_eq!((report.sentences, report.order), (Some(400), 3));
    assert_eq!(report.ngrams[0], 16);
    let foretold = inspect(&output, Some(&text)).unwrap().perplexity.unwrap();
    assert_eq!((foretold.sentences, foretold.unknown), (400, 0));
    assert!(foretold.perplexity < 0.8 * foretold.unigram_perplexity);
    assert!(foretold.unigram_perplexity < 16.0);
    // The same bytes again.
    let again = build_bytes(&BuildOptions::new(Source::Text(vec![text.clone()])))
        .unwrap()
        .0;
    assert_eq!(again.bytes, std::fs::read(&output).unwrap());

    let mut options = BuildOptions::new(Source::Text(vec![text.clone()]));
    options.min_counts = [1, 2, 2];
    let pruned = build_bytes(&options).unwrap().1;
    assert!(pruned.ngrams[2] < report.ngrams[2]);
    options.words = Some(write(folder.path(), "words.txt", "wa\nWB\n"));
    assert_eq!(build_bytes(&options).unwrap().1.ngrams[0], 5);
    options.order = Some(4);
    assert!(build_bytes(&options).is_err());
    let empty = write(folder.path(), "empty.txt", "\n.\n");
    let none = build_bytes(&BuildOptions::new(Source::Text(vec![empty])));
    assert!(matches!(
        none,
        Err(LanguageError::File(FileError::Empty { .. }))
    ));
}

#[test]
fn prompts_count_once_and_may_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let line = |word: &str, prompt: &str| {
        format!("{{\"word\":\"{word}\",\"sentence\":\"{prompt}\",\"points\":[]}}\n")
    };
    let train = [
        line("we", "we are"),
        line("are", "we are"),
        line("so", "so am I"),
        line("we", "we are"),
    ];
    let train = write(folder.path(), "train.jsonl", &train.concat());
    let dev = write(folder.path(), "dev.jsonl", &line("we", "we ARE"));
    let mut options = BuildOptions::new(Source::Swipes(train.clone()));
    let report = build_bytes(&options).unwrap().1;
    assert_eq!((report.sentences, report.tokens), (Some(2), Some(5)));
    options.without = Some(dev.clone());
    let report = build_bytes(&options).unwrap().1;
    assert_eq!(
        (report.sentences, report.sentences_left_out),
        (Some(1), Some(1))
    );
    assert_eq!(report.ngrams[0], 6);
    options.source = Source::Swipes(dev);
    assert!(matches!(
        build_bytes(&options),
        Err(LanguageError::File(FileError::Empty { .. }))
    ));
}
