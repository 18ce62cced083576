//! Memory and opening time of a bundle, each in a process of its own: what one bundle has loaded
//! would hide in another's figures.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use swipekit::internals::bundle::manifest::ONNXRUNTIME;
use swipekit::{Engine, EngineOptions, Limits};

use super::CompareError;
use crate::judge::error::Result;
use crate::judge::machine::resident_mib;
use crate::judge::times::milliseconds;
use crate::statistics;
use crate::swipes::Swipes;
use crate::words::lexicon;

/// What a bundle takes in a fresh process.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Footprint {
    /// Milliseconds to load the runtime's library.
    pub runtime_ms: f64,
    /// Milliseconds to open the bundle after that: hashes, encoder, lexicon, first prefixes.
    pub load_ms: f64,
    /// Resident memory of the process before anything is loaded, in MiB; 0 where the platform does
    /// not tell.
    pub rss_before_mib: f64,
    /// Resident memory once the bundle is open.
    pub rss_opened_mib: f64,
    /// Resident memory after some swipes.
    pub rss_end_mib: f64,
    /// Those swipes.
    pub swipes: usize,
}

/// Arguments of the command that measures one bundle in its own process; a program that gives
/// itself as [`Options::program`](super::Options::program) has it under the name [`COMMAND`].
#[derive(Clone, Debug, clap::Args)]
pub struct MeasureArguments {
    /// Bundle: a folder or a .swipekit file.
    #[arg(value_name = "BUNDLE")]
    pub bundle: PathBuf,
    /// Swipe file: JSON lines, plain or gzipped. The first swipes are decoded.
    #[arg(long, value_name = "FILE")]
    pub swipes: PathBuf,
    /// Lexicon in place of the bundle's own. A bundle without words is run greedily.
    #[arg(long, value_name = "FILE")]
    pub lexicon: Option<PathBuf>,
    /// Swipes at most.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// The bundle's runtime, by its name in the manifest: what is loaded before the bundle is
    /// opened.
    #[arg(long, value_name = "NAME", default_value = ONNXRUNTIME)]
    pub runtime: String,
    /// ONNX Runtime's shared library; looked for by default.
    #[arg(long, value_name = "FILE")]
    pub runtime_library: Option<PathBuf>,
}

/// Name of the command that takes [`MeasureArguments`] and prints a [`Footprint`] as JSON.
pub const COMMAND: &str = "measure";

/// Measures this process: to be called before anything else is loaded.
///
/// # Errors
/// Whatever opening, reading and decoding give.
pub fn measure(arguments: &MeasureArguments) -> Result<Footprint> {
    let rss_before_mib = resident_mib();
    let start = Instant::now();
    // ExecuTorch is part of the program.
    if arguments.runtime == ONNXRUNTIME {
        swipekit::internals::runtime::load(arguments.runtime_library.as_deref())?;
    }
    let runtime_ms = milliseconds(start.elapsed());

    let start = Instant::now();
    let mut options = EngineOptions::default();
    options.runtime_library = arguments.runtime_library.clone();
    let mut engine = Engine::open_with(&arguments.bundle, &options)?;
    if let Some(path) = &arguments.lexicon {
        let lexicon = lexicon::open_or_build(path, &engine.manifest().vocabulary.labels)?;
        engine = engine.with_lexicon(lexicon)?;
    }
    let mut session = engine.session();
    let load_ms = milliseconds(start.elapsed());
    let rss_opened_mib = resident_mib();

    let mut swipes = 0;
    for swipe in Swipes::open(&arguments.swipes)?.take(arguments.limit) {
        let trace = swipe?.trace;
        if engine.lexicon().is_some() {
            std::hint::black_box(session.decode(&trace)?);
        } else {
            std::hint::black_box(session.encode(&trace, &Limits::default())?.greedy()?);
        }
        swipes += 1;
    }
    Ok(Footprint {
        runtime_ms,
        load_ms,
        rss_before_mib,
        rss_opened_mib,
        rss_end_mib: resident_mib(),
        swipes,
    })
}

/// Runs `program` once on a bundle. It is told where the swipes are, not what they are.
pub(super) fn launch(
    program: &Path,
    bundle: &Path,
    runtime: &str,
    swipes: &Path,
    lexicon: Option<&Path>,
    library: Option<&Path>,
) -> Result<Footprint> {
    let failed = |message: String| CompareError::Launch {
        program: program.to_path_buf(),
        bundle: bundle.to_path_buf(),
        message,
    };
    let mut command = Command::new(program);
    command.arg(COMMAND).args(["--runtime", runtime]);
    let given = [
        ("--swipes=", Some(swipes)),
        ("--lexicon=", lexicon),
        ("--runtime-library=", library),
    ];
    for (name, path) in given {
        if let Some(path) = path {
            let mut argument = OsString::from(name);
            argument.push(path);
            command.arg(argument);
        }
    }
    let output = command
        .arg("--")
        .arg(bundle)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        let message = format!("{}: {}", output.status, last.unwrap_or("it said nothing"));
        return Err(failed(message).into());
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| failed(format!("its output is no measurement: {error}")).into())
}

/// The medians of some launches; `None` of none.
pub(super) fn median(launches: &[Footprint]) -> Option<Footprint> {
    let first = launches.first()?;
    let middle = |part: fn(&Footprint) -> f64| {
        statistics::median(launches.iter().map(part)).unwrap_or_default()
    };
    Some(Footprint {
        runtime_ms: middle(|launch| launch.runtime_ms),
        load_ms: middle(|launch| launch.load_ms),
        rss_before_mib: middle(|launch| launch.rss_before_mib),
        rss_opened_mib: middle(|launch| launch.rss_opened_mib),
        rss_end_mib: middle(|launch| launch.rss_end_mib),
        swipes: first.swipes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_taken_figure_by_figure() {
        let launch = |load_ms, rss_end_mib| Footprint {
            runtime_ms: 1.0,
            load_ms,
            rss_before_mib: 5.0,
            rss_opened_mib: 10.0,
            rss_end_mib,
            swipes: 20,
        };
        let middle = median(&[launch(9.0, 1.0), launch(3.0, 7.0), launch(4.0, 5.0)]).unwrap();
        assert_eq!(
            (middle.load_ms, middle.rss_end_mib, middle.swipes),
            (4.0, 5.0, 20)
        );
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_program_that_does_not_measure_is_an_error() {
        let run = |program: &str| {
            let path = Path::new("bundle");
            launch(
                Path::new(program),
                path,
                ONNXRUNTIME,
                Path::new("m"),
                None,
                None,
            )
            .unwrap_err()
            .to_string()
        };
        assert!(run("/nowhere/to/be/found").contains("/nowhere/to/be/found"));
        #[cfg(unix)]
        {
            assert!(run("/bin/false").contains("it said nothing"));
            assert!(run("/bin/echo").contains("no measurement"));
        }
    }
}
