//! Decodes sample swipes with the default bundle.

use crate::error::Result;
use crate::{process, setup};

/// Builds the command line and runs it on `models/samples`.
pub fn run() -> Result<()> {
    setup::runtime()?;
    process::run(process::cargo().args([
        "run",
        "--release",
        "--locked",
        "--package",
        "swipekit-cli",
        "--bin",
        "swipekit",
        "--",
        "decode",
        "--bundle",
        "models/en-qwerty",
        "--manifest",
        "models/samples/en-qwerty.jsonl",
        "--top",
        "5",
    ]))
}
