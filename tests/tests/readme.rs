//! The command lines in the documents must be ones that the program takes.

use std::fs;
use std::path::Path;

use clap::Parser;
use swipekit_exporters::cli::Arguments;

/// The `swipekit …` lines of a document's `sh` blocks, with their continuations.
fn commands(document: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut shell = false;
    let mut continued = String::new();
    for line in document.lines().map(str::trim) {
        if let Some(language) = line.strip_prefix("```") {
            shell = !shell && language == "sh";
            continue;
        }
        if !shell || (continued.is_empty() && !line.starts_with("swipekit ")) {
            continue;
        }
        match line.strip_suffix('\\') {
            Some(start) => continued.push_str(start),
            None => commands.push(std::mem::take(&mut continued) + line),
        }
    }
    commands
}

/// The words of a command line as a shell splits them: at spaces outside of double quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in command.chars() {
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().expect("never empty").push(other),
        }
    }
    assert!(!quoted, "unbalanced quotes: {command}");
    words.retain(|word| !word.is_empty());
    words
}

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_readme_s_commands_parse() {
    let commands = commands(&read("README.md"));
    for command in &commands {
        if let Err(error) = Arguments::try_parse_from(words(command)) {
            panic!("`{command}`\n{error}");
        }
    }
    for task in [
        "export onnx",
        "export pte",
        "tune weights",
        "tune confidence",
        "compare",
        "eval",
        "decode",
        "lexicon prepare",
        "lexicon build",
        "lexicon inspect",
        "language-model build",
        "language-model inspect",
        "bundle pack",
        "bundle verify",
        "bundle inspect",
    ] {
        let start = format!("swipekit {task} ");
        assert!(
            commands.iter().any(|command| command.starts_with(&start)),
            "the README does not show `{task}`"
        );
    }
}

#[test]
fn a_command_that_the_program_does_not_take_is_noticed() {
    let document = "```sh\nswipekit decode b \\\n    --no-such-flag 1\n```\nswipekit no command\n";
    let commands = commands(document);
    assert_eq!(commands, ["swipekit decode b --no-such-flag 1"]);
    assert!(Arguments::try_parse_from(words(&commands[0])).is_err());
}

#[test]
fn files_that_the_readme_s_commands_read_are_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut seen = 0;
    for command in commands(&read("README.md")) {
        // What lies in models comes with the repository; all else is the reader's.
        for word in words(&command)
            .iter()
            .filter(|word| word.starts_with("models/"))
        {
            assert!(root.join(word).exists(), "`{command}`: {word} is absent");
            seen += 1;
        }
    }
    assert!(seen > 0);
}
