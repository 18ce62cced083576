//! What a bundle is made for.

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
    /// Desktop and web multiply 7-bit weights, which no processor's 16-bit sums overflow with; each
    /// swipe's own ranges cost less accuracy than ranges from calibration and are as fast. ARM
    /// multiplies signed by signed, which needs ranges from calibration: ONNX's dynamic ones are
    /// unsigned.
    pub fn recipes(self) -> &'static [Recipe] {
        match self {
            Self::Desktop | Self::Web => &[DYNAMIC_U8S7, STATIC_U8S7],
            Self::Android => &[STATIC_S8S8, DYNAMIC_U8S8],
        }
    }

    /// Settings of the encoder's session. Nothing spins anywhere: gestures come now and then.
    pub fn session(self) -> SessionSpec {
        let mut session = SessionSpec::default();
        // A tenth faster for a few MiB, which a keyboard on a phone keeps for other apps.
        session.arena = self != Self::Android;
        session.memory_pattern = self != Self::Android;
        // A page has threads but slow ones: independent operators run side by side.
        if self == Self::Web {
            session.execution = Execution::Parallel;
            session.inter_threads = 2;
        }
        session
    }

    /// The processor that an encoder optimized beforehand is for, by Rust's name.
    pub fn architecture(self) -> &'static str {
        match self {
            Self::Desktop => "x86_64",
            Self::Android => "aarch64",
            Self::Web => "wasm32",
        }
    }
}
