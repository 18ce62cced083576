//! Facts about each runtime, whether or not a build includes it.

use std::path::Path;

use super::spec::{RuntimeSpec, major_minor};
use super::{Encoder, RuntimeOptions};
use crate::bytes::Bytes;
use crate::error::{Error, Result};
use crate::transducer::ModelSpec;

/// A runtime: its names and how it opens an encoder. Each runtime's folder defines one.
pub(crate) struct Kind {
    /// Name in manifests.
    pub(crate) name: &'static str,
    /// Name in messages.
    pub(crate) title: &'static str,
    /// Whether it runs encoders that were optimized beforehand ([`RuntimeSpec::optimized`]).
    pub(crate) runs_optimized: bool,
    /// The code that runs its encoders; `None` where this build lacks the runtime.
    pub(super) runner: Option<Runner>,
}

/// A runtime that this build includes.
pub(super) struct Runner {
    /// Loads the runtime and returns its version; empty means unknown.
    pub(super) version: fn(&RuntimeOptions) -> Result<String>,
    /// Opens an encoder in the runtime of that version.
    pub(super) open: fn(&EncoderSource<'_>, &str, &RuntimeOptions) -> Result<Box<dyn Encoder>>,
}

/// The parts of a bundle from which a runtime opens an encoder.
#[cfg_attr(
    not(any(feature = "onnxruntime", feature = "executorch")),
    allow(dead_code, reason = "no runtime looks at it")
)]
pub(crate) struct EncoderSource<'a> {
    /// The bundle's path, for errors.
    pub(crate) path: &'a Path,
    /// The manifest's description of the runtime.
    pub(crate) spec: &'a RuntimeSpec,
    /// Dimensions of the network.
    pub(crate) model: &'a ModelSpec,
    /// Returns the content of the bundle's file with the given name.
    pub(crate) file: &'a dyn Fn(&str) -> Result<Bytes>,
}

impl Kind {
    /// Opens an encoder, if this build includes the runtime and its version meets the manifest's
    /// minimum. An unknown version counts as recent enough.
    pub(super) fn open(
        &self,
        source: &EncoderSource<'_>,
        options: &RuntimeOptions,
    ) -> Result<Option<Box<dyn Encoder>>> {
        let Some(runner) = &self.runner else {
            return Ok(None);
        };
        let version = (runner.version)(options)?;
        let known = major_minor(&version);
        if known.is_some() && known < source.spec.minimum_version() {
            return Err(Error::Unsupported {
                path: source.path.to_path_buf(),
                what: self.title,
                expected: version,
                got: format!("{} or newer", source.spec.minimum),
            });
        }
        (runner.open)(source, &version, options).map(Some)
    }
}
