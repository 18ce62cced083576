//! `report.html`: a bundle's report page.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{LoweringReport, Report};
use crate::audit::{Audit, SizeAudit};
use crate::judge::compare;
use crate::quantize::sensitivity::Sensitivity;
use crate::report::{Bar, Bars, Block, Page, Table};

/// The page of a report. It is self-contained.
pub(super) fn report(report: &Report) -> String {
    let mut page = Page::new(&format!("Export of {}", report.bundle))
        .section("Bundle", bundle(report))
        .section("Encoder", encoder(report));
    if let Some(sensitivity) = &report.encoder.sensitivity {
        page = page.section(
            "Cost of 8 bits on the calibration swipes",
            cost(sensitivity),
        );
    }
    if !report.encoder.half.is_empty() {
        page = page.section("Weights in 16 bits", half(report));
    }
    if let Some(found) = &report.audit {
        page = page.section("Audit", audit(found));
    }
    if let Some(made) = &report.lowering {
        page = page.section("Programs of ExecuTorch", lowering(made));
    }
    page = page.section(
        "Graphs and programs against the reference network",
        graphs(report),
    );
    if let Some(comparison) = &report.comparison {
        page = page.with(compare::blocks(comparison));
    }
    page.to_html()
}

fn bundle(report: &Report) -> Vec<Block> {
    let facts = Table::pairs([
        ("Target", report.target.name().to_owned()),
        ("Precision", report.precision.name().to_owned()),
        ("Checkpoint", report.checkpoint.clone()),
        (
            "SHA-256 of the checkpoint",
            report.checkpoint_sha256.clone(),
        ),
        ("Parameters", report.parameters.to_string()),
        ("Golden swipes", report.golden_swipes.to_string()),
    ]);
    let deflated = |name: &str| {
        let sizes = report.compressed.as_ref()?;
        sizes.get(name).map(u64::to_string)
    };
    let mut files = Table::new(["file", "bytes", "after deflate"]);
    for (name, bytes) in &report.bytes {
        let after = deflated(name).unwrap_or_else(|| "-".to_owned());
        files.row(name, [bytes.to_string(), after]);
    }
    vec![facts.into(), files.into()]
}

fn encoder(report: &Report) -> Vec<Block> {
    let encoder = &report.encoder;
    let mut rows = Vec::new();
    if let Some(recipe) = &encoder.recipe {
        let evened = if encoder.equalized {
            ", columns of the first layer's input evened out"
        } else {
            ""
        };
        rows.push(("Recipe", format!("{}{evened}", recipe.name)));
    }
    if let Some(calibration) = &encoder.calibration {
        rows.push(("Calibrated on", calibration.line()));
        rows.push(("Words of the calibration", calibration.words.to_owned()));
    }
    if let Some(agreement) = &encoder.agreement {
        let error = &agreement.error;
        rows.push((
            "Frames against FP32",
            format!(
                "mean cosine {:.6}, least {:.6}, greatest difference {:.4}, relative error {:.5} ({} swipes, {} frames)",
                error.cosine_mean,
                error.cosine_min,
                error.max_abs,
                error.rms_relative,
                error.swipes,
                error.frames
            ),
        ));
    }
    if rows.is_empty() {
        return vec![Block::text("In 32 bits, as the checkpoint has it.")];
    }
    let mut blocks = vec![Table::pairs(rows).into()];
    for passed in &encoder.passed_over {
        blocks.push(Block::text(format!(
            "Passed over: {}{}. {}.",
            passed.recipe,
            if passed.equalized { ", evened out" } else { "" },
            passed.reason
        )));
    }
    blocks
}

fn cost(sensitivity: &Sensitivity) -> Vec<Block> {
    let chosen = &sensitivity.chosen;
    let mut blocks = vec![Block::text(format!(
        "{} of {} layers are in 8 bits. On {} swipes: top-1 {:.2} %, {:.2} points lost ({} swipes lost, {} gained; at most \
         {} points beyond chance), mean cosine of the frames {:.5} (at least {}).",
        sensitivity.layers - sensitivity.float.len(),
        sensitivity.layers,
        chosen.swipes,
        chosen.top1,
        chosen.top1_loss,
        chosen.lost,
        chosen.gained,
        sensitivity.budget.max_top1_loss,
        chosen.cosine,
        sensitivity.budget.min_cosine,
    ))];
    if !sensitivity.float.is_empty() {
        blocks.push(Block::text(format!(
            "In float: {}.",
            sensitivity.float.join(", ")
        )));
    }
    let mut trials = Table::new([
        "layers in float",
        "points lost",
        "lost",
        "gained",
        "cosine",
        "nats lost",
    ]);
    for trial in &sensitivity.trials {
        let effect = &trial.effect;
        let cells = [
            format!("{:.2}", effect.top1_loss),
            effect.lost.to_string(),
            effect.gained.to_string(),
            format!("{:.5}", effect.cosine),
            format!("{:.4}", effect.log_likelihood_loss),
        ];
        trials.row(trial.float.to_string(), cells);
    }
    blocks.push(trials.into());
    if !sensitivity.alone.is_empty() {
        let layers = sensitivity.alone.iter().map(|layer| {
            let effect = &layer.effect;
            let note = format!("({} lost, {} gained)", effect.lost, effect.gained);
            Bar::new(&layer.layer, 100.0 * effect.relative_error).note(&note)
        });
        let caption = "Each layer alone in 8 bits: relative error of the frames";
        blocks.push(Bars::new(caption, "%", layers).into());
    }
    blocks
}

