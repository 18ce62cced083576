//! Finds the interpreter and runs the package in it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError};
use serde::Deserialize;
use tempfile::TempDir;

use super::job::{MAX_BATCH, MAX_SAMPLES, NetworkJob, shapes};
use super::{EncoderJob, INPUT_SCALE, Job, Lowered, PteError, StepJob};
use crate::files::FileError;
use crate::quantize::calibrate::EncoderInput;
use crate::schema::{ModelConfig, Tensor};

/// Environment variable that names an interpreter.
pub const VARIABLE: &str = "SWIPEKIT_PTE_PYTHON";

/// The package's name.
const PACKAGE: &str = "swipekit_pte";

/// The package's files.
const SOURCES: &[(&str, &str)] = &[
    (
        "__init__.py",
        include_str!("../../python/swipekit_pte/__init__.py"),
    ),
    (
        "__main__.py",
        include_str!("../../python/swipekit_pte/__main__.py"),
    ),
    (
        "attention.py",
        include_str!("../../python/swipekit_pte/attention.py"),
    ),
    (
        "encoder.py",
        include_str!("../../python/swipekit_pte/encoder.py"),
    ),
    (
        "exporter.py",
        include_str!("../../python/swipekit_pte/exporter.py"),
    ),
    ("job.py", include_str!("../../python/swipekit_pte/job.py")),
    (
        "lower.py",
        include_str!("../../python/swipekit_pte/lower.py"),
    ),
    (
        "messages.py",
        include_str!("../../python/swipekit_pte/messages.py"),
    ),
    (
        "quantize.py",
        include_str!("../../python/swipekit_pte/quantize.py"),
    ),
    ("step.py", include_str!("../../python/swipekit_pte/step.py")),
    (
        "weights.py",
        include_str!("../../python/swipekit_pte/weights.py"),
    ),
];

/// Characters of standard error that an error repeats at most.
const SAID: usize = 600;

/// A line of the protocol.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum Line {
    Progress(String),
    Result(Lowered),
    Error(Failure),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    stage: String,
    kind: String,
    message: String,
}

/// The programs of a network to write.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The network's dimensions.
    pub config: &'a ModelConfig,
    /// Its tensors by NeMo's names, and [`INPUT_SCALE`] where the input of the first layer is
    /// scaled.
    pub tensors: &'a BTreeMap<String, Tensor>,
    /// Swipes to take ranges from; for the static scheme.
    pub calibration: &'a [EncoderInput],
    /// Encoders to write.
    pub encoders: &'a [EncoderJob],
    /// Steps to write.
    pub steps: &'a [StepJob],
}

/// An interpreter with PyTorch and ExecuTorch, and the package beside it in a temporary folder.
#[derive(Debug)]
pub struct Python {
    interpreter: PathBuf,
    folder: TempDir,
}

impl Python {
    /// Finds an interpreter: `given`, and nowhere else where one is given; else the one that the
    /// variable [`VARIABLE`] names; else the environment that `cargo xtask setup --executorch`
    /// makes, in cargo's target folder that this program lies in. `scratch` is where the package is
    /// put.
    ///
    /// # Errors
    /// [`PteError::NoPython`] with every path tried, [`PteError::File`] where `scratch` cannot be
    /// written.
    pub fn find(given: Option<&Path>, scratch: &Path) -> Result<Self, PteError> {
        let interpreter = interpreter(given)?;
        let folder = tempfile::tempdir_in(scratch).map_err(FileError::write(scratch))?;
        let package = folder.path().join(PACKAGE);
        fs::create_dir(&package).map_err(FileError::write(&package))?;
        for (name, content) in SOURCES {
            let path = package.join(name);
            fs::write(&path, content).map_err(FileError::write(&path))?;
        }
        Ok(Self {
            interpreter,
            folder,
        })
    }

