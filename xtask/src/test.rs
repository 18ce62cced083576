//! Everything that must pass.

use std::env;
use std::fs;
use std::process::Command;
use std::time::Instant;

use swipekit_test_support::{COMPLETE, SKIPS, skip};

use crate::error::{Error, Result};
use crate::{
    android, api, bindings, executorch, graphs, licences, packages, process, python, setup,
    training,
};

/// What a step does.
type Step<'a> = Box<dyn Fn() -> Result<()> + 'a>;

/// ExecuTorch everywhere.
const FEATURES: [&str; 3] = [
    "swipekit-cli/executorch",
    "swipekit-tests/executorch",
    "swipekit-benches/executorch",
];

/// Selected together where ExecuTorch is not wanted, so that cargo builds what they share once and
/// not for each anew.
const WITHOUT: &str = "--package swipekit-cli --package swipekit-benches --package swipekit-tests";

/// Runs every step, also after one has failed, prints how each ended and how many tests were
/// skipped, and fails where any step has.
///
/// Tests that lack a runtime or a file fail: the steps run in a process that has
/// [`COMPLETE`] and [`SKIPS`] in its environment.
pub fn run() -> Result<()> {
    if env::var_os(COMPLETE).is_some() {
        return steps();
    }
    let skips = process::target()?.join("skipped-tests.txt");
    fs::write(&skips, "").map_err(Error::io(&skips))?;
    let program = env::current_exe().map_err(Error::io("the path of this program"))?;
    let mut tests = Command::new(program);
    tests.arg("test").env(COMPLETE, "1").env(SKIPS, &skips);
    let result = process::run(&mut tests);
    let skipped = fs::read_to_string(&skips).map_err(Error::io(&skips))?;
    eprint!("\n{} tests skipped\n{skipped}", skipped.lines().count());
    result
}

fn steps() -> Result<()> {
    // Nothing can be tested without these.
    setup::runtime()?;
    let python = python::tools()?;
    let executorch = executorch::is_available();
    if executorch {
        executorch::libraries()?;
        executorch::environment()?;
    } else {
        skip("ExecuTorch", "it has no wheel for this platform");
    }
    let cargo = |arguments: &str| process::run(process::cargo().args(arguments.split(' ')));
    let both = |command: &str, rest: &str| {
        let features = FEATURES.join(",");
        cargo(&format!(
            "{command} --workspace --features {features} --locked{rest}"
        ))
    };
    let mut steps: Vec<(&str, Step)> = vec![
        ("formatting", Box::new(|| cargo("fmt --all -- --check -l"))),
        ("licences", Box::new(licences::check)),
        (
            "lints",
            Box::new(|| cargo("clippy --workspace --all-targets --locked -- -D warnings")),
        ),
        (
            "lints of core without a runtime",
            Box::new(|| {
                cargo(
                    "clippy --package swipekit --no-default-features --all-targets --locked -- -D warnings",
                )
            }),
        ),
        (
            "lints of core with a linked runtime",
            Box::new(|| {
                cargo(
                    "clippy --package swipekit --no-default-features --features onnxruntime --locked -- -D warnings",
                )
            }),
        ),
        (
            "tests of core with ONNX Runtime",
            Box::new(|| cargo("test --package swipekit --locked")),
        ),
        (
            "tests of core without a runtime",
            Box::new(|| cargo("test --package swipekit --no-default-features --locked")),
        ),
    ];
    if executorch {
        steps.extend([
            ("lints with ExecuTorch", Box::new(|| {
                both("clippy --all-targets", " -- -D warnings")
            }) as Step),
            ("tests of core with ExecuTorch alone", Box::new(|| {
                cargo("test --package swipekit --no-default-features --features executorch --locked")
            })),
            ("tests of the command line without ExecuTorch", Box::new(|| {
                cargo(&format!(
                    "test {WITHOUT} --test command_line --locked export_options"
                ))
            })),
            ("tests with both runtimes", Box::new(|| {
                both("test", " --exclude swipekit-ffi --no-fail-fast")
            })),
            ("training", Box::new(|| training::check(&executorch::environment()?))),
            // Apart, as Python and Java load the library: it must not need ExecuTorch's libraries.
            ("tests of the library for other languages", Box::new(|| {
                cargo("test --package swipekit-ffi --locked")
            })),
        ]);
    } else {
        steps.push((
            "tests",
            Box::new(|| cargo("test --workspace --locked --no-fail-fast")),
        ));
    }
    steps.extend([
        (
            "benchmarks build and run once",
            Box::new(|| {
                cargo(&format!(
                    "test {WITHOUT} --bench kernels --bench search --bench encoder --locked"
                ))
            }) as Step,
        ),
        (
            "documentation",
            Box::new(|| {
                // The command line is called like core: only libraries are documented.
                let mut command = process::cargo();
                command.args(["doc", "--workspace", "--no-deps", "--lib", "--locked"]);
                if executorch {
                    command.args(["--features", &FEATURES.join(",")]);
                }
                process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
            }),
        ),
        ("public API", Box::new(api::check)),
        ("packages", Box::new(packages::check)),
        ("exported graphs", Box::new(|| graphs::check(&python))),
        (
            "bindings for the Java virtual machine",
            Box::new(|| bindings::test_jvm(None)),
        ),
        ("Kotlin, Java and Android", Box::new(android::check)),
    ]);
    let mut failed = Vec::new();
    let mut summary = Vec::new();
    for (name, step) in &steps {
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
