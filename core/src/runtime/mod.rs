//! What runs the encoder.
//!
//! The rest of the crate knows a runtime as an [`Encoder`]. ONNX Runtime (feature `ort`) is loaded
//! at run time from a shared library that is already on the machine; nothing is downloaded. The
//! crate's documentation says where it is looked for.
//!
//! ONNX Runtime is kept from reporting usage to its makers, as its official builds do by default.
//! For that the first use writes `ORT_DISABLE_TELEMETRY=1` into the environment of the process,
//! unless it is there. On other systems than Windows no C code may access the environment in
//! another thread at that moment; a program that has such threads sets the variable itself before
//! it starts them.
//!
//! ExecuTorch (feature `executorch`) is linked into the program, see `docs/EXECUTORCH.md`.

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

/// ONNX Runtime, as manifests call it.
pub const ONNXRUNTIME: &str = onnx::KIND.name;
/// ExecuTorch, as manifests call it.
pub const EXECUTORCH: &str = executorch::KIND.name;

/// Settings of a runtime.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RuntimeOptions {
    /// Threads that one operator is spread over, in place of those of [`session`](Self::session).
    /// `None` by default; set 2 where a single swipe takes longer than the user should wait.
    /// ExecuTorch has one pool in a process: the first number above 1 decides, another one is
    /// refused.
    pub threads: Option<usize>,
    /// Copies of an encoder, and so runs that can go on at the same time. Default 1: a keyboard has
    /// one gesture at a time, and every copy holds the weights once more. Set the number of worker
    /// threads where many swipes are decoded at once.
    pub copies: usize,
    /// Path of the runtime's shared library; looked for in the usual places where it is `None`
    /// (default). Only the first use in a process counts: the library is loaded once.
    pub library: Option<PathBuf>,
    /// Settings of the session, in place of the bundle's. `None` (default) for the bundle's own, or
    /// for those of [`SessionSpec::default`] where there is no bundle: one thread, nothing spins or
    /// waits between gestures.
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

/// An encoder that is ready to run, shared by all sessions of an engine.
///
/// Runs are safe from any number of threads; those that find no copy idle (see
/// [`RuntimeOptions::copies`]) wait.
pub trait Encoder: Debug + Send + Sync {
    /// Encodes one swipe: `features` is `[F, T]` row-major with T = `samples`; `encoded` becomes
    /// `[T', D]` row-major, keeping its memory from call to call. Returns T'.
    ///
    /// # Errors
    /// [`Error::Shape`] where `features` is not `[F, T]` with T >= 1 or the runtime gives another
    /// shape than the model calls for, [`Error::TooLarge`] for more samples than it takes,
    /// [`Error::Runtime`] where the runtime fails, [`Error::NotFinite`] where it gives NaN or
    /// infinity. `encoded` is empty after an error.
    fn encode(&self, features: &[f32], samples: usize, encoded: &mut Vec<f32>) -> Result<usize>;

    /// As [`encode`](Self::encode), ended by `cancel`: within the run where the runtime can,
    /// otherwise before or after it.
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

    /// What runs it.
    fn runtime(&self) -> RuntimeInfo;
}

/// What runs an encoder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuntimeInfo {
    /// Name: `ONNX Runtime` or `ExecuTorch`.
    pub name: &'static str,
    /// Version, for example `1.32.0`; empty where it is not known.
    pub version: String,
}

impl fmt::Display for RuntimeInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// Opens an encoder in the runtime that its manifest names, with the settings that stand there; the
/// encoder that was optimized beforehand where there is one that fits this machine.
///
/// # Errors
/// [`Error::Unsupported`] for a runtime that this build does not have or that is older than the
/// manifest asks, otherwise what the runtime gives.
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

/// The runtime that manifests call `name`.
pub(crate) fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// The runtimes that this version knows, as a bundle's manifest names them; whether a build has
/// them is another question ([`supported`]).
pub fn known() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

/// The runtimes that run encoders which were optimized beforehand.
pub(crate) fn run_optimized() -> Vec<&'static str> {
    let able = KINDS.iter().filter(|kind| kind.runs_optimized);
    able.map(|kind| kind.name).collect()
}

/// The runtimes that this build can run, as a bundle's manifest names them.
pub fn supported() -> Vec<&'static str> {
    let built = KINDS.iter().filter(|kind| kind.runner.is_some());
    built.map(|kind| kind.name).collect()
}
