//! Where ONNX Runtime's shared library may be.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// The environment variable that names the library; the crate `ort` uses the same.
pub(super) const VARIABLE: &str = "ORT_DYLIB_PATH";

/// Where `cargo xtask setup` puts the library, in cargo's target folder.
const SETUP: &str = "native/onnxruntime";

/// Folders from an executable up to the target folder: `target/<triple>/<profile>/deps`.
const BUILD_DEPTH: usize = 4;

/// One place that was looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A path that may be the library.
    File(PathBuf),
    /// A name that the system's loader finds by its own rules.
    Name(PathBuf),
    /// Nothing is there.
    Absent(PathBuf),
}

/// What the search depends on besides the disk.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// Value of [`VARIABLE`].
    pub variable: Option<OsString>,
    /// The running executable.
    pub executable: Option<PathBuf>,
    /// The current folder and the value of `CARGO_TARGET_DIR`, only for a process that cargo
    /// started.
    pub cargo: Option<(PathBuf, Option<PathBuf>)>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        // Outside of cargo the current folder is never searched: whoever can write there could have
        // code run.
        let cargo = env::var_os("CARGO").and_then(|_| {
            let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
            Some((env::current_dir().ok()?, target))
        });
        Self {
            variable: env::var_os(VARIABLE),
            executable: env::current_exe().ok(),
            cargo,
        }
    }

    /// The places in the order in which they are tried. A library that the caller or the user names
    /// is the only one: another than the one asked for would be a surprise.
    pub fn places(&self, explicit: Option<&Path>) -> Vec<Place> {
        let variable = self.variable.as_ref().filter(|value| !value.is_empty());
        if let Some(path) = explicit.or(variable.map(Path::new)) {
            return vec![named(path)];
        }
        let mut places = Vec::new();
        let folder = self.executable.as_deref().and_then(Path::parent);
        if let Some(folder) = folder {
            for place in [folder.to_path_buf(), folder.join("lib")] {
                places.push(in_folder(&place));
            }
            if let Some(above) = folder.parent() {
                places.push(in_folder(&above.join("lib")));
            }
        }
        places.extend(self.setup_places(folder));
        if cfg!(target_os = "android") {
            places.push(Place::Name(PathBuf::from(library_name())));
        }
        places
    }

    /// Where `cargo xtask setup` may have put the library.
    fn setup_places(&self, folder: Option<&Path>) -> Vec<Place> {
        let mut folders = Vec::new();
        for above in folder
            .into_iter()
            .flat_map(|folder| folder.ancestors().take(BUILD_DEPTH))
        {
            folders.push(above.join(SETUP));
            folders.push(above.join("target").join(SETUP));
        }
        if let Some((current, target)) = &self.cargo {
            folders.extend(
                target
                    .as_ref()
                    .map(|target| current.join(target).join(SETUP)),
            );
            folders.extend(
                current
                    .ancestors()
                    .map(|above| above.join("target").join(SETUP)),
            );
        }
        let mut places: Vec<Place> = Vec::new();
        for folder in folders.iter().filter(|folder| folder.is_dir()) {
            let place = in_folder(folder);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        if places.is_empty() {
            // One line for all of them: where the library would be after a setup.
            places.push(Place::Absent(
                Path::new("target").join(SETUP).join(library_name()),
            ));
        }
        places
    }
}

/// A path that somebody gave. A bare name is for the system's loader, unless there is such a file
/// here.
fn named(path: &Path) -> Place {
    // ort takes a relative path as relative to the executable, everybody else as relative to the
    // current folder.
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    if fs::symlink_metadata(&absolute).is_ok() {
        Place::File(absolute)
    } else if path.components().count() == 1 && path.is_relative() && path.file_name().is_some() {
        Place::Name(path.to_path_buf())
    } else {
        Place::Absent(absolute)
    }
}

/// What the library is called on this platform.
pub(super) fn library_name() -> &'static str {
    if cfg!(target_os = "windows") {
        "onnxruntime.dll"
    } else if cfg!(target_vendor = "apple") {
        "libonnxruntime.dylib"
    } else {
        "libonnxruntime.so"
    }
}

