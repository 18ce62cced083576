//! One bundle of an export: files, manifest, goldens, audit, report.

use std::fs;
use std::path::{Path, PathBuf};
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
use super::golden::golden;
use super::graphs::Graphs;
#[cfg(feature = "executorch")]
use super::report::LoweringReport;
use super::report::{Exported, Outcome, Report};
use super::target::Target;
use super::{ENCODER, LANGUAGE, LEXICON, OPTIMIZED, Options, PREFIXES, REPORT_PAGE, page};
#[cfg(feature = "executorch")]
use super::{ENCODER_PROGRAM, STEP_PROGRAM, TRANSDUCER};
use crate::audit::{Expected, audit};
use crate::error::{Error, Result};
use crate::judge::evaluate::resident_mib;
use crate::package::{BundleWriter, RuntimeMeta, pack};
use crate::precision::Precision;
#[cfg(feature = "executorch")]
use crate::validate::Check;

/// Which bundle of an export.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) target: Target,
    pub(super) precision: Precision,
    /// Its name.
    pub(super) name: String,
    /// Its folder.
    pub(super) folder: PathBuf,
}

/// A bundle that stands in its temporary folder and has passed its own checks.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) place: Place,
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
        graphs: &Graphs,
        encoder: Rc<Encoder>,
        place: Place,
    ) -> Result<Self> {
        let (mut writer, mut manifest) = begin(options, graphs, &encoder, &place)?;
        manifest.runtime.session = place.target.session();
        writer.add(ENCODER, &encoder.file)?;
        for (name, content) in &graphs.files {
            writer.add(name, content)?;
        }
        // ONNX Runtime would fold an FP16 encoder's casts and write 32 bits.
        if options.optimized && place.precision != Precision::Fp16 {
            manifest.runtime.optimized = Some(optimize(&mut writer, &encoder, place.target)?);
        }

        let session = place.target.session();
        let equalized = encoder.equalized.as_ref();
        let audit = audit(
            &encoder.file,
            &Expected {
                precision: place.precision,
                baseline: equalized.map_or(&graphs.encoder_file, |source| &source.file),
                quantized: &encoder.reduced,
                float: &encoder.kept,
                session: &session,
                max_ratio: place.precision.max_ratio(graphs.encoder_file.len()),
            },
        )?;

        let mut report = report(graphs, &encoder, &place, &mut writer, &mut manifest)?;
        report.audit = Some(audit);
        Ok(Self {
            place,
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
        graphs: &Graphs,
        programs: Programs,
        place: Place,
    ) -> Result<Self> {
        let Programs {
            encoder,
            step,
            checks,
            lowering,
        } = programs;
        let (mut writer, mut manifest) = begin(options, graphs, &encoder, &place)?;
        manifest.runtime.kind = EXECUTORCH.to_owned();
        manifest.runtime.minimum = MINIMUM_EXECUTORCH.to_owned();
        manifest.runtime.encoder = ENCODER_PROGRAM.to_owned();
        manifest.runtime.step = Some(STEP_PROGRAM.to_owned());
        writer.add(ENCODER_PROGRAM, &encoder.file)?;
        writer.add(STEP_PROGRAM, &step)?;
        let transducer = graphs.files.iter().filter(|(name, _)| *name == TRANSDUCER);
        for (name, content) in transducer {
            writer.add(name, content)?;
        }
        let mut report = report(graphs, &encoder, &place, &mut writer, &mut manifest)?;
        report.validation.checks.extend(checks);
        report.lowering = Some(lowering);
        Ok(Self {
            place,
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

    /// Adds the reports and moves the bundle to its place; then packs it where that was asked for.
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
                self.place.name,
                swipekit::internals::bundle::EXTENSION
            );
            pack(&self.place.folder, folder.join(file))?;
        }
        Ok(self.report)
    }
}

/// Puts the bundles of an export that began at `start` in their places; `step` is told each.
///
/// # Errors
/// As [`Package::finish`], for the first that fails; those before it are in place.
pub(super) fn finish(
    options: &Options,
    packages: Vec<Package>,
    start: Instant,
    step: &mut dyn FnMut(usize, &str),
) -> Result<Outcome> {
    step(1, "finishing");
    let mut bundles = Vec::with_capacity(packages.len());
    for package in packages {
        let path = package.place.folder.clone();
        let report = package.finish(options)?;
        bundles.push(Exported { path, report });
        step(1, "in place");
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
    graphs: &Graphs,
    encoder: &Encoder,
    place: &Place,
) -> Result<(BundleWriter, Manifest)> {
    let mut writer = BundleWriter::create(&place.folder)?;
    let mut manifest = graphs.manifest.clone();
    manifest.name.clone_from(&place.name);
    manifest.precision = place.precision.name().to_owned();
    manifest.runtime.target = Some(place.target.name().to_owned());
    let calibration = encoder.report.calibration.as_ref();
    manifest.provenance.calibration = calibration.map(|calibration| calibration.line());
    if let Some(lexicon) = &graphs.lexicon {
        writer.add(LEXICON, lexicon.bytes())?;
    }
    if let Some(prefixes) = &graphs.prefixes {
        writer.add(PREFIXES, prefixes)?;
    }
    if let Some(language) = &graphs.language {
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
    graphs: &Graphs,
    encoder: &Encoder,
    place: &Place,
    writer: &mut BundleWriter,
    manifest: &mut Manifest,
) -> Result<Report> {
    drop(writer.stage(manifest)?);
    let golden = golden(&Engine::open(writer.folder())?, place.precision)?;
    writer.add_json(GOLDEN_FILE, &golden)?;
    drop(writer.stage(manifest)?);
    Engine::open(writer.folder())?.self_test()?;
    Ok(Report {
        bundle: manifest.name.clone(),
        target: place.target,
        precision: place.precision,
        checkpoint: manifest.provenance.checkpoint.clone(),
        checkpoint_sha256: manifest.provenance.checkpoint_sha256.clone(),
        parameters: manifest.model.parameters,
        bytes: writer.sizes(),
        compressed: None,
        validation: graphs.validation.clone(),
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
    if folder
        .join(swipekit::internals::bundle::MANIFEST_FILE)
        .exists()
    {
        return Err(Error::InTheWay {
            path: folder.to_path_buf(),
            expected: "a folder that several bundles can stand in",
            got: "a bundle".to_owned(),
        });
    }
    match fs::metadata(folder) {
        Ok(about) if !about.is_dir() => Err(Error::InTheWay {
            path: folder.to_path_buf(),
            expected: "a folder that several bundles can stand in",
            got: "something that is no folder".to_owned(),
        }),
        _ => Ok(()),
    }
}