    /// Writes the programs of a network to `output`; `progress` is told what goes on.
    ///
    /// # Errors
    /// [`PteError`] for what the Python side says and for what it says wrongly, [`PteError::File`].
    pub fn lower(
        &self,
        request: &Request<'_>,
        output: &Path,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Lowered, PteError> {
        let Request {
            config,
            tensors,
            calibration,
            encoders,
            steps,
        } = *request;
        let scratch = tempfile::tempdir_in(self.folder.path()).map_err(FileError::write(output))?;
        let weights = scratch.path().join("weights.safetensors");
        let views = tensors
            .iter()
            .map(|(name, tensor)| (name.clone(), tensor.shape.clone(), &tensor.data[..]));
        write(&weights, views)?;
        let swipes = scratch.path().join("calibration.safetensors");
        let views = calibration.iter().enumerate().map(|(index, swipe)| {
            let shape = vec![config.encoder.features, swipe.samples];
            (index.to_string(), shape, &swipe.features[..])
        });
        write(&swipes, views)?;
        let job = Job {
            weights: &weights,
            tensors: shapes(config, tensors.contains_key(INPUT_SCALE)),
            output,
            network: NetworkJob::new(config),
            max_frames: MAX_SAMPLES,
            max_batch: MAX_BATCH,
            calibration: (!calibration.is_empty()).then_some(&swipes),
            encoders: encoders.to_vec(),
            steps: steps.to_vec(),
        };
        let path = scratch.path().join("job.json");
        let json = serde_json::to_vec(&job).map_err(FileError::json(&path))?;
        fs::write(&path, json).map_err(FileError::write(&path))?;
        let lowered = self.run(&path, progress)?;
        check(&lowered, &job)?;
        Ok(lowered)
    }

    fn run(&self, job: &Path, progress: &mut dyn FnMut(&str)) -> Result<Lowered, PteError> {
        let mut child = Command::new(&self.interpreter)
            .args(["-m", PACKAGE])
            .arg(job)
            .env("PYTHONPATH", self.folder.path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            // Another user's packages must not take the place of the pinned ones.
            .env("PYTHONNOUSERSITE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| PteError::Start {
                path: self.interpreter.clone(),
                source,
            })?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        // Both pipes are read at once: a full one would stop the other side.
        let said = std::thread::spawn(move || last_words(stderr));
        let mut outcome = None;
        let lines = stdout
            .map(BufReader::new)
            .into_iter()
            .flat_map(BufRead::lines);
        for line in lines {
            let Ok(line) = line else { break };
            match parse(&line) {
                Ok(Line::Progress(what)) => progress(&what),
                Ok(Line::Result(lowered)) => outcome = Some(Ok(lowered)),
                Ok(Line::Error(failure)) => {
                    outcome = Some(Err(PteError::Python {
                        stage: failure.stage,
                        kind: failure.kind,
                        message: failure.message,
                    }));
                }
                Err(error) => {
                    let _ = child.kill();
                    outcome = Some(Err(error));
                    break;
                }
            }
        }
        let status = child.wait();
        let said = said.join().unwrap_or_default();
        let succeeded = status.as_ref().is_ok_and(|status| status.success());
        match outcome {
            Some(Ok(lowered)) if succeeded => Ok(lowered),
            Some(Err(error)) => Err(error),
            _ => Err(PteError::Ended {
                status: status.map_or_else(|error| error.to_string(), |status| status.to_string()),
                said,
            }),
        }
    }
}

fn interpreter(given: Option<&Path>) -> Result<PathBuf, PteError> {
    let mut paths = Vec::new();
    if let Some(given) = given {
        paths.push(given.to_path_buf());
    } else if let Some(named) = env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        paths.push(named.into());
    } else {
        let executable = env::current_exe().ok();
        let name = if cfg!(windows) {
            "Scripts/python.exe"
        } else {
            "bin/python"
        };
        for folder in executable.iter().flat_map(|path| path.ancestors().skip(1)) {
            // Cargo's target folder says what it is.
            if folder.join("CACHEDIR.TAG").is_file() {
                paths.push(folder.join("native/executorch-python").join(name));
            }
        }
    }
    match paths.iter().find(|path| path.is_file()) {
        Some(path) => Ok(path.clone()),
        None => Err(PteError::NoPython {
            tried: match paths.is_empty() {
                true => {
                    vec!["cargo's target folder, which this program does not lie in".to_owned()]
                }
                false => paths
                    .iter()
                    .map(|path| path.display().to_string())
                    .collect(),
            },
        }),
    }
}

/// Writes tensors by name as safetensors.
fn write<'a>(
    path: &Path,
    tensors: impl Iterator<Item = (String, Vec<usize>, &'a [f32])>,
) -> Result<(), PteError> {
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .map(|(name, shape, values)| {
            let bytes = values.iter().flat_map(|value| value.to_le_bytes());
            (name, shape, bytes.collect())
        })
        .collect();
    let views = bytes
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, SafeTensorError>>()?;
    let content = safetensors::serialize(views, None)?;
    Ok(fs::write(path, content).map_err(FileError::write(path))?)
}

fn parse(line: &str) -> Result<Line, PteError> {
    serde_json::from_str(line).map_err(|error| PteError::Protocol {
        expected: "a line of progress, result or error",
        got: format!("a line that is none: {error}"),
    })
}

