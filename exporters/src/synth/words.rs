//! Words to draw from.

use std::path::Path;

use swipekit::lexicon::MAX_KEY;

use super::board::Board;
use crate::files::FileError;
use crate::random::Stream;
use crate::synth::error::Result;
use crate::words::lexicon::read_frequencies;

/// Letters up to which longer words are drawn more often by [`WordOptions::length_power`].
const LONGEST: usize = 10;

/// How often words are drawn.
#[derive(Clone, Copy, Debug, PartialEq, clap::Args)]
pub struct WordOptions {
    /// Power of a word's frequency, 0 to 2: 1 draws words as often as they are written, 0 all
    /// equally. Below 1 rare words are learned too.
    #[arg(long, value_name = "X", default_value_t = Self::default().temper, allow_negative_numbers = true)]
    pub temper: f64,
    /// Power of a word's number of letters (10 at most), -4 to 4: more than 0 draws long words more
    /// often.
    #[arg(long, value_name = "X", default_value_t = Self::default().length_power, allow_negative_numbers = true)]
    pub length_power: f64,
    /// Most letters of a word, 1 to 64; longer words are left out.
    #[arg(long, value_name = "N", default_value_t = Self::default().max_length)]
    pub max_length: usize,
}

impl Default for WordOptions {
    /// Half the power of frequency and of length, as the prototypes of the default models were
    /// trained; at most 24 letters.
    fn default() -> Self {
        Self {
            temper: 0.5,
            length_power: 0.5,
            max_length: 24,
        }
    }
}

impl WordOptions {
    /// Checks that all options are in their ranges.
    ///
    /// # Errors
    /// [`swipekit::Error::Invalid`] for the first that is not.
    pub fn validate(&self) -> Result<()> {
        let wrong = |what, expected: &str, got: String| {
            Err(swipekit::Error::invalid(what, expected, got).into())
        };
        if !(0.0..=2.0).contains(&self.temper) {
            return wrong(
                "the power of words' frequencies",
                "0 to 2",
                self.temper.to_string(),
            );
        }
        if !(-4.0..=4.0).contains(&self.length_power) {
            return wrong(
                "the power of words' lengths",
                "-4 to 4",
                self.length_power.to_string(),
            );
        }
        if !(1..=MAX_KEY).contains(&self.max_length) {
            return wrong(
                "the most letters of a word",
                "1 to 64",
                self.max_length.to_string(),
            );
        }
        Ok(())
    }
}

/// One word list to draw from: tempered frequency and length.
#[derive(Clone, Debug)]
pub struct Words {
    list: Vec<(String, f64)>,
    options: WordOptions,
}

impl Words {
    /// Words with their frequencies, in any unit.
    ///
    /// # Errors
    /// Those of [`WordOptions::validate`]; [`swipekit::Error::Invalid`] where there is no word or a
    /// frequency is not a positive number.
    pub fn new(list: Vec<(String, f64)>, options: WordOptions) -> Result<Self> {
        options.validate()?;
        if list.is_empty() {
            return Err(
                swipekit::Error::invalid("a word list", "at least one word", "none").into(),
            );
        }
        if let Some((_, frequency)) = list.iter().find(|(_, f)| !(f.is_finite() && *f > 0.0)) {
            let got = frequency.to_string();
            return Err(
                swipekit::Error::invalid("a word's frequency", "a positive number", got).into(),
            );
        }
        Ok(Self { list, options })
    }

    /// The words of a prepared list, `word TAB frequency` a line, and of whatever else
    /// [`read_frequencies`] takes.
    ///
    /// # Errors
    /// Those of [`read_frequencies`] and of [`Words::new`]; [`FileError::Empty`] where no word has a
    /// frequency.
    pub fn read(path: impl AsRef<Path>, options: WordOptions) -> Result<Self> {
        let path = path.as_ref();
        let list = read_frequencies(path)?.words;
        if list.is_empty() {
            return Err(FileError::Empty {
                path: path.to_path_buf(),
                what: "words with frequencies",
            }
            .into());
        }
        Self::new(list, options)
    }

    /// The words and their frequencies.
    pub fn list(&self) -> &[(String, f64)] {
        &self.list
    }

    /// How they are drawn.
    pub fn options(&self) -> &WordOptions {
        &self.options
    }
}

/// The words of a list that a keyboard can type, ready to be drawn.
#[derive(Clone, Debug)]
pub(super) struct Urn {
    /// Keys of all words, one behind the other.
    keys: Vec<u8>,
    /// Where each word's keys begin, and where the last one's end.
    starts: Vec<u32>,
    /// Share of each word and of all before it.
    cumulative: Vec<f64>,
    /// Words that have a letter without a key, or are too long.
    pub(super) left_out: usize,
}

