//! From a checkpoint to bundles for ExecuTorch that have proved themselves.
//!
//! The ONNX graphs are made and held to the reference as for any export; the programs are then lowered by the Python side,
//! run in the runtime that an app has, and held to the reference and to the ONNX encoder. An encoder in 8 bits is judged by
//! the words that it loses. With a manifest, all bundles are compared on it, next to the FP32 ONNX bundle.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

use swipekit::runtime::{EXECUTORCH_VERSION, OnnxEncoder, PteEncoder, RuntimeOptions};

use super::encoders::{AGREEMENT_SWIPES, Encoder, EncoderReport, Encoders, INT8_COSINE};
use super::graphs::Graphs;
use super::package::{self, Package, Place, Programs};
use super::{ENCODER_PROGRAM, Options, Progress, STEP_PROGRAM, validation};
use super::{Exported, LoweringReport, Outcome, Precision, Target};
use crate::audit;
use crate::bundle;
use crate::checkpoint::{Checkpoint, Tensor};
use crate::error::{Error, Result};
use crate::evaluate::resident_mib;
use crate::network::Network;
use crate::pte::{
    EncoderJob, LoweredFile, Mode, PteError, Python, Request, Scheme, StepJob, Versions,
};
use crate::quantize::calibrate::Sample;
use crate::quantize::equalize;
use crate::quantize::probe::Effect;
use crate::quantize::sensitivity::Budget;
use crate::validate::{Agreement, Check, ValidationError, programs};

/// The layer behind the subsampling, by NeMo's name.
const FIRST_LAYER: &str = "encoder.pre_encode.out";
/// What the Python side multiplies that layer's input by.
const INPUT_SCALE: &str = "encoder.pre_encode.out.input_scale";

/// Share of the nodes that XNNPACK should run.
const WANTED_SHARE: f64 = 0.9;
/// Share of the nodes below which a program is hardly faster than one without XNNPACK.
const LOW_SHARE: f64 = 0.5;
/// The most that an encoder in 8 bits may take of the FP32 encoder's bytes, where those are so many that the weights are
/// most of them: beyond it is none.
const MAX_RATIO: f64 = 0.5;

/// What to export for ExecuTorch.
#[derive(Clone, Debug)]
pub struct PteOptions {
    /// All that does not depend on the runtime. Precisions, targets, recipe, method, sensitivity, parts and the optimised
    /// encoder are ONNX Runtime's and not looked at.
    pub base: Options,
    /// Programs to make. One gives a bundle at the output folder itself, several one each in a folder of its name there.
    pub modes: Vec<Mode>,
    /// Where the ranges of an encoder in 8 bits come from. `None` for each swipe's own, which needs no ranges from
    /// calibration and loses less.
    pub scheme: Option<Scheme>,
    /// Whether an FP32 encoder takes the place of one in 8 bits that fails.
    pub fallback_fp32: bool,
    /// The interpreter; looked for where it is `None`.
    pub python: Option<PathBuf>,
}

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
    fn places(&self) -> Vec<(Mode, Place)> {
        let base = self.base.base_name();
        let single = self.modes.len() == 1;
        let places = self.modes.iter().map(|mode| {
            let place = Place {
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
            (*mode, place)
        });
        places.collect()
    }
}

