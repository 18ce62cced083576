//! Programs as bundles ask for them: lowered by the Python side, run in the runtime that an app
//! has, held to the reference or measured.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use swipekit::internals::runtime::{EXECUTORCH_VERSION, OnnxEncoder, PteEncoder, RuntimeOptions};

use super::kind::{Kind, Trial};
use super::quality::{share_warning, ultra};
use crate::audit;
use crate::check::FailedCheck;
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::export::assemble::Programs;
use crate::export::encoders::{AGREEMENT_SWIPES, Encoder, EncoderReport, Encoders, INT8_COSINE};
use crate::export::names::{ENCODER_PROGRAM, STEP_PROGRAM};
use crate::export::options::PteOptions;
use crate::export::report::LoweringReport;
use crate::export::shared::SharedParts;
use crate::export::target::Target;
use crate::files::FileError;
use crate::network::Network;
use crate::pte::{INPUT_SCALE, LoweredFile, Mode, PteError, Python, Request, Scheme, Versions};
use crate::quantize::Precision;
use crate::quantize::calibrate::EncoderInput;
use crate::quantize::equalize;
use crate::quantize::probe::Effect;
use crate::quantize::sensitivity::Budget;
use crate::schema::{FIRST_LAYER, Tensor};
use crate::validate::{Agreement, Check, programs};

/// The most that an encoder in 8 bits may take of the FP32 encoder's bytes, where those are so many
/// that the weights are most of them: beyond it is none.
const MAX_RATIO: f64 = 0.5;

/// Makes programs as they are asked for, each once.
pub(super) struct Lowering<'a> {
    options: &'a PteOptions,
    python: Python,
    checkpoint: &'a Checkpoint,
    network: Network<'a>,
    shared: &'a SharedParts,
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

