//! The buffer that features are written to.

use super::Sample;
use crate::error::{Error, Result};

/// Features of one path, in a buffer that is reused between gestures.
#[derive(Clone, Debug, Default)]
pub struct Features {
    pub(super) data: Vec<f32>,
    pub(super) samples: usize,
    pub(super) width: usize,
    /// The resampled path; scratch of the featurizer.
    pub(super) path: Vec<Sample>,
    /// The features of one sample; scratch of the featurizer.
    pub(super) row: Vec<f64>,
}

impl Features {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of samples T.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Number of features F of a sample; 0 before the first path.
    pub fn width(&self) -> usize {
        self.width
    }

    /// All features, [F, T] row-major: the encoder's input `features_bft` of a batch of one.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The features of sample `index`, F numbers; `None` past the last.
    pub fn sample(&self, index: usize) -> Option<Vec<f32>> {
        let column = self.data.iter().skip(index).step_by(self.samples.max(1));
        (index < self.samples).then(|| column.copied().collect())
    }

    /// Writes the features into `out` [F, `width`] row-major, with zeros after sample T: one row of
    /// a padded batch.
    ///
    /// # Errors
    /// [`Error::Shape`] where `out` has another size or `width` is less than T.
    pub fn copy_padded(&self, width: usize, out: &mut [f32]) -> Result<()> {
        if width < self.samples || width.checked_mul(self.width) != Some(out.len()) {
            return Err(Error::Shape {
                what: "the padded features".to_owned(),
                expected: vec![self.width, width.max(self.samples)],
                got: vec![out.len()],
            });
        }
        if self.samples == 0 {
            out.fill(0.0);
            return Ok(());
        }
        for (row, padded) in self
            .data
            .chunks_exact(self.samples)
            .zip(out.chunks_exact_mut(width))
        {
            padded[..self.samples].copy_from_slice(row);
            padded[self.samples..].fill(0.0);
        }
        Ok(())
    }
}
