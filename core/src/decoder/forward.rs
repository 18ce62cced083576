//! Exact scores: the forward algorithm of one label sequence, and of every word of a lexicon.

use super::log::{ZERO, add};
use crate::error::{Error, Result};
use crate::transducer::{JointScratch, PredictionJoint, PredictionScratch};

/// log P(labels | swipe) over projected encoder frames `[T', J]`, summed over all alignments: the
/// negative of the RNN-T loss (Graves 2012, §2.4). Minus infinity where there is no frame.
///
/// # Errors
/// [`Error::Invalid`] for a label that is not one of the model's.
pub fn log_likelihood(transducer: &PredictionJoint, frames: &[f32], labels: &[u8]) -> Result<f64> {
    let (prediction, joint) = (&transducer.prediction, &transducer.joint);
    check(transducer, labels)?;
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
    // alpha[u]: the first u labels have been emitted before the frame.
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

/// log P(labels) of the network's internal language model, which needs no swipe. See
/// [`Joint::internal_lm`].
///
/// # Errors
/// [`Error::Invalid`] for a label that is not one of the model's.
///
/// [`Joint::internal_lm`]: crate::transducer::Joint::internal_lm
pub fn internal_log_probability(transducer: &PredictionJoint, labels: &[u8]) -> Result<f64> {
    let (prediction, joint) = (&transducer.prediction, &transducer.joint);
    check(transducer, labels)?;
    let mut state = vec![0.0; prediction.state_width()];
    let (mut projected, mut row) = (Vec::new(), Vec::new());
    let (mut scratch, mut joint_scratch) = Default::default();
    let mut before = prediction.start_of_sequence();
    // Summed in float32, label by label, as in the search.
    let mut sum = 0.0;
    for label in labels.iter().map(|label| usize::from(*label)) {
        prediction.step(&[before], &mut state, &mut projected, &mut scratch)?;
        row.clear();
        let prefix = std::iter::once(projected.as_slice());
        joint.internal_lm(prefix, &mut row, &mut joint_scratch);
        sum += row[label];
        before = label;
    }
    Ok(f64::from(sum))
}

fn check(transducer: &PredictionJoint, labels: &[u8]) -> Result<()> {
    let blank = transducer.joint.classes() - 1;
    match labels.iter().find(|label| usize::from(**label) >= blank) {
        Some(label) => Err(Error::invalid("a label", format!("below {blank}"), label)),
        None => Ok(()),
    }
}
