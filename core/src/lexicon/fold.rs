//! Folds a written word to its key: the labels that a finger crosses.
//!
//! One folding rule serves lexicons, targets of an evaluation and user words, in this order:
//! 1. the word is brought to Unicode normal form C;
//! 2. apostrophes (straight, curly, modifier letter, prime, accents used as one), hyphens, the
//!    middle dot and invisible joiners are removed, because nobody swipes over them;
//! 3. every character is lower-cased; where the vocabulary has a label for it, that label is the
//!    key;
//! 4. otherwise its compatibility decomposition is taken without combining marks (é → e, ﬁ → fi),
//!    then the letters that Unicode does not decompose (ß → ss, æ → ae, œ → oe, ø → o, đ ð → d, þ →
//!    th, ł → l, ı → i, ħ → h, ŧ → t, ŋ → n);
//! 5. a character that still has no label makes the word untypeable.
//!
//! A vocabulary with a label `é` therefore keeps `é`; one without folds it to `e`.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Most labels of a key; longer words are untypeable.
pub const MAX_KEY: usize = 64;

/// Why a word has no key. The value holds no part of the word.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, thiserror::Error,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Untypeable {
    /// No letter remains after apostrophes and hyphens are removed.
    #[error("no letter to type")]
    Empty,
    /// A character has no label in the vocabulary.
    #[error("a character that the vocabulary lacks")]
    Character,
    /// More than [`MAX_KEY`] labels.
    #[error("longer than {MAX_KEY} labels")]
    TooLong,
}

/// The labels of a vocabulary that a finger can type: those of one character with a class below
/// 255.
#[derive(Clone, Debug)]
pub struct Alphabet {
    classes: HashMap<char, u8>,
    /// Class of each ASCII character, for speed; 255 where it has no label.
    ascii: [u8; 128],
}

impl Alphabet {
    /// Collects the typeable labels among `labels`, which are in the order of the classes.
    ///
    /// Labels of several characters (`<unk>`) are ignored. An upper-case label stands for its
    /// lower-case letter where the vocabulary has no lower-case one. The first of two equal labels
    /// counts.
    pub fn new<S: AsRef<str>>(labels: &[S]) -> Self {
        let mut classes = HashMap::new();
        let single = |label: &S| {
            let mut characters = label.as_ref().nfc();
            match (characters.next(), characters.next()) {
                (Some(c), None) if !is_silent(c) && !c.is_whitespace() => Some(c),
                _ => None,
            }
        };
        for lower_pass in [true, false] {
            for (class, label) in (0..u8::MAX).zip(labels) {
                let Some(c) = single(label) else { continue };
                let mut lower = c.to_lowercase();
                if let (Some(l), None) = (lower.next(), lower.next())
                    && (l == c) == lower_pass
                {
                    classes.entry(l).or_insert(class);
                }
            }
        }
        let mut ascii = [u8::MAX; 128];
        for (&c, &class) in &classes {
            if let Some(slot) = ascii.get_mut(c as usize) {
                *slot = class;
            }
        }
        Self { classes, ascii }
    }

    /// The class of the label for the lower-case character `c`.
    pub fn class(&self, c: char) -> Option<u8> {
        match self.ascii.get(c as usize) {
            Some(&u8::MAX) => None,
            Some(&class) => Some(class),
            None => self.classes.get(&c).copied(),
        }
    }

    /// The characters with their classes, in the order of the classes.
    pub fn entries(&self) -> Vec<(u8, char)> {
        let mut entries: Vec<_> = self.classes.iter().map(|(&c, &class)| (class, c)).collect();
        entries.sort_unstable();
        entries
    }

    /// The key of `word`: classes of the labels in the order in which a finger types them.
    ///
    /// # Errors
    /// [`Untypeable`] where the word has no key with this vocabulary.
    pub fn fold(&self, word: &str) -> Result<Vec<u8>, Untypeable> {
        let mut key = Vec::with_capacity(word.len().min(MAX_KEY));
        if word.is_ascii() {
            for c in word.chars().filter(|&c| !is_silent(c)) {
                key.push(
                    self.class(c.to_ascii_lowercase())
                        .ok_or(Untypeable::Character)?,
                );
                if key.len() > MAX_KEY {
                    return Err(Untypeable::TooLong);
                }
            }
        } else {
            for c in word.nfc() {
                self.fold_character(c, &mut key)?;
                if key.len() > MAX_KEY {
                    return Err(Untypeable::TooLong);
                }
            }
        }
        if key.is_empty() {
            return Err(Untypeable::Empty);
        }
        Ok(key)
    }

    fn fold_character(&self, c: char, key: &mut Vec<u8>) -> Result<(), Untypeable> {
        if is_silent(c) {
            return Ok(());
        }
        for lower in c.to_lowercase() {
            if let Some(class) = self.class(lower) {
                key.push(class);
                continue;
            }
            for part in std::iter::once(lower).nfkd().flat_map(char::to_lowercase) {
                if is_combining_mark(part) || is_silent(part) {
                    continue;
                }
                if let Some(class) = self.class(part) {
                    key.push(class);
                    continue;
                }
                for letter in spelt_out(part).ok_or(Untypeable::Character)?.chars() {
                    key.push(self.class(letter).ok_or(Untypeable::Character)?);
                }
            }
        }
        Ok(())
    }
}

/// A word as it is displayed: normal form C, apostrophes `'`, hyphens `-`, no invisible joiners
/// that [`Alphabet::fold`] would skip in Latin script (soft hyphen), no surrounding white space.
pub fn display_form(word: &str) -> String {
    word.trim()
        .chars()
        .filter(|&c| c != '\u{ad}')
        .nfc()
        .map(|c| {
            if is_apostrophe(c) {
                '\''
            } else if is_hyphen(c) {
                '-'
            } else {
                c
            }
        })
        .collect()
}

