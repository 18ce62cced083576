//! What the Python side says of the programs that it wrote.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The result of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lowered {
    /// What made the programs.
    pub versions: Versions,
    /// The programs, in the order that they were asked for.
    pub files: Vec<LoweredFile>,
}

/// Versions of what made a program.
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
    /// `dynamic` or `static`, of an encoder in 8 bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// Bytes.
    pub bytes: u64,
    /// Seconds that it took.
    pub seconds: f64,
    /// Parts of the graph that XNNPACK runs, each as a whole.
    pub subgraphs: u64,
    /// Nodes inside of them.
    pub delegated: u64,
    /// All nodes.
    pub total: u64,
    /// Operators outside of them, with how often each stands there.
    pub outside: BTreeMap<String, u64>,
    /// Nodes that quantize or choose a range, before the lowering.
    pub quantize_nodes: u64,
    /// Nodes that go back to floats, before the lowering.
    pub dequantize_nodes: u64,
}

impl LoweredFile {
    /// Share of the nodes that XNNPACK runs, 0 to 1.
    pub fn delegated_share(&self) -> f64 {
        self.delegated as f64 / self.total.max(1) as f64
    }
}
