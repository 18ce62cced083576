//! Compares an encoder of fewer bits with the FP32 encoder on the same swipes.

use std::path::Path;

use serde::Serialize;
use swipekit::internals::runtime::{OnnxModel, RuntimeOptions, Tensor};

use super::{Result, failed, refused};
use crate::onnx::LengthType;
use crate::quantize::calibrate::EncoderInput;
use crate::quantize::frames::{EncoderError, ErrorHistogram, SwipeError};

/// Agreement of an encoder's frames with those of the FP32 encoder.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// Smallest accepted mean cosine.
    pub min_cosine: f64,
    /// The difference.
    #[serde(flatten)]
    pub error: EncoderError,
}

/// Smallest mean cosine between the frames of a batch padded with NaN and one padded with zeros.
const PADDING_COSINE: f64 = 0.99999;

/// Runs both encoders over `swipes`, each swipe alone, and `encoder` over a padded batch of them.
///
/// # Errors
/// [`ValidationError::Check`](super::ValidationError::Check) if shapes or lengths differ, a value
/// is not finite, padding has an effect, or the mean cosine is less than `min_cosine`; the
/// runtime's errors.
pub fn agreement(
    fp32: &[u8],
    encoder: &[u8],
    swipes: &[EncoderInput],
    lengths: LengthType,
    min_cosine: f64,
) -> Result<Agreement> {
    let open = |bytes| {
        OnnxModel::from_bytes(bytes, &RuntimeOptions::default())
            .map_err(failed(Path::new("the encoder")))
    };
    let (mut reference, mut model) = (open(fp32)?, open(encoder)?);
    let mut difference = Difference::default();
    for swipe in swipes {
        let batch = Batch::of(std::slice::from_ref(swipe));
        let expected = batch.run(&mut reference, lengths)?;
        difference.add(&expected, &batch.run(&mut model, lengths)?)?;
    }
    let agreement = difference.agreement("its frames and FP32's", min_cosine)?;
    // In a batch, swipes share the ranges of the encoder's input, and one may spoil another's. A
    // comparison with FP32 frames would say little. The check is that the padding's content has no
    // effect.
    let some = &swipes[..swipes.len().min(4)];
    let mut padded = Difference::default();
    let expected = Batch::padded(some, 0.0).run(&mut model, lengths)?;
    padded.add(&expected, &Batch::of(some).run(&mut model, lengths)?)?;
    padded.agreement(
        "its frames with zeros and with NaN as padding",
        PADDING_COSINE,
    )?;
    Ok(agreement)
}

/// Swipes as one input, padded with NaN to the longest.
struct Batch {
    features: Tensor,
    lengths: Vec<usize>,
}

/// Valid frames `[T', D]` of each swipe of a batch.
pub(super) struct Frames {
    pub(super) rows: Vec<Vec<f32>>,
    pub(super) width: usize,
}

impl Batch {
    fn of(swipes: &[EncoderInput]) -> Self {
        Self::padded(swipes, f32::NAN)
    }

    fn padded(swipes: &[EncoderInput], padding: f32) -> Self {
        let longest = swipes.iter().map(|swipe| swipe.samples).max().unwrap_or(0);
        let count = swipes.first().map_or(0, |swipe| {
            swipe.features.len().checked_div(swipe.samples).unwrap_or(0)
        });
        let mut values = vec![padding; swipes.len() * count * longest];
        for (row, swipe) in values
            .chunks_exact_mut((count * longest).max(1))
            .zip(swipes)
        {
            let lines = row.chunks_exact_mut(longest.max(1));
            for (line, feature) in lines.zip(swipe.features.chunks_exact(swipe.samples.max(1))) {
                line[..swipe.samples].copy_from_slice(feature);
            }
        }
        Self {
            features: Tensor::f32([swipes.len(), count, longest], values),
            lengths: swipes.iter().map(|swipe| swipe.samples).collect(),
        }
    }