/// Exports a checkpoint to bundles for ExecuTorch; `progress` is told each step.
///
/// # Errors
/// Whatever reading, building or writing gives; [`Error::Pte`], [`Error::Validation`] where a check fails. There is no
/// bundle then.
pub fn pte(options: &PteOptions, progress: impl FnMut(&Progress<'_>)) -> Result<Outcome> {
    options.check()?;
    if options.modes.len() > 1 {
        package::check_folder(&options.base.output)?;
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
    let places = options.places();
    // Graphs; programs, a staged bundle and its finish for each place; the comparison.
    let stages = 2 + 3 * places.len();
    let mut done = 0;
    let mut step = |advance: usize, what: &str| {
        done += advance;
        progress(&Progress { what, done, stages });
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let scratch = bundle::place::staging(&base.output)?;
    let python = Python::find(options.python.as_deref(), scratch.path())?;
    step(0, "reading the checkpoint");
    let checkpoint = Checkpoint::open(&base.checkpoint)?;
    let graphs = Graphs::new(base, &checkpoint, scratch.path(), |what| step(0, what))?;
    let encoders = Encoders::new(base, &graphs, threads);
    let mut lowering = Lowering {
        options,
        python,
        network: Network::new(&checkpoint.config, &checkpoint.weights)?,
        checkpoint: &checkpoint,
        onnx: OnnxEncoder::from_bytes(
            &graphs.encoder_file,
            &graphs.manifest.model,
            &RuntimeOptions::default(),
        )?,
        graphs: &graphs,
        encoders,
        scratch: scratch.path(),
        threads,
        lowered: Vec::new(),
        made: Vec::new(),
    };
    step(1, "lowering the programs");
    lowering.lower_first(&mut |what| step(0, what))?;
    let mut packages = Vec::with_capacity(places.len());
    for (mode, mut place) in places {
        let programs = lowering.programs(mode, &mut |what| step(0, what))?;
        place.precision = programs.encoder.precision;
        step(1, &format!("writing {}", place.name));
        packages.push(Package::stage_programs(base, &graphs, programs, place)?);
        step(1, "staged");
    }
    if let Some(validation) = &base.validation {
        step(0, "comparing the bundles");
        let place = Place {
            target: Target::Desktop,
            precision: Precision::Fp32,
            name: format!("{}-onnx-fp32", base.base_name()),
            folder: scratch.path().join("baseline"),
        };
        let encoder = lowering
            .encoders
            .get(Precision::Fp32, Target::Desktop, &mut |_| ())?;
        let plain = Options {
            optimized: false,
            ..base.clone()
        };
        let baseline = Package::stage(&plain, &graphs, encoder, place)?;
        validation::validate(
            validation,
            base.quantization.max_top1_loss,
            Some(baseline),
            &mut packages,
            |what| step(0, what),
        )?;
    }
    step(1, "finishing");
    let mut bundles = Vec::with_capacity(packages.len());
    for package in packages {
        let path = package.place.folder.clone();
        let report = package.finish(base)?;
        bundles.push(Exported { path, report });
        step(1, "in place");
    }
    Ok(Outcome {
        bundles,
        seconds: (start.elapsed().as_secs_f64() * 100.0).round() / 100.0,
        rss_mb: resident_mib(),
    })
}

/// Makes programs as they are asked for, each once.
struct Lowering<'a> {
    options: &'a PteOptions,
    python: Python,
    checkpoint: &'a Checkpoint,
    network: Network<'a>,
    graphs: &'a Graphs,
    /// The FP32 ONNX encoder, which has been held to the reference.
    onnx: OnnxEncoder,
    encoders: Encoders<'a>,
    scratch: &'a Path,
    threads: usize,
    /// Programs that lie in the scratch folder and have not been checked yet.
    lowered: Vec<(Kind, LoweredFile, Versions)>,
    /// What has been made so far.
    made: Vec<(Kind, Rc<Made>)>,
}

/// A program that a mode needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// An encoder in 32 bits.
    Float(Mode),
    /// An encoder in 8 bits.
    Int8(Trial),
    Step(Mode),
}

/// A way to make an encoder in 8 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Trial {
    scheme: Scheme,
    /// Whether the columns of the first layer's input are evened out.
    equalized: bool,
    /// Whether the first layer stays in float.
    first_in_float: bool,
}

impl Trial {
    /// The trials of a scheme, the best first.
    fn all(scheme: Scheme) -> [Self; 3] {
        [(false, false), (true, false), (false, true)].map(|(equalized, first_in_float)| Self {
            scheme,
            equalized,
            first_in_float,
        })
    }

    fn name(self) -> String {
        let mut name = self.scheme.name().to_owned();
        if self.equalized {
            name.push_str(", columns evened out");
        }
        if self.first_in_float {
            name.push_str(", first layer in float");
        }
        name
    }
}

impl Kind {
    /// File name in the scratch folder.
    fn file(self) -> String {
        match self {
            Self::Float(mode) => format!("encoder-{}.pte", mode.name()),
            Self::Int8(trial) => format!(
                "encoder-int8-{}{}{}.pte",
                trial.scheme.name(),
                if trial.equalized { "-equalized" } else { "" },
                if trial.first_in_float { "-float" } else { "" }
            ),
            Self::Step(mode) => format!("step-{}.pte", mode.name()),
        }
    }

