//! What the tests of all crates share. It depends on none of them, so that each may use it.
//!
//! A test that lacks a runtime or a file must not look like one that passed: it takes what it needs
//! from [`found`] or [`shared`], which print and count a skip, or fail where everything must run.

mod goldens;

use std::env;
use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

pub use goldens::{Goldens, difference};

/// Environment variable: set to `1`, a test that lacks what it needs fails. `cargo xtask test` sets
/// it.
pub const COMPLETE: &str = "SWIPEKIT_TESTS_COMPLETE";

/// Environment variable: a file that gets a line for each skip. `cargo xtask test` counts them.
pub const SKIPS: &str = "SWIPEKIT_TESTS_SKIPS";

/// A path below the repository's root.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// Reference data: a path below `tests/data` or, for what is too large for the repository, below
/// `../shared`. `None` counts as a skip; with [`COMPLETE`] it is a failure where there is a
/// `../shared` at all.
pub fn shared(path: &str) -> Option<PathBuf> {
    let folder = repository("../shared");
    let paths = [repository("tests/data").join(path), folder.join(path)];
    let found = paths.into_iter().find(|path| path.exists());
    if found.is_none() {
        skip_test(&format!("../shared/{path} is absent"), folder.exists());
    }
    found
}

/// What a test needs of the machine, such as a runtime. `None` counts as a skip; with [`COMPLETE`]
/// it is a failure.
pub fn found<T, E: Display>(needed: Result<T, E>) -> Option<T> {
    match needed {
        Ok(needed) => Some(needed),
        Err(error) => {
            skip_test(&error.to_string(), true);
            None
        }
    }
}

/// Skips the running test, or fails it with [`COMPLETE`] where it `must` run.
fn skip_test(reason: &str, must: bool) {
    let test = std::thread::current().name().unwrap_or("?").to_owned();
    let complete = env::var_os(COMPLETE).is_some_and(|value| value == "1");
    assert!(!(complete && must), "{test} cannot run: {reason}");
    skip(&test, reason);
}

/// Prints and counts that `test` is skipped, and why.
pub fn skip(test: &str, reason: &str) {
    eprintln!("skipped: {test}: {reason}");
    if let Some(path) = env::var_os(SKIPS) {
        let line = format!("{test}: {}\n", reason.replace('\n', " "));
        let file = OpenOptions::new().create(true).append(true).open(&path);
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .unwrap_or_else(|error| panic!("{}: {error}", Path::new(&path).display()));
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_committed_oracle_is_found() {
        assert!(shared("oracle/tiny-cut/tiny-cut.nemo").is_some());
    }

    /// Runs in a process of its own, started by the tests below.
    #[test]
    fn child() {
        if env::var_os("SWIPEKIT_TEST_CHILD").is_some() {
            assert!(found(Err::<(), _>("no runtime,\nnowhere")).is_none());
        }
    }

    fn run(complete: &str, skips: &Path) -> bool {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["tests::child", "--exact"]);
        command.env("SWIPEKIT_TEST_CHILD", "1");
        command.env(COMPLETE, complete).env(SKIPS, skips);
        command.output().unwrap().status.success()
    }

    #[test]
    fn a_skip_is_counted_or_fails() {
        let folder = tempfile::tempdir().unwrap();
        let skips = folder.path().join("skips.txt");
        assert!(run("0", &skips));
        let text = std::fs::read_to_string(&skips).unwrap();
        assert_eq!(text, "tests::child: no runtime, nowhere\n");
        assert!(!run("1", &skips));
        assert_eq!(std::fs::read_to_string(&skips).unwrap(), text);
    }
}
