//! Training must work from end to end: a small network learns from synthetic swipes, is exported
//! and decodes.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::{Error, Result};
use crate::process;

/// Swipes that the small network learns from: about a minute on two cores.
const SAMPLES: &str = "48000";
/// Swipes of the samples that it has to decode, in percent, with a lexicon of 70,000 words: chance
/// is nothing.
const LEAST_TOP1: f64 = 40.0;

/// Runs the tests of `exporters/training`, then trains, exports and decodes.
pub fn check(python: &Path) -> Result<()> {
    let package = process::root().join("exporters/training");
    let python = || {
        let mut command = Command::new(python);
        command
            .env("PYTHONPATH", &package)
            .current_dir(process::root());
        command
    };
    process::run(python().args(["-m", "unittest", "discover", "exporters/training/tests"]))?;
    let target = process::target()?;
    let scratch = tempfile::tempdir_in(&target).map_err(Error::io(&target))?;
    let words = scratch.path().join("words");
    process::run(
        process::swipekit()
            .args(["lexicon", "prepare", "--keep-vowelless", "--frequencies"])
            .arg("models/lexicons/en/words.tsv")
            .arg("--output-dir")
            .arg(&words),
    )?;
    let words = words.join("lexicon_full.tsv");
    let program = target.join("debug/swipekit");
    let feed = format!(
        "{} train feed --words {} --profile prior",
        program.display(),
        words.display()
    );
    let run = scratch.path().join("run");
    process::run(
        python()
            .args([
                "-m",
                "swipekit_train",
                "--feed",
                &feed,
                "--samples",
                SAMPLES,
            ])
            .args([
                "--subsampling",
                "4",
                "--d-model",
                "96",
                "--layers",
                "2",
                "--interval",
                "50",
            ])
            .args([
                "--prediction",
                "64",
                "--joint",
                "96",
                "--lr",
                "2e-3",
                "--warmup",
                "100",
                "--threads",
                "2",
            ])
            .arg("--output")
            .arg(&run),
    )?;
    let metrics = run.join("metrics.jsonl");
    let text = fs::read_to_string(&metrics).map_err(Error::io(&metrics))?;
    let losses: Vec<f64> = text
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()?["loss"].as_f64())
        .collect();
    match losses[..] {
        [first, .., last] if last < 0.5 * first => {}
        _ => {
            return Err(Error::Wrong {
                path: metrics,
                what: "training",
                expected: "a loss that falls by half".to_owned(),
                got: format!("{losses:?}"),
            });
        }
    }
    let bundle = scratch.path().join("bundle");
    process::run(
        process::swipekit()
            .args(["export", "onnx", "--checkpoint"])
            .arg(run.join("model.nemo"))
            .arg("--lexicon")
            .arg(&words)
            .arg("--output")
            .arg(&bundle),
    )?;
    let evaluation = process::output(
        process::swipekit()
            .args(["eval", "--json", "--swipes"])
            .arg("models/samples/en-qwerty.jsonl")
            .arg(&bundle),
    )?;
    let evaluation: serde_json::Value = serde_json::from_slice(&evaluation).unwrap_or_default();
    let top1 = evaluation["top1"].as_f64().unwrap_or(0.0);
    eprintln!("a network of {SAMPLES} swipes decodes {top1} % of the sample swipes");
    if top1 < LEAST_TOP1 {
        return Err(Error::Wrong {
            path: bundle,
            what: "bundle",
            expected: format!("at least {LEAST_TOP1} % of the sample swipes right"),
            got: format!("{top1} %"),
        });
    }
    Ok(())
}
