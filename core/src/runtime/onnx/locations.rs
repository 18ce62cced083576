//! Locations of ONNX Runtime's shared library.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// The environment variable that names the library, shared with the crate `ort`.
pub(super) const VARIABLE: &str = "ORT_DYLIB_PATH";

/// The library's folder after `cargo xtask setup`, in cargo's target folder.
const SETUP: &str = "native/onnxruntime";

/// Number of folders between an executable and the target folder: `target/<triple>/<profile>/deps`.
const BUILD_DEPTH: usize = 4;

/// A location that was checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Location {
    /// A path that may be the library.
    File(PathBuf),
    /// A name that the system's loader resolves.
    Name(PathBuf),
    /// No library exists at this path.
    Absent(PathBuf),
}

/// The inputs of the search besides the disk.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// Value of [`VARIABLE`].
    pub variable: Option<OsString>,
    /// The running executable.
    pub executable: Option<PathBuf>,
    /// The current folder and the value of `CARGO_TARGET_DIR`; set only in a process that cargo
    /// started.
    pub cargo: Option<(PathBuf, Option<PathBuf>)>,
}

impl Surroundings {
    /// The surroundings of this process.
    pub fn of_process() -> Self {
        // Without cargo the current folder is never searched, because anyone who can write there
        // could run code.
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

    /// The locations in the order of the search. A library that the caller or the user names is the
    /// only location, so that no other library is loaded by surprise.
    pub fn locations(&self, explicit: Option<&Path>) -> Vec<Location> {
        let variable = self.variable.as_ref().filter(|value| !value.is_empty());
        if let Some(path) = explicit.or(variable.map(Path::new)) {
            return vec![named(path)];
        }
        let mut locations = Vec::new();
        let folder = self.executable.as_deref().and_then(Path::parent);
        if let Some(folder) = folder {
            for location in [folder.to_path_buf(), folder.join("lib")] {
                locations.push(in_folder(&location));
            }
            if let Some(above) = folder.parent() {
                locations.push(in_folder(&above.join("lib")));
            }
        }
        locations.extend(self.setup_locations(folder));
        if cfg!(target_os = "android") {
            locations.push(Location::Name(PathBuf::from(library_name())));
        }
        locations
    }

    /// The locations that `cargo xtask setup` may have used.
    fn setup_locations(&self, folder: Option<&Path>) -> Vec<Location> {
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
        let mut locations: Vec<Location> = Vec::new();
        for folder in folders.iter().filter(|folder| folder.is_dir()) {
            let location = in_folder(folder);
            if !locations.contains(&location) {
                locations.push(location);
            }
        }
        if locations.is_empty() {
            // One entry stands for all of them: the library's path after a setup.
            locations.push(Location::Absent(
                Path::new("target").join(SETUP).join(library_name()),
            ));
        }
        locations
    }
}

/// The location of a given path. A bare name goes to the system's loader, unless a file with that
/// name exists here.
fn named(path: &Path) -> Location {
    // ort resolves a relative path from the executable, everything else from the current folder.
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    if fs::symlink_metadata(&absolute).is_ok() {
        Location::File(absolute)
    } else if path.components().count() == 1 && path.is_relative() && path.file_name().is_some() {
        Location::Name(path.to_path_buf())
    } else {
        Location::Absent(absolute)
    }
}

/// The library's file name on this platform.
pub(super) fn library_name() -> &'static str {
    if cfg!(target_os = "windows") {
        "onnxruntime.dll"
    } else if cfg!(target_vendor = "apple") {
        "libonnxruntime.dylib"
    } else {
        "libonnxruntime.so"
    }
}

/// The library in `folder`: the file with the plain name, or the last of those with a version
/// (`libonnxruntime.so.1.32.0`).
fn in_folder(folder: &Path) -> Location {
    let plain = folder.join(library_name());
    if plain.is_file() {
        return Location::File(plain);
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
        .map_or(Location::Absent(plain), Location::File)
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
    fn a_named_library_is_the_only_location() {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings {
            variable: Some("/nowhere/from-variable.so".into()),
            executable: Some(touch(&folder.path().join("app"))),
            cargo: None,
        };
        touch(&folder.path().join(library_name()));
        let absent = |path: &str| [Location::Absent(std::path::absolute(path).unwrap())];
        assert_eq!(
            surroundings.locations(Some(Path::new("/nowhere/given.so"))),
            absent("/nowhere/given.so")
        );
        assert_eq!(
            surroundings.locations(None),
            absent("/nowhere/from-variable.so")
        );
        // An empty variable counts as unset.
        let empty = Surroundings {
            variable: Some("".into()),
            ..surroundings
        };
        assert_eq!(
            empty.locations(None)[0],
            Location::File(folder.path().join(library_name()))
        );
    }

    #[test]
    fn a_bare_name_is_for_the_loader() {
        let location =
            Surroundings::default().locations(Some(Path::new("libonnxruntime-not-here.so")));
        assert_eq!(
            location,
            [Location::Name(PathBuf::from("libonnxruntime-not-here.so"))]
        );
        let location =
            Surroundings::default().locations(Some(Path::new("./libonnxruntime-not-here.so")));
        assert!(
            matches!(location[..], [Location::Absent(_)]),
            "{location:?}"
        );
    }

    #[test]
    fn beside_the_executable_comes_before_the_setup_location() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("any-name");
        let executable = touch(&target.join("debug/deps/test"));
        let surroundings = Surroundings {
            executable: Some(executable),
            ..Surroundings::default()
        };
        let setup = touch(&target.join(SETUP).join(library_name()));
        let files = |surroundings: &Surroundings| -> Vec<Location> {
            let locations = surroundings.locations(None);
            locations
                .into_iter()
                .filter(|location| matches!(location, Location::File(_)))
                .collect()
        };
        assert_eq!(files(&surroundings), [Location::File(setup.clone())]);
        let beside = touch(&target.join("debug/deps").join(library_name()));
        let lib = touch(&target.join("debug/lib").join(library_name()));
        assert_eq!(
            files(&surroundings),
            [beside, lib, setup].map(Location::File)
        );
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
        assert_eq!(under_cargo.locations(None), [Location::File(setup.clone())]);
        let with_target = Surroundings {
            cargo: Some((current, Some(folder.path().join("build")))),
            ..Surroundings::default()
        };
        assert_eq!(
            with_target.locations(None),
            [elsewhere, setup].map(Location::File)
        );
        assert!(matches!(
            Surroundings::default().locations(None)[..],
            [Location::Absent(_)]
        ));
    }

    #[test]
    fn a_versioned_name_is_found_and_the_plain_one_preferred() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(in_folder(folder.path()), Location::Absent(_)));
        assert!(matches!(
            in_folder(&folder.path().join("absent")),
            Location::Absent(_)
        ));
        if !cfg!(target_os = "windows") {
            let name = if cfg!(target_vendor = "apple") {
                "libonnxruntime.1.32.0.dylib"
            } else {
                "libonnxruntime.so.1.32.0"
            };
            let versioned = touch(&folder.path().join(name));
            touch(&folder.path().join("libonnxruntime_providers_shared.so"));
            assert_eq!(in_folder(folder.path()), Location::File(versioned));
        }
        let plain = touch(&folder.path().join(library_name()));
        assert_eq!(in_folder(folder.path()), Location::File(plain));
    }
}
