//! Parts of rows that many rows have in common, encoded once and then copied.
//!
//! The cost of a row is its number of cells: each is built, dispatched and copied on its own. A
//! piece replaces several cells with one copy.

use super::cells::append_cut;

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

    /// Appends the bytes to `out`.
    #[inline]
    fn put(&self, out: &mut Vec<u8>) {
        if self.length > SHORT {
            out.extend_from_slice(&self.text);
        } else {
            append_cut(out, &self.short, self.length);
        }
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
    /// Appends the piece of `key` to `out`; `write` encodes it if another key was the latest.
    #[inline]
    pub(super) fn put(&mut self, key: K, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        if self.key.as_ref() != Some(&key) {
            self.piece.fill(write);
            self.key = Some(key);
        }
        self.piece.put(out);
    }
}

/// Number of pairs of slots of a [`Memo`].
const PAIRS: usize = 64;

/// A key of a [`Memo`].
pub(super) trait Key: PartialEq {
    /// Numbers that differ between most keys.
    fn numbers(&self) -> [u32; 4];
}

/// The pieces of some keys: of the keys with the same place, the latest two.
#[derive(Debug, Clone)]
pub(super) struct Memo<K> {
    pairs: Box<[[Latest<K>; 2]]>,
}

impl<K> Default for Memo<K> {
    fn default() -> Self {
        Self { pairs: (0..PAIRS).map(|_| Default::default()).collect() }
    }
}

impl<K: Key> Memo<K> {
    /// Appends the piece of `key` to `out`; `write` encodes it if it is not known.
    #[inline]
    pub(super) fn put(&mut self, key: K, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        let mixed = key
            .numbers()
            .iter()
            .fold(0_u32, |mixed, number| (mixed.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b1));
        let [first, second] = &mut self.pairs[(mixed >> 26) as usize % PAIRS];
        if first.key.as_ref() != Some(&key) {
            std::mem::swap(first, second);
        }
        first.put(key, out, write);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Key for u32 {
        fn numbers(&self) -> [u32; 4] {
            [*self % 7, 0, 0, 0]
        }
    }

    #[test]
    fn a_piece_is_encoded_when_it_is_not_known() {
        let mut memo = Memo::default();
        let (mut out, mut expected, mut encoded) = (Vec::new(), Vec::new(), 0);
        // Keys with the same numbers replace each other; 31 to 34 bytes are around the limit.
        for key in [31_u32, 32, 31, 33, 34, 34, 38, 31, 45, 0, 7, 0] {
            let text = vec![b'a' + u8::try_from(key % 26).unwrap(); key as usize];
            memo.put(key, &mut out, |out| {
                encoded += 1;
                out.extend_from_slice(&text);
            });
            expected.extend_from_slice(&text);
        }
        assert_eq!((out, encoded), (expected, 8));
    }
}
