//! Writes the small ExecuTorch bundle that tests open where no Python is at hand:
//! `pte_fixture FILE`, which is `tests/data/random-pte.swipekit`. It is that of the random
//! checkpoint of the tests, with 500 words.

use std::error::Error;
use std::path::PathBuf;

use swipekit_exporters::export::{self, Options, PteOptions};
use swipekit_exporters::package::pack;
use swipekit_exporters::pte::{Mode, Scheme};
use swipekit_tests::{english, options, random_checkpoint};

fn main() -> Result<(), Box<dyn Error>> {
    let file = PathBuf::from(std::env::args_os().nth(1).ok_or("expected a file")?);
    let folder = tempfile::tempdir()?;
    let words = folder.path().join("words.tsv");
    let lines = english(500).into_iter();
    let lines: Vec<String> = lines.map(|(word, f)| format!("{word}\t{f}\n")).collect();
    std::fs::write(&words, lines.concat())?;
    let bundle = folder.path().join("bundle");
    let base = Options {
        lexicon: Some(words),
        name: Some("random-pte".to_owned()),
        licence: "MIT OR Apache-2.0".to_owned(),
        ..options(&random_checkpoint(folder.path()), &bundle)
    };
    let options = PteOptions {
        base,
        modes: vec![Mode::Xnnpack],
        scheme: Scheme::Dynamic,
        fallback_fp32: false,
        python: None,
    };
    export::pte(&options, |progress| eprintln!("{}", progress.what))?;
    pack(&bundle, &file)?;
    Ok(())
}
