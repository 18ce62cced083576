//! The self-test of a bundle on its machine: its golden swipes must give the results recorded at
//! export.

use crate::bundle::golden::{Golden, GoldenSwipe};
use crate::decoder::DecoderOptions;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::session::Session;

/// The result of a self-test.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SelfTest {
    /// Number of golden swipes decoded.
    pub swipes: usize,
    /// Greatest difference in the encoder's output.
    pub encoder_difference: f64,
    /// Greatest difference in a score, relative to the score (absolute for scores below 1).
    pub score_difference: f64,
}

impl Engine {
    /// Decodes the bundle's golden swipes with its default preset and lexicon and compares the
    /// results. A bundle without golden swipes passes. The swipes were made on the trained layout
    /// and are decoded on it, whatever the engine's layout.
    ///
    /// # Errors
    /// [`Error::SelfTest`] with the first difference beyond tolerance; otherwise the errors of
    /// decoding.
    pub fn self_test(&self) -> Result<SelfTest> {
        let mut result = SelfTest::default();
        let Some(golden) = self.bundle().golden()? else {
            return Ok(result);
        };
        let engine = self.with_layout(&self.manifest().layout)?;
        let mut session = engine.session();
        for (index, swipe) in golden.swipes.iter().enumerate() {
            result.try_swipe(&mut session, engine.options(), &golden, index, swipe)?;
        }
        Ok(result)
    }
}

impl SelfTest {
    fn try_swipe(
        &mut self,
        session: &mut Session,
        options: &DecoderOptions,
        golden: &Golden,
        index: usize,
        swipe: &GoldenSwipe,
    ) -> Result<()> {
        let differs = |what: &'static str, expected: &dyn ToString, got: &dyn ToString| {
            Err(Error::SelfTest {
                swipe: index,
                what,
                expected: expected.to_string(),
                got: got.to_string(),
            })
        };
        let trace = swipe.trace()?;
        let mut gesture = session.encode(&trace, &Limits::default())?;
        let encoded = gesture.frames();
        let width = swipe.encoded.len() / 2;
        if width == 0 || encoded.len() != swipe.frames * width {
            return differs(
                "values of the encoder's output",
                &(swipe.frames * width),
                &encoded.len(),
            );
        }
        let ends = encoded[..width]
            .iter()
            .chain(&encoded[encoded.len() - width..]);
        let difference = ends
            .zip(&swipe.encoded)
            .map(|(a, b)| f64::from((a - b).abs()))
            .fold(0.0, f64::max);
        self.encoder_difference = self.encoder_difference.max(difference);
        if difference > golden.encoder_tolerance {
            return differs(
                "difference of the encoder's output",
                &golden.encoder_tolerance,
                &difference,
            );
        }
        if gesture.greedy()? != swipe.greedy {
            return differs("greedy text", &"the golden one", &"another");
        }
        if !swipe.candidates.is_empty() {
            let candidates = gesture.words(options)?.candidates;
            if candidates.len() < swipe.candidates.len() {
                return differs(
                    "number of candidates",
                    &swipe.candidates.len(),
                    &candidates.len(),
                );
            }
            for (got, (word, score)) in candidates.iter().zip(&swipe.candidates) {
                let difference = (got.score - score).abs() / score.abs().max(1.0);
                self.score_difference = self.score_difference.max(difference);
                if difference > golden.score_tolerance {
                    return differs(
                        "difference of a score",
                        &golden.score_tolerance,
                        &difference,
                    );
                }
                if got.word != *word {
                    return differs("a candidate", &"the golden one", &"another");
                }
            }
        }
        self.swipes += 1;
        Ok(())
    }
}
