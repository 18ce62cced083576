//! The runtimes that run the encoder.
//!
//! The rest of the crate sees a runtime as an [`Encoder`]. ONNX Runtime (feature `ort`) is loaded
//! at run time from a shared library on the machine; nothing is downloaded. The crate's
//! documentation lists the locations that are searched.
//!
//! ONNX Runtime's official builds report usage to its makers by default; this crate turns that off.
//! The first use sets `ORT_DISABLE_TELEMETRY=1` in the environment of the process, unless it is
//! already `1`. Except on Windows, no C code in another thread may access the environment at that
//! moment. A program with such threads sets the variable itself before it starts them.
//!
//! ExecuTorch (feature `executorch`) is linked into the program; see `docs/EXECUTORCH.md`.

#[cfg(any(feature = "onnxruntime", feature = "executorch"))]
mod contract;
#[cfg(any(feature = "onnxruntime", feature = "executorch"))]
mod copies;
mod executorch;
mod kind;
mod onnx;
mod settings;
mod spec;
mod tensor;

use std::fmt::{self, Debug};
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::limits::CancelToken;
use kind::Kind;

#[cfg(feature = "executorch")]
pub use executorch::{EXECUTORCH_VERSION, PteEncoder, PteModel};
pub(crate) use kind::EncoderSource;
#[cfg(feature = "onnxruntime")]
pub use onnx::{Loaded, OnnxEncoder, OnnxModel, OptimizedFormat, load, loaded};
pub(crate) use settings::Problem;
pub use settings::{CONFIG_KEYS, Execution, MAX_THREADS, OptimizationLevel, SessionSpec};
pub use spec::{ANY_ARCHITECTURE, OptimizedSpec, RuntimeSpec, TARGETS};
pub use tensor::{Tensor, TensorData};

/// The runtimes that this version knows.
static KINDS: [Kind; 2] = [onnx::KIND, executorch::KIND];

/// Name of ONNX Runtime in manifests.
pub const ONNXRUNTIME: &str = onnx::KIND.name;
/// Name of ExecuTorch in manifests.
pub const EXECUTORCH: &str = executorch::KIND.name;

/// Settings of a runtime.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RuntimeOptions {
    /// Threads that share one operator, overriding those of [`session`](Self::session). `None` by
    /// default; set 2 where a single swipe takes too long. ExecuTorch has one pool per process: the
    /// first number above 1 sets its size, and another number is refused.
    pub threads: Option<usize>,
    /// Copies of an encoder, and so the number of concurrent runs. Default 1, because a keyboard
    /// has one gesture at a time and every copy holds the weights again. To decode many swipes at
    /// once, set the number of worker threads.
    pub copies: usize,
    /// Path of the runtime's shared library; `None` (default) searches the usual locations. Only
    /// the first use in a process counts, because the library is loaded once.
    pub library: Option<PathBuf>,
    /// Settings of the session, overriding the bundle's. `None` (default) takes the bundle's own
    /// or, without a bundle, [`SessionSpec::default`]: one thread, and nothing spins or waits
    /// between gestures.
    pub session: Option<SessionSpec>,
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        Self {
            threads: None,
            copies: 1,
            library: None,
            session: None,
        }
    }
}

/// A loaded encoder, shared by all sessions of an engine.
///
/// Any number of threads may run it; a run waits where no copy is idle (see
/// [`RuntimeOptions::copies`]).
pub trait Encoder: Debug + Send + Sync {
    /// Encodes one swipe: `features` is `[F, T]` row-major with T = `samples`; `encoded` receives
    /// `[T', D]` row-major and keeps its memory between calls. Returns T'.
    ///
    /// # Errors
    /// [`Error::Shape`] where `features` is not `[F, T]` with T >= 1 or the output does not fit the
    /// model, [`Error::TooLarge`] for more samples than the encoder takes, [`Error::Runtime`] where
    /// the runtime fails, [`Error::NotFinite`] where the output has NaN or infinity. `encoded` is
    /// empty after an error.
    fn encode(&self, features: &[f32], samples: usize, encoded: &mut Vec<f32>) -> Result<usize>;

    /// As [`encode`](Self::encode), cancellable by `cancel`: during the run where the runtime
    /// supports it, otherwise before or after the run.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode), and [`Error::Cancelled`].
    fn encode_until(
        &self,
        features: &[f32],
        samples: usize,
        cancel: &CancelToken,
        encoded: &mut Vec<f32>,
    ) -> Result<usize> {
        encoded.clear();
        cancel.check()?;
        let frames = self.encode(features, samples, encoded)?;
        cancel.check().inspect_err(|_| encoded.clear())?;
        Ok(frames)
    }

    /// Name and version of its runtime.
    fn runtime(&self) -> RuntimeInfo;
}

/// Name and version of an encoder's runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuntimeInfo {
    /// Name: `ONNX Runtime` or `ExecuTorch`.
    pub name: &'static str,
    /// Version, for example `1.32.0`; empty where it is unknown.
    pub version: String,
}

impl fmt::Display for RuntimeInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// Opens an encoder in the runtime and with the settings that its manifest names. It prefers the
/// encoder that was optimized beforehand, if one fits this machine.
///
/// # Errors
/// [`Error::Unsupported`] for a runtime that this build lacks or that is older than the manifest's
/// minimum; otherwise the runtime's errors.
pub(crate) fn open_encoder(
    source: &EncoderSource<'_>,
    options: &RuntimeOptions,
) -> Result<Box<dyn Encoder>> {
    if let Some(kind) = kind(&source.spec.kind)
        && let Some(encoder) = kind.open(source, options)?
    {
        return Ok(encoder);
    }
    Err(Error::Unsupported {
        path: source.path.to_path_buf(),
        what: "the runtime",
        expected: supported().join(", "),
        got: source.spec.kind.clone(),
    })
}

/// The runtime with the name `name` in manifests.
pub(crate) fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// Names in manifests of the runtimes that this version knows. A build may lack some of them
/// ([`supported`]).
pub fn known() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

/// Names of the runtimes that run encoders optimized beforehand.
pub(crate) fn run_optimized() -> Vec<&'static str> {
    let able = KINDS.iter().filter(|kind| kind.runs_optimized);
    able.map(|kind| kind.name).collect()
}

/// Names in manifests of the runtimes that this build includes.
pub fn supported() -> Vec<&'static str> {
    let built = KINDS.iter().filter(|kind| kind.runner.is_some());
    built.map(|kind| kind.name).collect()
}
