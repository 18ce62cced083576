//! Rules that decide what counts as a word.

use std::collections::BTreeSet;

use serde::Serialize;
use swipekit::lexicon::{Alphabet, Untypeable};
use unicode_normalization::UnicodeNormalization;

/// Words without a vowel.
pub const VOWELLESS: &[&str] = &[
    "brr", "brrr", "dr", "drs", "ft", "grr", "grrr", "hm", "hmm", "jr", "kg", "km", "lb", "lbs",
    "ltd", "mm", "mmm", "mph", "mr", "mrs", "ms", "msgr", "nth", "ph", "phd", "pfft", "pm", "psst",
    "pst", "rd", "sgt", "sh", "shh", "sr", "st", "tbsp", "tsk", "tv", "tvs", "vs", "zzz",
];

/// Single letters that are words.
pub const SINGLE_LETTERS: &[&str] = &["a", "i"];

/// The rules of [`prepare`](super::prepare()). Words of the priority list need only pass the rule
/// of the alphabet.
#[derive(Clone, Debug, Serialize, clap::Args)]
pub struct Filters {
    /// Fewest letters of a word (labels of its key).
    #[arg(long, value_name = "N", default_value_t = Self::default().min_length)]
    pub min_length: usize,
    /// Most letters of a word (labels of its key).
    #[arg(long, value_name = "N", default_value_t = Self::default().max_length)]
    pub max_length: usize,
    /// Most repetitions of a letter in a row.
    #[arg(long, value_name = "N", default_value_t = Self::default().max_repeat)]
    pub max_repeat: usize,
    /// Whether words need a vowel: a, e, i, o, u or y, with or without accents. Words in capitals
    /// (initialisms) and words with non-Latin letters need none.
    #[arg(long = "keep-vowelless", action = clap::ArgAction::SetFalse, help = "Keep words without a vowel")]
    pub need_vowel: bool,
    /// Lower-case words that need no vowel and whose letters may repeat.
    #[arg(skip = Self::default().vowelless)]
    pub vowelless: BTreeSet<String>,
    /// Lower-case single letters that are words. All others are left out.
    #[arg(skip = Self::default().single_letters)]
    pub single_letters: BTreeSet<String>,
}

impl Default for Filters {
    fn default() -> Self {
        let set = |words: &[&str]| words.iter().map(|&w| w.to_owned()).collect();
        Self {
            min_length: 1,
            max_length: 24,
            max_repeat: 2,
            need_vowel: true,
            vowelless: set(VOWELLESS),
            single_letters: set(SINGLE_LETTERS),
        }
    }
}

/// Why a word was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// The word is on the blocked list.
    Blocked,
    /// A character has no label in the alphabet, or no letter is left.
    Alphabet,
    /// Too few letters.
    TooShort,
    /// Too many letters.
    TooLong,
    /// A single letter that is not a word.
    SingleLetter,
    /// A letter too often in a row.
    Repeats,
    /// No vowel.
    NoVowel,
}

impl Filters {
    /// The key of `word` (in display form), or the reason for leaving it out. A `priority` word
    /// need only be typeable.
    pub fn apply(
        &self,
        word: &str,
        alphabet: &Alphabet,
        priority: bool,
    ) -> Result<Vec<u8>, Reason> {
        let key = alphabet.fold(word).map_err(|untypeable| match untypeable {
            Untypeable::TooLong => Reason::TooLong,
            _ => Reason::Alphabet,
        })?;
        if priority {
            return Ok(key);
        }
        if key.len() < self.min_length {
            return Err(Reason::TooShort);
        }
        if key.len() > self.max_length {
            return Err(Reason::TooLong);
        }
        let lower = word.to_lowercase();
        if key.len() == 1 && !self.single_letters.contains(&lower) {
            return Err(Reason::SingleLetter);
        }
        if self.vowelless.contains(&lower) {
            return Ok(key);
        }
        if longest_run(&lower) > self.max_repeat {
            return Err(Reason::Repeats);
        }
        let shouted = key.len() > 1 && word != lower && word == word.to_uppercase();
        if self.need_vowel && !shouted && !has_vowel(&lower) {
            return Err(Reason::NoVowel);
        }
        Ok(key)
    }
}

fn longest_run(word: &str) -> usize {
    let (mut longest, mut run, mut last) = (0, 0, None);
    for c in word.chars() {
        run = if Some(c) == last { run + 1 } else { 1 };
        last = Some(c);
        longest = longest.max(run);
    }
    longest
}

/// Whether `word` has a vowel, or a letter that cannot be classified.
fn has_vowel(word: &str) -> bool {
    word.nfkd().any(|c| {
        matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'æ' | 'œ' | 'ø' | 'ı')
            || c.is_alphabetic() && c > '\u{24f}'
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_filter_has_its_words() {
        let labels: Vec<String> = ('a'..='z').map(String::from).collect();
        let alphabet = Alphabet::new(&labels);
        let filters = Filters {
            min_length: 1,
            max_length: 8,
            ..Filters::default()
        };
        for (word, reason) in [
            ("aaaa", Some(Reason::Repeats)),
            ("sooo", Some(Reason::Repeats)),
            ("Ooops", Some(Reason::Repeats)),
            ("Oops", None),
            ("b", Some(Reason::SingleLetter)),
            ("I", None),
            ("a", None),
            ("xkcd", Some(Reason::NoVowel)),
            ("hmm", None),
            ("Mr", None),
            ("by", None),
            ("rhythm", None),
            ("BBC", None),
            ("é", Some(Reason::SingleLetter)),
            ("blé", None),
            ("4th", Some(Reason::Alphabet)),
            ("--", Some(Reason::Alphabet)),
            ("слово", Some(Reason::Alphabet)),
            ("extremely", Some(Reason::TooLong)),
            ("don't", None),
        ] {
            assert_eq!(
                filters.apply(word, &alphabet, false).err(),
                reason,
                "{word}"
            );
        }
        assert_eq!(
            filters.apply("xkcd", &alphabet, true).map(|k| k.len()),
            Ok(4)
        );
        assert_eq!(
            filters.apply("extremely", &alphabet, true).map(|k| k.len()),
            Ok(9)
        );
        assert_eq!(filters.apply("4th", &alphabet, true), Err(Reason::Alphabet));
    }
}
