//! Loads ONNX Runtime, once per process.
//!
//! Without instructions, the crate `ort` loads the library itself and panics on failure. All use of
//! `ort` therefore goes through [`environment`], which loads the library first or returns an error.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;

use super::KIND;
use super::telemetry;
use crate::error::{Error, Result};

/// The loaded runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// The library's full path, or the name given to the system's loader; `None` where the runtime
    /// is linked into the program.
    pub path: Option<PathBuf>,
    /// Version, for example `1.32.0`; empty where the runtime is linked into the program.
    pub version: String,
    /// ONNX Runtime's description of its build.
    pub build: String,
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{} ({})", self.version, path.display()),
            None => write!(f, "{}", self.build),
        }
    }
}

/// The environment stays here permanently: ort allows one per process.
static LOADED: Mutex<Option<(Environment, Loaded)>> = Mutex::new(None);

/// Loads ONNX Runtime if it is not loaded yet (see the [crate](crate#features) for the locations)
/// and describes it.
///
/// The first success decides for the whole process; later calls ignore `library`. A later call
/// after a failure tries again.
///
/// # Errors
/// [`Error::RuntimeNotFound`] with every location tried and its problem, where none has a usable
/// library; [`Error::Invalid`] for an empty path; [`Error::Runtime`] where the loaded library does
/// not start, or where the program also uses `ort` itself and has made its own environment.
pub fn load(library: Option<&Path>) -> Result<Loaded> {
    environment(library).map(|(_, loaded)| loaded)
}

/// The loaded runtime; `None` where nothing has loaded it yet.
pub fn loaded() -> Option<Loaded> {
    let slot = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    slot.as_ref().map(|(_, loaded)| loaded.clone())
}

/// The process's only ONNX Runtime environment.
pub(super) fn environment(library: Option<&Path>) -> Result<(Environment, Loaded)> {
    let mut slot = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pair) = &*slot {
        return Ok(pair.clone());
    }
    telemetry::forbid();
    let (builder, path, version) = native(library)?;
    let environment = builder
        .with_name("swipekit")
        // Needed on Windows, where Microsoft's builds ignore the environment variable.
        .with_telemetry(false)
        .build()
        .map_err(|error| Error::Runtime {
            runtime: KIND.title,
            action: "start",
            message: error.to_string(),
        })?;
    if env::var_os("ORT_LOG").is_none() {
        // Errors are returned as values, so the library need not print them.
        environment.set_log_level(LogLevel::Fatal);
    }
    let loaded = Loaded {
        path,
        version,
        build: ort::info().to_owned(),
    };
    Ok(slot.insert((environment, loaded)).clone())
}

#[cfg(not(feature = "ort"))]
fn native(
    _: Option<&Path>,
) -> Result<(
    ort::environment::EnvironmentBuilder,
    Option<PathBuf>,
    String,
)> {
    Ok((ort::init(), None, String::new()))
}

#[cfg(feature = "ort")]
fn native(
    library: Option<&Path>,
) -> Result<(
    ort::environment::EnvironmentBuilder,
    Option<PathBuf>,
    String,
)> {
    use super::locations::{Location, Surroundings, VARIABLE};
    use super::probe::{self, Probed};

    if library.is_some_and(|path| path.as_os_str().is_empty()) {
        return Err(Error::invalid(
            "the path of the runtime's library",
            "a path",
            "an empty one",
        ));
    }
    let mut tried = Vec::new();
    for location in Surroundings::of_process().locations(library) {
        let (path, probed) = match location {
            Location::Absent(path) => {
                tried.push(format!("{} (absent)", path.display()));
                continue;
            }
            Location::Name(path) => {
                let probed = probe::open(&path);
                (path, probed)
            }
            Location::File(path) => {
                let probed = probe::check_file(&path).and_then(|()| probe::open(&path));
                (path, probed)
            }
        };
        // The probe keeps the library open, so that ort gets exactly the library that was checked.
        let loaded = probed.and_then(|probed: Probed| {
            let builder = ort::init_from(&path).map_err(|error| error.to_string())?;
            Ok((builder, probed.version))
        });
        match loaded {
            Ok((builder, version)) => return Ok((builder, Some(path), version)),
            Err(reason) => tried.push(format!("{} ({reason})", path.display())),
        }
    }
    Err(Error::RuntimeNotFound {
        library: "ONNX Runtime's shared library",
        tried,
        fix: format!(
            "set {VARIABLE} to the full path of ONNX Runtime's library; in swipekit's repository, \
             `cargo xtask setup` fetches it"
        ),
    })
}