fn half(report: &Report) -> Vec<Block> {
    let mut table = Table::new([
        "weight",
        "values",
        "bits",
        "overflows",
        "denormals",
        "relative error",
    ]);
    for weight in &report.encoder.half {
        let cells = [
            weight.values.to_string(),
            if weight.halved { "16" } else { "32" }.to_owned(),
            weight.overflows.to_string(),
            weight.denormals.to_string(),
            format!("{:.2e}", weight.relative_error),
        ];
        table.row(&weight.name, cells);
    }
    vec![table.into()]
}

fn lowering(made: &LoweringReport) -> Vec<Block> {
    let mut blocks: Vec<Block> = made.warnings.iter().map(Block::text).collect();
    let versions = &made.versions;
    let facts = Table::pairs([
        ("Mode", made.mode.name().to_owned()),
        (
            "Made with",
            format!(
                "ExecuTorch {}, PyTorch {}, TorchAO {}",
                versions.executorch, versions.torch, versions.torchao
            ),
        ),
    ]);
    let mut programs = Table::new([
        "program",
        "ranges",
        "bytes",
        "XNNPACK subgraphs",
        "nodes in them",
        "quantizing nodes",
        "dequantizing nodes",
    ]);
    let mut outside = Table::new(["program", "operator outside of XNNPACK", "count"]);
    for file in [&made.encoder, &made.step] {
        let cells = [
            file.scheme.clone().unwrap_or_else(|| "-".to_owned()),
            file.bytes.to_string(),
            file.subgraphs.to_string(),
            format!("{} of {}", file.delegated, file.total),
            file.quantize_nodes.to_string(),
            file.dequantize_nodes.to_string(),
        ];
        programs.row(&file.file, cells);
        for (operator, count) in &file.outside {
            outside.row(&file.file, [operator.clone(), count.to_string()]);
        }
    }
    blocks.extend([
        facts.into(),
        sizes(&made.size),
        programs.into(),
        outside.into(),
    ]);
    if let Some(effect) = &made.effect {
        blocks.push(Block::text(format!(
            "On {} calibration swipes: top-1 {:.2} %, {:.2} points lost ({} swipes lost, {} gained), mean cosine of the \
             frames {:.5}.",
            effect.swipes, effect.top1, effect.top1_loss, effect.lost, effect.gained, effect.cosine
        )));
    }
    blocks
}

fn sizes(size: &SizeAudit) -> Block {
    let sizes = [
        Bar::new("encoder", size.bytes as f64 / 1024.0)
            .note(&format!("({:.4} of FP32)", size.ratio)),
        Bar::new("deflated", size.deflated as f64 / 1024.0),
    ];
    Bars::new("Size", "KiB", sizes).into()
}

fn audit(audit: &Audit) -> Vec<Block> {
    let mut kinds = Table::new(["tensors", "type", "count", "bytes"]);
    for (kind, types) in &audit.tensors.kinds {
        for (element, total) in types {
            let cells = [
                (*element).to_owned(),
                total.tensors.to_string(),
                total.bytes.to_string(),
            ];
            kinds.row(kind.name(), cells);
        }
    }
    let mut operators = Table::new(["operator", "in the file", "after ONNX Runtime's optimizer"]);
    let (before, after) = (&audit.tensors.operators, &audit.optimized.operators);
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in all {
        let count = |counts: &BTreeMap<String, usize>| {
            counts.get(name).map_or_else(String::new, usize::to_string)
        };
        operators.row(name, [count(before), count(after)]);
    }
    vec![sizes(&audit.size), kinds.into(), operators.into()]
}

fn graphs(report: &Report) -> Vec<Block> {
    let mut checks = Table::new(["check", "values", "greatest difference", "accepted"]);
    for check in &report.validation.checks {
        let cells = [
            check.values.to_string(),
            format!("{:.2e}", check.max_error),
            format!("{:.0e}", check.tolerance),
        ];
        checks.row(&check.name, cells);
    }
    let note = "FP32, against double precision and, where the check says so, against the ONNX \
                encoder; differences are relative above 1.";
    vec![Block::text(note), checks.into()]
}
