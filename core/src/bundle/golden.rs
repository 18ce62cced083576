//! `golden.json`: swipes whose results are known, so that a bundle can test itself where it runs.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::trace::Trace;

/// Most swipes of a golden file.
const MAX_SWIPES: usize = 64;

/// Golden swipes of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// Greatest difference of a value of the encoder's output.
    pub encoder_tolerance: f64,
    /// Greatest difference of a score, relative to the score (or absolute below 1).
    pub score_tolerance: f64,
    /// The swipes.
    pub swipes: Vec<GoldenSwipe>,
}

/// One swipe and what it must give.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenSwipe {
    /// Points x, y (in the letter area's frame) and t in milliseconds.
    pub points: Vec<(f64, f64, f64)>,
    /// Frames T' of the encoder's output.
    pub frames: usize,
    /// The encoder's first and last frame, `[2, D]`.
    pub encoded: Vec<f32>,
    /// Text of the greedily best alignment.
    pub greedy: String,
    /// Best candidates with their scores, by the default preset; empty for a dynamic bundle.
    pub candidates: Vec<(String, f64)>,
}

impl Golden {
    /// Reads and checks the content of a `golden.json`; `path` is for errors.
    ///
    /// # Errors
    /// [`Error::Damaged`] where it is not of the format, [`Error::TooLarge`] for more than 64
    /// swipes.
    pub fn parse(json: &[u8], path: &Path) -> Result<Self> {
        let golden: Self = serde_json::from_slice(json)
            .map_err(|error| Error::damaged(path, "the golden swipes", "golden swipes", error))?;
        golden.check(path)?;
        Ok(golden)
    }

    /// Checks tolerances, points and numbers; `path` is for errors.
    ///
    /// # Errors
    /// Those of [`Golden::parse`].
    pub fn check(&self, path: &Path) -> Result<()> {
        if self.swipes.len() > MAX_SWIPES {
            return Err(Error::TooLarge {
                what: "the number of golden swipes",
                limit: MAX_SWIPES as u64,
                got: self.swipes.len() as u64,
            });
        }
        for tolerance in [self.encoder_tolerance, self.score_tolerance] {
            if !(tolerance > 0.0 && tolerance <= 1.0) {
                return Err(Error::damaged(
                    path,
                    "a tolerance of the golden swipes",
                    "more than 0, at most 1",
                    tolerance,
                ));
            }
        }
        for (index, swipe) in self.swipes.iter().enumerate() {
            let damaged = |expected: &str, got: &dyn std::fmt::Display| {
                let got = format!("{got} in swipe {index}");
                Error::damaged(path, "a golden swipe", expected, got)
            };
            swipe.trace().map_err(|error| damaged("a trace", &error))?;
            if swipe.encoded.is_empty() || swipe.encoded.len() % 2 == 1 || swipe.frames == 0 {
                return Err(damaged("two frames of the encoder", &"another number"));
            }
            let scores = swipe.candidates.iter().map(|(_, score)| *score);
            let values = swipe.encoded.iter().copied().map(f64::from);
            if !scores.chain(values).all(f64::is_finite) {
                return Err(damaged("finite numbers", &"one that is not"));
            }
        }
        Ok(())
    }
}

impl GoldenSwipe {
    /// The swipe as a trace.
    ///
    /// # Errors
    /// Those of [`Trace::push`].
    pub fn trace(&self) -> Result<Trace> {
        Trace::in_letter_area(self.points.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden() -> Golden {
        Golden {
            encoder_tolerance: 1e-4,
            score_tolerance: 1e-3,
            swipes: vec![GoldenSwipe {
                points: vec![(0.1, 0.2, 0.0), (0.5, 0.5, 100.0)],
                frames: 28,
                encoded: vec![0.25, -0.5, 1.0, 0.1],
                greedy: "it".to_owned(),
                candidates: vec![("it".to_owned(), -0.5)],
            }],
        }
    }

    #[test]
    fn golden_survives_json() {
        let golden = golden();
        let json = serde_json::to_vec(&golden).unwrap();
        let path = Path::new("golden.json");
        assert_eq!(Golden::parse(&json, path).unwrap(), golden);
        for at in 0..json.len() {
            assert!(Golden::parse(&json[..at], path).is_err());
            let mut flipped = json.clone();
            flipped[at] ^= 1 << (at % 8);
            if let Ok(golden) = Golden::parse(&flipped, path) {
                golden.check(path).unwrap();
            }
        }
    }

    #[test]
    fn unsound_goldens_are_refused() {
        let edits: [fn(&mut Golden); 8] = [
            |golden| golden.encoder_tolerance = 0.0,
            |golden| golden.score_tolerance = f64::NAN,
            |golden| golden.swipes[0].points[1].0 = f64::INFINITY,
            |golden| golden.swipes[0].frames = 0,
            |golden| golden.swipes[0].encoded.truncate(3),
            |golden| golden.swipes[0].encoded[1] = f32::INFINITY,
            |golden| golden.swipes[0].candidates[0].1 = f64::NAN,
            |golden| golden.swipes = vec![golden.swipes[0].clone(); 65],
        ];
        for edit in edits {
            let mut golden = golden();
            golden.check(Path::new("golden.json")).unwrap();
            edit(&mut golden);
            golden.check(Path::new("golden.json")).unwrap_err();
        }
    }
}
