//! The word table: written forms of the words of each key, for keys that do not simply spell their
//! one word.
//!
//! Entries ascend by key. The `n` entries lie in blocks of [`BLOCK`]; within a block each key is
//! coded as its difference from the key before:
//!
//! ```text
//! u32 n, u32 offset of each block (from the first block), blocks
//! entry = shared added byte[added] form+
//! form  = cccccmkk [cost] [length byte[length]]
//!     k: 0 the key's spelling, 1 with a capital, 2 in capitals, 3 UTF-8 text follows; m: more forms follow
//!     c: cost above the key's in steps (31: a LEB128 of at most two bytes follows)
//! ```
//! The forms of an entry are all words of its key, best first, ties in the order of the words.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::fold::MAX_KEY;

const BLOCK: usize = 16;
const MORE: u8 = 4;
const COST_SHIFT: u8 = 3;
const COST_ESCAPE: u8 = 31;
/// Most bytes of a display form.
pub(super) const MAX_TEXT: usize = 255;

/// A word of a key: its written form and its cost in steps above the key's.
pub(super) type Form<'a> = (Cow<'a, str>, u32);

/// The code of `word`'s written form, given the spelling of its key.
fn kind(word: &str, spelling: &str) -> u8 {
    if word == spelling {
        0
    } else if word == capitalized(spelling) {
        1
    } else if word == spelling.to_uppercase() {
        2
    } else {
        3
    }
}

fn capitalized(spelling: &str) -> String {
    let mut characters = spelling.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// Writes a word table from entries in ascending order of their keys.
#[derive(Default)]
pub(super) struct TableWriter {
    offsets: Vec<u32>,
    blocks: Vec<u8>,
    last: Vec<u8>,
    entries: usize,
}

impl TableWriter {
    /// Adds the words of a key, best first, with their costs above the key's. A key that spells its
    /// one word is skipped.
    pub fn add(&mut self, key: &[u8], spelling: &str, forms: &[(&str, u32)]) {
        if matches!(forms, [(word, 0)] if *word == spelling) {
            return;
        }
        let shared = if self.entries.is_multiple_of(BLOCK) {
            self.offsets.push(self.blocks.len() as u32);
            0
        } else {
            self.last
                .iter()
                .zip(key)
                .take_while(|(a, b)| a == b)
                .count()
        };
        self.entries += 1;
        // A key has at most MAX_KEY bytes, a form at most MAX_TEXT.
        self.blocks
            .extend([shared as u8, (key.len() - shared) as u8]);
        self.blocks.extend(&key[shared..]);
        for (at, &(word, cost)) in forms.iter().enumerate() {
            let kind = kind(word, spelling);
            let more = if at + 1 < forms.len() { MORE } else { 0 };
            let short = cost.min(u32::from(COST_ESCAPE)) as u8;
            self.blocks.push(kind | more | short << COST_SHIFT);
            if short == COST_ESCAPE {
                self.blocks.push((cost & 0x7f) as u8 | 0x80);
                self.blocks.push((cost >> 7 & 0x7f) as u8);
            }
            if kind == 3 {
                self.blocks.push(word.len() as u8);
                self.blocks.extend(word.as_bytes());
            }
        }
        self.last.clear();
        self.last.extend(key);
    }

    pub fn finish(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + 4 * self.offsets.len() + self.blocks.len());
        bytes.extend((self.entries as u32).to_le_bytes());
        bytes.extend(self.offsets.iter().flat_map(|offset| offset.to_le_bytes()));
        bytes.extend(self.blocks);
        bytes
    }
}

