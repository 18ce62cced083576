//! From a checkpoint to a bundle that has proved itself.
//!
//! Everything is written to a folder beside the destination. The graphs there are held to the reference network, then the
//! bundle is opened as an app would open it and must decode what it is known to decode; only then does it take the
//! destination's place. A failed check leaves nothing behind.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;
use swipekit::Engine;
use swipekit::bundle::golden::{Golden, GoldenSwipe};
use swipekit::bundle::manifest::{
    LexiconSpec, Manifest, ModelSpec, Provenance, RuntimeSpec, Vocabulary,
};
use swipekit::bundle::{GOLDEN_FILE, REPORT_FILE, RUNTIME_META_FILE};
use swipekit::decoder::DecoderOptions;
use swipekit::features::FeaturiserSpec;
use swipekit::layout::Layout;
use swipekit::lexicon::Lexicon;

use crate::bundle::{BundleWriter, RuntimeMeta};
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::evaluate::resident_mib;
use crate::lexicon;
use crate::network::Network;
use crate::onnx::{self, LengthType, StepOutput};
use crate::synthetic::{self, Random};
use crate::validate::{self, ValidationReport};

/// File name of the encoder.
pub const ENCODER: &str = "encoder.onnx";
/// File name of the step graph.
pub const STEP: &str = "step.onnx";
/// File name of prediction network and joint for core.
pub const TRANSDUCER: &str = "transducer.safetensors";
/// File name of the lexicon.
pub const LEXICON: &str = "lexicon.fst";
/// File names of prediction network, joint's projection of the encoder, and joint as graphs of their own.
pub const PARTS: [&str; 3] = ["prediction.onnx", "joint_encoder.onnx", "joint.onnx"];
/// The oldest ONNX Runtime that runs the graphs.
const MINIMUM_RUNTIME: &str = "1.17";
/// Words of the golden swipes.
const GOLDEN_WORDS: &[&str] = &["the", "hello", "keyboard", "a", "people", "don't"];
/// Greatest difference of the encoder's output between two machines; instruction sets sum in different orders.
const ENCODER_TOLERANCE: f64 = 1e-3;
/// Greatest relative difference of a score between two machines.
const SCORE_TOLERANCE: f64 = 1e-3;

/// Which featuriser a bundle names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeaturiserKind {
    /// All points, clamped before resampling, scaled by the checkpoint's `feature_scale`.
    Kinematic37,
    /// As the seed: the first 256 points, clamped after resampling, no scale.
    Seed,
}

/// What to export.
#[derive(Clone, Debug)]
pub struct Options {
    /// The checkpoint.
    pub checkpoint: PathBuf,
    /// Folder of the bundle.
    pub output: PathBuf,
    /// Lexicon file or word list; `None` for a dynamic bundle.
    pub lexicon: Option<PathBuf>,
    /// Where the lexicon's words come from.
    pub lexicon_source: String,
    /// Licence of the lexicon.
    pub lexicon_licence: String,
    /// Name; the output folder's where it is `None`.
    pub name: Option<String>,
    /// BCP 47 language tag.
    pub language: String,
    /// Featuriser; `None` for [`FeaturiserKind::Kinematic37`] where the checkpoint has a feature scale, otherwise
    /// [`FeaturiserKind::Seed`].
    pub featuriser: Option<FeaturiserKind>,
    /// Type of the encoder's input `lengths`.
    pub lengths: LengthType,
    /// Whether prediction network and joint are also written as graphs of their own.
    pub parts: bool,
    /// Prior weight of the default preset; the usual one where it is `None`.
    pub prior_weight: Option<f32>,
    /// Licence of the weights.
    pub licence: String,
    /// Whom to credit.
    pub credits: Vec<String>,
}

/// What an export did; also the bundle's `report.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Name of the bundle.
    pub bundle: String,
    /// Name and hash of the checkpoint.
    pub checkpoint: String,
    /// SHA-256 of the checkpoint.
    pub checkpoint_sha256: String,
    /// Parameters of the network.
    pub parameters: u64,
    /// Bytes of every file but this report.
    pub bytes: BTreeMap<String, u64>,
    /// The graphs against the reference.
    pub validation: ValidationReport,
    /// Golden swipes that the finished bundle was tried on.
    pub golden_swipes: usize,
}

