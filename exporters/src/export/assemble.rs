//! One bundle of an export: files, manifest, goldens, audit, report.

use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

use swipekit::Engine;
use swipekit::bytes::Bytes;
#[cfg(feature = "executorch")]
use swipekit::internals::bundle::manifest::EXECUTORCH;
use swipekit::internals::bundle::manifest::{OptimizationLevel, OptimizedSpec};
use swipekit::internals::bundle::{GOLDEN_FILE, Manifest, REPORT_FILE, RUNTIME_META_FILE};
use swipekit::internals::runtime::{OnnxModel, OptimizedFormat};

use super::encoders::Encoder;
use super::names::{ENCODER, LANGUAGE, LEXICON, OPTIMIZED, PREFIXES, REPORT_PAGE};
#[cfg(feature = "executorch")]
use super::names::{ENCODER_PROGRAM, STEP_PROGRAM, TRANSDUCER};
use super::options::Options;
use super::page;
use super::plan::Plan;
#[cfg(feature = "executorch")]
use super::report::LoweringReport;
use super::report::{Exported, Outcome, Report};
use super::shared::SharedParts;
use super::target::Target;
use crate::audit::{Expected, audit};
use crate::error::Result;
use crate::files::FileError;
use crate::judge::machine::resident_mib;
use crate::package::golden::golden;
use crate::package::{BundleWriter, RuntimeMeta, pack};
use crate::quantize::Precision;
#[cfg(feature = "executorch")]
use crate::validate::Check;

/// A bundle that stands in its temporary folder and has passed its own checks.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) plan: Plan,
    pub(super) encoder: Rc<Encoder>,
    pub(super) report: Report,
    writer: BundleWriter,
    manifest: Manifest,
}

impl Package {
    /// Writes the bundle's files into a temporary folder, audits the encoder and takes down the
    /// golden swipes.
    pub(super) fn stage(
        options: &Options,
        shared: &SharedParts,
        encoder: Rc<Encoder>,
        plan: Plan,
    ) -> Result<Self> {
        let (mut writer, mut manifest) = begin(options, shared, &encoder, &plan)?;
        manifest.runtime.session = plan.target.session();
        writer.add(ENCODER, &encoder.file)?;
        for (name, content) in &shared.files {
            writer.add(name, content)?;
        }
        // ONNX Runtime would fold an FP16 encoder's casts and write 32 bits.
        if options.optimized && plan.precision != Precision::Fp16 {
            manifest.runtime.optimized = Some(optimize(&mut writer, &encoder, plan.target)?);
        }

        let session = plan.target.session();
        let equalized = encoder.equalized.as_ref();
        let audit = audit(
            &encoder.file,
            &Expected {
                precision: plan.precision,
                baseline: equalized.map_or(&shared.encoder_file, |source| &source.file),
                quantized: &encoder.reduced,
                float: &encoder.kept,
                session: &session,
                max_ratio: plan.precision.max_ratio(shared.encoder_file.len()),
            },
        )?;

        let mut report = report(shared, &encoder, &plan, &mut writer, &mut manifest)?;
        report.audit = Some(audit);
        Ok(Self {
            plan,
            encoder,
            report,
            writer,
            manifest,
        })
    }

    /// The same for a bundle of ExecuTorch, whose programs have been checked.
    #[cfg(feature = "executorch")]
    pub(super) fn stage_programs(
        options: &Options,
        shared: &SharedParts,
        programs: Programs,
        plan: Plan,
    ) -> Result<Self> {
        let Programs {
            encoder,
            step,
            checks,
            lowering,
        } = programs;
        let (mut writer, mut manifest) = begin(options, shared, &encoder, &plan)?;
        manifest.runtime.kind = EXECUTORCH.to_owned();
        manifest.runtime.minimum = MINIMUM_EXECUTORCH.to_owned();
        manifest.runtime.encoder = ENCODER_PROGRAM.to_owned();
        manifest.runtime.step = Some(STEP_PROGRAM.to_owned());
        writer.add(ENCODER_PROGRAM, &encoder.file)?;
        writer.add(STEP_PROGRAM, &step)?;
        let transducer = shared.files.iter().filter(|(name, _)| *name == TRANSDUCER);
        for (name, content) in transducer {
            writer.add(name, content)?;
        }
        let mut report = report(shared, &encoder, &plan, &mut writer, &mut manifest)?;
        report.validation.checks.extend(checks);
        report.lowering = Some(lowering);
        Ok(Self {
            plan,
            encoder,
            report,
            writer,
            manifest,
        })
    }

    /// The temporary folder; the bundle in it opens.
    pub(super) fn folder(&self) -> &Path {
        self.writer.folder()
    }

    /// Adds the reports and moves the bundle to its destination; then packs it where that was asked for.
    fn finish(mut self, options: &Options) -> Result<Report> {
        if options.compression_test {
            self.report.compressed = Some(compressed(self.writer.folder(), &self.report.bytes)?);
        }
        self.writer.add_json(REPORT_FILE, &self.report)?;
        if !options.compact {
            self.writer
                .add(REPORT_PAGE, page::report(&self.report).as_bytes())?;
        }
        self.writer.finish(self.manifest)?;
        if let Some(folder) = &options.package_dir {
            let file = format!(
                "{}.{}",
                self.plan.name,
                swipekit::internals::bundle::EXTENSION
            );
            pack(&self.plan.folder, folder.join(file))?;
        }
        Ok(self.report)
    }
}