/// A word table in a file. Its content is not trusted: invalid data reads as absent.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    entries: usize,
    offsets: &'a [u8],
    blocks: &'a [u8],
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Decodes an entry's key; `key` holds the key before it.
    fn key(&mut self, key: &mut Vec<u8>) -> Option<()> {
        let (shared, added) = (usize::from(self.byte()?), usize::from(self.byte()?));
        if shared > key.len() || added == 0 || shared + added > MAX_KEY {
            return None;
        }
        key.truncate(shared);
        key.extend(self.take(added)?);
        Some(())
    }

    /// Reads one form: kind, cost, text, and whether more follow.
    fn form(&mut self) -> Option<(u8, u32, &'a [u8], bool)> {
        let byte = self.byte()?;
        let mut cost = u32::from(byte >> COST_SHIFT);
        if cost == u32::from(COST_ESCAPE) {
            cost = u32::from(self.byte()? & 0x7f);
            cost |= u32::from(self.byte()? & 0x7f) << 7;
        }
        let kind = byte & 3;
        let text = if kind == 3 {
            let length = usize::from(self.byte()?);
            self.take(length)?
        } else {
            &[]
        };
        Some((kind, cost, text, byte & MORE != 0))
    }
}

impl<'a> Table<'a> {
    /// The table in `bytes`; `None` where its counts do not fit its length.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk::<4>()?;
        let entries = usize::try_from(u32::from_le_bytes(*count)).ok()?;
        let (offsets, blocks) = rest.split_at_checked(entries.div_ceil(BLOCK).checked_mul(4)?)?;
        Some(Self {
            entries,
            offsets,
            blocks,
        })
    }

    fn block(&self, block: usize) -> Option<Cursor<'a>> {
        let at = block.checked_mul(4)?;
        let offset = self.offsets.get(at..)?.first_chunk::<4>()?;
        let offset = usize::try_from(u32::from_le_bytes(*offset)).ok()?;
        self.blocks.get(offset..).map(Cursor)
    }

    /// The words of `key`, best first; `None` where the table has no entry for it.
    pub fn forms(&self, key: &[u8], spelling: &str) -> Option<Vec<Form<'a>>> {
        let mut current = Vec::with_capacity(MAX_KEY);
        let (mut low, mut high) = (0, self.entries.div_ceil(BLOCK));
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            current.clear();
            self.block(middle)?.key(&mut current)?;
            if current.as_slice() <= key {
                low = middle;
            } else {
                high = middle;
            }
        }
        current.clear();
        let mut cursor = self.block(low)?;
        for _ in 0..BLOCK.min(self.entries - low * BLOCK) {
            cursor.key(&mut current)?;
            match current.as_slice().cmp(key) {
                Ordering::Less => while cursor.form()?.3 {},
                Ordering::Equal => return Some(read_forms(&mut cursor, spelling)),
                Ordering::Greater => return None,
            }
        }
        None
    }

    /// Reads every entry in order: its key and its coded forms. Stops with `false` at the first
    /// invalid one.
    pub fn each(&self, mut visit: impl FnMut(&[u8], usize, Option<u32>) -> bool) -> bool {
        let mut key = Vec::new();
        let mut cursor = Cursor(self.blocks);
        for entry in 0..self.entries {
            if entry.is_multiple_of(BLOCK) {
                key.clear();
                match self.block(entry / BLOCK) {
                    Some(block) if block.0.len() == cursor.0.len() => {}
                    _ => return false,
                }
            }
            if cursor.key(&mut key).is_none() {
                return false;
            }
            let (mut forms, mut least) = (0, None);
            loop {
                let Some((_, cost, text, more)) = cursor.form() else {
                    return false;
                };
                if std::str::from_utf8(text).is_err() {
                    return false;
                }
                forms += 1;
                least = Some(least.map_or(cost, |l: u32| l.min(cost)));
                if !more {
                    break;
                }
            }
            if !visit(&key, forms, least) {
                return false;
            }
        }
        cursor.0.is_empty()
    }
}

fn read_forms<'a>(cursor: &mut Cursor<'a>, spelling: &str) -> Vec<Form<'a>> {
    let mut forms = Vec::new();
    while let Some((kind, cost, text, more)) = cursor.form() {
        let word = match kind {
            0 => Some(Cow::Owned(spelling.to_owned())),
            1 => Some(Cow::Owned(capitalized(spelling))),
            2 => Some(Cow::Owned(spelling.to_uppercase())),
            _ => std::str::from_utf8(text).ok().map(Cow::Borrowed),
        };
        forms.extend(word.map(|word| (word, cost)));
        if !more {
            break;
        }
    }
    forms
}
