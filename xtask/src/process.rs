//! Runs programs in the workspace.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Result};

/// Root of the workspace.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// The folder that cargo builds into, wherever its settings put it.
pub fn target() -> Result<PathBuf> {
    let metadata = output(cargo().args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--offline",
    ]))?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata).unwrap_or_default();
    let target = metadata["target_directory"].as_str().map(PathBuf::from);
    target.ok_or_else(|| Error::Failed {
        command: "cargo metadata".to_owned(),
        status: "it gave no target folder".to_owned(),
    })
}

/// The cargo that runs this program.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The command line `swipekit`, built where it is not; its arguments follow.
pub fn swipekit() -> Command {
    let mut command = cargo();
    command.args(["run", "--quiet", "--locked", "--package", "swipekit-cli"]);
    command.args(["--bin", "swipekit", "--"]);
    command
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs a command, its output on ours.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|source| start(command, source))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Failed {
        command: describe(command),
        status: status.to_string(),
    })
}

/// Runs a command and gives its standard output.
pub fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| start(command, source))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(Error::Failed {
        command: describe(command),
        status: output.status.to_string(),
    })
}

fn start(command: &Command, source: std::io::Error) -> Error {
    Error::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    }
}
