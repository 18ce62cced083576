//! Audits the encoders that an export writes: that they are what they are said to be.
//!
//! A file that claims 8 bits and holds the FP32 weights, weights that the runtime folds back to
//! floats when it loads them, a scale on the wrong axis: each of these runs, and none gives an
//! error by itself. [`audit`] reads the finished file, holds every converted weight to the FP32
//! one, has ONNX Runtime optimize the file on this machine and looks at what is left. An artefact
//! that fails is refused.
//!
//! Names are those of [`quantize`](crate::quantize): the FP32 weight `W` becomes `W.float16` with a
//! cast to `W`, or `W.int8` with `W.scale`, or `W.uint8` with `W.scale` and `W.zero_point`. A bias
//! `b` may become `b.int32` with `b.scale`.
//!
//! The optimized graph is that of this machine. What other processors' optimizers do with it is not
//! seen here, but the weights are: they are checked in the file.

mod error;
mod expect;
mod graph;
mod operators;
mod scales;
mod size;
mod tensors;
#[cfg(test)]
mod tests;
mod weights;

use serde::Serialize;
use swipekit::internals::bundle::manifest::SessionSpec;
use swipekit::internals::bundle::sha256_hex;

pub use error::AuditError;
pub use operators::{INTEGER_KERNELS, OptimizedAudit};
pub use size::{SizeAudit, deflated, size};
pub use tensors::{TensorKind, Tensors, Total, inspect};
pub use weights::WeightAudit;

use crate::check::FailedCheck;
use crate::quantize::Precision;
use graph::{Element, Graph};

/// Values from which on a float constant counts as a weight, whoever reads it, unless it is a
/// vector.
const LARGE: u64 = 1024;

/// What an artefact is said to be.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Type of its weights.
    pub precision: Precision,
    /// The FP32 encoder that it was made from.
    pub baseline: &'a [u8],
    /// Names of the baseline's weights that were converted.
    pub quantized: &'a [String],
    /// Names of the baseline's weights that were kept in float by choice. Of an INT8 artefact these
    /// are all that its float products may read.
    pub float: &'a [String],
    /// Settings of the session that will run it.
    pub session: &'a SessionSpec,
    /// The most that it may take of the baseline's bytes.
    pub max_ratio: Option<f64>,
}

/// What an audit found; goes into the report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// Type of the weights.
    pub precision: Precision,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Its size.
    pub size: SizeAudit,
    /// What it is made of.
    pub tensors: Tensors,
    /// What the runtime's optimizer makes of it.
    pub optimized: OptimizedAudit,
    /// The converted weights.
    pub weights: Vec<WeightAudit>,
    /// The weights kept in float by choice.
    pub float: Vec<String>,
}

/// Audits the encoder in `artefact`.
///
/// Checked are, for fewer bits than 32: that the file differs from the baseline; that every weight
/// to convert is converted, and no other large constant is float than those kept by choice; that
/// every converted weight is the FP32 one within half a step of its channel, read as the graph's
/// own operators read it; that scales and zero points are in range and the scales of integer biases
/// those that the kernels take for granted. For 8 bits also: that the optimized graph has an
/// integer kernel for every converted product and no float product with a weight other than those
/// kept by choice. For all: that the runtime takes the file, and the size.
///
/// # Errors
/// The first check that fails; see [`AuditError`].
pub fn audit(artefact: &[u8], expected: &Expected<'_>) -> Result<Audit, AuditError> {
    let sha256 = sha256_hex(artefact);
    if expected.precision != Precision::Fp32 && artefact == expected.baseline {
        let check = "the encoder's file";
        let got = format!("the same file (SHA-256 {sha256})");
        return Err(
            FailedCheck::new(check, "another than the FP32 encoder", got)
                .advice("nothing was converted")
                .into(),
        );
    }
    let graph = Graph::parse(artefact, "the artefact")?;
    let baseline = Graph::parse(expected.baseline, "the FP32 encoder")?;
    let weights = converted(&baseline, &graph, expected)?;
    let (optimized, optimized_graph) = operators::optimize(artefact, expected.session)?;
    if expected.precision == Precision::Int8 {
        operators::check_integer(&optimized_graph, &optimized, &weights, expected.float)?;
    }
    let size = size(artefact, expected.baseline);
    if let Some(most) = expected.max_ratio
        && size.ratio > most
    {
        return Err(FailedCheck::new(
            "the encoder's size",
            format!("at most {most} of the FP32 encoder's bytes"),
            format!("{:.4} ({} bytes)", size.ratio, size.bytes),
        )
        .advice("convert more weights")
        .into());
    }
    Ok(Audit {
        precision: expected.precision,
        sha256,
        size,
        tensors: tensors::tensors(&graph),
        optimized,
        weights,
        float: expected.float.to_vec(),
    })
}

/// Names of the constant weights of all products of the FP32 encoder `baseline`, matrix products
/// and convolutions: what an export may convert, or name among those kept in float.
///
/// # Errors
/// Those of [`inspect`].
pub fn product_weights(baseline: &[u8]) -> Result<Vec<String>, AuditError> {
    let graph = Graph::parse(baseline, "the FP32 encoder")?;
    let names = graph.constants.iter().filter(|constant| {
        let mut readers = graph.readers(&constant.name);
        readers.any(|(node, position)| weights::is_product(node, position))
    });
    Ok(names.map(|constant| constant.name.clone()).collect())
}

/// Checks the constants of the artefact and gives the converted weights.
fn converted(
    baseline: &Graph,
    artefact: &Graph,
    expected: &Expected<'_>,
) -> Result<Vec<WeightAudit>, AuditError> {
    let check = match expected.precision {
        Precision::Fp32 => return Ok(Vec::new()),
        Precision::Fp16 => weights::half,
        Precision::Int8 => weights::int8,
    };
    if expected.quantized.is_empty() {
        let check = format!("the weights to convert to {}", expected.precision.name());
        return Err(FailedCheck::new(check, "some", "none")
            .advice("raise --max-top1-loss or leave this precision out")
            .into());
    }
    let names = expected.quantized.iter();
    let weights = names
        .map(|name| check(baseline, artefact, name))
        .collect::<Result<Vec<_>, _>>()?;
    for constant in &artefact.constants {
        let is_vector = constant.shape.iter().filter(|size| **size > 1).count() < 2;
        let is_large = !is_vector && constant.values >= LARGE;
        let is_kept = expected.float.contains(&constant.name);
        if constant.element == Element::F32 && is_large && !is_kept {
            let check = format!(
                "the constant {} of {} values",
                constant.name, constant.values
            );
            let expected = "converted, or named among those kept in float";
            return Err(FailedCheck::new(check, expected, "float32").into());
        }
    }
    scales::parameters(artefact)?;
    scales::biases(baseline, artefact)?;
    Ok(weights)
}
