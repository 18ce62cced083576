//! The encoders of an export: one for each precision, for INT8 one for each recipe.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde::Serialize;

use super::calibration::{Calibration, CalibrationReport, features};
use super::options::Options;
use super::shared::SharedParts;
use super::target::Target;
use crate::audit::product_weights;
use crate::error::{Error, Result};
use crate::onnx;
use crate::onnx::proto::Model;
use crate::quantize::Precision;
use crate::quantize::Recipe;
use crate::quantize::calibrate::{EncoderInput, Observations, observe};
use crate::quantize::equalize::{self, equalize};
use crate::quantize::half::{HalfWeight, halve};
use crate::quantize::layers::layers;
use crate::quantize::probe::Probe;
use crate::quantize::rewrite::{Ranges, rewrite};
use crate::quantize::sensitivity::{self, Budget, Sensitivity};
use crate::random::Random;
use crate::synth::samples;
use crate::validate::{Agreement, agreement};

/// Least mean cosine between the frames of a 16-bit encoder and the FP32 one's.
const FP16_COSINE: f64 = 0.9999;
/// The same for an 8-bit encoder. Sound ones have 0.999 and more, ranges of other data 0.95 and
/// less.
pub(super) const INT8_COSINE: f64 = 0.99;

/// An encoder and the evidence for it.
#[derive(Debug)]
pub(super) struct Encoder {
    pub(super) precision: Precision,
    pub(super) file: Vec<u8>,
    /// The FP32 encoder that its weights are those of, where that is not the plain one.
    pub(super) equalized: Option<Rc<Source>>,
    /// Names of the weights that are in fewer bits.
    pub(super) reduced: Vec<String>,
    /// Names of the weights of products that stay in 32 bits.
    pub(super) kept: Vec<String>,
    pub(super) report: EncoderReport,
}

impl Encoder {
    /// A program of ExecuTorch.
    #[cfg(feature = "executorch")]
    pub(super) fn program(precision: Precision, file: Vec<u8>, report: EncoderReport) -> Self {
        Self {
            precision,
            file,
            equalized: None,
            reduced: Vec::new(),
            kept: Vec::new(),
            report,
        }
    }
}

/// How an encoder was made and what it showed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EncoderReport {
    /// The recipe of an INT8 encoder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
    /// Recipes that come before it for the target, and what they lost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    /// Whether the columns of the first layer's input were evened out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub equalized: bool,
    /// What an INT8 encoder was calibrated on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationReport>,
    /// What quantizing costs, and the layers that stay in float.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sensitivity: Option<Sensitivity>,
    /// The weights of an FP16 encoder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub half: Vec<HalfWeight>,
    /// Its frames against those of the FP32 encoder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Agreement>,
}

/// An FP32 encoder to quantize.
#[derive(Debug)]
pub(super) struct Source {
    model: Model,
    pub(super) file: Vec<u8>,
}

/// A recipe that lost too much.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PassedOver {
    /// Its name.
    pub recipe: &'static str,
    /// Whether the columns of the first layer's input were evened out.
    pub equalized: bool,
    /// Why.
    pub reason: String,
}

/// Makes encoders as they are asked for, each once.
pub(super) struct Encoders<'a> {
    options: &'a Options,
    shared: &'a SharedParts,
    threads: usize,
    made: Vec<Rc<Encoder>>,
    /// INT8 encoders by the recipes that they were chosen from.
    chosen: Vec<(Vec<Recipe>, Rc<Encoder>)>,
    calibration: Option<Rc<Calibration>>,
    /// The plain FP32 encoder and the one whose first layer's input was evened out, as they are
    /// needed.
    sources: [Option<Rc<Source>>; 2],
    /// What was seen in them.
    observations: [Option<Rc<Observations>>; 2],
    probe: Option<Rc<Probe>>,
}

impl<'a> Encoders<'a> {
    pub(super) fn new(options: &'a Options, shared: &'a SharedParts, threads: usize) -> Self {
        Self {
            options,
            shared,
            threads,
            made: Vec::new(),
            chosen: Vec::new(),
            calibration: None,
            sources: [None, None],
            observations: [None, None],
            probe: None,
        }
    }