/// The library in `folder`: by its plain name, or by the last of those with a version
/// (`libonnxruntime.so.1.32.0`).
fn in_folder(folder: &Path) -> Place {
    let plain = folder.join(library_name());
    if plain.is_file() {
        return Place::File(plain);
    }
    let (start, end) = match library_name().strip_suffix(".dylib") {
        Some(stem) => (format!("{stem}."), ".dylib"),
        None => (format!("{}.", library_name()), ""),
    };
    let entries = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    entries
        .filter(|path| {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            name.starts_with(&start) && name.ends_with(end) && path.is_file()
        })
        .max()
        .map_or(Place::Absent(plain), Place::File)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) -> PathBuf {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
        path.to_path_buf()
    }

    #[test]
    fn a_named_library_is_the_only_place() {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings {
            variable: Some("/nowhere/from-variable.so".into()),
            executable: Some(touch(&folder.path().join("app"))),
            cargo: None,
        };
        touch(&folder.path().join(library_name()));
        let absent = |path: &str| [Place::Absent(std::path::absolute(path).unwrap())];
        assert_eq!(
            surroundings.places(Some(Path::new("/nowhere/given.so"))),
            absent("/nowhere/given.so")
        );
        assert_eq!(
            surroundings.places(None),
            absent("/nowhere/from-variable.so")
        );
        // An empty variable counts as unset.
        let empty = Surroundings {
            variable: Some("".into()),
            ..surroundings
        };
        assert_eq!(
            empty.places(None)[0],
            Place::File(folder.path().join(library_name()))
        );
    }

    #[test]
    fn a_bare_name_is_for_the_loader() {
        let place = Surroundings::default().places(Some(Path::new("libonnxruntime-not-here.so")));
        assert_eq!(
            place,
            [Place::Name(PathBuf::from("libonnxruntime-not-here.so"))]
        );
        let place = Surroundings::default().places(Some(Path::new("./libonnxruntime-not-here.so")));
        assert!(matches!(place[..], [Place::Absent(_)]), "{place:?}");
    }

    #[test]
    fn beside_the_executable_comes_before_the_setup_place() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("any-name");
        let executable = touch(&target.join("debug/deps/test"));
        let surroundings = Surroundings {
            executable: Some(executable),
            ..Surroundings::default()
        };
        let setup = touch(&target.join(SETUP).join(library_name()));
        let files = |surroundings: &Surroundings| -> Vec<Place> {
            let places = surroundings.places(None);
            places
                .into_iter()
                .filter(|place| matches!(place, Place::File(_)))
                .collect()
        };
        assert_eq!(files(&surroundings), [Place::File(setup.clone())]);
        let beside = touch(&target.join("debug/deps").join(library_name()));
        let lib = touch(&target.join("debug/lib").join(library_name()));
        assert_eq!(files(&surroundings), [beside, lib, setup].map(Place::File));
    }

    #[test]
    fn the_current_folder_is_searched_only_under_cargo() {
        let folder = tempfile::tempdir().unwrap();
        let current = folder.path().join("core/src");
        let setup = touch(
            &folder
                .path()
                .join("target")
                .join(SETUP)
                .join(library_name()),
        );
        let elsewhere = touch(&folder.path().join("build").join(SETUP).join(library_name()));
        let under_cargo = Surroundings {
            cargo: Some((current.clone(), None)),
            ..Surroundings::default()
        };
        assert_eq!(under_cargo.places(None), [Place::File(setup.clone())]);
        let with_target = Surroundings {
            cargo: Some((current, Some(folder.path().join("build")))),
            ..Surroundings::default()
        };
        assert_eq!(
            with_target.places(None),
            [elsewhere, setup].map(Place::File)
        );
        assert!(matches!(
            Surroundings::default().places(None)[..],
            [Place::Absent(_)]
        ));
    }

    #[test]
    fn a_versioned_name_is_found_and_the_plain_one_preferred() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(in_folder(folder.path()), Place::Absent(_)));
        assert!(matches!(
            in_folder(&folder.path().join("absent")),
            Place::Absent(_)
        ));
        if !cfg!(target_os = "windows") {
            let name = if cfg!(target_vendor = "apple") {
                "libonnxruntime.1.32.0.dylib"
            } else {
                "libonnxruntime.so.1.32.0"
            };
            let versioned = touch(&folder.path().join(name));
            touch(&folder.path().join("libonnxruntime_providers_shared.so"));
            assert_eq!(in_folder(folder.path()), Place::File(versioned));
        }
        let plain = touch(&folder.path().join(library_name()));
        assert_eq!(in_folder(folder.path()), Place::File(plain));
    }
}
