use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use swipekit::bytes::Bytes;
use swipekit::lexicon::Lexicon;

use super::*;
use crate::files::FileError;

const LIST: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../models/lexicons/en/words.tsv"
);

fn labels() -> Vec<String> {
    let mut labels = vec!["<blank>".to_owned(), "'".to_owned()];
    labels.extend(('a'..='z').map(String::from));
    labels.push("<unk>".to_owned());
    labels
}

fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    path
}

fn frequencies(content: impl AsRef<[u8]>) -> Result<FrequencyList> {
    let folder = tempfile::tempdir().unwrap();
    read_frequencies(&file(folder.path(), "list", content))
}

fn list(path: &Path) -> Vec<String> {
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_form_of_frequencies_reads_the_same() {
    let expected = [("don't".to_owned(), 0.5), ("Zürich".to_owned(), 0.1)];
    let gzip = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder
            .write_all("don't\t0.5\nZürich\t0.1\n".as_bytes())
            .unwrap();
        encoder.finish().unwrap()
    };
    let forms: [&[u8]; 10] = [
        "# a comment\ndon't\t0.5\n\nZürich\t0.1\textra\n".as_bytes(),
        "word\tfrequency\ndon't\t0.5\nZürich\t0.1".as_bytes(),
        "\u{feff}don't 0.5\r\nZürich   0.1\r\n".as_bytes(),
        r#"{"Zürich": 0.1, "don't": 0.5}"#.as_bytes(),
        r#"[["don't", 0.5], ["Zürich", 0.1]]"#.as_bytes(),
        r#"[{"word": "don't", "frequency": 0.5}, {"word": "Zürich", "freq": 0.1}]"#.as_bytes(),
        r#"[{"word": "don't", "count": 0.5}, {"count": 0.1, "word": "Zürich"}]"#.as_bytes(),
        "\\data\\\nngram 1=4\n\n\\1-grams:\n-99\t<s>\t-0.3\n-1\t<unk>\n-0.30102999566398120\tdon't\t-0.2\n-1\tZürich\n\n\\2-grams:\nnonsense\n\\end\\\n".as_bytes(),
        &gzip,
        "don't 5e-1\nZürich 1e-1".as_bytes(),
    ];
    for form in forms {
        let mut read = frequencies(form).unwrap();
        read.words.sort_by(|a, b| b.1.total_cmp(&a.1));
        assert_eq!(read.without_frequency, 0);
        for (got, expected) in read.words.iter().zip(&expected) {
            assert_eq!(got.0, expected.0);
            assert!((got.1 - expected.1).abs() < 1e-12, "{got:?}");
        }
        assert_eq!(read.words.len(), 2, "{}", String::from_utf8_lossy(form));
    }
    let centibel =
        frequencies(r#"[{"format": "cB", "version": 1}, ["the"], [], ["of", "to"]]"#).unwrap();
    let of = 10f64.powf(-0.02);
    assert_eq!(
        centibel.words,
        [
            ("the".to_owned(), 1.0),
            ("of".to_owned(), of),
            ("to".to_owned(), of)
        ]
    );
}

#[test]
fn unusable_frequencies_are_counted_and_never_reach_a_logarithm() {
    for form in [
        "a\t0\nb\t-1\nc\tNaN\nd\tinf\ne\t1\n",
        r#"{"a": 0, "b": -1, "c": null, "d": -0.0, "e": 1}"#,
        "\\1-grams:\n-99 a\n-400 b\nNaN c\ninf d\n0 e\n\\end\\\n",
    ] {
        let read = frequencies(form).unwrap();
        assert_eq!(read.words, [("e".to_owned(), 1.0)], "{form}");
        assert_eq!(read.without_frequency, 4, "{form}");
    }
}

#[test]
fn malformed_lists_are_refused_with_their_place() {
    for (form, location) in [
        ("a\t1\nb\n", "line 2"),
        ("a\t1\nb\tmany\n", "line 2"),
        ("\t1\n", "line 1"),
        ("[1, 2]", "element 0"),
        (r#"{"a": "b"}"#, "element 0"),
        (r#"[["a", 1], ["b"]]"#, "element 1"),
        (r#"[{"format": "cB"}, 3]"#, "element 1"),
        ("{", "line 1, column 1"),
        ("\\1-grams:\n-1\n", "line 2"),
        ("\\1-grams:\n-1 a\n", "its end"),
    ] {
        let error = frequencies(form).unwrap_err();
        assert!(
            matches!(&error, LexiconError::Format { location: l, .. } if l == location),
            "{form:?}: {error}"
        );
    }
    assert!(matches!(
        frequencies(b"a\xff\t1"),
        Err(LexiconError::Format { .. })
    ));
    assert!(matches!(
        frequencies(b"\x1f\x8bjunk"),
        Err(LexiconError::File(FileError::Io { .. }))
    ));
    let missing = read_words(Path::new("no/such/list")).unwrap_err();
    assert!(matches!(missing, LexiconError::File(FileError::Io { .. })));
}

#[test]
fn prepare_writes_both_lists_and_their_statistics() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut options = PrepareOptions::new(at.join("out"));
    options.words = vec![file(
        at,
        "words.txt",
        "the\nDon\u{2019}t\ndon\u{2019}t\ndon't\nI'm\nZürich\nparis\nParis\nxkcd\naaargh\nb\n4th\nrare\nhmm\nnasty\n",
    )];
    options.frequencies = vec![file(
        at,
        "frequencies.tsv",
        "the\t1000\ndon't\t100\ni'm\t50\nparis\t9\nParis\t10\nZu\u{308}rich\t5\nxkcd\t4\naaargh\t3\nhmm\t2\nnasty\t30\nb\t0\nother\t7\n",
    )];
    options.priority = vec![file(at, "priority.txt", "xkcd\n")];
    options.blocked = vec![file(at, "blocked.txt", "Nasty\n")];
    options.small_size = 3;
    options.full_size = 20;
    let report = prepare(&options).unwrap();
    let out = at.join("out");
    // `Don't` has no frequency of its own and takes that of `don't`.
    let full = [
        "the", "don't", "I'm", "Paris", "paris", "Zürich", "xkcd", "hmm", "Don't", "rare",
    ];
    assert_eq!(list(&out.join("lexicon_full.txt")), full);
    assert_eq!(
        list(&out.join("lexicon_small.txt")),
        ["the", "don't", "xkcd"]
    );
    let table = list(&out.join("lexicon_full.tsv"));
    assert!(table[1].starts_with("don't\t") && table.len() == full.len());
    assert_eq!(report.duplicates, 1);
    assert_eq!(report.without_frequency, 4);
    assert_eq!(report.unusable_frequencies, 1);
    assert_eq!(
        (
            report.considered,
            report.priority_kept,
            report.below_full_size
        ),
        (14, 1, 0)
    );
    let rejected: Vec<_> = report.rejected.iter().map(|(r, n)| (*r, *n)).collect();
    assert_eq!(
        rejected,
        [
            (Reason::Blocked, 1),
            (Reason::Alphabet, 1),
            (Reason::SingleLetter, 1),
            (Reason::Repeats, 1),
        ]
    );
    assert_eq!((report.full.words, report.full.keys), (10, 8));
    let expected = (1000.0 + 100.0 + 4.0) / (1213.0 + 4.0);
    assert!(
        (report.small.retained_mass - expected).abs() < 1e-9,
        "{}",
        report.small.retained_mass
    );
    let stats: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("lexicon_stats.json")).unwrap()).unwrap();
    assert_eq!(stats["full"]["words"], 10);
    assert_eq!(stats["rejected"]["single-letter"], 1);
    assert_eq!(stats["filters"]["max_repeat"], 2);

    let files = |folder: &Path| fs::read_dir(folder).unwrap().count();
    assert_eq!(files(&out), 5);
    let before = fs::read(out.join("lexicon_full.tsv")).unwrap();
    prepare(&options).unwrap();
    assert_eq!(files(&out), 5);
    assert_eq!(fs::read(out.join("lexicon_full.tsv")).unwrap(), before);
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = PrepareOptions::new(folder.path());
    assert!(matches!(
        prepare(&options),
        Err(LexiconError::Option { .. })
    ));
    options.words = vec![file(folder.path(), "words.txt", "4th\n2nd\n")];
    assert!(matches!(
        prepare(&options),
        Err(LexiconError::NoWords { given: 2, .. })
    ));
    options.small_size = options.full_size + 1;
    assert!(matches!(
        prepare(&options),
        Err(LexiconError::Option { .. })
    ));
    options.small_size = 1;
    options.words = vec![file(folder.path(), "words.txt", "fine\n")];
    options.output_dir = folder.path().join("words.txt");
    assert!(matches!(
        prepare(&options),
        Err(LexiconError::File(FileError::Io { .. }))
    ));
}

#[test]
fn build_takes_priors_from_the_list_the_frequencies_or_the_rank() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let table = file(
        at,
        "list.tsv",
        "the\t8\ndon't\t4\ndont\t1\n4th\t1\nnil\t0\n",
    );
    let text = file(at, "list.txt", "the\ndon't\ndont\n");
    let separate = file(at, "frequencies.json", r#"{"the": 8, "don't": 4}"#);
    let output = at.join("lexicon.fst");
    for (words, frequencies, priors) in [
        (&table, vec![], "list"),
        (&text, vec![], "rank"),
        (&text, vec![separate], "frequencies"),
    ] {
        let mut options = BuildOptions::new(words, labels());
        options.frequencies = frequencies;
        let report = build(&options, &output).unwrap();
        assert_eq!((report.priors, report.words, report.keys), (priors, 3, 2));
        assert_eq!(report.bytes as u64, fs::metadata(&output).unwrap().len());
        let lexicon = Lexicon::open(&output, &labels()).unwrap();
        let key = [5, 16, 15, 21];
        let shown: Vec<_> = lexicon
            .words(&key)
            .map(|(word, _)| word.into_owned())
            .collect();
        assert_eq!(shown, ["don't", "dont"], "{priors}");
    }
    let report = build(&BuildOptions::new(&table, labels()), &output).unwrap();
    assert_eq!(report.without_frequency, 1);
    assert_eq!(report.rejected.values().sum::<usize>(), 1);
    let none = file(at, "none.txt", "4th\n");
    let error = build(&BuildOptions::new(&none, labels()), &output).unwrap_err();
    assert!(
        matches!(error, LexiconError::NoWords { given: 1, .. }),
        "{error}"
    );
}

#[test]
fn inspect_counts_what_build_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let table = file(
        folder.path(),
        "list.tsv",
        "the\t80\ndon't\t4\ndont\t1\nwere\t3\nwe're\t5\n",
    );
    let output = folder.path().join("lexicon.fst");
    let built = build(&BuildOptions::new(&table, labels()), &output).unwrap();
    let report = inspect(&output).unwrap();
    assert_eq!(
        (report.words, report.keys, report.states, report.bytes),
        (5, 3, built.states, built.bytes)
    );
    assert_eq!(report.cost_histogram, [1, 0, 1, 1]);
    assert_eq!(report.homographs, 2);
    assert_eq!(
        report.homograph_sample,
        [vec!["we're", "were"], vec!["don't", "dont"]]
    );
    assert_eq!(report.labels.len(), 26);
    let mut bytes = fs::read(&output).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&output, bytes).unwrap();
    assert!(matches!(
        inspect(&output),
        Err(LexiconError::File(FileError::Core(_)))
    ));
}

