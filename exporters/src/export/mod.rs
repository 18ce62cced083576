//! From a checkpoint to checked bundles.
//!
//! Everything is written to temporary folders beside the destinations. The FP32 graphs are checked
//! against the reference, and encoders of fewer bits against the FP32 encoder. Every encoder is
//! audited. Every bundle is opened as an app would open it and must decode its golden swipes. If a
//! swipe file is given, all bundles are compared on it. Only then does each bundle move to its
//! destination, whole. A failed check leaves nothing behind.

mod assemble;
mod calibration;
mod encoders;
mod names;
mod options;
mod page;
mod plan;
#[cfg(feature = "executorch")]
mod pte;
mod report;
mod shared;
mod target;
#[cfg(test)]
mod tests;
mod validation;

use std::path::Path;
use std::time::Instant;

pub use calibration::CalibrationReport;
pub use encoders::{EncoderReport, PassedOver};
pub use names::{
    ENCODER, ENCODER_PROGRAM, LANGUAGE, LEXICON, OPTIMIZED, PARTS, PREFIXES, REPORT_PAGE, STEP,
    STEP_PROGRAM, TRANSDUCER,
};
pub use options::{FeaturizerKind, Options, PteOptions, Quantization, Source, Validation};
#[cfg(feature = "executorch")]
pub use pte::pte;
pub use report::{Exported, LoweringReport, Outcome, Report};
pub use target::Target;

use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::package;
pub use crate::quantize::Precision;
use assemble::Package;
use encoders::Encoders;
use plan::{Plan, planned};
use shared::SharedParts;

/// Progress of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The current stage.
    pub what: &'a str,
    /// Stages done.
    pub done: usize,
    /// Number of stages.
    pub stages: usize,
}

/// Exports a checkpoint to ONNX bundles. `progress` is called at each step.
///
/// # Errors
/// Those of reading, building and writing. If a check fails:
/// [`Error::Validation`](crate::error::Error::Validation),
/// [`Error::Audit`](crate::error::Error::Audit) or
/// [`Error::Quantize`](crate::error::Error::Quantize), and no bundle is left.
pub fn onnx(options: &Options, progress: impl FnMut(&Progress<'_>)) -> Result<Outcome> {
    options.check()?;
    let plans = planned(options);
    if plans.len() > 1 {
        assemble::check_folder(&options.output)?;
    }
    let is_new = !options.output.exists();
    let result = export(options, plans, progress);
    if result.is_err() && is_new {
        // The folder for several bundles. If a bundle is in it, it is not empty and stays.
        let _ = std::fs::remove_dir(&options.output);
    }
    result
}

fn export(
    options: &Options,
    plans: Vec<Plan>,
    mut progress: impl FnMut(&Progress<'_>),
) -> Result<Outcome> {
    let start = Instant::now();
    // Graphs; per bundle an encoder, staging and finishing; the comparison.
    let stages = 2 + 3 * plans.len();
    let mut done = 0;
    let mut step = |advance: usize, what: &str| {
        done += advance;
        progress(&Progress { what, done, stages });
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let scratch = package::staging::beside(&options.output)?;
    step(0, "reading the checkpoint");
    let checkpoint = Checkpoint::open(&options.checkpoint)?;
    let shared = SharedParts::new(options, &checkpoint, scratch.path(), |what| step(0, what))?;
    drop(checkpoint);

    let mut encoders = Encoders::new(options, &shared, threads);
    let mut packages = Vec::with_capacity(plans.len());
    step(1, "making the encoders");
    for plan in plans {
        let encoder = encoders.get(plan.precision, plan.target, &mut |what| step(0, what))?;
        step(1, &format!("writing {}", plan.name));
        packages.push(Package::stage(options, &shared, encoder, plan)?);
        step(1, "staged");
    }
    if let Some(validation) = &options.validation {
        step(0, "comparing the bundles");
        let baseline = baseline(options, &shared, &mut encoders, &packages, scratch.path())?;
        validation::validate(
            validation,
            options.quantization.max_top1_loss,
            baseline,
            &mut packages,
            |what| step(0, what),
        )?;
    }
    assemble::finish(options, packages, start, &mut step)
}

/// An FP32 bundle to compare with, if the export makes none.
fn baseline(
    options: &Options,
    shared: &SharedParts,
    encoders: &mut Encoders<'_>,
    packages: &[Package],
    scratch: &Path,
) -> Result<Option<Package>> {
    if packages
        .iter()
        .any(|package| package.plan.precision == Precision::Fp32)
    {
        return Ok(None);
    }
    let target = options.targets.first().copied().unwrap_or(Target::Desktop);
    let plan = Plan {
        target,
        precision: Precision::Fp32,
        name: format!("{}-fp32", options.base_name()),
        folder: scratch.join("baseline"),
    };
    let encoder = encoders.get(Precision::Fp32, target, &mut |_| ())?;
    let options = Options {
        optimized: false,
        ..options.clone()
    };
    Package::stage(&options, shared, encoder, plan).map(Some)
}
