//! A bundle's description of its runtime.

use serde::{Deserialize, Serialize};

use super::settings::{OptimizationLevel, Problem, SessionSpec};

/// Targets for which a bundle can be tuned.
pub const TARGETS: [&str; 3] = ["desktop", "android", "web"];

/// [`OptimizedSpec::architecture`] of a file that suits every processor.
pub const ANY_ARCHITECTURE: &str = "any";

/// The runtime that a bundle's encoder needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeSpec {
    /// Name of the runtime: [`ONNXRUNTIME`](super::ONNXRUNTIME) or
    /// [`EXECUTORCH`](super::EXECUTORCH).
    pub kind: String,
    /// The oldest version of the runtime that runs the encoder, for example `1.17`.
    pub minimum: String,
    /// File name of the encoder, for example `encoder.onnx` or `encoder.pte`.
    pub encoder: String,
    /// File name of the step graph (prediction network and joint), for decoders like the seed's.
    pub step: Option<String>,
    /// File name of the prediction network's and joint's weights, which this crate runs itself.
    pub transducer: String,
    /// File name of the table of prefixes that the prediction network has already run for, for
    /// example `prefixes.safetensors`; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefixes: Option<String>,
    /// The target that the bundle was tuned for, one of [`TARGETS`]; `None` for none. It is
    /// informative only: the fields below hold the resulting settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Settings of the encoder's session; the defaults where a manifest has none. ExecuTorch uses
    /// only the threads.
    #[serde(default)]
    pub session: SessionSpec,
    /// The encoder optimized beforehand; `None` where the bundle has only the plain one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimized: Option<OptimizedSpec>,
}

impl RuntimeSpec {
    /// Major and minor number of [`RuntimeSpec::minimum`]; `None` where it has another form than
    /// `1.17` or `1.17.3`.
    pub fn minimum_version(&self) -> Option<(u32, u32)> {
        major_minor(&self.minimum)
    }
}

/// Major and minor number of a version of the form `1.17` or `1.17.3`; `None` for another form.
pub(super) fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(|part| {
        let digits = (1..=6).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_digit());
        digits.then(|| part.parse::<u32>().ok()).flatten()
    });
    let version = (parts.next()??, parts.next()??);
    let patch = parts.next();
    (patch != Some(None) && parts.next().is_none()).then_some(version)
}

/// An encoder that ONNX Runtime has optimized beforehand, which loads in half the time.
///
/// It is the encoder of [`RuntimeSpec::encoder`] and replaces it where the processor is of
/// [`architecture`](Self::architecture) and the runtime is [`runtime`](Self::runtime) or newer. The
/// session's own level is applied on top at loading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizedSpec {
    /// File name, for example `encoder.ort` or `encoder.optimized.onnx`; the runtime detects the
    /// format from the content.
    pub file: String,
    /// `any`, or the only architecture that it suits, by Rust's name: `x86_64`, `aarch64`.
    pub architecture: String,
    /// The runtime's version that made it, for example `1.32`. Older ones may lack its operators.
    pub runtime: String,
    /// How far it was optimized: basic or extended. All is refused, because such a file suits one
    /// processor only.
    pub level: OptimizationLevel,
}

impl OptimizedSpec {
    /// Whether the file suits a processor of `architecture` (by Rust's name) under the runtime
    /// `version`. Never for an empty, that is unknown, version.
    pub fn serves(&self, architecture: &str, version: &str) -> bool {
        let fits = self.architecture == ANY_ARCHITECTURE || self.architecture == architecture;
        let needed = major_minor(&self.runtime);
        fits && needed.is_some() && needed <= major_minor(version)
    }
}

impl OptimizedSpec {
    /// Returns the first invalid field as an error, without reading files.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let is_name = (1..=32).contains(&self.architecture.len())
            && self
                .architecture
                .bytes()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
        if !is_name {
            return Err(Problem::new(
                "runtime.optimized.architecture",
                "any, or a name such as x86_64",
                &self.architecture,
            ));
        }
        if major_minor(&self.runtime).is_none() {
            return Err(Problem::new(
                "runtime.optimized.runtime",
                "a version such as 1.32",
                &self.runtime,
            ));
        }
        if !matches!(
            self.level,
            OptimizationLevel::Basic | OptimizationLevel::Extended
        ) {
            return Err(Problem::new(
                "runtime.optimized.level",
                "basic or extended",
                self.level,
            ));
        }
        Ok(())
    }
}
