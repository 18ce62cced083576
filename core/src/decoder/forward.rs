//! Exact scores: the forward algorithm of one label sequence, and of every word of a lexicon.

use super::log::{ZERO, add};
use crate::error::{Error, Result};
use crate::transducer::{JointScratch, PredictionScratch, Transducer};

/// log P(labels | swipe) over projected encoder frames `[T', J]`, summed over all alignments; minus this is the RNN-T
/// loss (Graves 2012, §2.4). Minus infinity where there is no frame.
///
/// # Errors
/// [`Error::Invalid`] for a label that is not one of the model's.
pub fn log_likelihood(transducer: &Transducer, frames: &[f32], labels: &[u8]) -> Result<f64> {
    let (prediction, joint) = (&transducer.prediction, &transducer.joint);
    if let Some(label) = labels
        .iter()
        .find(|label| usize::from(**label) >= joint.classes() - 1)
    {
        return Err(Error::invalid(
            "a label",
            format!("below {}", joint.classes() - 1),
            label,
        ));
    }
    let mut state = vec![0.0; prediction.state_width()];
    let mut projected = Vec::new();
    let mut scratch = PredictionScratch::default();
    let mut prefixes = Vec::with_capacity((labels.len() + 1) * joint.width());
    let start = [prediction.start_of_sequence()];
    for label in start
        .into_iter()
        .chain(labels.iter().map(|label| usize::from(*label)))
    {
        prediction.step(&[label], &mut state, &mut projected, &mut scratch)?;
        prefixes.extend_from_slice(&projected);
    }

    let mut scratch = JointScratch::default();
    let mut log_probabilities = Vec::new();
    // alpha[u]: the first u labels have been emitted when the frame begins.
    let mut alpha = vec![ZERO; labels.len() + 1];
    alpha[0] = 0.0;
    if frames.is_empty() {
        return Ok(ZERO);
    }
    for frame in frames.chunks_exact(joint.width()) {
        log_probabilities.clear();
        joint.log_probabilities(
            frame,
            prefixes.chunks_exact(joint.width()),
            &mut log_probabilities,
            &mut scratch,
        );
        let at = |prefix: usize, class: usize| {
            f64::from(log_probabilities[prefix * joint.classes() + class])
        };
        let mut arriving = ZERO;
        for (prefix, alpha) in alpha.iter_mut().enumerate() {
            let mass = add(*alpha, arriving);
            *alpha = mass + at(prefix, joint.blank());
            if let Some(label) = labels.get(prefix) {
                arriving = mass + at(prefix, usize::from(*label));
            }
        }
    }
    Ok(alpha[labels.len()])
}
