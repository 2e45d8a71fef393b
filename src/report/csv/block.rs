//! Blocks of rows, and the free part of a block for its next row.
//!
//! A block always has room for a row of usual length, so that a part of a row is written without
//! a look at the capacity. Only what does not fit is written in another way, from its cells.

use std::io::{self, Write};

/// Number of bytes at which a block is full.
const FULL: usize = 64 * 1024;
/// Room for the row that exceeds [`FULL`], in bytes. A longer row grows the block.
pub(super) const ROOM: usize = 4 * 1024;

/// Rows of a table as bytes, and the room behind them.
#[derive(Debug)]
pub struct RowBlock {
    /// The rows, and then bytes without a meaning.
    bytes: Vec<u8>,
    /// Number of bytes of the rows.
    length: usize,
}

impl Default for RowBlock {
    fn default() -> Self {
        Self { bytes: vec![0; FULL + ROOM], length: 0 }
    }
}

impl RowBlock {
    /// The rows.
    pub fn rows(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Removes the rows.
    pub const fn clear(&mut self) {
        self.length = 0;
    }

    /// Adds bytes, of any number.
    pub fn append(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if self.bytes.len() < end + ROOM {
            self.bytes.resize(end + ROOM, 0);
        }
        self.bytes[self.length..end].copy_from_slice(bytes);
        self.length = end;
    }

    /// Whether the block has enough rows to be handed over.
    #[inline]
    pub(super) const fn is_full(&self) -> bool {
        self.length >= FULL
    }

    /// Adds the row that `write` puts into the room; adds nothing if it returns `None`.
    #[inline]
    pub(super) fn row(&mut self, write: impl FnOnce(&mut Room<'_>) -> Option<()>) -> Option<()> {
        let bytes = self.bytes.get_mut(self.length..)?.first_chunk_mut()?;
        let mut room = Room { bytes, at: 0 };
        write(&mut room)?;
        self.length += room.at;
        Some(())
    }
}

/// The room for one row, filled from its start.
///
/// Every function returns `None` if the room is too short; its bytes have then no meaning. The
/// room has a fixed length, so that a check of it is one comparison.
pub(super) struct Room<'b> {
    bytes: &'b mut [u8; ROOM],
    at: usize,
}

impl Room<'_> {
    /// Adds the first `length` bytes of a text. It is copied whole, because a copy of a fixed
    /// length needs no call.
    #[inline]
    pub(super) fn cut<const N: usize>(&mut self, text: &[u8; N], length: usize) -> Option<()> {
        *self.bytes.get_mut(self.at..)?.first_chunk_mut()? = *text;
        self.at = self.at.wrapping_add(length);
        Some(())
    }

    /// Adds a text.
    #[inline]
    pub(super) fn text(&mut self, text: &[u8]) -> Option<()> {
        self.bytes.get_mut(self.at..)?.get_mut(..text.len())?.copy_from_slice(text);
        self.at = self.at.wrapping_add(text.len());
        Some(())
    }

    /// Replaces the byte that is `back` bytes before the end.
    #[inline]
    pub(super) fn replace(&mut self, back: usize, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.at.wrapping_sub(back))? = byte;
        Some(())
    }
}

/// An output that takes rows in blocks.
pub trait BlockOut {
    /// What it writes to.
    type Out;
    /// An output that writes to `out`.
    fn to(out: Self::Out) -> Self;

    /// Takes the rows of a block. It may keep the block and leave any other in its place.
    ///
    /// # Errors
    /// If writing fails.
    fn take(&mut self, block: &mut RowBlock) -> io::Result<()>;

    /// Writes everything that was taken.
    ///
    /// # Errors
    /// If writing fails.
    fn settle(&mut self) -> io::Result<()>;
}

/// An output that copies the rows of blocks to a writer.
pub struct Copied<W: Write>(W);

impl<W: Write> BlockOut for Copied<W> {
    type Out = W;

    fn to(out: W) -> Self {
        Self(out)
    }

    fn take(&mut self, block: &mut RowBlock) -> io::Result<()> {
        self.0.write_all(block.rows())
    }

    fn settle(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_does_not_fit_adds_nothing() {
        let mut block = RowBlock::default();
        let long = [b'x'; ROOM];
        assert_eq!(
            block.row(|room| room.text(b"one,").and_then(|()| room.replace(1, b'\n'))),
            Some(())
        );
        assert_eq!(block.row(|room| room.text(b"two").and_then(|()| room.text(&long))), None);
        assert_eq!(block.row(|room| room.text(b"two").and_then(|()| room.cut(&long, 1))), None);
        assert_eq!(
            block.row(|room| room.cut(b"three", 2).and_then(|()| room.text(b"\n"))),
            Some(())
        );
        assert_eq!(block.rows(), b"one\nth\n");
        block.append(&vec![b'y'; FULL]);
        assert!(block.is_full() && block.row(|room| room.text(&long)).is_some());
        assert_eq!(block.rows().len(), 7 + FULL + ROOM);
        // Behind a row that fills the room, only `append` makes more.
        block.append(b"z");
        assert!(block.row(|room| room.text(&long)).is_some());
        block.clear();
        assert!(block.rows().is_empty() && !block.is_full());
    }
}
