//! What all bundles of a checkpoint share: its graphs in FP32, held to the reference.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use swipekit::internals::bundle::Bundle;
use swipekit::internals::bundle::manifest::{
    FORMAT, LanguageSpec, LexiconSpec, Manifest, Provenance, RuntimeSpec,
};
use swipekit::internals::bundle::sha256_hex;
use swipekit::internals::decoder::{DecoderOptions, LANGUAGE_MODEL_WEIGHT, PrefixTable};
use swipekit::internals::features::FeaturizerSpec;
use swipekit::internals::transducer::PredictionJoint;
use swipekit::language_model::LanguageModel;
use swipekit::layout::Layout;
use swipekit::lexicon::{Layer, Lexicon, LexiconStack};

use super::names::{ENCODER, LANGUAGE, LEXICON, PARTS, PREFIXES, STEP, TRANSDUCER};
use super::options::{FeaturizerKind, Options};
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::onnx::proto::Model;
use crate::onnx::{self, StepOutput};
use crate::schema::ModelConfig;
use crate::validate::{self, ValidationReport};
use crate::words::lexicon;

/// The oldest ONNX Runtime that runs the graphs.
const MINIMUM_RUNTIME: &str = "1.17";

/// The graphs of a checkpoint and what its bundles say of it.
#[derive(Debug)]
pub(super) struct SharedParts {
    /// The FP32 encoder.
    pub(super) encoder: Model,
    /// The FP32 encoder as a file.
    pub(super) encoder_file: Vec<u8>,
    /// Every other file of the network by name.
    pub(super) files: Vec<(&'static str, Vec<u8>)>,
    /// The words.
    pub(super) lexicon: Option<Lexicon>,
    /// The table of prefixes.
    pub(super) prefixes: Option<Vec<u8>>,
    /// The language model, verified.
    pub(super) language: Option<LanguageModel>,
    /// The manifest of an FP32 bundle without a target.
    pub(super) manifest: Manifest,
    /// How the graphs compare with the reference.
    pub(super) validation: ValidationReport,
}

impl SharedParts {
    /// Writes a checkpoint's graphs and holds them to the reference network.
    pub(super) fn new(
        options: &Options,
        checkpoint: &Checkpoint,
        scratch: &Path,
        mut step: impl FnMut(&str),
    ) -> Result<Self> {
        let original = Network::new(&checkpoint.config, &checkpoint.weights)?;
        let mut weights = Cow::Borrowed(&checkpoint.weights);
        if options.compact {
            weights.to_mut().round_transducer_to_half()?;
        }
        let network = Network::new(&checkpoint.config, &weights)?;
        let language = options.language_model.as_ref();
        let language = language.map(LanguageModel::open).transpose()?;
        let presets = presets(options, checkpoint, language.is_some())?;
        let lexicon = match &options.lexicon {
            Some(path) => {
                let lexicon = lexicon::open_or_build(path, &checkpoint.config.labels)?;
                lexicon.verify(path)?;
                Some(lexicon)
            }
            None => None,
        };

        step("writing the graphs");
        let step_output = StepOutput::of(checkpoint.config.joint.log_softmax);
        let encoder = onnx::encoder(&network, options.lengths);
        let mut files = vec![
            (STEP, onnx::serialize(onnx::step(&network, step_output))),
            (TRANSDUCER, onnx::transducer(&network, options.compact)?),
        ];
        if options.parts {
            let shared = [
                onnx::prediction(&network),
                onnx::joint_encoder(&network),
                onnx::joint(&network),
            ];
            let shared = shared.map(onnx::serialize);
            files.extend(PARTS.into_iter().zip(shared));
        }
        let encoder_file = onnx::serialize(encoder.clone());
        let all = files.iter().map(|(name, content)| (*name, content));
        for (name, content) in all.chain([(ENCODER, &encoder_file)]) {
            let path = scratch.join(name);
            fs::write(&path, content).map_err(Error::write(&path))?;
        }

        step("holding the graphs to the reference");
        let file = |name: &str| scratch.join(name);
        let [prediction, joint_encoder, joint] = PARTS.map(file);
        let paths = validate::Files {
            encoder: &file(ENCODER),
            step: &file(STEP),
            transducer: &file(TRANSDUCER),
            parts: options.parts.then_some(validate::Parts {
                prediction: &prediction,
                joint_encoder: &joint_encoder,
                joint: &joint,
            }),
        };
        let mut validation = validate::validate(&network, &paths, options.lengths)?;
        if options.compact {
            let rounding = validate::rounding(&original, &network)?;
            validation.checks.push(rounding);
            files.retain(|(name, _)| *name != STEP);
        }
        let manifest = manifest(
            options,
            checkpoint,
            &network,
            lexicon.as_ref(),
            language.as_ref(),
            presets,
        )?;
        let mut shared = Self {
            encoder,
            encoder_file,
            files,
            lexicon,
            prefixes: None,
            language,
            manifest,
            validation,
        };
        if options.prefixes > 0 {
            step("running the prediction network");
            shared.prefixes = Some(shared.run_prefixes(options.prefixes)?);
        }
        Ok(shared)
    }

    /// The table of the lexicon's `count` likeliest prefixes.
    fn run_prefixes(&self, count: usize) -> Result<Vec<u8>> {
        let transducer = self.transducer()?;
        let lexicon = self.lexicon.clone();
        let layers = LexiconStack::new(lexicon.map(Layer::new).into_iter().collect())?;
        let table = PrefixTable::compute(&transducer, &layers, count)?;
        let weights = self.files.iter().find(|(name, _)| *name == TRANSDUCER);
        let weights = weights.map_or(&[][..], |(_, content)| content);
        let lexicon = self.lexicon.as_ref();
        let lexicon = lexicon.map(|lexicon| sha256_hex(lexicon.bytes()));
        Ok(table.to_bytes(&sha256_hex(weights), lexicon.as_deref())?)
    }

