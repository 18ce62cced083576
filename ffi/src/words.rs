//! Why words are not taken, and lists of words of an app's own.

use swipekit::bytes::Bytes;
use swipekit::lexicon::{Lexicon, LexiconBuilder, Rejection, Untypeable};

/// Why a word was not taken. The numbers are those of the Kotlin library's `WordRejection`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
#[repr(i32)]
pub enum WordRejection {
    /// It has no letter.
    Empty = 1,
    /// It cannot be typed with the bundle's letters.
    Untypeable = 2,
    /// It is too long.
    TooLong = 3,
    /// There are as many words of the user as there may be.
    Full = 4,
    /// Its weight, prior or boost is out of range.
    Weight = 5,
    /// Another reason.
    Other = 9,
}

impl From<Rejection> for WordRejection {
    fn from(reason: Rejection) -> Self {
        match reason {
            Rejection::Untypeable(Untypeable::Empty) => Self::Empty,
            Rejection::Untypeable(Untypeable::Character) => Self::Untypeable,
            Rejection::Untypeable(Untypeable::TooLong) | Rejection::TooLong => Self::TooLong,
            Rejection::Full => Self::Full,
            Rejection::Weight => Self::Weight,
            _ => Self::Other,
        }
    }
}

/// The lexicon of `words`, each with its frequency, for a vocabulary; and the places of those that
/// it could not take.
///
/// # Errors
/// Those of building a lexicon: no word is left, or there are too many.
pub fn lexicon<'w>(
    words: impl IntoIterator<Item = (&'w str, f64)>,
    labels: &[String],
) -> swipekit::Result<(Lexicon, Vec<(usize, WordRejection)>)> {
    let mut builder = LexiconBuilder::new(labels);
    let mut rejected = Vec::new();
    for (index, (word, weight)) in words.into_iter().enumerate() {
        if let Err(reason) = builder.add(word, weight) {
            rejected.push((index, reason.into()));
        }
    }
    let bytes = Bytes::from(builder.build()?.bytes);
    let lexicon = Lexicon::from_bytes(bytes, labels, "the words of the app")?;
    Ok((lexicon, rejected))
}
