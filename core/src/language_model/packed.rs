//! Arrays of numbers of equal bit width, packed without gaps, lowest bit first.

use crate::bytes::Bytes;

/// Bytes after the last number, so that eight bytes can be read from the start of any number.
const PADDING: usize = 7;

/// Number of bits that hold every number up to `most`.
pub(super) fn bits_for(most: usize) -> u32 {
    usize::BITS - most.leading_zeros()
}

/// Number of bytes of `length` packed numbers of `width` bits.
pub(super) fn bytes_for(length: usize, width: u32) -> usize {
    match length.saturating_mul(width as usize) {
        0 => 0,
        bits => bits.div_ceil(8).saturating_add(PADDING),
    }
}

/// Packs numbers of `width` bits, at most 32.
pub(super) fn pack(numbers: impl ExactSizeIterator<Item = u32>, width: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(bytes_for(numbers.len(), width));
    let (mut held, mut filled) = (0u64, 0u32);
    let is_empty = numbers.len() == 0 || width == 0;
    for number in numbers {
        held |= u64::from(number) << filled;
        filled += width;
        while filled >= 8 {
            bytes.push(held as u8);
            held >>= 8;
            filled -= 8;
        }
    }
    if filled > 0 {
        bytes.push(held as u8);
    }
    if !is_empty {
        bytes.extend([0; PADDING]);
    }
    bytes
}

/// A packed array in a file.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    bytes: Bytes,
    width: u32,
    length: usize,
}

impl Packed {
    /// `length` numbers of `width` bits, at most 32; `None` where the size of `bytes` differs.
    pub fn new(bytes: Bytes, width: u32, length: usize) -> Option<Self> {
        (width <= 32 && bytes.len() == bytes_for(length, width)).then_some(Self {
            bytes,
            width,
            length,
        })
    }

    pub fn len(&self) -> usize {
        self.length
    }

    /// The number at `at`; 0 beyond the end.
    pub fn get(&self, at: usize) -> u32 {
        let bit = at as u64 * u64::from(self.width);
        let from = (bit / 8) as usize;
        let Some(chunk) = self.bytes.get(from..).and_then(|b| b.first_chunk::<8>()) else {
            return 0;
        };
        let mask = (1u64 << self.width) - 1;
        (u64::from_le_bytes(*chunk) >> (bit % 8) & mask) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_packed_is_read(numbers in proptest::collection::vec(0u32.., 0..200), width in 0u32..=32) {
            let mask = ((1u64 << width) - 1) as u32;
            let numbers: Vec<u32> = numbers.into_iter().map(|number| number & mask).collect();
            let bytes = pack(numbers.iter().copied(), width);
            let packed = Packed::new(bytes.into(), width, numbers.len()).unwrap();
            let read: Vec<u32> = (0..packed.len()).map(|at| packed.get(at)).collect();
            proptest::prop_assert_eq!(read, numbers);
            proptest::prop_assert_eq!(packed.get(usize::MAX / 64), 0);
        }
    }

    #[test]
    fn widths_hold_the_greatest_number() {
        for (most, bits) in [(0, 0), (1, 1), (2, 2), (255, 8), (256, 9)] {
            assert_eq!(bits_for(most), bits);
        }
    }
}
