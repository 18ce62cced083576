//! Time-synchronous beam search without a lexicon, as NeMo's `tsd`.

use std::cmp::Ordering;

use super::forward::log_add;
use super::greedy::project;
use super::joint::{joint_logits, log_softmax, project_encoder};
use super::prediction::{LstmState, predict_step};
use super::{InputError, Matrix, Real};
use crate::network::Network;

/// A hypothesis of [`time_synchronous_beam`].
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// The labels.
    pub labels: Vec<usize>,
    /// Log-probability, summed over the alignments that the beam kept.
    pub score: f64,
}

#[derive(Clone)]
struct Item<F> {
    labels: Vec<usize>,
    score: f64,
    state: LstmState<F>,
    prediction: Matrix<F>,
}

/// Keeps `beam` hypotheses per frame. Each emits up to `max_symbols - 1` labels in a frame.
/// Hypotheses with equal labels that end the frame in a blank are summed. The result is sorted by
/// score divided by number of labels plus one, best first.
///
/// # Errors
/// None for a sound network; [`InputError`] from the prediction network.
pub fn time_synchronous_beam<F: Real>(
    network: &Network<'_>,
    encoded: &Matrix<F>,
    beam: usize,
    max_symbols: usize,
) -> Result<Vec<Hypothesis>, InputError> {
    let beam = beam.min(network.blank());
    let state = predict_step(network, None, &LstmState::start(network))?;
    let mut kept = vec![Item {
        labels: Vec::new(),
        score: 0.0,
        prediction: project(network, &state),
        state,
    }];
    for frame in project_encoder(network, encoded).iter_rows() {
        let mut ended: Vec<Item<F>> = Vec::new();
        let mut open = kept;
        for symbol in 0..max_symbols {
            let scores: Vec<Vec<f64>> = open
                .iter()
                .map(|item| {
                    let logits = joint_logits(network, frame, &item.prediction);
                    log_softmax(logits)
                        .data
                        .iter()
                        .map(|x| x.to_f64())
                        .collect()
                })
                .collect();
            for (item, scores) in open.iter().zip(&scores) {
                let score = item.score + scores[network.blank()];
                match ended.iter_mut().find(|other| other.labels == item.labels) {
                    Some(other) => other.score = log_add(other.score, score),
                    None => ended.push(Item {
                        score,
                        ..item.clone()
                    }),
                }
            }
            if symbol + 1 == max_symbols {
                break;
            }
            open = expand(network, &open, &scores, beam)?;
        }
        ended.sort_by(|a, b| descending(a.score, b.score));
        ended.truncate(beam);
        kept = ended;
    }
    let mut found: Vec<Hypothesis> = kept
        .into_iter()
        .map(|Item { labels, score, .. }| Hypothesis { labels, score })
        .collect();
    let normalized = |h: &Hypothesis| h.score / (h.labels.len() + 1) as f64;
    found.sort_by(|a, b| descending(normalized(a), normalized(b)));
    Ok(found)
}

/// The `beam` best one-label extensions of `open`.
fn expand<F: Real>(
    network: &Network<'_>,
    open: &[Item<F>],
    scores: &[Vec<f64>],
    beam: usize,
) -> Result<Vec<Item<F>>, InputError> {
    let mut extensions: Vec<(f64, usize, usize)> = Vec::new();
    for (index, (item, scores)) in open.iter().zip(scores).enumerate() {
        let labels = scores[..network.blank()].iter().enumerate();
        extensions.extend(labels.map(|(label, score)| (item.score + score, index, label)));
    }
    extensions.sort_by(|a, b| descending(a.0, b.0));
    extensions.truncate(beam);
    extensions
        .into_iter()
        .map(|(score, index, label)| {
            let state = predict_step(network, Some(label), &open[index].state)?;
            let mut labels = open[index].labels.clone();
            labels.push(label);
            Ok(Item {
                labels,
                score,
                prediction: project(network, &state),
                state,
            })
        })
        .collect()
}

fn descending(a: f64, b: f64) -> Ordering {
    b.total_cmp(&a)
}