    /// The encoder of a precision for a target; `step` is told what goes on.
    pub(super) fn get(
        &mut self,
        precision: Precision,
        target: Target,
        step: &mut dyn FnMut(&str),
    ) -> Result<Rc<Encoder>> {
        if precision == Precision::Int8 {
            return self.int8(target, step);
        }
        if let Some(made) = self.made.iter().find(|made| made.precision == precision) {
            return Ok(Rc::clone(made));
        }
        let encoder = match precision {
            Precision::Fp16 => {
                step("halving the weights");
                self.fp16()?
            }
            _ => Encoder {
                precision,
                file: self.shared.encoder_file.clone(),
                equalized: None,
                reduced: Vec::new(),
                kept: Vec::new(),
                report: EncoderReport::default(),
            },
        };
        let encoder = Rc::new(encoder);
        self.made.push(Rc::clone(&encoder));
        Ok(encoder)
    }

    fn fp16(&self) -> Result<Encoder> {
        let (model, half) = halve(&self.shared.encoder)?;
        let file = onnx::serialize(model);
        let agreement = self.agreement(&file, &self.synthetic()?, FP16_COSINE)?;
        let names = |halved| {
            let weights = half.iter().filter(move |weight| weight.halved == halved);
            weights.map(|weight| weight.name.clone()).collect()
        };
        Ok(Encoder {
            precision: Precision::Fp16,
            equalized: None,
            reduced: names(true),
            kept: names(false),
            report: EncoderReport {
                agreement: Some(agreement),
                half,
                ..EncoderReport::default()
            },
            file,
        })
    }

