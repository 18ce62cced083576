//! `report.json`: the checks and measurements of a bundle.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::encoders::EncoderReport;
use super::target::Target;
use crate::audit::{Audit, SizeAudit};
use crate::judge::compare::Comparison;
use crate::pte::{LoweredFile, Mode, Versions};
use crate::quantize::Precision;
use crate::quantize::probe::Effect;
use crate::validate::ValidationReport;

/// The checks and measurements of one bundle; its `report.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Name of the bundle.
    pub bundle: String,
    /// Target of the bundle.
    pub target: Target,
    /// Precision of the encoder.
    pub precision: Precision,
    /// Name of the checkpoint.
    pub checkpoint: String,
    /// SHA-256 of the checkpoint.
    pub checkpoint_sha256: String,
    /// Number of the network's parameters.
    pub parameters: u64,
    /// Size of every file except the reports, in bytes.
    pub bytes: BTreeMap<String, u64>,
    /// The same after deflate, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compressed: Option<BTreeMap<String, u64>>,
    /// The FP32 graphs against the reference.
    pub validation: ValidationReport,
    /// How the encoder was made.
    pub encoder: EncoderReport,
    /// Contents of the encoder's file, and how ONNX Runtime optimizes it. For ONNX bundles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
    /// How the programs were made. For ExecuTorch bundles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lowering: Option<LoweringReport>,
    /// Number of golden swipes that the finished bundle passed.
    pub golden_swipes: usize,
    /// Words, frames, times and memory next to the FP32 bundle, if a swipe file was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
}

impl Report {
    /// Size of the encoder.
    pub fn size(&self) -> Option<SizeAudit> {
        let audit = self.audit.as_ref().map(|audit| audit.size);
        audit.or_else(|| self.lowering.as_ref().map(|lowering| lowering.size))
    }
}

/// How a bundle's ExecuTorch programs were made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoweringReport {
    /// The requested mode.
    pub mode: Mode,
    /// Versions of the tools that made them.
    pub versions: Versions,
    /// The encoder.
    pub encoder: LoweredFile,
    /// The step.
    pub step: LoweredFile,
    /// The encoder's size. The ratio is to the FP32 ONNX encoder.
    pub size: SizeAudit,
    /// Percent of the encoder's nodes that XNNPACK runs.
    pub delegated_percent: f64,
    /// Whether the columns of the first layer's input were equalized.
    pub equalized: bool,
    /// How the 8-bit encoder changes the words of the calibration swipes, and the frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// Problems that are no reason to refuse the bundle.
    pub warnings: Vec<String>,
}

/// One bundle of an export.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// Its folder.
    pub path: PathBuf,
    /// Its report.
    #[serde(flatten)]
    pub report: Report,
}

/// The result of an export.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The bundles, in the requested order.
    pub bundles: Vec<Exported>,
    /// Duration of the export in seconds.
    pub seconds: f64,
    /// Resident memory at the end, in MiB.
    pub rss_mb: f64,
}