    fn run(&self, model: &mut OnnxModel, lengths: LengthType) -> Result<Frames> {
        let rows = self.lengths.len();
        let lengths = match lengths {
            LengthType::Int32 => {
                Tensor::i32([rows], self.lengths.iter().map(|n| *n as i32).collect())
            }
            LengthType::Int64 => {
                Tensor::i64([rows], self.lengths.iter().map(|n| *n as i64).collect())
            }
        };
        let inputs = [("features_bft", &self.features), ("lengths", &lengths)];
        let outputs = model
            .run(&inputs)
            .map_err(failed(Path::new("the encoder")))?;
        let output = |name: &str| {
            let found = outputs.iter().find(|(output, _)| output == name);
            found
                .map(|(_, tensor)| tensor)
                .ok_or_else(|| refused("an output of the encoder", name, "none of that name"))
        };
        let (encoded, valid) = (output("encoded_btf")?, output("encoded_lengths")?);
        let (Some(values), Some(valid)) = (encoded.as_f32(), valid.as_i64()) else {
            return Err(refused(
                "outputs of the encoder",
                "floats and integers",
                "other types",
            ));
        };
        let &[batch, frames, width] = &encoded.shape[..] else {
            return Err(refused(
                "encoded_btf",
                "three dimensions",
                encoded.shape.len(),
            ));
        };
        if batch != rows || valid.len() != rows {
            return Err(refused("rows of the encoder's output", rows, batch));
        }
        let rows = values.chunks_exact((frames * width).max(1)).zip(valid);
        let rows = rows.map(|(row, valid)| {
            let valid = usize::try_from(*valid).unwrap_or(0).min(frames);
            row[..valid * width].to_vec()
        });
        Ok(Frames {
            rows: rows.collect(),
            width,
        })
    }
}

/// The difference so far.
#[derive(Default)]
pub(super) struct Difference {
    swipes: Vec<SwipeError>,
    histogram: ErrorHistogram,
}

impl Difference {
    /// Adds the frames of a run. Their number must be equal, and every value finite.
    pub(super) fn add(&mut self, expected: &Frames, got: &Frames) -> Result<()> {
        for (expected_row, row) in expected.rows.iter().zip(&got.rows) {
            if expected.width != got.width || expected_row.len() != row.len() {
                let what = "values of the encoder's output";
                return Err(refused(what, expected_row.len(), row.len()));
            }
            if !row.iter().all(|value| value.is_finite()) {
                return Err(refused(
                    "the encoder's output",
                    "finite numbers",
                    "NaN or infinity",
                ));
            }
            let error = SwipeError::of(expected_row, row, expected.width, &mut self.histogram);
            self.swipes.push(error);
        }
        Ok(())
    }

