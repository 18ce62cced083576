//! Plain values that go in and come out.

use std::time::Duration;

use swipekit::DecoderOptions;
use swipekit::internals::runtime;
use swipekit::trace;

use super::CancelToken;
use super::error::Result;
use crate::error::Failure;

/// One touch sample.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Record)]
pub struct Point {
    /// Horizontal position, in the units of the letter area, growing to the right.
    pub x: f64,
    /// Vertical position, in the units of the letter area, growing downwards.
    pub y: f64,
    /// Time in milliseconds, from any origin.
    pub t: f64,
}

impl From<Point> for trace::Point {
    fn from(Point { x, y, t }: Point) -> Self {
        Self::new(x, y, t)
    }
}

/// Bytes of a packed point: x, y and t as little-endian float64.
const PACKED_POINT: usize = 24;

/// The points in `bytes`.
///
/// # Errors
/// `Argument` where the bytes end within a point.
pub(super) fn unpack(bytes: &[u8]) -> Result<Vec<trace::Point>> {
    let (points, []) = bytes.as_chunks::<PACKED_POINT>() else {
        return Err(Failure::argument(
            "the number of bytes of packed points",
            "a multiple of 24: x, y and t of each point as little-endian float64",
            bytes.len(),
        )
        .into());
    };
    Ok(points
        .iter()
        .map(|point| {
            let (numbers, _) = point.as_chunks::<8>();
            let [x, y, t] = [0, 1, 2].map(|at| f64::from_le_bytes(numbers[at]));
            trace::Point::new(x, y, t)
        })
        .collect())
}

/// How an engine is opened. What is left open has swipekit's default.
#[derive(Clone, Debug, Default, PartialEq, uniffi::Record)]
pub struct EngineOptions {
    /// Threads of the encoder; those that the bundle asks for by default.
    #[uniffi(default = None)]
    pub threads: Option<u32>,
    /// Copies of the encoder, and so swipes that can be encoded at the same time. Each holds the
    /// weights once more. Default 1.
    #[uniffi(default = None)]
    pub copies: Option<u32>,
    /// Path of ONNX Runtime's shared library; looked for in the usual places by default
    /// (docs/BINDINGS.md).
    #[uniffi(default = None)]
    pub runtime_library: Option<String>,
    /// The bundle's preset of decoder options. Default `default`.
    #[uniffi(default = None)]
    pub preset: Option<String>,
    /// Prefixes of the lexicon that the prediction network is run for when the engine opens, where
    /// the bundle has no table of them. Default 1024.
    #[uniffi(default = None)]
    pub warm_prefixes: Option<u32>,
    /// Bytes of the prefixes that each session remembers between swipes. Default 2 MiB.
    #[uniffi(default = None)]
    pub prefix_bytes: Option<u32>,
}

impl From<EngineOptions> for swipekit::EngineOptions {
    fn from(given: EngineOptions) -> Self {
        let mut options = Self::default();
        options.threads = given.threads.map(|threads| threads as usize);
        options.runtime_library = given.runtime_library.map(Into::into);
        options.preset = given.preset.unwrap_or(options.preset);
        let numbers = [
            (&mut options.copies, given.copies),
            (&mut options.warm_prefixes, given.warm_prefixes),
            (&mut options.prefix_bytes, given.prefix_bytes),
        ];
        for (option, number) in numbers {
            *option = number.map_or(*option, |number| number as usize);
        }
        options
    }
}

/// How a swipe is decoded. What is left open is as the engine's preset says.
#[derive(Clone, Debug, Default, PartialEq, uniffi::Record)]
pub struct DecodeOptions {
    /// Candidates at most.
    #[uniffi(default = None)]
    pub candidates: Option<u32>,
    /// Prefixes that the search keeps a frame: more find more and take longer.
    #[uniffi(default = None)]
    pub beam: Option<u32>,
    /// Milliseconds after which the search ends with the best words so far. No deadline by default.
    #[uniffi(default = None)]
    pub deadline_ms: Option<u32>,
    /// The words before the swipe in its sentence, oldest first. They count where the engine has a
    /// language model.
    #[uniffi(default = [])]
    pub context: Vec<String>,
}

