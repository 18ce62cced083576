//! The words of a model in ascending byte order; a word's number is its index.
//!
//! They lie in blocks of [`BLOCK`]; within a block each word is coded as its difference from the
//! word before:
//!
//! ```text
//! u32 offset of each block (from the first block), blocks
//! entry = shared added byte[added]
//! ```

use std::cmp::Ordering;

use super::fold::MAX_WORD;
use crate::bytes::Bytes;

const BLOCK: usize = 16;

/// Writes the section of `words`, which must ascend.
pub(super) fn write<W: AsRef<[u8]>>(words: &[W]) -> Vec<u8> {
    let (mut offsets, mut blocks) = (Vec::new(), Vec::new());
    let mut last: &[u8] = &[];
    for (at, word) in words.iter().enumerate() {
        let word = word.as_ref();
        if at % BLOCK == 0 {
            offsets.extend((blocks.len() as u32).to_le_bytes());
            last = &[];
        }
        let shared = last.iter().zip(word).take_while(|(a, b)| a == b).count();
        blocks.extend([shared as u8, (word.len() - shared) as u8]);
        blocks.extend(&word[shared..]);
        last = word;
    }
    offsets.extend(blocks);
    offsets
}

/// The words in a file. The content is not trusted: invalid data reads as absent.
#[derive(Clone, Debug)]
pub(super) struct Vocabulary {
    bytes: Bytes,
    length: usize,
}

/// The present word while entries are read in order.
struct Entry {
    word: [u8; MAX_WORD],
    length: usize,
}

impl Entry {
    fn new() -> Self {
        Self {
            word: [0; MAX_WORD],
            length: 0,
        }
    }

    /// Reads the entry at the start of `bytes` and returns the bytes after it.
    fn read<'b>(&mut self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let [shared, added, rest @ ..] = bytes else {
            return None;
        };
        let (shared, added) = (usize::from(*shared), usize::from(*added));
        let (text, rest) = rest.split_at_checked(added)?;
        if shared > self.length {
            return None;
        }
        self.word
            .get_mut(shared..shared + added)?
            .copy_from_slice(text);
        self.length = shared + added;
        Some(rest)
    }

    fn word(&self) -> &[u8] {
        &self.word[..self.length]
    }
}

impl Vocabulary {
    pub fn new(bytes: Bytes, length: usize) -> Self {
        Self { bytes, length }
    }

    pub fn len(&self) -> usize {
        self.length
    }

    fn blocks(&self) -> usize {
        self.length.div_ceil(BLOCK)
    }

    /// The bytes from the start of a block to the end of the section.
    fn block(&self, block: usize) -> Option<&[u8]> {
        let offset = self.bytes.get(4 * block..)?.first_chunk::<4>()?;
        let blocks = self.bytes.get(4 * self.blocks()..)?;
        blocks.get(u32::from_le_bytes(*offset) as usize..)
    }

    /// The first word of a block, which shares no bytes.
    fn head(&self, block: usize) -> Option<&[u8]> {
        match self.block(block)? {
            [0, added, rest @ ..] => rest.get(..usize::from(*added)),
            _ => None,
        }
    }

    /// The number of `word`.
    pub fn find(&self, word: &[u8]) -> Option<u32> {
        let (mut low, mut high) = (0, self.blocks());
        // Finds the last block whose first word is not after `word`.
        while low < high {
            let middle = low + (high - low) / 2;
            if self.head(middle)? <= word {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let block = low.checked_sub(1)?;
        let mut bytes = self.block(block)?;
        let mut entry = Entry::new();
        for at in block * BLOCK..self.length.min((block + 1) * BLOCK) {
            bytes = entry.read(bytes)?;
            match entry.word().cmp(word) {
                Ordering::Less => {}
                Ordering::Equal => return u32::try_from(at).ok(),
                Ordering::Greater => return None,
            }
        }
        None
    }

    /// Calls `visit` with every word in order; false where the section is damaged or `visit`
    /// returns false.
    pub fn each(&self, mut visit: impl FnMut(&[u8]) -> bool) -> bool {
        let mut entry = Entry::new();
        // Skips the blocks' offsets.
        let Some(mut bytes) = self.bytes.get(4 * self.blocks()..) else {
            return false;
        };
        for at in 0..self.length {
            if at % BLOCK == 0 {
                let Some(block) = self.block(at / BLOCK) else {
                    return false;
                };
                // Blocks are consecutive.
                if block.len() != bytes.len() {
                    return false;
                }
                bytes = block;
                entry.length = 0;
            }
            match entry.read(bytes) {
                Some(rest) if visit(entry.word()) => bytes = rest,
                _ => return false,
            }
        }
        bytes.is_empty()
    }
}
