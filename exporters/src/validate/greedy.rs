//! Greedy decoding through the files.

use swipekit::internals::runtime::Tensor;

use super::encoder::Encoding;
use super::measure::{expect, floats};
use super::{Check, Graph, Result, refused};
use crate::network::Network;
use crate::reference::{Matrix, greedy};

/// Labels a frame emits at most.
const MAX_SYMBOLS: usize = 5;
/// Where the best two classes were ever nearer than this, rounding may decide, and another path is
/// no fault.
const TIE: f32 = 1e-4;

/// The graphs' labels are the reference's for every encoding.
pub(super) fn check(
    network: &Network<'_>,
    step: &mut Graph<'_>,
    encodings: &[Encoding],
) -> Result<Check> {
    let name = "greedy";
    let (mut labels, mut equal) = (0, 0);
    for encoding in encodings {
        let expected = greedy(network, &encoding.reference, MAX_SYMBOLS)?.labels;
        let (got, margin) = decode(network, step, &encoding.graph)?;
        if got == expected {
            equal += 1;
            labels += expected.len();
        } else if margin > TIE {
            expect(
                name,
                &format!("labels of {} frames", encoding.graph.rows),
                expected,
                got,
            )?;
        }
    }
    if equal == 0 {
        let expected = "a best class in at least one input";
        return Err(refused(name, expected, "ties in all of them"));
    }
    Ok(Check {
        name: name.to_owned(),
        values: labels,
        max_error: 0.0,
        tolerance: 0.0,
    })
}

/// Decodes with the step graph; also the smallest lead of a best class over the second.
fn decode(
    network: &Network<'_>,
    graph: &mut Graph<'_>,
    encoded: &Matrix<f32>,
) -> Result<(Vec<usize>, f32)> {
    let p = &network.config.prediction;
    let zeros = Tensor::f32([p.layers, 1, p.hidden], vec![0.0; p.layers * p.hidden]);
    let (mut h, mut c) = (zeros.clone(), zeros);
    let mut previous = network.blank();
    let (mut labels, mut margin) = (Vec::new(), f32::INFINITY);
    for frame in encoded.iter_rows() {
        let frame = Tensor::f32([1, encoded.cols], frame.to_vec());
        for _ in 0..MAX_SYMBOLS {
            let y_prev = Tensor::i64([1], vec![previous as i64]);
            let [logits, h1, c1] = graph.run(&[
                ("y_prev", &y_prev),
                ("h0", &h),
                ("c0", &c),
                ("enc_t", &frame),
            ])?;
            let scores = floats("greedy", "logits", &[1, network.classes()], &logits)?;
            let (mut best, mut second) = (0, f32::NEG_INFINITY);
            for (class, &score) in scores.iter().enumerate().skip(1) {
                if score > scores[best] {
                    (best, second) = (class, scores[best]);
                } else {
                    second = second.max(score);
                }
            }
            margin = margin.min(scores[best] - second);
            if best == network.blank() {
                break;
            }
            // Only a label moves the state on; a blank leaves it where it was.
            (h, c, previous) = (h1, c1, best);
            labels.push(best);
        }
    }
    Ok((labels, margin))
}
