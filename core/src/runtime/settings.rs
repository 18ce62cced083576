//! Settings of the session that runs an encoder.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

/// Threads of a kind at most: more is a mistake, and each costs a stack.
pub const MAX_THREADS: usize = 256;

/// The session configuration of ONNX Runtime that a bundle may give, each `0` or `1`:
///
/// * `session.qdqisint8allowed`: keep signed activations signed. ONNX Runtime's default is `1` on
///   ARM and `0` elsewhere, where it rewrites them to unsigned ones, which x86 multiplies faster.
/// * `session.disable_quant_qdq`: run quantized models in float.
/// * `session.disable_double_qdq_remover`, `session.enable_quant_qdq_cleanup`: how neighbouring
///   pairs of QuantizeLinear and DequantizeLinear are merged.
/// * `session.disable_prepacking`: less memory, slower.
/// * `optimization.enable_gelu_approximation`: faster, less exact.
///
/// Everything else is refused: other settings name files, belong to other devices, have a field of
/// their own in [`SessionSpec`], or reach beyond the session, as `session.set_denormal_as_zero`
/// does, which changes the arithmetic of the app's own thread. `session.x64quantprecision` is among
/// them: ONNX Runtime 1.32 then fails to load graphs whose layers share a constant.
pub const CONFIG_KEYS: [&str; 6] = [
    "optimization.enable_gelu_approximation",
    "session.disable_double_qdq_remover",
    "session.disable_prepacking",
    "session.disable_quant_qdq",
    "session.enable_quant_qdq_cleanup",
    "session.qdqisint8allowed",
];

/// Whether independent nodes of the graph run at the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Execution {
    /// One node after the other.
    #[default]
    Sequential,
    /// Up to [`SessionSpec::inter_threads`] nodes at a time.
    Parallel,
}

/// How far the runtime rewrites the graph before it runs it; each level has all of those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizationLevel {
    /// Not at all.
    Disabled,
    /// Constants folded, redundant nodes removed.
    Basic,
    /// Nodes fused, quantized operators formed. What comes out runs on every processor of the
    /// architecture.
    Extended,
    /// Memory layouts chosen for the very processor: on x86 blocks of 8 or 16 channels (NCHWc),
    /// whichever fits its vectors. What comes out must not leave the machine.
    #[default]
    All,
}

impl Display for OptimizationLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => "disabled",
            Self::Basic => "basic",
            Self::Extended => "extended",
            Self::All => "all",
        })
    }
}

/// Settings of the session that runs the encoder. The defaults suit single swipes that come now and
/// then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SessionSpec {
    /// Threads that one operator is spread over, 1 to 256. Default 1: no pool is made and one swipe
    /// is too small to gain from more.
    pub threads: usize,
    /// Whether independent nodes run at the same time. Default sequential.
    pub execution: Execution,
    /// Nodes that run at the same time where `execution` is parallel, 1 to 256; no effect
    /// otherwise. Default 1.
    pub inter_threads: usize,
    /// Whether threads without work spin instead of sleep: up to half a second of battery after a
    /// run. Default `false`.
    pub spinning: bool,
    /// Whether memory comes out of an arena, which grows in powers of two and never gives its peak
    /// back. Default `false`.
    pub arena: bool,
    /// Whether the places of all tensors are planned, once for each shape: every swipe has another
    /// length. Default `false`.
    pub memory_pattern: bool,
    /// How far the runtime rewrites the graph when it loads it. Default all.
    pub optimization: OptimizationLevel,
    /// Further configuration of the session, of [`CONFIG_KEYS`]. Default none.
    pub config: BTreeMap<String, String>,
}

impl Default for SessionSpec {
    fn default() -> Self {
        Self {
            threads: 1,
            execution: Execution::default(),
            inter_threads: 1,
            spinning: false,
            arena: false,
            memory_pattern: false,
            optimization: OptimizationLevel::default(),
            config: BTreeMap::new(),
        }
    }
}

/// What is wrong with a setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The setting.
    pub what: &'static str,
    /// What is accepted.
    pub expected: String,
    /// What was given; of any length.
    pub got: String,
}

impl Problem {
    pub(super) fn new(what: &'static str, expected: impl ToString, got: impl ToString) -> Self {
        Self {
            what,
            expected: expected.to_string(),
            got: got.to_string(),
        }
    }
}

impl SessionSpec {
    /// The first setting that is out of range.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        for (what, threads) in [
            ("the threads of the session", self.threads),
            ("the inter_threads of the session", self.inter_threads),
        ] {
            if !(1..=MAX_THREADS).contains(&threads) {
                return Err(Problem::new(what, format!("1 to {MAX_THREADS}"), threads));
            }
        }
        for (key, value) in &self.config {
            if !CONFIG_KEYS.contains(&key.as_str()) {
                let expected = format!("keys of {}", CONFIG_KEYS.join(", "));
                return Err(Problem::new("the config of the session", expected, key));
            }
            if !matches!(value.as_str(), "0" | "1") {
                return Err(Problem::new(
                    "a value in the config of the session",
                    "0 or 1",
                    value,
                ));
            }
        }
        Ok(())
    }
}
