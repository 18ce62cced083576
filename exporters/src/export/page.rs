//! `report.html`: a bundle's report for people.

use super::report::{LoweringReport, Report};
use crate::audit::{Audit, SizeAudit};
use crate::judge::compare;
use crate::quantize::sensitivity::Sensitivity;
use crate::report::{Bar, Html, Page, bars, table, text};

/// The page of a report; it needs no other file.
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
        for (heading, blocks) in compare::sections(comparison) {
            page = page.section(&heading, blocks);
        }
    }
    page.finish()
}

fn pairs(rows: &[(&str, String)]) -> Html {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|(name, value)| vec![(*name).to_owned(), value.clone()])
        .collect();
    table(&["", ""], &rows)
}

fn bundle(report: &Report) -> Vec<Html> {
    let facts = pairs(&[
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
    let rows: Vec<Vec<String>> = report
        .bytes
        .iter()
        .map(|(name, bytes)| {
            let after = deflated(name).unwrap_or_else(|| "-".to_owned());
            vec![name.clone(), bytes.to_string(), after]
        })
        .collect();
    vec![facts, table(&["file", "bytes", "after deflate"], &rows)]
}

fn encoder(report: &Report) -> Vec<Html> {
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
        return vec![text("In 32 bits, as the checkpoint has it.")];
    }
    let mut blocks = vec![pairs(&rows)];
    for passed in &encoder.passed_over {
        blocks.push(text(&format!(
            "Passed over: {}{}. {}.",
            passed.recipe,
            if passed.equalized { ", evened out" } else { "" },
            passed.reason
        )));
    }
    blocks
}

fn cost(sensitivity: &Sensitivity) -> Vec<Html> {
    let chosen = &sensitivity.chosen;
    let mut blocks = vec![text(&format!(
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
        blocks.push(text(&format!(
            "In float: {}.",
            sensitivity.float.join(", ")
        )));
    }
    let rows: Vec<Vec<String>> = sensitivity
        .trials
        .iter()
        .map(|trial| {
            vec![
                trial.float.to_string(),
                format!("{:.2}", trial.effect.top1_loss),
                trial.effect.lost.to_string(),
                trial.effect.gained.to_string(),
                format!("{:.5}", trial.effect.cosine),
                format!("{:.4}", trial.effect.log_likelihood_loss),
            ]
        })
        .collect();
    blocks.push(table(
        &[
            "layers in float",
            "points lost",
            "lost",
            "gained",
            "cosine",
            "nats lost",
        ],
        &rows,
    ));
    if !sensitivity.alone.is_empty() {
        let layers: Vec<Bar> = sensitivity
            .alone
            .iter()
            .map(|layer| {
                Bar::new(&layer.layer, 100.0 * layer.effect.relative_error).note(&format!(
                    "({} lost, {} gained)",
                    layer.effect.lost, layer.effect.gained
                ))
            })
            .collect();
        blocks.push(bars(
            "Each layer alone in 8 bits: relative error of the frames",
            "%",
            &layers,
        ));
    }
    blocks
}

fn half(report: &Report) -> Vec<Html> {
    let rows: Vec<Vec<String>> = report
        .encoder
        .half
        .iter()
        .map(|weight| {
            vec![
                weight.name.clone(),
                weight.values.to_string(),
                if weight.halved { "16" } else { "32" }.to_owned(),
                weight.overflows.to_string(),
                weight.denormals.to_string(),
                format!("{:.2e}", weight.relative_error),
            ]
        })
        .collect();
    let headers = [
        "weight",
        "values",
        "bits",
        "overflows",
        "denormals",
        "relative error",
    ];
    vec![table(&headers, &rows)]
}

fn lowering(made: &LoweringReport) -> Vec<Html> {
    let mut blocks: Vec<Html> = made.warnings.iter().map(|warning| text(warning)).collect();
    let versions = &made.versions;
    blocks.push(pairs(&[
        ("Mode", made.mode.name().to_owned()),
        (
            "Made with",
            format!(
                "ExecuTorch {}, PyTorch {}, TorchAO {}",
                versions.executorch, versions.torch, versions.torchao
            ),
        ),
    ]));
    blocks.push(sizes(&made.size));
    let rows: Vec<Vec<String>> = [&made.encoder, &made.step]
        .iter()
        .map(|file| {
            vec![
                file.file.clone(),
                file.scheme.clone().unwrap_or_else(|| "-".to_owned()),
                file.bytes.to_string(),
                file.subgraphs.to_string(),
                format!("{} of {}", file.delegated, file.total),
                file.quantize_nodes.to_string(),
                file.dequantize_nodes.to_string(),
            ]
        })
        .collect();
    blocks.push(table(
        &[
            "program",
            "ranges",
            "bytes",
            "XNNPACK subgraphs",
            "nodes in them",
            "quantizing nodes",
            "dequantizing nodes",
        ],
        &rows,
    ));
    let outside: Vec<Vec<String>> = [&made.encoder, &made.step]
        .iter()
        .flat_map(|file| {
            file.outside
                .iter()
                .map(move |(name, count)| (file, name, count))
        })
        .map(|(file, name, count)| vec![file.file.clone(), name.clone(), count.to_string()])
        .collect();
    blocks.push(table(
        &["program", "operator outside of XNNPACK", "count"],
        &outside,
    ));
    if let Some(effect) = &made.effect {
        blocks.push(text(&format!(
            "On {} calibration swipes: top-1 {:.2} %, {:.2} points lost ({} swipes lost, {} gained), mean cosine of the \
             frames {:.5}.",
            effect.swipes, effect.top1, effect.top1_loss, effect.lost, effect.gained, effect.cosine
        )));
    }
    blocks
}

fn sizes(size: &SizeAudit) -> Html {
    let sizes = [
        Bar::new("encoder", size.bytes as f64 / 1024.0)
            .note(&format!("({:.4} of FP32)", size.ratio)),
        Bar::new("deflated", size.deflated as f64 / 1024.0),
    ];
    bars("Size", "KiB", &sizes)
}

fn audit(audit: &Audit) -> Vec<Html> {
    let totals = audit.tensors.kinds.iter().flat_map(|(kind, types)| {
        let totals = types.iter();
        totals.map(move |(element, total)| (kind, element, total))
    });
    let kinds: Vec<Vec<String>> = totals
        .map(|(kind, element, total)| {
            vec![
                kind.name().to_owned(),
                (*element).to_owned(),
                total.tensors.to_string(),
                total.bytes.to_string(),
            ]
        })
        .collect();
    let mut operators: Vec<Vec<String>> = Vec::new();
    let names = audit.tensors.operators.keys();
    let after = &audit.optimized.operators;
    let all: std::collections::BTreeSet<&String> = names.chain(after.keys()).collect();
    for name in all {
        let count = |counts: &std::collections::BTreeMap<String, usize>| {
            counts.get(name).map_or_else(String::new, usize::to_string)
        };
        operators.push(vec![
            name.clone(),
            count(&audit.tensors.operators),
            count(after),
        ]);
    }
    vec![
        sizes(&audit.size),
        table(&["tensors", "type", "count", "bytes"], &kinds),
        table(
            &["operator", "in the file", "after ONNX Runtime's optimizer"],
            &operators,
        ),
    ]
}

fn graphs(report: &Report) -> Vec<Html> {
    let rows: Vec<Vec<String>> = report
        .validation
        .checks
        .iter()
        .map(|check| {
            vec![
                check.name.clone(),
                check.values.to_string(),
                format!("{:.2e}", check.max_error),
                format!("{:.0e}", check.tolerance),
            ]
        })
        .collect();
    vec![
        text(
            "FP32, against double precision and, where the check says so, against the ONNX encoder; differences are relative \
             above 1.",
        ),
        table(
            &["check", "values", "greatest difference", "accepted"],
            &rows,
        ),
    ]
}