    /// The first recipe that keeps the words right with all layers in 8 bits: as the graph is, then
    /// with the first layer's input evened out; where there is none, the first that does with some
    /// layers in float.
    fn int8(&mut self, target: Target, step: &mut dyn FnMut(&str)) -> Result<Rc<Encoder>> {
        let own = self.options.quantization.recipe.as_slice();
        let recipes = if own.is_empty() {
            target.recipes()
        } else {
            own
        };
        if let Some((_, made)) = self.chosen.iter().find(|(chosen, _)| *chosen == recipes) {
            return Ok(Rc::clone(made));
        }
        let mut passed_over = Vec::new();
        let mut failure = Error::NoCalibration;
        for (equalized, may_float) in [(false, false), (true, false), (false, true)] {
            for recipe in recipes {
                match self.quantized(recipe, equalized, may_float, step) {
                    Ok(mut encoder) => {
                        encoder.report.passed_over = passed_over;
                        let encoder = Rc::new(encoder);
                        self.chosen.push((recipes.to_vec(), Rc::clone(&encoder)));
                        return Ok(encoder);
                    }
                    Err(error) if error.is_failed_check() => {
                        passed_over.push(PassedOver {
                            recipe: recipe.name,
                            equalized,
                            reason: error.to_string(),
                        });
                        failure = error;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Err(failure)
    }

    fn quantized(
        &mut self,
        recipe: &Recipe,
        equalized: bool,
        may_float: bool,
        step: &mut dyn FnMut(&str),
    ) -> Result<Encoder> {
        let calibration = self.calibration(step)?;
        let source = self.source(equalized, &calibration, step)?;
        let ranges = match recipe.is_static() {
            true => {
                let method = self.options.quantization.method;
                self.observations(equalized, &calibration, step)?
                    .ranges(method)
            }
            false => Ranges::new(),
        };
        let model = &source.model;
        let quantization = &self.options.quantization;
        let probe = self.probe(step)?;
        let sensitivity = sensitivity::search(
            &sensitivity::Graph {
                model,
                recipe,
                ranges: &ranges,
            },
            &probe,
            Budget {
                max_top1_loss: quantization.max_top1_loss,
                min_cosine: INT8_COSINE,
            },
            quantization.sensitivity,
            may_float,
            &mut |what| step(&format!("{}: {what}", recipe.name)),
        )?;
        let float: BTreeSet<String> = sensitivity.float.iter().cloned().collect();
        let file = onnx::serialize(rewrite(model, recipe, &ranges, &float)?);
        let some = calibration.swipes.len().min(AGREEMENT_SWIPES);
        let agreement = self.agreement(&file, &calibration.swipes[..some], INT8_COSINE)?;
        // Ranges of noise fit noise: the frames of sensible swipes tell.
        self.agreement(&file, &self.synthetic()?, INT8_COSINE)?;
        let reduced: Vec<String> = layers(model)?
            .into_iter()
            .filter(|layer| !float.contains(&layer.name))
            .map(|layer| layer.weight)
            .collect();
        let mut kept = product_weights(&source.file)?;
        kept.retain(|weight| !reduced.contains(weight));
        Ok(Encoder {
            precision: Precision::Int8,
            file,
            equalized: equalized.then_some(source),
            reduced,
            kept,
            report: EncoderReport {
                recipe: Some(*recipe),
                equalized,
                calibration: Some(calibration.report.clone()),
                sensitivity: Some(sensitivity),
                agreement: Some(agreement),
                ..EncoderReport::default()
            },
        })
    }

    /// The FP32 encoder, plain or evened out.
    fn source(
        &mut self,
        equalized: bool,
        calibration: &Calibration,
        step: &mut dyn FnMut(&str),
    ) -> Result<Rc<Source>> {
        let slot = usize::from(equalized);
        if let Some(source) = &self.sources[slot] {
            return Ok(Rc::clone(source));
        }
        let plain = &self.shared.encoder;
        let made = if equalized {
            let seen = self.observations(false, calibration, step)?;
            let model = equalize(plain, &seen.columns(&equalize::activation(plain)?))?;
            Source {
                file: onnx::serialize(model.clone()),
                model,
            }
        } else {
            Source {
                model: plain.clone(),
                file: self.shared.encoder_file.clone(),
            }
        };
        Ok(Rc::clone(self.sources[slot].insert(Rc::new(made))))
    }

    /// The calibration swipes with what the FP32 encoder makes of them.
    pub(super) fn probe(&mut self, step: &mut dyn FnMut(&str)) -> Result<Rc<Probe>> {
        if let Some(probe) = &self.probe {
            return Ok(Rc::clone(probe));
        }
        let calibration = self.calibration(step)?;
        step("decoding the calibration swipes in FP32");
        let made = calibration.probe(&self.shared.encoder_file)?;
        Ok(Rc::clone(self.probe.insert(Rc::new(made))))
    }

    /// Magnitudes of the columns that the layer behind the subsampling reads, in the graph's order.
    #[cfg(feature = "executorch")]
    pub(super) fn columns(&mut self, step: &mut dyn FnMut(&str)) -> Result<Vec<f32>> {
        let calibration = self.calibration(step)?;
        let seen = self.observations(false, &calibration, step)?;
        Ok(seen.columns(&equalize::activation(&self.shared.encoder)?))
    }

    pub(super) fn calibration(&mut self, step: &mut dyn FnMut(&str)) -> Result<Rc<Calibration>> {
        if let Some(calibration) = &self.calibration {
            return Ok(Rc::clone(calibration));
        }
        step("reading the calibration swipes");
        let quantization = &self.options.quantization;
        let source = quantization.calibration.as_ref();
        let source = source.ok_or(Error::NoCalibration)?;
        let made = Calibration::new(source, quantization, self.shared, self.threads)?;
        Ok(Rc::clone(self.calibration.insert(Rc::new(made))))
    }

    fn observations(
        &mut self,
        equalized: bool,
        calibration: &Calibration,
        step: &mut dyn FnMut(&str),
    ) -> Result<Rc<Observations>> {
        let slot = usize::from(equalized);
        if let Some(observations) = &self.observations[slot] {
            return Ok(Rc::clone(observations));
        }
        let source = self.source(equalized, calibration, step)?;
        step("calibrating: the ranges of the activations");
        let seen = observe(
            &source.model,
            self.options.lengths,
            &calibration.swipes,
            self.options.quantization.batch_size,
            self.threads,
        )?;
        Ok(Rc::clone(self.observations[slot].insert(Rc::new(seen))))
    }

    fn agreement(
        &self,
        file: &[u8],
        swipes: &[EncoderInput],
        min_cosine: f64,
    ) -> Result<Agreement> {
        Ok(agreement(
            &self.shared.encoder_file,
            file,
            swipes,
            self.options.lengths,
            min_cosine,
        )?)
    }

    /// Swipes that need no manifest.
    pub(super) fn synthetic(&self) -> Result<Vec<EncoderInput>> {
        let featurizer =
            swipekit::internals::features::Featurizer::new(&self.shared.manifest.featurizer)?;
        let mut random = Random::new(samples::SAMPLE_SEED);
        let words = samples::SAMPLE_WORDS.iter();
        let traces = words.filter_map(|word| samples::trace(word, &mut random));
        Ok(traces.map(|trace| features(&featurizer, &trace)).collect())
    }
}

/// Calibration swipes that the frames are compared on.
pub(super) const AGREEMENT_SWIPES: usize = 64;