    /// The program that an 8-bit encoder, an encoder or a step is asked for as.
    fn encoder_job(self) -> Option<EncoderJob> {
        match self {
            Self::Float(mode) => Some(EncoderJob::float(&self.file(), mode)),
            Self::Int8(trial) => {
                let mut job = EncoderJob::int8(&self.file(), trial.scheme);
                if trial.first_in_float {
                    job.float = Some(vec![FIRST_LAYER.to_owned()]);
                }
                Some(job)
            }
            Self::Step(_) => None,
        }
    }

    fn step_job(self) -> Option<StepJob> {
        match self {
            Self::Step(mode) => Some(StepJob {
                file: self.file(),
                mode,
            }),
            _ => None,
        }
    }
}

/// A program that has passed its checks.
#[derive(Debug)]
struct Made {
    encoder: Rc<Encoder>,
    lowered: LoweredFile,
    versions: Versions,
    checks: Vec<Check>,
    equalized: bool,
    effect: Option<Effect>,
}

impl Lowering<'_> {
    /// The programs of a bundle.
    fn programs(&mut self, mode: Mode, say: &mut dyn FnMut(&str)) -> Result<Programs> {
        let mut warnings = Vec::new();
        let encoder = match mode {
            Mode::Fp32 | Mode::Xnnpack => self.float(mode, say)?,
            Mode::Int8 | Mode::Ultra => match self.eight_bits(mode, say) {
                Ok(made) => made,
                Err(error) if self.options.fallback_fp32 && is_failed_check(&error) => {
                    warnings.push(format!("FP32 took the place of 8 bits: {error}"));
                    self.float(Mode::Xnnpack, say)?
                }
                Err(error) => return Err(error),
            },
        };
        let step_mode = match mode {
            Mode::Fp32 => Mode::Fp32,
            _ => Mode::Xnnpack,
        };
        let step = self.step(step_mode, say)?;
        let share = encoder.lowered.delegated_share();
        if mode != Mode::Fp32 {
            warnings.extend(share_warning(&encoder.lowered, share));
        }
        let named = |lowered: &LoweredFile, file: &str| LoweredFile {
            file: file.to_owned(),
            ..lowered.clone()
        };
        let lowering = LoweringReport {
            mode,
            versions: encoder.versions.clone(),
            encoder: named(&encoder.lowered, ENCODER_PROGRAM),
            step: named(&step.lowered, STEP_PROGRAM),
            size: audit::size(&encoder.encoder.file, &self.graphs.encoder_file),
            delegated_percent: 100.0 * share,
            equalized: encoder.equalized,
            effect: encoder.effect,
            warnings,
        };
        Ok(Programs {
            encoder: Rc::clone(&encoder.encoder),
            step: step.encoder.file.clone(),
            checks: encoder.checks.iter().chain(&step.checks).cloned().collect(),
            lowering,
        })
    }

    /// Lowers what is needed in any case, in one run of the Python side: it takes seconds to start.
    fn lower_first(&mut self, say: &mut dyn FnMut(&str)) -> Result<()> {
        let mut kinds: Vec<Kind> = Vec::new();
        for mode in &self.options.modes {
            let step = match mode {
                Mode::Fp32 => Mode::Fp32,
                _ => Mode::Xnnpack,
            };
            let encoder = match mode {
                Mode::Fp32 | Mode::Xnnpack => Kind::Float(*mode),
                Mode::Int8 | Mode::Ultra => Kind::Int8(Trial::all(self.scheme())[0]),
            };
            for kind in [encoder, Kind::Step(step)] {
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
        }
        let is_int8 = kinds.iter().any(|kind| matches!(kind, Kind::Int8(_)));
        let swipes = match is_int8 && self.scheme() == Scheme::Static {
            true => self.encoders.calibration(say)?.samples.clone(),
            false => Vec::new(),
        };
        self.lower(&self.checkpoint.weights.tensors, &swipes, &kinds, say)
    }

    fn scheme(&self) -> Scheme {
        self.options.scheme.unwrap_or(Scheme::Dynamic)
    }

    /// An encoder in 32 bits, equal to the reference.
    fn float(&mut self, mode: Mode, say: &mut dyn FnMut(&str)) -> Result<Rc<Made>> {
        let kind = Kind::Float(mode);
        if let Some(made) = self.find(kind) {
            return Ok(made);
        }
        let tensors = &self.checkpoint.weights.tensors;
        let (path, lowered, versions) = self.program(tensors, &[], kind, say)?;
        say("holding the encoder to the reference");
        let checks = programs::fp32_encoder(&self.network, &path, &self.onnx)?;
        let encoder = Encoder::program(Precision::Fp32, read(&path)?, EncoderReport::default());
        Ok(self.keep(
            kind,
            Made {
                encoder: Rc::new(encoder),
                lowered,
                versions,
                checks,
                equalized: false,
                effect: None,
            },
        ))
    }

    fn step(&mut self, mode: Mode, say: &mut dyn FnMut(&str)) -> Result<Rc<Made>> {
        let kind = Kind::Step(mode);
        if let Some(made) = self.find(kind) {
            return Ok(made);
        }
        let tensors = &self.checkpoint.weights.tensors;
        let (path, lowered, versions) = self.program(tensors, &[], kind, say)?;
        say("holding the step to the reference");
        let checks = vec![programs::step(&self.network, &path)?];
        let encoder = Encoder::program(Precision::Fp32, read(&path)?, EncoderReport::default());
        Ok(self.keep(
            kind,
            Made {
                encoder: Rc::new(encoder),
                lowered,
                versions,
                checks,
                equalized: false,
                effect: None,
            },
        ))
    }

    /// The first encoder in 8 bits that keeps the words right: as the network is, then with the columns of the first
    /// layer's input evened out, then with that layer in float.
    fn eight_bits(&mut self, mode: Mode, say: &mut dyn FnMut(&str)) -> Result<Rc<Made>> {
        let mut outcome = Err(Error::NoCalibration);
        for trial in Trial::all(self.scheme()) {
            outcome = match self.find(Kind::Int8(trial)) {
                Some(made) => Ok(made),
                None => self
                    .quantised(trial, say)
                    .map(|made| self.keep(Kind::Int8(trial), made)),
            };
            if !outcome.as_ref().is_err_and(is_failed_check) {
                break;
            }
        }
        let made = outcome?;
        if mode == Mode::Ultra {
            ultra(&made.lowered)?;
        }
        Ok(made)
    }

    fn quantised(&mut self, trial: Trial, say: &mut dyn FnMut(&str)) -> Result<Made> {
        let probe = self.encoders.probe(say)?;
        let calibration = self.encoders.calibration(say)?;
        let tensors = match trial.equalized {
            true => self.equalized(say)?,
            false => self.checkpoint.weights.tensors.clone(),
        };
        let swipes: &[Sample] = match trial.scheme {
            Scheme::Static => &calibration.samples,
            Scheme::Dynamic => &[],
        };
        let (path, lowered, versions) = self.program(&tensors, swipes, Kind::Int8(trial), say)?;
        say("measuring the encoder in 8 bits");
        let file = read(&path)?;
        let size = audit::size(&file, &self.graphs.encoder_file);
        let is_large = Precision::Int8
            .max_ratio(self.graphs.encoder_file.len())
            .is_some();
        if is_large && size.ratio > MAX_RATIO {
            return Err(PteError::Refused {
                file: ENCODER_PROGRAM.to_owned(),
                check: "its size",
                expected: format!("at most {MAX_RATIO} of FP32's bytes"),
                got: format!("{:.3}: the weights are not in 8 bits", size.ratio),
            }
            .into());
        }
        let check = programs::int8_encoder(&self.network, &path)?;
        let mut options = RuntimeOptions::default();
        options.copies = self.threads;
        let model = &self.graphs.manifest.model;
        let program = PteEncoder::open(&path, model, &options)?;
        let effect = probe.effect_of(&program, None)?;
        let budget = Budget {
            max_top1_loss: self.options.base.quantization.max_top1_loss,
            min_cosine: INT8_COSINE,
        };
        if !budget.holds(&effect) {
            return Err(PteError::Budget {
                scheme: trial.name(),
                top1_loss: effect.top1_loss,
                cosine: effect.cosine,
                most: budget.max_top1_loss,
                least: budget.min_cosine,
            }
            .into());
        }
        let agreement = self.agreement(&program, &calibration.samples)?;
        let report = EncoderReport {
            equalized: trial.equalized,
            calibration: Some(calibration.report.clone()),
            agreement: Some(agreement),
            ..EncoderReport::default()
        };
        Ok(Made {
            encoder: Rc::new(Encoder::program(Precision::Int8, file, report)),
            lowered,
            versions,
            checks: vec![check],
            equalized: trial.equalized,
            effect: Some(effect),
        })
    }

    /// Frames against those of the FP32 ONNX encoder, on calibration swipes; and on synthetic ones, since ranges of noise
    /// fit noise.
    fn agreement(&self, program: &PteEncoder, samples: &[Sample]) -> Result<Agreement> {
        let some = &samples[..samples.len().min(AGREEMENT_SWIPES)];
        let width = self.graphs.manifest.model.encoder;
        let agree = |samples: &[Sample]| {
            programs::programs_agree(&self.onnx, program, width, samples, INT8_COSINE)
        };
        agree(&self.encoders.synthetic()?)?;
        Ok(agree(some)?)
    }

    /// The network's tensors with the columns of the first layer's input evened out.
    fn equalized(&mut self, say: &mut dyn FnMut(&str)) -> Result<BTreeMap<String, Tensor>> {
        // The graph has the channels of a feature together, NeMo the features of a channel.
        let columns = self.encoders.columns(say)?;
        let channels = self.checkpoint.config.encoder.conv_channels;
        let bins = columns.len() / channels.max(1);
        let columns: Vec<f32> = (0..columns.len())
            .map(|at| columns[at % bins * channels + at / bins])
            .collect();
        let mut tensors = self.checkpoint.weights.tensors.clone();
        let name = format!("{FIRST_LAYER}.weight");
        let Some(weight) = tensors.get_mut(&name) else {
            return Ok(tensors);
        };
        let width = columns.len();
        let factors = equalize::factors(&columns, &equalize::greatest(&weight.data, width));
        for row in weight.data.chunks_exact_mut(width.max(1)) {
            for (value, factor) in row.iter_mut().zip(&factors) {
                *value *= factor;
            }
        }
        tensors.insert(
            INPUT_SCALE.to_owned(),
            Tensor {
                shape: vec![width],
                data: factors.iter().map(|factor| 1.0 / factor).collect(),
            },
        );
        Ok(tensors)
    }

    /// A program, lowered unless it has been: its path, and what the Python side says of it.
    fn program(
        &mut self,
        tensors: &BTreeMap<String, Tensor>,
        calibration: &[Sample],
        kind: Kind,
        say: &mut dyn FnMut(&str),
    ) -> Result<(PathBuf, LoweredFile, Versions)> {
        if !self.lowered.iter().any(|(lowered, ..)| *lowered == kind) {
            self.lower(tensors, calibration, &[kind], say)?;
        }
        let found = self.lowered.iter().find(|(lowered, ..)| *lowered == kind);
        let (_, file, versions) = found.ok_or(PteError::Protocol {
            expected: "a program",
            got: "none".to_owned(),
        })?;
        Ok((
            self.scratch.join(&file.file),
            file.clone(),
            versions.clone(),
        ))
    }

    /// Has the Python side write programs.
    fn lower(
        &mut self,
        tensors: &BTreeMap<String, Tensor>,
        calibration: &[Sample],
        kinds: &[Kind],
        say: &mut dyn FnMut(&str),
    ) -> Result<()> {
        let encoders = kinds.iter().filter_map(|kind| kind.encoder_job());
        let steps = kinds.iter().filter_map(|kind| kind.step_job());
        let request = Request {
            config: &self.checkpoint.config,
            tensors,
            calibration,
            encoders: &encoders.collect::<Vec<_>>(),
            steps: &steps.collect::<Vec<_>>(),
        };
        let lowered = self.python.lower(&request, self.scratch, say)?;
        // ExecuTorch promises that it runs older programs, not newer ones.
        let minor = |version: &str| version.rsplit_once('.').map(|(minor, _)| minor.to_owned());
        let made_with = &lowered.versions.executorch;
        if minor(made_with) != minor(EXECUTORCH_VERSION) {
            return Err(PteError::Refused {
                file: "the Python side".to_owned(),
                check: "its ExecuTorch",
                expected: format!("{EXECUTORCH_VERSION}, as this program has"),
                got: made_with.clone(),
            }
            .into());
        }
        for file in lowered.files {
            if let Some(kind) = kinds.iter().find(|kind| kind.file() == file.file) {
                self.lowered.push((*kind, file, lowered.versions.clone()));
            }
        }
        Ok(())
    }

    fn find(&self, kind: Kind) -> Option<Rc<Made>> {
        let found = self.made.iter().find(|(made, _)| *made == kind);
        found.map(|(_, made)| Rc::clone(made))
    }

    fn keep(&mut self, kind: Kind, made: Made) -> Rc<Made> {
        let made = Rc::new(made);
        self.made.push((kind, Rc::clone(&made)));
        made
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    Ok(fs::read(path).map_err(|source| swipekit::Error::io(path, source))?)
}

/// Whether a program was made, and is not good enough.
fn is_failed_check(error: &Error) -> bool {
    matches!(
        error,
        Error::Pte(PteError::Budget { .. } | PteError::Refused { .. })
            | Error::Validation(ValidationError::Check { .. })
    )
}

/// Checks that a program is quantised and that XNNPACK runs some of it; how much is said by a warning.
fn ultra(encoder: &LoweredFile) -> Result<(), PteError> {
    let refused = |check, expected: String, got: String| PteError::Refused {
        file: encoder.file.clone(),
        check,
        expected,
        got,
    };
    for (check, count) in [
        ("its quantising nodes", encoder.quantize_nodes),
        ("its dequantising nodes", encoder.dequantize_nodes),
    ] {
        if count == 0 {
            return Err(refused(check, "some".to_owned(), "none".to_owned()));
        }
    }
    if encoder.subgraphs == 0 {
        return Err(refused(
            "the parts that XNNPACK runs",
            "some".to_owned(),
            "none".to_owned(),
        ));
    }
    Ok(())
}

/// What to say where XNNPACK runs too little of a program.
fn share_warning(encoder: &LoweredFile, share: f64) -> Option<String> {
    let outside: Vec<String> = encoder
        .outside
        .iter()
        .map(|(name, count)| format!("{name} x {count}"))
        .collect();
    let (least, consequence) = match share {
        share if share < LOW_SHARE => (LOW_SHARE, "it will be slow"),
        share if share < WANTED_SHARE => (WANTED_SHARE, "it could be faster"),
        _ => return None,
    };
    Some(format!(
        "XNNPACK runs {:.1} % of the encoder's nodes, less than {:.0} %: {consequence}. Outside: {}",
        100.0 * share,
        100.0 * least,
        outside.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(delegated: u64, quantize: u64, dequantize: u64) -> LoweredFile {
        LoweredFile {
            file: "encoder.pte".to_owned(),
            kind: "encoder".to_owned(),
            mode: "int8".to_owned(),
            scheme: Some("dynamic".to_owned()),
            bytes: 1,
            seconds: 1.0,
            subgraphs: delegated.min(1),
            delegated,
            total: 100,
            outside: [("view_copy.default".to_owned(), 3)].into(),
            quantize_nodes: quantize,
            dequantize_nodes: dequantize,
        }
    }

    #[test]
    fn programs_that_are_not_quantised_are_refused() {
        ultra(&file(95, 1, 1)).unwrap();
        for (wrong, what) in [
            (file(95, 0, 1), "quantising"),
            (file(95, 1, 0), "dequantising"),
            (file(0, 1, 1), "XNNPACK"),
        ] {
            let message = ultra(&wrong).unwrap_err().to_string();
            assert!(
                message.contains(what) && message.contains("encoder.pte"),
                "{message}"
            );
        }
    }

    #[test]
    fn programs_that_xnnpack_hardly_runs_are_warned_of() {
        let warning = |delegated| {
            let file = file(delegated, 1, 1);
            share_warning(&file, file.delegated_share())
        };
        assert_eq!(warning(90), None);
        let some = warning(89).unwrap();
        assert!(
            some.contains("89.0 %") && some.contains("view_copy.default x 3"),
            "{some}"
        );
        assert!(warning(49).unwrap().contains("slow"));
    }
}