impl<'a> Lowering<'a> {
    /// Nothing made yet; programs are written to `scratch`.
    ///
    /// # Errors
    /// As [`Network::new`] and [`OnnxEncoder::from_bytes`].
    pub(super) fn new(
        options: &'a PteOptions,
        python: Python,
        checkpoint: &'a Checkpoint,
        shared: &'a SharedParts,
        scratch: &'a Path,
    ) -> Result<Self> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            options,
            python,
            network: Network::new(&checkpoint.config, &checkpoint.weights)?,
            checkpoint,
            onnx: OnnxEncoder::from_bytes(
                &shared.encoder_file,
                &shared.manifest.model,
                &RuntimeOptions::default(),
            )?,
            shared,
            encoders: Encoders::new(&options.base, shared, threads),
            scratch,
            threads,
            lowered: Vec::new(),
            made: Vec::new(),
        })
    }

    /// The FP32 ONNX encoder, to compare with.
    ///
    /// # Errors
    /// As [`Encoders::get`].
    pub(super) fn onnx_fp32(&mut self) -> Result<Rc<Encoder>> {
        self.encoders
            .get(Precision::Fp32, Target::Desktop, &mut |_| ())
    }

    /// The programs of a bundle.
    pub(super) fn programs(&mut self, mode: Mode, say: &mut dyn FnMut(&str)) -> Result<Programs> {
        let mut warnings = Vec::new();
        let encoder = match mode {
            Mode::Fp32 | Mode::Xnnpack => self.float(mode, say)?,
            Mode::Int8 | Mode::Ultra => match self.eight_bits(mode, say) {
                Ok(made) => made,
                Err(error) if self.options.fallback_fp32 && error.is_failed_check() => {
                    warnings.push(format!("FP32 took the place of 8 bits: {error}"));
                    self.float(Mode::Xnnpack, say)?
                }
                Err(error) => return Err(error),
            },
        };
        let step = self.step(mode, say)?;
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
            size: audit::size(&encoder.encoder.file, &self.shared.encoder_file),
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
    pub(super) fn lower_first(&mut self, say: &mut dyn FnMut(&str)) -> Result<()> {
        let mut kinds: Vec<Kind> = Vec::new();
        for mode in &self.options.modes {
            for kind in [Kind::encoder(*mode, self.scheme()), Kind::step(*mode)] {
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
        }
        let is_int8 = kinds.iter().any(|kind| matches!(kind, Kind::Int8(_)));
        let swipes = match is_int8 && self.scheme() == Scheme::Static {
            true => self.encoders.calibration(say)?.swipes.clone(),
            false => Vec::new(),
        };
        self.lower(&self.checkpoint.weights.tensors, &swipes, &kinds, say)
    }

    fn scheme(&self) -> Scheme {
        self.options.scheme
    }

    /// An encoder in 32 bits, equal to the reference.
    fn float(&mut self, mode: Mode, say: &mut dyn FnMut(&str)) -> Result<Rc<Made>> {
        let check =
            |this: &Self, path: &Path| Ok(programs::fp32_encoder(&this.network, path, &this.onnx)?);
        self.in_float(Kind::Float(mode), check, say)
    }

    /// A step, equal to the reference.
    fn step(&mut self, mode: Mode, say: &mut dyn FnMut(&str)) -> Result<Rc<Made>> {
        let check = |this: &Self, path: &Path| Ok(vec![programs::step(&this.network, path)?]);
        self.in_float(Kind::step(mode), check, say)
    }

    /// A program in 32 bits that `check` has held to the reference.
    fn in_float(
        &mut self,
        kind: Kind,
        check: impl Fn(&Self, &Path) -> Result<Vec<Check>>,
        say: &mut dyn FnMut(&str),
    ) -> Result<Rc<Made>> {
        if let Some(made) = self.find(kind) {
            return Ok(made);
        }
        let tensors = &self.checkpoint.weights.tensors;
        let (path, lowered, versions) = self.program(tensors, &[], kind, say)?;
        say("holding the program to the reference");
        let checks = check(self, &path)?;
        let encoder = Encoder::program(Precision::Fp32, read(&path)?, EncoderReport::default());
        let made = Made {
            encoder: Rc::new(encoder),
            lowered,
            versions,
            checks,
            equalized: false,
            effect: None,
        };
        Ok(self.keep(kind, made))
    }

    /// The first encoder in 8 bits that keeps the words right: as the network is, then with the
    /// columns of the first layer's input evened out, then with that layer in float.
    fn eight_bits(&mut self, mode: Mode, say: &mut dyn FnMut(&str)) -> Result<Rc<Made>> {
        let mut outcome = Err(Error::NoCalibration);
        for trial in Trial::all(self.scheme()) {
            outcome = match self.find(Kind::Int8(trial)) {
                Some(made) => Ok(made),
                None => self
                    .quantized(trial, say)
                    .map(|made| self.keep(Kind::Int8(trial), made)),
            };
            if !outcome.as_ref().is_err_and(Error::is_failed_check) {
                break;
            }
        }
        let made = outcome?;
        if mode == Mode::Ultra {
            ultra(&made.lowered).map_err(PteError::from)?;
        }
        Ok(made)
    }

    fn quantized(&mut self, trial: Trial, say: &mut dyn FnMut(&str)) -> Result<Made> {
        let probe = self.encoders.probe(say)?;
        let calibration = self.encoders.calibration(say)?;
        let tensors = match trial.equalized {
            true => self.equalized(say)?,
            false => self.checkpoint.weights.tensors.clone(),
        };
        let swipes: &[EncoderInput] = match trial.scheme {
            Scheme::Static => &calibration.swipes,
            Scheme::Dynamic => &[],
        };
        let (path, lowered, versions) = self.program(&tensors, swipes, Kind::Int8(trial), say)?;
        say("measuring the encoder in 8 bits");
        let file = read(&path)?;
        let size = audit::size(&file, &self.shared.encoder_file);
        let is_large = Precision::Int8
            .max_ratio(self.shared.encoder_file.len())
            .is_some();
        if is_large && size.ratio > MAX_RATIO {
            let check = format!("the size of {ENCODER_PROGRAM}");
            let expected = format!("at most {MAX_RATIO} of FP32's bytes");
            let failed = FailedCheck::new(check, expected, format!("{:.3}", size.ratio));
            return Err(PteError::from(failed.advice("the weights are not in 8 bits")).into());
        }
        let check = programs::int8_encoder(&self.network, &path)?;
        let mut options = RuntimeOptions::default();
        options.copies = self.threads;
        let model = &self.shared.manifest.model;
        let program = PteEncoder::open(&path, model, &options)?;
        let effect = probe.effect_of(&program, None)?;
        let budget = Budget {
            max_top1_loss: self.options.base.quantization.max_top1_loss,
            min_cosine: INT8_COSINE,
        };
        if !budget.holds(&effect) {
            let advice = "allow more with --max-top1-loss, try the other --scheme, or let FP32 take \
                          its plan with --fallback-fp32";
            let failed = budget.exceeded(&effect, &trial.name(), advice);
            return Err(PteError::from(failed).into());
        }
        let agreement = self.agreement(&program, &calibration.swipes)?;
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

    /// Frames against those of the FP32 ONNX encoder, on calibration swipes; and on synthetic ones,
    /// since ranges of noise fit noise.
    fn agreement(&self, program: &PteEncoder, swipes: &[EncoderInput]) -> Result<Agreement> {
        let some = &swipes[..swipes.len().min(AGREEMENT_SWIPES)];
        let width = self.shared.manifest.model.encoder;
        let agree = |swipes: &[EncoderInput]| {
            programs::programs_agree(&self.onnx, program, width, swipes, INT8_COSINE)
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
        calibration: &[EncoderInput],
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
        calibration: &[EncoderInput],
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
            let check = "the Python side's ExecuTorch";
            let expected = format!("{EXECUTORCH_VERSION}, as this program has");
            return Err(PteError::from(FailedCheck::new(check, expected, made_with)).into());
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
    Ok(fs::read(path).map_err(FileError::read(path))?)
}