    pub(super) fn agreement(self, what: &str, min_cosine: f64) -> Result<Agreement> {
        let far = |got: String| {
            let expected = format!(
                "a mean cosine of {min_cosine} and more of its {what} and what is expected"
            );
            refused("encoder.agreement", expected, got)
        };
        let error = EncoderError::of(&self.swipes, self.histogram);
        let error = error.ok_or_else(|| far("no frame".to_owned()))?;
        if error.cosine_mean.is_nan() || error.cosine_mean < min_cosine {
            return Err(far(format!("{:.4}", error.cosine_mean)));
        }
        Ok(Agreement { min_cosine, error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{random_weights, small_config, small_configs, values};
    use crate::network::Network;
    use crate::onnx;
    use crate::random::Random;
    use crate::schema::{ModelConfig, Weights};
    use crate::testing::runtime;
    use crate::validate::ValidationError;

    fn encoder(config: &ModelConfig, weights: &Weights, lengths: LengthType) -> Vec<u8> {
        let network = Network::new(config, weights).unwrap();
        onnx::serialize(onnx::encoder(&network, lengths))
    }

    fn swipes(config: &ModelConfig) -> Vec<EncoderInput> {
        let mut random = Random::new(1);
        let swipes = [20, 7, 33, 1, 12].map(|frames| EncoderInput {
            features: values(&mut random, config.encoder.features * frames, 1.0),
            samples: frames,
        });
        swipes.to_vec()
    }

    /// Expected and found values of a failed check.
    fn refused(fp32: &[u8], encoder: &[u8], swipes: &[EncoderInput]) -> [String; 3] {
        match agreement(fp32, encoder, swipes, LengthType::Int64, 0.99) {
            Err(ValidationError::Check(failed)) => [failed.check, failed.expected, failed.got],
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_agrees_with_itself() {
        if !runtime() {
            return;
        }
        for config in small_configs() {
            let swipes = swipes(&config);
            for lengths in [LengthType::Int32, LengthType::Int64] {
                let file = encoder(&config, &random_weights(&config, 1), lengths);
                let got = agreement(&file, &file, &swipes, lengths, 0.9999).unwrap();
                assert_eq!((got.error.swipes, got.min_cosine), (swipes.len(), 0.9999));
                assert!((got.error.cosine_min - 1.0).abs() < 1e-9);
                assert_eq!((got.error.max_abs, got.error.rms_relative), (0.0, 0.0));
            }
        }
    }

    #[test]
    fn another_network_is_refused() {
        if !runtime() {
            return;
        }
        let config = small_config();
        let file = |config: &ModelConfig, seed| {
            encoder(config, &random_weights(config, seed), LengthType::Int64)
        };
        let (one, swipes) = (file(&config, 1), swipes(&config));
        let [check, expected, _] = refused(&one, &file(&config, 2), &swipes);
        assert_eq!(check, "encoder.agreement");
        assert!(expected.contains("0.99"));
        let mut wider = config.clone();
        wider.encoder.d_model = 18;
        let [check, expected, got] = refused(&one, &file(&wider, 1), &swipes);
        assert_eq!(check, "values of the encoder's output");
        assert_ne!(expected, got);
        let mut coarser = config.clone();
        coarser.encoder.subsampling = 4;
        let [check, ..] = refused(&one, &file(&coarser, 1), &swipes);
        assert_eq!(check, "values of the encoder's output");
    }

    #[test]
    fn frames_that_are_not_finite_are_refused() {
        if !runtime() {
            return;
        }
        let config = small_config();
        let sound = random_weights(&config, 1);
        let one = encoder(&config, &sound, LengthType::Int64);
        for value in [f32::NAN, f32::INFINITY] {
            let mut wrong = sound.clone();
            let bias = wrong.tensors.get_mut("encoder.layers.1.norm_out.bias");
            bias.unwrap().data[3] = value;
            let wrong = encoder(&config, &wrong, LengthType::Int64);
            let [check, ..] = refused(&one, &wrong, &swipes(&config));
            assert_eq!(check, "the encoder's output");
        }
    }

    #[test]
    fn padding_that_shows_is_refused() {
        if !runtime() {
            return;
        }
        let config = small_config();
        let weights = random_weights(&config, 1);
        let network = Network::new(&config, &weights).unwrap();
        let mut model = onnx::encoder(&network, LengthType::Int64);
        let one = onnx::serialize(model.clone());
        // Padding is no longer cut out. A single swipe has none.
        let nodes = &mut model.graph.as_mut().unwrap().node;
        let mut nodes = nodes.iter_mut();
        let cut = nodes.find(|node| node.op_type.as_deref() == Some("Where"));
        let cut = cut.unwrap();
        cut.op_type = Some("Identity".to_owned());
        cut.input = vec![cut.input[1].clone()];
        let leaky = onnx::serialize(model);
        let swipes = swipes(&config);
        agreement(&one, &leaky, &swipes[..1], LengthType::Int64, 0.9999).unwrap();
        let [check, ..] = refused(&one, &leaky, &swipes);
        assert_eq!(check, "the encoder's output");
    }

    #[test]
    fn nothing_to_compare_is_an_error() {
        if !runtime() {
            return;
        }
        let config = small_config();
        let file = encoder(&config, &random_weights(&config, 1), LengthType::Int64);
        assert_eq!(refused(&file, &file, &[])[2], "no frame");
        let empty = EncoderInput {
            features: Vec::new(),
            samples: 0,
        };
        let got = agreement(&file, &file, &[empty], LengthType::Int64, 0.99);
        assert!(matches!(got, Err(ValidationError::Runtime { .. })));
    }
}
