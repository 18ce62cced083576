//! What goes back to Java in one array of bytes: little-endian numbers, texts as their length in
//! bytes (u32) and UTF-8.

use swipekit::{Candidate, Decoded, Spelling};

/// Bytes in the making.
#[derive(Debug, Default)]
pub struct Packed(Vec<u8>);

impl Packed {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// One byte: 1 or 0.
    pub fn flag(&mut self, value: bool) -> &mut Self {
        self.0.push(u8::from(value));
        self
    }

    /// A number of things, as u32.
    pub fn count(&mut self, value: usize) -> &mut Self {
        let value = u32::try_from(value).unwrap_or(u32::MAX);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A signed number, as i32.
    pub fn int(&mut self, value: i32) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A signed number, as i64.
    pub fn long(&mut self, value: i64) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A size, as u64.
    pub fn size(&mut self, value: u64) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A number, as f32.
    pub fn float(&mut self, value: f32) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A number, as f64.
    pub fn double(&mut self, value: f64) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A text.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.count(value.len());
        self.0.extend(value.as_bytes());
        self
    }

    /// The words of a gesture.
    pub fn candidates(&mut self, candidates: &[Candidate]) -> &mut Self {
        self.count(candidates.len());
        for candidate in candidates {
            self.text(&candidate.word)
                .double(candidate.confidence)
                .double(candidate.score)
                .double(candidate.log_probability);
        }
        self
    }

    /// A decoded gesture: whether it was worked off to its end, milliseconds of the stages, words.
    pub fn decoded(&mut self, decoded: &Decoded) -> &mut Self {
        self.flag(decoded.is_complete);
        let timings = decoded.timings;
        for stage in [timings.features, timings.encoder, timings.search] {
            self.double(stage.as_secs_f64() * 1e3);
        }
        self.candidates(&decoded.candidates)
    }

    /// Spellings of a gesture.
    pub fn spellings(&mut self, spellings: &[Spelling]) -> &mut Self {
        self.count(spellings.len());
        for spelling in spellings {
            self.text(&spelling.text)
                .double(spelling.confidence)
                .double(spelling.log_probability);
        }
        self
    }
}
