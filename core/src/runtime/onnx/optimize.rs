//! Writes models after ONNX Runtime's own optimization.

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
    /// ONNX Runtime's own format (`.ort`), the only one that its reduced mobile builds read.
    Ort,
}

impl OptimizedFormat {
    /// ONNX Runtime's name for the format.
    fn name(self) -> &'static str {
        match self {
            Self::Onnx => "ONNX",
            Self::Ort => "ORT",
        }
    }
}

impl OnnxModel {
    /// Optimizes the model in `bytes` at `level` with ONNX Runtime and writes it to the file `to`,
    /// with the settings of `session` except its level. An existing file is replaced; after an
    /// error it is unchanged.
    ///
    /// The result depends on the machine:
    /// * `basic` and `extended` choose operators, not memory layouts, so their result runs on every
    ///   processor of the architecture. `all` arranges weights for the vectors of this machine's
    ///   processor.
    /// * On x86, quantized models with signed activations get unsigned ones, unless
    ///   `session.qdqisint8allowed` is `1` in the session's configuration. Set it for models that
    ///   are made here for ARM.
    /// * The file names every operator set of the runtime that made it, so older runtimes refuse
    ///   it.
    ///
    /// # Errors
    /// [`RuntimeNotFound`](crate::Error::RuntimeNotFound) where the runtime is missing;
    /// [`Runtime`](crate::Error::Runtime) where it refuses the model, cannot optimize it, or cannot
    /// read its own output; [`Invalid`](crate::Error::Invalid) for settings out of range;
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
            // The runtime does not distinguish a model that it refuses from a file that it cannot
            // write, for example on a full disk. Without the file, it refuses only the former.
            session_builder(&options)?
                .commit_from_memory(bytes)
                .map_err(failed(what))?;
            let message = format!("the disk may be full ({error})");
            return Err(write_error(to)(io::Error::other(message)));
        }
        // The runtime does not report every failed write, so the output must load again.
        session.optimization = OptimizationLevel::Disabled;
        options.session = Some(session);
        Self::from_bytes(&Bytes::map(partial.path())?, &options)?;
        partial.rename(to)
    }
}
