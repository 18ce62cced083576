//! Checks the step graph.

use super::cases::{Case, frames, rows, states, tensor, y_prev};
use super::measure::{Comparison, floats};
use super::{Check, Graph, Result, refused};
use crate::network::Network;
use crate::onnx::StepOutput;

/// Largest difference of a sum of probabilities from one.
const SUM_TOLERANCE: f64 = 1e-4;

/// Checks the graph on the start of sequence alone, then on all cases at once.
pub(super) fn check(
    network: &Network<'_>,
    graph: &mut Graph<'_>,
    output: StepOutput,
    cases: &[Case],
) -> Result<Vec<Check>> {
    graph.names(
        "step.names",
        &["y_prev", "h0", "c0", "enc_t"],
        &["logits", "h1", "c1"],
    )?;
    let mut checks = Vec::new();
    let mut scores = Vec::new();
    for (name, cases) in [
        ("step.start_of_sequence", &cases[..1]),
        ("step.labels", cases),
    ] {
        let p = &network.config.prediction;
        let state_shape = [p.layers, cases.len(), p.hidden];
        let h0 = tensor(&state_shape, states(cases, |case| &case.before.hidden));
        let c0 = tensor(&state_shape, states(cases, |case| &case.before.cell));
        let [logits, h1, c1] = graph.run(&[
            ("y_prev", &y_prev(network, cases)),
            ("h0", &h0),
            ("c0", &c0),
            ("enc_t", &frames(network, cases)),
        ])?;
        let logits = floats(name, "logits", &[cases.len(), network.classes()], &logits)?;
        let expected = rows(cases, |case| match output {
            StepOutput::LogProbabilities => &case.log_probabilities,
            StepOutput::Logits => &case.logits,
        });
        let mut comparison = Comparison::new(name);
        comparison.close("logits", &expected, logits)?;
        let h1 = floats(name, "h1", &state_shape, &h1)?;
        comparison.close("h1", &states(cases, |case| &case.after.hidden), h1)?;
        let c1 = floats(name, "c1", &state_shape, &c1)?;
        comparison.close("c1", &states(cases, |case| &case.after.cell), c1)?;
        checks.push(comparison.finish());
        scores.extend_from_slice(logits);
    }
    checks.push(sums(network, output, &scores)?);
    Ok(checks)
}

/// Checks that log-probabilities sum to one in every row, and that raw logits do not in all rows.
fn sums(network: &Network<'_>, output: StepOutput, scores: &[f32]) -> Result<Check> {
    let name = format!("step.sum_of_{}", output.name());
    let mut worst: f64 = 0.0;
    for row in scores.chunks_exact(network.classes()) {
        let sum: f64 = row.iter().map(|&score| f64::from(score).exp()).sum();
        worst = worst.max((sum - 1.0).abs());
    }
    let normalized = worst <= SUM_TOLERANCE;
    if normalized != (output == StepOutput::LogProbabilities) {
        let got = format!("sums of exp(logits) that differ from one by up to {worst:e}");
        return Err(refused(name, output.name(), got));
    }
    let (max_error, tolerance) = match output {
        StepOutput::LogProbabilities => (worst, SUM_TOLERANCE),
        StepOutput::Logits => (0.0, 0.0),
    };
    Ok(Check {
        name,
        values: scores.len(),
        max_error,
        tolerance,
    })
}
