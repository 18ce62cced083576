//! The inputs and outputs of every encoder graph, whatever runs it.

use crate::error::{Error, Result};

/// Input `[B, F, T]`, 32-bit floats.
pub(super) const FEATURES: &str = "features_bft";
/// Input `[B]`: number of valid samples of each swipe, integers.
pub(super) const LENGTHS: &str = "lengths";
/// Output `[B, T', D]`, 32-bit floats.
pub(super) const ENCODED: &str = "encoded_btf";

/// Checks that `values` is `[features, samples]` and not empty.
pub(super) fn check_features(values: &[f32], features: usize, samples: usize) -> Result<()> {
    let expected = features.checked_mul(samples);
    if samples == 0 || i32::try_from(samples).is_err() || expected != Some(values.len()) {
        return Err(Error::Shape {
            what: "features".to_owned(),
            expected: vec![features, samples.max(1)],
            got: vec![values.len()],
        });
    }
    Ok(())
}

/// Checks an encoder's output for one swipe: `[1, frames, width]`, finite.
pub(super) fn check_encoded(values: &[f32], shape: &[usize], expected: [usize; 3]) -> Result<()> {
    if *shape != expected {
        return Err(Error::Shape {
            what: ENCODED.to_owned(),
            expected: expected.to_vec(),
            got: shape.to_vec(),
        });
    }
    if !values.iter().all(|value| value.is_finite()) {
        return Err(Error::NotFinite {
            what: "the encoder's output",
        });
    }
    Ok(())
}
