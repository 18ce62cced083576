//! From a checkpoint to words: `export`, `eval`, `decode`.

use crate::program::{EXPORT, folder, json, runtime, succeed};
use serde_json::Value;

#[test]
fn from_a_checkpoint_to_words() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    let report = json(at, &format!("{EXPORT} --precision fp32 --parts --json"));
    assert!(report["seconds"].is_number() && report["rss_mb"].is_number());
    let bundle = &report["bundles"][0];
    assert_eq!(
        (&bundle["bundle"], &bundle["path"]),
        (&"bundle".into(), &"bundle".into())
    );
    assert!(bundle["validation"]["checks"].as_array().unwrap().len() > 10);
    for name in [
        "bundle.json",
        "encoder.onnx",
        "step.onnx",
        "transducer.safetensors",
        "lexicon.fst",
        "golden.json",
    ] {
        assert!(at.join("bundle").join(name).is_file(), "{name}");
    }
    assert!(
        succeed(at, EXPORT).contains("bundle/report.html"),
        "where the evidence is"
    );

    let evaluation = json(at, "eval bundle --swipes swipes.jsonl --threads 1 --json");
    for field in [
        "n",
        "oov",
        "top1",
        "top3",
        "top5",
        "top1_short",
        "top1_long",
        "greedy",
        "ms_p50",
        "ms_p90",
        "ms_p99",
        "encoder_ms_p50",
        "search_ms_p50",
        "rss_mb",
    ] {
        assert!(
            evaluation[field].as_f64().is_some_and(|value| value >= 0.0),
            "{field}: {evaluation}"
        );
    }
    assert_eq!(evaluation["n"], 6);
    // `zebra` is not in the list; `dont` is, as don't.
    assert_eq!(evaluation["oov"], 16.67);
    let limited = "eval bundle --swipes swipes.jsonl --limit 3 --beam 64 --json";
    assert_eq!(json(at, limited)["n"], 3);
    let other = "eval bundle --swipes swipes.jsonl --lexicon words.tsv --json";
    assert_eq!(json(at, other)["top1"], evaluation["top1"]);
}

#[test]
fn decoded_swipes_have_candidates_and_spellings() {
    if !runtime() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    succeed(at, EXPORT);
    let lines = |line: &str| -> Vec<Value> {
        let decoded = succeed(at, line);
        let lines = decoded.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    };
    let decoded = lines("decode bundle --swipes swipes.jsonl --top 2 --json");
    assert_eq!(decoded.len(), 6);
    for line in &decoded {
        let candidates = line["candidates"].as_array().unwrap();
        assert_eq!(candidates.len(), 2);
        assert!(candidates[0]["score"].as_f64() >= candidates[1]["score"].as_f64());
        assert!(candidates[0]["word"].is_string() && line["ms"].is_number());
        assert!(line.get("spellings").is_none());
    }
    let plain = "decode bundle --swipes swipes.jsonl";
    assert!(succeed(at, plain).contains("of 6 targets first"));
    let spelled = format!("{plain} --spellings 3");
    assert!(succeed(at, &spelled).contains("spelled without a lexicon: "));
    let decoded = lines(&format!("{spelled} --json"));
    assert_eq!(decoded.len(), 6);
    for line in decoded {
        let spellings = line["spellings"].as_array().unwrap();
        let numbers = |name: &str| -> Vec<f64> {
            let values = spellings.iter().map(|spelling| spelling[name].as_f64());
            values.collect::<Option<_>>().unwrap()
        };
        assert_eq!(spellings.len(), 3);
        assert!(numbers("log_probability").is_sorted_by(|a, b| a >= b));
        assert!(numbers("confidence").iter().sum::<f64>() <= 1.0 + 1e-6);
    }
}
