//! `report.json`: what was checked and measured of a bundle.

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

/// What an export checked and measured of one bundle; the bundle's `report.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Name of the bundle.
    pub bundle: String,
    /// What it is for.
    pub target: Target,
    /// Bits of the encoder.
    pub precision: Precision,
    /// Name of the checkpoint.
    pub checkpoint: String,
    /// SHA-256 of the checkpoint.
    pub checkpoint_sha256: String,
    /// Parameters of the network.
    pub parameters: u64,
    /// Bytes of every file but the reports.
    pub bytes: BTreeMap<String, u64>,
    /// The same after deflate, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compressed: Option<BTreeMap<String, u64>>,
    /// The FP32 graphs against the reference.
    pub validation: ValidationReport,
    /// How the encoder was made.
    pub encoder: EncoderReport,
    /// What is in the encoder's file, and what ONNX Runtime makes of it; of an ONNX bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
    /// How the programs were made; of a bundle for ExecuTorch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lowering: Option<LoweringReport>,
    /// Golden swipes that the finished bundle was tried on.
    pub golden_swipes: usize,
    /// Words, frames, times and memory next to the FP32 bundle, where a manifest was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
}

impl Report {
    /// What the encoder takes.
    pub fn size(&self) -> Option<SizeAudit> {
        let audit = self.audit.as_ref().map(|audit| audit.size);
        audit.or_else(|| self.lowering.as_ref().map(|lowering| lowering.size))
    }
}

/// How a bundle's programs for ExecuTorch were made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoweringReport {
    /// What was asked for.
    pub mode: Mode,
    /// What made them.
    pub versions: Versions,
    /// The encoder.
    pub encoder: LoweredFile,
    /// The step.
    pub step: LoweredFile,
    /// The encoder's size; the ratio is to the FP32 encoder as an ONNX graph.
    pub size: SizeAudit,
    /// Percent of the encoder's nodes that XNNPACK runs.
    pub delegated_percent: f64,
    /// Whether the columns of the first layer's input were evened out.
    pub equalized: bool,
    /// What the encoder in 8 bits does to the words of the calibration swipes, and to frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// What is not as it should be, but no reason to refuse the bundle.
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

/// What an export did.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The bundles, in the order that they were asked for.
    pub bundles: Vec<Exported>,
    /// Seconds that the export took.
    pub seconds: f64,
    /// Resident memory at the end, in MiB.
    pub rss_mb: f64,
}
