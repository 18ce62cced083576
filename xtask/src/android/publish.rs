//! Builds the artifacts and lays them out as a Maven repository.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::abi::Abi;
use super::build::{self, Library};
use super::elf::{self, Facts};
use super::maven::{self, Jars, Natives};
use super::pom::{Dependency, Pom, property};
use super::repository::Repository;
use super::toolchain::Toolchain;
use super::{NAME, aar, imports, jni, notices, work};
use crate::error::{Error, Result};
use crate::{process, setup};

/// Version of all artifacts: the workspace's.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The bundle that is shipped as an asset.
const BUNDLE: &str = "en-qwerty";
/// Its folder: the one that was quantized for ARM.
const FOLDER: &str = "models/en-qwerty-android";

/// What to build.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// For which processors; none for the usual ones.
    pub abis: Vec<Abi>,
    /// Whether to pack the default bundle too.
    pub with_model: bool,
    /// Where to; none for `aar` in the target folder.
    pub output: Option<PathBuf>,
}

/// What was built.
#[derive(Debug)]
pub struct Published {
    /// The Maven repository.
    pub repository: PathBuf,
    /// The Android library.
    pub aar: PathBuf,
    /// The native libraries.
    pub libraries: Vec<Library>,
    /// What the Kotlin code was built with.
    pub natives: Natives,
}

/// Builds everything and prints what it is.
pub fn publish(options: &Options) -> Result<Published> {
    let natives = natives()?;
    maven::package(&natives)?;
    let abis = match &options.abis[..] {
        [] => &Abi::DEFAULT[..],
        given => given,
    };
    let built = build(&Toolchain::find()?, abis)?;
    let packed = options.with_model.then(packed).transpose()?;
    assemble(built, natives, packed.as_deref(), options.output.as_deref())
}

/// The host's libraries.
pub fn natives() -> Result<Natives> {
    Ok(Natives {
        library: jni()?,
        runtime: setup::runtime()?,
    })
}

/// Android's libraries, with how they came about.
#[derive(Debug)]
pub struct Built {
    libraries: Vec<Library>,
    /// They contain an unwinder of ours.
    is_without_ndk: bool,
    information: String,
}

/// Builds Android's libraries and checks them.
pub fn build(toolchain: &Toolchain, abis: &[Abi]) -> Result<Built> {
    eprintln!("{}", toolchain.describe());
    let imports = imports::read()?;
    let (mut libraries, mut facts) = (Vec::new(), Vec::new());
    for abi in abis {
        let library = build::library(toolchain, *abi, &work()?)?;
        facts.push((*abi, elf::check(&library.stripped, *abi, &imports)?));
        libraries.push(library);
    }
    Ok(Built {
        libraries,
        is_without_ndk: matches!(toolchain, Toolchain::Llvm(_)),
        information: information(toolchain, &facts),
    })
}

