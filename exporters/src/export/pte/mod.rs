//! From a checkpoint to checked ExecuTorch bundles.
//!
//! The ONNX graphs are made and checked against the reference as in any export. The Python side
//! then lowers the programs. They run in the runtime that an app has and are checked against the
//! reference and the ONNX encoder. An 8-bit encoder is judged by the words that it loses. If a
//! swipe file is given, all bundles are compared on it, next to the FP32 ONNX bundle.

mod kind;
mod lowering;
mod quality;

use std::fs;
use std::time::Instant;

use super::assemble::{self, Package};
use super::options::{Options, PteOptions};
use super::plan::Plan;
use super::report::Outcome;
use super::shared::SharedParts;
use super::target::Target;
use super::{Progress, validation};
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::package;
use crate::pte::{Mode, Python};
use crate::quantize::Precision;
use lowering::Lowering;

impl PteOptions {
    fn check(&self) -> Result<()> {
        if self.modes.is_empty() {
            return Err(swipekit::Error::invalid("what to export", "a mode", "none").into());
        }
        let is_int8 = self.modes.iter().any(|mode| mode.is_int8());
        if is_int8 && self.base.quantization.calibration.is_none() {
            return Err(Error::NoCalibration);
        }
        Ok(())
    }

    /// The bundles to make, with their modes.
    fn plans(&self) -> Vec<(Mode, Plan)> {
        let base = self.base.base_name();
        let single = self.modes.len() == 1;
        let plans = self.modes.iter().map(|mode| {
            let plan = Plan {
                target: Target::Android,
                precision: match mode.is_int8() {
                    true => Precision::Int8,
                    false => Precision::Fp32,
                },
                name: match single {
                    true => base.clone(),
                    false => format!("{base}-pte-{}", mode.name()),
                },
                folder: match single {
                    true => self.base.output.clone(),
                    false => self.base.output.join(mode.name()),
                },
            };
            (*mode, plan)
        });
        plans.collect()
    }
}

/// Exports a checkpoint to ExecuTorch bundles. `progress` is called at each step.
///
/// # Errors
/// Those of reading, building and writing. If a check fails: [`Error::Pte`] or
/// [`Error::Validation`], and no bundle is left.
pub fn pte(options: &PteOptions, progress: impl FnMut(&Progress<'_>)) -> Result<Outcome> {
    options.check()?;
    if options.modes.len() > 1 {
        assemble::check_folder(&options.base.output)?;
    }
    let is_new = !options.base.output.exists();
    let result = export(options, progress);
    if result.is_err() && is_new {
        let _ = fs::remove_dir(&options.base.output);
    }
    result
}

fn export(options: &PteOptions, mut progress: impl FnMut(&Progress<'_>)) -> Result<Outcome> {
    let start = Instant::now();
    let base = &options.base;
    let plans = options.plans();
    // Graphs; per bundle the programs, staging and finishing; the comparison.
    let stages = 2 + 3 * plans.len();
    let mut done = 0;
    let mut step = |advance: usize, what: &str| {
        done += advance;
        progress(&Progress { what, done, stages });
    };
    let scratch = package::staging::beside(&base.output)?;
    let python = Python::find(options.python.as_deref(), scratch.path())?;
    step(0, "reading the checkpoint");
    let checkpoint = Checkpoint::open(&base.checkpoint)?;
    let shared = SharedParts::new(base, &checkpoint, scratch.path(), |what| step(0, what))?;
    let mut lowering = Lowering::new(options, python, &checkpoint, &shared, scratch.path())?;
    step(1, "lowering the programs");
    lowering.lower_first(&mut |what| step(0, what))?;
    let mut packages = Vec::with_capacity(plans.len());
    for (mode, mut plan) in plans {
        let programs = lowering.programs(mode, &mut |what| step(0, what))?;
        plan.precision = programs.encoder.precision;
        step(1, &format!("writing {}", plan.name));
        packages.push(Package::stage_programs(base, &shared, programs, plan)?);
        step(1, "staged");
    }
    if let Some(validation) = &base.validation {
        step(0, "comparing the bundles");
        let plan = Plan {
            target: Target::Desktop,
            precision: Precision::Fp32,
            name: format!("{}-onnx-fp32", base.base_name()),
            folder: scratch.path().join("baseline"),
        };
        let plain = Options {
            optimized: false,
            ..base.clone()
        };
        let baseline = Package::stage(&plain, &shared, lowering.onnx_fp32()?, plan)?;
        validation::validate(
            validation,
            base.quantization.max_top1_loss,
            Some(baseline),
            &mut packages,
            |what| step(0, what),
        )?;
    }
    assemble::finish(base, packages, start, &mut step)
}
