//! Golden swipes: synthetic ones with what the staged bundle gives for them.

use swipekit::internals::bundle::golden::{Golden, GoldenSwipe};
use swipekit::{Engine, Limits};

use crate::files::Result;
use crate::quantize::Precision;
use crate::random::Random;
use crate::synth::samples;

/// Words of the golden swipes.
const WORDS: &[&str] = &["the", "hello", "keyboard", "a", "people", "don't"];

/// How far two machines may be apart; instruction sets sum in different orders.
struct Tolerance {
    /// Greatest difference of a value of the encoder's output.
    encoder: f64,
    /// Greatest relative difference of a score.
    score: f64,
    /// Least distance of two scores whose candidates keep their order.
    gap: f64,
}

/// On integers a sum that differs by its last bits may round to the next integer, and then
/// everything behind it moves by a hundredth or so: what a changed runtime or a damaged file does
/// is far beyond that.
fn tolerance(precision: Precision) -> Tolerance {
    match precision {
        Precision::Fp32 | Precision::Fp16 => Tolerance {
            encoder: 1e-3,
            score: 1e-3,
            gap: 0.05,
        },
        Precision::Int8 => Tolerance {
            encoder: 0.25,
            score: 0.1,
            gap: 1.0,
        },
    }
}

/// What `engine` gives for the golden swipes.
pub(crate) fn golden(engine: &Engine, precision: Precision) -> Result<Golden> {
    let tolerance = tolerance(precision);
    let mut session = engine.session();
    let mut random = Random::new(1);
    let mut swipes = Vec::new();
    for word in WORDS {
        let Some(points) = samples::swipe(word, &mut random) else {
            continue;
        };
        let mut swipe = GoldenSwipe {
            points,
            frames: 0,
            encoded: Vec::new(),
            greedy: String::new(),
            candidates: Vec::new(),
        };
        let trace = swipe.trace()?;
        let width = engine.manifest().model.encoder;
        let mut gesture = session.encode(&trace, &Limits::default())?;
        let encoded = gesture.frames();
        swipe.frames = encoded.len() / width;
        swipe.encoded = [&encoded[..width], &encoded[encoded.len() - width..]].concat();
        swipe.greedy = gesture.greedy()?;
        if engine.lexicon().is_some() {
            let candidates = gesture.words(engine.options())?.candidates;
            // Candidates of nearly equal score may stand the other way round on another machine.
            let mut clear = 0;
            for pair in candidates.windows(2).take(3) {
                if (pair[0].score - pair[1].score).abs() < tolerance.gap {
                    break;
                }
                clear += 1;
            }
            let clear = candidates.into_iter().take(clear);
            swipe.candidates = clear
                .map(|candidate| (candidate.word, candidate.score))
                .collect();
        }
        swipes.push(swipe);
    }
    Ok(Golden {
        encoder_tolerance: tolerance.encoder,
        score_tolerance: tolerance.score,
        swipes,
    })
}