#[test]
fn the_english_list_makes_the_two_lists_and_a_small_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = PrepareOptions::new(folder.path());
    options.frequencies = vec![PathBuf::from(LIST)];
    let report = prepare(&options).unwrap();
    assert_eq!((report.small.words, report.full.words), (12_000, 70_000));
    assert!(report.small.retained_mass > 0.9 && report.full.retained_mass > 0.99);
    assert_eq!(report.unusable_frequencies, 0);
    let full = list(&folder.path().join("lexicon_full.txt"));
    assert_eq!(full[..3], ["the", "to", "and"]);
    for word in [
        "I", "I'm", "I'll", "I've", "I'd", "don't", "can't", "we're", "it's", "Paris", "TV", "hmm",
        "Monday",
    ] {
        assert!(full.iter().any(|known| known == word), "{word}");
    }
    let table = folder.path().join("lexicon_full.tsv");
    let (built, report) = build_bytes(&BuildOptions::new(table, labels())).unwrap();
    assert!(report.rejected.is_empty());
    assert!(report.bytes <= 500_000, "{} bytes", report.bytes);
    let lexicon = Lexicon::from_bytes(Bytes::from(built.bytes), &labels(), "lexicon.fst").unwrap();
    lexicon.verify("lexicon.fst").unwrap();
    let were: Vec<_> = lexicon
        .words(&[24, 6, 19, 6])
        .map(|(word, _)| word.into_owned())
        .collect();
    assert_eq!(were, ["were", "we're"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_list_makes_a_reader_panic(
        start in prop::sample::select(vec!["", "{", "[", "[{\"format\":\"cB\"},", "\\1-grams:\n", "\u{1f}\u{8b}"]),
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        text in "[a-z0-9\\.\t\n\"',:\\[\\]\\{\\}\\\\-]{0,80}",
    ) {
        let mut content = start.as_bytes().to_vec();
        content.extend(text.as_bytes());
        let folder = tempfile::tempdir().unwrap();
        let sane = |list: FrequencyList| list.words.iter().all(|(_, f)| f.is_finite() && *f > 0.0);
        if let Ok(list) = read_frequencies(&file(folder.path(), "list", &content)) {
            prop_assert!(sane(list));
        }
        content.extend(bytes);
        let path = file(folder.path(), "list", &content);
        if let Ok(list) = read_frequencies(&path) {
            prop_assert!(sane(list));
        }
        let _ = read_words(&path);
    }
}

#[test]
fn words_of_a_list_without_frequencies_may_be_equally_likely() {
    let labels: Vec<String> = ('a'..='z').map(String::from).collect();
    let lexicon = of_words(["the", "hello", "日本", "the"], &labels).unwrap();
    assert_eq!(lexicon.len(), 2);
    let cost = |word: &str| lexicon.key_cost(&word.bytes().map(|c| c - b'a').collect::<Vec<_>>());
    assert!(cost("the").is_some() && cost("the") == cost("hello"));
    assert!(matches!(
        of_words(["日本"], &labels),
        Err(LexiconError::NoWords { given: 1, .. })
    ));
}
