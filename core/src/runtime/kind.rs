//! What the crate knows of each runtime, whether a build has it or not.

use std::path::Path;

use super::spec::{RuntimeSpec, major_minor};
use super::{Encoder, RuntimeOptions};
use crate::bytes::Bytes;
use crate::error::{Error, Result};
use crate::transducer::ModelSpec;

/// A runtime: what manifests call it and how it opens an encoder. Each runtime's folder has one.
pub(crate) struct Kind {
    /// Name in manifests.
    pub(crate) name: &'static str,
    /// Name in messages.
    pub(crate) title: &'static str,
    /// Whether it runs encoders that were optimized beforehand
    /// ([`RuntimeSpec::optimized`]).
    pub(crate) runs_optimized: bool,
    /// What runs its encoders; `None` where this build does not have it.
    pub(super) runner: Option<Runner>,
}

/// A runtime that this build has.
pub(super) struct Runner {
    /// Loads the runtime and gives its version; an empty one is not known.
    pub(super) version: fn(&RuntimeOptions) -> Result<String>,
    /// Opens an encoder in the runtime of that version.
    pub(super) open: fn(&EncoderSource<'_>, &str, &RuntimeOptions) -> Result<Box<dyn Encoder>>,
}

/// What an encoder is opened of: the parts of a bundle that a runtime looks at.
#[cfg_attr(
    not(any(feature = "onnxruntime", feature = "executorch")),
    allow(dead_code, reason = "no runtime looks at it")
)]
pub(crate) struct EncoderSource<'a> {
    /// The bundle's path, for errors.
    pub(crate) path: &'a Path,
    /// What the manifest says of the runtime.
    pub(crate) spec: &'a RuntimeSpec,
    /// Dimensions of the network.
    pub(crate) model: &'a ModelSpec,
    /// The content of a file of the bundle, by its name.
    pub(crate) file: &'a dyn Fn(&str) -> Result<Bytes>,
}

impl Kind {
    /// Opens an encoder, where this build has the runtime and it is as new as the manifest asks. A
    /// version that is not known counts as new enough.
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
