//! Parts of rows that many rows have in common, encoded once and then copied.
//!
//! The cost of a row is its number of cells: each is built, dispatched and copied on its own. A
//! piece replaces several cells with one copy. What is done only for a new piece is in functions
//! of its own, so that the copy alone becomes a part of the code of a row.

use super::block::Room;
use super::cells::number_text;

/// Largest length of a piece that is copied with a fixed length, in bytes.
const SHORT: usize = 32;

/// Some encoded cells.
#[derive(Debug, Clone, Default)]
pub(super) struct RowPiece {
    short: [u8; SHORT],
    length: usize,
    /// All bytes.
    text: Vec<u8>,
}

impl RowPiece {
    /// Replaces the bytes with those that `write` appends.
    fn fill(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.text.clear();
        write(&mut self.text);
        self.length = self.text.len();
        let kept = self.length.min(SHORT);
        self.short[..kept].copy_from_slice(&self.text[..kept]);
    }

    /// Adds the bytes to a row.
    #[inline]
    fn put(&self, room: &mut Room<'_>) -> Option<()> {
        if self.length > SHORT { room.text(&self.text) } else { room.cut(&self.short, self.length) }
    }
}

/// The piece of the latest key.
#[derive(Debug, Clone)]
pub(super) struct Latest<K> {
    key: Option<K>,
    piece: RowPiece,
}

impl<K> Default for Latest<K> {
    fn default() -> Self {
        Self { key: None, piece: RowPiece::default() }
    }
}

impl<K: PartialEq> Latest<K> {
    /// Adds the piece of `key` to a row; `write` encodes it if another key was the latest.
    #[inline]
    pub(super) fn put(
        &mut self,
        key: K,
        room: &mut Room<'_>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Option<()> {
        if self.key.as_ref() != Some(&key) {
            self.replace(key, write);
        }
        self.piece.put(room)
    }

    #[cold]
    #[inline(never)]
    fn replace(&mut self, key: K, write: impl FnOnce(&mut Vec<u8>)) {
        self.piece.fill(write);
        self.key = Some(key);
    }
}

/// Number of pairs of slots of a [`Memo`].
const PAIRS: usize = 64;

/// A key of a [`Memo`].
pub(super) trait Key: PartialEq {
    /// Numbers that differ between most keys.
    fn numbers(&self) -> [u64; 2];
}

/// The pieces of some keys: of the keys with the same place, the latest two.
#[derive(Debug, Clone)]
pub(super) struct Memo<K> {
    pairs: Box<[[Latest<K>; 2]; PAIRS]>,
}

impl<K> Default for Memo<K> {
    fn default() -> Self {
        Self { pairs: Box::new(std::array::from_fn(|_| Default::default())) }
    }
}

impl<K: Key> Memo<K> {
    /// Adds the piece of `key` to a row; `write` encodes it if it is not known.
    #[inline]
    pub(super) fn put(
        &mut self,
        key: K,
        room: &mut Room<'_>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Option<()> {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let [one, other] = key.numbers();
        let mixed = (one.wrapping_mul(ODD) ^ other).wrapping_mul(ODD);
        let [first, second] = &mut self.pairs[(mixed >> 58) as usize % PAIRS];
        if first.key.as_ref() != Some(&key) {
            std::mem::swap(first, second);
        }
        first.put(key, room, write)
    }
}

/// Length of the text of a [`GrowingNumber`]: its prefix and a number.
const LONGEST: usize = 32;

/// Writes numbers that grow slowly, each with a comma and after the same prefix.
///
/// Only the last digit differs within ten numbers, so that nine of ten are copied and the digit is
/// replaced.
#[derive(Debug, Clone)]
pub(super) struct GrowingNumber {
    /// Length of the prefix.
    prefix: usize,
    /// The multiple of ten that the text has.
    ten: u64,
    text: [u8; LONGEST],
    /// Length of the text, with the comma.
    length: usize,
}

impl GrowingNumber {
    /// A counter with a prefix of at most eight bytes.
    pub(super) fn new(prefix: &'static str) -> Self {
        let mut text = [0; LONGEST];
        text[..prefix.len()].copy_from_slice(prefix.as_bytes());
        let mut new = Self { prefix: prefix.len(), ten: 0, text, length: 0 };
        new.set(0);
        new
    }

    /// Makes the text that of a number without its last digit.
    #[inline(never)]
    fn set(&mut self, number: u64) {
        let ten = number - number % 10;
        let (number, length) = number_text(ten);
        self.text[self.prefix..][..number.len()].copy_from_slice(&number);
        self.length = self.prefix + length;
        self.ten = ten;
    }

    /// Adds a number to a row.
    #[inline]
    pub(super) fn put(&mut self, number: u64, room: &mut Room<'_>) -> Option<()> {
        if number < self.ten || number - self.ten > 9 {
            self.set(number);
        }
        room.cut(&self.text, self.length)?;
        let [digit, ..] = number.wrapping_sub(self.ten).to_le_bytes();
        room.replace(2, b'0' | digit)
    }
}

#[cfg(test)]
mod tests {
    use super::super::block::RowBlock;
    use super::*;

    impl Key for u32 {
        fn numbers(&self) -> [u64; 2] {
            [u64::from(*self % 7), 0]
        }
    }

    #[test]
    fn a_piece_is_encoded_when_it_is_not_known() {
        let mut memo = Memo::default();
        let (mut block, mut expected, mut encoded) = (RowBlock::default(), Vec::new(), 0);
        // Keys with the same numbers replace each other; 31 to 34 bytes are around the limit.
        for key in [31_u32, 32, 31, 33, 34, 34, 38, 31, 45, 0, 7, 0] {
            let text = vec![b'a' + u8::try_from(key % 26).unwrap(); key as usize];
            let write = |out: &mut Vec<u8>| {
                encoded += 1;
                out.extend_from_slice(&text);
            };
            assert!(block.row(|room| memo.put(key, room, write)).is_some());
            expected.extend_from_slice(&text);
        }
        assert_eq!((block.rows(), encoded), (&expected[..], 8));
    }

    #[test]
    fn counters_write_any_number() {
        let mut counter = GrowingNumber::new("event-");
        let ends = [u64::MAX, 0, 99_999_999, 100_000_000, u64::MAX - 9, 9, 10, u64::MAX - 3];
        let near = (0..12_000).chain((0..300).rev()).chain(99_999_900..100_000_100);
        let mut block = RowBlock::default();
        for number in near.chain(ends) {
            block.clear();
            assert!(block.row(|room| counter.put(number, room)).is_some());
            assert_eq!(block.rows(), format!("event-{number},").as_bytes());
        }
    }
}
