//! Names in one contiguous text, found by index.
//!
//! A large fleet has millions of names. A separate allocation for each would take more memory than
//! the names themselves, and writing them would wait for memory at each name. The module does not
//! know the meaning of the names.

use std::hint::black_box;
use std::sync::Arc;

/// Names of one kind, in the order of their ids.
///
/// Names that are known when a run begins are shared: a copy for another replication or for a
/// writer thread does not copy their text. Each copy owns the names that are added to it later.
#[derive(Debug, Clone, Default)]
pub struct Names {
    shared: Arc<Arena>,
    own: Arena,
}

/// All names in one text, with the byte offset at which each ends.
#[derive(Debug, Clone, Default)]
struct Arena {
    text: String,
    /// For each name, the offset from the start of its block.
    ends: Vec<u32>,
    /// For each block of names, the offset of its first name. A number of 32 bits is enough within
    /// a block.
    blocks: Vec<usize>,
}

/// Number of names of a block.
const BLOCK: usize = 1 << 10;

impl Arena {
    fn push(&mut self, name: &str) {
        if self.ends.len().is_multiple_of(BLOCK) {
            self.blocks.push(self.text.len());
        }
        let start = self.blocks.last().copied().unwrap_or_default();
        self.text.push_str(name);
        // INVARIANT: names are short, because the reader bounds the rows of tables and the names
        // of other files.
        self.ends.push(u32::try_from(self.text.len() - start).unwrap_or(u32::MAX));
    }

    /// The start of a name in the text, and its length; `None` if there is none.
    #[inline]
    fn place(&self, index: usize) -> Option<(usize, usize)> {
        let end = *self.ends.get(index)?;
        let start = if index.is_multiple_of(BLOCK) { 0 } else { *self.ends.get(index - 1)? };
        let block = *self.blocks.get(index / BLOCK)?;
        Some((block.wrapping_add(start as usize), end.wrapping_sub(start) as usize))
    }

    fn get(&self, index: usize) -> &str {
        let place = self.place(index);
        place.and_then(|(start, length)| self.text.get(start..start + length)).unwrap_or_default()
    }
}

impl Names {
    /// The name with this index; empty if there is none.
    pub fn get(&self, index: usize) -> &str {
        let (arena, index) = self.arena(index);
        arena.get(index)
    }

    /// The part that has the name with this index, and its index there.
    #[inline]
    fn arena(&self, index: usize) -> (&Arena, usize) {
        match index.checked_sub(self.shared.ends.len()) {
            None => (&self.shared, index),
            Some(index) => (&self.own, index),
        }
    }

    /// The name with this index and all bytes that happen to follow it, and its length.
    ///
    /// A reader of some bytes, whose number does not depend on the name, needs no call to copy it.
    #[inline]
    pub fn with_following(&self, index: usize) -> (&[u8], usize) {
        let (arena, index) = self.arena(index);
        let Some((start, length)) = arena.place(index) else { return (&[], 0) };
        (arena.text.as_bytes().get(start..).unwrap_or_default(), length)
    }

    /// Prefetches the name with this index from memory.
    #[inline]
    pub fn prefetch(&self, index: usize) {
        black_box(self.with_following(index).0.first().copied());
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.shared.ends.len() + self.own.ends.len()
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a name at the end.
    pub fn push(&mut self, name: &str) {
        self.own.push(name);
    }

    /// Every name, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.since(0)
    }

    /// The names from the index `start` on.
    pub fn since(&self, start: usize) -> impl Iterator<Item = &str> {
        (start..self.len()).map(|index| self.get(index))
    }

    /// The index of the first name that is equal to `name`; `None` if there is none.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.iter().position(|known| known == name)
    }

    /// The same names, all shared with copies that are made from now on.
    #[must_use]
    pub fn shared(self) -> Self {
        let mut all = if self.shared.ends.is_empty() {
            self.own
        } else {
            let mut all = Arena::default();
            self.iter().for_each(|name| all.push(name));
            all
        };
        all.text.shrink_to_fit();
        all.ends.shrink_to_fit();
        Self { shared: Arc::new(all), own: Arena::default() }
    }

    /// Removes the names that were added to this copy, and keeps the allocated memory.
    pub fn forget_own(&mut self) {
        self.own.text.clear();
        self.own.ends.clear();
        self.own.blocks.clear();
    }
}

impl<N: AsRef<str>> FromIterator<N> for Names {
    fn from_iter<I: IntoIterator<Item = N>>(names: I) -> Self {
        let mut all = Self::default();
        names.into_iter().for_each(|name| all.push(name.as_ref()));
        all.shared()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_added_to_a_copy_is_not_in_the_original() {
        let mut first: Names = ["web-1", "", "größe"].into_iter().collect();
        let mut second = first.clone();
        first.push("web-auto-1");
        second.push("db");
        second.push("");
        assert_eq!(first.iter().collect::<Vec<_>>(), ["web-1", "", "größe", "web-auto-1"]);
        assert_eq!(second.since(2).collect::<Vec<_>>(), ["größe", "db", ""]);
        assert_eq!((first.len(), second.len()), (4, 5));
        assert_eq!((second.position("db"), first.position("db")), (Some(3), None));
        let third = second.clone().shared();
        assert!(third.iter().eq(second.iter()) && third.own.ends.is_empty());
        assert_eq!(third.get(5), "");
        second.forget_own();
        second.push("again");
        assert_eq!(second.get(3), "again");
        assert!(Names::default().is_empty());
    }

    #[test]
    fn a_name_is_found_with_the_bytes_that_follow_it() {
        let mut names: Names = (0..3_000).map(|n| "x".repeat(n % 5) + &n.to_string()).collect();
        (0..3_000).for_each(|n| names.push(&format!("own-{n}")));
        for index in 0..6_001 {
            let (bytes, length) = names.with_following(index);
            assert_eq!(bytes.get(..length), Some(names.get(index).as_bytes()), "{index}");
        }
        assert_eq!(names.with_following(1_024).0.get(..8), Some(&b"xxxx1024"[..]));
    }

    #[test]
    fn a_copy_shares_the_names_of_the_original() {
        let names: Names = (0..1_000).map(|n| format!("web-{n}")).collect();
        assert!(Arc::ptr_eq(&names.shared, &names.clone().shared));
        // A name may take twelve bytes beside its text.
        let spent = names.shared.text.capacity() + 8 * names.shared.ends.capacity();
        assert!(spent <= names.shared.text.len() + 12 * names.len());
    }
}
