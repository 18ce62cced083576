//! The public API of the crate `swipekit`, written down in `core/api.txt`, an item a line.
//!
//! It is taken from rustdoc's JSON, which is not stable: stable toolchains write it where
//! `RUSTC_BOOTSTRAP` says so. What `swipekit::internals` holds is hidden there and no part of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::process;

fn list() -> PathBuf {
    process::root().join("core/api.txt")
}

/// Holds the public API to the list.
pub fn check() -> Result<()> {
    let path = list();
    let known = fs::read_to_string(&path).map_err(Error::io(&path))?;
    let changes = changes(&known, &current()?);
    match changes.is_empty() {
        true => Ok(()),
        false => Err(Error::Api { path, changes }),
    }
}

/// Writes the list.
pub fn update() -> Result<()> {
    let path = list();
    fs::write(&path, current()?).map_err(Error::io(&path))
}

/// The public API with the default features, an item a line.
fn current() -> Result<String> {
    // A folder of its own: build scripts look at the variable, and everything would be built anew
    // each time that it comes or goes.
    let target = process::target()?.join("api");
    let mut rustdoc = process::cargo();
    rustdoc.args(["rustdoc", "--quiet", "--locked", "--package", "swipekit"]);
    rustdoc.arg("--lib").arg("--target-dir").arg(&target);
    rustdoc.args(["--", "-Z", "unstable-options", "--output-format", "json"]);
    rustdoc.env("RUSTC_BOOTSTRAP", "1");
    process::run(&mut rustdoc)?;
    let api = public_api::Builder::from_rustdoc_json(target.join("doc/swipekit.json"))
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .map_err(|source| Error::Rustdoc {
            source: Box::new(source),
        })?;
    Ok(api.items().map(|item| format!("{item}\n")).collect())
}

/// Lines of `known` that `current` lacks, and those that only `current` has, with their signs.
fn changes(known: &str, current: &str) -> String {
    let [before, after] = [known, current].map(|list| list.lines().collect::<BTreeSet<_>>());
    let gone = before.difference(&after).map(|line| format!("- {line}"));
    let new = after.difference(&before).map(|line| format!("+ {line}"));
    gone.chain(new).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_what_is_gone_and_what_is_new() {
        assert_eq!(changes("a\nb\n", "b\na\n"), "");
        assert_eq!(changes("a\nb\n", "b\nc\n"), "- a\n+ c");
    }

    #[test]
    fn an_api_that_is_not_the_known_one_says_how_to_go_on() {
        let error = Error::Api {
            path: "core/api.txt".into(),
            changes: changes("a\n", "c\n"),
        };
        let text = error.to_string();
        assert!(text.contains("- a\n+ c\n") && text.contains("cargo xtask api --update"));
    }
}
