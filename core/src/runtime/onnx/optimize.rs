//! Models as ONNX Runtime's own optimizer leaves them.

use std::io;
use std::path::Path;

use super::model::{OnnxModel, failed, session_builder};
use crate::bytes::Bytes;
use crate::error::Result;
use crate::files::{Partial, write_error};
use crate::runtime::{OptimizationLevel, RuntimeOptions, SessionSpec};

/// The file format of an optimized model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptimizedFormat {
    /// ONNX, with ONNX Runtime's operators among the standard ones.
    Onnx,
    /// ONNX Runtime's own format (`.ort`), the only one that its reduced builds for mobile read.
    Ort,
}

impl OptimizedFormat {
    /// The name that ONNX Runtime knows it by.
    fn name(self) -> &'static str {
        match self {
            Self::Onnx => "ONNX",
            Self::Ort => "ORT",
        }
    }
}

impl OnnxModel {
    /// Writes the model in `bytes` to the file `to` as ONNX Runtime's optimizer leaves it at
    /// `level`, with the settings of `session` (whose own level does not count). A file that is
    /// there is replaced; after an error it is as it was.
    ///
    /// The result depends on the machine more than one may expect:
    /// * `basic` and `extended` choose operators, not memory layouts: what they give runs on every
    ///   processor of an architecture. `all` lays weights out for the vectors of this very
    ///   processor.
    /// * On x86, quantized models with signed activations get unsigned ones, unless
    ///   `session.qdqisint8allowed` is `1` in the session's configuration: set it in a model that
    ///   is made here for ARM.
    /// * The file names every operator set of the runtime that made it: older runtimes refuse it.
    ///
    /// # Errors
    /// [`RuntimeNotFound`](crate::Error::RuntimeNotFound) where the runtime is not there;
    /// [`Runtime`](crate::Error::Runtime) where it refuses the model, cannot optimize it, or cannot
    /// read what it has written; [`Invalid`](crate::Error::Invalid) for settings out of range;
    /// [`Write`](crate::Error::Write) where the file cannot be written.
    pub fn optimize(
        bytes: &[u8],
        session: &SessionSpec,
        level: OptimizationLevel,
        format: OptimizedFormat,
        to: &Path,
    ) -> Result<()> {
        let mut session = session.clone();
        session.optimization = level;
        let mut options = RuntimeOptions {
            session: Some(session.clone()),
            ..RuntimeOptions::default()
        };
        let builder = session_builder(&options)?;
        let partial = Partial::beside(to, false)?;
        let what = "optimize a model";
        let builder = builder
            .with_config_entry("session.save_model_format", format.name())
            .map_err(failed(what))?;
        let mut builder = builder
            .with_optimized_model_path(partial.path())
            .map_err(failed(what))?;
        if let Err(error) = builder.commit_from_memory(bytes) {
            // The runtime does not tell a model that it refuses from a file that it cannot write,
            // on a full disk for one. The first is refused again without the file.
            session_builder(&options)?
                .commit_from_memory(bytes)
                .map_err(failed(what))?;
            let message = format!("the disk may be full ({error})");
            return Err(write_error(to)(io::Error::other(message)));
        }
        // Nor does it report every write that failed: what it wrote must load again.
        session.optimization = OptimizationLevel::Disabled;
        options.session = Some(session);
        Self::from_bytes(&Bytes::map(partial.path())?, &options)?;
        partial.rename(to)
    }
}
