//! The machines that bundles are for.

use serde::Serialize;
use swipekit::internals::bundle::manifest::{Execution, SessionSpec};

use crate::quantize::recipe::{DYNAMIC_U8S7, DYNAMIC_U8S8, Recipe, STATIC_S8S8, STATIC_U8S7};

/// Where a bundle runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// ONNX Runtime on x86 processors, with or without VNNI.
    Desktop,
    /// ONNX Runtime on ARM processors.
    Android,
    /// ONNX Runtime Web, WebAssembly.
    Web,
}

impl Target {
    /// Name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Android => "android",
            Self::Web => "web",
        }
    }

    /// The INT8 recipes to try, best first.
    ///
    /// Desktop and web use 7-bit weights, which cannot overflow the 16-bit sums of any processor.
    /// Dynamic ranges cost less accuracy than calibrated ones there and are as fast (measured:
    /// `docs/QUANTIZATION.md`). ARM multiplies signed by signed. That needs calibrated ranges,
    /// because ONNX's dynamic ones are unsigned.
    pub fn recipes(self) -> &'static [Recipe] {
        match self {
            Self::Desktop | Self::Web => &[DYNAMIC_U8S7, STATIC_U8S7],
            Self::Android => &[STATIC_S8S8, DYNAMIC_U8S8],
        }
    }

    /// Settings of the encoder's session. No thread spins, because gestures are rare.
    pub fn session(self) -> SessionSpec {
        let mut session = SessionSpec::default();
        // The arena makes it 10% faster and takes a few MiB. On a phone, other apps need the memory
        // more.
        session.arena = self != Self::Android;
        session.memory_pattern = self != Self::Android;
        // A page has threads, but slow ones. Independent operators run in parallel.
        if self == Self::Web {
            session.execution = Execution::Parallel;
            session.inter_threads = 2;
        }
        session
    }

    /// The processor that a pre-optimized encoder is for, by Rust's name.
    pub fn architecture(self) -> &'static str {
        match self {
            Self::Desktop => "x86_64",
            Self::Android => "aarch64",
            Self::Web => "wasm32",
        }
    }
}
