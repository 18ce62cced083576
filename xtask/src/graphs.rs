//! Exported graphs must satisfy `onnx.checker`, and run the same in stock ONNX Runtime and in the
//! oldest one that bundles promise to run on.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use swipekit_test_support::skip;

use crate::error::{Error, Result};
use crate::{process, python as tools};

/// Small checkpoints beside the repository, which are exported for this; passed over where they are
/// absent.
const CHECKPOINTS: &[&str] = &["oracle/tiny/tiny.nemo", "oracle/tiny4/tiny4.nemo"];

/// Runs `onnx.checker` over the graphs of the bundles in `models` and over freshly exported ones.
pub fn check(python: &Path) -> Result<()> {
    let target = process::target()?;
    let scratch = tempfile::tempdir_in(&target).map_err(Error::io(&target))?;
    let mut graphs = Vec::new();
    for bundle in entries(&process::root().join("models")) {
        graphs.extend(onnx_files(&bundle));
    }
    for (index, name) in CHECKPOINTS.iter().enumerate() {
        let checkpoint = process::root().join("../shared").join(name);
        if !checkpoint.is_file() {
            skip("exported graphs", &format!("../shared/{name} is absent"));
            continue;
        }
        let bundle = scratch.path().join(index.to_string());
        let mut export = process::swipekit();
        export
            .args(["export", "onnx", "--checkpoint"])
            .arg(&checkpoint)
            .arg("--parts")
            .arg("--output")
            .arg(&bundle);
        process::run(&mut export)?;
        let written = onnx_files(&bundle);
        if written.is_empty() {
            return Err(Error::Wrong {
                path: bundle,
                what: "exported bundle",
                expected: "ONNX graphs".to_owned(),
                got: "none".to_owned(),
            });
        }
        graphs.extend(written);
    }
    let reduced = encoders(scratch.path())?;
    graphs.extend(reduced.iter().flat_map(|bundle| onnx_files(bundle)));
    process::run(
        Command::new(python)
            .arg(process::root().join("xtask/python/check_onnx.py"))
            .args(graphs),
    )?;
    let stock = tools::stock_runtime(python)?.then(|| python.to_path_buf());
    for python in stock.into_iter().chain(tools::oldest_runtime()) {
        process::run(
            Command::new(python)
                .arg(process::root().join("xtask/python/run_onnxruntime.py"))
                .arg(scratch.path().join("encoders/cases.jsonl")),
        )?;
    }
    Ok(())
}

/// Exports bundles of every precision and scheme into `scratch/encoders`, with what this runtime
/// gives for them and for the bundles in `models` in `cases.jsonl`, and gives their folders: of the
/// small checkpoints, or of a random one where those are absent.
fn encoders(scratch: &Path) -> Result<Vec<PathBuf>> {
    let folder = scratch.join("encoders");
    fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    let checkpoints = CHECKPOINTS
        .iter()
        .map(|name| process::root().join("../shared").join(name))
        .filter(|path| path.is_file());
    let mut command = process::cargo();
    command.args([
        "run",
        "--quiet",
        "--locked",
        "--package",
        "swipekit-tests",
        "--example",
        "encoders",
        "--",
    ]);
    process::run(command.arg(&folder).args(checkpoints))?;
    // FOLDER/CHECKPOINT/EXPORT, which is a bundle itself or holds several.
    let exports = entries(&folder).into_iter().flat_map(|of| entries(&of));
    let bundles: Vec<PathBuf> = exports
        .flat_map(|export| {
            let mut bundles = entries(&export);
            bundles.push(export);
            bundles
        })
        .filter(|folder| !onnx_files(folder).is_empty())
        .collect();
    if bundles.is_empty() {
        return Err(Error::Wrong {
            path: folder,
            what: "exported encoders",
            expected: "bundles".to_owned(),
            got: "none".to_owned(),
        });
    }
    Ok(bundles)
}

fn onnx_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = entries(folder);
    files.retain(|path| path.extension() == Some(OsStr::new("onnx")));
    files
}

/// What is in `folder`, in order; nothing where it is not a folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
