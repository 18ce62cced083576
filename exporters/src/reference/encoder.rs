//! The encoder over a batch with lengths.

use super::conformer::conformer_layer;
use super::position::position_table;
use super::subsampling::subsample;
use super::{InputError, Matrix, Real};
use crate::network::Network;

/// Features of a batch.
#[derive(Clone, Copy, Debug)]
pub struct FeatureBatch<'a> {
    /// `[B, F, T]`, row-major.
    pub features: &'a [f32],
    /// T, the number of samples, at least 1.
    pub frames: usize,
    /// Valid samples of each utterance, at most T. Their number is B.
    pub lengths: &'a [usize],
}

/// The encoder's output.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded<F> {
    /// One `[T', D]` matrix per utterance. Values from the utterance's length on are meaningless.
    pub utterances: Vec<Matrix<F>>,
    /// Valid frames of each utterance.
    pub lengths: Vec<usize>,
}

impl<F: Real> Encoded<F> {
    /// The valid frames of one utterance.
    pub fn valid(&self, utterance: usize) -> Matrix<F> {
        self.utterances[utterance].head(self.lengths[utterance])
    }
}

/// Runs the encoder.
///
/// # Errors
/// [`InputError`] if the number of features does not fit the network, a length is above T, or T is
/// 0.
pub fn encode<F: Real>(
    network: &Network<'_>,
    batch: FeatureBatch<'_>,
) -> Result<Encoded<F>, InputError> {
    let count = network.config.encoder.features;
    if batch.frames == 0 {
        return Err(InputError::Empty);
    }
    let expected = batch
        .lengths
        .len()
        .saturating_mul(count)
        .saturating_mul(batch.frames);
    if batch.features.len() != expected {
        return Err(InputError::Values {
            what: "features [B, F, T]",
            expected,
            got: batch.features.len(),
        });
    }
    if let Some(&got) = batch.lengths.iter().find(|&&length| length > batch.frames) {
        return Err(InputError::Range {
            what: "length of an utterance",
            limit: batch.frames,
            got,
        });
    }
    let positions = position_table(
        network.output_frames(batch.frames),
        network.config.encoder.d_model,
    );
    let lengths: Vec<usize> = batch
        .lengths
        .iter()
        .map(|&length| network.output_frames(length))
        .collect();
    let utterances = batch
        .features
        .chunks_exact(count * batch.frames)
        .zip(batch.lengths.iter().zip(&lengths))
        .map(|(features, (&length, &out_length))| {
            let x = subsample(network, features, batch.frames, length);
            network.parameters.layers.iter().fold(x, |x, layer| {
                conformer_layer(
                    layer,
                    network.config.encoder.heads,
                    x,
                    &positions,
                    out_length,
                )
            })
        })
        .collect();
    Ok(Encoded {
        utterances,
        lengths,
    })
}
