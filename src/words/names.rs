//! Names in one piece of text, found by their place.
//!
//! A fleet of millions has millions of names. One by one on the heap they cost
//! more than what they say, and writing them waits for memory at each.
//! It must never know what the names are of.

use std::sync::Arc;

/// Names of one kind, in the order of their ids.
///
/// Those that are known when a run begins are shared: a copy of them, for another
/// replication or for a thread that writes, costs nothing. What is added later
/// belongs to each copy alone.
#[derive(Debug, Clone, Default)]
pub struct Names {
    shared: Arc<Arena>,
    own: Arena,
}

/// All texts, one after the other, and where each ends [bytes].
#[derive(Debug, Clone, Default)]
struct Arena {
    text: String,
    ends: Vec<u64>,
}

impl Arena {
    fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len() as u64);
    }

    fn at(&self, at: usize) -> &str {
        let Some(end) = self.ends.get(at) else { return "" };
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[place(start)..place(*end)]
    }
}

/// A place in a text that is in memory: no text there is longer than an address can tell.
#[expect(clippy::cast_possible_truncation, reason = "it was the length of a text in memory")]
const fn place(end: u64) -> usize {
    end as usize
}

impl Names {
    /// The name at a place; empty, if there is none.
    pub fn at(&self, at: usize) -> &str {
        match at.checked_sub(self.shared.ends.len()) {
            None => self.shared.at(at),
            Some(at) => self.own.at(at),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.shared.ends.len() + self.own.ends.len()
    }

    /// Whether there are none.
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

    /// The names from a place on.
    pub fn since(&self, start: usize) -> impl Iterator<Item = &str> {
        (start..self.len()).map(|at| self.at(at))
    }

    /// The place of the first name that is spelled so.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.iter().position(|known| known == name)
    }

    /// The same names, all of them shared by the copies that are made from now on.
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

    /// Forgets those that were added, and keeps the room that they took.
    pub fn forget_own(&mut self) {
        self.own.text.clear();
        self.own.ends.clear();
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
    fn what_is_added_to_a_copy_is_not_in_the_other() {
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
        assert_eq!(third.at(5), "");
        second.forget_own();
        second.push("again");
        assert_eq!(second.at(3), "again");
        assert!(Names::default().is_empty());
    }

    #[test]
    fn a_copy_shares_what_was_known() {
        let names: Names = (0..1_000).map(|n| format!("web-{n}")).collect();
        assert!(Arc::ptr_eq(&names.shared, &names.clone().shared));
        // Twelve bytes and the text are what a name may cost.
        let spent = names.shared.text.capacity() + 8 * names.shared.ends.capacity();
        assert!(spent <= names.shared.text.len() + 12 * names.len());
    }
}
