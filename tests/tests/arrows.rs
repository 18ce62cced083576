//! Which folders of a crate may use which: every arrow leads down a list of layers, so none runs in
//! a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of `core/src`, top to bottom: each uses rooms of lower layers only.
const CORE: &[&[&str]] = &[
    &["self_test"],
    &["live"],
    &["engine"],
    &["session"],
    &["keyboard", "shared"],
    &["decoder"],
    &["bundle"],
    &["language_model", "geometry"],
    &["lexicon", "runtime"],
    &["options", "transducer"],
    &["features"],
    &["trace"],
    &["layout"],
    &["limits", "sections"],
    &["bytes", "files"],
    &["error", "hash"],
];

#[test]
fn arrows_of_core_lead_down() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src");
    assert_eq!(against(&source, CORE), Vec::<String>::new());
}

/// The rooms of `exporters/src`, top to bottom: each uses rooms of lower layers only.
const EXPORTERS: &[&[&str]] = &[
    &["cli"],
    &["export"],
    &["error"],
    &["judge"],
    &["package", "validate"],
    &["audit", "pte"],
    &["quantize"],
    &["onnx", "reference"],
    &["network"],
    &["checkpoint"],
    &["fixtures"],
    &["schema", "synth"],
    &["words"],
    &["swipes"],
    &[
        "arguments",
        "check",
        "files",
        "random",
        "report",
        "statistics",
    ],
];

#[test]
fn arrows_of_the_exporters_lead_down() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../exporters/src");
    assert_eq!(against(&source, EXPORTERS), Vec::<String>::new());
}

/// What is wrong with the arrows of the crate whose sources are in `source`, a line each: arrows
/// that do not lead from one of the `layers` to a lower one, and rooms that are not in the list or
/// only there. A room is a file or a folder of the crate's root with all that is below it. Code for
/// tests only does not count.
fn against(source: &Path, layers: &[&[&str]]) -> Vec<String> {
    let floors: BTreeMap<&str, usize> = (0..)
        .zip(layers)
        .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor)))
        .collect();
    let mut wrong = Vec::new();
    let arrows = arrows(source);
    for (from, targets) in &arrows {
        let Some(floor) = floors.get(from.as_str()) else {
            wrong.push(format!("{from} is in no layer"));
            continue;
        };
        for (to, file) in targets {
            if floors.get(to.as_str()).is_some_and(|below| below <= floor) {
                wrong.push(format!("{from} uses {to}, in {file}"));
            }
        }
    }
    let gone = floors.keys().filter(|room| !arrows.contains_key(**room));
    wrong.extend(gone.map(|room| format!("{room} is in a layer and not in the crate")));
    wrong
}

/// For each room of a crate the other rooms that it uses, each with a file that does so.
fn arrows(source: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    let files = modules(source, &[]);
    let rooms: BTreeSet<&String> = files.iter().filter_map(|(path, _)| path.first()).collect();
    // Names that the root of the crate takes out of rooms.
    let mut names = BTreeMap::new();
    for (path, file) in &files {
        if path.is_empty() {
            for used in paths(&code(file), 0) {
                if let [room, .., name] = used.as_slice() {
                    names.insert(name.clone(), room.clone());
                }
            }
        }
    }
    let mut arrows: BTreeMap<String, BTreeMap<String, String>> = rooms
        .iter()
        .map(|room| ((*room).clone(), BTreeMap::new()))
        .collect();
    for (path, file) in &files {
        let Some(from) = path.first() else { continue };
        for used in paths(&code(file), path.len()) {
            let Some(first) = used.first() else { continue };
            let to = names.get(first).unwrap_or(first);
            if to != from && rooms.contains(to) {
                let name = file.strip_prefix(source).unwrap().display().to_string();
                let targets = arrows.get_mut(from).unwrap();
                targets.entry(to.clone()).or_insert(name);
            }
        }
    }
    arrows
}

