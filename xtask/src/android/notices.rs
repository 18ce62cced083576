//! Licences of what is linked into the Android library.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::abi::Abi;
use crate::error::{Error, Result};
use crate::process;

/// A crate that is linked in.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Linked {
    name: String,
    version: String,
}

/// The text of NOTICE: every crate with its version and licence, then the texts of the licences.
pub fn text(abis: &[Abi], with_unwinder: bool) -> Result<String> {
    let mut text = String::from(
        "swipekit is licensed under the MIT licence or the Apache License 2.0, at your choice: LICENSE-MIT, LICENSE-APACHE.\n\n\
         libswipekit.so holds code of Rust's standard library (MIT OR Apache-2.0, https://github.com/rust-lang/rust, \
         The Rust Project Contributors) and of these crates:\n\n",
    );
    let manifests = if with_unwinder {
        &["ffi/Cargo.toml", "xtask/android/unwind/Cargo.toml"][..]
    } else {
        &["ffi/Cargo.toml"][..]
    };
    let mut texts: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut without = Vec::new();
    let mut seen = BTreeSet::new();
    for manifest in manifests {
        let manifest = process::root().join(manifest);
        let packages = packages(&manifest)?;
        for linked in linked(&manifest, abis)? {
            let (name, version) = (linked.name.as_str(), linked.version.as_str());
            let of = |package: &&Value| package["name"] == *name && package["version"] == *version;
            let package = packages.iter().find(of).ok_or_else(|| Error::Wrong {
                path: manifest.clone(),
                what: "dependencies",
                expected: format!("{name} {version}"),
                got: "none".to_owned(),
            })?;
            // Nothing but our own crates is without a source.
            if package["source"].is_null() || !seen.insert(format!("{name} {version}")) {
                continue;
            }
            let licence = package["license"].as_str().unwrap_or("see its texts below");
            let source = package["repository"].as_str().unwrap_or_default();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {name} {version}: {licence}  {source}");
            let folder = package["manifest_path"].as_str().map(Path::new);
            let files = folder.and_then(Path::parent).map(licence_files);
            let files = files.transpose()?.unwrap_or_default();
            if files.is_empty() {
                without.push(format!("{name} {version}"));
            }
            for file in files {
                let bytes = fs::read(&file).map_err(Error::io(&file))?;
                let licence = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
                // The same text, wrapped differently, is one text.
                let key = licence.split_whitespace().collect::<Vec<_>>().join(" ");
                let (_, users) = texts.entry(key).or_insert_with(|| (licence, Vec::new()));
                users.push(format!("{name} {version}"));
            }
        }
    }
    if !without.is_empty() {
        let _ = write!(
            text,
            "\nWithout a text of their own, so that the common text of the licence that they state holds: {}.\n",
            without.join(", ")
        );
    }
    let mut texts: Vec<_> = texts.into_values().collect();
    texts.sort_by(|a, b| a.1.cmp(&b.1));
    for (licence, users) in texts {
        let _ = write!(
            text,
            "\n{}\n{}:\n\n{}\n",
            "-".repeat(80),
            users.join(", "),
            licence.trim()
        );
    }
    Ok(text)
}

/// Packages of a manifest's workspace.
fn packages(manifest: &Path) -> Result<Vec<Value>> {
    let mut command = process::cargo();
    command.args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--manifest-path",
    ]);
    let metadata = process::output(command.arg(manifest))?;
    let metadata: Value = serde_json::from_slice(&metadata).unwrap_or_default();
    Ok(metadata["packages"].as_array().cloned().unwrap_or_default())
}

/// What is linked on any of `abis`: neither macros nor build scripts.
fn linked(manifest: &Path, abis: &[Abi]) -> Result<BTreeSet<Linked>> {
    let mut all = BTreeSet::new();
    for abi in abis {
        let mut command = process::cargo();
        command.args([
            "tree", "--locked", "--quiet", "--prefix", "none", "--format", "{p}",
        ]);
        command.args(["--edges", "normal,no-proc-macro", "--target", abi.target()]);
        if manifest.ends_with("ffi/Cargo.toml") {
            command.args(["--no-default-features", "--features", "jni"]);
        }
        let tree = process::output(command.arg("--manifest-path").arg(manifest))?;
        all.extend(String::from_utf8_lossy(&tree).lines().filter_map(parse));
    }
    Ok(all)
}

/// `name v1.2.3 (where)`.
fn parse(line: &str) -> Option<Linked> {
    let mut words = line.split(' ');
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    Some(Linked {
        name: name.to_owned(),
        version: version.to_owned(),
    })
}

/// Licence texts in a crate's folder, and in a folder of licences in it.
fn licence_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io(folder))?.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let starts = [
            "license",
            "licence",
            "copying",
            "copyright",
            "notice",
            "unlicense",
        ];
        if !starts.iter().any(|start| name.starts_with(start)) {
            continue;
        }
        if path.is_dir() {
            let inner = fs::read_dir(&path).map_err(Error::io(&path))?.flatten();
            files.extend(
                inner
                    .map(|entry| entry.path())
                    .filter(|path| path.is_file()),
            );
        } else if !name.ends_with(".rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_tree() {
        let linked = parse("half v2.7.1 (*)").unwrap();
        assert_eq!(
            (linked.name.as_str(), linked.version.as_str()),
            ("half", "2.7.1")
        );
        assert_eq!(parse(""), None);
        assert_eq!(parse("[build-dependencies]"), None);
    }

    #[test]
    fn texts_are_found() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["LICENSE-MIT", "COPYING", "README.md", "license.rs"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let inner = folder.path().join("LICENSES");
        fs::create_dir(&inner).unwrap();
        fs::write(inner.join("ISC"), "ISC").unwrap();
        let found = licence_files(folder.path()).unwrap();
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["COPYING", "LICENSE-MIT", "ISC"]);
    }
}