/// `preset` with the numbers that a caller has given.
pub(super) fn decoder_options(
    preset: &DecoderOptions,
    candidates: Option<u32>,
    beam: Option<u32>,
) -> DecoderOptions {
    let mut options = preset.clone();
    options.candidates = candidates.map_or(options.candidates, |number| number as usize);
    options.beam = beam.map_or(options.beam, |number| number as usize);
    options
}

/// Limits of a deadline in milliseconds and a token.
pub(super) fn limits(deadline_ms: Option<u32>, cancel: Option<&CancelToken>) -> swipekit::Limits {
    let mut limits = swipekit::Limits::default();
    limits.deadline = deadline_ms.map(|ms| Duration::from_millis(ms.into()));
    limits.cancel = cancel.map(|cancel| cancel.token.clone());
    limits
}

/// A word that a swipe may mean.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Candidate {
    /// The word as it is shown.
    pub word: String,
    /// How likely it is that this word was meant, 0 to 1.
    pub confidence: f64,
    /// What candidates are ordered by: a logarithm, with all terms of the preset.
    pub score: f64,
    /// log P(the word's letters | swipe), natural logarithm: what the network alone says.
    pub log_probability: f64,
}

fn candidates(found: Vec<swipekit::Candidate>) -> Vec<Candidate> {
    let found = found.into_iter();
    found
        .map(|candidate| Candidate {
            word: candidate.word,
            confidence: candidate.confidence,
            score: candidate.score,
            log_probability: candidate.log_probability,
        })
        .collect()
}

/// Milliseconds that the stages of a decode took.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Record)]
pub struct Timings {
    /// Points to features.
    pub features_ms: f64,
    /// Features to frames: the encoder.
    pub encoder_ms: f64,
    /// Frames to words: everything after the encoder.
    pub search_ms: f64,
}

impl From<swipekit::Timings> for Timings {
    fn from(timings: swipekit::Timings) -> Self {
        let ms = |duration: Duration| 1e3 * duration.as_secs_f64();
        Self {
            features_ms: ms(timings.features),
            encoder_ms: ms(timings.encoder),
            search_ms: ms(timings.search),
        }
    }
}

/// What a swipe may mean, and how that was found.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct DecodeResult {
    /// Words, best first.
    pub candidates: Vec<Candidate>,
    /// Whether the swipe was worked off to its end, and not cut short by the deadline.
    pub is_complete: bool,
    /// How long it took.
    pub timings: Timings,
}

impl From<swipekit::Decoded> for DecodeResult {
    fn from(decoded: swipekit::Decoded) -> Self {
        Self {
            candidates: candidates(decoded.candidates),
            is_complete: decoded.is_complete,
            timings: decoded.timings.into(),
        }
    }
}

/// What a gesture may mean as far as it has come. Words may come and go until it is finished.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct PartialResult {
    /// Words, best first.
    pub candidates: Vec<Candidate>,
    /// Points of the gesture that they were decoded from, its first ones.
    pub points: u64,
    /// Number of the gesture, as `begin` gave it.
    pub gesture: u64,
}

impl From<swipekit::Partial> for PartialResult {
    fn from(partial: swipekit::Partial) -> Self {
        Self {
            candidates: candidates(partial.candidates),
            points: partial.points as u64,
            gesture: partial.gesture,
        }
    }
}

/// What a swipe spells, whether it is a word or not.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Spelling {
    /// The letters.
    pub text: String,
    /// Its share in all spellings that there are, 0 to 1.
    pub confidence: f64,
    /// log P(letters | swipe), natural logarithm.
    pub log_probability: f64,
}

impl From<swipekit::Spelling> for Spelling {
    fn from(spelling: swipekit::Spelling) -> Self {
        Self {
            text: spelling.text,
            confidence: spelling.confidence,
            log_probability: spelling.log_probability,
        }
    }
}

/// What an engine is.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct EngineInfo {
    /// Name of the bundle.
    pub name: String,
    /// Its language, a BCP 47 tag.
    pub language: String,
    /// Precision of its encoder.
    pub precision: String,
    /// What the network can spell, in the order of its classes.
    pub labels: Vec<String>,
    /// Words of the lexicon, the first one where there are several; `None` without any.
    pub words: Option<u64>,
    /// Whether the words before a swipe count.
    pub has_language_model: bool,
    /// Name of the layout that swipes are made on.
    pub layout: String,
    /// Presets of decoder options that the bundle has.
    pub presets: Vec<String>,
    /// What runs the encoder.
    pub runtime: String,
    /// Its version; empty where it is not known.
    pub runtime_version: String,
    /// Path of its library; empty where it is not known.
    pub runtime_library: String,
}