/// The files of the module `at`, whose folder is `folder`, and of all modules below it that are not
/// for tests only, each with its path in the crate.
fn modules(folder: &Path, at: &[String]) -> Vec<(Vec<String>, PathBuf)> {
    let mut files = Vec::new();
    let mut tests = BTreeSet::new();
    let own = ["lib.rs", "main.rs", "mod.rs"].map(|name| folder.join(name));
    for file in own.into_iter().filter(|file| file.is_file()) {
        tests.extend(test_modules(&file));
        files.push((at.to_vec(), file));
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for entry in entries {
        let name = entry.file_stem().unwrap().to_string_lossy().into_owned();
        if tests.contains(&name) || name == "bin" {
            continue;
        }
        let below = [at, std::slice::from_ref(&name)].concat();
        if entry.is_dir() {
            let beside = entry.with_extension("rs");
            let nested = modules(&entry, &below);
            let tests = test_modules(&beside);
            let is_test =
                |path: &[String]| path.get(below.len()).is_some_and(|m| tests.contains(m));
            files.extend(nested.into_iter().filter(|(path, _)| !is_test(path)));
        } else if entry.extension().is_some_and(|kind| kind == "rs")
            && !["lib", "main", "mod"].contains(&name.as_str())
        {
            files.push((below, entry));
        }
    }
    files
}

/// Names of the modules that `file` declares for tests only; none where there is no such file.
fn test_modules(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut names = BTreeSet::new();
    let mut for_tests = false;
    for line in text.lines().map(str::trim) {
        if let Some(condition) = line.strip_prefix("#[cfg(") {
            for_tests = words(condition).any(|word| word == "test");
        } else if let Some((_, name)) = line
            .strip_suffix(';')
            .and_then(|line| line.split_once("mod "))
            .filter(|_| for_tests)
        {
            names.insert(name.to_owned());
            for_tests = false;
        } else if !line.starts_with("#[") {
            for_tests = false;
        }
    }
    names
}

/// The words of a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_word(c))
        .filter(|word| !word.is_empty())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The content of a file without comments, strings and what is for tests only.
fn code(file: &Path) -> String {
    let text = without_comments(&fs::read_to_string(file).unwrap());
    let mut code = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("#[cfg(test)]") {
        code.push_str(&rest[..at]);
        rest = &rest[at..];
        let mut depth = 0;
        let end = rest.char_indices().find(|(_, c)| {
            depth += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            depth == 0 && matches!(c, '}' | ';')
        });
        rest = end.map_or("", |(end, _)| &rest[end + 1..]);
    }
    code + rest
}

/// A text of Rust without comments and with empty strings.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let raw = rest.strip_prefix('r').map(|s| s.trim_start_matches('#'));
        let end = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if raw.is_some_and(|raw| raw.starts_with('"')) && !out.ends_with(is_word) {
            let marks = rest[1..].find('"').unwrap_or(0);
            let close = format!("\"{}", "#".repeat(marks));
            let body = marks + 2;
            rest[body..]
                .find(&close)
                .map_or(rest.len(), |end| body + end + close.len())
        } else if c == '"' {
            let mut escaped = false;
            let close = rest[1..].find(|c| {
                let closes = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                closes
            });
            close.map_or(rest.len(), |end| end + 2)
        } else if let Some(quoted) = ["'\"'", "'\\\"'", "'{'", "'}'", "';'"]
            .iter()
            .find(|quoted| rest.starts_with(**quoted))
        {
            quoted.len()
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        rest = &rest[end..];
    }
    out
}

/// The paths in some code that begin at the root of its crate, without that: `crate::a::b`, groups
/// taken apart, and as many `super::` as lead to the root out of a module of so many levels. In the
/// root itself also what `use` names.
fn paths(code: &str, levels: usize) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let up = "super::".repeat(levels);
    for (at, _) in code.char_indices() {
        if code[..at].ends_with(|c: char| is_word(c) || c == ':') {
            continue;
        }
        let rest = &code[at..];
        let path = match levels {
            0 => rest.strip_prefix("use "),
            _ => rest
                .strip_prefix("crate::")
                .or_else(|| rest.strip_prefix(up.as_str())),
        };
        if let Some(path) = path {
            take(path, &[], &mut found);
        }
    }
    found
}

/// Takes the path or group that `text` begins with into `found`, each path with `before` in front;
/// returns what is behind.
fn take<'a>(text: &'a str, before: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        while !rest.trim_start().starts_with('}') && !rest.is_empty() {
            rest = take(rest, before, found).trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest);
        }
        return rest.trim_start().strip_prefix('}').unwrap_or(rest);
    }
    let end = text.find(|c: char| !is_word(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let path = [before, &[name.to_owned()]].concat();
    match rest.strip_prefix("::") {
        Some(rest) if !name.is_empty() => take(rest, &path, found),
        _ => {
            found.push(path);
            // A name that nothing can be read of must not be met again.
            let skipped = rest.chars().next().filter(|_| name.is_empty());
            &rest[skipped.map_or(0, char::len_utf8)..]
        }
    }
}

#[test]
fn arrows_that_lead_up_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "lib.rs",
        "mod high;\nmod low;\nmod lowest;\npub use high::Top;\n",
    );
    write(
        "high/mod.rs",
        "pub mod part;\nuse crate::{low::Thing, lowest};\n",
    );
    write("high/part.rs", "use super::Top;\n");
    write(
        "low.rs",
        "// crate::high is a comment, \"crate::high\" a string.\nconst A: &str = \"crate::high\";\n\
         use crate::lowest::{self, Other};\n#[cfg(test)]\nmod tests {\n    use crate::high::Top;\n}\n",
    );
    write("lowest/mod.rs", "#[cfg(test)]\nmod tests;\n");
    write("lowest/tests.rs", "use crate::high::Top;\n");
    let layers: &[&[&str]] = &[&["high"], &["low"], &["lowest"]];
    let check = || against(folder.path(), layers);
    assert_eq!(check(), Vec::<String>::new());
    for (text, arrow) in [
        ("fn f() { crate::high::part::g() }", "lowest uses high"),
        ("use crate::Top;", "lowest uses high"),
        ("use super::{a, low::Thing};", "lowest uses low"),
        (
            "use crate::{\n    a::b,\n    low::{Thing, X},\n};",
            "lowest uses low",
        ),
    ] {
        write(
            "lowest/mod.rs",
            &format!("#[cfg(test)]\nmod tests;\n{text}"),
        );
        let wrong = check();
        assert!(
            wrong.len() == 1 && wrong[0].starts_with(arrow),
            "{text}: {wrong:?}"
        );
    }
    write("lowest/mod.rs", "#[cfg(test)]\nmod tests;\n");
    write("lowest/deep.rs", "use super::super::low::Thing;");
    assert_eq!(check(), ["lowest uses low, in lowest/deep.rs"]);
    write("new.rs", "");
    fs::remove_file(folder.path().join("low.rs")).unwrap();
    assert_eq!(
        check(),
        [
            "new is in no layer",
            "low is in a layer and not in the crate"
        ]
    );
}
