//! `lexicon` and `language-model`.

use std::fs;

use serde_json::Value;
use swipekit_test_support::repository;

use crate::program::{fail, fail_naming, folder, json, succeed};

#[test]
fn lexicons_are_prepared_built_and_shown() {
    let folder = folder();
    let at = folder.path();
    fs::copy(
        repository("models/lexicons/en/words.tsv"),
        at.join("english.tsv"),
    )
    .unwrap();
    let prepare = "lexicon prepare --frequencies english.tsv --small-size 100 --full-size 1000";
    let prepared = json(at, &format!("{prepare} --output-dir lists --json"));
    assert!(prepared.is_object());
    let count = |name: &str| {
        fs::read_to_string(at.join("lists").join(name))
            .unwrap()
            .lines()
            .count()
    };
    assert_eq!(
        (count("lexicon_small.txt"), count("lexicon_full.txt")),
        (100, 1000)
    );
    let statistics: Value =
        serde_json::from_slice(&fs::read(at.join("lists/lexicon_stats.json")).unwrap()).unwrap();
    assert!(statistics.is_object());

    let build = "lexicon build --words lists/lexicon_full.txt --checkpoint model.nemo";
    let built = json(at, &format!("{build} --output words.fst --json"));
    assert_eq!(built["words"], 1000);
    let shown = json(at, "lexicon inspect words.fst --json");
    assert_eq!(shown["words"], 1000);
    assert!(succeed(at, "lexicon inspect words.fst").contains("1000"));
    let mut bytes = fs::read(at.join("words.fst")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(at.join("words.fst"), bytes).unwrap();
    fail_naming(at, 3, "lexicon inspect words.fst", &["words.fst"]);
}

#[test]
fn filters_of_a_word_list_are_options() {
    let folder = folder();
    let at = folder.path();
    fs::write(at.join("odd.tsv"), "pqrst\t5\nwxz\t4\nhello\t3\nit\t2\n").unwrap();
    let kept = |options: &str| -> Vec<String> {
        let prepare = "lexicon prepare --frequencies odd.tsv --output-dir lists";
        succeed(at, &format!("{prepare} {options}"));
        let list = fs::read_to_string(at.join("lists/lexicon_full.txt")).unwrap();
        list.lines().map(str::to_owned).collect()
    };
    assert_eq!(kept(""), ["hello", "it"]);
    assert_eq!(kept("--allow-vowelless WXZ"), ["wxz", "hello", "it"]);
    assert_eq!(
        kept("--keep-vowelless --min-length 3"),
        ["pqrst", "wxz", "hello"]
    );
    assert_eq!(kept("--alphabet it"), ["it"]);
}

#[test]
fn language_models_are_built_and_shown() {
    let folder = folder();
    let at = folder.path();
    fs::write(
        at.join("text.txt"),
        "We are here.\nWe are not here. Are you?\n",
    )
    .unwrap();
    let build = "language-model build --text text.txt --output language.bin --json";
    let built = json(at, &format!("{build} --order 2"));
    assert_eq!(built["sentences"], 3);
    assert_eq!(built["ngrams"], serde_json::json!([8, 9, 0]));
    let inspect = "language-model inspect language.bin";
    let shown = json(at, &format!("{inspect} --perplexity text.txt --json"));
    assert_eq!(
        (&shown["ngrams"], &shown["order"]),
        (&built["ngrams"], &2.into())
    );
    assert_eq!(shown["perplexity"]["tokens"], 12);
    assert!(succeed(at, inspect).contains("max_error"));
    // Fewer counts than lengths of n-grams: the last one holds for the longer ones.
    let ngrams = |counts: &str| {
        let built = json(at, &format!("{build} --min-counts {counts}"));
        built["ngrams"].clone()
    };
    assert_eq!(ngrams("1,2"), ngrams("1,2,2"));
    assert_ne!(ngrams("1,2"), ngrams("1"));
    for counts in ["0", "1,x", "1,1,1,1"] {
        fail_naming(
            at,
            2,
            &format!("{build} --min-counts {counts}"),
            &["--min-counts"],
        );
    }

    // What stands in a file is not shown.
    fs::write(
        at.join("wrong.arpa"),
        "\\data\\\nngram 1=1\n\\1-grams:\nsecret word\n",
    )
    .unwrap();
    let wrong = "language-model build --arpa wrong.arpa --output wrong.bin";
    let message = fail_naming(at, 1, wrong, &["wrong.arpa:4: expected a number"]);
    assert!(!message.contains("secret") && !at.join("wrong.bin").exists());
    let mut damaged = fs::read(at.join("language.bin")).unwrap();
    damaged[300] ^= 1;
    fs::write(at.join("damaged.bin"), damaged).unwrap();
    fail(at, 3, "language-model inspect damaged.bin");
    fail(at, 2, "language-model build --output nothing.bin");
    let both = "language-model build --text text.txt --swipes swipes.jsonl --output both.bin";
    fail_naming(at, 2, both, &["cannot be used with"]);
}
