//! The prediction network and the joint, run by this crate itself.
//!
//! The encoder runs once a swipe and is left to a runtime. These two run a hundred times a swipe on a handful of rows,
//! where a runtime's call costs more than its arithmetic, and the search wants them in parts: the prediction network
//! once per prefix, the joint's two projections once per frame and once per prefix, and only the rest per pair
//! (Graves 2012, "Sequence Transduction with Recurrent Neural Networks"; the split is NeMo's `project_encoder`,
//! `project_prednet`, `joint_after_projection`).

mod activation;
#[cfg(test)]
pub(crate) mod fixtures;
mod joint;
mod linear;
mod prediction;
#[cfg(test)]
mod tests;
mod weights;

pub use joint::{Joint, JointScratch};
pub use prediction::{Prediction, PredictionScratch};

use crate::bundle::manifest::{ModelSpec, Vocabulary};
use crate::error::Result;
use weights::TensorFile;

/// The prediction network and the joint of one model. Immutable and shared by all sessions.
#[derive(Debug)]
pub struct Transducer {
    /// The prediction network.
    pub prediction: Prediction,
    /// The joint.
    pub joint: Joint,
}

impl Transducer {
    /// Reads the weights out of a bundle's `transducer.safetensors`.
    ///
    /// | tensor | shape |
    /// |---|---|
    /// | `embedding` | `[V+1, H]`, the blank's row zero |
    /// | `lstm.{l}.weight_ih`, `lstm.{l}.weight_hh` | `[4H, H]`, gates i, f, g, o |
    /// | `lstm.{l}.bias` | `[4H]` |
    /// | `joint.encoder.weight`, `.bias` | `[J, D]`, `[J]` |
    /// | `joint.prediction.weight`, `.bias` | `[J, H]`, `[J]` |
    /// | `joint.output.weight`, `.bias` | `[V+1, J]`, `[V+1]` |
    ///
    /// # Errors
    /// [`Error::Damaged`](crate::Error::Damaged) where the file is not safetensors or lacks a tensor,
    /// [`Error::Shape`](crate::Error::Shape) and [`Error::NotFinite`](crate::Error::NotFinite) where a tensor is not
    /// what the model calls for.
    pub fn new(bytes: &[u8], model: &ModelSpec, vocabulary: &Vocabulary) -> Result<Self> {
        let file = TensorFile::new(bytes)?;
        let classes = vocabulary.labels.len() + 1;
        Ok(Self {
            prediction: Prediction::new(&file, model, classes, vocabulary.blank)?,
            joint: Joint::new(&file, model, classes, vocabulary.blank)?,
        })
    }
}
