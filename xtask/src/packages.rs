//! The packages as crates.io would get them.

use crate::error::{Error, Result};
use crate::process;

/// Published packages, a package after those that it needs.
const PACKAGES: [&str; 2] = ["swipekit", "swipekit-cli"];

/// What every package holds.
const NEEDED: [&str; 4] = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];

/// Beginnings of paths that no package holds: training and its data stay in the repository.
const FOREIGN: [&str; 4] = [
    "training/",
    "lexicon-data/",
    "tests/",
    "proptest-regressions/",
];

/// Checks what is in each package, then packs, unpacks and builds all of them as a user would get
/// them. Nothing is uploaded.
pub fn check() -> Result<()> {
    for package in PACKAGES {
        let listed = process::output(process::cargo().args([
            "package",
            "--list",
            "--allow-dirty",
            "--locked",
            "--package",
            package,
        ]))?;
        check_files(package, &String::from_utf8_lossy(&listed))?;
    }
    let mut publish = process::cargo();
    publish.args(["publish", "--dry-run", "--allow-dirty", "--locked"]);
    for package in PACKAGES {
        publish.args(["--package", package]);
    }
    // As in the workspace's profile, so that most of what it has built is taken.
    publish.env("CARGO_PROFILE_DEV_DEBUG", "0");
    publish.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    process::run(&mut publish)
}

/// Holds a package's file list, a path a line, to what it must and must not have.
fn check_files(package: &str, listed: &str) -> Result<()> {
    let files: Vec<&str> = listed.lines().collect();
    let missing = NEEDED.iter().filter(|file| !files.contains(file));
    let foreign = files
        .iter()
        .filter(|file| FOREIGN.iter().any(|start| file.starts_with(start)));
    let problems: Vec<String> = missing
        .map(|file| format!("{file} is missing"))
        .chain(foreign.map(|file| format!("{file} does not belong in it")))
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::Package {
        package: package.to_owned(),
        problems: problems.join("; "),
    })
}

#[cfg(test)]
mod tests {
    use super::check_files;

    #[test]
    fn missing_and_foreign_files_are_named() {
        let whole = "Cargo.toml\nLICENSE-APACHE\nLICENSE-MIT\nREADME.md\nsrc/lib.rs\n";
        check_files("a", whole).unwrap();
        let error = check_files("a", &whole.replace("README.md", "training/run.py"))
            .unwrap_err()
            .to_string();
        for part in [
            "a",
            "README.md is missing",
            "training/run.py does not belong",
        ] {
            assert!(error.contains(part), "{error}");
        }
    }
}
