//! The Python side's report on the programs it wrote.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The result of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lowered {
    /// Versions of the tools.
    pub versions: Versions,
    /// The programs, in the requested order.
    pub files: Vec<LoweredFile>,
}

/// Versions of the tools that made a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// Python.
    pub python: String,
    /// PyTorch.
    pub torch: String,
    /// TorchAO, which quantizes.
    pub torchao: String,
    /// ExecuTorch.
    pub executorch: String,
}

/// A program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoweredFile {
    /// File name.
    pub file: String,
    /// `encoder` or `step`.
    pub kind: String,
    /// `fp32`, `xnnpack` or `int8`.
    pub mode: String,
    /// `dynamic` or `static`, for an 8-bit encoder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// Size in bytes.
    pub bytes: u64,
    /// Duration in seconds.
    pub seconds: f64,
    /// Number of subgraphs that XNNPACK runs.
    pub subgraphs: u64,
    /// Number of nodes in them.
    pub delegated: u64,
    /// Number of all nodes.
    pub total: u64,
    /// Number of nodes outside of them, by operator.
    pub outside: BTreeMap<String, u64>,
    /// Number of nodes that quantize or choose a range, before the lowering.
    pub quantize_nodes: u64,
    /// Number of nodes that dequantize, before the lowering.
    pub dequantize_nodes: u64,
}

impl LoweredFile {
    /// Share of the nodes that XNNPACK runs, 0 to 1.
    pub fn delegated_share(&self) -> f64 {
        self.delegated as f64 / self.total.max(1) as f64
    }
}
