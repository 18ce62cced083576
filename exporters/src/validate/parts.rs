//! Checks the separate graphs of prediction network and joint.

use super::cases::{Case, frames, rows, states, tensor, y_prev};
use super::measure::{Comparison, floats};
use super::{Check, Graph, Parts, Result};
use crate::network::Network;

/// Checks the three graphs on all cases at once.
pub(super) fn check(
    network: &Network<'_>,
    parts: &Parts<'_>,
    cases: &[Case],
) -> Result<Vec<Check>> {
    Ok(vec![
        prediction(network, &mut Graph::open(parts.prediction)?, cases)?,
        joint_encoder(network, &mut Graph::open(parts.joint_encoder)?, cases)?,
        joint(network, &mut Graph::open(parts.joint)?, cases)?,
    ])
}

fn prediction(network: &Network<'_>, graph: &mut Graph<'_>, cases: &[Case]) -> Result<Check> {
    let name = "prediction";
    graph.names(
        name,
        &["y_prev", "h0", "c0"],
        &["g", "g_projected", "h1", "c1"],
    )?;
    let p = &network.config.prediction;
    let state_shape = [p.layers, cases.len(), p.hidden];
    let h0 = tensor(&state_shape, states(cases, |case| &case.before.hidden));
    let c0 = tensor(&state_shape, states(cases, |case| &case.before.cell));
    let [g, projected, h1, c1] = graph.run(&[
        ("y_prev", &y_prev(network, cases)),
        ("h0", &h0),
        ("c0", &c0),
    ])?;
    let mut comparison = Comparison::new(name);
    let g = floats(name, "g", &[cases.len(), p.hidden], &g)?;
    comparison.close("g", &rows(cases, Case::output), g)?;
    let shape = [cases.len(), network.config.joint.hidden];
    let projected = floats(name, "g_projected", &shape, &projected)?;
    comparison.close(
        "g_projected",
        &rows(cases, |case| &case.projected),
        projected,
    )?;
    let h1 = floats(name, "h1", &state_shape, &h1)?;
    comparison.close("h1", &states(cases, |case| &case.after.hidden), h1)?;
    let c1 = floats(name, "c1", &state_shape, &c1)?;
    comparison.close("c1", &states(cases, |case| &case.after.cell), c1)?;
    Ok(comparison.finish())
}

fn joint_encoder(network: &Network<'_>, graph: &mut Graph<'_>, cases: &[Case]) -> Result<Check> {
    let name = "joint_encoder";
    graph.names(name, &["encoded"], &["f_projected"])?;
    let [projected] = graph.run(&[("encoded", &frames(network, cases))])?;
    let shape = [cases.len(), network.config.joint.hidden];
    let projected = floats(name, "f_projected", &shape, &projected)?;
    let mut comparison = Comparison::new(name);
    comparison.close(
        "f_projected",
        &rows(cases, |case| &case.frame_projected),
        projected,
    )?;
    Ok(comparison.finish())
}

fn joint(network: &Network<'_>, graph: &mut Graph<'_>, cases: &[Case]) -> Result<Check> {
    let name = "joint";
    graph.names(name, &["f_projected", "g_projected"], &["logits"])?;
    let shape = [cases.len(), network.config.joint.hidden];
    let f = tensor(&shape, rows(cases, |case| &case.frame_projected));
    let g = tensor(&shape, rows(cases, |case| &case.projected));
    let [logits] = graph.run(&[("f_projected", &f), ("g_projected", &g)])?;
    let logits = floats(name, "logits", &[cases.len(), network.classes()], &logits)?;
    let mut comparison = Comparison::new(name);
    comparison.close("logits", &rows(cases, |case| &case.logits), logits)?;
    Ok(comparison.finish())
}
