//! Compares the bundles of an export on real swipes.

use std::rc::Rc;

use super::assemble::Package;
use super::options::Validation;
use super::plan::Plan;
use crate::check::FailedCheck;
use crate::error::Result;
use crate::judge::compare::{self, BundleFigures, Subject};
use crate::quantize::Precision;
use crate::statistics::Paired;
use crate::validate::ValidationError;

/// Significance level of McNemar's test (two-sided). Losses that are not significant are ignored.
const SIGNIFICANT: f64 = 0.05;

/// Compares the bundles on a swipe file, each encoder once, and adds each bundle's figures to its
/// report.
///
/// # Errors
/// Those of the comparison; [`ValidationError::Check`] if a bundle loses more top-1 accuracy than
/// `max_top1_loss` and the loss is significant.
pub(super) fn validate(
    validation: &Validation,
    max_top1_loss: f64,
    baseline: Option<Package>,
    packages: &mut [Package],
    mut progress: impl FnMut(&str),
) -> Result<()> {
    let is_fp32 = |package: &&Package| package.plan.precision == Precision::Fp32;
    let first = baseline.as_ref().or_else(|| packages.iter().find(is_fp32));
    let Some(first) = first else {
        return Ok(());
    };
    let mut compared: Vec<&Package> = vec![first];
    for package in packages.iter() {
        let known = |other: &&Package| Rc::ptr_eq(&other.encoder, &package.encoder);
        if !compared.iter().any(known) {
            compared.push(package);
        }
    }
    let subjects: Vec<Subject> = compared
        .iter()
        .map(|package| Subject::new(&package.plan.name, package.folder()))
        .collect();
    let encoders: Vec<_> = compared.iter().map(|p| Rc::clone(&p.encoder)).collect();
    let mut options = compare::Options::new(&validation.swipes);
    options.limit = validation.limit;
    options.program.clone_from(&validation.program);
    // The audit has already deflated the encoders.
    options.deflate = false;
    let comparison = compare::compare(&subjects, &options, |at| {
        progress(&format!("{} {}", at.step, at.bundle));
    })?;
    for package in packages {
        let same = |encoder| Rc::ptr_eq(encoder, &package.encoder);
        let Some(index) = encoders.iter().position(same) else {
            continue;
        };
        accept(&comparison.bundles[index], max_top1_loss, &package.plan)?;
        let mut own = comparison.clone();
        own.bundles = match index {
            0 => vec![comparison.bundles[0].clone()],
            _ => vec![
                comparison.bundles[0].clone(),
                comparison.bundles[index].clone(),
            ],
        };
        package.report.comparison = Some(own);
    }
    Ok(())
}

/// Refuses a bundle that loses too many words.
fn accept(figures: &BundleFigures, max_top1_loss: f64, plan: &Plan) -> Result<()> {
    let Some(difference) = &figures.difference else {
        return Ok(());
    };
    let top1 = &difference.accuracy.overall.top1;
    if !loses(top1, max_top1_loss) {
        return Ok(());
    }
    let failed = FailedCheck::new(
        format!("top-1 accuracy of {}", plan.name),
        format!("at most {max_top1_loss} points less than FP32"),
        format!(
            "{:.2} points less: {} swipes lost, {} won, p = {:.4}",
            -top1.difference, top1.lost, top1.won, top1.p
        ),
    );
    Err(ValidationError::from(failed.advice("allow more with --max-top1-loss")).into())
}

/// Whether a loss is greater than `most` and significant.
fn loses(top1: &Paired, most: f64) -> bool {
    -top1.difference > most && top1.p <= SIGNIFICANT
}