impl From<&swipekit::Engine> for EngineInfo {
    fn from(engine: &swipekit::Engine) -> Self {
        let (manifest, runtime) = (engine.manifest(), engine.runtime());
        let library = runtime::loaded().and_then(|loaded| loaded.path);
        Self {
            name: manifest.name.clone(),
            language: manifest.language.clone(),
            precision: manifest.precision.to_string(),
            labels: manifest.vocabulary.labels.clone(),
            words: engine.lexicon().map(|lexicon| lexicon.len() as u64),
            has_language_model: engine.language_model().is_some(),
            layout: engine.layout().name.clone(),
            presets: manifest.presets.keys().cloned().collect(),
            runtime: runtime.name.to_owned(),
            runtime_version: runtime.version,
            runtime_library: library.unwrap_or_default().to_string_lossy().into_owned(),
        }
    }
}

/// What an engine takes, by part, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct MemoryUse {
    /// Files of the bundle, mapped: the system takes them back under pressure.
    pub mapped: u64,
    /// The encoder's file, a part of `mapped`; the runtime holds about as much for each copy.
    pub encoder_file: u64,
    /// Weights of prediction network and joint.
    pub transducer: u64,
    /// Prefixes that all sessions share.
    pub prefixes: u64,
    /// The user's words, about.
    pub words: u64,
}

impl From<swipekit::Memory> for MemoryUse {
    fn from(memory: swipekit::Memory) -> Self {
        Self {
            mapped: memory.mapped as u64,
            encoder_file: memory.encoder_file as u64,
            transducer: memory.transducer as u64,
            prefixes: memory.prefixes as u64,
            words: memory.words as u64,
        }
    }
}

/// What a self-test saw.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Record)]
pub struct SelfTestReport {
    /// Golden swipes tried.
    pub swipes: u64,
    /// Greatest difference of a value of the encoder's output.
    pub encoder_difference: f64,
    /// Greatest difference of a score, relative to the score.
    pub score_difference: f64,
}

impl From<swipekit::SelfTest> for SelfTestReport {
    fn from(seen: swipekit::SelfTest) -> Self {
        Self {
            swipes: seen.swipes as u64,
            encoder_difference: seen.encoder_difference,
            score_difference: seen.score_difference,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::SwipekitError;

    #[test]
    fn packed_points_are_the_points() {
        let numbers = [0.25, -3.0, 0.0, f64::MAX, f64::NAN, 17.5];
        let bytes: Vec<u8> = numbers
            .iter()
            .flat_map(|number: &f64| number.to_le_bytes())
            .collect();
        let points = unpack(&bytes).unwrap();
        assert_eq!(points[0], trace::Point::new(0.25, -3.0, 0.0));
        assert!(points[1].x == f64::MAX && points[1].y.is_nan() && points[1].t == 17.5);
        assert!(unpack(&[]).unwrap().is_empty());
        for cut in (1..48).filter(|cut| cut % 24 != 0) {
            let error = unpack(&bytes[..cut]).unwrap_err();
            assert!(matches!(error, SwipekitError::Argument { .. }), "{error:?}");
        }
    }

    #[test]
    fn options_left_open_are_the_defaults() {
        let default = swipekit::EngineOptions::default();
        let same = swipekit::EngineOptions::from(EngineOptions::default());
        assert_eq!(format!("{same:?}"), format!("{default:?}"));
        let given = EngineOptions {
            threads: Some(2),
            copies: Some(3),
            runtime_library: Some("a".to_owned()),
            preset: Some("b".to_owned()),
            warm_prefixes: Some(4),
            prefix_bytes: Some(5),
        };
        let options = swipekit::EngineOptions::from(given);
        assert_eq!((options.threads, options.copies), (Some(2), 3));
        assert_eq!((options.warm_prefixes, options.prefix_bytes), (4, 5));
        assert_eq!(
            (options.runtime_library, &*options.preset),
            (Some("a".into()), "b")
        );

        let preset = DecoderOptions::default();
        assert_eq!(decoder_options(&preset, None, None), preset);
        let changed = decoder_options(&preset, Some(1), Some(99));
        assert_eq!((changed.candidates, changed.beam), (1, 99));
    }
}
