//! Everything that must pass.

use std::time::Instant;

use crate::error::{Error, Result};
use crate::{graphs, licences, process, python, setup};

/// Runs every step, also after one has failed, prints how each ended, and fails where any has.
pub fn run() -> Result<()> {
    // Nothing can be tested without these.
    setup::runtime()?;
    let python = python::tools()?;
    let cargo = |arguments: &str| process::run(process::cargo().args(arguments.split(' ')));
    let steps: &[(&str, &dyn Fn() -> Result<()>)] = &[
        ("formatting", &|| cargo("fmt --all -- --check -l")),
        ("licences", &licences::check),
        ("lints", &|| {
            cargo("clippy --workspace --all-targets --locked -- -D warnings")
        }),
        ("lints of core without a runtime", &|| {
            cargo(
                "clippy --package swipekit --no-default-features --all-targets --locked -- -D warnings",
            )
        }),
        ("lints of core with a linked runtime", &|| {
            cargo(
                "clippy --package swipekit --no-default-features --features onnxruntime --locked -- -D warnings",
            )
        }),
        ("tests", &|| {
            cargo("test --workspace --locked --no-fail-fast")
        }),
        ("tests of core without a runtime", &|| {
            cargo("test --package swipekit --no-default-features --locked")
        }),
        ("benchmarks build and run once", &|| {
            cargo("test --package swipekit-benches --benches --locked")
        }),
        ("documentation", &|| {
            // The command line is called like core: only libraries are documented.
            let mut command = process::cargo();
            command.args(["doc", "--workspace", "--no-deps", "--lib", "--locked"]);
            process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
        }),
        ("exported graphs", &|| graphs::check(&python)),
    ];
    let mut failed = Vec::new();
    let mut summary = Vec::new();
    for (name, step) in steps {
        eprintln!("\n== {name}");
        let start = Instant::now();
        let result = step();
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        summary.push(format!(
            "{verdict:6} {:6.1} s  {name}",
            start.elapsed().as_secs_f64()
        ));
        if let Err(error) = result {
            eprintln!("{name}: {error}");
            failed.push(*name);
        }
    }
    eprintln!("\n{}", summary.join("\n"));
    if failed.is_empty() {
        return Ok(());
    }
    Err(Error::Steps {
        count: failed.len(),
        names: failed.join(", "),
    })
}