    /// Prediction network and joint as core runs them.
    pub(super) fn transducer(&self) -> Result<PredictionJoint> {
        let weights = self.files.iter().find(|(name, _)| *name == TRANSDUCER);
        let weights = weights.map_or(&[][..], |(_, content)| content);
        let Manifest {
            model, vocabulary, ..
        } = &self.manifest;
        Ok(PredictionJoint::new(weights, model, vocabulary)?)
    }
}

/// The presets of the bundle that is named, which must be of the same checkpoint, or the usual one.
fn presets(
    options: &Options,
    checkpoint: &Checkpoint,
    has_language_model: bool,
) -> Result<BTreeMap<String, DecoderOptions>> {
    let language_model_weight = has_language_model.then(|| {
        options
            .language_model_weight
            .unwrap_or(LANGUAGE_MODEL_WEIGHT)
    });
    if let Some(path) = &options.presets_of {
        let bundle = Bundle::open(path)?;
        let manifest = bundle.manifest();
        let fitted = &manifest.provenance.checkpoint_sha256;
        if *fitted != checkpoint.sha256 {
            return Err(swipekit::Error::invalid(
                "the bundle to take presets of",
                format!("one of the checkpoint {}", checkpoint.sha256),
                format!("one of {fitted}; tune this checkpoint's own"),
            )
            .into());
        }
        let mut presets = manifest.presets.clone();
        if let Some(weight) = language_model_weight {
            for preset in presets
                .values_mut()
                .filter(|p| p.language_model_weight == 0.0)
            {
                preset.language_model_weight = weight;
            }
        }
        return Ok(presets);
    }
    let mut preset = DecoderOptions::default();
    preset.prior_weight = options.prior_weight.unwrap_or(preset.prior_weight);
    preset.language_model_weight = language_model_weight.unwrap_or(preset.language_model_weight);
    Ok([("default".to_owned(), preset)].into())
}

fn manifest(
    options: &Options,
    checkpoint: &Checkpoint,
    network: &Network,
    lexicon: Option<&Lexicon>,
    language: Option<&LanguageModel>,
    presets: BTreeMap<String, DecoderOptions>,
) -> Result<Manifest> {
    let config = &checkpoint.config;
    let featurizer = featurizer(options.featurizer, config)?;
    Ok(Manifest {
        format: FORMAT,
        name: options.base_name(),
        language: options.language.clone(),
        precision: "fp32".to_owned(),
        runtime: RuntimeSpec {
            kind: "onnxruntime".to_owned(),
            minimum: MINIMUM_RUNTIME.to_owned(),
            encoder: ENCODER.to_owned(),
            step: (!options.compact).then(|| STEP.to_owned()),
            transducer: TRANSDUCER.to_owned(),
            prefixes: (options.prefixes > 0).then(|| PREFIXES.to_owned()),
            target: None,
            session: Default::default(),
            optimized: None,
        },
        model: network.model_spec(),
        vocabulary: onnx::vocabulary(network),
        featurizer,
        layout: config.layout.clone().unwrap_or_else(Layout::qwerty),
        presets,
        lexicon: lexicon.map(|lexicon| LexiconSpec {
            file: LEXICON.to_owned(),
            words: lexicon.len() as u64,
            keys: lexicon.keys() as u64,
            source: options.lexicon_source.clone(),
            licence: options.lexicon_licence.clone(),
        }),
        language_model: language.map(|model| LanguageSpec {
            file: LANGUAGE.to_owned(),
            order: model.order(),
            words: model.words() as u64,
            source: options.language_model_source.clone(),
            licence: options.language_model_licence.clone(),
        }),
        files: Default::default(),
        provenance: Provenance {
            checkpoint: checkpoint.file_name.clone(),
            checkpoint_sha256: checkpoint.sha256.clone(),
            exporter: concat!("swipekit ", env!("CARGO_PKG_VERSION")).to_owned(),
            calibration: None,
            licence: options.licence.clone(),
            credits: options.credits.clone(),
        },
    })
}

/// The featurizer of a network: the one asked for, or the one that the checkpoint names. Its grid of
/// keys is the checkpoint's; where that has none, its layout must be QWERTY, and the grid is the
/// seed's.
fn featurizer(kind: Option<FeaturizerKind>, config: &ModelConfig) -> Result<FeaturizerSpec> {
    let key_centres = match (kind, &config.featurizer, &config.layout) {
        (None, Some(trained), _) => return Ok(trained.clone()),
        (Some(FeaturizerKind::Seed), _, _) => return Ok(FeaturizerSpec::seed()),
        (Some(FeaturizerKind::Kinematic37), Some(trained), _) => trained.key_centres.clone(),
        (_, None, Some(layout)) if *layout != Layout::qwerty() => {
            return Err(swipekit::Error::invalid(
                "the featurizer of a checkpoint of another layout than QWERTY",
                "a block `featurizer` in its configuration, with the key centres",
                "none",
            )
            .into());
        }
        (_, None, _) => Layout::qwerty_unshifted().key_centres(),
    };
    Ok(match (kind, &config.feature_scale) {
        (None, None) => FeaturizerSpec::seed(),
        (_, scale) => FeaturizerSpec::kinematic37(key_centres, scale.clone().unwrap_or_default()),
    })
}
