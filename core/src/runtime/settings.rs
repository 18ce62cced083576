//! Settings of the session that runs an encoder.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

/// Most threads of one kind: more would be a mistake, and each costs a stack.
pub const MAX_THREADS: usize = 256;

/// ONNX Runtime's session settings that a bundle may give, each `0` or `1`:
///
/// * `session.qdqisint8allowed`: keep signed activations signed. ONNX Runtime's default is `1` on
///   ARM and `0` elsewhere, where it rewrites them to unsigned ones, which x86 multiplies faster.
/// * `session.disable_quant_qdq`: run quantized models in float.
/// * `session.disable_double_qdq_remover`, `session.enable_quant_qdq_cleanup`: how to merge
///   neighbouring pairs of QuantizeLinear and DequantizeLinear.
/// * `session.disable_prepacking`: less memory, slower.
/// * `optimization.enable_gelu_approximation`: faster, less exact.
///
/// All other settings are refused. Some name files, belong to other devices, or have a field of
/// their own in [`SessionSpec`]. Others reach beyond the session, like
/// `session.set_denormal_as_zero`, which changes the arithmetic of the app's own thread.
/// `session.x64quantprecision` is refused because ONNX Runtime 1.32 then fails to load graphs whose
/// layers share a constant.
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

/// How far the runtime rewrites the graph before running it; each level includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizationLevel {
    /// Not at all.
    Disabled,
    /// Constants folded, redundant nodes removed.
    Basic,
    /// Nodes fused, quantized operators formed. The result runs on every processor of the
    /// architecture.
    Extended,
    /// Memory layouts chosen for this machine's processor: on x86 blocks of 8 or 16 channels
    /// (NCHWc), whichever fits its vectors. The result must not leave the machine.
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

/// Settings of the session that runs the encoder. The defaults suit occasional single swipes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SessionSpec {
    /// Threads that share one operator, 1 to 256. Default 1: it creates no pool, and one swipe is
    /// too small to gain from more.
    pub threads: usize,
    /// Whether independent nodes run at the same time. Default sequential.
    pub execution: Execution,
    /// Nodes that run at the same time where `execution` is parallel, 1 to 256; otherwise without
    /// effect. Default 1.
    pub inter_threads: usize,
    /// Whether idle threads spin instead of sleeping, which uses battery for up to half a second
    /// after a run. Default `false`.
    pub spinning: bool,
    /// Whether memory comes from an arena, which grows in powers of two and never releases its
    /// peak. Default `false`.
    pub arena: bool,
    /// Whether the runtime plans the positions of all tensors, once per shape; swipes differ in
    /// length and so rarely share a shape. Default `false`.
    pub memory_pattern: bool,
    /// How far the runtime rewrites the graph on loading. Default all.
    pub optimization: OptimizationLevel,
    /// Further session settings, from [`CONFIG_KEYS`]. Default none.
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

/// An invalid setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Name of the setting.
    pub what: &'static str,
    /// The accepted values.
    pub expected: String,
    /// The given value, of any length.
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
    /// Returns the first setting that is out of range as an error.
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