impl Urn {
    pub(super) fn new(words: &Words, board: &Board) -> Result<Self> {
        let mut urn = Self {
            keys: Vec::new(),
            starts: vec![0],
            cumulative: Vec::new(),
            left_out: 0,
        };
        let options = &words.options;
        // Divided by the greatest, so that no power of a frequency is too large or too small for a
        // number.
        let greatest = words.list.iter().map(|(_, f)| *f).fold(0.0, f64::max);
        let mut sum = 0.0;
        for (word, frequency) in &words.list {
            let Some(keys) = board
                .keys(word)
                .filter(|keys| keys.len() <= options.max_length)
            else {
                urn.left_out += 1;
                continue;
            };
            let length = keys.len().min(LONGEST) as f64;
            sum += libm::pow(frequency / greatest, options.temper)
                * libm::pow(length, options.length_power);
            urn.cumulative.push(sum);
            urn.keys.extend(keys);
            let end = u32::try_from(urn.keys.len()).map_err(|_| swipekit::Error::TooLarge {
                what: "the number of letters of the word list",
                limit: u32::MAX.into(),
                got: urn.keys.len() as u64,
            })?;
            urn.starts.push(end);
        }
        // Not above 0 where the only words that can be typed have a share that is too small for a
        // number.
        if !(sum > 0.0 && sum.is_finite()) {
            return Err(swipekit::Error::invalid(
                "a word list",
                "words that the layout can type and that are drawn at all",
                format!("none of {}", words.list.len()),
            )
            .into());
        }
        Ok(urn)
    }

    /// Words that can be drawn.
    pub(super) fn len(&self) -> usize {
        self.cumulative.len()
    }

    /// The keys of a word.
    pub(super) fn draw(&self, stream: &mut Stream) -> &[u8] {
        let sum = self.cumulative.last().copied().unwrap_or(0.0);
        let at = stream.uniform() * sum;
        let word = self
            .cumulative
            .partition_point(|share| *share <= at)
            .min(self.len() - 1);
        &self.keys[self.starts[word] as usize..self.starts[word + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::SynthError;
    use std::collections::BTreeMap;
    use swipekit::layout::Layout;

    fn list(words: &[(&str, f64)]) -> Vec<(String, f64)> {
        words
            .iter()
            .map(|(word, f)| ((*word).to_owned(), *f))
            .collect()
    }

    fn counts(words: &Words, draws: u64) -> BTreeMap<String, u64> {
        let board = Board::new(&Layout::qwerty()).unwrap();
        let urn = Urn::new(words, &board).unwrap();
        let mut counts = BTreeMap::new();
        for index in 0..draws {
            let keys = urn.draw(&mut Stream::new(5, 0, index));
            let word: String = keys.iter().map(|key| board.letter(*key)).collect();
            *counts.entry(word).or_default() += 1;
        }
        counts
    }

    #[test]
    fn shares_are_tempered_and_favour_long_words() {
        let options = WordOptions {
            temper: 0.5,
            length_power: 1.0,
            max_length: 8,
        };
        let words = [
            ("the", 16.0),
            ("a", 4.0),
            ("ab-cd'ef", 1.0),
            ("toolonginletters", 9.0),
            ("x9", 5.0),
        ];
        let counts = counts(&Words::new(list(&words), options).unwrap(), 40_000);
        // 4 * 3, 2 * 1 and 1 * 6 of 20.
        for (word, share) in [("the", 0.6), ("a", 0.1), ("abcdef", 0.3)] {
            let got = counts[word] as f64 / 40_000.0;
            assert!((got - share).abs() < 0.012, "{got} {share}");
        }
        assert_eq!(counts.len(), 3);
    }

    #[test]
    fn hostile_lists_and_options_are_refused_or_left_out() {
        let options = WordOptions::default();
        for bad in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
            assert!(Words::new(list(&[("a", 1.0), ("b", bad)]), options).is_err());
            let powers = [
                WordOptions {
                    temper: if bad == 0.0 { 9.0 } else { bad },
                    ..options
                },
                WordOptions {
                    length_power: if bad == 0.0 || bad == -1.0 { 9.0 } else { bad },
                    ..options
                },
            ];
            assert!(powers.iter().all(|options| options.validate().is_err()));
        }
        assert!(Words::new(Vec::new(), options).is_err());
        for max_length in [0, 65, usize::MAX] {
            assert!(
                WordOptions {
                    max_length,
                    ..options
                }
                .validate()
                .is_err()
            );
        }
        let board = Board::new(&Layout::qwerty()).unwrap();
        let untypeable = Words::new(list(&[("слово", 1.0), ("4", 2.0)]), options).unwrap();
        assert!(Urn::new(&untypeable, &board).is_err());
        let long = "ab".repeat(32);
        let sixty_four = WordOptions {
            max_length: 64,
            ..options
        };
        let words = Words::new(
            list(&[(&long, 1.0), (&"ab".repeat(33), 1.0), ("a", 1e-300)]),
            sixty_four,
        )
        .unwrap();
        let urn = Urn::new(&words, &board).unwrap();
        assert_eq!((urn.len(), urn.left_out), (2, 1));
    }

    #[test]
    fn a_prepared_list_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words.tsv");
        std::fs::write(&path, "# word\tfrequency\nthe\t5.37e+07\nto\t2.692e+07\n").unwrap();
        let words = Words::read(&path, WordOptions::default()).unwrap();
        assert_eq!(words.list(), list(&[("the", 5.37e7), ("to", 2.692e7)]));
        std::fs::write(&path, "# nothing\n").unwrap();
        assert!(matches!(
            Words::read(&path, WordOptions::default()),
            Err(SynthError::File(FileError::Empty { .. }))
        ));
    }
}