/// Lays everything out, of jars that Maven has packaged, with the packed bundle `model` as an asset
/// where it is given; in `output`, or `aar` in the target folder.
pub fn assemble(
    built: Built,
    natives: Natives,
    model: Option<&Path>,
    output: Option<&Path>,
) -> Result<Published> {
    let Built {
        libraries,
        is_without_ndk,
        information,
    } = built;
    let abis: Vec<Abi> = libraries.iter().map(|library| library.abi).collect();
    let target = process::target()?;
    fs::create_dir_all(&target).map_err(Error::io(&target))?;
    let staging = tempfile::tempdir_in(&target).map_err(Error::io(&target))?;
    let staged = |name: &str| staging.path().join(name);
    let android = maven::jars("swipekit-android", "swipekit-android", VERSION)?;
    let jvm = maven::jars("swipekit", "swipekit-jvm", VERSION)?;
    let notice = notices::text(&abis, is_without_ndk)?;
    let name = format!("swipekit-android-{VERSION}.aar");
    aar::write(&staged(&name), &android.classes, &libraries, &notice)?;
    aar::check(&staged(&name), &libraries)?;

    let repository = Repository::at(&staged("repository"));
    add(
        &repository,
        &android_pom(&versions()?),
        &android,
        (".aar", &staged(&name)),
    )?;
    add(
        &repository,
        &jvm_pom(&versions()?),
        &jvm,
        (".jar", &jvm.classes),
    )?;
    if let Some(packed) = model {
        let aar = staged("model.aar");
        let package = format!("{}.{}", super::pom::GROUP, BUNDLE.replace('-', "_"));
        let notice = "The weights were trained on swipes of How We Swipe and synthetic ones; see models/en-qwerty.md of the repository.\n";
        let asset = format!("{BUNDLE}.swipekit");
        aar::write_asset(&aar, &package, &asset, packed, notice)?;
        repository.add(&model_pom(), &[(".aar", &aar)])?;
        fs::remove_file(&aar).map_err(Error::io(&aar))?;
    }
    for library in &libraries {
        let folder = staged("symbols").join(library.abi.name());
        fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        fs::copy(&library.symbols, folder.join(NAME)).map_err(Error::io(&library.symbols))?;
    }
    fs::write(staged("BUILD-INFO.txt"), &information).map_err(Error::io(staging.path()))?;

    let output = output.map_or_else(|| target.join("aar"), Path::to_path_buf);
    let output = std::path::absolute(&output).map_err(Error::io(&output))?;
    replace(staging.path(), &output)?;
    eprint!("\n{information}\n{}", listing(&output)?);
    Ok(Published {
        repository: output.join("repository"),
        aar: output.join(&name),
        libraries,
        natives,
    })
}

/// What the artifacts depend on, as `android/pom.xml` pins it.
struct Versions {
    kotlin: String,
    coroutines: String,
    runtime: String,
}

fn versions() -> Result<Versions> {
    Ok(Versions {
        kotlin: property("kotlin.version")?,
        coroutines: property("coroutines.version")?,
        runtime: property("onnxruntime.android.version")?,
    })
}

fn kotlin<'a>(artifact: &'a str, versions: &'a Versions) -> [Dependency<'a>; 2] {
    [
        ("org.jetbrains.kotlin", "kotlin-stdlib", &versions.kotlin),
        ("org.jetbrains.kotlinx", artifact, &versions.coroutines),
    ]
    .map(|(group, artifact, version)| Dependency {
        group,
        artifact,
        version,
        kind: "jar",
        scope: "compile",
    })
}

fn android_pom(versions: &Versions) -> Pom<'_> {
    let mut dependencies = kotlin("kotlinx-coroutines-android", versions).to_vec();
    dependencies.push(Dependency {
        group: "com.microsoft.onnxruntime",
        artifact: "onnxruntime-android",
        version: &versions.runtime,
        kind: "aar",
        scope: "runtime",
    });
    Pom {
        artifact: "swipekit-android",
        version: VERSION,
        packaging: "aar",
        name: "swipekit for Android",
        description: "Swipe typing on the device: turns a finger's path over a keyboard into words.",
        dependencies,
    }
}

fn jvm_pom(versions: &Versions) -> Pom<'_> {
    Pom {
        artifact: "swipekit-jvm",
        version: VERSION,
        packaging: "jar",
        name: "swipekit for the JVM",
        description: "swipekit's Kotlin interface for desktops, with the native library of the machine that built it.",
        dependencies: kotlin("kotlinx-coroutines-core-jvm", versions).to_vec(),
    }
}

fn model_pom() -> Pom<'static> {
    Pom {
        artifact: "swipekit-android-en-qwerty",
        version: VERSION,
        packaging: "aar",
        name: "swipekit's default bundle",
        description: "English words on QWERTY, as the asset en-qwerty.swipekit; keep it uncompressed: noCompress \"swipekit\".",
        dependencies: Vec::new(),
    }
}

