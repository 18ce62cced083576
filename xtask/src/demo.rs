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
        "models/en-qwerty",
        "--swipes",
        "models/samples/en-qwerty.jsonl",
        "--top",
        "5",
    ]))
}
