//! The help of every command, as it was read and approved, and completions.
//!
//! `UPDATE_HELP=1 cargo test -p swipekit-cli --test help` writes the files of `tests/help`
//! anew; the difference is then to be read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use clap::{Command, CommandFactory};
use swipekit_exporters::cli::Arguments;

/// What rewrites the files.
const UPDATE: &str = "UPDATE_HELP";
/// Columns of the text.
const WIDTH: usize = 100;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help")
}

/// The help of a command and of all commands in it, each with the name of its file.
fn helps(command: &Command, path: &str, helps: &mut Vec<(String, String)>) {
    let text = command.clone().term_width(WIDTH).render_long_help();
    let lines: Vec<String> = text
        .to_string()
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    helps.push((format!("{path}.txt"), lines.concat()));
    let commands = command.get_subcommands();
    for inner in commands.filter(|inner| inner.get_name() != "help") {
        self::helps(inner, &format!("{path}-{}", inner.get_name()), helps);
    }
}

#[test]
fn every_help_is_the_approved_one() {
    let mut command = Arguments::command();
    command.build();
    let mut found = Vec::new();
    helps(&command, "swipekit", &mut found);
    let folder = folder();
    if std::env::var_os(UPDATE).is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in &found {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    for (name, text) in &found {
        let approved = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(
            *text == approved,
            "{name} differs from the help, which is:\n{text}\nWhere that is meant, write the files \
             with {UPDATE}=1 and read the difference."
        );
    }
    let names: BTreeSet<String> = found.into_iter().map(|(name, _)| name).collect();
    let files: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        files, names,
        "files of commands that are no more: {UPDATE}=1 removes them"
    );
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let output = Process::new(env!("CARGO_BIN_EXE_swipekit"))
            .args(["completions", shell])
            .output()
            .unwrap();
        assert!(output.status.success() && output.stderr.is_empty());
        let script = String::from_utf8(output.stdout).unwrap();
        for name in ["language-model", "confidence", "validate-limit"] {
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
}