/// Whether `c` stands for an apostrophe: `'`, `’`, `‘`, `‛`, `ʼ`, `ʹ`, `′`, `＇`, `` ` ``, `´`.
pub fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '\u{2019}'
            | '\u{2018}'
            | '\u{201b}'
            | '\u{2bc}'
            | '\u{2b9}'
            | '\u{2032}'
            | '\u{ff07}'
            | '`'
            | '\u{b4}'
    )
}

/// Whether `c` stands for a hyphen: `-`, hyphen, non-breaking hyphen, en dash, minus, full-width
/// hyphen.
pub fn is_hyphen(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}' | '\u{2011}' | '\u{2013}' | '\u{2212}' | '\u{ff0d}'
    )
}

/// Whether a finger skips `c`.
fn is_silent(c: char) -> bool {
    is_apostrophe(c) || is_hyphen(c) || matches!(c, '\u{ad}' | '\u{b7}' | '\u{200c}' | '\u{200d}')
}

/// Base letters of characters that Unicode does not decompose.
fn spelt_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ł' => "l",
        'ı' => "i",
        'ħ' => "h",
        'ŧ' => "t",
        'ŋ' => "n",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alphabet(extra: &str) -> Alphabet {
        let mut labels = vec!["<blank>".to_owned(), "'".to_owned()];
        labels.extend(('a'..='z').chain(extra.chars()).map(String::from));
        labels.push("<unk>".to_owned());
        Alphabet::new(&labels)
    }

    fn spell(alphabet: &Alphabet, word: &str) -> Result<String, Untypeable> {
        let entries = alphabet.entries();
        let character = |class| entries.iter().find(|e| e.0 == class).map(|e| e.1);
        alphabet
            .fold(word)
            .map(|key| key.into_iter().filter_map(character).collect())
    }

    #[test]
    fn folds_as_documented() {
        let plain = alphabet("");
        for (word, key) in [
            ("don't", "dont"),
            ("don\u{2019}t", "dont"),
            ("I\u{2018}m", "im"),
            ("Zürich", "zurich"),
            ("Zu\u{308}rich", "zurich"),
            ("re-enter", "reenter"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("ẞ", "ss"),
            ("Ærø", "aero"),
            ("œuvre", "oeuvre"),
            ("Łódź", "lodz"),
            ("Þór", "thor"),
            ("ﬁne", "fine"),
            ("İzmir", "izmir"),
            ("ınan", "inan"),
            ("Ｆｕｌｌ", "full"),
            ("col·legi", "collegi"),
            ("so\u{ad}lo", "solo"),
        ] {
            assert_eq!(spell(&plain, word).as_deref(), Ok(key), "{word}");
        }
    }

    #[test]
    fn a_label_of_its_own_is_kept() {
        let german = alphabet("üß");
        assert_eq!(spell(&german, "Zürich").as_deref(), Ok("zürich"));
        assert_eq!(spell(&german, "Zu\u{308}rich").as_deref(), Ok("zürich"));
        assert_eq!(spell(&german, "Straße").as_deref(), Ok("straße"));
        assert_eq!(spell(&german, "él").as_deref(), Ok("el"));
    }

    #[test]
    fn the_class_is_the_position_of_the_label() {
        assert_eq!(alphabet("").fold("az"), Ok(vec![2, 27]));
        let capitals = Alphabet::new(&["A", "b", "B"]);
        assert_eq!(capitals.fold("aB"), Ok(vec![0, 1]));
    }

    #[test]
    fn the_untypeable_is_refused() {
        let plain = alphabet("");
        assert_eq!(plain.fold(""), Err(Untypeable::Empty));
        assert_eq!(plain.fold("'-\u{2019}"), Err(Untypeable::Empty));
        for word in ["4th", "a b", "a.b", "слово", "字", "a\0b", "<unk>"] {
            assert_eq!(plain.fold(word), Err(Untypeable::Character), "{word:?}");
        }
        assert_eq!(
            plain.fold(&"a".repeat(MAX_KEY)).map(|k| k.len()),
            Ok(MAX_KEY)
        );
        assert_eq!(
            plain.fold(&"a".repeat(MAX_KEY + 1)),
            Err(Untypeable::TooLong)
        );
        assert_eq!(
            plain.fold(&"é".repeat(MAX_KEY + 1)),
            Err(Untypeable::TooLong)
        );
    }

    #[test]
    fn labels_past_the_keys_range_are_no_labels() {
        let labels: Vec<String> = (0..300u32)
            .map(|i| {
                char::from_u32(0x4e00 + i)
                    .map(String::from)
                    .unwrap_or_default()
            })
            .collect();
        let alphabet = Alphabet::new(&labels);
        assert_eq!(alphabet.fold(&labels[254]), Ok(vec![254]));
        assert_eq!(alphabet.fold(&labels[255]), Err(Untypeable::Character));
    }

    #[test]
    fn display_forms_keep_accents_and_capitals() {
        assert_eq!(display_form(" Zu\u{308}rich\n"), "Zürich");
        assert_eq!(display_form("Don\u{2019}t"), "Don't");
        assert_eq!(display_form("co\u{ad}op re\u{2011}do"), "coop re-do");
    }

    proptest::proptest! {
        #[test]
        fn the_display_form_folds_as_the_word(word in "\\PC{0,40}") {
            let (alphabet, word) = (alphabet(""), word.trim());
            proptest::prop_assert_eq!(alphabet.fold(word), alphabet.fold(&display_form(word)));
        }
    }
}