fn add(repository: &Repository, pom: &Pom<'_>, jars: &Jars, main: (&str, &Path)) -> Result<()> {
    let files = [
        main,
        ("-sources.jar", &jars.sources),
        ("-javadoc.jar", &jars.documentation),
    ];
    repository.add(pom, &files)
}

/// Packs the bundle that is shipped into one file, and gives its path.
pub fn packed() -> Result<PathBuf> {
    let to = work()?.join(format!("{BUNDLE}.swipekit"));
    let mut cargo = process::cargo();
    cargo.args(["run", "--quiet", "--locked", "--package", "swipekit-cli"]);
    cargo.args(["--bin", "swipekit", "--", "bundle", "pack"]);
    cargo.arg(process::root().join(FOLDER));
    process::run(cargo.arg("--output").arg(&to))?;
    Ok(to)
}

/// How the native libraries came about.
fn information(toolchain: &Toolchain, facts: &[(Abi, Facts)]) -> String {
    let mut text = format!("swipekit {VERSION}\n{}\n", toolchain.describe());
    for (abi, facts) in facts {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{abi}: {} bytes stripped, exports {}, needs {}, imports {} names, all in Android {}, pages of 16 KB",
            facts.bytes,
            facts.exports.join(" "),
            facts.needed.join(" "),
            facts.imports,
            imports::API_LEVEL,
        );
    }
    text
}

/// Moves what is in `from` to `to`, in place of what has the same names there.
fn replace(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::io(to))?;
    // One that was built with the model would leave it beside a newer library.
    for entry in fs::read_dir(from).map_err(Error::io(from))? {
        let entry = entry.map_err(Error::io(from))?;
        let target = to.join(entry.file_name());
        if target.is_dir() {
            fs::remove_dir_all(&target).map_err(Error::io(&target))?;
        }
        move_to(&entry.path(), &target)?;
    }
    Ok(())
}

/// Renames, or copies where the target is on another file system.
fn move_to(from: &Path, to: &Path) -> Result<()> {
    if fs::rename(from, to).is_ok() {
        return Ok(());
    }
    if !from.is_dir() {
        fs::copy(from, to).map_err(Error::io(to))?;
        return fs::remove_file(from).map_err(Error::io(from));
    }
    fs::create_dir_all(to).map_err(Error::io(to))?;
    for entry in fs::read_dir(from).map_err(Error::io(from))? {
        let entry = entry.map_err(Error::io(from))?;
        move_to(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Every file but checksums, with its size.
fn listing(folder: &Path) -> Result<String> {
    let mut files = Vec::new();
    walk(folder, &mut files)?;
    files.sort();
    let mut text = format!("{}\n", folder.display());
    for file in &files {
        let extension = file.extension().unwrap_or_default();
        if ["md5", "sha1", "sha256"]
            .iter()
            .any(|sum| extension == *sum)
        {
            continue;
        }
        let bytes = fs::metadata(file).map_err(Error::io(file))?.len();
        let name = file.strip_prefix(folder).unwrap_or(file);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{bytes:>10}  {}", name.display());
    }
    Ok(text)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_replaced_and_the_rest_is_left() {
        let place = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| place.path().join(name));
        fs::create_dir_all(from.join("repository/a")).unwrap();
        fs::create_dir_all(to.join("repository/old")).unwrap();
        fs::write(to.join("kept"), "").unwrap();
        fs::write(from.join("repository/a/b"), "12345").unwrap();
        replace(&from, &to).unwrap();
        assert!(to.join("kept").is_file() && !to.join("repository/old").exists());
        fs::write(to.join("repository/a/b.sha1"), "").unwrap();
        let listing = listing(&to).unwrap();
        assert!(
            listing.contains("         5  repository/a/b\n"),
            "{listing}"
        );
        assert!(!listing.contains("sha1"));
    }
}