/// A [`Report`] with what is true of one run only.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The report.
    #[serde(flatten)]
    pub report: Report,
    /// Seconds that the export took.
    pub seconds: f64,
    /// Resident memory at the end, in MiB.
    pub rss_mb: f64,
}

/// Exports a checkpoint to an ONNX bundle; `progress` is told each step.
///
/// # Errors
/// Whatever reading, building or writing gives; [`Error::Validation`](crate::error::Error::Validation) where a check fails. There is no bundle then.
pub fn onnx(options: &Options, mut progress: impl FnMut(&str)) -> Result<Outcome> {
    let start = Instant::now();
    progress("reading the checkpoint");
    let checkpoint = Checkpoint::open(&options.checkpoint)?;
    let network = Network::new(&checkpoint.config, &checkpoint.weights)?;
    let mut writer = BundleWriter::create(&options.output)?;

    progress("writing the graphs");
    let step_output = StepOutput::of(checkpoint.config.joint.log_softmax);
    writer.add(
        ENCODER,
        &onnx::serialize(onnx::encoder(&network, options.lengths)),
    )?;
    writer.add(STEP, &onnx::serialize(onnx::step(&network, step_output)))?;
    writer.add(TRANSDUCER, &onnx::transducer(&network)?)?;
    if options.parts {
        let graphs = [
            onnx::prediction(&network),
            onnx::joint_encoder(&network),
            onnx::joint(&network),
        ];
        for (name, graph) in PARTS.into_iter().zip(graphs) {
            writer.add(name, &onnx::serialize(graph))?;
        }
    }

    progress("holding the graphs to the reference");
    let file = |name: &str| writer.folder().join(name);
    let [prediction, joint_encoder, joint] = PARTS.map(file);
    let files = validate::Files {
        encoder: &file(ENCODER),
        step: &file(STEP),
        transducer: &file(TRANSDUCER),
        parts: options.parts.then_some(validate::Parts {
            prediction: &prediction,
            joint_encoder: &joint_encoder,
            joint: &joint,
        }),
    };
    let validation = validate::validate(&network, &files, options.lengths)?;

    progress("writing the bundle");
    let lexicon = match &options.lexicon {
        Some(path) => {
            let lexicon = lexicon::open_or_build(path, &checkpoint.config.labels)?;
            lexicon.verify(path)?;
            writer.add(LEXICON, lexicon.bytes())?;
            Some(lexicon)
        }
        None => None,
    };
    let mut manifest = manifest(
        options,
        &checkpoint,
        &network,
        step_output,
        lexicon.as_ref(),
    );
    writer.add_json(RUNTIME_META_FILE, &RuntimeMeta::of(&manifest))?;
    drop(checkpoint);

    progress("decoding the golden swipes");
    drop(writer.stage(&mut manifest)?);
    let golden = golden(&Engine::open(writer.folder())?)?;
    writer.add_json(GOLDEN_FILE, &golden)?;
    let report = Report {
        bundle: manifest.name.clone(),
        checkpoint: manifest.provenance.checkpoint.clone(),
        checkpoint_sha256: manifest.provenance.checkpoint_sha256.clone(),
        parameters: manifest.model.parameters,
        bytes: writer.sizes(),
        validation,
        golden_swipes: golden.swipes.len(),
    };
    writer.add_json(REPORT_FILE, &report)?;
    drop(writer.stage(&mut manifest)?);
    Engine::open(writer.folder())?.self_test()?;
    writer.finish(manifest)?;
    let seconds = (start.elapsed().as_secs_f64() * 100.0).round() / 100.0;
    Ok(Outcome {
        report,
        seconds,
        rss_mb: resident_mib(),
    })
}

