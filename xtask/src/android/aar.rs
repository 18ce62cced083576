//! Puts the Android library together, and reads it again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::NAME;
use super::archive::{self, Entries};
use super::build::Library;
use super::imports::API_LEVEL;
use crate::error::{Error, Result};
use crate::process;

/// Most bytes of the AAR without a model: 4 MB.
const MOST_BYTES: u64 = 4 << 20;

/// The sources' folder of what is packed beside the classes.
const MODULE: &str = "android/swipekit-android";

/// Where Kotlin's classes are.
const PACKAGE: &str = "io/github/swipekit/";

/// Writes the AAR to `path`: `classes` is the module's jar, `notice` the text of NOTICE.
pub fn write(path: &Path, classes: &Path, libraries: &[Library], notice: &str) -> Result<()> {
    let root = process::root();
    let mut entries = Entries::default();
    entries
        .add_file(
            "AndroidManifest.xml",
            &root.join(MODULE).join("src/main/AndroidManifest.xml"),
        )?
        .add_file(
            "proguard.txt",
            &root.join(MODULE).join("consumer-rules.pro"),
        )?
        .add("R.txt", "")
        .add("classes.jar", class_jar(path, classes)?)
        .add("NOTICE", notice);
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        entries.add_file(licence, &root.join(licence))?;
    }
    for library in libraries {
        entries.add_file(format!("jni/{}/{NAME}", library.abi), &library.stripped)?;
    }
    entries.write(path, &[])
}

/// Writes an AAR without classes whose asset is the file `bundle`.
pub fn write_asset(
    path: &Path,
    package: &str,
    name: &str,
    bundle: &Path,
    notice: &str,
) -> Result<()> {
    let manifest = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <manifest xmlns:android=\"http://schemas.android.com/apk/res/android\" package=\"{package}\">\n    \
         <uses-sdk android:minSdkVersion=\"{API_LEVEL}\" />\n</manifest>\n"
    );
    let asset = format!("assets/{name}");
    let mut entries = Entries::default();
    entries
        .add("AndroidManifest.xml", manifest)
        .add("R.txt", "")
        .add("classes.jar", jar(path, &Entries::default())?)
        .add("NOTICE", notice)
        .add_file(asset.as_str(), bundle)?;
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        entries.add_file(licence, &process::root().join(licence))?;
    }
    entries.write(path, &[&asset])
}

/// The jar of the classes alone: nothing that Maven adds, no library of the host.
fn class_jar(beside: &Path, classes: &Path) -> Result<Vec<u8>> {
    let mut entries = Entries::default();
    for (name, bytes) in archive::read(classes)? {
        if name.ends_with(".class") || name.ends_with(".kotlin_module") {
            entries.add(name, bytes);
        }
    }
    jar(beside, &entries)
}

fn jar(beside: &Path, entries: &Entries) -> Result<Vec<u8>> {
    let path = beside.with_extension("classes.jar");
    entries.write(&path, &[])?;
    let bytes = fs::read(&path).map_err(Error::io(&path))?;
    fs::remove_file(&path).map_err(Error::io(&path))?;
    Ok(bytes)
}

