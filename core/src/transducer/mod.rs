//! The prediction network and the joint, run by this crate.
//!
//! The encoder runs once per swipe, in a runtime. These two run about a hundred times per swipe on
//! a few rows, where a runtime's call costs more than its arithmetic. The search also needs them in
//! parts: the prediction network once per prefix, the joint's two projections once per frame and
//! once per prefix, and only the rest per pair (Graves 2012, "Sequence Transduction with Recurrent
//! Neural Networks"; NeMo splits them likewise into `project_encoder`, `project_prednet`,
//! `joint_after_projection`).

mod activation;
pub mod file;
#[cfg(test)]
pub(crate) mod fixtures;
mod joint;
mod linear;
mod prediction;
mod spec;
#[cfg(test)]
mod tests;

pub use joint::{Joint, JointScratch};
pub use prediction::{Prediction, PredictionScratch};
pub use spec::{Activation, LOG_PROBABILITIES, LOGITS, ModelSpec, Vocabulary, ZERO_VECTOR};

use crate::error::{Error, Result};

/// The prediction network and the joint of one model. Immutable and shared by all sessions.
#[derive(Debug)]
pub struct PredictionJoint {
    /// The prediction network.
    pub prediction: Prediction,
    /// The joint.
    pub joint: Joint,
}

impl PredictionJoint {
    /// Reads the weights from a bundle's `transducer.safetensors`, described in [`mod@file`]. The
    /// arithmetic uses 32 bits, whatever the file's number type.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the file is not safetensors or lacks a tensor, [`Error::Shape`] and
    /// [`Error::NotFinite`] where a tensor does not fit the model.
    pub fn new(bytes: &[u8], model: &ModelSpec, vocabulary: &Vocabulary) -> Result<Self> {
        let classes = vocabulary.labels.len() + 1;
        let file = file::Reader::new(bytes, model, classes)?;
        Ok(Self {
            prediction: Prediction::new(&file, model, classes, vocabulary.blank)?,
            joint: Joint::new(&file, model, classes, vocabulary.blank)?,
        })
    }

    /// The same networks with their classes in another order: class `i` of the result is class
    /// `classes[i]` of this one, and the blank stays. The result shares all weights that belong to
    /// no class.
    ///
    /// # Errors
    /// [`Error::Invalid`] where `classes` is not a permutation of the labels' classes.
    pub fn relabelled(&self, classes: &[u8]) -> Result<Self> {
        let mut sorted = classes.to_vec();
        sorted.sort_unstable();
        let labels = self.joint.classes() - 1;
        let is_permutation = sorted.iter().map(|class| usize::from(*class)).eq(0..labels);
        if !is_permutation || self.joint.blank() != labels {
            return Err(Error::invalid(
                "an order of classes",
                format!("each of 0 to {labels} once, the last the blank"),
                "another",
            ));
        }
        let mut order: Vec<usize> = classes.iter().map(|class| usize::from(*class)).collect();
        order.push(labels);
        Ok(Self {
            prediction: self.prediction.relabelled(&order),
            joint: self.joint.relabelled(&order),
        })
    }
}