fn manifest(
    options: &Options,
    checkpoint: &Checkpoint,
    network: &Network,
    step_output: StepOutput,
    lexicon: Option<&Lexicon>,
) -> Manifest {
    let config = &checkpoint.config;
    let scale = config.feature_scale.clone();
    let kind = options.featuriser.unwrap_or(match scale {
        Some(_) => FeaturiserKind::Kinematic37,
        None => FeaturiserKind::Seed,
    });
    let mut preset = DecoderOptions::default();
    preset.prior_weight = options.prior_weight.unwrap_or(preset.prior_weight);
    let name = options
        .name
        .clone()
        .unwrap_or_else(|| file_name(&options.output));
    Manifest {
        format: swipekit::bundle::manifest::FORMAT,
        name,
        language: options.language.clone(),
        precision: "fp32".to_owned(),
        runtime: RuntimeSpec {
            kind: "onnxruntime".to_owned(),
            minimum: MINIMUM_RUNTIME.to_owned(),
            encoder: ENCODER.to_owned(),
            step: Some(STEP.to_owned()),
            transducer: TRANSDUCER.to_owned(),
        },
        model: ModelSpec {
            features: config.encoder.features,
            encoder: config.encoder.d_model,
            subsampling: config.encoder.subsampling,
            prediction_layers: config.prediction.layers,
            prediction: config.prediction.hidden,
            joint: config.joint.hidden,
            activation: config.joint.activation,
            parameters: checkpoint.weights.parameter_count() as u64,
        },
        vocabulary: Vocabulary {
            labels: config.labels.clone(),
            blank: network.blank(),
            start_of_sequence: "zero-vector".to_owned(),
            step_output: step_output.name().to_owned(),
        },
        featuriser: match kind {
            FeaturiserKind::Kinematic37 => FeaturiserSpec::kinematic37(scale.unwrap_or_default()),
            FeaturiserKind::Seed => FeaturiserSpec::seed(),
        },
        layout: Layout::qwerty(),
        presets: BTreeMap::from([("default".to_owned(), preset)]),
        lexicon: lexicon.map(|lexicon| LexiconSpec {
            file: LEXICON.to_owned(),
            words: lexicon.len() as u64,
            keys: lexicon.keys() as u64,
            source: options.lexicon_source.clone(),
            licence: options.lexicon_licence.clone(),
        }),
        files: BTreeMap::new(),
        provenance: Provenance {
            checkpoint: checkpoint.file_name.clone(),
            checkpoint_sha256: checkpoint.sha256.clone(),
            exporter: concat!("swipekit ", env!("CARGO_PKG_VERSION")).to_owned(),
            calibration: None,
            licence: options.licence.clone(),
            credits: options.credits.clone(),
        },
    }
}

/// The last part of the output's path.
fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || "bundle".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// Synthetic swipes with what the staged bundle gives for them.
fn golden(engine: &Engine) -> Result<Golden> {
    let mut session = engine.session();
    let mut random = Random::new(1);
    let mut swipes = Vec::new();
    for word in GOLDEN_WORDS {
        let Some(points) = synthetic::swipe(word, &mut random) else {
            continue;
        };
        let mut swipe = GoldenSwipe {
            points,
            frames: 0,
            encoded: Vec::new(),
            greedy: String::new(),
            candidates: Vec::new(),
        };
        let trace = swipe.trace()?;
        let width = engine.manifest().model.encoder;
        let encoded = session.frames(&trace)?;
        swipe.frames = encoded.len() / width;
        swipe.encoded = [&encoded[..width], &encoded[encoded.len() - width..]].concat();
        swipe.greedy = session.greedy(&trace)?;
        if engine.lexicon().is_some() {
            let candidates = session.decode(&trace)?;
            // Candidates of nearly equal score may change places on another machine.
            let mut clear = 0;
            for pair in candidates.windows(2).take(3) {
                if (pair[0].score - pair[1].score).abs() < 0.05 {
                    break;
                }
                clear += 1;
            }
            let clear = candidates.into_iter().take(clear);
            swipe.candidates = clear
                .map(|candidate| (candidate.word, candidate.score))
                .collect();
        }
        swipes.push(swipe);
    }
    Ok(Golden {
        encoder_tolerance: ENCODER_TOLERANCE,
        score_tolerance: SCORE_TOLERANCE,
        swipes,
    })
}
