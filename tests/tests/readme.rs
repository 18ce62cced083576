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

/// The pages with command lines, from the root of the repository.
fn pages() -> Vec<String> {
    let mut pages = vec![
        "README.md".to_owned(),
        "exporters/training/README.md".to_owned(),
    ];
    for folder in ["docs", "models"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(folder);
        let names = fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
        let names = names.map(|entry| entry.file_name().into_string().unwrap());
        let names = names.filter(|name| name.ends_with(".md"));
        pages.extend(names.map(|name| format!("{folder}/{name}")));
    }
    pages
}

/// Command lines that stand in quotes as an argument of another program, in `sh` blocks.
fn quoted(document: &str) -> Vec<String> {
    let blocks = document.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    let parts = blocks.flat_map(|block| block.split('"').skip(1).step_by(2));
    let lines = parts.filter(|part| part.starts_with("swipekit ") && !part.contains("..."));
    // A backslash at the end of a line continues it, also within quotes.
    let joined = lines.map(|line| line.replace("\\\n", " ").replace('\n', " "));
    joined.collect()
}

#[test]
fn the_pages_commands_parse() {
    let mut seen = 0;
    for page in pages() {
        let text = read(&page);
        for command in commands(&text).into_iter().chain(quoted(&text)) {
            // A line that ends in a comment, or is a part of a pipe.
            let line = command.split(['#', '|', '>']).next().unwrap();
            if let Err(error) = Arguments::try_parse_from(words(line)) {
                panic!("{page}: `{command}`\n{error}");
            }
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen} commands");
}

#[test]
fn the_readme_shows_every_task() {
    let commands = commands(&read("README.md"));
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