/// Moves the bundles of an export that began at `start` to their destinations; `step` is told each.
///
/// # Errors
/// As [`Package::finish`], for the first that fails; those before it are there.
pub(super) fn finish(
    options: &Options,
    packages: Vec<Package>,
    start: Instant,
    step: &mut dyn FnMut(usize, &str),
) -> Result<Outcome> {
    step(1, "finishing");
    let mut bundles = Vec::with_capacity(packages.len());
    for package in packages {
        let path = package.plan.folder.clone();
        let report = package.finish(options)?;
        bundles.push(Exported { path, report });
        step(1, "written");
    }
    Ok(Outcome {
        bundles,
        seconds: (start.elapsed().as_secs_f64() * 100.0).round() / 100.0,
        rss_mb: resident_mib(),
    })
}

/// The programs of a bundle of ExecuTorch.
#[cfg(feature = "executorch")]
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) encoder: Rc<Encoder>,
    pub(super) step: Vec<u8>,
    /// How they compare with the reference and the ONNX encoder.
    pub(super) checks: Vec<Check>,
    pub(super) lowering: LoweringReport,
}

/// The oldest ExecuTorch that runs the programs.
#[cfg(feature = "executorch")]
const MINIMUM_EXECUTORCH: &str = "1.5";

/// A bundle with all files that do not depend on the runtime, and its manifest.
fn begin(
    options: &Options,
    shared: &SharedParts,
    encoder: &Encoder,
    plan: &Plan,
) -> Result<(BundleWriter, Manifest)> {
    let mut writer = BundleWriter::create(&plan.folder)?;
    let mut manifest = shared.manifest.clone();
    manifest.name.clone_from(&plan.name);
    manifest.precision = plan.precision.name().to_owned();
    manifest.runtime.target = Some(plan.target.name().to_owned());
    let calibration = encoder.report.calibration.as_ref();
    manifest.provenance.calibration = calibration.map(|calibration| calibration.line());
    if let Some(lexicon) = &shared.lexicon {
        writer.add(LEXICON, lexicon.bytes())?;
    }
    if let Some(prefixes) = &shared.prefixes {
        writer.add(PREFIXES, prefixes)?;
    }
    if let Some(language) = &shared.language {
        writer.add(LANGUAGE, language.bytes())?;
    }
    for asset in &options.assets {
        writer.add_file(&asset_name(asset), asset)?;
    }
    writer.add_json(RUNTIME_META_FILE, &RuntimeMeta::of(&manifest))?;
    Ok((writer, manifest))
}

/// Stages the bundle, takes down its golden swipes and tries it on them.
fn report(
    shared: &SharedParts,
    encoder: &Encoder,
    plan: &Plan,
    writer: &mut BundleWriter,
    manifest: &mut Manifest,
) -> Result<Report> {
    drop(writer.stage(manifest)?);
    let golden = golden(&Engine::open(writer.folder())?, plan.precision)?;
    writer.add_json(GOLDEN_FILE, &golden)?;
    drop(writer.stage(manifest)?);
    Engine::open(writer.folder())?.self_test()?;
    Ok(Report {
        bundle: manifest.name.clone(),
        target: plan.target,
        precision: plan.precision,
        checkpoint: manifest.provenance.checkpoint.clone(),
        checkpoint_sha256: manifest.provenance.checkpoint_sha256.clone(),
        parameters: manifest.model.parameters,
        bytes: writer.sizes(),
        compressed: None,
        validation: shared.validation.clone(),
        encoder: encoder.report.clone(),
        audit: None,
        lowering: None,
        golden_swipes: golden.swipes.len(),
        comparison: None,
    })
}

/// The file name of an asset.
fn asset_name(asset: &Path) -> String {
    let name = asset.file_name();
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Writes the encoder as ONNX Runtime's optimizer leaves it.
fn optimize(writer: &mut BundleWriter, encoder: &Encoder, target: Target) -> Result<OptimizedSpec> {
    let mut session = target.session();
    if target == Target::Android {
        // Made on x86, it would get unsigned activations.
        let key = "session.qdqisint8allowed".to_owned();
        session.config.insert(key, "1".to_owned());
    }
    let level = OptimizationLevel::Extended;
    let to = writer.folder().join(OPTIMIZED);
    OnnxModel::optimize(&encoder.file, &session, level, OptimizedFormat::Ort, &to)?;
    writer.adopt(OPTIMIZED)?;
    let version = swipekit::internals::runtime::load(None)?.version;
    let mut parts = version.split('.');
    let runtime = match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) => format!("{major}.{minor}"),
        _ => version,
    };
    Ok(OptimizedSpec {
        file: OPTIMIZED.to_owned(),
        architecture: target.architecture().to_owned(),
        runtime,
        level,
    })
}

/// Bytes of each file after deflate, as an APK holds it.
fn compressed(
    folder: &Path,
    files: &std::collections::BTreeMap<String, u64>,
) -> Result<std::collections::BTreeMap<String, u64>> {
    let sizes = files.keys().map(|name| {
        let path = folder.join(name);
        let content = Bytes::map(&path)?;
        let deflated = crate::audit::deflated(&content);
        Ok((name.clone(), deflated))
    });
    sizes.collect()
}

/// Makes sure that several bundles may stand in `folder`.
pub(super) fn check_folder(folder: &Path) -> Result<()> {
    let is_bundle = folder
        .join(swipekit::internals::bundle::MANIFEST_FILE)
        .exists();
    let is_folder = fs::metadata(folder).map_or(true, |about| about.is_dir());
    let got = match (is_bundle, is_folder) {
        (true, _) => "a bundle",
        (_, false) => "something that is no folder",
        _ => return Ok(()),
    };
    Err(FileError::InTheWay {
        path: folder.to_path_buf(),
        expected: "a folder that several bundles can stand in",
        got: got.to_owned(),
    }
    .into())
}