/// Checks what [`write`] has written: its entries, size, manifest, classes, and that the rules keep
/// what the libraries name.
pub fn check(path: &Path, libraries: &[Library]) -> Result<()> {
    let entries = archive::read(path)?;
    let mut faults = Vec::new();
    let mut expected: Vec<String> = [
        "AndroidManifest.xml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "NOTICE",
        "R.txt",
        "classes.jar",
        "proguard.txt",
    ]
    .map(str::to_owned)
    .to_vec();
    expected.extend(
        libraries
            .iter()
            .map(|library| format!("jni/{}/{NAME}", library.abi)),
    );
    expected.sort();
    if !entries.keys().eq(&expected) {
        let got: Vec<_> = entries.keys().collect();
        faults.push(format!("has the entries {got:?} in place of {expected:?}"));
    }
    let bytes = fs::metadata(path).map_err(Error::io(path))?.len();
    if bytes > MOST_BYTES {
        faults.push(format!("has {bytes} bytes, {MOST_BYTES} at most"));
    }
    let text = |name: &str| {
        String::from_utf8_lossy(entries.get(name).map_or(&[][..], Vec::as_slice)).into_owned()
    };
    faults.extend(manifest_faults(&text("AndroidManifest.xml")));
    let classes = path.with_extension("classes.jar");
    fs::write(
        &classes,
        entries.get("classes.jar").map_or(&[][..], Vec::as_slice),
    )
    .map_err(Error::io(&classes))?;
    let held = archive::read(&classes);
    fs::remove_file(&classes).map_err(Error::io(&classes))?;
    faults.extend(class_faults(&held?));
    let rules = text("proguard.txt");
    for library in libraries {
        let code = fs::read(&library.stripped).map_err(Error::io(&library.stripped))?;
        let names = class_names(&code);
        if names.is_empty() {
            faults.push(format!("{} names no class", library.abi));
        }
        for class in names {
            let class = class.replace('/', ".");
            if !rules.contains(&class) {
                faults.push(format!(
                    "has no rule for {class}, which {} looks up",
                    library.abi
                ));
            }
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(Error::Refused {
        path: path.to_path_buf(),
        faults: faults.join("; "),
    })
}

fn manifest_faults(manifest: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for word in [
        "<uses-permission",
        "<permission",
        "<activity",
        "<service",
        "<provider",
        "<receiver",
    ] {
        if manifest.contains(word) {
            faults.push(format!("has {word} in its manifest"));
        }
    }
    if !manifest.contains(&format!("android:minSdkVersion=\"{API_LEVEL}\"")) {
        faults.push(format!("has no minSdkVersion {API_LEVEL} in its manifest"));
    }
    faults
}

fn class_faults(classes: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut faults = Vec::new();
    if !classes.keys().any(|name| name.ends_with(".class")) {
        faults.push("has no classes".to_owned());
    }
    for name in classes.keys() {
        let is_ours = name.starts_with(PACKAGE) && name.ends_with(".class");
        let is_module = name.starts_with("META-INF/") && name.ends_with(".kotlin_module");
        if !is_ours && !is_module {
            faults.push(format!("has {name} in classes.jar"));
        }
    }
    faults
}

/// Our classes that machine code names.
fn class_names(code: &[u8]) -> Vec<String> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"/$_".contains(byte);
    let mut names: Vec<String> = code
        .windows(PACKAGE.len())
        .enumerate()
        .filter(|(_, window)| *window == PACKAGE.as_bytes())
        .map(|(at, _)| {
            let name = code[at..].iter().take_while(|byte| is_part(byte));
            name.map(|byte| char::from(*byte)).collect()
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_code() {
        let code = b"\0io/github/swipekit/internal/Native\0..io/github/swipekit/A$B;io/github/swipekit/A$B\xff";
        assert_eq!(
            class_names(code),
            [
                "io/github/swipekit/A$B",
                "io/github/swipekit/internal/Native"
            ]
        );
        assert!(class_names(b"io/github").is_empty());
    }

    #[test]
    fn manifests() {
        let good = "<uses-sdk android:minSdkVersion=\"24\" />";
        assert!(manifest_faults(good).is_empty());
        assert_eq!(manifest_faults("<uses-permission />").len(), 2);
    }

    #[test]
    fn classes() {
        let jar = |names: &[&str]| {
            names
                .iter()
                .map(|name| ((*name).to_owned(), Vec::new()))
                .collect()
        };
        assert!(
            class_faults(&jar(&[
                "io/github/swipekit/A.class",
                "META-INF/a.kotlin_module"
            ]))
            .is_empty()
        );
        assert_eq!(class_faults(&jar(&["kotlin/Unit.class"])).len(), 1);
        assert_eq!(class_faults(&jar(&[])).len(), 1);
    }
}
