//! Greedy decoding without a lexicon.

use crate::error::Result;
use crate::transducer::{JointScratch, PredictionJoint, PredictionScratch};

/// The labels of the greedy alignment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Greedy {
    /// The labels.
    pub labels: Vec<u8>,
    /// Sum of the labels' log-probabilities, without the blanks' (NeMo's score).
    pub log_probability: f64,
}

/// Takes the best class in each projected encoder frame `[T', J]` until it is the blank, at most
/// `max_symbols` times per frame, like NeMo's `greedy` strategy.
///
/// # Errors
/// None with a valid model.
pub fn greedy(transducer: &PredictionJoint, frames: &[f32], max_symbols: usize) -> Result<Greedy> {
    let (prediction, joint) = (&transducer.prediction, &transducer.joint);
    let mut state = vec![0.0; prediction.state_width()];
    let mut projected = Vec::new();
    let mut prediction_scratch = PredictionScratch::default();
    prediction.step(
        &[prediction.start_of_sequence()],
        &mut state,
        &mut projected,
        &mut prediction_scratch,
    )?;
    let mut scratch = JointScratch::default();
    let mut row = Vec::new();
    let mut result = Greedy::default();
    for frame in frames.chunks_exact(joint.width()) {
        for _ in 0..max_symbols {
            row.clear();
            joint.log_probabilities(
                frame,
                std::iter::once(projected.as_slice()),
                &mut row,
                &mut scratch,
            );
            // Takes the first of equal maxima, like torch's argmax.
            let mut class = 0;
            for candidate in 1..row.len() {
                if row[candidate] > row[class] {
                    class = candidate;
                }
            }
            if class == joint.blank() {
                break;
            }
            result.labels.push(class as u8);
            result.log_probability += f64::from(row[class]);
            prediction.step(
                &[class],
                &mut state,
                &mut projected,
                &mut prediction_scratch,
            )?;
        }
    }
    Ok(result)
}
