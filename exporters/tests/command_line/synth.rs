//! `synth`.

use std::fs;

use serde_json::Value;

use crate::program::{fail, fail_naming, folder, json, succeed};

#[test]
fn synthetic_swipes_are_made_and_a_profile_is_fitted_to_them() {
    let folder = folder();
    let folder = folder.path();
    let make = "synth make --words words.tsv --people 9 --seed 3";
    let text = succeed(folder, &format!("{make} --count 150 --profile prior"));
    let swipes: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(swipes.len(), 150);
    assert!(
        swipes
            .iter()
            .all(|swipe| swipe["user"].as_u64().unwrap() < 9
                && swipe["kb"][0].as_f64().unwrap() >= 320.0)
    );
    assert!(swipes.iter().any(|swipe| swipe["word"] == "dont") && !text.contains("don't"));
    // The same from the middle on, into a packed file.
    let rest = "--profile prior --start 100 --count 50 --output rest.jsonl.gz";
    assert_eq!(succeed(folder, &format!("{make} {rest}")), "");
    let read: Vec<_> = swipekit_exporters::swipes::Swipes::open(folder.join("rest.jsonl.gz"))
        .unwrap()
        .map(|swipe| swipe.unwrap().word)
        .collect();
    let words: Vec<_> = swipes[100..]
        .iter()
        .map(|swipe| swipe["word"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(read, words);

    fs::write(folder.join("swipes.jsonl"), text).unwrap();
    let fit = "synth fit --swipes swipes.jsonl --rounds 4 --name mine --source Ours.";
    let table = succeed(
        folder,
        &format!("{fit} --output profile.json --report report.html"),
    );
    assert!(
        table.contains("150 of 150 swipes by 9 people") && table.contains("segment_ms"),
        "{table}"
    );
    assert!(
        fs::read_to_string(folder.join("report.html"))
            .unwrap()
            .contains("<svg")
    );
    let fitted = json(folder, &format!("{fit} --json"));
    let profile: Value =
        serde_json::from_slice(&fs::read(folder.join("profile.json")).unwrap()).unwrap();
    assert_eq!(fitted["profile"], profile);
    assert_eq!(profile["name"], "mine");
    assert!(
        profile["source"]
            .as_str()
            .unwrap()
            .starts_with("Ours. Fitted to 150 swipes of 9 people")
    );
    let again = format!("{make} --count 150 --profile profile.json --layout azerty");
    assert_eq!(succeed(folder, &again).lines().count(), 150);
    let limited = json(folder, &format!("{fit} --limit 100 --json"));
    assert_eq!(limited["swipes"], 100);

    let wrong = |options: &str, part: &str| {
        let line = format!("{make} --count 150 {options}");
        fail_naming(folder, 1, &line, &[part]);
    };
    wrong("--profile nobody", "nobody");
    wrong("--layout words.tsv", "words.tsv");
    wrong("--temper -1", "frequencies");
    fail(folder, 1, "synth fit --swipes absent.jsonl");
}
