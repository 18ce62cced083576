//! What the runtime's optimizer makes of an artefact: whether integers are really multiplied.

use std::collections::BTreeMap;
use std::fs;

use serde::Serialize;
use swipekit::internals::bundle::manifest::{OptimizationLevel, SessionSpec};
use swipekit::internals::runtime::{OnnxModel, OptimizedFormat, loaded};

use super::AuditError;
use super::graph::{Graph, input, operator};
use super::tensors::operators;
use super::weights::WeightAudit;
use crate::check::FailedCheck;
use crate::files::FileError;
use crate::onnx::proto::Node;

/// Operators of ONNX Runtime that multiply integers.
pub const INTEGER_KERNELS: [&str; 7] = [
    "ConvInteger",
    "DynamicQuantizeMatMul",
    "MatMulInteger",
    "MatMulIntegerToFloat",
    "QGemm",
    "QLinearConv",
    "QLinearMatMul",
];

/// Operators that multiply floats.
const FLOAT_PRODUCTS: [&str; 6] = [
    "Conv",
    "FusedConv",
    "FusedGemm",
    "FusedMatMul",
    "Gemm",
    "MatMul",
];

/// Names of weights that an error lists at most.
const LISTED: usize = 5;

/// The artefact as the runtime's optimizer leaves it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OptimizedAudit {
    /// Version of the runtime.
    pub runtime: String,
    /// How far it was optimized: as far as the session's settings say, without layouts for the very
    /// processor.
    pub level: OptimizationLevel,
    /// How many nodes of each operator.
    pub operators: BTreeMap<String, usize>,
    /// Nodes among them that multiply integers.
    pub integer_kernels: usize,
}

/// Optimizes the artefact as a session with these settings does, on this machine.
///
/// Only operators are chosen, not memory layouts: those rename weights and belong to the very
/// processor.
pub(super) fn optimize(
    artefact: &[u8],
    session: &SessionSpec,
) -> Result<(OptimizedAudit, Graph), AuditError> {
    let level = session.optimization.min(OptimizationLevel::Extended);
    let folder = tempfile::tempdir().map_err(FileError::write(std::env::temp_dir()))?;
    let path = folder.path().join("optimized.onnx");
    OnnxModel::optimize(artefact, session, level, OptimizedFormat::Onnx, &path)
        .map_err(|error| AuditError::Runtime(Box::new(error)))?;
    let bytes = fs::read(&path).map_err(FileError::read(&path))?;
    let graph = Graph::parse(&bytes, "the optimized graph")?;
    let audit = OptimizedAudit {
        runtime: loaded().map_or_else(String::new, |loaded| loaded.version),
        level,
        operators: operators(&graph),
        integer_kernels: graph.nodes.iter().filter(|node| is_integer(node)).count(),
    };
    Ok((audit, graph))
}

/// Checks that each product of the converted weights is an integer kernel, and that no other
/// product than those of the weights in `float` multiplies floats.
pub(super) fn check_integer(
    optimized: &Graph,
    audit: &OptimizedAudit,
    weights: &[WeightAudit],
    float: &[String],
) -> Result<(), AuditError> {
    for node in &optimized.nodes {
        if !FLOAT_PRODUCTS.contains(&operator(node)) {
            continue;
        }
        for position in [0, 1] {
            let weight = input(node, position).and_then(|value| origin(optimized, value));
            let Some(weight) = weight.filter(|weight| !float.iter().any(|kept| kept == weight))
            else {
                continue;
            };
            let check = format!(
                "the operator {} {:?} with the weight {weight}",
                operator(node),
                node.name.as_deref().unwrap_or("")
            );
            return Err(
                FailedCheck::new(check, "an integer kernel after the optimizer", "float")
                    .advice("the weight was folded back to float32")
                    .into(),
            );
        }
    }
    let products: usize = weights.iter().map(|weight| weight.products).sum();
    if audit.integer_kernels < products {
        let missing = weights.iter().filter(|weight| {
            let stored = format!("{}.{}", weight.name, weight.element);
            !optimized.readers(&stored).any(|(node, _)| is_integer(node))
        });
        let missing: Vec<&str> = missing
            .take(LISTED)
            .map(|weight| weight.name.as_str())
            .collect();
        return Err(FailedCheck::new(
            "integer kernels in the optimized graph",
            format!("{products}, one for each converted product"),
            format!("{}, none for {}", audit.integer_kernels, missing.join(", ")),
        )
        .advice("the runtime multiplies in float")
        .into());
    }
    Ok(())
}

fn is_integer(node: &Node) -> bool {
    INTEGER_KERNELS.contains(&operator(node))
}

/// The constant that `value` is, or is made of by conversions alone.
fn origin<'g>(graph: &'g Graph, value: &'g str) -> Option<&'g str> {
    let mut value = value;
    // As many steps as an exporter and an optimizer put in; a cycle ends too.
    for _ in 0..8 {
        if let Some(constant) = graph.constant(value) {
            return Some(&constant.name);
        }
        let maker = graph.maker(value)?;
        let converts = [
            "Cast",
            "DequantizeLinear",
            "Identity",
            "Reshape",
            "Transpose",
        ];
        if !converts.contains(&operator(maker)) {
            return None;
        }
        value = input(maker, 0)?;
    }
    None
}
