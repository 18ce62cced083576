//! What the Python side is asked to do.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::onnx::StepOutput;
use crate::schema::{self, ConvNorm, ModelConfig};
use swipekit::internals::bundle::manifest::Activation;

/// The longest swipe that an encoder program takes, in samples; the featurizer gives
/// [`MAX_SAMPLES`](swipekit::internals::features::MAX_SAMPLES) at most.
pub const MAX_SAMPLES: usize = 256;

const _: () = assert!(swipekit::internals::features::MAX_SAMPLES <= MAX_SAMPLES);

/// Rows that a step program takes at most.
pub const MAX_BATCH: usize = 64;

/// What the first layer's input is multiplied by, one factor an input: the only tensor that no
/// checkpoint has.
pub const INPUT_SCALE: &str = "encoder.pre_encode.out.input_scale";

/// How a program is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// 32-bit floats on ExecuTorch's own kernels, without XNNPACK: slow, for comparison.
    Fp32,
    /// 32-bit floats, lowered to XNNPACK.
    Xnnpack,
    /// 8-bit integers, lowered to XNNPACK.
    Int8,
    /// As int8, refused where the program is not quantized or XNNPACK runs nothing of it.
    Ultra,
}

impl Mode {
    /// Name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Xnnpack => "xnnpack",
            Self::Int8 => "int8",
            Self::Ultra => "ultra",
        }
    }

    /// Whether the encoder is in 8 bits.
    pub fn is_int8(self) -> bool {
        matches!(self, Self::Int8 | Self::Ultra)
    }
}

/// Where the ranges of 8-bit activations come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Each swipe's own.
    Dynamic,
    /// The calibration swipes.
    Static,
}

impl Scheme {
    /// Name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dynamic => "dynamic",
            Self::Static => "static",
        }
    }
}

/// An encoder program to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EncoderJob {
    /// File name.
    pub file: String,
    /// `fp32`, `xnnpack` or `int8`.
    pub mode: Mode,
    /// For `int8` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,
    /// NeMo's names of linear layers that stay in float; for `int8` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub float: Option<Vec<String>>,
}

impl EncoderJob {
    /// An encoder in 32 bits, `mode` being [`Mode::Fp32`] or [`Mode::Xnnpack`].
    pub fn float(file: &str, mode: Mode) -> Self {
        Self {
            file: file.to_owned(),
            mode,
            scheme: None,
            float: None,
        }
    }

    /// An encoder in 8 bits.
    pub fn int8(file: &str, scheme: Scheme) -> Self {
        Self {
            file: file.to_owned(),
            mode: Mode::Int8,
            scheme: Some(scheme),
            float: Some(Vec::new()),
        }
    }
}

/// A step program to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepJob {
    /// File name.
    pub file: String,
    /// `fp32` or `xnnpack`.
    pub mode: Mode,
}

/// What the Python side is to do; it reads exactly these fields.
#[derive(Clone, Debug, Serialize)]
pub struct Job<'a> {
    /// Tensors by NeMo's names, safetensors.
    pub weights: &'a Path,
    /// The shape of each of them.
    pub tensors: BTreeMap<String, Vec<usize>>,
    /// Folder that the programs are written to.
    pub output: &'a Path,
    /// Dimensions.
    pub network: NetworkJob,
    /// Frames of the longest swipe.
    pub max_frames: usize,
    /// Rows of the step at most.
    pub max_batch: usize,
    /// Features of swipes `[F, T]`, safetensors; for the static scheme.
    pub calibration: Option<&'a Path>,
    /// Encoders to write.
    pub encoders: Vec<EncoderJob>,
    /// Steps to write.
    pub steps: Vec<StepJob>,
}

/// Dimensions of the network as the Python side wants them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NetworkJob {
    features: usize,
    d_model: usize,
    layers: usize,
    heads: usize,
    subsampling: usize,
    conv_channels: usize,
    conv_norm: &'static str,
    xscaling: bool,
    labels: usize,
    prediction_hidden: usize,
    prediction_layers: usize,
    joint_output: String,
    activation: Activation,
    log_softmax: bool,
}

impl NetworkJob {
    /// Those of a checkpoint.
    pub fn new(config: &ModelConfig) -> Self {
        let encoder = &config.encoder;
        Self {
            features: encoder.features,
            d_model: encoder.d_model,
            layers: encoder.layers,
            heads: encoder.heads,
            subsampling: encoder.subsampling,
            conv_channels: encoder.conv_channels,
            conv_norm: match encoder.conv_norm {
                ConvNorm::BatchNorm => "batch_norm",
                ConvNorm::LayerNorm => "layer_norm",
            },
            xscaling: encoder.xscaling,
            labels: config.labels.len(),
            prediction_hidden: config.prediction.hidden,
            prediction_layers: config.prediction.layers,
            joint_output: config.joint.output_layer.clone(),
            activation: config.joint.activation,
            log_softmax: StepOutput::of(config.joint.log_softmax) == StepOutput::LogProbabilities,
        }
    }
}

/// The shape of each tensor that a network of this configuration has, and of [`INPUT_SCALE`] where
/// `scaled` is set.
pub(super) fn shapes(config: &ModelConfig, scaled: bool) -> BTreeMap<String, Vec<usize>> {
    let specs = schema::tensors(config).into_iter();
    let mut shapes: BTreeMap<_, _> = specs.map(|spec| (spec.name, spec.shape)).collect();
    if scaled {
        let width = config.encoder.subsampled_width();
        shapes.insert(INPUT_SCALE.to_owned(), vec![width]);
    }
    shapes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::small_config;

    #[test]
    fn jobs_have_the_fields_of_the_protocol() {
        let config = small_config();
        let job = Job {
            weights: Path::new("w"),
            tensors: shapes(&config, true),
            output: Path::new("o"),
            network: NetworkJob::new(&config),
            max_frames: MAX_SAMPLES,
            max_batch: MAX_BATCH,
            calibration: None,
            encoders: vec![
                EncoderJob::float("a.pte", Mode::Xnnpack),
                EncoderJob::int8("b.pte", Scheme::Static),
            ],
            steps: vec![StepJob {
                file: "s.pte".to_owned(),
                mode: Mode::Fp32,
            }],
        };
        let json = serde_json::to_value(&job).unwrap();
        assert_eq!(
            json["encoders"][0],
            serde_json::json!({"file": "a.pte", "mode": "xnnpack"})
        );
        assert_eq!(
            json["encoders"][1],
            serde_json::json!({"file": "b.pte", "mode": "int8", "scheme": "static", "float": []})
        );
        assert_eq!(json["steps"][0]["mode"], "fp32");
        assert!(json["calibration"].is_null());
        assert_eq!(json["network"].as_object().unwrap().len(), 14);
        assert_eq!(json["network"]["conv_norm"], "batch_norm");
        let tensors = json["tensors"].as_object().unwrap();
        assert_eq!(tensors["joint.enc.weight"], serde_json::json!([9, 12]));
        assert_eq!(tensors[INPUT_SCALE], serde_json::json!([18]));
        assert_eq!(tensors.len(), schema::tensors(&config).len() + 1);
    }
}