/// The end of what a stream holds.
fn last_words(stream: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        let _ = stream.read_to_end(&mut bytes);
    }
    let text = String::from_utf8_lossy(&bytes);
    let skip = text.chars().count().saturating_sub(SAID);
    let end: String = text.trim_end().chars().skip(skip).collect();
    if end.is_empty() {
        "nothing".to_owned()
    } else {
        end
    }
}

/// Makes sure that the result is that of the job.
fn check(lowered: &Lowered, job: &Job<'_>) -> Result<(), PteError> {
    let encoders = job.encoders.iter().map(|encoder| &encoder.file);
    let wanted: Vec<&String> = encoders
        .chain(job.steps.iter().map(|step| &step.file))
        .collect();
    let got: Vec<&String> = lowered.files.iter().map(|file| &file.file).collect();
    if wanted != got {
        return Err(PteError::Protocol {
            expected: "the programs that were asked for",
            got: format!("{got:?}"),
        });
    }
    for file in &lowered.files {
        let bytes = fs::metadata(job.output.join(&file.file)).map_or(0, |about| about.len());
        if bytes != file.bytes || bytes == 0 || file.delegated > file.total {
            return Err(PteError::Protocol {
                expected: "a description of the programs that are there",
                got: format!("{} bytes for {} of {bytes}", file.bytes, file.file),
            });
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::fixtures::{random_weights, small_config};

    /// What comes of a job with an interpreter that runs `script`.
    fn lower(script: &str) -> Result<Lowered, PteError> {
        let folder = tempfile::tempdir().unwrap();
        let interpreter = folder.path().join("python");
        fs::write(&interpreter, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&interpreter, fs::Permissions::from_mode(0o755)).unwrap();
        let python = Python::find(Some(&interpreter), folder.path())?;
        let config = small_config();
        let output = folder.path().join("out");
        fs::create_dir(&output).unwrap();
        let weights = random_weights(&config, 1).tensors;
        let encoders = [EncoderJob::float("e.pte", super::super::Mode::Xnnpack)];
        let request = Request {
            config: &config,
            tensors: &weights,
            calibration: &[],
            encoders: &encoders,
            steps: &[],
        };
        python.lower(&request, &output, &mut |_| ())
    }

    fn error(script: &str) -> PteError {
        match lower(script) {
            Err(error) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_package_is_whole() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/python/swipekit_pte");
        let entries = fs::read_dir(folder).unwrap().flatten();
        let mut there: Vec<String> = entries
            .map(|entry| entry.file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".py"))
            .collect();
        there.sort();
        let listed: Vec<&str> = SOURCES.iter().map(|(name, _)| *name).collect();
        assert_eq!(there, listed);
    }

    #[test]
    fn errors_of_the_other_side_are_typed() {
        let line = r#"echo '{"error": {"stage": "lowering", "kind": "KeyError", "message": "x"}}'; exit 1"#;
        assert!(
            matches!(error(line), PteError::Python { stage, kind, .. } if (&stage[..], &kind[..]) == ("lowering", "KeyError"))
        );
        match error("echo boom >&2; exit 7") {
            PteError::Ended { status, said } => {
                assert!(status.contains('7'), "{status}");
                assert_eq!(said, "boom");
            }
            other => panic!("{other}"),
        }
        assert!(matches!(error("kill -9 $$"), PteError::Ended { .. }));
        assert!(matches!(error("echo hello"), PteError::Protocol { .. }));
        assert!(matches!(error("exit 0"), PteError::Ended { .. }));
        // A flood on standard error does not stop it.
        assert!(matches!(
            error("yes | head -c 1000000 >&2; exit 3"),
            PteError::Ended { .. }
        ));
    }

    #[test]
    fn results_of_another_job_are_refused() {
        let versions =
            r#""versions": {"python": "3", "torch": "2", "torchao": "0", "executorch": "1"}"#;
        let none = format!(r#"echo '{{"result": {{{versions}, "files": []}}}}'"#);
        assert!(matches!(error(&none), PteError::Protocol { .. }));
        let absent = format!(
            r#"echo '{{"result": {{{versions}, "files": [{{"file": "e.pte", "kind": "encoder", "mode": "xnnpack", "bytes": 7,
            "seconds": 1.0, "subgraphs": 1, "delegated": 1, "total": 1, "outside": {{}}, "quantize_nodes": 0,
            "dequantize_nodes": 0}}]}}}}' | tr -d '\n'; echo"#
        );
        assert!(matches!(error(&absent), PteError::Protocol { .. }));
    }

    #[test]
    fn an_interpreter_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("no-python");
        let got = Python::find(Some(&path), folder.path()).unwrap_err();
        let message = got.to_string();
        assert!(
            message.contains("no-python") && message.contains("cargo xtask setup --executorch")
        );
    }
}
